/* push: the messages of the push channel (proto/README.md), both directions: header frames to structs and back.
 *
 * Pure: who sends what when is the session's business (intake_core for the centre, push_client for a region). */
#ifndef EFFREG_PUSH_H
#define EFFREG_PUSH_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/crypto.h"
#include "common/envelope.h"
#include "common/json.h"
#include "common/status.h"

#define PUSH_VERSION          1
#define PUSH_EVENTS_MAX       500
#define PUSH_BODY_BYTES_MAX   ((size_t)256 * 1024)
#define PUSH_REQUEST_BYTES_MAX ((size_t)64 * 1024)    /* a header frame of the client's */
#define PUSH_ANSWER_BYTES_MAX  ((size_t)1023 * 1024)  /* one of the intake's: a frame less what CURVE adds; push_format keeps to it */
#define PUSH_ACK_TEXT_BYTES_MAX ((size_t)128 * 1024)  /* texts of an ACK's refusals: what comes after these goes without */
#define PUSH_CREDIT_BATCHES   4
#define PUSH_CREDIT_BYTES     (PUSH_CREDIT_BATCHES * PUSH_BODY_BYTES_MAX)
#define PUSH_KEY_HELLOS       32    /* of one key at once; then as many a second as the centre lets it */

#define PUSH_TYPE_MAP(X) \
	X(HELLO) X(PUSH) X(PING) X(BYE) X(WELCOME) X(ACK) X(NACK) X(CREDIT) X(PONG)

enum push_type {
#define PUSH_TYPE_ENUM(name) PUSH_##name,
	PUSH_TYPE_MAP(PUSH_TYPE_ENUM)
#undef PUSH_TYPE_ENUM
};

enum push_witness { PUSH_WITNESS_UNKNOWN, PUSH_WITNESS_OK, PUSH_WITNESS_MISMATCH };

struct push_result {
	enum push_outcome { PUSH_STORED, PUSH_DUPLICATE, PUSH_REJECTED } outcome;
	uint64_t seq;          /* stored or duplicate */
	const char *code;      /* rejected; it and the two below no longer than in struct fault, pointer and text may be NULL */
	const char *pointer;
	int64_t offset;        /* -1 = none */
	const char *text;      /* NULL: it was left out, see PUSH_ACK_TEXT_BYTES_MAX */
};

/* One struct for every type; which members count is said beside them. Texts are borrowed. */
struct push_message {
	enum push_type type;
	int64_t version;                     /* HELLO, WELCOME */
	const char *source;                  /* HELLO */
	const char *region;                  /* HELLO (NULL = the key's own, or the token's), WELCOME */
	const char *token;                   /* HELLO of a bearer's key (common/token.h); NULL = none. A secret */
	bool has_witness;                    /* HELLO */
	uint64_t last_seq;                   /* HELLO: the witness's seq; WELCOME, ACK: of the log */
	struct sha256 head;                  /* HELLO: the witness's hash; WELCOME, ACK: of the log */
	enum push_witness witness;           /* WELCOME */
	uint64_t source_sequence;            /* WELCOME: stored without a hole up to here */
	uint64_t incarnation;                /* WELCOME: of the log; greater after each restore that was acknowledged; 0 = the first */
	uint64_t batch;                      /* PUSH, ACK, NACK */
	const uint32_t *sizes;               /* PUSH: bytes of each event */
	const struct push_result *results;   /* ACK: in the order of the batch */
	size_t count;                        /* of sizes or results */
	uint64_t credit_bytes;               /* WELCOME, CREDIT */
	uint64_t credit_batches;
	uint64_t retry_ms;                   /* NACK: credit comes in about so many ms; 0 = not known */
	const char *code;                    /* NACK, BYE ("" = none) */
	const char *text;
};

/* INVALID with code bad_header when the frame is not a message of version 1, either side's. Texts live in arena, which gives
 * at most PUSH_ARENA_BYTES(header.len). */
enum status push_parse(struct arena *arena, struct span header, struct push_message *ret_message, struct fault *fault) MUST_CHECK;
/* The same for what may come from a client (HELLO, PUSH, PING, BYE, at most PUSH_REQUEST_BYTES_MAX), and from the intake. */
enum status push_parse_request(struct arena *arena, struct span header, struct push_message *ret_message, struct fault *fault) MUST_CHECK;
enum status push_parse_answer(struct arena *arena, struct span header, struct push_message *ret_message, struct fault *fault) MUST_CHECK;
/* What an ACK, and a WELCOME, say of the log, as documents of the gateway (proto/openapi.yaml): results, last_seq, head; and region,
 * source_sequence (0 where it is absent), last_seq, head, witness, incarnation. */
enum status push_parse_receipt(struct arena *arena, const struct json *json, struct push_message *ret_message, struct fault *fault) MUST_CHECK;
enum status push_parse_log(const struct json *json, struct push_message *ret_message, struct fault *fault) MUST_CHECK;
#define PUSH_ARENA_BYTES(len) (JSON_ARENA_BYTES(len) + (sizeof(struct push_result) + 16) * PUSH_EVENTS_MAX)

/* Appends the header frame: at most PUSH_ANSWER_BYTES_MAX for count <= PUSH_EVENTS_MAX. An ACK whose refusals say too much
 * loses the texts of the later ones, never a code or a pointer. */
void push_format(struct buf *buf, const struct push_message *message);
/* The members of push_parse_log but source_sequence, into an open object. */
void push_write_log(struct json_writer *writer, const struct push_message *message);
const char *push_type_name(enum push_type type);
bool push_is_source(const char *text);  /* 1 to 128 of A-Z a-z 0-9 . _ : / - */
const char *push_witness_name(enum push_witness witness);  /* "ok" */

#endif
