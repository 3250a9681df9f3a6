#include "services/intake/intake_append.h"

#include "services/intake/intake_session.h"
#include "services/intake/intake_store.h"

#include <stdio.h>
#include <stdlib.h>

static size_t count_events(const struct intake_batch *batches)
{
	size_t count = 0;
	for (const struct intake_batch *batch = batches; batch != NULL; batch = batch->next)
		count += batch->events_count;
	return count;
}

struct intake_append *intake_append_new(struct intake_region *region, struct intake_batch *batches)
{
	struct intake_append *append = calloc(1, sizeof *append);
	size_t count = count_events(batches);
	ASSERT(append != NULL);
	append->job.run = intake_append_run;
	append->region = region;
	append->batches = batches;
	append->user = batches->session->key->user;
	append->token = batches->session->has_token ? &batches->session->token : NULL;
	append->arena = arena_new(INTAKE_APPEND_BYTES_MAX);
	append->events = arena_array(append->arena, struct append_event, count);
	append->origins = arena_array(append->arena, struct intake_origin, count);
	for (struct intake_batch *batch = batches; batch != NULL; batch = batch->next) {
		batch->read_refusals = batch->refusals;
		batch->read_refusals_count = batch->refusals_count;
		for (size_t i = 0; i < batch->events_count; i++) {
			append->origins[append->count] = (struct intake_origin){.batch = batch, .event = &batch->events[i]};
			append->events[append->count++] = batch->events[i].append;
		}
	}
	return append;
}

void intake_append_destroy(struct intake_append **append)
{
	if (*append == NULL)
		return;
	arena_destroy(&(*append)->arena);
	free(*append);
	*append = NULL;
}

/* ---- In the transaction ---- */

static void refuse(const struct intake_append *append, size_t at, const struct fault *fault, const struct sha256 *stored)
{
	char event_id[UUID_TEXT_SIZE];
	ident_uuid_format(&append->events[at].id, event_id);
	intake_batch_refuse(append->origins[at].batch, append->origins[at].event->place, fault, event_id, stored);
}

/* The transaction begins again, and everything is judged again. */
static void take_refusals_back(struct intake_append *append)
{
	for (struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next) {
		batch->refusals = batch->read_refusals;
		batch->refusals_count = batch->read_refusals_count;
	}
}

/* What the key may do now decides, not what it could at HELLO. */
static enum status authorise(void *context, const struct db_rows *rows)
{
	struct intake_append *append = context;
	struct intake_rights rights;
	append->judged = true;
	take_refusals_back(append);
	enum status status = intake_store_read_rights(rows, append->arena, &rights);
	if (status != STATUS_OK)
		return status;
	if (rights.region[0] != '\0' && !text_equal(rights.region, append->region->name))
		return STATUS_FORBIDDEN;
	for (size_t i = 0; i < append->count; i++) {
		struct fault fault;
		if (intake_check_rights(&rights, append->region->name, &append->origins[i].event->claim, &fault) == STATUS_OK)
			continue;
		append->events[i].result = APPEND_REFUSED;
		refuse(append, i, &fault, NULL);
	}
	return STATUS_OK;
}

static void refuse_conflict(const struct intake_append *append, size_t at)
{
	const struct append_event *event = &append->events[at];
	struct fault fault;
	char event_id[UUID_TEXT_SIZE];
	ident_uuid_format(&event->id, event_id);
	fault_set(&fault, STATUS_CONFLICT, "conflict", "/id", -1,
	          "event %s is stored already with other bytes (seq %llu); a correction has an id of its own and names this one in supersedes",
	          event_id, (unsigned long long)event->seq);
	refuse(append, at, &fault, &event->stored_digest);
}

static enum status save_refusals(struct intake_append *append, struct db *db)
{
	size_t count = 0, at = 0;
	for (const struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next)
		count += batch->refusals_count;
	if (count == 0)
		return STATUS_OK;
	const struct intake_refusal **refusals = arena_array(append->arena, const struct intake_refusal *, count);
	for (const struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next) {
		for (const struct intake_refusal *refusal = batch->refusals; refusal != NULL; refusal = refusal->next)
			refusals[at++] = refusal;
	}
	return intake_store_save_refusals(db, append->region->name, refusals, count, append->quarantine_bytes_max, append->arena,
	                                  &append->refusals_lost);
}

static enum status before_commit(void *context, struct db *db, const struct append_event *events, size_t count)
{
	struct intake_append *append = context;
	for (size_t i = 0; i < count; i++) {
		if (events[i].result == APPEND_CONFLICT)
			refuse_conflict(append, i);
	}
	return save_refusals(append, db);
}

/* ---- The whole ---- */

/* Nothing is wrong with the event itself: it is not kept in quarantine, its sender has it and sends it again. */
static struct push_result over_quota(const struct intake_append *append, struct arena *arena)
{
	const char *text = arena_printf(arena, "the region's %lld bytes a day are used up; send it again after 00:00 UTC",
	                                (long long)append->day_bytes_max);
	return (struct push_result){.outcome = PUSH_REJECTED, .code = "over_quota", .pointer = "", .offset = -1, .text = text};
}

/* What was refused has its result already. */
static void settle_results(const struct intake_append *append)
{
	for (size_t i = 0; i < append->count; i++) {
		const struct append_event *event = &append->events[i];
		struct intake_batch *batch = append->origins[i].batch;
		struct push_result *result = &batch->results[append->origins[i].event->place];
		if (event->result == APPEND_OVER_QUOTA)
			*result = over_quota(append, batch->arena);
		else if (event->result == APPEND_STORED || event->result == APPEND_DUPLICATE)
			*result = (struct push_result){
				.outcome = event->result == APPEND_STORED ? PUSH_STORED : PUSH_DUPLICATE, .seq = event->seq, .offset = -1};
	}
}

bool intake_append_was_plain(const struct intake_append *append)
{
	bool plain = append->status == STATUS_OK;
	for (const struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next)
		plain = plain && batch->refusals_count == 0;
	for (size_t i = 0; i < append->count; i++)
		plain = plain && append->events[i].result == APPEND_STORED;
	return plain;
}

static struct append_hooks hooks_of(struct intake_append *append)
{
	return (struct append_hooks){
		.day_bytes_max = append->day_bytes_max, .authorise_sql = intake_store_rights_sql(append->user, append->token, append->arena),
		.authorise = authorise, .before_commit = before_commit, .context = append};
}

static void note_error(struct intake_append *append, const struct db *db)
{
	snprintf(append->error, sizeof append->error, "%s", db_error(db));
}

static void run_alone(struct intake_append *append, struct db *db)
{
	const struct append_hooks hooks = hooks_of(append);
	append->judged = false;
	append->status = intake_store_prepare(db);
	/* A connection that died unnoticed since its last append is no reason to send the client back: nothing was begun. */
	for (int attempt = 0; attempt < 2 && (attempt == 0 || append->status == STATUS_UNAVAILABLE) && !append->judged; attempt++)
		append->status = stream_append(db, append->region->name, append->events, append->count, &hooks, append->arena, &append->head);
	if (append->status == STATUS_OK)
		settle_results(append);
	else
		note_error(append, db);
}

static void settle_part(struct intake_append *append, const struct append_part *part, enum status status, const struct db *db)
{
	append->status = status == STATUS_OK && part->alone ? STATUS_RETRY : status;
	/* With a connection, one by one shows whose fault it is, and what is stored already; without one all go back. */
	append->left_alone = append->status != STATUS_OK && db_alive(db);
	append->head = part->head;
	if (append->status == STATUS_OK)
		settle_results(append);
	else if (status != STATUS_OK)
		note_error(append, db);
}

static bool any_was_judged(const struct intake_append *first)
{
	bool judged = false;
	for (const struct intake_append *append = first; append != NULL; append = append->next)
		judged = judged || append->judged;
	return judged;
}

static void run_together(struct intake_append *first, struct db *db)
{
	struct append_part parts[STREAM_TOGETHER_MAX];
	struct append_hooks hooks[STREAM_TOGETHER_MAX];
	size_t count = 0;
	enum status status = intake_store_prepare(db);
	for (struct intake_append *append = first; append != NULL; append = append->next, count++) {
		hooks[count] = hooks_of(append);
		parts[count] = (struct append_part){
			.region = append->region->name, .events = append->events, .count = append->count, .hooks = &hooks[count]};
	}
	for (int attempt = 0; attempt < 2 && (attempt == 0 || status == STATUS_UNAVAILABLE) && !any_was_judged(first); attempt++)
		status = stream_append_together(db, parts, count, first->arena);
	count = 0;
	for (struct intake_append *append = first; append != NULL; append = append->next)
		settle_part(append, &parts[count++], status, db);
}

void intake_append_run(struct intake_job *job, struct db *db)
{
	struct intake_append *append = (struct intake_append *)(void *)job;
	/* Also a small one without others: it waits for nobody's lock. */
	if (append->small)
		run_together(append, db);
	else
		run_alone(append, db);
}
