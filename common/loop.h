/* loop: the reactor of a process: sockets, descriptors, timers and signals in one thread.
 *
 * A handler runs to its end before the next; it must not block longer than a turn. SIGTERM and SIGINT end loop_run. */
#ifndef EFFREG_LOOP_H
#define EFFREG_LOOP_H

#include "common/bus.h"

#define LOOP_WATCHES_MAX 160
#define LOOP_TIMERS_MAX  32

struct loop;
typedef void loop_fn(void *context);

struct loop *loop_new(void);  /* blocks SIGTERM and SIGINT for the process and takes them by signalfd; ignores SIGPIPE */
void loop_destroy(struct loop **loop);

void loop_on_socket(struct loop *loop, struct bus_socket *socket, loop_fn *fn, void *context);  /* readable */
void loop_on_fd(struct loop *loop, int fd, loop_fn *fn, void *context);                         /* readable */
/* Its handler is not called any more, not even in the present round. */
void loop_off_fd(struct loop *loop, int fd);
void loop_off_socket(struct loop *loop, const struct bus_socket *socket);
/* Calls fn every interval_ms, the first time after interval_ms. */
void loop_every(struct loop *loop, long interval_ms, loop_fn *fn, void *context);
/* Calls fn once, after delay_ms; asked for again before that, at the earlier of the two instants. */
void loop_after(struct loop *loop, long delay_ms, loop_fn *fn, void *context);
/* Calls fn once, at the end of the present round, before waiting; asking again before that is harmless. */
void loop_soon(struct loop *loop, loop_fn *fn, void *context);

void loop_run(struct loop *loop);   /* until loop_stop or a signal */
void loop_stop(struct loop *loop);
bool loop_stopping(const struct loop *loop);

#endif
