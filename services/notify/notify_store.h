/* notify_store: every statement of the notify service. */
#ifndef EFFREG_NOTIFY_STORE_H
#define EFFREG_NOTIFY_STORE_H

#include "common/db.h"
#include "common/ident.h"
#include "services/notify/notify_core.h"
#include "services/notify/notify_cut_off.h"

#define NOTIFY_UNSENT_MAX 200  /* notices a transaction: below the queue of a feed subscriber */

#define NOTIFY_RELAY_S    10   /* a notice is sent on to other subscribers so long after it was sent */

/* What this process has sent. */
struct notify_known {
	char region[OKTMO_TEXT_SIZE];
	char id[UUID_TEXT_SIZE];
	int64_t sent_ms;  /* monotonic */
};

/* Inside a transaction: writes a notice for every changed place of the published run. For revision 1 a place that
 * differs from the previous period's; for a correction one that differs from the revision before: who was told the first
 * must be told the second, also when it leads back to the previous period's place. Doing it again changes nothing. */
enum status notify_store_write(struct db *db, const struct notify_publication *publication, struct arena *arena,
                               int64_t *ret_written) MUST_CHECK;

/* The same turn: one notice for the federal side, that the run was published and how many places it changed. */
enum status notify_store_write_published(struct db *db, const struct notify_publication *publication, struct arena *arena,
                                         int64_t *ret_written) MUST_CHECK;

/* What follows from the state of the regions at a time: written once, as long as it is news. */
struct notify_news {
	int64_t now_us;
	int silent_days;   /* a source without an event for so long is silent */
	int recent_days;   /* what is older is history, of which nobody is told */
};
/* Inside a transaction: overdue instructions, silent sources, disputes opened and resolved, effects verified. */
enum status notify_store_write_news(struct db *db, const struct notify_news *news, struct arena *arena, int64_t *ret_written) MUST_CHECK;
/* Inside a transaction: every region that has sent anything is told of the last day. */
enum status notify_store_write_cut_off(struct db *db, const struct notify_cut_off *cut_off, struct arena *arena,
                                       int64_t *ret_written) MUST_CHECK;
/* How many sources there are, and how many of them are silent. */
enum status notify_store_count_sources(struct db *db, const struct notify_news *news, struct arena *arena, int64_t *ret_sources,
                                       int64_t *ret_silent) MUST_CHECK;

/* Inside a transaction: up to NOTIFY_UNSENT_MAX notices that were not sent, oldest first, locked against other instances.
 * They live in arena. */
enum status notify_store_take_unsent(struct db *db, struct arena *arena, struct notify_notice **ret_notices,
                                     size_t *ret_count) MUST_CHECK;  /* BUG: a row that this program did not write */
/* The same, of those that another instance sent since since_us and not longer than NOTIFY_RELAY_S ago, but for those in known (pointers,
 * known_count of them; told apart by region and id). */
enum status notify_store_take_sent(struct db *db, int64_t since_us, const struct notify_known *const *known, size_t known_count, struct arena *arena,
                                   struct notify_notice **ret_notices, size_t *ret_count) MUST_CHECK;
/* Notices that wait to be sent, and since when the oldest does, in ms. */
enum status notify_store_count_unsent(struct db *db, int64_t *ret_unsent, int64_t *ret_oldest_ms) MUST_CHECK;
enum status notify_store_mark_sent(struct db *db, struct arena *arena, const struct notify_notice *notices,
                                   size_t count) MUST_CHECK;

#endif
