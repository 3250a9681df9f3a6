#include "services/metrics/metrics_handlers.h"

#include "services/metrics/metrics_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENT_TREE_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* A region in memory. */
struct kept {
	struct region_state *state;  /* NULL = the place is free */
	struct value_board *board;
	uint64_t seq;                /* the event seq they stand for */
	uint64_t appended_seq;       /* of the metric stream, by this process */
	uint64_t used;               /* the turn it was last used in */
};

struct metrics {
	struct metrics_options options;
	struct kept *kept;           /* regions_max places */
	uint64_t turns;
	uint64_t loads;
	struct arena *event_arena;   /* one event's tree: a turn's worth of them could be hundreds of megabytes */
};

struct metrics *metrics_new(const struct metrics_options *options)
{
	ASSERT(options->regions_max > 0);
	struct metrics *metrics = calloc(1, sizeof *metrics);
	ASSERT(metrics != NULL);
	metrics->options = *options;
	metrics->kept = calloc(options->regions_max, sizeof *metrics->kept);
	ASSERT(metrics->kept != NULL);
	metrics->event_arena = arena_new(EVENT_TREE_BYTES_MAX);
	return metrics;
}

static void kept_clear(struct kept *kept)
{
	region_state_destroy(&kept->state);
	value_board_destroy(&kept->board);
	*kept = (struct kept){.state = NULL};
}

void metrics_destroy(struct metrics **metrics)
{
	if (*metrics == NULL)
		return;
	for (size_t i = 0; i < (*metrics)->options.regions_max; i++)
		kept_clear(&(*metrics)->kept[i]);
	free((*metrics)->kept);
	arena_destroy(&(*metrics)->event_arena);
	free(*metrics);
	*metrics = NULL;
}

static struct kept *kept_find(const struct metrics *metrics, const char *region)
{
	for (size_t i = 0; i < metrics->options.regions_max; i++) {
		struct kept *kept = &metrics->kept[i];
		if (kept->state != NULL && text_equal(region_state_region(kept->state), region))
			return kept;
	}
	return NULL;
}

/* A free place; the least recently used region leaves when there is none. */
static struct kept *kept_place(struct metrics *metrics)
{
	struct kept *oldest = &metrics->kept[0];
	for (size_t i = 0; i < metrics->options.regions_max && oldest->state != NULL; i++) {
		struct kept *kept = &metrics->kept[i];
		if (kept->state == NULL || kept->used < oldest->used)
			oldest = kept;
	}
	kept_clear(oldest);
	return oldest;
}

static enum status kept_load(struct metrics *metrics, const struct stream_turn *turn, struct kept **ret_kept)
{
	struct kept *kept = kept_place(metrics);
	kept->state = region_state_new(turn->key, metrics->options.units, metrics->options.hash_seed);
	kept->board = value_board_new();
	kept->seq = turn->cursor_seq;
	metrics->loads++;
	enum status status = metrics_store_load(turn->db, kept->state, kept->board, turn->fault);
	if (status == STATUS_OK)
		*ret_kept = kept;
	else
		kept_clear(kept);
	return status;
}

/* The region as of the cursor. */
static enum status kept_get(struct metrics *metrics, const struct stream_turn *turn, struct kept **ret_kept)
{
	struct kept *kept = kept_find(metrics, turn->key);
	if (kept != NULL && kept->seq == turn->cursor_seq) {
		*ret_kept = kept;
		return STATUS_OK;
	}
	if (kept != NULL)
		kept_clear(kept);
	return kept_load(metrics, turn, ret_kept);
}

/* Whatever is wrong with a stored event is wrong every time. */
static enum status poison(struct fault *fault, uint64_t seq)
{
	char text[sizeof fault->text];
	if (fault == NULL)
		return STATUS_POISON;
	snprintf(text, sizeof text, "%s", fault->text);
	snprintf(fault->text, sizeof fault->text, "event %" PRIu64 ": %.440s", seq, text);
	fault->status = STATUS_POISON;
	return STATUS_POISON;
}

static enum status apply_record(struct metrics *metrics, struct region_state *state,
                                const struct stream_record *record, struct fault *fault)
{
	const struct json *json;
	struct envelope event;
	arena_reset(metrics->event_arena);
	enum status status = json_parse(metrics->event_arena, record->body.at, record->body.len, &JSON_LIMITS_EVENT,
	                                &json, fault);
	if (status == STATUS_OK)
		status = envelope_read(json, &event, fault);
	if (status == STATUS_OK)
		status = region_state_apply(state, &event, fault);
	return status == STATUS_OK ? STATUS_OK : poison(fault, record->seq);
}

static enum status apply_records(struct metrics *metrics, struct kept *kept, const struct stream_turn *turn)
{
	for (size_t i = 0; i < turn->count; i++) {
		enum status status = apply_record(metrics, kept->state, &turn->records[i], turn->fault);
		if (status != STATUS_OK)
			return status;
	}
	value_board_update(kept->board, kept->state);
	return STATUS_OK;
}

static enum status save(struct kept *kept, const struct stream_turn *turn, uint64_t event_seq)
{
	enum status status = metrics_store_save(turn->db, kept->state, kept->board, event_seq, turn->arena);
	if (status == STATUS_OK)
		status = metrics_store_append(turn->db, kept->state, kept->board, event_seq, turn->arena, &kept->appended_seq);
	return status;
}

/* Ahead of the commit: when that fails, forget throws the region away. */
static void kept_advance(struct metrics *metrics, struct kept *kept, uint64_t event_seq)
{
	region_state_clear_changes(kept->state);
	value_board_clear_changes(kept->board);
	kept->seq = event_seq;
	kept->used = ++metrics->turns;
}

static enum status metrics_apply(void *context, const struct stream_turn *turn)
{
	struct metrics *metrics = context;
	struct kept *kept;
	uint64_t event_seq = turn->cursor_seq + turn->count;
	if (!ident_is_oktmo(turn->key))
		return fault_set(turn->fault, STATUS_POISON, "region", "", -1, "the key %s is no region", turn->key);
	enum status status = kept_get(metrics, turn, &kept);
	if (status != STATUS_OK)
		return status;
	status = apply_records(metrics, kept, turn);
	if (status == STATUS_OK)
		status = save(kept, turn, event_seq);
	if (status == STATUS_OK)
		kept_advance(metrics, kept, event_seq);
	else
		kept_clear(kept);
	return status;
}

static void metrics_committed(void *context, const char *key, uint64_t cursor_seq)
{
	const struct metrics *metrics = context;
	const struct kept *kept = kept_find(metrics, key);
	if (kept != NULL && kept->seq == cursor_seq && metrics->options.appended != NULL)
		metrics->options.appended(metrics->options.context, key, kept->appended_seq);
}

static void metrics_forget(void *context, const char *key)
{
	struct kept *kept = kept_find(context, key);
	if (kept != NULL)
		kept_clear(kept);
}

struct stream_consumer_options metrics_consumer_options(struct metrics *metrics)
{
	return (struct stream_consumer_options){
		.consumer = METRICS_CONSUMER,
		.stream = &STREAM_EVENT,
		.batch_max = STREAM_BATCH_MAX,
		.poison = STREAM_PARK,
		.apply = metrics_apply,
		.committed = metrics_committed,
		.forget = metrics_forget,
		.context = metrics,
	};
}

struct metrics_counts metrics_counts(const struct metrics *metrics)
{
	struct metrics_counts counts = {.loads = metrics->loads};
	for (size_t i = 0; i < metrics->options.regions_max; i++)
		counts.regions += metrics->kept[i].state != NULL;
	return counts;
}
