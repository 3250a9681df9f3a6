#include "services/agent/agent_https.h"

#include "common/cloudevents.h"
#include "common/fetch.h"
#include "common/token.h"

#include <stdio.h>
#include <stdlib.h>

#define URL_BYTES_MAX    1024
#define BODY_BYTES_MAX   (PUSH_BODY_BYTES_MAX + PUSH_EVENTS_MAX + 2)
#define ANSWER_BYTES_MAX (JSON_ARENA_BYTES(FETCH_ANSWER_MAX) + PUSH_ARENA_BYTES(0))
#define WAIT_MAX_S       600   /* of a Retry-After: a road is tried again at least so often */

struct agent_https {
	struct fetch *fetch;
	char url[URL_BYTES_MAX];                     /* without a slash behind it */
	char authorization[64 + TOKEN_TEXT_SIZE];
	struct arena *arena;                         /* one answer */
	struct call *calls;
};

/* A request on its way, until its answer. */
struct call {
	struct agent_https *https;
	struct call *next;
	bool is_push;
	https_fn *fn;
	void *context;
};

/* ---- Answers ---- */

static void take_error(const struct json *json, struct https_answer *answer, unsigned http)
{
	const struct json *error = json_find(json, "error");
	const char *code = json_find_string(error, "code"), *text = json_find_string(error, "text");
	fault_set(&answer->fault, STATUS_FORBIDDEN, code == NULL ? "bad_answer" : code, "", -1, "the gateway answers %u: %s", http,
	          text == NULL ? "nothing that could be read" : text);
}

static bool read_message(const struct call *call, const struct json *json, struct https_answer *answer)
{
	struct arena *arena = call->https->arena;
	enum status status = call->is_push ? push_parse_receipt(arena, json, &answer->message, &answer->fault)
	                                   : push_parse_log(json, &answer->message, &answer->fault);
	return status == STATUS_OK;
}

/* 429 comes with results when a quota of the day is used up, and without when nothing of the batch was looked at. */
static void judge(const struct call *call, const struct fetch_answer *fetched, const struct json *json, struct https_answer *answer)
{
	bool has_results = json_find(json, "results") != NULL;
	bool is_result = fetched->http == 200 || (has_results && (fetched->http == 422 || fetched->http == 429));
	if (is_result && read_message(call, json, answer)) {
		answer->kind = HTTPS_DONE;
		return;
	}
	take_error(json, answer, fetched->http);
	if (fetched->http == 409 && text_equal(answer->fault.code, "witness_mismatch"))
		answer->kind = HTTPS_MISMATCH;
	else if (fetched->http >= 400 && fetched->http < 500 && fetched->http != 408 && fetched->http != 429)
		answer->kind = HTTPS_REFUSED;
}

static void on_fetched(void *context, const struct fetch_answer *fetched)
{
	struct call *call = context;
	const struct json *json = NULL;
	struct https_answer answer = {.kind = HTTPS_LATER, .fault = {.offset = -1}};
	int64_t wait_s = fetched->retry_after_s < WAIT_MAX_S ? fetched->retry_after_s : WAIT_MAX_S;
	answer.wait_ms = wait_s * 1000;
	arena_reset(call->https->arena);
	if (fetched->http == 0)
		fault_set(&answer.fault, STATUS_UNAVAILABLE, "unreachable", "", -1, "the gateway cannot be reached: %s", fetched->error);
	else if (json_parse(call->https->arena, fetched->body.at, fetched->body.len, &JSON_LIMITS_DOCUMENT, &json, NULL) == STATUS_OK)
		judge(call, fetched, json, &answer);
	else
		fault_set(&answer.fault, STATUS_UNAVAILABLE, "bad_answer", "", -1, "something that is no gateway answers %u", fetched->http);
	for (struct call **at = &call->https->calls; *at != NULL; at = &(*at)->next) {
		if (*at == call) {
			*at = call->next;
			break;
		}
	}
	call->fn(call->context, &answer);
	free(call);
}

/* ---- Requests ---- */

static struct call *call_new(struct agent_https *https, bool is_push, https_fn *fn, void *context)
{
	struct call *call = calloc(1, sizeof *call);
	ASSERT(call != NULL);
	*call = (struct call){.https = https, .next = https->calls, .is_push = is_push, .fn = fn, .context = context};
	https->calls = call;
	return call;
}

/* The header, or NULL where nothing is remembered. */
static const char *witness_of(const struct push_memory *memory, char text[160])
{
	char hex[SHA256_HEX_SIZE];
	if (memory->seq == 0)
		return NULL;
	sha256_hex(&memory->hash, hex);
	snprintf(text, 160, "Effreg-Witness: %llu %s", (unsigned long long)memory->seq, hex);
	return text;
}

void agent_https_ask(struct agent_https *https, const char *source, const struct push_memory *memory, https_fn *fn, void *context)
{
	char url[URL_BYTES_MAX + ENVELOPE_SOURCE_MAX + 64], witness[160];
	/* What a source may be written with needs no escaping in a query. */
	snprintf(url, sizeof url, "%s/api/v1/log?source=%s", https->url, source);
	const struct fetch_request request = {.url = url, .headers = {https->authorization, witness_of(memory, witness)}};
	fetch_send(https->fetch, &request, on_fetched, call_new(https, false, fn, context));
}

static bool is_tight(const char *at, size_t len)
{
	return at[0] == '{' && at[len - 1] == '}';
}

/* A batch is taken apart from brace to brace, so blanks around an event would be lost, and without them it is another event: such a
 * one goes alone, as it is. */
static size_t write_body(struct buf *body, const struct push_batch *batch)
{
	const char *at = batch->body;
	size_t count = 0;
	if (!is_tight(at, batch->sizes[0])) {
		buf_append(body, at, batch->sizes[0]);
		return 1;
	}
	for (; count < batch->count && is_tight(at, batch->sizes[count]); at += batch->sizes[count++]) {
		buf_text(body, count == 0 ? "[" : ",");
		buf_append(body, at, batch->sizes[count]);
	}
	buf_text(body, "]");
	return count;
}

size_t agent_https_push(struct agent_https *https, const struct push_batch *batch, const struct push_memory *memory, https_fn *fn,
                        void *context)
{
	char url[URL_BYTES_MAX + 64], witness[160];
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	size_t count = write_body(&body, batch);
	bool is_batch = body.at[0] == '[';
	ASSERT(buf_ok(&body));
	snprintf(url, sizeof url, "%s/api/v1/events", https->url);
	const struct fetch_request request = {
		.url = url, .is_post = true, .body = buf_span(&body),
		.headers = {https->authorization, is_batch ? "Content-Type: " CLOUDEVENTS_BATCH : "Content-Type: " CLOUDEVENTS_ONE, "Expect:",
		            witness_of(memory, witness)}};
	fetch_send(https->fetch, &request, on_fetched, call_new(https, true, fn, context));
	buf_clear(&body);
	return count;
}

/* ---- Life ---- */

enum status agent_https_new(struct loop *loop, const char *url, const char *token, const char *ca_file, struct agent_https **ret_https,
                            struct fault *fault)
{
	size_t len = strlen(url);
	if (!fetch_is_url(url) || len >= URL_BYTES_MAX || strpbrk(url, "?#@ ") != NULL)
		return fault_set(fault, STATUS_INVALID, "gateway_url", "", -1,
		                 "%.200s: the gateway's address is https://HOST[:PORT]; http:// only to this machine itself", url);
	struct agent_https *https = calloc(1, sizeof *https);
	ASSERT(https != NULL);
	while (len > 0 && url[len - 1] == '/')
		len--;
	memcpy(https->url, url, len);
	snprintf(https->authorization, sizeof https->authorization, "Authorization: Bearer %s", token);
	enum status status = fetch_new(loop, ca_file, &https->fetch, fault);
	if (status != STATUS_OK) {
		free(https);
		return status;
	}
	https->arena = arena_new(ANSWER_BYTES_MAX);
	*ret_https = https;
	return STATUS_OK;
}

void agent_https_destroy(struct agent_https **https)
{
	if (*https == NULL)
		return;
	fetch_destroy(&(*https)->fetch);
	for (struct call *call = (*https)->calls, *next; call != NULL; call = next) {
		next = call->next;
		free(call);
	}
	arena_destroy(&(*https)->arena);
	free(*https);
	*https = NULL;
}
