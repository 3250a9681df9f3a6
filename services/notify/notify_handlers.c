#include "services/notify/notify_handlers.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <stdio.h>

static void count_written(int64_t written)
{
	telemetry_count("effreg_notices_written_total", "Notices written.", "", (double)written);
}

enum status notify_handlers_apply(void *context, const struct stream_turn *turn)
{
	(void)context;
	for (size_t i = 0; i < turn->count; i++) {
		struct notify_publication publication;
		int64_t written = 0;
		enum status status = notify_publication_read(turn->arena, turn->records[i].body, &publication, turn->fault);
		if (status == STATUS_OK)
			status = notify_store_write(turn->db, &publication, turn->arena, &written);
		if (status == STATUS_OK) {
			count_written(written);
			status = notify_store_write_published(turn->db, &publication, turn->arena, &written);
		}
		if (status != STATUS_OK)
			return status;
		count_written(written);
	}
	return STATUS_OK;
}

/* ---- News ---- */

static enum status write_news(struct notify_handlers *handlers, const struct notify_news *news)
{
	struct notify_cut_off cut_offs[NOTIFY_CUT_OFFS_MAX];
	size_t count = handlers->calendar == NULL ? 0
	               : notify_cut_offs(handlers->calendar, news->now_us, handlers->warn_days, handlers->arena, cut_offs);
	int64_t written = 0;
	enum status status = notify_store_write_news(handlers->db, news, handlers->arena, &written);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		count_written(written);
		status = notify_store_write_cut_off(handlers->db, &cut_offs[i], handlers->arena, &written);
	}
	if (status == STATUS_OK)
		count_written(written);
	return status;
}

static enum status tell_sources(struct notify_handlers *handlers, const struct notify_news *news)
{
	int64_t sources, silent;
	enum status status = notify_store_count_sources(handlers->db, news, handlers->arena, &sources, &silent);
	if (status != STATUS_OK)
		return status;
	telemetry_set("effreg_sources", "Sources of the regions' events.", "", (double)sources);
	telemetry_set("effreg_sources_silent", "Of these, those without an event for silent_days: effreg sources --silent tells which.", "",
	              (double)silent);
	return STATUS_OK;
}

static enum status tell_unsent(struct notify_handlers *handlers)
{
	int64_t unsent, oldest_ms;
	enum status status = notify_store_count_unsent(handlers->db, &unsent, &oldest_ms);
	if (status != STATUS_OK)
		return status;
	telemetry_set("effreg_notices_unsent", "Notices that wait to be sent, over all instances.", "", (double)unsent);
	telemetry_set("effreg_notices_oldest_seconds", "Since when the oldest of them waits; 0 when none does.", "", (double)oldest_ms / 1000);
	return STATUS_OK;
}

enum status notify_handlers_watch(struct notify_handlers *handlers, int64_t now_us)
{
	const struct notify_news news = {.now_us = now_us, .silent_days = handlers->silent_days, .recent_days = NOTIFY_RECENT_DAYS};
	arena_reset(handlers->arena);
	enum status status = db_begin(handlers->db);
	if (status == STATUS_OK)
		status = write_news(handlers, &news);
	if (status == STATUS_OK)
		status = tell_sources(handlers, &news);
	if (status == STATUS_OK)
		status = tell_unsent(handlers);
	if (status == STATUS_OK)
		return db_commit(handlers->db);
	db_rollback(handlers->db);
	return status;
}

/* ---- Sending ---- */

static void remember(struct notify_handlers *handlers, const struct notify_notice *notice)
{
	struct notify_known *known = &handlers->known[handlers->known_next];
	snprintf(known->region, sizeof known->region, "%s", notice->region);
	snprintf(known->id, sizeof known->id, "%s", notice->id);
	known->sent_ms = ambient_monotonic_ms();
	handlers->known_next = (handlers->known_next + 1) % NOTIFY_KNOWN_MAX;
	if (handlers->known_count < NOTIFY_KNOWN_MAX)
		handlers->known_count++;
}

static enum status send_notice(struct notify_handlers *handlers, const struct notify_notice *notice)
{
	char topic[NOTIFY_TOPIC_SIZE];
	struct buf body;
	buf_init(&body, NOTIFY_BODY_MAX);
	notify_topic_format(notice, topic);
	notify_body_write(&body, notice);
	enum status status = STATUS_BUG;
	if (buf_ok(&body)) {
		const struct span frames[] = {span_of_text(topic), buf_span(&body)};
		status = bus_send(handlers->feed, frames, ARRAY_COUNT(frames));
	}
	buf_clear(&body);
	if (status == STATUS_OK)
		remember(handlers, notice);
	const char *traceparent = notice->said == NULL ? NULL : json_find_string(notice->said, "traceparent");
	if (status == STATUS_OK)
		log_write(LOG_EVENT_notice_sent, "id", notice->id, "region", notice->region, "kind", notify_kind_text(notice->kind), "period",
		          notice->publication.period, "traceparent", traceparent == NULL ? "" : traceparent, NULL);
	return status;
}

static enum status send_unsent(struct notify_handlers *handlers, size_t *ret_sent)
{
	struct notify_notice *notices;
	size_t count = 0;
	enum status status = notify_store_take_unsent(handlers->db, handlers->arena, &notices, &count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = send_notice(handlers, &notices[i]);
	if (status == STATUS_OK && count > 0)
		status = notify_store_mark_sent(handlers->db, handlers->arena, notices, count);
	*ret_sent = count;
	return status;
}

enum status notify_handlers_send(struct notify_handlers *handlers, size_t *ret_sent)
{
	*ret_sent = 0;
	arena_reset(handlers->arena);
	enum status status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	size_t sent = 0;
	status = send_unsent(handlers, &sent);
	if (status == STATUS_OK)
		status = db_commit(handlers->db);
	else
		db_rollback(handlers->db);
	if (status != STATUS_OK)
		return status;
	telemetry_count("effreg_notices_sent_total", "Notices sent on the feed.", "", (double)sent);
	*ret_sent = sent;
	return STATUS_OK;
}

/* Of what this process sent the part that the database may still have in its window, newest first. A notice is marked a moment after it
 * was sent, by the database's clock: hence twice as long. */
static const struct notify_known **recent(struct notify_handlers *handlers, size_t *ret_count)
{
	const struct notify_known **found = arena_array(handlers->arena, const struct notify_known *, handlers->known_count);
	int64_t from_ms = ambient_monotonic_ms() - (int64_t)2 * NOTIFY_RELAY_S * 1000;
	size_t count = 0;
	for (; count < handlers->known_count; count++) {
		const struct notify_known *known = &handlers->known[(handlers->known_next + NOTIFY_KNOWN_MAX - 1 - count) % NOTIFY_KNOWN_MAX];
		if (known->sent_ms < from_ms)
			break;
		found[count] = known;
	}
	*ret_count = count;
	return found;
}

enum status notify_handlers_relay(struct notify_handlers *handlers, size_t *ret_sent)
{
	struct notify_notice *notices;
	size_t count = 0, known_count;
	*ret_sent = 0;
	arena_reset(handlers->arena);
	const struct notify_known **known = recent(handlers, &known_count);
	enum status status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = notify_store_take_sent(handlers->db, handlers->since_us, known, known_count, handlers->arena, &notices, &count);
	db_rollback(handlers->db);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = send_notice(handlers, &notices[i]);
	if (status != STATUS_OK)
		return status;
	if (count > 0)
		telemetry_count("effreg_notices_relayed_total", "Notices of other instances, sent on to the subscribers of this one.", "", (double)count);
	*ret_sent = count;
	return STATUS_OK;
}
