#include "services/metrics/rules.h"

#include "common/embedded.h"
#include "common/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES_MAX ((size_t)1024 * 1024 * 1024)

static enum status find_embedded(const char *path, struct span *ret_text, struct fault *fault)
{
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		if (text_equal(EMBEDDED_FILES[i].path, path)) {
			*ret_text = span_of((const char *)EMBEDDED_FILES[i].bytes, EMBEDDED_FILES[i].len);
			return STATUS_OK;
		}
	}
	return fault_set(fault, STATUS_BUG, "rules", "", -1, "this build has no %s", path);
}

static enum status validate(struct arena *arena, const char *schema_path, const struct json *json, struct fault *fault)
{
	struct schema_document document = {.name = schema_path};
	struct schema_bundle *bundle;
	enum status status = find_embedded(schema_path, &document.text, fault);
	if (status == STATUS_OK)
		status = schema_bundle_new(&document, 1, SCHEMA_ASSERT_FORMATS, &bundle, fault);
	if (status != STATUS_OK)
		return status;
	status = schema_validate(schema_find(bundle, schema_path), json, arena, fault);
	schema_bundle_destroy(&bundle);
	return status;
}

/* Puts the name of the file before what is wrong with it. */
static enum status blame(const char *file, enum status status, struct fault *fault)
{
	char text[sizeof fault->text];
	if (status == STATUS_OK || fault == NULL)
		return status;
	snprintf(text, sizeof text, "%s", fault->text);
	snprintf(fault->text, sizeof fault->text, "%s: %.440s", file, text);
	return status;
}

/* text: as given, or empty for the embedded file. */
static enum status read_file(struct arena *arena, const char *path, const char *schema_path, struct span *text, const struct json **ret_json,
                             struct fault *fault)
{
	enum status status = text->len > 0 ? STATUS_OK : find_embedded(path, text, fault);
	if (status != STATUS_OK)
		return status;
	text->at = arena_text(arena, text->at, text->len);
	status = json_parse(arena, text->at, text->len, &JSON_LIMITS_DOCUMENT, ret_json, fault);
	if (status == STATUS_OK)
		status = validate(arena, schema_path, *ret_json, fault);
	return blame(path, status, fault);
}

static enum status read_definitions(struct rules *rules, struct span text, struct fault *fault)
{
	static const char PATH[] = "deploy/config/indicators.json";
	const struct json *json;
	enum status status = read_file(rules->arena, PATH, "proto/schemas/indicators.v1.json", &text, &json, fault);
	if (status == STATUS_OK)
		status = blame(PATH, definitions_read(rules->arena, json, &rules->definitions, fault), fault);
	if (status != STATUS_OK)
		return status;
	struct sha256 digest = sha256_of(text.at, text.len);
	sha256_hex(&digest, rules->definitions_digest);
	rules->definitions_text = text;
	return STATUS_OK;
}

static enum status read_calendar(struct rules *rules, struct span text, struct fault *fault)
{
	static const char PATH[] = "deploy/config/calendar.json";
	const struct json *json;
	enum status status = read_file(rules->arena, PATH, "proto/schemas/calendar.v1.json", &text, &json, fault);
	return status == STATUS_OK ? blame(PATH, calendar_new(json, &rules->calendar, fault), fault) : status;
}

static enum status read_dictionaries(struct rules *rules, struct fault *fault)
{
	struct span units, measures;
	enum status status = find_embedded("proto/registry/units.csv", &units, fault);
	if (status == STATUS_OK)
		status = find_embedded("proto/registry/indicators.csv", &measures, fault);
	if (status == STATUS_OK)
		status = unit_table_new(units, &rules->units, fault);
	return status == STATUS_OK ? measure_table_new(measures, &rules->measures, fault) : status;
}

enum status rules_new(struct span indicators, struct span calendar, struct rules **ret_rules, struct fault *fault)
{
	struct rules *rules = calloc(1, sizeof *rules);
	ASSERT(rules != NULL);
	rules->arena = arena_new(ARENA_BYTES_MAX);
	enum status status = read_dictionaries(rules, fault);
	if (status == STATUS_OK)
		status = read_calendar(rules, calendar, fault);
	if (status == STATUS_OK)
		status = read_definitions(rules, indicators, fault);
	if (status != STATUS_OK) {
		rules_destroy(&rules);
		return status;
	}
	rules->fold = (struct fold_rules){.units = rules->units, .measures = rules->measures, .calendar = rules->calendar};
	*ret_rules = rules;
	return STATUS_OK;
}

void rules_destroy(struct rules **rules)
{
	if (*rules == NULL)
		return;
	if ((*rules)->units != NULL)
		unit_table_destroy(&(*rules)->units);
	if ((*rules)->measures != NULL)
		measure_table_destroy(&(*rules)->measures);
	if ((*rules)->calendar != NULL)
		calendar_destroy(&(*rules)->calendar);
	arena_destroy(&(*rules)->arena);
	free(*rules);
	*rules = NULL;
}
