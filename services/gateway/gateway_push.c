/* A lane:
 *
 *     IDLE ──delivery──▶ CONNECTING ──HELLO sent──▶ GREETING ──WELCOME──▶ PUSHING ──ACK, NACK──▶ IDLE
 *      ▲                     │                         │                     │
 *      │                     │                     BYE │                 BYE │
 *      └─────────────────────┴───── the answer ────────┴─────────────────────┘
 *
 * A lane whose delivery ends without the answer it was owed (silence, a lost connection, an answer that does not fit) is closed: what
 * may still come over it belongs to nobody. */
#include "services/gateway/gateway_push.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define TICK_MS       100
#define HELLO_AGAIN_MS 10    /* while the connection is being made */
#define RECEIVE_MAX   16     /* before other sockets get their turn: what is left is still readable */
#define KNOWN_MAX     512    /* tokens remembered as good */

enum lane_state { LANE_IDLE, LANE_CONNECTING, LANE_GREETING, LANE_PUSHING };

struct lane {
	struct gateway_push *push;
	struct bus_socket *socket;     /* NULL: to be made */
	enum lane_state state;
	struct pending *pending;       /* whose it is; NULL = IDLE */
	struct push_message welcome;
	char region[OKTMO_TEXT_SIZE];  /* of welcome */
};

/* A delivery that has not been answered. */
struct pending {
	struct pending *next;
	struct gateway_delivery delivery;
	struct sha256 digest;          /* of its token */
	int64_t deadline_ms;
	gateway_receipt_fn *fn;
	void *context;
	struct lane *lane;             /* NULL: it waits */
};

struct known_token {
	struct sha256 digest;
	int64_t seen_ms;               /* 0 = empty */
};

struct gateway_push {
	struct loop *loop;
	struct bus *bus;
	char endpoint[256];
	char server_key[BUS_KEY_TEXT];
	struct bus_keypair client;
	struct lane lanes[GATEWAY_LANES_MAX];
	struct pending *first, **end;  /* in the order they came */
	size_t count;
	struct known_token known[KNOWN_MAX];
	struct bus_message *message;
	struct arena *arena;           /* one answer */
};

static void dispatch(struct gateway_push *push);
static void on_lane(void *context);

/* ---- Tokens that intake has vouched for ---- */

static struct known_token *find_known(struct gateway_push *push, const struct sha256 *digest)
{
	for (size_t i = 0; i < KNOWN_MAX; i++) {
		if (push->known[i].seen_ms != 0 && memcmp(push->known[i].digest.bytes, digest->bytes, SHA256_BYTES) == 0)
			return &push->known[i];
	}
	return NULL;
}

static void remember(struct gateway_push *push, const struct sha256 *digest)
{
	struct known_token *known = find_known(push, digest);
	for (size_t i = 0; known == NULL && i < KNOWN_MAX; i++) {
		if (push->known[i].seen_ms == 0)
			known = &push->known[i];
	}
	if (known == NULL) {
		known = &push->known[0];
		for (size_t i = 1; i < KNOWN_MAX; i++) {
			if (push->known[i].seen_ms < known->seen_ms)
				known = &push->known[i];
		}
	}
	*known = (struct known_token){.digest = *digest, .seen_ms = ambient_monotonic_ms()};
}

static void forget(struct gateway_push *push, const struct sha256 *digest)
{
	struct known_token *known = find_known(push, digest);
	if (known != NULL)
		known->seen_ms = 0;
}

/* ---- Lanes ---- */

static enum status say(struct lane *lane, const struct push_message *message, struct span body)
{
	struct buf header;
	buf_init(&header, PUSH_REQUEST_BYTES_MAX);
	push_format(&header, message);
	const struct span frames[] = {buf_span(&header), body};
	enum status status = bus_send(lane->socket, frames, ARRAY_COUNT(frames));
	buf_clear(&header);
	return status;
}

static void drop_lane(struct lane *lane)
{
	if (lane->socket != NULL)
		loop_off_socket(lane->push->loop, lane->socket);
	bus_close(&lane->socket);
}

static bool open_lane(struct lane *lane)
{
	struct fault fault;
	struct gateway_push *push = lane->push;
	if (lane->socket != NULL)
		return true;
	if (bus_connect(push->bus, BUS_DEALER, push->endpoint, push->server_key, &push->client, &lane->socket, &fault) != STATUS_OK) {
		log_write(LOG_EVENT_request_failed, "error", fault.text, NULL);
		return false;
	}
	loop_on_socket(push->loop, lane->socket, on_lane, lane);
	return true;
}

/* ---- The end of a delivery ---- */

static void tell_count(const struct gateway_push *push)
{
	telemetry_set("effreg_gateway_deliveries", "Requests whose events are on their way to intake, or wait for it.", "", (double)push->count);
}

/* Takes it out of the list and answers; the slot of its lane is free before the call, for fn may deliver the next one. */
static void finish(struct gateway_push *push, struct pending *pending, const struct gateway_receipt *receipt)
{
	struct pending **at = &push->first;
	while (*at != pending)
		at = &(*at)->next;
	*at = pending->next;
	if (push->end == &pending->next)
		push->end = at;
	push->count--;
	if (pending->lane != NULL) {
		pending->lane->pending = NULL;
		pending->lane->state = LANE_IDLE;
	}
	tell_count(push);
	pending->fn(pending->context, receipt);
	free(pending);
}

/* The lane is at rest again: intake has answered all it was asked. */
static void finish_lane(struct lane *lane, const struct gateway_receipt *receipt, bool has_session)
{
	if (has_session && say(lane, &(struct push_message){.type = PUSH_BYE}, span_of("", 0)) != STATUS_OK)
		drop_lane(lane);
	finish(lane->push, lane->pending, receipt);
	dispatch(lane->push);
}

/* No answer to be relied on: whether the events are stored is not known. */
static void fail_lane(struct lane *lane)
{
	drop_lane(lane);
	finish(lane->push, lane->pending, &(struct gateway_receipt){.code = "unavailable"});
}

/* ---- Answers of intake ---- */

static void push_events(struct lane *lane)
{
	const struct gateway_delivery *delivery = &lane->pending->delivery;
	uint32_t sizes[PUSH_EVENTS_MAX];
	struct buf body;
	buf_init(&body, PUSH_BODY_BYTES_MAX);
	for (size_t i = 0; i < delivery->count; i++) {
		sizes[i] = (uint32_t)delivery->events[i].len;
		buf_append(&body, delivery->events[i].at, delivery->events[i].len);
	}
	ASSERT(buf_ok(&body));
	const struct push_message message = {.type = PUSH_PUSH, .batch = 1, .sizes = sizes, .count = delivery->count};
	enum status status = say(lane, &message, buf_span(&body));
	buf_clear(&body);
	if (status == STATUS_OK)
		lane->state = LANE_PUSHING;
	else
		fail_lane(lane);
}

static void take_welcome(struct lane *lane, const struct push_message *message)
{
	const struct gateway_delivery *delivery = &lane->pending->delivery;
	remember(lane->push, &lane->pending->digest);
	lane->welcome = *message;
	snprintf(lane->region, sizeof lane->region, "%s", message->region);
	lane->welcome.region = lane->region;
	bool differs = delivery->has_witness && message->witness != PUSH_WITNESS_OK;
	if (delivery->count > 0 && !differs)
		push_events(lane);
	else
		finish_lane(lane, &(struct gateway_receipt){.code = delivery->count > 0 ? "witness_mismatch" : "", .log = &lane->welcome}, true);
}

static void take_ack(struct lane *lane, const struct push_message *message)
{
	if (message->batch == 1 && message->count == lane->pending->delivery.count)
		finish_lane(lane, &(struct gateway_receipt){.code = "", .log = &lane->welcome, .ack = message}, true);
	else
		fail_lane(lane);
}

static void take_nack(struct lane *lane, const struct push_message *message)
{
	const char *code = text_equal(message->code, "over_rate") ? "over_rate" : "unavailable";
	finish_lane(lane, &(struct gateway_receipt){.code = code, .retry_ms = message->retry_ms}, true);
}

/* Only a token can be the client's fault; revoked may be the token or our own key, and the next HELLO tells which. */
static void take_bye(struct lane *lane, const struct push_message *message)
{
	const char *code = message->code == NULL ? "" : message->code;
	bool is_token = text_equal(code, "bad_token");
	if (is_token)
		forget(lane->push, &lane->pending->digest);
	else if (!text_equal(code, "retry"))
		log_write(LOG_EVENT_request_failed, "error", "intake closed the session", "code", code, NULL);
	finish_lane(lane, &(struct gateway_receipt){.code = is_token ? "bad_token" : "unavailable"}, false);
}

static void take_message(struct lane *lane, const struct push_message *message)
{
	if (message->type == PUSH_WELCOME && lane->state == LANE_GREETING)
		take_welcome(lane, message);
	else if (message->type == PUSH_ACK && lane->state == LANE_PUSHING)
		take_ack(lane, message);
	else if (message->type == PUSH_NACK && lane->state == LANE_PUSHING)
		take_nack(lane, message);
	else if (message->type == PUSH_BYE && (lane->state == LANE_GREETING || lane->state == LANE_PUSHING))
		take_bye(lane, message);
}

static void on_lane(void *context)
{
	struct lane *lane = context;
	struct gateway_push *push = lane->push;
	for (int received = 0; received < RECEIVE_MAX && lane->socket != NULL; received++) {
		struct push_message message;
		enum status status = bus_receive(lane->socket, push->message);
		if (status == STATUS_NOT_FOUND)
			return;
		arena_reset(push->arena);
		if (status == STATUS_OK && bus_message_frames(push->message) == 2 &&
		    push_parse_answer(push->arena, bus_message_frame(push->message, 0), &message, NULL) == STATUS_OK)
			take_message(lane, &message);
	}
}

/* ---- Whose turn it is ---- */

static void on_hello(void *context)
{
	struct gateway_push *push = context;
	bool again = false;
	for (size_t i = 0; i < GATEWAY_LANES_MAX; i++) {
		struct lane *lane = &push->lanes[i];
		if (lane->state != LANE_CONNECTING)
			continue;
		const struct gateway_delivery *delivery = &lane->pending->delivery;
		const struct push_message hello = {
			.type = PUSH_HELLO, .version = PUSH_VERSION, .source = delivery->source, .token = delivery->token,
			.has_witness = delivery->has_witness, .last_seq = delivery->witness_seq, .head = delivery->witness_hash};
		if (say(lane, &hello, span_of("", 0)) == STATUS_OK)
			lane->state = LANE_GREETING;
		else
			again = true;
	}
	if (again)
		loop_after(push->loop, HELLO_AGAIN_MS, on_hello, push);
}

static bool same_token(const struct pending *a, const struct pending *b)
{
	return memcmp(a->digest.bytes, b->digest.bytes, SHA256_BYTES) == 0;
}

static bool may_start(struct gateway_push *push, const struct pending *pending)
{
	size_t strangers = 0;
	for (const struct pending *other = push->first; other != NULL; other = other->next) {
		if (other->lane == NULL)
			continue;
		if (same_token(other, pending))
			return false;
		strangers += find_known(push, &other->digest) == NULL;
	}
	return strangers < GATEWAY_STRANGERS_MAX || find_known(push, &pending->digest) != NULL;
}

/* One with a connection before one without. */
static struct lane *free_lane(struct gateway_push *push)
{
	struct lane *found = NULL;
	for (size_t i = 0; i < GATEWAY_LANES_MAX; i++) {
		struct lane *lane = &push->lanes[i];
		if (lane->pending == NULL && (found == NULL || (found->socket == NULL && lane->socket != NULL)))
			found = lane;
	}
	return found;
}

static void dispatch(struct gateway_push *push)
{
	bool started = false;
	for (struct pending *pending = push->first; pending != NULL; pending = pending->next) {
		struct lane *lane = pending->lane == NULL && may_start(push, pending) ? free_lane(push) : NULL;
		if (lane == NULL || !open_lane(lane))
			continue;
		(void)bus_link_state(lane->socket);  /* what was lost while it was idle has cost nobody anything */
		lane->pending = pending;
		lane->state = LANE_CONNECTING;
		pending->lane = lane;
		started = true;
	}
	if (started)
		on_hello(push);
}

/* ---- Time ---- */

static void watch_lane(struct lane *lane)
{
	struct bus_link link = bus_link_state(lane->socket);
	if (link.handshakes_refused > 0)
		log_write(LOG_EVENT_request_failed, "error", "intake refuses this key: its role has to be bearer", NULL);
	if (lane->pending == NULL && link.disconnects > 0) {
		drop_lane(lane);  /* the next delivery looks for intake anew */
		return;
	}
	bus_connect_again(lane->socket);
	bool waits = lane->state == LANE_GREETING || lane->state == LANE_PUSHING;
	if (lane->pending != NULL && (link.handshakes_refused > 0 || (waits && link.disconnects > 0)))
		fail_lane(lane);
}

static struct pending *find_overdue(const struct gateway_push *push, int64_t now_ms)
{
	for (struct pending *pending = push->first; pending != NULL; pending = pending->next) {
		if (pending->deadline_ms <= now_ms)
			return pending;
	}
	return NULL;
}

static void on_tick(void *context)
{
	struct gateway_push *push = context;
	int64_t now_ms = ambient_monotonic_ms();
	for (size_t i = 0; i < GATEWAY_LANES_MAX; i++) {
		if (push->lanes[i].socket != NULL)
			watch_lane(&push->lanes[i]);
	}
	for (struct pending *late = find_overdue(push, now_ms); late != NULL; late = find_overdue(push, now_ms)) {
		if (late->lane != NULL)
			fail_lane(late->lane);
		else
			finish(push, late, &(struct gateway_receipt){.code = "unavailable"});
	}
	dispatch(push);
}

/* ---- Deliveries ---- */

static bool is_too_much(struct gateway_push *push, const struct pending *pending)
{
	size_t same = 0, strangers = 0;
	for (const struct pending *other = push->first; other != NULL; other = other->next) {
		same += same_token(other, pending);
		strangers += find_known(push, &other->digest) == NULL;
	}
	return same >= GATEWAY_TOKEN_WAITING_MAX ||
	       (strangers >= GATEWAY_STRANGERS_WAITING_MAX && find_known(push, &pending->digest) == NULL);
}

void gateway_push_deliver(struct gateway_push *push, const struct gateway_delivery *delivery, gateway_receipt_fn *fn, void *context)
{
	struct pending *pending = calloc(1, sizeof *pending);
	ASSERT(pending != NULL && delivery->count <= PUSH_EVENTS_MAX);
	*pending = (struct pending){
		.delivery = *delivery, .digest = token_digest(delivery->token), .fn = fn, .context = context,
		.deadline_ms = ambient_monotonic_ms() + GATEWAY_PUSH_TIMEOUT_MS};
	if (is_too_much(push, pending)) {
		free(pending);
		fn(context, &(struct gateway_receipt){.code = "over_rate"});
		return;
	}
	*push->end = pending;
	push->end = &pending->next;
	push->count++;
	tell_count(push);
	dispatch(push);
}

/* ---- Life ---- */

struct gateway_push *gateway_push_new(struct loop *loop, struct bus *bus, const char *endpoint, const char *server_key,
                                      const struct bus_keypair *client)
{
	struct gateway_push *push = calloc(1, sizeof *push);
	ASSERT(push != NULL);
	push->loop = loop;
	push->bus = bus;
	push->client = *client;
	push->end = &push->first;
	snprintf(push->endpoint, sizeof push->endpoint, "%s", endpoint);
	snprintf(push->server_key, sizeof push->server_key, "%s", server_key);
	push->message = bus_message_new();
	push->arena = arena_new(PUSH_ARENA_BYTES(PUSH_ANSWER_BYTES_MAX));
	for (size_t i = 0; i < GATEWAY_LANES_MAX; i++)
		push->lanes[i].push = push;
	loop_every(loop, TICK_MS, on_tick, push);
	tell_count(push);
	return push;
}

void gateway_push_destroy(struct gateway_push **push)
{
	if (*push == NULL)
		return;
	while ((*push)->first != NULL)
		finish(*push, (*push)->first, &(struct gateway_receipt){.code = "unavailable"});
	for (size_t i = 0; i < GATEWAY_LANES_MAX; i++)
		drop_lane(&(*push)->lanes[i]);
	bus_message_destroy(&(*push)->message);
	arena_destroy(&(*push)->arena);
	free(*push);
	*push = NULL;
}
