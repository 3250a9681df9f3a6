/* agent_spool: the agent's memory on disk: events taken and not yet stored at the centre, those kept after it, and what is known of
 * the log. The only door to SQLite.
 *
 * A file in WAL mode with synchronous=FULL: what a call reported done survives the process, the system and the power. A call
 * either does all it says or nothing. When the disk is full or fails, it is UNAVAILABLE with code spool, nothing has changed, and
 * the same call may work later.
 *
 * An event is WAITING, then STORED or REFUSED (at the centre). Its bytes are kept until the horizon after it was settled; its id,
 * digest and number for ever, so that handing it in again is a duplicate then too. The bytes held are bounded: beyond, input is
 * refused; nothing is ever dropped to make room. */
#ifndef EFFREG_AGENT_SPOOL_H
#define EFFREG_AGENT_SPOOL_H

#include "common/buf.h"
#include "common/ident.h"
#include "common/push_client.h"
#include "services/agent/agent_core.h"

#define AGENT_SOURCES_MAX 16  /* systems that one agent numbers and sends for */

struct agent_spool;

/* Makes the file or opens it and checks it. bytes_max: of the events held. INVALID when it is no spool of this version, or of another
 * region; UNAVAILABLE when another process has it. */
enum status agent_spool_open(const char *path, const char *region, int64_t bytes_max, struct agent_spool **ret_spool,
                             struct fault *fault) MUST_CHECK;
void agent_spool_close(struct agent_spool **spool);

/* ---- Taking ---- */

struct spool_event {
	struct ident_uuid id;
	const char *source;
	uint64_t sequence;    /* the event's own number; 0 = it has none, and is given one */
	struct span bytes;    /* valid, as they came */
};

/* Takes events, each into ret_results[i]: accepted, duplicate, or refused: conflict, or forbidden_source beyond
 * AGENT_SOURCES_MAX. OK: those accepted are on disk. TOO_LARGE with code spool_full: there is no room for them, none was taken. */
enum status agent_spool_take(struct agent_spool *spool, const struct spool_event *events, size_t count,
                             struct agent_result *ret_results, struct fault *fault) MUST_CHECK;

/* ---- Sending ---- */

/* What is known of the log, for one source: each has its own session. */
struct spool_source {
	int64_t source_id;
	char name[ENVELOPE_SOURCE_MAX + 1];
	struct push_memory memory;
};
enum status agent_spool_load_sources(struct agent_spool *spool, struct spool_source ret_sources[AGENT_SOURCES_MAX], size_t *ret_count,
                                     struct fault *fault) MUST_CHECK;

/* A batch with its memory and the places of its events; the batch comes first. */
struct spool_batch {
	struct push_batch batch;
	int64_t places[PUSH_EVENTS_MAX];
	char body[PUSH_BODY_BYTES_MAX];
};

/* The events waiting behind a place, in order, as many as a batch may have; none: count 0. */
enum status agent_spool_load_batch(struct agent_spool *spool, int64_t source_id, int64_t after_place, struct spool_batch *batch,
                                   struct fault *fault) MUST_CHECK;

/* The answers to a batch, and the head that came with them: *ret_later of them stay waiting. */
enum status agent_spool_settle(struct agent_spool *spool, int64_t source_id, const struct spool_batch *batch,
                               const struct push_result *results, const struct push_memory *memory, int64_t now_us,
                               size_t *ret_later, struct fault *fault) MUST_CHECK;

/* A session began. What is waiting is sent, whatever source_sequence says: a number is no proof that the event under it is ours.
 * But the first time, when the centre already stores events of the source (an earlier spool was lost), those waiting, none of
 * which was sent, are numbered behind source_sequence. reopened: what was stored beyond it is waiting again, as far as its bytes
 * are kept; *ret_again: how many. Batches loaded before are not to be sent any more. */
enum status agent_spool_welcome(struct agent_spool *spool, int64_t source_id, const struct push_welcome *welcome, size_t *ret_again,
                                struct fault *fault) MUST_CHECK;

/* Lets go of the bytes of at most some thousand events that were settled before the instant. *ret_released: how many. */
enum status agent_spool_release(struct agent_spool *spool, int64_t settled_before_us, size_t *ret_released, struct fault *fault) MUST_CHECK;

/* ---- Looking ---- */

struct spool_counts {
	int64_t waiting, stored, refused;  /* events */
	int64_t kept;                      /* of those settled, how many still have their bytes */
	int64_t bytes, bytes_max;          /* of all bytes held */
	int64_t oldest_us;                 /* when the oldest one waiting was taken; 0 = none waits */
};
struct spool_counts agent_spool_counts(const struct agent_spool *spool);

struct spool_refusal {
	char id[UUID_TEXT_SIZE];
	const char *source;
	uint64_t sequence;
	const char *code, *pointer, *text;
};
/* The newest events that the centre refused, newest first; texts in arena. */
enum status agent_spool_load_refusals(struct agent_spool *spool, struct arena *arena, size_t max, struct spool_refusal *ret_refusals,
                                      size_t *ret_count, struct fault *fault) MUST_CHECK;

#endif
