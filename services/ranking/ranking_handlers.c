#include "services/ranking/ranking_handlers.h"

#include <stdlib.h>

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#define METHODOLOGY_BYTES_MAX ((size_t)1024 * 1024)
#define METHODOLOGY_ARENA_MAX ((size_t)64 * 1024 * 1024)
#define WORK_BYTES_MAX        ((size_t)512 * 1024 * 1024)

/* ---- the methodology ---- */

static enum status read_methodology(struct arena *arena, const char *path, struct ranking_handlers *handlers,
                                    struct fault *fault)
{
	const struct json *json;
	enum status status = ambient_read_file(arena, path, METHODOLOGY_BYTES_MAX, &handlers->methodology_text, fault);
	if (status == STATUS_OK)
		status = json_parse(arena, handlers->methodology_text.at, handlers->methodology_text.len,
		                    &JSON_LIMITS_DOCUMENT, &json, fault);
	if (status == STATUS_OK)
		status = methodology_read(arena, json, &handlers->methodology, fault);
	if (status != STATUS_OK)
		return status;
	struct sha256 digest = sha256_of(handlers->methodology_text.at, handlers->methodology_text.len);
	sha256_hex(&digest, handlers->methodology_digest);
	return STATUS_OK;
}

enum status ranking_handlers_new(struct db *db, const char *methodology_file, struct ranking_handlers **ret_handlers,
                                 struct fault *fault)
{
	struct ranking_handlers *handlers = calloc(1, sizeof *handlers);
	ASSERT(handlers != NULL);
	handlers->db = db;
	handlers->arena = arena_new(WORK_BYTES_MAX);
	handlers->methodology_arena = arena_new(METHODOLOGY_ARENA_MAX);
	enum status status = read_methodology(handlers->methodology_arena, methodology_file, handlers, fault);
	if (status == STATUS_OK)
		*ret_handlers = handlers;
	else
		ranking_handlers_destroy(&handlers);
	return status;
}

void ranking_handlers_destroy(struct ranking_handlers **handlers)
{
	if (*handlers == NULL)
		return;
	arena_destroy(&(*handlers)->arena);
	arena_destroy(&(*handlers)->methodology_arena);
	free(*handlers);
	*handlers = NULL;
}

/* Ends a transaction: commits when all went well, else rolls back and hands the first failure on. */
static enum status end_transaction(struct db *db, enum status status)
{
	if (status == STATUS_OK)
		return db_commit(db);
	db_rollback(db);
	return status;
}

enum status ranking_handlers_mark_stale(struct ranking_handlers *handlers)
{
	enum status status = db_begin(handlers->db);
	if (status == STATUS_OK)
		status = ranking_store_mark_stale(handlers->db, handlers->methodology_digest);
	return end_transaction(handlers->db, status);
}

/* ---- the turn ---- */

/* Those named so far, each once. */
struct periods {
	const char **codes;
	size_t count;
};

/* {"event_seq": 17, "changed": [{"period": "2023", "codes": [...]}]} */
static const struct json *changed_of(struct arena *arena, const struct stream_record *record, struct fault *fault)
{
	const struct json *json;
	if (json_parse(arena, record->body.at, record->body.len, &JSON_LIMITS_DOCUMENT, &json, fault) != STATUS_OK)
		return NULL;
	const struct json *changed = json_find(json, "changed");
	if (json_is(changed, JSON_ARRAY))
		return changed;
	(void)fault_set(fault, STATUS_POISON, "record", "/changed", -1, "a metric record lists the periods it changed");
	return NULL;
}

static enum status add_period(struct periods *periods, const struct json *item, struct fault *fault)
{
	const char *code = json_find_string(item, "period");
	struct period period;
	if (code == NULL || !period_parse(code, &period))
		return fault_set(fault, STATUS_POISON, "record", "/changed", -1, "a metric record names a period that is none");
	for (size_t i = 0; i < periods->count; i++) {
		if (text_equal(periods->codes[i], code))
			return STATUS_OK;
	}
	periods->codes[periods->count++] = code;
	return STATUS_OK;
}

static enum status collect_periods(const struct stream_turn *turn, const struct stream_record *record,
                                   struct periods *periods)
{
	const struct json *changed = changed_of(turn->arena, record, turn->fault);
	if (changed == NULL)
		return STATUS_POISON;
	const char **codes = arena_array(turn->arena, const char *, periods->count + json_count(changed));
	if (periods->count > 0)
		memcpy(codes, periods->codes, periods->count * sizeof *codes);
	periods->codes = codes;
	for (const struct json *item = json_first(changed); item != NULL; item = json_next(item)) {
		enum status status = add_period(periods, item, turn->fault);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status ranking_handlers_apply(void *context, const struct stream_turn *turn)
{
	(void)context;
	struct periods periods = {0};
	for (size_t i = 0; i < turn->count; i++) {
		enum status status = collect_periods(turn, &turn->records[i], &periods);
		if (status != STATUS_OK)
			return status;
	}
	return ranking_store_mark_changed(turn->db, turn->arena, RANKING_COHORT_ALL, periods.codes, periods.count);
}

/* ---- computing ---- */

/* Loads what the rating of period needs and computes it, inside the caller's transaction. ret_unsettled may be NULL. */
static enum status compute(struct ranking_handlers *handlers, const char *period, const struct ranking_run **ret_run,
                           const char **ret_unsettled, struct fault *fault)
{
	struct period parsed;
	struct period previous;
	bool has_previous = period_parse(period, &parsed) && period_previous(&parsed, &previous);
	struct ranking_regions regions;
	enum status status = ranking_store_load_regions(handlers->db, handlers->arena, handlers->methodology,
	                                                RANKING_COHORT_ALL, period, has_previous ? previous.code : NULL,
	                                                &regions);
	if (status != STATUS_OK)
		return status;
	if (ret_unsettled != NULL)
		*ret_unsettled = regions.unsettled;
	return ranking_compute(handlers->arena, handlers->methodology, RANKING_COHORT_ALL, period, regions.regions,
	                       regions.count, ret_run, fault);
}

static void tell_computed(const struct ranking_run *run)
{
	log_write(LOG_EVENT_rating_computed, "cohort", run->cohort, "period", run->period, "result_digest",
	          run->result_digest, NULL);
	telemetry_count("effreg_ratings_computed_total", "Live ratings computed.", "", 1);
}

/* Not ours to hide, but the other periods must go on: the mark goes to the end of the queue. */
static void postpone(struct ranking_handlers *handlers, const char *period, enum status status,
                     const struct fault *fault)
{
	log_write(LOG_EVENT_turn_failed, "period", period, "status", status_name(status), "pointer", fault->pointer, "error",
	          status_group(status) == STATUS_GROUP_REJECTED ? fault->text : db_error(handlers->db), NULL);
	enum status postponed = db_begin(handlers->db);
	if (postponed == STATUS_OK)
		postponed = ranking_store_postpone_due(handlers->db, RANKING_COHORT_ALL, period);
	(void)end_transaction(handlers->db, postponed);
}

enum status ranking_handlers_recompute(struct ranking_handlers *handlers, const char *period, bool *ret_computed)
{
	struct fault fault = {.offset = -1};
	const char *taken = NULL;
	const struct ranking_run *run = NULL;
	*ret_computed = false;
	enum status status = db_begin(handlers->db);
	if (status == STATUS_OK)
		status = ranking_store_take_due(handlers->db, handlers->arena, RANKING_COHORT_ALL, period, &taken);
	if (status == STATUS_NOT_FOUND) {
		db_rollback(handlers->db);
		return STATUS_OK;
	}
	if (status == STATUS_OK)
		status = compute(handlers, taken, &run, NULL, &fault);
	if (status == STATUS_OK)
		status = ranking_store_save_live(handlers->db, handlers->arena, run, handlers->methodology_digest);
	status = end_transaction(handlers->db, status);
	if (status == STATUS_OK) {
		*ret_computed = true;
		tell_computed(run);
	} else if (taken != NULL && status_group(status) != STATUS_GROUP_TRANSIENT) {
		postpone(handlers, taken, status, &fault);
	}
	return status;
}

/* ---- publishing ---- */

/* Computes the run that is to be published, or says why it cannot be. */
static enum status prepare(struct ranking_handlers *handlers, const struct ranking_order *order,
                           const struct ranking_run **ret_run, struct fault *fault)
{
	const char *live;
	const char *unsettled = NULL;
	bool due = false;
	enum status status = ranking_store_find_live(handlers->db, handlers->arena, order->cohort, order->period, &live);
	if (status == STATUS_NOT_FOUND)
		return fault_set(fault, status, "not_found", "", -1, "there are no figures of %s", order->period);
	if (status == STATUS_OK)
		status = ranking_store_is_due(handlers->db, order->cohort, order->period, &due);
	if (status == STATUS_OK)
		status = compute(handlers, order->period, ret_run, &unsettled, fault);
	if (status != STATUS_OK)
		return status;
	if (unsettled != NULL)
		return fault_set(fault, STATUS_CONFLICT, "not_settled", "", -1,
		                 "events of region %s are still being counted; try again", unsettled);
	if (due)
		return fault_set(fault, STATUS_CONFLICT, "not_settled", "", -1, "%s is being computed; try again",
		                 order->period);
	if (order->digest != NULL && !text_equal(order->digest, (*ret_run)->result_digest))
		return fault_set(fault, STATUS_CONFLICT, "digest_mismatch", "", -1, "the result is %s now",
		                 (*ret_run)->result_digest);
	return STATUS_OK;
}

static enum status write_record(struct ranking_handlers *handlers, const struct ranking_run *run,
                                const struct ranking_edition *edition, uint64_t *ret_seq)
{
	struct buf body;
	struct json_writer writer;
	buf_init(&body, 4096);
	json_writer_init(&writer, &body);
	json_write_object(&writer);
	json_member_string(&writer, "period", run->period);
	json_member_string(&writer, "cohort", run->cohort);
	json_member_string(&writer, "kind", edition->kind);
	json_member_integer(&writer, "revision", edition->revision);
	json_member_string(&writer, "result_digest", run->result_digest);
	json_write_object_end(&writer);
	ASSERT(buf_ok(&body));
	enum status status =
		stream_write(handlers->db, &STREAM_RATING, run->cohort, buf_span(&body), handlers->arena, ret_seq);
	buf_clear(&body);
	return status;
}

/* The live rating of the period after this one shows another previous place now. */
static enum status mark_following(struct ranking_handlers *handlers, const struct ranking_run *run)
{
	const char *const *periods;
	size_t count;
	enum status status =
		ranking_store_load_live_periods(handlers->db, handlers->arena, run->cohort, &periods, &count);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		struct period period;
		struct period previous;
		if (period_parse(periods[i], &period) && period_previous(&period, &previous) &&
		    text_equal(previous.code, run->period))
			status = ranking_store_mark_due(handlers->db, handlers->arena, run->cohort, &periods[i], 1);
	}
	return status;
}

static enum status write_run(struct ranking_handlers *handlers, const struct ranking_order *order,
                             const struct ranking_run *run, struct ranking_outcome *outcome, struct fault *fault)
{
	char time_text[INSTANT_TEXT_SIZE];
	char *document_digest = arena_alloc(handlers->arena, SHA256_HEX_SIZE);
	instant_format(order->now_us, time_text);
	struct ranking_edition edition = {
		.kind = order->kind,
		.revision = outcome->published.revision + 1,
		.published_time = time_text,
		.published_by = order->key,
	};
	enum status status = ranking_document_digest(handlers->arena, run, &edition, document_digest, fault);
	edition.document_digest = document_digest;
	if (status == STATUS_OK)
		status = ranking_store_insert_run(handlers->db, handlers->arena, run, &edition, order->now_us,
		                                  handlers->methodology_text);
	if (status == STATUS_OK)
		status = write_record(handlers, run, &edition, &outcome->seq);
	if (status == STATUS_OK)
		status = mark_following(handlers, run);
	outcome->published = (struct ranking_published){
		.kind = order->kind,
		.revision = edition.revision,
		.result_digest = run->result_digest,
		.document_digest = document_digest,
	};
	return status;
}

static enum status publish(struct ranking_handlers *handlers, const struct ranking_order *order,
                           struct ranking_outcome *outcome, struct fault *fault)
{
	const struct ranking_run *run = NULL;
	const struct ranking_request newest = {.cohort = order->cohort, .period = order->period, .kind = order->kind};
	enum status status = ranking_store_lock_cohort(handlers->db, order->cohort);
	if (status == STATUS_OK)
		status = prepare(handlers, order, &run, fault);
	if (status != STATUS_OK)
		return status;
	status = ranking_store_find_published(handlers->db, handlers->arena, &newest, &outcome->published);
	outcome->unchanged = status == STATUS_OK && text_equal(outcome->published.result_digest, run->result_digest);
	if (outcome->unchanged || (status != STATUS_OK && status != STATUS_NOT_FOUND))
		return status;
	return write_run(handlers, order, run, outcome, fault);
}

static void tell_published(const struct ranking_order *order, const struct ranking_outcome *outcome)
{
	log_write(LOG_EVENT_rating_published, "cohort", order->cohort, "period", order->period, "kind", order->kind,
	          "result_digest", outcome->published.result_digest, "key", order->key, "unchanged",
	          outcome->unchanged ? "true" : "false", NULL);
	if (!outcome->unchanged)
		telemetry_count("effreg_ratings_published_total", "Ratings published.", "", 1);
}

enum status ranking_handlers_publish(struct ranking_handlers *handlers, const struct ranking_order *order,
                                     struct ranking_outcome *ret_outcome, struct fault *fault)
{
	struct ranking_outcome outcome = {0};
	bool computed;
	/* What is marked is computed first: nobody has to wait for the timer between two publications. */
	enum status status = ranking_handlers_recompute(handlers, order->period, &computed);
	if (status != STATUS_OK)
		return status;
	status = db_begin(handlers->db);
	if (status == STATUS_OK)
		status = publish(handlers, order, &outcome, fault);
	status = end_transaction(handlers->db, status);
	if (status != STATUS_OK)
		return status;
	tell_published(order, &outcome);
	*ret_outcome = outcome;
	return STATUS_OK;
}
