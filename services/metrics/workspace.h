/* workspace: the events of a turn, or of a whole log, with what they need beside them, and what their entities are afterwards.
 *
 * The log is the only memory of what was said. Of every entity a row keeps the numbers (seqs) of the events that speak of it, and
 * of the corrections of those; its attributes are folded anew from them (entity_fold.h) whenever one is added. So the state does
 * not depend on the order of arrival, and made step by step or at once it is the same to the byte.
 *
 * Which entities a correction concerns: all that its target speaks of, by its own data or by that of any of its corrections: what
 * moves to another entity is folded in both. A correction that comes before its target waits in the row of corrections of it.
 *
 * Does no input or output: it says what it wants to have loaded, and its owner loads it.
 *
 *     workspace_add (events of the turn) ── workspace_wants ⇄ workspace_load_* ── workspace_fold ── what changed
 */
#ifndef EFFREG_METRICS_WORKSPACE_H
#define EFFREG_METRICS_WORKSPACE_H

#include "services/metrics/entity_fold.h"
#include "services/metrics/event_key.h"

/* Events and corrections that speak of one entity: what is past that is parked. A project of ten years, measured in twelve
 * indicators every month, has some 1,500. */
#define ENTITY_EVENTS_MAX 4096
/* Corrections of one event. */
#define CORRECTIONS_MAX   256

struct workspace;

/* Borrows region and rules. A workspace that is whole has everything from seq 1 on: it wants nothing. hash_seed: a number nobody
 * outside knows. Fresh; give back with workspace_destroy. */
struct workspace *workspace_new(const char region[OKTMO_TEXT_SIZE], const struct fold_rules *rules, bool whole, uint64_t hash_seed);
void workspace_destroy(struct workspace **workspace);

/* One more event, in the order of seq; its bytes are borrowed for the workspace's life. STATUS_POISON with fault: of another region,
 * of an unknown type, with data that its schema should have refused, or past a stated maximum (in a workspace that is not whole, that
 * is found by workspace_fold): it is as if it had not been added. */
enum status workspace_add(struct workspace *workspace, uint64_t seq, int64_t recorded_us, struct span body, struct fault *fault) MUST_CHECK;

/* What has to be loaded before the fold; lists live until the next call. */
struct workspace_wants {
	const char *const *kinds, *const *ids;  /* rows of entities */
	size_t entities;
	const char *const *targets;             /* rows of corrections, by the id of their target */
	size_t targets_count;
	const char *const *events;              /* events by id, of those at or before the last added seq */
	size_t events_count;
	const uint64_t *seqs;                   /* events by seq */
	size_t seqs_count;
};
/* False: nothing more. What was asked for and is not given before the next call is not there. */
bool workspace_wants(struct workspace *workspace, struct workspace_wants *ret_wants);

/* seqs ascending. attributes is copied. STATUS_BUG with fault: a row that this program did not write. */
enum status workspace_load_entity(struct workspace *workspace, const char *kind, const char *id, const uint64_t *seqs, size_t count,
                                  const char *attributes, struct fault *fault) MUST_CHECK;
void workspace_load_correction(struct workspace *workspace, const char *target, const uint64_t *seqs, size_t count);
/* The body is borrowed for the workspace's life. An event that cannot be read (parked once) is as if it were not there. */
void workspace_load_event(struct workspace *workspace, uint64_t seq, int64_t recorded_us, struct span body);

/* Folds every entity that the added events speak of. STATUS_POISON with fault: past a stated maximum. */
enum status workspace_fold(struct workspace *workspace, struct fault *fault) MUST_CHECK;

/* ---- What came of it ---- */

struct workspace_entity {
	enum entity_kind kind;
	const char *id;
	const uint64_t *seqs;    /* ascending */
	size_t seqs_count;
	const char *before;      /* attributes; NULL = there was no row */
	const char *after;
};
size_t workspace_entities_count(const struct workspace *workspace);
struct workspace_entity workspace_entity_at(const struct workspace *workspace, size_t at);

struct workspace_correction {
	const char *target;
	const uint64_t *seqs;
	size_t seqs_count;
};
/* Rows that changed. */
size_t workspace_corrections_count(const struct workspace *workspace);
struct workspace_correction workspace_correction_at(const struct workspace *workspace, size_t at);

/* The months that the added events speak of, by time or date: the last is the December of the last year, at most one after that in
 * which it was recorded. -1 = none. */
struct workspace_horizon {
	int month_first, month_last;
};
struct workspace_horizon workspace_horizon(const struct workspace *workspace);

/* ---- Where it comes from ---- */

struct workspace_event {
	uint64_t seq;
	struct ident_uuid id;
	const char *type;        /* as it was sent, of whatever version */
	int64_t time_us;
	bool known;
};
/* An event of the workspace. */
struct workspace_event workspace_event_of(const struct workspace *workspace, uint64_t seq);

#endif
