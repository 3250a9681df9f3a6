#include "common/loop.h"

#include "common/ambient.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SOON_MAX 32

struct watch {
	struct bus_socket *socket;  /* or NULL: fd */
	int fd;
	loop_fn *fn;
	void *context;
};

struct timer {
	int64_t due_ms;
	long interval_ms;
	loop_fn *fn;
	void *context;
};

struct call {
	loop_fn *fn;
	void *context;
};

struct loop {
	struct watch watches[LOOP_WATCHES_MAX];
	size_t watches_count;
	struct timer timers[LOOP_TIMERS_MAX];
	size_t timers_count;
	struct call soon[SOON_MAX];
	size_t soon_count;
	int signal_fd;
	bool stopping;
};

static void on_signal(void *context)
{
	struct loop *loop = context;
	struct signalfd_siginfo info;
	if (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		loop->stopping = true;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);
	ASSERT(loop != NULL);
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	ASSERT(sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
	ASSERT(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	loop->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	ASSERT(loop->signal_fd >= 0);
	loop_on_fd(loop, loop->signal_fd, on_signal, loop);
	return loop;
}

void loop_destroy(struct loop **loop)
{
	if (*loop == NULL)
		return;
	close((*loop)->signal_fd);
	free(*loop);
	*loop = NULL;
}

static void add_watch(struct loop *loop, struct bus_socket *socket, int fd, loop_fn *fn, void *context)
{
	ASSERT(loop->watches_count < LOOP_WATCHES_MAX);
	loop->watches[loop->watches_count++] = (struct watch){.socket = socket, .fd = fd, .fn = fn, .context = context};
}

void loop_on_socket(struct loop *loop, struct bus_socket *socket, loop_fn *fn, void *context)
{
	add_watch(loop, socket, -1, fn, context);
}

void loop_on_fd(struct loop *loop, int fd, loop_fn *fn, void *context)
{
	add_watch(loop, NULL, fd, fn, context);
}

static void remove_watch(struct loop *loop, const struct bus_socket *socket, int fd)
{
	for (size_t i = 0; i < loop->watches_count; i++) {
		if (loop->watches[i].socket == socket && loop->watches[i].fd == fd) {
			loop->watches[i] = loop->watches[--loop->watches_count];
			return;
		}
	}
}

void loop_off_fd(struct loop *loop, int fd)
{
	remove_watch(loop, NULL, fd);
}

void loop_off_socket(struct loop *loop, const struct bus_socket *socket)
{
	remove_watch(loop, socket, -1);
}

void loop_every(struct loop *loop, long interval_ms, loop_fn *fn, void *context)
{
	ASSERT(loop->timers_count < LOOP_TIMERS_MAX && interval_ms > 0);
	loop->timers[loop->timers_count++] = (struct timer){
		.due_ms = ambient_monotonic_ms() + interval_ms, .interval_ms = interval_ms, .fn = fn, .context = context};
}

void loop_soon(struct loop *loop, loop_fn *fn, void *context)
{
	for (size_t i = 0; i < loop->soon_count; i++) {
		if (loop->soon[i].fn == fn && loop->soon[i].context == context)
			return;
	}
	ASSERT(loop->soon_count < SOON_MAX);
	loop->soon[loop->soon_count++] = (struct call){.fn = fn, .context = context};
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

bool loop_stopping(const struct loop *loop)
{
	return loop->stopping;
}

static long next_timeout_ms(const struct loop *loop)
{
	if (loop->soon_count > 0)
		return 0;
	int64_t now_ms = ambient_monotonic_ms();
	int64_t wait_ms = -1;
	for (size_t i = 0; i < loop->timers_count; i++) {
		int64_t left_ms = loop->timers[i].due_ms - now_ms;
		if (left_ms < 0)
			left_ms = 0;
		if (wait_ms < 0 || left_ms < wait_ms)
			wait_ms = left_ms;
	}
	return (long)wait_ms;
}

/* A handler of this round may have taken another one away, and freed what it works on. */
static bool is_watched(const struct loop *loop, const struct watch *watch)
{
	for (size_t i = 0; i < loop->watches_count; i++) {
		const struct watch *other = &loop->watches[i];
		if (other->socket == watch->socket && other->fd == watch->fd && other->fn == watch->fn && other->context == watch->context)
			return true;
	}
	return false;
}

static void wait_and_serve(struct loop *loop)
{
	struct bus_poll_item items[LOOP_WATCHES_MAX];
	struct watch served[LOOP_WATCHES_MAX];  /* a handler may change the list */
	size_t count = loop->watches_count;
	for (size_t i = 0; i < count; i++) {
		served[i] = loop->watches[i];
		items[i] = (struct bus_poll_item){.socket = served[i].socket, .fd = served[i].fd};
	}
	ASSERT(bus_poll(items, count, next_timeout_ms(loop)) == STATUS_OK);
	for (size_t i = 0; i < count && !loop->stopping; i++) {
		if (items[i].ready && is_watched(loop, &served[i]))
			served[i].fn(served[i].context);
	}
}

static void run_timers(struct loop *loop)
{
	int64_t now_ms = ambient_monotonic_ms();
	for (size_t i = 0; i < loop->timers_count && !loop->stopping; i++) {
		if (loop->timers[i].due_ms > now_ms)
			continue;
		loop->timers[i].due_ms = now_ms + loop->timers[i].interval_ms;
		loop->timers[i].fn(loop->timers[i].context);
	}
}

static void run_soon(struct loop *loop)
{
	struct call calls[SOON_MAX];
	size_t count = loop->soon_count;
	memcpy(calls, loop->soon, count * sizeof calls[0]);
	loop->soon_count = 0;  /* what is asked for now runs in the next round, after the sockets had their turn */
	for (size_t i = 0; i < count && !loop->stopping; i++)
		calls[i].fn(calls[i].context);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopping) {
		wait_and_serve(loop);
		run_timers(loop);
		run_soon(loop);
	}
}
