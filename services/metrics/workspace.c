#include "services/metrics/workspace.h"

#include "common/upcast.h"
#include "services/metrics/contribution.h"
#include "services/metrics/row_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_MAX            20000000
#define KEY_SIZE            (ENTITY_ID_SIZE + 24)
#define ARENA_BYTES_MAX     ((size_t)64 * 1024 * 1024 * 1024)
#define TREES_BYTES_MAX     ((size_t)96 * 1024 * 1024)  /* then events are parsed again where they are folded */
#define ATTRIBUTES_MAX      ((size_t)64 * 1024 * 1024)
#define SOURCE_TREE_MAX     ((size_t)4 * 1024 * 1024)

/* Numbers of events, ascending. */
struct seqs {
	uint64_t *at;
	size_t count, capacity;
};

/* An event of the log. */
struct event {
	uint64_t seq;
	int64_t recorded_us;
	struct span body;
	struct fact place;
	enum event_type type;         /* the newest version of it */
	enum event_type sent_type;
	const struct json *data;      /* in the newest version; NULL: to be parsed again */
	struct entity_key *keys;      /* of its own data; none of a correction or withdrawal */
	size_t keys_count;
	struct target *corrects;      /* of a correction or withdrawal */
	enum event_type target_type;
	bool withdraws;
	struct event *next;           /* among the corrections of one target, the first in canonical order first */
	struct event *same_source;    /* added before this one */
};

/* An event as far as it may be corrected: by its id. */
struct target {
	struct row row;               /* key: the id */
	struct event *event;          /* NULL = not here */
	struct seqs seqs;             /* of its corrections */
	struct event *corrections;    /* those of seqs that are here */
	bool row_wanted;              /* its row of corrections was asked for */
	bool event_wanted;
	bool changed;
};

struct entity {
	struct row row;               /* key: kind/id */
	enum entity_kind kind;
	const char *id;
	struct seqs seqs;
	const char *before, *after;
	bool wanted;                  /* its row was asked for */
	bool touched;
	struct event *sent;           /* of a source: the added events, the last first */
};

struct slot {
	struct event *event;
};

struct workspace {
	const char *region;
	const struct fold_rules *rules;
	bool whole;
	struct arena *arena;          /* for the workspace's life */
	struct arena *scratch;        /* of one fold */
	struct arena *wants;          /* of one question */
	struct row_table *entities, *targets, *sources;
	struct entity **touched;
	size_t touched_count, touched_capacity;
	struct target **changed;
	size_t changed_count, changed_capacity;
	struct event **added;         /* in the order of seq */
	size_t added_count, added_capacity;
	size_t linked;                /* of added */
	struct slot *slots;           /* events by seq: open addressing, at most half full */
	size_t slots_count, events_count;
	struct buf attributes;
	struct workspace_horizon horizon;
};

struct workspace *workspace_new(const char region[OKTMO_TEXT_SIZE], const struct fold_rules *rules, bool whole, uint64_t hash_seed)
{
	struct workspace *workspace = calloc(1, sizeof *workspace);
	ASSERT(workspace != NULL);
	*workspace = (struct workspace){
		.region = region,
		.rules = rules,
		.whole = whole,
		.arena = arena_new(ARENA_BYTES_MAX),
		.scratch = arena_new(ARENA_BYTES_MAX),
		.wants = arena_new(ARENA_BYTES_MAX),
		.entities = row_table_new(sizeof(struct entity), ROWS_MAX, hash_seed),
		.targets = row_table_new(sizeof(struct target), ROWS_MAX, hash_seed),
		.sources = row_table_new(sizeof(struct row), ROWS_MAX, hash_seed),
		.horizon = {-1, -1},
	};
	buf_init(&workspace->attributes, ATTRIBUTES_MAX);
	return workspace;
}

void workspace_destroy(struct workspace **workspace)
{
	struct workspace *gone = *workspace;
	if (gone == NULL)
		return;
	row_table_destroy(&gone->entities);
	row_table_destroy(&gone->targets);
	row_table_destroy(&gone->sources);
	arena_destroy(&gone->arena);
	arena_destroy(&gone->scratch);
	arena_destroy(&gone->wants);
	buf_clear(&gone->attributes);
	free(gone->touched);
	free(gone->changed);
	free(gone->added);
	free(gone->slots);
	free(gone);
	*workspace = NULL;
}

/* ---- Events by seq ---- */

static struct slot *slot_of(const struct workspace *workspace, uint64_t seq)
{
	size_t mask = workspace->slots_count - 1;
	size_t at = (size_t)(seq * 0x9e3779b97f4a7c15u >> 20) & mask;
	while (workspace->slots[at].event != NULL && workspace->slots[at].event->seq != seq)
		at = (at + 1) & mask;
	return &workspace->slots[at];
}

static struct event *event_find(const struct workspace *workspace, uint64_t seq)
{
	return workspace->slots_count == 0 ? NULL : slot_of(workspace, seq)->event;
}

static void event_keep(struct workspace *workspace, struct event *event)
{
	if (workspace->slots_count <= workspace->events_count * 2) {
		struct slot *old = workspace->slots;
		size_t old_count = workspace->slots_count;
		workspace->slots_count = old_count == 0 ? 1024 : old_count * 2;
		workspace->slots = calloc(workspace->slots_count, sizeof *workspace->slots);
		ASSERT(workspace->slots != NULL);
		for (size_t i = 0; i < old_count; i++) {
			if (old[i].event != NULL)
				*slot_of(workspace, old[i].event->seq) = old[i];
		}
		free(old);
	}
	slot_of(workspace, event->seq)->event = event;
	workspace->events_count++;
}

/* ---- Small lists ---- */

static bool seqs_add(struct arena *arena, struct seqs *seqs, uint64_t seq)
{
	size_t at = seqs->count;
	while (at > 0 && seqs->at[at - 1] > seq)
		at--;
	if (at > 0 && seqs->at[at - 1] == seq)
		return false;
	if (seqs->count == seqs->capacity) {
		size_t capacity = seqs->capacity == 0 ? 8 : seqs->capacity * 2;
		uint64_t *larger = arena_array(arena, uint64_t, capacity);
		if (seqs->count > 0)
			memcpy(larger, seqs->at, seqs->count * sizeof *larger);
		seqs->at = larger;
		seqs->capacity = capacity;
	}
	memmove(&seqs->at[at + 1], &seqs->at[at], (seqs->count - at) * sizeof *seqs->at);
	seqs->at[at] = seq;
	seqs->count++;
	return true;
}

static void *list_grow(void *at, size_t count, size_t *capacity)
{
	if (count < *capacity)
		return at;
	*capacity = *capacity == 0 ? 64 : *capacity * 2;
	at = realloc(at, *capacity * sizeof(void *));
	ASSERT(at != NULL);
	return at;
}

/* ---- Rows ---- */

static struct target *target_get(struct workspace *workspace, const struct ident_uuid *id)
{
	char text[UUID_TEXT_SIZE];
	ident_uuid_format(id, text);
	struct target *target = (void *)row_table_get(workspace->targets, text);
	ASSERT(target != NULL);  /* more events than a log in memory could have */
	return target;
}

static struct entity *entity_get(struct workspace *workspace, enum entity_kind kind, const char *id)
{
	char key[KEY_SIZE];
	snprintf(key, sizeof key, "%s/%s", entity_kind_text(kind), id);
	struct entity *entity = (void *)row_table_get(workspace->entities, key);
	ASSERT(entity != NULL);
	if (entity->id == NULL) {
		entity->kind = kind;
		entity->id = strchr(entity->row.key, '/') + 1;
	}
	return entity;
}

static void entity_touch(struct workspace *workspace, struct entity *entity)
{
	if (entity->touched)
		return;
	entity->touched = true;
	workspace->touched = list_grow(workspace->touched, workspace->touched_count, &workspace->touched_capacity);
	workspace->touched[workspace->touched_count++] = entity;
}

static void target_change(struct workspace *workspace, struct target *target)
{
	if (target->changed)
		return;
	target->changed = true;
	workspace->changed = list_grow(workspace->changed, workspace->changed_count, &workspace->changed_capacity);
	workspace->changed[workspace->changed_count++] = target;
}

static const char *source_of(struct workspace *workspace, const char *source)
{
	struct row *row = row_table_get(workspace->sources, source);
	ASSERT(row != NULL);
	return row->key;
}

/* ---- Reading an event ---- */

static int place_compare(const struct fact *a, const struct fact *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	int order = a->source == b->source ? 0 : strcmp(a->source, b->source);
	if (order != 0)
		return order;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
}

static enum status read_keys(struct workspace *workspace, struct event *event, enum event_type type, const struct json *data, struct fault *fault)
{
	struct entity_key keys[EVENT_KEYS_MAX];
	enum status status = event_keys(type, data, keys, &event->keys_count, fault);
	if (status != STATUS_OK)
		return status;
	event->keys = arena_array(workspace->arena, struct entity_key, event->keys_count);
	memcpy(event->keys, keys, event->keys_count * sizeof keys[0]);
	return STATUS_OK;
}

/* What it says in the newest version of its type (upcast.h), and of which entities. */
static enum status read_data(struct workspace *workspace, struct event *event, const struct json *data, enum event_type *type,
                             struct arena *arena, struct fault *fault)
{
	event->data = data;
	enum status status = upcast(type, &event->data, arena, fault);
	return status == STATUS_OK && data != NULL ? read_keys(workspace, event, *type, event->data, fault) : status;
}

static enum status read_correction(struct workspace *workspace, const struct envelope *envelope, struct event *event, struct arena *arena,
                                   struct fault *fault)
{
	struct correction correction;
	enum status status = correction_read(envelope, &correction, fault);
	if (status != STATUS_OK)
		return status;
	event->corrects = target_get(workspace, &correction.target);
	event->target_type = correction.type;
	event->withdraws = correction.data == NULL;
	return read_data(workspace, event, correction.data, &event->target_type, arena, fault);
}

static struct arena *tree_arena(struct workspace *workspace)
{
	if (arena_used(workspace->arena) < TREES_BYTES_MAX)
		return workspace->arena;
	arena_reset(workspace->scratch);
	return workspace->scratch;
}

/* The tree is kept while there is room. */
static enum status read_event(struct workspace *workspace, struct event *event, struct fault *fault)
{
	const struct json *json;
	struct envelope envelope;
	struct arena *arena = tree_arena(workspace);
	enum status status = json_parse(arena, event->body.at, event->body.len, &JSON_LIMITS_EVENT, &json, fault);
	if (status == STATUS_OK)
		status = envelope_read(json, &envelope, fault);
	if (status != STATUS_OK)
		return status;
	if (!text_equal(envelope.region, workspace->region))
		return fault_set(fault, STATUS_POISON, "region", "/subject", -1, "the event is of region %s", envelope.region);
	if (!event_type_find(envelope.type, &event->type))
		return fault_set(fault, STATUS_POISON, "unknown_type", "/type", -1, "this program does not know %s", envelope.type);
	event->place = (struct fact){
		.source = source_of(workspace, envelope.source), .time_us = envelope.time_us, .sequence = envelope.sequence, .id = envelope.id};
	event->sent_type = event->type;
	if (event_type_may_be_corrected(event->type))
		return read_data(workspace, event, envelope.data, &event->type, arena, fault);
	return read_correction(workspace, &envelope, event, arena, fault);
}

/* What was read may stand in the scratch arena. */
static void drop_tree(struct workspace *workspace, struct event *event)
{
	if (arena_used(workspace->arena) >= TREES_BYTES_MAX)
		event->data = NULL;
}

static void chain_correction(struct event *event)
{
	struct event **at = &event->corrects->corrections;
	while (*at != NULL && place_compare(&(*at)->place, &event->place) < 0)
		at = &(*at)->next;
	event->next = *at;
	*at = event;
}

static void keep_event(struct workspace *workspace, struct event *event)
{
	event_keep(workspace, event);
	if (event->corrects != NULL)
		chain_correction(event);
	else
		target_get(workspace, &event->place.id)->event = event;
}

/* ---- The horizon ---- */

static void widen(struct workspace *workspace, const struct event *event, int month)
{
	int recorded = calendar_month_of(event->recorded_us) / 12 + 1;
	int year = month / 12 < recorded ? month / 12 : recorded;
	if (workspace->horizon.month_first < 0 || month < workspace->horizon.month_first)
		workspace->horizon.month_first = month;
	if (year * 12 + 11 > workspace->horizon.month_last)
		workspace->horizon.month_last = year * 12 + 11;
}

static void widen_by_event(struct workspace *workspace, const struct event *event)
{
	enum event_type type = event->corrects != NULL ? event->target_type : event->type;
	const char *member = event->withdraws ? NULL : event_key_date_member(type);
	const char *date = member == NULL ? NULL : json_find_string(event->data, member);
	int month, day;
	char text[INSTANT_TEXT_SIZE];
	instant_format(event->place.time_us, text);
	text[strlen("2023-01-31")] = '\0';
	if (contribution_date(text, &month, &day))
		widen(workspace, event, month);
	if (date != NULL && contribution_date(date, &month, &day))
		widen(workspace, event, month);
}

struct workspace_horizon workspace_horizon(const struct workspace *workspace)
{
	return workspace->horizon;
}

/* ---- Linking: which entities an event speaks of ---- */

/* Calls for every key of the target's event and of its corrections. */
typedef void key_fn(struct workspace *workspace, const struct entity_key *key, void *context);

static void each_key(struct workspace *workspace, const struct target *target, key_fn *call, void *context)
{
	for (size_t i = 0; i < target->event->keys_count; i++)
		call(workspace, &target->event->keys[i], context);
	for (const struct event *at = target->corrections; at != NULL; at = at->next) {
		for (size_t i = 0; i < at->keys_count; i++)
			call(workspace, &at->keys[i], context);
	}
}

static void want_entity(struct workspace *workspace, const struct entity_key *key, void *context)
{
	(void)context;
	entity_get(workspace, key->kind, key->id);
}

static void check_room(struct workspace *workspace, const struct entity_key *key, void *context)
{
	const struct entity *entity = entity_get(workspace, key->kind, key->id);
	bool *room = context;
	if (entity->seqs.count >= ENTITY_EVENTS_MAX)
		*room = false;
}

static void add_to_entity(struct workspace *workspace, const struct entity_key *key, void *context)
{
	const struct target *target = context;
	struct entity *entity = entity_get(workspace, key->kind, key->id);
	seqs_add(workspace->arena, &entity->seqs, target->event->seq);
	for (const struct event *at = target->corrections; at != NULL; at = at->next)
		seqs_add(workspace->arena, &entity->seqs, at->seq);
	entity_touch(workspace, entity);
}

static enum status too_many(struct event *event, struct fault *fault)
{
	return fault_set(fault, STATUS_POISON, "too_many", "", -1,
	                 "event %" PRIu64 ": more than %d events speak of this, or more than %d correct it", event->seq, ENTITY_EVENTS_MAX,
	                 CORRECTIONS_MAX);
}

static struct target *target_of(struct workspace *workspace, struct event *event)
{
	return event->corrects != NULL ? event->corrects : target_get(workspace, &event->place.id);
}

/* Puts an added event where it belongs. Its target's rows are known. */
static enum status link_event(struct workspace *workspace, struct event *event, struct fault *fault)
{
	struct target *target = target_of(workspace, event);
	bool room = target->seqs.count <= CORRECTIONS_MAX;
	if (target->event != NULL)
		each_key(workspace, target, check_room, &room);
	if (!room)
		return too_many(event, fault);
	if (event->corrects != NULL && seqs_add(workspace->arena, &target->seqs, event->seq))
		target_change(workspace, target);
	if (target->event != NULL)
		each_key(workspace, target, add_to_entity, target);
	return STATUS_OK;
}

/* ---- Adding ---- */

static struct event *event_new(struct workspace *workspace, uint64_t seq, int64_t recorded_us, struct span body)
{
	struct event *event = arena_alloc(workspace->arena, sizeof *event);
	*event = (struct event){.seq = seq, .recorded_us = recorded_us, .body = body};
	return event;
}

/* A correction that finds no room leaves the chain again. */
static void unchain(struct event *event)
{
	struct event **at = &event->corrects->corrections;
	while (*at != event)
		at = &(*at)->next;
	*at = event->next;
}

static enum status add_whole(struct workspace *workspace, struct event *event, struct fault *fault)
{
	enum status status = link_event(workspace, event, fault);
	if (status == STATUS_OK)
		return STATUS_OK;
	if (event->corrects != NULL)
		unchain(event);
	else
		target_get(workspace, &event->place.id)->event = NULL;
	event->type = EVENT_TYPE_COUNT;
	return status;
}

static void note_sent(struct workspace *workspace, struct event *event)
{
	struct entity *source = entity_get(workspace, ENTITY_SOURCE, event->place.source);
	event->same_source = source->sent;
	source->sent = event;
	entity_touch(workspace, source);
}

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

enum status workspace_add(struct workspace *workspace, uint64_t seq, int64_t recorded_us, struct span body, struct fault *fault)
{
	struct event *event = event_new(workspace, seq, recorded_us, body);
	if (read_event(workspace, event, fault) != STATUS_OK)
		return poison(fault, seq);  /* whatever is wrong with a stored event is wrong every time */
	keep_event(workspace, event);
	if (workspace->whole) {
		enum status status = add_whole(workspace, event, fault);
		if (status != STATUS_OK)
			return status;
	}
	widen_by_event(workspace, event);
	drop_tree(workspace, event);
	note_sent(workspace, event);
	workspace->added = list_grow(workspace->added, workspace->added_count, &workspace->added_capacity);
	workspace->added[workspace->added_count++] = event;
	return STATUS_OK;
}

/* ---- Wanting ---- */

struct text_list {
	const char **at;
	size_t count, capacity;
};

static void text_add(struct arena *arena, struct text_list *list, const char *text)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
		const char **larger = arena_array(arena, const char *, capacity);
		if (list->count > 0)
			memcpy(larger, list->at, list->count * sizeof *larger);
		list->at = larger;
		list->capacity = capacity;
	}
	list->at[list->count++] = text;
}

static void want_seqs(struct workspace *workspace, const struct seqs *wanted, struct seqs *missing)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (event_find(workspace, wanted->at[i]) == NULL)
			seqs_add(workspace->wants, missing, wanted->at[i]);
	}
}

/* The target of an added event: its row of corrections, and the event itself where this one corrects it. */
static void want_target(struct workspace *workspace, const struct event *event, struct target *target, struct text_list *rows, struct text_list *events)
{
	if (!target->row_wanted)
		text_add(workspace->wants, rows, target->row.key);
	target->row_wanted = true;
	if (event->corrects != NULL && target->event == NULL && !target->event_wanted) {
		text_add(workspace->wants, events, target->row.key);
		target->event_wanted = true;
	}
}

static void want_entities(struct workspace *workspace, struct text_list *kinds, struct text_list *ids)
{
	for (size_t i = 0; i < row_table_count(workspace->entities); i++) {
		struct entity *entity = (void *)row_table_at(workspace->entities, i);
		if (entity->wanted)
			continue;
		entity->wanted = true;
		text_add(workspace->wants, kinds, entity_kind_text(entity->kind));
		text_add(workspace->wants, ids, entity->id);
	}
}

bool workspace_wants(struct workspace *workspace, struct workspace_wants *ret_wants)
{
	struct text_list rows = {NULL, 0, 0}, events = {NULL, 0, 0}, kinds = {NULL, 0, 0}, ids = {NULL, 0, 0};
	struct seqs seqs = {NULL, 0, 0};
	*ret_wants = (struct workspace_wants){.entities = 0};
	arena_reset(workspace->wants);
	if (workspace->whole)
		return false;
	for (size_t i = 0; i < workspace->added_count; i++) {
		struct target *target = target_of(workspace, workspace->added[i]);
		want_target(workspace, workspace->added[i], target, &rows, &events);
		want_seqs(workspace, &target->seqs, &seqs);
		if (target->event != NULL)
			each_key(workspace, target, want_entity, NULL);
	}
	want_entities(workspace, &kinds, &ids);
	for (size_t i = 0; i < row_table_count(workspace->entities); i++)
		want_seqs(workspace, &((struct entity *)(void *)row_table_at(workspace->entities, i))->seqs, &seqs);
	*ret_wants = (struct workspace_wants){
		.kinds = kinds.at, .ids = ids.at, .entities = ids.count, .targets = rows.at, .targets_count = rows.count,
		.events = events.at, .events_count = events.count, .seqs = seqs.at, .seqs_count = seqs.count};
	return ids.count + rows.count + events.count + seqs.count > 0;
}

enum status workspace_load_entity(struct workspace *workspace, const char *kind, const char *id, const uint64_t *seqs, size_t count,
                                  const char *attributes, struct fault *fault)
{
	enum entity_kind found;
	if (!entity_kind_find(kind, &found) || strlen(id) >= ENTITY_ID_SIZE)
		return fault_set(fault, STATUS_BUG, "load", "", -1, "region %s has an entity %s/%s that cannot be read", workspace->region, kind, id);
	struct entity *entity = entity_get(workspace, found, id);
	for (size_t i = 0; i < count; i++)
		seqs_add(workspace->arena, &entity->seqs, seqs[i]);
	entity->before = arena_text(workspace->arena, attributes, strlen(attributes));
	return STATUS_OK;
}

void workspace_load_correction(struct workspace *workspace, const char *target_id, const uint64_t *seqs, size_t count)
{
	struct target *target = (void *)row_table_get(workspace->targets, target_id);
	ASSERT(target != NULL);
	for (size_t i = 0; i < count; i++)
		seqs_add(workspace->arena, &target->seqs, seqs[i]);
}

void workspace_load_event(struct workspace *workspace, uint64_t seq, int64_t recorded_us, struct span body)
{
	if (event_find(workspace, seq) != NULL)
		return;
	struct event *event = event_new(workspace, seq, recorded_us, body);
	if (read_event(workspace, event, NULL) != STATUS_OK)
		*event = (struct event){.seq = seq, .type = EVENT_TYPE_COUNT};
	if (event->type == EVENT_TYPE_COUNT)
		event_keep(workspace, event);
	else
		keep_event(workspace, event);
	drop_tree(workspace, event);
}

/* ---- Folding ---- */

/* What is in effect of an event: a correction by the last of its corrections, if that names its type. */
static const struct event *in_effect(const struct target *target)
{
	const struct event *last = NULL;
	for (const struct event *at = target->corrections; at != NULL; at = at->next)
		last = at;
	return last != NULL && last->target_type == target->event->type ? last : target->event;
}

/* The data of what says it, parsed again where the tree was not kept. */
static const struct json *data_of(struct workspace *workspace, const struct event *event)
{
	const struct json *json, *data;
	struct envelope envelope;
	struct correction correction;
	enum event_type type = event->sent_type;
	if (event->data != NULL)
		return event->data;
	enum status status = json_parse(workspace->scratch, event->body.at, event->body.len, &JSON_LIMITS_EVENT, &json, NULL);
	if (status == STATUS_OK)
		status = envelope_read(json, &envelope, NULL);
	ASSERT(status == STATUS_OK);  /* it was read once */
	data = envelope.data;
	if (event->corrects != NULL) {
		status = correction_read(&envelope, &correction, NULL);
		ASSERT(status == STATUS_OK);
		type = correction.type;
		data = correction.data;
	}
	status = upcast(&type, &data, workspace->scratch, NULL);
	ASSERT(status == STATUS_OK);
	return data;
}

static bool speaks_of(const struct event *event, const struct entity *entity, bool *ret_own)
{
	for (size_t i = 0; i < event->keys_count; i++) {
		if (event->keys[i].kind != entity->kind || !text_equal(event->keys[i].id, entity->id))
			continue;
		*ret_own = i == 0;
		return true;
	}
	return false;
}

static int statement_compare(const void *a, const void *b)
{
	return place_compare(&((const struct statement *)a)->place, &((const struct statement *)b)->place);
}

/* The statements in effect of an entity, in the canonical order. */
static struct statement *find_statements(struct workspace *workspace, const struct entity *entity, size_t *ret_count)
{
	struct statement *statements = arena_array(workspace->scratch, struct statement, entity->seqs.count + 1);
	size_t count = 0;
	for (size_t i = 0; i < entity->seqs.count; i++) {
		const struct event *event = event_find(workspace, entity->seqs.at[i]);
		bool own;
		if (event == NULL || event->type == EVENT_TYPE_COUNT || event->corrects != NULL)
			continue;
		const struct event *said = in_effect(target_get(workspace, &event->place.id));
		if (said->withdraws || !speaks_of(said, entity, &own))
			continue;
		statements[count++] = (struct statement){
			.type = event->type, .place = event->place, .data = data_of(workspace, said), .recorded_us = event->recorded_us,
			.seq = event->seq, .corrected = said != event, .own = own};
	}
	qsort(statements, count, sizeof *statements, statement_compare);
	*ret_count = count;
	return statements;
}

static void fold_entity(struct workspace *workspace, struct entity *entity)
{
	struct json_writer writer;
	size_t count;
	arena_reset(workspace->scratch);
	const struct statement *statements = find_statements(workspace, entity, &count);
	buf_reset(&workspace->attributes);
	json_writer_init(&writer, &workspace->attributes);
	entity_fold(entity->kind, statements, count, workspace->rules, workspace->scratch, &writer);
	ASSERT(buf_ok(&workspace->attributes));  /* events of 64 KiB, as many as an entity may have, are folded to less */
	entity->after = arena_text(workspace->arena, workspace->attributes.at, workspace->attributes.len);
}

/* ---- Sources: what no event speaks of, told by all of them ---- */

/* months: {"2023-01": [numbered events, highest number]} in the order of months. */
struct source_month {
	int month;
	int64_t count, highest;
};

struct source {
	struct source_month *at;
	size_t count, capacity;
};

static struct source_month *source_month_get(struct arena *arena, struct source *source, int month)
{
	size_t at = source->count;
	while (at > 0 && source->at[at - 1].month > month)
		at--;
	if (at > 0 && source->at[at - 1].month == month)
		return &source->at[at - 1];
	if (source->count == source->capacity) {
		size_t capacity = source->capacity == 0 ? 32 : source->capacity * 2;
		struct source_month *larger = arena_array(arena, struct source_month, capacity);
		if (source->count > 0)
			memcpy(larger, source->at, source->count * sizeof *larger);
		source->at = larger;
		source->capacity = capacity;
	}
	memmove(&source->at[at + 1], &source->at[at], (source->count - at) * sizeof *source->at);
	source->at[at] = (struct source_month){.month = month};
	source->count++;
	return &source->at[at];
}

static int64_t read_source(struct arena *arena, const char *attributes, struct source *source)
{
	const struct json *json;
	struct calendar_period period;
	int64_t last_us = 0;
	const struct json_limits limits = {.bytes_max = SOURCE_TREE_MAX, .depth_max = 8, .members_max = 4096};
	if (attributes == NULL || json_parse(arena, attributes, strlen(attributes), &limits, &json, NULL) != STATUS_OK)
		return 0;
	const struct json *months = json_find(json, "months");
	for (const struct json *item = json_is(months, JSON_OBJECT) ? json_first(months) : NULL; item != NULL; item = json_next(item)) {
		if (!calendar_period_parse(json_name(item), &period))
			continue;
		struct source_month *month = source_month_get(arena, source, period.first);
		month->count = json_integer_at(item, 0);
		month->highest = json_integer_at(item, 1);
	}
	const char *last = json_find_string(json, "last_time");
	return last != NULL && instant_parse(last, &last_us) ? last_us : 0;
}

static void write_source(struct json_writer *writer, const struct source *source, int64_t last_us)
{
	char text[INSTANT_TEXT_SIZE], code[CALENDAR_CODE_SIZE];
	instant_format(last_us, text);
	json_write_object(writer);
	json_member_string(writer, "last_time", text);
	json_write_name(writer, "months");
	json_write_object(writer);
	for (size_t i = 0; i < source->count; i++) {
		json_write_name(writer, calendar_period_format(calendar_period_of(source->at[i].month, CALENDAR_MONTH), code));
		json_write_array(writer);
		json_write_integer(writer, source->at[i].count);
		json_write_integer(writer, source->at[i].highest);
		json_write_array_end(writer);
	}
	json_write_object_end(writer);
	json_write_object_end(writer);
}

/* A source numbers what it sends in the order in which it happened, so the months are those of the events. Numbers past 2^53 would
 * not be JSON's: they are no use to count by. */
static void count_sent(struct arena *arena, const struct event *event, struct source *source)
{
	if (event->place.sequence == 0 || event->place.sequence >= (UINT64_C(1) << 53))
		return;
	struct source_month *month = source_month_get(arena, source, calendar_month_of(event->place.time_us));
	month->count++;
	if ((int64_t)event->place.sequence > month->highest)
		month->highest = (int64_t)event->place.sequence;
}

static void fold_source(struct workspace *workspace, struct entity *entity)
{
	struct source source = {NULL, 0, 0};
	struct json_writer writer;
	arena_reset(workspace->scratch);
	int64_t last_us = read_source(workspace->scratch, entity->before, &source);
	for (const struct event *event = entity->sent; event != NULL; event = event->same_source) {
		last_us = event->recorded_us > last_us ? event->recorded_us : last_us;
		count_sent(workspace->scratch, event, &source);
	}
	buf_reset(&workspace->attributes);
	json_writer_init(&writer, &workspace->attributes);
	write_source(&writer, &source, last_us);
	ASSERT(buf_ok(&workspace->attributes));
	entity->after = arena_text(workspace->arena, workspace->attributes.at, workspace->attributes.len);
}

enum status workspace_fold(struct workspace *workspace, struct fault *fault)
{
	for (size_t i = 0; !workspace->whole && i < workspace->added_count; i++) {
		enum status status = link_event(workspace, workspace->added[i], fault);
		if (status != STATUS_OK)
			return status;
	}
	for (size_t i = 0; i < workspace->touched_count; i++) {
		struct entity *entity = workspace->touched[i];
		if (entity->kind == ENTITY_SOURCE)
			fold_source(workspace, entity);
		else
			fold_entity(workspace, entity);
	}
	return STATUS_OK;
}

/* ---- What came of it ---- */

size_t workspace_entities_count(const struct workspace *workspace)
{
	return workspace->touched_count;
}

struct workspace_entity workspace_entity_at(const struct workspace *workspace, size_t at)
{
	const struct entity *entity = workspace->touched[at];
	return (struct workspace_entity){
		.kind = entity->kind, .id = entity->id, .seqs = entity->seqs.at, .seqs_count = entity->seqs.count, .before = entity->before,
		.after = entity->after};
}

size_t workspace_corrections_count(const struct workspace *workspace)
{
	return workspace->changed_count;
}

struct workspace_correction workspace_correction_at(const struct workspace *workspace, size_t at)
{
	const struct target *target = workspace->changed[at];
	return (struct workspace_correction){.target = target->row.key, .seqs = target->seqs.at, .seqs_count = target->seqs.count};
}

struct workspace_event workspace_event_of(const struct workspace *workspace, uint64_t seq)
{
	const struct event *event = event_find(workspace, seq);
	if (event == NULL || event->type == EVENT_TYPE_COUNT)
		return (struct workspace_event){.seq = seq};
	return (struct workspace_event){
		.seq = seq, .id = event->place.id, .type = event_type_text(event->sent_type), .time_us = event->place.time_us, .known = true};
}
