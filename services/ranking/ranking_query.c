#include "services/ranking/ranking_query.h"

#include <stdio.h>

#include "common/log.h"
#include "common/telemetry.h"

#define ATTEMPTS_MAX 3

/* One question while it is being answered. */
struct question {
	struct ranking_query *query;
	const char *key;
	int64_t now_us;
	const char *id;
	const char *method;
	const struct json *params;
	struct buf *body;
	struct fault *fault;
};

static enum status refuse(const struct question *question, enum status status, const char *code, const char *pointer,
                          const char *text)
{
	return fault_set(question->fault, status, code, pointer, -1, "%s", text);
}

/* ---- parameters ---- */

static enum status read_text(const struct question *question, const char *name, bool required, const char **ret_text)
{
	const struct json *value = json_find(question->params, name);
	char pointer[64];
	snprintf(pointer, sizeof pointer, "/params/%s", name);
	*ret_text = NULL;
	if (value == NULL || json_is(value, JSON_NULL))
		return required ? refuse(question, STATUS_INVALID, "bad_request", pointer, "this parameter is required") : STATUS_OK;
	if (!json_is(value, JSON_STRING))
		return refuse(question, STATUS_INVALID, "bad_request", pointer, "a text is expected here");
	*ret_text = json_string(value);
	return STATUS_OK;
}

static enum status read_cohort(const struct question *question, const char **ret_cohort)
{
	enum status status = read_text(question, "cohort", false, ret_cohort);
	if (status != STATUS_OK)
		return status;
	if (*ret_cohort == NULL)
		*ret_cohort = RANKING_COHORT_ALL;
	if (!text_equal(*ret_cohort, RANKING_COHORT_ALL))
		return refuse(question, STATUS_NOT_FOUND, "unknown_cohort", "/params/cohort", "there is no such cohort");
	return STATUS_OK;
}

static enum status read_period(const struct question *question, const char **ret_period)
{
	struct period period;
	enum status status = read_text(question, "period", true, ret_period);
	if (status == STATUS_OK && !period_parse(*ret_period, &period))
		return refuse(question, STATUS_INVALID, "bad_request", "/params/period",
		              "a period such as 2026, 2026-H1, 2026-Q3 or 2026-09 is expected here");
	return status;
}

static enum status read_kind(const struct question *question, bool published_only, const char **ret_kind)
{
	enum status status = read_text(question, "kind", published_only, ret_kind);
	if (status != STATUS_OK || *ret_kind == NULL)
		return status;
	bool known = text_equal(*ret_kind, "interim") || text_equal(*ret_kind, "final") ||
	             (!published_only && text_equal(*ret_kind, RANKING_KIND_LIVE));
	return known ? STATUS_OK
	             : refuse(question, STATUS_INVALID, "bad_request", "/params/kind",
	                      published_only ? "interim or final" : "live, interim or final");
}

static enum status read_revision(const struct question *question, int64_t *ret_revision)
{
	const struct json *value = json_find(question->params, "revision");
	*ret_revision = 0;
	if (value == NULL || json_is(value, JSON_NULL))
		return STATUS_OK;
	if (!json_is(value, JSON_NUMBER) || !json_integer(value, ret_revision) || *ret_revision < 0 ||
	    *ret_revision > INT32_MAX)
		return refuse(question, STATUS_INVALID, "bad_request", "/params/revision", "a revision is a whole number");
	return STATUS_OK;
}

/* ---- rating.get ---- */

static enum status read_request(const struct question *question, struct ranking_request *request)
{
	enum status status = read_cohort(question, &request->cohort);
	if (status == STATUS_OK)
		status = read_period(question, &request->period);
	if (status == STATUS_OK)
		status = read_kind(question, false, &request->kind);
	return status == STATUS_OK ? read_revision(question, &request->revision) : status;
}

/* The newest published run, or the live one when nothing was published or it is asked for. */
static enum status find_document(const struct question *question, const struct ranking_request *request,
                                 const char **ret_document)
{
	struct ranking_handlers *handlers = question->query->handlers;
	struct ranking_published published;
	bool live_asked = request->kind != NULL && text_equal(request->kind, RANKING_KIND_LIVE);
	enum status status = STATUS_NOT_FOUND;
	if (!live_asked)
		status = ranking_store_find_published(handlers->db, handlers->arena, request, &published);
	if (status == STATUS_OK)
		*ret_document = published.document;
	bool live_will_do = live_asked || request->kind == NULL;
	if (status == STATUS_NOT_FOUND && live_will_do && request->revision == 0)
		status = ranking_store_find_live(handlers->db, handlers->arena, request->cohort, request->period, ret_document);
	if (status == STATUS_NOT_FOUND)
		return refuse(question, status, "not_found", "", "there is no such rating");
	return status;
}

static enum status answer_get(const struct question *question)
{
	struct ranking_handlers *handlers = question->query->handlers;
	struct ranking_request request;
	const char *document = NULL;
	enum status status = read_request(question, &request);
	if (status == STATUS_OK)
		status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = find_document(question, &request, &document);
	db_rollback(handlers->db);
	if (status == STATUS_OK)
		buf_text(question->body, document);
	return status;
}

/* ---- rating.history ---- */

static enum status load_history(const struct question *question, const char *cohort, const char *code)
{
	struct db *db = question->query->handlers->db;
	char region[OKTMO_TEXT_SIZE];
	enum status status = ranking_store_find_region(db, code, region);
	if (status == STATUS_NOT_FOUND)
		return refuse(question, status, "unknown_region", "/params/region", "no region has this OKTMO or ISO code");
	return status == STATUS_OK ? ranking_store_load_history(db, question->body, cohort, region) : status;
}

static enum status answer_history(const struct question *question)
{
	struct db *db = question->query->handlers->db;
	const char *cohort;
	const char *code;
	enum status status = read_cohort(question, &cohort);
	if (status == STATUS_OK)
		status = read_text(question, "region", true, &code);
	if (status == STATUS_OK)
		status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = load_history(question, cohort, code);
	db_rollback(db);
	return status;
}

/* ---- rating.publish ---- */

static void write_outcome(struct buf *body, const struct ranking_order *order, const struct ranking_outcome *outcome)
{
	struct json_writer writer;
	json_writer_init(&writer, body);
	json_write_object(&writer);
	json_member_string(&writer, "period", order->period);
	json_member_string(&writer, "cohort", order->cohort);
	json_member_string(&writer, "kind", outcome->published.kind);
	json_member_integer(&writer, "revision", outcome->published.revision);
	json_member_string(&writer, "result_digest", outcome->published.result_digest);
	json_member_string(&writer, "document_digest", outcome->published.document_digest);
	json_member_bool(&writer, "unchanged", outcome->unchanged);
	json_write_object_end(&writer);
}

static enum status answer_publish(const struct question *question)
{
	struct ranking_query *query = question->query;
	struct ranking_order order = {.key = question->key, .now_us = question->now_us};
	struct ranking_outcome outcome;
	enum status status = read_cohort(question, &order.cohort);
	if (status == STATUS_OK)
		status = read_period(question, &order.period);
	if (status == STATUS_OK)
		status = read_kind(question, true, &order.kind);
	if (status == STATUS_OK)
		status = read_text(question, "digest", false, &order.digest);
	if (status == STATUS_OK)
		status = ranking_handlers_publish(query->handlers, &order, &outcome, question->fault);
	if (status != STATUS_OK)
		return status;
	write_outcome(question->body, &order, &outcome);
	if (!outcome.unchanged && query->published != NULL)
		query->published(query->context, order.cohort, outcome.seq);
	return STATUS_OK;
}

/* ---- who may ask what ---- */

struct method {
	const char *name;
	enum status (*answer)(const struct question *question);
	bool coordinator_only;
};

static const struct method METHODS[] = {
	{"rating.get", answer_get, false},
	{"rating.history", answer_history, false},
	{"rating.publish", answer_publish, true},
};

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(METHODS); i++) {
		if (text_equal(METHODS[i].name, name))
			return &METHODS[i];
	}
	return NULL;
}

/* A key revoked since its handshake still has its session: the role is asked for every time. */
static enum status check_role(const struct question *question, const struct method *method)
{
	struct ranking_handlers *handlers = question->query->handlers;
	const char *role = NULL;
	enum status status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = ranking_store_find_role(handlers->db, handlers->arena, question->key, &role);
	db_rollback(handlers->db);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (role != NULL && text_equal(role, "coordinator"))
		return STATUS_OK;
	bool reads = role != NULL && (text_equal(role, "reader") || text_equal(role, "gateway"));
	if (reads && !method->coordinator_only)
		return STATUS_OK;
	return refuse(question, STATUS_FORBIDDEN, "forbidden", "/method", "the key's role does not allow this method");
}

static enum status ask(const struct question *question, const struct method *method)
{
	enum status status = check_role(question, method);
	if (status != STATUS_OK)
		return status;
	buf_reset(question->body);
	return method->answer(question);
}

/* A lost connection or a deadlock is tried again at once; every method may be repeated. */
static enum status ask_again(const struct question *question, const struct method *method)
{
	enum status status = STATUS_BUG;
	for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		status = ask(question, method);
		if (status_group(status) != STATUS_GROUP_TRANSIENT)
			break;
	}
	return status;
}

/* ---- the answer ---- */

static enum status read_question(struct span request, struct question *question)
{
	const struct json *json;
	enum status status = json_parse(question->query->handlers->arena, request.at, request.len, &JSON_LIMITS_EVENT, &json,
	                                question->fault);
	if (status != STATUS_OK)
		return refuse(question, STATUS_INVALID, "bad_request", "", "the request is no JSON");
	const char *id = json_find_string(json, "id");
	if (id == NULL || strlen(id) > RANKING_ID_BYTES_MAX)
		return refuse(question, STATUS_INVALID, "bad_request", "/id", "an id of at most 128 bytes is required");
	question->id = id;
	question->method = json_find_string(json, "method");
	if (question->method == NULL)
		return refuse(question, STATUS_INVALID, "bad_request", "/method", "a method is required");
	question->params = json_find(json, "params");
	if (question->params != NULL && !json_is(question->params, JSON_OBJECT))
		return refuse(question, STATUS_INVALID, "bad_request", "/params", "an object is expected here");
	return STATUS_OK;
}

/* What the world's and our own failures are called outside; a refusal has its code already. */
static void name_failure(const struct question *question, enum status status)
{
	if (status_group(status) == STATUS_GROUP_TRANSIENT)
		(void)refuse(question, status, "unavailable", "", "the database does not answer now; try again");
	else if (question->fault->code[0] == '\0')
		(void)refuse(question, status, "internal", "", "an internal mistake; it has been logged");
}

static void write_header(struct buf *header, const struct question *question, enum status status)
{
	struct json_writer writer;
	json_writer_init(&writer, header);
	json_write_object(&writer);
	json_member_string(&writer, "id", question->id);
	json_member_string(&writer, "status", status == STATUS_OK ? "ok" : "error");
	if (status != STATUS_OK) {
		json_member_string(&writer, "code", question->fault->code);
		json_member_string(&writer, "text", question->fault->text);
		if (question->fault->pointer[0] != '\0')
			json_member_string(&writer, "pointer", question->fault->pointer);
	}
	json_write_object_end(&writer);
}

static void tell(const struct question *question, const struct method *method, enum status status)
{
	const char *name = method != NULL ? method->name : "unknown";
	const char *code = status == STATUS_OK ? "ok" : question->fault->code;
	char labels[160];
	snprintf(labels, sizeof labels, "method=\"%s\",code=\"%s\"", name, code);
	telemetry_count("effreg_query_requests_total", "Requests on the query socket.", labels, 1);
	bool ours = status != STATUS_OK && status_group(status) != STATUS_GROUP_REJECTED && status != STATUS_CONFLICT;
	if (ours)
		log_write(LOG_EVENT_request_failed, "method", name, "code", code, "status", status_name(status), "error",
		          db_error(question->query->handlers->db), NULL);
	else
		log_write(LOG_EVENT_request_served, "method", name, "code", code, "key", question->key, NULL);
}

void ranking_query_answer(struct ranking_query *query, const char *key, struct span request, int64_t now_us,
                          struct buf *header, struct buf *body)
{
	struct fault fault = {.offset = -1};
	struct question question = {.query = query, .key = key, .now_us = now_us, .body = body, .fault = &fault};
	const struct method *method = NULL;
	arena_reset(query->handlers->arena);
	enum status status = read_question(request, &question);
	if (status == STATUS_OK) {
		method = find_method(question.method);
		status = method != NULL ? ask_again(&question, method)
		                        : refuse(&question, STATUS_NOT_FOUND, "unknown_method", "/method",
		                                 "there are rating.get, rating.history and rating.publish");
	}
	if (status != STATUS_OK) {
		name_failure(&question, status);
		buf_reset(body);
	}
	tell(&question, method, status);
	write_header(header, &question, status);
}
