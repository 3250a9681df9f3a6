/* log: JSON lines on stderr, each with an event id from one list.
 *
 * {"time","level","service","event",…members}. Members are text, name by name; what a secret could be in is never logged.
 * A line over 16 KiB keeps its head and says "cut" instead of its members. */
#ifndef EFFREG_LOG_H
#define EFFREG_LOG_H

#include "common/base.h"

/* id, level, what it tells */
#define LOG_EVENT_MAP(X) \
	X(service_started, INFO, "the process is up and configured") \
	X(service_stopping, INFO, "told to stop; finishing the turn") \
	X(service_failed, ERROR, "cannot start or go on") \
	X(database_lost, WARNING, "a statement failed because the database is away; trying again") \
	X(database_back, INFO, "the database answers again") \
	X(database_error, ERROR, "a statement was refused: a mistake of ours") \
	X(key_refused, WARNING, "a connection with an unknown or revoked key was refused") \
	X(session_opened, INFO, "a client said HELLO") \
	X(session_closed, INFO, "a session ended, and why") \
	X(witness_mismatch, ERROR, "a client remembers another hash for a seq of its log") \
	X(line_narrowed, WARNING, "a client goes on sending what is dropped: its connection takes in some 10 KB a second until it has been quiet for two minutes") \
	X(batch_failed, WARNING, "a batch could not be stored; the client will send it again") \
	X(turn_failed, WARNING, "a consumer's turn was rolled back") \
	X(record_parked, ERROR, "a record failed too often and was set aside") \
	X(consumer_halted, ERROR, "a record failed too often and the consumer stays before it") \
	X(stall_ended, WARNING, "an instance stood still in a turn; its session was ended, its key is free") \
	X(rating_computed, INFO, "a live rating was computed") \
	X(rating_published, INFO, "a rating was published") \
	X(notice_sent, INFO, "a notice went out on the feed") \
	X(request_served, INFO, "an HTTP or query request was answered") \
	X(request_failed, WARNING, "an HTTP or query request could not be answered") \
	X(input_failed, WARNING, "the agent's spool or folder could not be read or written; trying again") \
	X(file_taken, INFO, "the agent read a file to its end and moved it") \
	X(road_lost, WARNING, "the agent cannot send for a source, and why") \
	X(road_changed, WARNING, "the agent sends for a source over HTTPS, or over ZeroMQ again") \
	X(log_reopened, WARNING, "the centre's log was restored; what it lacks is sent again") \
	X(event_refused, WARNING, "the centre refused an event")

enum log_event {
#define LOG_EVENT_ENUM(id, level, text) LOG_EVENT_##id,
	LOG_EVENT_MAP(LOG_EVENT_ENUM)
#undef LOG_EVENT_ENUM
};

void log_init(const char *service);  /* the name every line carries */

/* Pairs of name and text, ended by NULL: log_write(LOG_EVENT_key_refused, "key", key, "domain", domain, NULL). */
void log_write(enum log_event event, ...) __attribute__((sentinel));

#endif
