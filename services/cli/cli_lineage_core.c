#include "services/cli/cli_lineage_core.h"

#include <stdlib.h>

#include "services/metrics/lineage.h"

#define SCRATCH_BYTES_MAX ((size_t)1024 * 1024 * 1024)

/* One indicator on its way. */
struct telling {
	struct json_writer writer;
	struct arena *scratch;                /* one entity */
	const struct lineage_log *log;
	const struct definitions *definitions;
	const char *subject;
	struct calendar_period period;
	const struct workspace_entity *entity;
	bool told;                            /* of this entity, by the indicator on its way */
	bool *counted;                        /* entities of the workspace: by any indicator */
};

static void on_count(void *context, const struct lineage_entry *entry)
{
	struct telling *telling = context;
	struct json_writer *writer = &telling->writer;
	char code[CALENDAR_CODE_SIZE], amount[DECIMAL_TEXT_SIZE];
	if (!telling->told) {
		json_write_object(writer);
		json_member_string(writer, "kind", entity_kind_text(telling->entity->kind));
		json_member_string(writer, "entity", telling->entity->id);
		json_write_name(writer, "counts");
		json_write_array(writer);
	}
	telling->told = true;
	json_write_object(writer);
	json_member_string(writer, "part", entry->part);
	json_member_string(writer, "month", calendar_period_format(calendar_period_of(entry->month, CALENDAR_MONTH), code));
	if (entry->sample != NULL)
		json_member_string(writer, "thing", entry->sample);
	else
		json_member_string(writer, "amount", decimal_format(entry->amount, amount));
	if (entry->leaves)
		json_member_bool(writer, "leaves", true);
	json_write_object_end(writer);
}

static void write_event(struct telling *telling, uint64_t seq)
{
	struct json_writer *writer = &telling->writer;
	struct workspace_event event = workspace_event_of(replay_workspace(telling->log->replay), seq);
	char id[UUID_TEXT_SIZE], time[INSTANT_TEXT_SIZE], hash[SHA256_HEX_SIZE];
	ident_uuid_format(&event.id, id);
	instant_format(event.time_us, time);
	json_write_object(writer);
	json_member_integer(writer, "seq", (int64_t)seq);
	json_member_string(writer, "id", id);
	json_member_string(writer, "type", event.type);
	json_member_string(writer, "time", time);
	if (seq > 0 && seq <= telling->log->count) {
		sha256_hex(&telling->log->hashes[seq - 1], hash);
		json_member_string(writer, "hash", hash);
	}
	json_write_object_end(writer);
}

static void write_entity(struct telling *telling, const struct definition *definition, size_t index)
{
	const struct workspace_entity found = workspace_entity_at(replay_workspace(telling->log->replay), index);
	const struct workspace_entity *entity = &found;
	const struct json *attributes;
	struct json_writer *writer = &telling->writer;
	telling->entity = entity;
	telling->told = false;
	arena_reset(telling->scratch);
	if (json_parse(telling->scratch, entity->after, strlen(entity->after), &JSON_LIMITS_DOCUMENT, &attributes, NULL) != STATUS_OK)
		return;
	lineage_of(telling->definitions, definition, telling->subject, telling->period, entity->kind, entity->id, attributes,
	           telling->scratch, on_count, telling);
	if (!telling->told)
		return;
	telling->counted[index] = true;
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static void write_events(struct telling *telling, const struct workspace_entity *entity)
{
	struct json_writer *writer = &telling->writer;
	json_write_object(writer);
	json_member_string(writer, "kind", entity_kind_text(entity->kind));
	json_member_string(writer, "entity", entity->id);
	json_write_name(writer, "events");
	json_write_array(writer);
	for (size_t i = 0; i < entity->seqs_count; i++)
		write_event(telling, entity->seqs[i]);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static void write_figure(struct telling *telling, const struct definition *definition)
{
	struct json_writer *writer = &telling->writer;
	struct figure figure = cells_figure(replay_cells(telling->log->replay), definition, telling->subject, telling->period);
	char text[FIGURE_SUM_SIZE], value[DECIMAL_TEXT_SIZE];
	decimal known;
	bool has_value = !definition->of_others &&
	                 replay_value(telling->log->replay, definition, telling->subject, telling->period, &known);
	json_member_string(writer, "indicator", definition->code);
	json_member_string(writer, "value", has_value ? decimal_format(known, value) : NULL);
	json_member_string(writer, "numerator", figure.empty ? "0" : figure_sum_format(figure.numerator, text));
	json_member_string(writer, "denominator", figure.empty ? "0" : figure_sum_format(figure.denominator, text));
	json_member_integer(writer, "observations", figure.empty ? 0 : figure.observations);
	json_member_bool(writer, "told_by_others", definition->of_others);
}

static void write_indicator(struct telling *telling, const struct definition *definition)
{
	const struct workspace *workspace = replay_workspace(telling->log->replay);
	json_write_object(&telling->writer);
	write_figure(telling, definition);
	json_write_name(&telling->writer, "entities");
	json_write_array(&telling->writer);
	for (size_t i = 0; !definition->of_others && i < workspace_entities_count(workspace); i++)
		write_entity(telling, definition, i);
	json_write_array_end(&telling->writer);
	json_write_object_end(&telling->writer);
}

void lineage_write(struct buf *buf, const struct lineage_log *log, const struct definitions *definitions,
                   const struct methodology *methodology, const char *subject, const char *period)
{
	const struct workspace *workspace = replay_workspace(log->replay);
	size_t count = workspace_entities_count(workspace);
	struct telling telling = {.log = log, .definitions = definitions, .subject = subject};
	telling.counted = calloc(count + 1, sizeof *telling.counted);
	ASSERT(telling.counted != NULL);
	bool known = calendar_period_parse(period, &telling.period);
	telling.scratch = arena_new(SCRATCH_BYTES_MAX);
	json_writer_init(&telling.writer, buf);
	json_write_object(&telling.writer);
	json_write_name(&telling.writer, "indicators");
	json_write_array(&telling.writer);
	for (size_t i = 0; known && i < methodology->indicator_count; i++) {
		const struct definition *definition = definition_find(definitions, methodology->indicators[i].code);
		if (definition != NULL)
			write_indicator(&telling, definition);
	}
	json_write_array_end(&telling.writer);
	json_write_name(&telling.writer, "entities");
	json_write_array(&telling.writer);
	for (size_t i = 0; i < count; i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		if (telling.counted[i])
			write_events(&telling, &entity);
	}
	json_write_array_end(&telling.writer);
	json_write_object_end(&telling.writer);
	free(telling.counted);
	arena_destroy(&telling.scratch);
}
