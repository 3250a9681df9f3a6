#include "services/cli/cli_generate_journal.h"

#include "services/cli/cli_generate_calendar.h"
#include "services/cli/cli_generate_random.h"

#include <stdio.h>
#include <stdlib.h>

#define BODIES_BYTES_MAX ((size_t)128 * 1024 * 1024)
#define DAY_SECONDS      86400

void generate_journal_init(struct generate_journal *journal, struct arena *arena)
{
	*journal = (struct generate_journal){.count = 0};
	journal->entries = arena_array(arena, struct generate_entry, GENERATE_EVENTS_MAX);
	buf_init(&journal->bodies, BODIES_BYTES_MAX);
}

void generate_journal_clear(struct generate_journal *journal)
{
	buf_clear(&journal->bodies);
	journal->count = 0;
}

struct json_writer *generate_journal_begin(struct generate_journal *journal, enum event_type type, const char *kind,
                                           const char *name, int day, int second_of_day)
{
	struct generate_entry *entry;

	if (journal->count == GENERATE_EVENTS_MAX) {
		journal->full = true;
		journal->count--;
	}
	entry = &journal->entries[journal->count];
	*entry = (struct generate_entry){
		.second = (int64_t)day * DAY_SECONDS + second_of_day,
		.type = type,
		.order = (uint32_t)journal->count,
		.data_at = journal->bodies.len,
	};
	if (kind != NULL)
		(void)snprintf(entry->subject, sizeof(entry->subject), "/%s/%s", kind, name);
	json_writer_init(&journal->writer, &journal->bodies);
	json_write_object(&journal->writer);
	return &journal->writer;
}

bool generate_journal_end(struct generate_journal *journal)
{
	struct generate_entry *entry = &journal->entries[journal->count];
	int64_t first = (int64_t)calendar_day_of(GENERATE_YEAR_FIRST, 1, 1) * DAY_SECONDS;
	int64_t end = (int64_t)calendar_day_of(GENERATE_YEAR_LAST + 1, 1, 1) * DAY_SECONDS;

	json_write_object_end(&journal->writer);
	ASSERT(entry->second >= first);
	if (entry->second >= end)
		return false;
	entry->data_len = journal->bodies.len - entry->data_at;
	journal->count++;
	return true;
}

static struct json_writer *begin_correction(struct generate_journal *journal, enum event_type type, int days)
{
	ASSERT(journal->count > 0);
	const struct generate_entry target = journal->entries[journal->count - 1];
	struct json_writer *data = generate_journal_begin(journal, type, NULL, NULL, (int)(target.second / DAY_SECONDS) + days,
	                                                  (int)(target.second % DAY_SECONDS));
	struct generate_entry *entry = &journal->entries[journal->count];

	entry->corrects = true;
	entry->target = target.order;
	entry->target_type = target.type;
	return data;
}

struct json_writer *generate_journal_correct(struct generate_journal *journal, int days)
{
	return begin_correction(journal, EVENT_EVENT_CORRECTED, days);
}

void generate_journal_withdraw(struct generate_journal *journal, int days)
{
	struct json_writer *reason = begin_correction(journal, EVENT_EVENT_WITHDRAWN, days);

	json_member_string(reason, "ru", "Внесено дважды");
	json_member_string(reason, "en", "Entered twice");
	(void)generate_journal_end(journal);
}

void generate_journal_text(struct generate_journal *journal, const char *name, const char *ru, const char *en)
{
	json_write_name(&journal->writer, name);
	json_write_object(&journal->writer);
	json_member_string(&journal->writer, "ru", ru);
	json_member_string(&journal->writer, "en", en);
	json_write_object_end(&journal->writer);
}

void generate_journal_date(struct generate_journal *journal, const char *name, int day)
{
	char date[CALENDAR_TEXT_SIZE];

	calendar_text(day, date);
	json_member_string(&journal->writer, name, date);
}

static int compare_entries(const void *left, const void *right)
{
	const struct generate_entry *a = left;
	const struct generate_entry *b = right;

	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order ? 1 : 0;
}

static void draw_id(struct generate_random *random, int64_t second, char text[UUID_TEXT_SIZE])
{
	uint64_t words[2] = {generate_random_next(random), generate_random_next(random)};
	uint8_t bytes[10];
	struct ident_uuid id;

	/* Byte by byte, so that the order of bytes in a word does not matter. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
	id = ident_uuid_v7((uint64_t)second * 1000, bytes);
	ident_uuid_format(&id, text);
}

static void source_text(const struct generate_region *region, char *text, size_t size)
{
	if (region->iso[0] == '\0') {
		(void)snprintf(text, size, "oktmo-%s/portal", region->oktmo);
		return;
	}
	(void)snprintf(text, size, "%s/portal", region->iso);
	for (char *at = text; *at != '\0'; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
}

struct line {
	const char *source;
	const char *region;
	const char *id;
	const char *target;   /* id of what it corrects; NULL = nothing */
	size_t sequence;
};

/* {"target", "type", "data" or "reason"} */
static void write_correction(struct json_writer *writer, const struct line *line, const struct generate_entry *entry, struct span data)
{
	json_write_name(writer, "data");
	json_write_object(writer);
	json_member_string(writer, "target", line->target);
	json_member_string(writer, "type", event_type_text(entry->target_type));
	if (entry->type == EVENT_EVENT_CORRECTED)
		json_member_raw(writer, "data", data);
	else
		json_member_raw(writer, "reason", data);
	json_write_object_end(writer);
}

static void write_line(struct buf *lines, const struct line *line, const struct generate_entry *entry,
                       const struct buf *bodies)
{
	struct json_writer writer;
	char subject[sizeof(entry->subject) + OKTMO_TEXT_SIZE];
	char time[INSTANT_TEXT_SIZE];
	char sequence[24];

	(void)snprintf(subject, sizeof(subject), "%s%s", line->region, entry->subject);
	(void)snprintf(sequence, sizeof(sequence), "%zu", line->sequence);
	instant_format(entry->second * 1000000, time);
	json_writer_init(&writer, lines);
	json_write_object(&writer);
	json_member_string(&writer, "specversion", "1.0");
	json_member_string(&writer, "id", line->id);
	json_member_string(&writer, "source", line->source);
	json_member_string(&writer, "type", event_type_text(entry->type));
	json_member_string(&writer, "subject", subject);
	json_member_string(&writer, "time", time);
	json_member_string(&writer, "datacontenttype", "application/json");
	json_member_string(&writer, "sequence", sequence);
	if (line->target != NULL)
		json_member_string(&writer, "supersedes", line->target);
	if (line->target != NULL)
		write_correction(&writer, line, entry, span_of(bodies->at + entry->data_at, entry->data_len));
	else
		json_member_raw(&writer, "data", span_of(bodies->at + entry->data_at, entry->data_len));
	json_write_object_end(&writer);
	buf_text(lines, "\n");
}

/* By the order of collecting; drawn in that of time. */
static void draw_ids(const struct generate_journal *journal, const struct generate_region *region, uint64_t seed, char (*ids)[UUID_TEXT_SIZE])
{
	struct generate_random random;

	generate_random_init(&random, seed, strtoul(region->oktmo, NULL, 10), GENERATE_TOPIC_IDS, journal->source == NULL ? 0 : 1);
	for (size_t i = 0; i < journal->count; i++)
		draw_id(&random, journal->entries[i].second, ids[journal->entries[i].order]);
}

enum status generate_journal_write(struct generate_journal *journal, const struct generate_region *region,
                                   uint64_t seed, struct buf *lines)
{
	char source[40];

	if (journal->full || !buf_ok(&journal->bodies))
		return STATUS_TOO_LARGE;
	qsort(journal->entries, journal->count, sizeof(journal->entries[0]), compare_entries);
	source_text(region, source, sizeof(source));
	char (*ids)[UUID_TEXT_SIZE] = calloc(journal->count + 1, sizeof(*ids));
	ASSERT(ids != NULL);
	draw_ids(journal, region, seed, ids);
	for (size_t i = 0; i < journal->count; i++) {
		const struct generate_entry *entry = &journal->entries[i];
		struct line line = {
			.source = journal->source != NULL ? journal->source : source, .region = region->oktmo, .id = ids[entry->order],
			.target = entry->corrects ? ids[entry->target] : NULL, .sequence = i + 1};

		write_line(lines, &line, entry, &journal->bodies);
	}
	free(ids);
	return buf_ok(lines) ? STATUS_OK : STATUS_TOO_LARGE;
}
