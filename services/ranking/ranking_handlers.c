#include "services/ranking/ranking_handlers.h"

#include <stdlib.h>

#include "common/ambient.h"
#include "common/log.h"
#include "common/telemetry.h"

#define METHODOLOGY_BYTES_MAX ((size_t)1024 * 1024)
#define METHODOLOGY_ARENA_MAX ((size_t)64 * 1024 * 1024)
#define WORK_BYTES_MAX        ((size_t)512 * 1024 * 1024)

const struct ranking_sampling RANKING_SAMPLING_LIVE = {.replicates = 200, .seed = 1, .perturb = 0.25};
const struct ranking_sampling RANKING_SAMPLING_PUBLISHED = {.replicates = 1000, .seed = 1, .perturb = 0.25};

/* ---- the methodology and the cohorts ---- */

static enum status read_json(struct arena *arena, const char *path, struct span *ret_text, const struct json **ret_json,
                             struct fault *fault)
{
	enum status status = ambient_read_file(arena, path, METHODOLOGY_BYTES_MAX, ret_text, fault);
	return status == STATUS_OK ? json_parse(arena, ret_text->at, ret_text->len, &JSON_LIMITS_DOCUMENT, ret_json, fault)
	                           : status;
}

static enum status read_cohorts(struct arena *arena, const char *path, struct ranking_handlers *handlers,
                                struct fault *fault)
{
	struct span text;
	const struct json *json = NULL;
	enum status status = path != NULL ? read_json(arena, path, &text, &json, fault) : STATUS_OK;
	return status == STATUS_OK ? ranking_cohorts_read(arena, json, &handlers->cohorts, fault) : status;
}

static enum status read_methodology(struct arena *arena, const char *path, struct ranking_handlers *handlers,
                                    struct fault *fault)
{
	const struct json *json;
	enum status status = read_json(arena, path, &handlers->methodology_text, &json, fault);
	if (status == STATUS_OK)
		status = methodology_read(arena, json, &handlers->methodology, fault);
	if (status != STATUS_OK)
		return status;
	struct sha256 digest = sha256_of(handlers->methodology_text.at, handlers->methodology_text.len);
	sha256_hex(&digest, handlers->methodology_digest);
	return STATUS_OK;
}

enum status ranking_handlers_new(struct db *db, const char *methodology_file, const char *cohorts_file,
                                 struct ranking_handlers **ret_handlers, struct fault *fault)
{
	struct ranking_handlers *handlers = calloc(1, sizeof *handlers);
	ASSERT(handlers != NULL);
	handlers->db = db;
	handlers->arena = arena_new(WORK_BYTES_MAX);
	handlers->methodology_arena = arena_new(METHODOLOGY_ARENA_MAX);
	enum status status = read_methodology(handlers->methodology_arena, methodology_file, handlers, fault);
	if (status == STATUS_OK)
		status = read_cohorts(handlers->methodology_arena, cohorts_file, handlers, fault);
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

enum status ranking_handlers_end(struct ranking_handlers *handlers, enum status status)
{
	if (status == STATUS_OK)
		return db_commit(handlers->db);
	db_rollback(handlers->db);
	return status;
}

enum status ranking_handlers_mark_stale(struct ranking_handlers *handlers)
{
	enum status status = db_begin(handlers->db);
	if (status == STATUS_OK)
		status = ranking_store_mark_stale(handlers->db, handlers->methodology_digest);
	return ranking_handlers_end(handlers, status);
}

/* ---- the turn ---- */

/* Those named so far, each once. Whether a region has joined is carried forward to later periods; all else is not. */
struct periods {
	const char **codes;
	size_t count;
	bool joined_changed;
};

static bool lists(const struct json *item, const char *code)
{
	const struct json *codes = json_find(item, "codes");
	const struct json *own = json_is(codes, JSON_ARRAY) ? json_first(codes) : NULL;
	while (own != NULL && !(json_is(own, JSON_STRING) && text_equal(json_string(own), code)))
		own = json_next(own);
	return own != NULL;
}

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
	if (strlen(code) != strlen("2023"))
		return STATUS_OK;  /* only of years are live ratings kept: see ranking_handlers.h */
	periods->joined_changed |= lists(item, "joined");
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
	struct ranking_handlers *handlers = context;
	struct periods periods = {0};
	for (size_t i = 0; i < turn->count; i++) {
		enum status status = collect_periods(turn, &turn->records[i], &periods);
		if (status != STATUS_OK)
			return status;
	}
	handlers->marked |= periods.count > 0;
	enum status status = ranking_store_begin_derived(turn->db);
	if (status != STATUS_OK)
		return status;
	return periods.joined_changed
	           ? ranking_store_mark_changed(turn->db, turn->arena, RANKING_COHORT_ALL, periods.codes, periods.count)
	           : ranking_store_mark_due(turn->db, turn->arena, RANKING_COHORT_ALL, periods.codes, periods.count);
}

/* ---- computing ---- */

bool ranking_handlers_keeps(const struct ranking_cohort *cohort, const char *period)
{
	return cohort->rule == RANKING_RULE_ALL && strlen(period) == strlen("2023");
}

enum status ranking_handlers_compute(struct ranking_handlers *handlers, const struct ranking_wish *wish,
                                     const struct ranking_run **ret_run, const char **ret_unsettled,
                                     struct fault *fault)
{
	struct ranking_regions regions;
	const struct ranking_question question = {
		.methodology = handlers->methodology, .cohort = wish->cohort, .period = wish->period, .cutoff = wish->cutoff};
	bool of_authorities = wish->cohort->rule == RANKING_RULE_AUTHORITIES;
	if (of_authorities && strlen(wish->period) != strlen("2023"))  /* figures of authorities are kept of years alone */
		return fault_set(fault, STATUS_NOT_FOUND, "not_found", "", -1,
		                 "authorities are rated by year, such as %.4s; for %s, export the logs and run effreg rating recompute "
		                 "--cohort %s --period %s --out FILE", wish->period, wish->period, wish->cohort->code, wish->period);
	enum status status = of_authorities
	                         ? ranking_store_load_authorities(handlers->db, handlers->arena, &question, &regions)
	                         : ranking_store_load_regions(handlers->db, handlers->arena, &question, &regions);
	if (status != STATUS_OK)
		return status;
	*ret_run = NULL;
	if (ret_unsettled != NULL)
		*ret_unsettled = regions.unsettled;
	if (ret_unsettled != NULL && regions.unsettled != NULL)
		return STATUS_OK;
	status = ranking_cohort_rate(handlers->arena, handlers->methodology, wish->cohort, wish->period, regions.regions,
	                             regions.count, wish->sampling, ret_run, fault);
	if (status == STATUS_OK && (*ret_run)->count == 0)
		return fault_set(fault, STATUS_NOT_FOUND, "not_found", "", -1, "cohort %s has no members in %s",
		                 wish->cohort->code, wish->period);
	return status;
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
	postponed = ranking_handlers_end(handlers, postponed);
	if (postponed != STATUS_OK)  /* it stays where it is in the queue, and is met again */
		log_write(LOG_EVENT_turn_failed, "period", period, "status", status_name(postponed), "error",
		          db_error(handlers->db), NULL);
}

enum status ranking_handlers_recompute(struct ranking_handlers *handlers, const char *period, bool *ret_computed)
{
	struct fault fault = {.offset = -1};
	const char *taken = NULL;
	const struct ranking_run *run = NULL;
	*ret_computed = false;
	enum status status = db_begin_later(handlers->db);
	if (status == STATUS_OK)
		status = ranking_store_begin_derived(handlers->db);
	if (status == STATUS_OK)
		status = ranking_store_take_due(handlers->db, handlers->arena, RANKING_COHORT_ALL, period, &taken);
	if (status == STATUS_NOT_FOUND) {
		db_rollback(handlers->db);
		return STATUS_OK;
	}
	const struct ranking_wish wish = {
		.cohort = &handlers->cohorts.list[0], .period = taken, .sampling = &RANKING_SAMPLING_LIVE};
	if (status == STATUS_OK)
		status = ranking_handlers_compute(handlers, &wish, &run, NULL, &fault);
	if (status == STATUS_OK)
		status = ranking_store_save_live(handlers->db, handlers->arena, run, handlers->methodology_digest);
	status = ranking_handlers_end(handlers, status);
	if (status == STATUS_OK) {
		*ret_computed = true;
		tell_computed(run);
	} else if (taken != NULL && status_group(status) != STATUS_GROUP_TRANSIENT) {
		postpone(handlers, taken, status, &fault);
	}
	return status;
}

