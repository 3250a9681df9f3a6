/* recent: events of the log that turns have read, kept for the next turns: what happens next mostly concerns what happened just before.
 *
 * The log never changes, so what is kept is right until the log is another one (restored from a copy): recent_forget. Bounded in bytes: the event kept longest goes first, and comes again when it
 * is read again. */
#ifndef EFFREG_METRICS_RECENT_H
#define EFFREG_METRICS_RECENT_H

#include "common/ident.h"

struct recent;

/* Fresh: recent_destroy. bytes_max of events; what is kept of each beside its text counts. */
struct recent *recent_new(size_t bytes_max);
void recent_destroy(struct recent **recent);

struct recent_event {
	uint64_t seq;
	int64_t recorded_us;
	struct span body;
};

/* Keeps a copy, unless it is there; one that is larger than bytes_max is not kept. Nothing is dropped before recent_shrink. */
void recent_keep(struct recent *recent, const char region[OKTMO_TEXT_SIZE], const struct recent_event *event);
/* False: not here. The body is borrowed until the next recent_shrink or recent_forget. */
bool recent_find(const struct recent *recent, const char region[OKTMO_TEXT_SIZE], uint64_t seq, struct recent_event *ret_event);
/* Drops all of a region. */
void recent_forget(struct recent *recent, const char region[OKTMO_TEXT_SIZE]);
/* Down to bytes_max. */
void recent_shrink(struct recent *recent);

size_t recent_bytes(const struct recent *recent);

#endif
