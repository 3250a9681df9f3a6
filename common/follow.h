/* follow: a consumer at work inside a service: hints from a SUB socket, turns in the loop, a poll once a second, telemetry. */
#ifndef EFFREG_FOLLOW_H
#define EFFREG_FOLLOW_H

#include "common/service.h"
#include "common/stream.h"

struct follow;

struct follow_options {
	const struct stream_consumer_options *consumer;
	/* Names of the service's options: the stream's endpoint, the file with its server's public key, our secret key's file. */
	const char *endpoint_option;
	const char *server_key_option;
	const char *key_option;
	/* Several instances share the keys: one that stands still gives its key up soon (stream_stall.h). Its turns must not let the
	 * database wait for STREAM_STALL_MS between two statements. */
	bool limits_stalls;
	/* A round begins so long after the one before, and takes what was hinted meanwhile: fewer, larger turns. 0: with every hint. */
	long gather_ms;
	unsigned turns_a_round;   /* then the sockets, signals and the owner's own work have their turn; 0 = 4 */
	/* After every round of turns, also one without any; a poll's round comes once a second. May be NULL. */
	void (*worked)(void *context, bool poll);
	void *context;
};

/* Connects and joins the loop; the first round begins with it. Fresh; INVALID or UNAVAILABLE with fault. */
enum status follow_new(struct service *service, const struct follow_options *options, struct follow **ret_follow,
                       struct fault *fault) MUST_CHECK;
void follow_destroy(struct follow **follow);

#endif
