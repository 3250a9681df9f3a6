/* notify_handlers: the turn that writes notices, and the sending of those that wait. */
#ifndef EFFREG_NOTIFY_HANDLERS_H
#define EFFREG_NOTIFY_HANDLERS_H

#include "common/bus.h"
#include "common/stream.h"
#include "services/notify/notify_store.h"

#define NOTIFY_CONSUMER "notify"

#define NOTIFY_KNOWN_MAX 8192  /* of the last NOTIFY_RELAY_S; what does not fit may be sent twice, which subscribers know by the id */

struct notify_handlers {
	struct db *db;
	struct bus_socket *feed;
	struct arena *arena;              /* of one sending */
	const struct calendar *calendar;  /* NULL: nobody is told of cut-offs */
	int silent_days, warn_days;
	int64_t since_us;                 /* when this process began: what others sent before is not sent on */
	struct notify_known known[NOTIFY_KNOWN_MAX];  /* a ring of what it sent */
	size_t known_count, known_next;
};

#define NOTIFY_RECENT_DAYS 30

/* stream_consumer_options.apply; context is the struct notify_handlers. */
enum status notify_handlers_apply(void *context, const struct stream_turn *turn);

/* Writes what there is to tell of the state of the regions at that time: instructions overdue, sources silent, disputes, verified
 * effects, cut-offs that are near. What happened more than NOTIFY_RECENT_DAYS before is history and told to nobody; what was told is not
 * told again. */
enum status notify_handlers_watch(struct notify_handlers *handlers, int64_t now_us) MUST_CHECK;

/* Sends up to NOTIFY_UNSENT_MAX notices and marks them sent: at least once, because a crash between the two sends again
 * with the same id. *ret_sent = NOTIFY_UNSENT_MAX: there may be more. */
enum status notify_handlers_send(struct notify_handlers *handlers, size_t *ret_sent) MUST_CHECK;
/* The same of those that another instance has sent, to its own subscribers: whoever subscribes to one instance hears all. */
enum status notify_handlers_relay(struct notify_handlers *handlers, size_t *ret_sent) MUST_CHECK;

#endif
