/* gateway_events: what POST /api/v1/events and GET /api/v1/log are asked and answer, as texts: the token, the witness, receipts.
 *
 * Pure: no socket, no clock but the one it is told. What is stored, and why not, intake decides. */
#ifndef EFFREG_GATEWAY_EVENTS_H
#define EFFREG_GATEWAY_EVENTS_H

#include "common/push.h"
#include "common/token.h"

/* "Bearer effreg_…": false when it is absent (NULL) or written otherwise. */
bool gateway_bearer_read(const char *authorization, char ret_token[TOKEN_TEXT_SIZE]) MUST_CHECK;

/* "<seq> <64 hex digits>": the newest head that the client was told. INVALID with code bad_witness. */
enum status gateway_witness_read(const char *text, uint64_t *ret_seq, struct sha256 *ret_hash, struct fault *fault) MUST_CHECK;

/* Why a request as a whole is not served. */
struct gateway_error {
	const char *code;
	unsigned http;
	unsigned retry_s;          /* Retry-After, where nothing better is known; 0 = repeating does not help */
	const char *text, *text_ru;  /* NULL: the fault has its own */
};
/* 503 unavailable for a code that is not in the table. */
const struct gateway_error *gateway_error_find(const char *code);

/* What is wrong with a refused event and how to mend it, by its code alone: for where intake left its text out, and in Russian. */
struct gateway_words {
	const char *en, *ru;
};
struct gateway_words gateway_refusal_words(const char *code);

/* 200 when nothing was refused, 429 when something is over the quota of the day, else 422. */
unsigned gateway_receipt_http(const struct push_message *ack);
/* Seconds to the next 00:00 UTC, at least 1: when a quota of the day begins anew. */
unsigned gateway_quota_retry_s(int64_t now_us);

/* {"results": [{"stored": 42} | {"duplicate": 7} | {"rejected", "pointer", "offset"?, "text", "text_ru"}, …], "last_seq", "head"}.
 * words[i] for a rejected result; the others are not looked at. */
void gateway_receipt_write(struct buf *buf, const struct push_message *ack, const struct gateway_words *words);
/* {"region", "last_seq", "head", "witness", "incarnation"?, "source_sequence"?}: the last one when a source was named. */
void gateway_log_write(struct buf *buf, const struct push_message *log, bool names_source);
/* {"error": {"code", "text", "text_ru"}}; log adds the members of gateway_log_write, as "log"; NULL = none. */
void gateway_trouble_write(struct buf *buf, const char *code, const struct gateway_words *words, const struct push_message *log);

#endif
