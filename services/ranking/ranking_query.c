#include "services/ranking/ranking_query.h"

#include <stdio.h>

#include "common/log.h"
#include "common/telemetry.h"

#define ATTEMPTS_MAX     3
#define CUTOFF_BYTES_MAX ((size_t)64 * 1024)

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

/* Of authorities.RU-VOR the region may be named by its ISO code: *code becomes authorities.20000000. */
static enum status resolve_region(const struct question *question, const char **code)
{
	struct ranking_handlers *handlers = question->query->handlers;
	char region[OKTMO_TEXT_SIZE];
	const char *dot = strrchr(*code, '.');
	if (dot == NULL || ident_is_oktmo(dot + 1))
		return STATUS_OK;
	enum status status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = ranking_store_find_region(handlers->db, dot + 1, region);
	db_rollback(handlers->db);
	if (status == STATUS_OK)
		*code = arena_printf(handlers->arena, "%.*s.%s", (int)(dot - *code), *code, region);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_cohort(const struct question *question, const struct ranking_cohort **ret_cohort)
{
	struct ranking_handlers *handlers = question->query->handlers;
	const char *code;
	enum status status = read_text(question, "cohort", false, &code);
	if (status != STATUS_OK)
		return status;
	if (code == NULL)
		code = RANKING_COHORT_ALL;
	status = resolve_region(question, &code);
	if (status == STATUS_OK)
		status = ranking_cohorts_find(handlers->arena, &handlers->cohorts, code, ret_cohort);
	if (status == STATUS_NOT_FOUND)
		return refuse(question, STATUS_NOT_FOUND, "unknown_cohort", "/params/cohort",
		              "there is no such cohort; rating.cohorts lists them");
	return status;
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

/* Which edition, and of whom. */
struct selection {
	const struct ranking_cohort *cohort;
	struct ranking_request request;
};

static enum status read_selection(const struct question *question, struct selection *selection)
{
	struct ranking_request *request = &selection->request;
	enum status status = read_cohort(question, &selection->cohort);
	if (status == STATUS_OK)
		status = read_period(question, &request->period);
	if (status == STATUS_OK)
		status = read_kind(question, false, &request->kind);
	if (status == STATUS_OK)
		request->cohort = selection->cohort->code;
	return status == STATUS_OK ? read_revision(question, &request->revision) : status;
}

/* That of all regions in a year is kept; any other is computed now, and only where there are figures of the period. */
static enum status find_live(const struct question *question, const struct selection *selection, const char **ret_document)
{
	struct ranking_handlers *handlers = question->query->handlers;
	const char *period = selection->request.period;
	bool known = false;
	if (ranking_handlers_keeps(selection->cohort, period))
		return ranking_store_find_live(handlers->db, handlers->arena, RANKING_COHORT_ALL, period, ret_document);
	enum status status = ranking_store_has_figures(handlers->db, period, &known);
	if (status == STATUS_OK && !known)
		status = STATUS_NOT_FOUND;
	if (status != STATUS_OK)
		return status;
	const struct ranking_wish wish = {
		.cohort = selection->cohort, .period = period, .sampling = &RANKING_SAMPLING_LIVE};
	const struct ranking_run *run;
	status = ranking_handlers_compute(handlers, &wish, &run, NULL, question->fault);
	if (status != STATUS_OK)
		return status;
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, run, &(struct ranking_edition){.kind = RANKING_KIND_LIVE});
	*ret_document = arena_text(handlers->arena, text.at, text.len);
	buf_clear(&text);
	return STATUS_OK;
}

/* The newest published run, or the live one when nothing was published or it is asked for. */
static enum status find_document(const struct question *question, const struct selection *selection,
                                 const char **ret_document)
{
	struct ranking_handlers *handlers = question->query->handlers;
	const struct ranking_request *request = &selection->request;
	struct ranking_published published;
	bool live_asked = request->kind != NULL && text_equal(request->kind, RANKING_KIND_LIVE);
	enum status status = STATUS_NOT_FOUND;
	if (!live_asked)
		status = ranking_store_find_published(handlers->db, handlers->arena, request, &published);
	if (status == STATUS_OK)
		*ret_document = published.document;
	bool live_will_do = live_asked || request->kind == NULL;
	if (status == STATUS_NOT_FOUND && live_will_do && request->revision == 0)
		status = find_live(question, selection, ret_document);
	if (status == STATUS_NOT_FOUND && question->fault->code[0] == '\0')
		return refuse(question, status, "not_found", "", "there is no such rating");
	return status;
}

static enum status answer_get(const struct question *question)
{
	struct ranking_handlers *handlers = question->query->handlers;
	struct selection selection = {0};
	const char *document = NULL;
	enum status status = read_selection(question, &selection);
	if (status == STATUS_OK)
		status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = find_document(question, &selection, &document);
	db_rollback(handlers->db);
	if (status == STATUS_OK)
		buf_text(question->body, document);
	return status;
}

/* ---- rating.methodology ---- */

/* That of a published run is kept with it; a live rating has the one in force. */
static enum status find_methodology(const struct question *question, const struct ranking_request *request,
                                    const char **ret_text)
{
	struct ranking_handlers *handlers = question->query->handlers;
	bool live_asked = request->kind != NULL && text_equal(request->kind, RANKING_KIND_LIVE);
	enum status status = STATUS_NOT_FOUND;
	if (!live_asked)
		status = ranking_store_find_methodology(handlers->db, handlers->arena, request, ret_text);
	bool live_will_do = live_asked || request->kind == NULL;
	if (status == STATUS_NOT_FOUND && live_will_do && request->revision == 0) {
		*ret_text = arena_text(handlers->arena, handlers->methodology_text.at, handlers->methodology_text.len);
		return STATUS_OK;
	}
	return status == STATUS_NOT_FOUND ? refuse(question, status, "not_found", "", "there is no such rating") : status;
}

static enum status answer_methodology(const struct question *question)
{
	struct ranking_handlers *handlers = question->query->handlers;
	struct selection selection = {0};
	const char *text = NULL;
	enum status status = read_selection(question, &selection);
	if (status == STATUS_OK)
		status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = find_methodology(question, &selection.request, &text);
	db_rollback(handlers->db);
	if (status == STATUS_OK)
		buf_text(question->body, text);
	return status;
}

/* ---- rating.cohorts ---- */

static enum status answer_cohorts(const struct question *question)
{
	const struct ranking_cohorts *cohorts = &question->query->handlers->cohorts;
	struct json_writer writer;
	json_writer_init(&writer, question->body);
	json_write_array(&writer);
	for (size_t i = 0; i < cohorts->count; i++) {
		const struct ranking_cohort *cohort = &cohorts->list[i];
		bool family = cohort->rule == RANKING_RULE_AUTHORITIES;
		json_write_object(&writer);
		json_member_string(&writer, "cohort", family ? arena_printf(question->query->handlers->arena, "%s.*", cohort->code)
		                                             : cohort->code);
		json_write_name(&writer, "title");
		json_write_object(&writer);
		json_member_string(&writer, "ru", cohort->title_ru);
		json_member_string(&writer, "en", cohort->title_en);
		json_write_object_end(&writer);
		json_write_object_end(&writer);
	}
	json_write_array_end(&writer);
	return STATUS_OK;
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
	const struct ranking_cohort *cohort;
	const char *code;
	enum status status = read_cohort(question, &cohort);
	if (status == STATUS_OK)
		status = read_text(question, "region", true, &code);
	if (status == STATUS_OK)
		status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = load_history(question, cohort->code, code);
	db_rollback(db);
	return status;
}

/* ---- rating.prepare and rating.publish ---- */

static bool is_seq(const struct json *value)
{
	const char *text = json_is(value, JSON_STRING) ? json_string(value) : "";
	size_t len = strlen(text);
	return len > 0 && len <= 18 && strspn(text, "0123456789") == len;
}

/* {"20000000": "17", …}, as rating.prepare answered it; back as text. */
static enum status read_cutoff(const struct question *question, const char **ret_cutoff)
{
	struct arena *arena = question->query->handlers->arena;
	const struct json *value = json_find(question->params, "cutoff");
	*ret_cutoff = NULL;
	if (value == NULL || json_is(value, JSON_NULL))
		return STATUS_OK;
	bool known = json_is(value, JSON_OBJECT);
	const struct json *seq = known ? json_first(value) : NULL;
	for (; known && seq != NULL; seq = json_next(seq))
		known = ident_is_oktmo(json_name(seq)) && is_seq(seq);
	struct buf text;
	buf_init(&text, CUTOFF_BYTES_MAX);
	known = known && json_canonical(&text, value) == STATUS_OK;
	if (known)
		*ret_cutoff = arena_text(arena, text.at, text.len);
	buf_clear(&text);
	return known ? STATUS_OK
	             : refuse(question, STATUS_INVALID, "bad_request", "/params/cutoff",
	                      "the cut-off is an object of regions and sequence numbers: {\"20000000\": \"17\"}");
}

static enum status read_hex(const struct question *question, const char *name, size_t digits, const char **ret_hex)
{
	char pointer[64];
	enum status status = read_text(question, name, false, ret_hex);
	if (status != STATUS_OK || *ret_hex == NULL)
		return status;
	snprintf(pointer, sizeof pointer, "/params/%s", name);
	if (strlen(*ret_hex) != digits || strspn(*ret_hex, "0123456789abcdef") != digits)
		return refuse(question, STATUS_INVALID, "bad_request", pointer, "hexadecimal digits, lower case, are expected here");
	return STATUS_OK;
}

static enum status read_signing(const struct question *question, bool prepares, struct ranking_order *order)
{
	enum status status = read_hex(question, "public_key", (size_t)2 * SIGN_PUBLIC_BYTES, &order->public_key);
	if (status == STATUS_OK && !prepares)
		status = read_hex(question, "signature", (size_t)2 * SIGNATURE_BYTES, &order->signature);
	if (status == STATUS_OK && !prepares)
		status = read_text(question, "published_time", false, &order->published_time);
	if (status == STATUS_OK && !prepares && (order->public_key == NULL) != (order->signature == NULL))
		return refuse(question, STATUS_INVALID, "bad_request", "/params/signature",
		              "public_key and signature come together");
	return status;
}

static enum status read_order(const struct question *question, bool prepares, struct ranking_order *order)
{
	*order = (struct ranking_order){.key = question->key, .now_us = question->now_us};
	enum status status = read_cohort(question, &order->cohort);
	if (status == STATUS_OK)
		status = read_period(question, &order->period);
	if (status == STATUS_OK)
		status = read_kind(question, true, &order->kind);
	if (status == STATUS_OK)
		status = read_text(question, "digest", false, &order->digest);
	if (status == STATUS_OK)
		status = read_cutoff(question, &order->cutoff);
	return status == STATUS_OK ? read_signing(question, prepares, order) : status;
}

static enum status answer_prepare(const struct question *question)
{
	struct ranking_order order;
	struct ranking_prepared prepared;
	enum status status = read_order(question, true, &order);
	if (status == STATUS_OK)
		status = ranking_prepare(question->query->handlers, &order, &prepared, question->fault);
	if (status != STATUS_OK)
		return status;
	struct json_writer writer;
	json_writer_init(&writer, question->body);
	json_write_object(&writer);
	json_member_raw(&writer, "cutoff", span_of_text(prepared.cutoff));
	json_member_string(&writer, "waits_for", prepared.waits_for);
	if (prepared.document != NULL)
		json_member_raw(&writer, "document", span_of_text(prepared.document));
	else
		json_member_null(&writer, "document");
	json_write_object_end(&writer);
	return STATUS_OK;
}

static void write_outcome(struct buf *body, const struct ranking_order *order, const struct ranking_outcome *outcome)
{
	struct json_writer writer;
	json_writer_init(&writer, body);
	json_write_object(&writer);
	json_member_string(&writer, "period", order->period);
	json_member_string(&writer, "cohort", order->cohort->code);
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
	struct ranking_order order;
	struct ranking_outcome outcome;
	enum status status = read_order(question, false, &order);
	if (status == STATUS_OK)
		status = ranking_publish(query->handlers, &order, &outcome, question->fault);
	if (status != STATUS_OK)
		return status;
	write_outcome(question->body, &order, &outcome);
	if (!outcome.unchanged && query->published != NULL)
		query->published(query->context, order.cohort->code, outcome.seq);
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
	{"rating.cohorts", answer_cohorts, false},
	{"rating.methodology", answer_methodology, false},
	{"rating.prepare", answer_prepare, true},
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
	bool reads = role != NULL && (text_equal(role, "reader") || text_equal(role, "gateway") || text_equal(role, "bearer"));
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
		                                 "there are rating.get, .history, .cohorts, .methodology, .prepare and .publish");
	}
	if (status != STATUS_OK) {
		name_failure(&question, status);
		buf_reset(body);
	}
	tell(&question, method, status);
	write_header(header, &question, status);
}
