/* fold_fixture: statements from short texts, folded under the dictionaries and the calendar of this project, and the
 * attributes that come of them, looked up by paths. */
#ifndef EFFREG_TESTS_METRICS_FOLD_FIXTURE_H
#define EFFREG_TESTS_METRICS_FOLD_FIXTURE_H

#include "common/upcast.h"
#include "services/metrics/entity_fold.h"
#include "services/metrics/event_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXTURE_STATEMENTS_MAX 4096

struct fold_fixture {
	struct arena *arena;
	struct unit_table *units;
	struct measure_table *measures;
	struct calendar *calendar;
	struct fold_rules rules;
	struct statement statements[FIXTURE_STATEMENTS_MAX];
	size_t count;
};

static inline const char *read_project_file(struct arena *arena, const char *path)
{
	char name[512];
	snprintf(name, sizeof name, "%s/%s", EFFREG_SOURCE_DIR, path);
	FILE *file = fopen(name, "rb");
	assert_non_null(file);
	char *text = arena_alloc(arena, 262144);
	size_t len = fread(text, 1, 262143, file);
	fclose(file);
	text[len] = '\0';
	return text;
}

static inline const struct json *fixture_json(struct fold_fixture *fixture, const char *text)
{
	const struct json *json = NULL;
	struct fault fault = {.text = ""};
	if (json_parse(fixture->arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, &fault) != STATUS_OK)
		fail_msg("%s in %s", fault.text, text);
	return json;
}

static inline int fold_setup(void **state)
{
	static struct fold_fixture made;
	struct fold_fixture *fixture = &made;
	*fixture = (struct fold_fixture){.arena = arena_new((size_t)1024 * 1024 * 1024)};
	const char *units = read_project_file(fixture->arena, "proto/registry/units.csv");
	const char *measures = read_project_file(fixture->arena, "proto/registry/indicators.csv");
	const char *calendar = read_project_file(fixture->arena, "deploy/config/calendar.json");
	assert_int_equal(unit_table_new(span_of_text(units), &fixture->units, NULL), STATUS_OK);
	assert_int_equal(measure_table_new(span_of_text(measures), &fixture->measures, NULL), STATUS_OK);
	assert_int_equal(calendar_new(fixture_json(fixture, calendar), &fixture->calendar, NULL), STATUS_OK);
	fixture->rules = (struct fold_rules){fixture->units, fixture->measures, fixture->calendar};
	*state = fixture;
	return 0;
}

static inline int fold_teardown(void **state)
{
	struct fold_fixture *fixture = *state;
	calendar_destroy(&fixture->calendar);
	measure_table_destroy(&fixture->measures);
	unit_table_destroy(&fixture->units);
	arena_destroy(&fixture->arena);
	return 0;
}

/* The next statement, of a type without "effreg." and ".v1"; recorded an hour after its time. */
static inline struct statement *say(struct fold_fixture *fixture, const char *type, const char *time, const char *data)
{
	struct statement *statement = &fixture->statements[fixture->count];
	*statement = (struct statement){.own = true, .seq = ++fixture->count};
	statement->place.source = "ru-vor/portal";
	statement->place.sequence = fixture->count;
	statement->place.id.bytes[15] = (uint8_t)fixture->count;
	if (!event_type_find(arena_printf(fixture->arena, "effreg.%s.v1", type), &statement->type))
		fail_msg("there is no type %s", type);
	if (!instant_parse(strchr(time, 'T') == NULL ? arena_printf(fixture->arena, "%sT12:00:00Z", time) : time,
	                   &statement->place.time_us))
		fail_msg("%s is no time", time);
	statement->recorded_us = statement->place.time_us + (int64_t)3600 * 1000000;
	statement->data = fixture_json(fixture, arena_printf(fixture->arena, "{%s}", data));
	assert_int_equal(upcast(&statement->type, &statement->data, fixture->arena, NULL), STATUS_OK);
	return statement;
}

static inline int statement_order(const void *a, const void *b)
{
	const struct fact *one = &((const struct statement *)a)->place;
	const struct fact *other = &((const struct statement *)b)->place;
	struct envelope first = {.time_us = one->time_us, .source = one->source, .sequence = one->sequence, .id = one->id};
	struct envelope second = {.time_us = other->time_us, .source = other->source, .sequence = other->sequence, .id = other->id};
	return envelope_compare(&first, &second);
}

/* In the canonical order, as a fold is promised them. */
static inline const char *fold_text(struct fold_fixture *fixture, enum entity_kind kind)
{
	struct buf buf;
	struct json_writer writer;
	struct arena *scratch = arena_new(ENTITY_FOLD_SCRATCH_BYTES(fixture->count));
	buf_init(&buf, (size_t)16 * 1024 * 1024);
	json_writer_init(&writer, &buf);
	qsort(fixture->statements, fixture->count, sizeof fixture->statements[0], statement_order);
	entity_fold(kind, fixture->statements, fixture->count, &fixture->rules, scratch, &writer);
	assert_true(buf_ok(&buf));
	const char *text = arena_text(fixture->arena, buf.at, buf.len);
	buf_clear(&buf);
	arena_destroy(&scratch);
	return text;
}

static inline const struct json *fold(struct fold_fixture *fixture, enum entity_kind kind)
{
	return fixture_json(fixture, fold_text(fixture, kind));
}

/* The value under "indicators.lead_time.reduction" as text; "absent" when there is none; arrays and objects canonical. */
static inline const char *attribute(struct fold_fixture *fixture, const struct json *at, const char *path)
{
	while (at != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");
		at = json_find(at, arena_text(fixture->arena, path, len));
		path += len + (path[len] == '.' ? 1 : 0);
	}
	if (at == NULL)
		return "absent";
	if (json_is(at, JSON_STRING))
		return json_string(at);
	struct buf buf;
	buf_init(&buf, 65536);
	assert_int_equal(json_canonical(&buf, at), STATUS_OK);
	const char *text = arena_text(fixture->arena, buf.at, buf.len);
	buf_clear(&buf);
	return text;
}

static inline void assert_attribute(struct fold_fixture *fixture, const struct json *attributes, const char *path,
                                    const char *expected)
{
	const char *found = attribute(fixture, attributes, path);
	if (strcmp(found, expected) != 0) {
		struct buf buf;
		buf_init(&buf, 65536);
		(void)!json_canonical(&buf, attributes);
		fail_msg("%s is %s and not %s in %.*s", path, found, expected, (int)buf.len, buf.at);
	}
}

#endif
