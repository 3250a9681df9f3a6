#include "services/metrics/measure.h"

#include "services/metrics/dictionary.h"

#include <stdlib.h>

struct measure_table {
	size_t count;
	struct measure measures[MEASURES_MAX];
};

enum column { CODE, BETTER, FAMILIES, PROCESS };

static const struct dictionary_shape SHAPE = {
	.name = "indicators",
	.columns = {[CODE] = "code", [BETTER] = "better", [FAMILIES] = "unit_families", [PROCESS] = "process"},
	.row = "a new code, lower or higher, one to four families of units, and yes or no; at most 64 indicators",
};

/* One of two words. */
static bool read_choice(const char *field, const char *no, const char *yes, bool *ret_choice)
{
	*ret_choice = text_equal(field, yes);
	return *ret_choice || text_equal(field, no);
}

static bool read_families(const char *field, struct measure *measure)
{
	while (*field != '\0') {
		char family[UNIT_TEXT_SIZE] = "";
		size_t len = strcspn(field, " ");
		if (measure->families_count == MEASURE_FAMILIES_MAX || len >= sizeof family)
			return false;
		memcpy(family, field, len);
		if (!unit_text_copy(family, measure->families[measure->families_count++]))
			return false;
		field += len;
		field += *field == ' ' ? 1 : 0;
	}
	return measure->families_count > 0;
}

static bool read_measure(void *context, const char *const *fields)
{
	struct measure_table *table = context;
	struct measure measure = {.families_count = 0};
	if (table->count == MEASURES_MAX || !unit_text_copy(fields[CODE], measure.code)
	    || !read_choice(fields[BETTER], "lower", "higher", &measure.higher_is_better)
	    || !read_families(fields[FAMILIES], &measure) || !read_choice(fields[PROCESS], "no", "yes", &measure.process)
	    || measure_find(table, measure.code) != NULL)
		return false;
	table->measures[table->count++] = measure;
	return true;
}

enum status measure_table_new(struct span csv, struct measure_table **ret_table, struct fault *fault)
{
	struct measure_table *table = calloc(1, sizeof *table);
	ASSERT(table != NULL);
	enum status status = dictionary_read(csv, &SHAPE, read_measure, table, fault);
	if (status == STATUS_OK)
		*ret_table = table;
	else
		measure_table_destroy(&table);
	return status;
}

void measure_table_destroy(struct measure_table **table)
{
	free(*table);
	*table = NULL;
}

const struct measure *measure_find(const struct measure_table *table, const char *code)
{
	for (size_t i = 0; i < table->count; i++) {
		if (text_equal(table->measures[i].code, code))
			return &table->measures[i];
	}
	return NULL;
}

bool measure_has_family(const struct measure *measure, const char *family)
{
	for (size_t i = 0; i < measure->families_count; i++) {
		if (text_equal(measure->families[i], family))
			return true;
	}
	return false;
}
