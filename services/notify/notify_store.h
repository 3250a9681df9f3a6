/* notify_store: every statement of the notify service. */
#ifndef EFFREG_NOTIFY_STORE_H
#define EFFREG_NOTIFY_STORE_H

#include "common/db.h"
#include "services/notify/notify_core.h"

#define NOTIFY_UNSENT_MAX 200  /* notices a transaction: below the queue of a feed subscriber */

/* Inside a transaction: writes a notice for every changed place of the published run. For revision 1 a place that
 * differs from the previous period's; for a correction one that differs from the revision before: who was told the first
 * must be told the second, also when it leads back to the previous period's place. Doing it again changes nothing. */
enum status notify_store_write(struct db *db, const struct notify_publication *publication, struct arena *arena,
                               int64_t *ret_written) MUST_CHECK;

/* Inside a transaction: up to NOTIFY_UNSENT_MAX notices that were not sent, oldest first, locked against other instances.
 * They live in arena. */
enum status notify_store_take_unsent(struct db *db, struct arena *arena, struct notify_notice **ret_notices,
                                     size_t *ret_count) MUST_CHECK;
enum status notify_store_mark_sent(struct db *db, struct arena *arena, const struct notify_notice *notices,
                                   size_t count) MUST_CHECK;

#endif
