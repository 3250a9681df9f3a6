/* push_client: a region's side of the push channel: one session, credit, go-back-N over losses and restarts.
 *
 * The owner offers batches and is told each result once. What was offered and is not settled is sent again in every new
 * session, in the same order: the log knows the ids, so a repeat is a duplicate, not a second effect. Borrows the bus; the
 * owner polls the socket and calls push_client_step. */
#ifndef EFFREG_PUSH_CLIENT_H
#define EFFREG_PUSH_CLIENT_H

#include "common/bus.h"
#include "common/push.h"

#define PUSH_CLIENT_WINDOW PUSH_CREDIT_BATCHES  /* batches offered and not settled */

/* Owned by the caller until settled. */
struct push_batch {
	const char *body;
	uint32_t sizes[PUSH_EVENTS_MAX];
	size_t count;
	size_t body_bytes;
};

/* What a client remembers of its region's log: the newest head it was told, and the log's incarnation. */
struct push_memory {
	uint64_t seq;                 /* 0 = nothing yet */
	struct sha256 hash;
	uint64_t incarnation;
};

/* What a new session says of the log. */
struct push_welcome {
	uint64_t source_sequence;     /* the events of our source are stored without a gap up to here */
	struct push_memory memory;    /* the log's, from now on what the client remembers */
	bool reopened;                /* a later incarnation than the one remembered: the log was restored from an older copy, and its
	                                 coordinator says so. What was acknowledged before and is not stored is sent again by its owner */
};

/* What a WELCOME means to a client that remembers *memory, which then is the log's. FORBIDDEN with code witness_mismatch, and *memory
 * as it was, when the log is not the one whose head was heard before: it was changed, or restored from an older copy and its
 * coordinator has not said so. A restore that was acknowledged is reopened to who keeps what was acknowledged (keeps), else a mismatch. */
enum status push_memory_judge(struct push_memory *memory, const struct push_message *welcome, bool keeps, bool *ret_reopened,
                              struct fault *fault) MUST_CHECK;

/* The texts are copied where they are needed later. */
struct push_client_options {
	const char *endpoint;
	const char *server_public_key;
	struct bus_keypair keypair;
	const char *source;
	const char *region;           /* NULL = the key's own */
	struct push_memory memory;    /* from an earlier process; all zero = none */
	/* A batch was answered; results[0..batch->count) are valid during the call. */
	void (*settled)(void *context, struct push_batch *batch, const struct push_result *results);
	/* A session begins; nothing has been sent in it yet. NULL: who keeps nothing that was acknowledged has nothing to send again,
	 * so a log that was restored is a mismatch to it, acknowledged or not. */
	void (*welcomed)(void *context, const struct push_welcome *welcome);
	void *context;
};

struct push_client;

enum status push_client_new(struct bus *bus, const struct push_client_options *options, struct push_client **ret_client,
                            struct fault *fault) MUST_CHECK;
void push_client_destroy(struct push_client **client);

/* False when PUSH_CLIENT_WINDOW batches are unsettled already. */
bool push_client_offer(struct push_client *client, struct push_batch *batch) MUST_CHECK;
size_t push_client_unsettled(const struct push_client *client);

/* The newest head it was told; within settled, the one after that batch. */
struct push_memory push_client_memory(const struct push_client *client);
bool push_client_is_open(const struct push_client *client);  /* a session stands */

/* Reads answers, sends what credit allows, pings, opens a new session when the old one is lost, and waits longer from one failed
 * HELLO to the next. OK while there is hope;
 * FORBIDDEN when the centre refuses this key or what it asks for, or a new session shows that its log is not the one whose
 * head was heard before (code witness_mismatch): fault says why, and no repetition will help. */
enum status push_client_step(struct push_client *client, struct fault *fault) MUST_CHECK;
struct bus_socket *push_client_socket(struct push_client *client);

/* When something was last heard from the centre (monotonic ms); 0 = never. */
int64_t push_client_heard_ms(const struct push_client *client);
/* Handshakes that broke without a verdict: the server's key may be another one. */
unsigned push_client_handshakes_failed(const struct push_client *client);

#endif
