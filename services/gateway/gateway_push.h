/* gateway_push: the way of a request's events to intake: a session of the push channel for as long as the request takes.
 *
 * The gateway does not write: it shows the region's token to intake, which judges it within the transaction that stores
 * (proto/README.md, section 4.7). A delivery is HELLO, PUSH, ACK, BYE over a connection (a lane) that is used again; nothing is
 * repeated here, for the client repeats, and the log knows the ids.
 *
 * Fairness: one delivery of a token is under way, the next ones wait; tokens that intake has not vouched for lately share a few lanes, so
 * that a flood of invented ones does not take those of the regions. There is a lane for every region of the registry. */
#ifndef EFFREG_GATEWAY_PUSH_H
#define EFFREG_GATEWAY_PUSH_H

#include "common/loop.h"
#include "common/push.h"
#include "common/token.h"

#define GATEWAY_LANES_MAX           96   /* connections to intake, made when first needed; intake lets a key have 128 sessions */
#define GATEWAY_STRANGERS_MAX       4    /* of these, for tokens not known yet */
#define GATEWAY_TOKEN_WAITING_MAX   32   /* deliveries of one token, under way or waiting; beyond, over_rate */
#define GATEWAY_STRANGERS_WAITING_MAX 64 /* of all tokens not known yet, likewise */
#define GATEWAY_PUSH_TIMEOUT_MS     10000

struct gateway_push;

/* Borrowed until it is answered. */
struct gateway_delivery {
	const char *token;
	const char *source;            /* whose source_sequence WELCOME tells */
	bool has_witness;
	uint64_t witness_seq;
	struct sha256 witness_hash;
	const struct span *events;     /* at most PUSH_EVENTS_MAX, of at most PUSH_BODY_BYTES_MAX together; none: only how the log stands */
	size_t count;
};

struct gateway_receipt {
	const char *code;              /* "" = done; bad_token, witness_mismatch, over_rate, unavailable */
	uint64_t retry_ms;             /* 0 = not said */
	const struct push_message *log;  /* WELCOME; NULL where none came */
	const struct push_message *ack;  /* NULL where none came, or nothing was pushed */
};

/* The receipt holds until fn returns. */
typedef void gateway_receipt_fn(void *context, const struct gateway_receipt *receipt);

/* Connects when the first delivery comes. */
struct gateway_push *gateway_push_new(struct loop *loop, struct bus *bus, const char *endpoint, const char *server_key,
                                      const struct bus_keypair *client);
void gateway_push_destroy(struct gateway_push **push);  /* answers what is open: unavailable */

/* Calls fn once, within GATEWAY_PUSH_TIMEOUT_MS, perhaps before this returns. */
void gateway_push_deliver(struct gateway_push *push, const struct gateway_delivery *delivery, gateway_receipt_fn *fn, void *context);

#endif
