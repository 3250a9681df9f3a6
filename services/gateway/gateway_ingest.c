#include "services/gateway/gateway_ingest.h"

#include "common/ambient.h"
#include "common/cloudevents.h"
#include "common/telemetry.h"
#include "services/gateway/gateway_answer.h"
#include "services/gateway/gateway_events.h"

#include <stdio.h>
#include <stdlib.h>

#define SOURCE           "gateway"              /* of the HELLO of a request that names none: any will do */
#define ANSWER_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define CHECK_BYTES_MAX  (2 * JSON_ARENA_BYTES(EVENT_BYTES_MAX) + (size_t)1024 * 1024)

struct gateway_ingest {
	struct gateway_push *push;
	struct contract *contract;
	struct arena *scratch;  /* one refused event */
};

/* A request on its way; lives in the request's arena. */
struct posting {
	struct gateway_ingest *ingest;
	struct http_request *request;
	enum gateway_route route;
	int64_t started_ms;
	char token[TOKEN_TEXT_SIZE];
	const char *source;     /* NULL = none was named */
	struct cloudevents events;
	struct gateway_delivery delivery;
};

/* ---- Trouble with a request as a whole ---- */

static void set_retry(const struct posting *posting, unsigned seconds)
{
	char text[16];
	snprintf(text, sizeof text, "%u", seconds);
	if (seconds > 0)
		http_set_header(posting->request, "Retry-After", text);
}

/* fault has the words where the code alone does not say enough; retry_ms 0 = what the code says. */
static void refuse(const struct posting *posting, const char *code, const struct fault *fault, uint64_t retry_ms, const struct push_message *log)
{
	const struct gateway_error *error = gateway_error_find(code);
	const char *en = error->text != NULL ? error->text : fault->text;
	const struct gateway_words words = {en, error->text_ru != NULL ? error->text_ru : fault_text_ru(fault)};
	struct buf body;
	buf_init(&body, ANSWER_BYTES_MAX);
	gateway_trouble_write(&body, error->code, &words, log);
	set_retry(posting, retry_ms > 0 ? (unsigned)((retry_ms + 999) / 1000) : error->retry_s);
	http_set_header(posting->request, "Cache-Control", "no-store");
	if (error->http == 401)
		http_set_header(posting->request, "WWW-Authenticate", "Bearer realm=\"effreg\"");
	gateway_answer(posting->request, posting->route, posting->started_ms, error->http, GATEWAY_TYPE_JSON, buf_span(&body));
	buf_clear(&body);
}

/* ---- Receipts ---- */

/* The same check says it in both languages; where it finds nothing, or something else (an intake of another version), the code does. */
static struct gateway_words words_for(const struct posting *posting, size_t at, const struct push_result *result)
{
	struct gateway_ingest *ingest = posting->ingest;
	struct gateway_words words = gateway_refusal_words(result->code);
	struct envelope envelope;
	struct fault fault = {.offset = -1};
	char id[UUID_TEXT_SIZE];
	arena_reset(ingest->scratch);
	if (contract_check(ingest->contract, posting->events.events[at], ingest->scratch, &envelope, id, &fault) == STATUS_OK ||
	    !text_equal(fault.code, result->code) || fault.text_ru[0] == '\0')
		return words;
	struct arena *arena = http_arena(posting->request);
	words.en = arena_text(arena, fault.text, strlen(fault.text));
	words.ru = arena_text(arena, fault.text_ru, strlen(fault.text_ru));
	return words;
}

static void count_result(const struct push_result *result)
{
	const char *labels = result->outcome == PUSH_STORED ? "outcome=\"stored\"" : result->outcome == PUSH_DUPLICATE ? "outcome=\"duplicate\"" : "outcome=\"refused\"";
	telemetry_count("effreg_gateway_events_total", "Events posted and answered, by outcome.", labels, 1);
}

static void answer_events(const struct posting *posting, const struct push_message *ack)
{
	struct gateway_words *words = arena_array(http_arena(posting->request), struct gateway_words, ack->count);
	struct buf body;
	unsigned http = gateway_receipt_http(ack);
	for (size_t i = 0; i < ack->count; i++) {
		count_result(&ack->results[i]);
		if (ack->results[i].outcome == PUSH_REJECTED)
			words[i] = words_for(posting, i, &ack->results[i]);
	}
	buf_init(&body, ANSWER_BYTES_MAX);
	gateway_receipt_write(&body, ack, words);
	set_retry(posting, http == 429 ? gateway_quota_retry_s(ambient_now_us()) : 0);
	http_set_header(posting->request, "Cache-Control", "no-store");
	gateway_answer(posting->request, posting->route, posting->started_ms, http, GATEWAY_TYPE_JSON, buf_span(&body));
	buf_clear(&body);
}

static void answer_log(const struct posting *posting, const struct push_message *log)
{
	struct buf body;
	buf_init(&body, ANSWER_BYTES_MAX);
	gateway_log_write(&body, log, posting->source != NULL);
	http_set_header(posting->request, "Cache-Control", "no-store");
	gateway_answer(posting->request, posting->route, posting->started_ms, 200, GATEWAY_TYPE_JSON, buf_span(&body));
	buf_clear(&body);
}

static void on_receipt(void *context, const struct gateway_receipt *receipt)
{
	const struct posting *posting = context;
	if (receipt->code[0] != '\0') {
		refuse(posting, receipt->code, NULL, receipt->retry_ms, receipt->log);
	} else if (posting->route == GATEWAY_ROUTE_LOG) {
		answer_log(posting, receipt->log);
	} else {
		const struct push_message empty = {.last_seq = receipt->log->last_seq, .head = receipt->log->head};
		answer_events(posting, receipt->ack != NULL ? receipt->ack : &empty);
	}
}

/* ---- Requests ---- */

/* What both routes ask for; false: refused already. */
static bool begin(struct gateway_ingest *ingest, struct http_request *request, enum gateway_route route, struct posting **ret_posting)
{
	struct posting *posting = arena_alloc(http_arena(request), sizeof *posting);
	const char *witness = http_header(request, "Effreg-Witness");
	struct fault fault = {.offset = -1};
	*posting = (struct posting){.ingest = ingest, .request = request, .route = route, .started_ms = ambient_monotonic_ms()};
	*ret_posting = posting;
	if (!gateway_bearer_read(http_header(request, "Authorization"), posting->token)) {
		refuse(posting, "unauthorized", NULL, 0, NULL);
		return false;
	}
	posting->delivery = (struct gateway_delivery){.token = posting->token, .source = SOURCE, .has_witness = witness != NULL};
	if (witness != NULL &&
	    gateway_witness_read(witness, &posting->delivery.witness_seq, &posting->delivery.witness_hash, &fault) != STATUS_OK) {
		refuse(posting, fault.code, &fault, 0, NULL);
		return false;
	}
	return true;
}

static void deliver(struct posting *posting)
{
	http_defer(posting->request);
	gateway_push_deliver(posting->ingest->push, &posting->delivery, on_receipt, posting);
}

static const char *find_header(void *context, const char *name)
{
	return http_header(context, name);
}

static enum status split(struct posting *posting, struct fault *fault)
{
	struct http_request *request = posting->request;
	const struct cloudevents_message message = {
		.content_type = http_header(request, "Content-Type"), .body = http_body(request), .header = find_header, .context = request};
	size_t bytes = 0;
	enum status status = cloudevents_split(http_arena(request), &message, PUSH_EVENTS_MAX, &posting->events, fault);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < posting->events.count; i++) {
		if (posting->events.events[i].len == 0)
			return fault_say(fault, STATUS_INVALID, "bad_json", "", 0, "the body is empty", "тело запроса пусто");
		bytes += posting->events.events[i].len;
	}
	return bytes <= PUSH_BODY_BYTES_MAX ? STATUS_OK : fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1, "the events are too large together");
}

void gateway_ingest_events(struct gateway_ingest *ingest, struct http_request *request)
{
	struct posting *posting;
	struct fault fault = {.offset = -1};
	if (!begin(ingest, request, GATEWAY_ROUTE_EVENTS, &posting))
		return;
	if (split(posting, &fault) != STATUS_OK) {
		refuse(posting, fault.code, &fault, 0, NULL);
		return;
	}
	posting->delivery.events = posting->events.events;
	posting->delivery.count = posting->events.count;
	deliver(posting);
}

void gateway_ingest_log(struct gateway_ingest *ingest, struct http_request *request)
{
	struct posting *posting;
	if (!begin(ingest, request, GATEWAY_ROUTE_LOG, &posting))
		return;
	const char *source = http_query(request, "source");
	if (source != NULL && !push_is_source(source)) {
		refuse(posting, "bad_source", NULL, 0, NULL);
		return;
	}
	if (source != NULL)
		posting->source = posting->delivery.source = arena_text(http_arena(request), source, strlen(source));
	deliver(posting);
}

/* ---- Life ---- */

enum status gateway_ingest_new(struct gateway_push *push, struct gateway_ingest **ret_ingest, struct fault *fault)
{
	struct gateway_ingest *ingest = calloc(1, sizeof *ingest);
	ASSERT(ingest != NULL);
	ingest->push = push;
	enum status status = contract_new(&ingest->contract, fault);
	if (status != STATUS_OK) {
		free(ingest);
		return status;
	}
	ingest->scratch = arena_new(CHECK_BYTES_MAX);
	*ret_ingest = ingest;
	return STATUS_OK;
}

void gateway_ingest_destroy(struct gateway_ingest **ingest)
{
	if (*ingest == NULL)
		return;
	contract_destroy(&(*ingest)->contract);
	arena_destroy(&(*ingest)->scratch);
	free(*ingest);
	*ingest = NULL;
}
