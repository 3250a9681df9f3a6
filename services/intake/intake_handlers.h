/* intake_handlers: the reactor's half of a message's life: receive, decide, check, hand over to a writer; then answer, publish.
 *
 * What a session sends is answered in its order. Its PUSHes overlap: each is checked when it comes and waits for its region's
 * turn; anything else waits until what came before it was answered. The reactor itself never waits for the database, but for
 * the look-up of a key in a handshake. */
#ifndef EFFREG_INTAKE_HANDLERS_H
#define EFFREG_INTAKE_HANDLERS_H

#include "common/contract.h"
#include "common/service.h"
#include "services/intake/intake_line.h"
#include "services/intake/intake_pool.h"
#include "services/intake/intake_region.h"
#include "services/intake/intake_session.h"

#define INTAKE_ROUND_MESSAGES   64  /* taken before other sockets get their turn: so many, */
#define INTAKE_ROUND_MS         3   /* or for so long: a batch takes a millisecond or two to check */
#define INTAKE_KEY_DROPPED      256 /* messages of a key that are for nothing, at once; then key_dropped_per_s_max */
#define INTAKE_LETTER_BYTES_MAX ((size_t)16 * 1024 * 1024)  /* of all messages that wait for their turn */

/* What a turn may take of its arena: a header's tree, or an event's and what the schema check writes beside it. */
#define INTAKE_TURN_BYTES_MAX (PUSH_ARENA_BYTES(PUSH_REQUEST_BYTES_MAX) + 2 * JSON_ARENA_BYTES(EVENT_BYTES_MAX) + (size_t)1024 * 1024)

struct intake {
	struct service *service;
	struct contract *contract;
	struct intake_sessions *sessions;
	struct intake_regions *regions;
	struct intake_pool *writers;      /* appends */
	struct intake_pool *greeters;     /* HELLOs, and whether the database is back: nobody's flood of them holds up an append */
	struct intake_lines *lines;
	struct bus_socket *push;          /* ROUTER: the clients */
	struct bus_socket *stream;        /* PUB: hints for the consumers */
	struct bus_message *message;
	struct arena *arena;              /* one turn */
	int64_t quarantine_bytes_max;     /* bodies kept in quarantine for one region */
	int64_t region_bytes_per_day_max; /* quota of events stored; 0 = none */
	int64_t region_events_per_s_max;  /* 0 = no limit */
	int64_t key_hellos_per_s_max;     /* 0 = no limit */
	int64_t key_dropped_per_s_max;    /* 0 = no limit */
	size_t memory_bytes_max;          /* of all batches that wait or are being stored */
	size_t batch_bytes, letter_bytes; /* held now */
	bool database_lost;               /* the last append or look found it away */
	int64_t mend_ms;                  /* the look-up's connection, if it is lost, is not made anew before */
	size_t small_under_way;           /* appends of small ones, which the others wait for */
	struct intake_append *alone_first, **alone_end;  /* that could not go with others and wait for a writer */
	size_t alone_under_way;
	size_t together_max;              /* regions in one append; 1 = each by itself */
	bool stopping;                    /* nothing new begins */
	/* Sessions that get credit when the round ends: for several acknowledged batches at once. */
	struct intake_session *owed[INTAKE_SESSIONS_MAX];
	size_t owed_count;
	/* Sessions whose HELLO waits, while they are sorted. */
	struct intake_session *waiting[INTAKE_SESSIONS_MAX];
	size_t waiting_count;
};

/* Every waiting message, a bounded number of them. */
void intake_on_push(void *context);
/* A writer, or a greeter, has ended a job. */
void intake_on_written(void *context);
void intake_on_greeted(void *context);
/* Five times a second: gives credit again when a region has rested and the database is there, takes HELLOs that waited, forgets
 * silent sessions. */
void intake_on_tick(void *context);
/* Ends what is under way, before the sockets close. */
void intake_finish(struct intake *intake);

#endif
