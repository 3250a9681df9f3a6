/* notify_handlers: the turn that writes notices, and the sending of those that wait. */
#ifndef EFFREG_NOTIFY_HANDLERS_H
#define EFFREG_NOTIFY_HANDLERS_H

#include "common/bus.h"
#include "common/stream.h"
#include "services/notify/notify_store.h"

#define NOTIFY_CONSUMER "notify"

struct notify_handlers {
	struct db *db;
	struct bus_socket *feed;
	struct arena *arena;  /* of one sending */
};

/* stream_consumer_options.apply; context is the struct notify_handlers. */
enum status notify_handlers_apply(void *context, const struct stream_turn *turn);

/* Sends up to NOTIFY_UNSENT_MAX notices and marks them sent: at least once, because a crash between the two sends again
 * with the same id. *ret_sent = NOTIFY_UNSENT_MAX: there may be more. */
enum status notify_handlers_send(struct notify_handlers *handlers, size_t *ret_sent) MUST_CHECK;

#endif
