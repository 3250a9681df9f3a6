#include "services/ranking/ranking_publish.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/telemetry.h"
#include "services/ranking/ranking_difference.h"
#include "services/ranking/ranking_seal.h"

/* ---- the run ---- */

/* A publication on its way. */
struct draft {
	struct ranking_handlers *handlers;
	const struct ranking_order *order;
	struct fault *fault;
	const struct ranking_run *run;
	const char *unsettled;               /* a region that is behind, or NULL */
	struct ranking_published before;     /* the newest run of this kind; revision 0 = none */
	struct ranking_edition edition;
	int64_t published_us;
};

static enum status compute(struct draft *draft, const char *cutoff)
{
	const struct ranking_order *order = draft->order;
	struct ranking_handlers *handlers = draft->handlers;
	const struct ranking_wish wish = {
		.cohort = order->cohort, .period = order->period, .cutoff = cutoff, .sampling = &RANKING_SAMPLING_PUBLISHED};
	bool known = false;
	enum status status = ranking_store_has_figures(handlers->db, order->period, &known);
	if (status == STATUS_OK && !known)
		return fault_set(draft->fault, STATUS_NOT_FOUND, "not_found", "", -1, "there are no figures of %s", order->period);
	if (status == STATUS_OK)
		status = ranking_handlers_compute(handlers, &wish, &draft->run, &draft->unsettled, draft->fault);
	if (status == STATUS_OK && order->digest != NULL && draft->unsettled == NULL &&
	    !text_equal(order->digest, draft->run->result_digest))
		return fault_set(draft->fault, STATUS_CONFLICT, "digest_mismatch", "", -1, "the result is %s now",
		                 draft->run->result_digest);
	return status;
}

static enum status find_before(struct draft *draft)
{
	const struct ranking_order *order = draft->order;
	const struct ranking_request newest = {.cohort = order->cohort->code, .period = order->period, .kind = order->kind};
	enum status status =
		ranking_store_find_published(draft->handlers->db, draft->handlers->arena, &newest, &draft->before);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static bool is_unchanged(const struct draft *draft)
{
	return draft->before.revision > 0 && text_equal(draft->before.result_digest, draft->run->result_digest);
}

/* ---- the edition ---- */

static enum status parse_texts(struct draft *draft, struct span after, const struct json **ret_before,
                               const struct json **ret_after)
{
	struct arena *arena = draft->handlers->arena;
	struct span before = span_of_text(draft->before.document);
	enum status status = json_parse(arena, before.at, before.len, &JSON_LIMITS_DOCUMENT, ret_before, draft->fault);
	if (status == STATUS_OK)
		status = json_parse(arena, after.at, after.len, &JSON_LIMITS_DOCUMENT, ret_after, draft->fault);
	return status == STATUS_OK ? status : STATUS_BUG;
}

/* A correction says in its document what it corrects. */
static enum status write_difference(struct draft *draft)
{
	struct arena *arena = draft->handlers->arena;
	const struct json *before, *after;
	struct buf text, difference;
	if (draft->before.revision == 0)
		return STATUS_OK;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	buf_init(&difference, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, draft->run, &draft->edition);
	enum status status = buf_ok(&text) ? parse_texts(draft, buf_span(&text), &before, &after) : STATUS_BUG;
	if (status == STATUS_OK)
		ranking_difference_write(arena, &difference, before, after);
	if (status == STATUS_OK && !buf_ok(&difference))
		status = STATUS_BUG;
	if (status == STATUS_OK)
		draft->edition.corrects = arena_text(arena, difference.at, difference.len);
	buf_clear(&text);
	buf_clear(&difference);
	return status;
}

/* The time of a prepared document is taken over, so that its digest stays; it must be about now all the same. */
static enum status choose_time(struct draft *draft)
{
	const struct ranking_order *order = draft->order;
	draft->published_us = order->now_us;
	if (order->published_time == NULL)
		return STATUS_OK;
	int64_t age_us = 0;
	bool known = instant_parse(order->published_time, &draft->published_us);
	if (known)
		age_us = order->now_us - draft->published_us;
	if (known && age_us >= 0 && age_us <= (int64_t)RANKING_PUBLISH_AGE_MAX_S * 1000000)
		return STATUS_OK;
	return fault_set(draft->fault, STATUS_INVALID, "bad_request", "/params/published_time", -1,
	                 "the time of a document prepared within the last %d seconds is expected here", RANKING_PUBLISH_AGE_MAX_S);
}

static enum status make_edition(struct draft *draft)
{
	struct arena *arena = draft->handlers->arena;
	const struct ranking_order *order = draft->order;
	char *time_text = arena_alloc(arena, INSTANT_TEXT_SIZE);
	char *document_digest = arena_alloc(arena, SHA256_HEX_SIZE);
	enum status status = choose_time(draft);
	if (status != STATUS_OK)
		return status;
	instant_format(draft->published_us, time_text);
	draft->edition = (struct ranking_edition){
		.kind = order->kind,
		.revision = draft->before.revision + 1,
		.published_time = time_text,
		.published_by = order->key,
		.public_key = order->public_key,
	};
	status = write_difference(draft);
	if (status == STATUS_OK)
		status = ranking_document_digest(arena, draft->run, &draft->edition, document_digest, draft->fault);
	draft->edition.document_digest = document_digest;
	return status;
}

/* ---- preparing ---- */

static enum status prepare(struct draft *draft, struct ranking_prepared *prepared)
{
	enum status status = STATUS_OK;
	prepared->cutoff = draft->order->cutoff;
	if (prepared->cutoff == NULL)
		status = ranking_store_load_heads(draft->handlers->db, draft->handlers->arena, &prepared->cutoff);
	if (status == STATUS_OK)
		status = compute(draft, prepared->cutoff);
	prepared->waits_for = draft->unsettled;
	if (status != STATUS_OK || draft->unsettled != NULL)
		return status;
	status = find_before(draft);
	if (status == STATUS_OK)
		status = make_edition(draft);
	if (status != STATUS_OK)
		return status;
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, draft->run, &draft->edition);
	prepared->document = arena_text(draft->handlers->arena, text.at, text.len);
	buf_clear(&text);
	return STATUS_OK;
}

enum status ranking_prepare(struct ranking_handlers *handlers, const struct ranking_order *order,
                            struct ranking_prepared *ret_prepared, struct fault *fault)
{
	struct draft draft = {.handlers = handlers, .order = order, .fault = fault};
	*ret_prepared = (struct ranking_prepared){0};
	enum status status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = prepare(&draft, ret_prepared);
	db_rollback(handlers->db);
	return status;
}

/* ---- publishing ---- */

/* Without a cut-off everything must be in, also what was marked and not computed yet: the live rating agrees then. */
static enum status check_settled(const struct draft *draft)
{
	const struct ranking_order *order = draft->order;
	bool due = false;
	if (draft->unsettled != NULL)
		return fault_set(draft->fault, STATUS_CONFLICT, "not_settled", "", -1,
		                 "events of region %s are still being counted; try again", draft->unsettled);
	if (order->cutoff != NULL || !ranking_handlers_keeps(order->cohort, order->period))
		return STATUS_OK;
	enum status status = ranking_store_is_due(draft->handlers->db, RANKING_COHORT_ALL, order->period, &due);
	if (status == STATUS_OK && due)
		return fault_set(draft->fault, STATUS_CONFLICT, "not_settled", "", -1, "%s is being computed; try again",
		                 order->period);
	return status;
}

static enum status check_signature(struct draft *draft)
{
	const struct ranking_order *order = draft->order;
	if (order->public_key == NULL)
		return STATUS_OK;
	if (order->signature == NULL ||
	    !ranking_seal_holds(order->public_key, draft->edition.document_digest, order->signature))
		return fault_set(draft->fault, STATUS_FORBIDDEN, "bad_signature", "/params/signature", -1,
		                 "the signature does not hold over document_digest %s", draft->edition.document_digest);
	draft->edition.signature = order->signature;
	return STATUS_OK;
}

static enum status write_record(const struct draft *draft, uint64_t *ret_seq)
{
	struct ranking_handlers *handlers = draft->handlers;
	struct buf body;
	struct json_writer writer;
	buf_init(&body, 4096);
	json_writer_init(&writer, &body);
	json_write_object(&writer);
	json_member_string(&writer, "period", draft->run->period);
	json_member_string(&writer, "cohort", draft->run->cohort);
	json_member_string(&writer, "kind", draft->edition.kind);
	json_member_integer(&writer, "revision", draft->edition.revision);
	json_member_string(&writer, "result_digest", draft->run->result_digest);
	json_write_object_end(&writer);
	ASSERT(buf_ok(&body));
	enum status status =
		stream_write(handlers->db, &STREAM_RATING, draft->run->cohort, buf_span(&body), handlers->arena, ret_seq);
	buf_clear(&body);
	return status;
}

/* The live rating of the period after this one shows another previous place now. */
static enum status mark_following(const struct draft *draft)
{
	struct ranking_handlers *handlers = draft->handlers;
	const char *const *periods;
	size_t count;
	enum status status =
		ranking_store_load_live_periods(handlers->db, handlers->arena, draft->run->cohort, &periods, &count);
	handlers->marked = true;
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		struct period period;
		struct period previous;
		if (period_parse(periods[i], &period) && period_previous(&period, &previous) &&
		    text_equal(previous.code, draft->run->period))
			status = ranking_store_mark_due(handlers->db, handlers->arena, draft->run->cohort, &periods[i], 1);
	}
	return status;
}

static enum status write_run(struct draft *draft, struct ranking_outcome *outcome)
{
	struct ranking_handlers *handlers = draft->handlers;
	const struct ranking_publication publication = {
		.published_us = draft->published_us,
		.methodology_text = handlers->methodology_text,
		.cutoff = draft->order->cutoff,
	};
	enum status status =
		ranking_store_insert_run(handlers->db, handlers->arena, draft->run, &draft->edition, &publication);
	if (status == STATUS_OK)
		status = write_record(draft, &outcome->seq);
	if (status == STATUS_OK)
		status = mark_following(draft);
	outcome->published = (struct ranking_published){
		.kind = draft->order->kind,
		.revision = draft->edition.revision,
		.result_digest = draft->run->result_digest,
		.document_digest = draft->edition.document_digest,
	};
	return status;
}

static enum status publish(struct draft *draft, struct ranking_outcome *outcome)
{
	enum status status = ranking_store_lock_cohort(draft->handlers->db, draft->order->cohort->code);
	if (status == STATUS_OK)
		status = compute(draft, draft->order->cutoff);
	if (status == STATUS_OK)
		status = check_settled(draft);
	if (status == STATUS_OK)
		status = find_before(draft);
	if (status != STATUS_OK)
		return status;
	outcome->unchanged = is_unchanged(draft);
	if (outcome->unchanged) {
		outcome->published = draft->before;
		return STATUS_OK;
	}
	status = make_edition(draft);
	if (status == STATUS_OK)
		status = check_signature(draft);
	return status == STATUS_OK ? write_run(draft, outcome) : status;
}

static void tell_published(const struct ranking_order *order, const struct ranking_outcome *outcome)
{
	log_write(LOG_EVENT_rating_published, "cohort", order->cohort->code, "period", order->period, "kind", order->kind,
	          "result_digest", outcome->published.result_digest, "key", order->key, "unchanged",
	          outcome->unchanged ? "true" : "false", NULL);
	if (!outcome->unchanged)
		telemetry_count("effreg_ratings_published_total", "Ratings published.", "", 1);
}

enum status ranking_publish(struct ranking_handlers *handlers, const struct ranking_order *order,
                            struct ranking_outcome *ret_outcome, struct fault *fault)
{
	struct draft draft = {.handlers = handlers, .order = order, .fault = fault};
	struct ranking_outcome outcome = {0};
	bool computed;
	/* What is marked is computed first: nobody has to wait for the timer between two publications. */
	enum status status = ranking_handlers_recompute(handlers, order->period, &computed);
	if (status == STATUS_OK)
		status = db_begin(handlers->db);
	if (status != STATUS_OK)
		return status;
	status = publish(&draft, &outcome);
	status = ranking_handlers_end(handlers, status);
	if (status != STATUS_OK)
		return status;
	tell_published(order, &outcome);
	*ret_outcome = outcome;
	return STATUS_OK;
}
