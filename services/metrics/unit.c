#include "services/metrics/unit.h"

#include "services/metrics/dictionary.h"

#include <stdio.h>
#include <stdlib.h>

struct unit_table {
	size_t count;
	struct unit units[UNITS_MAX];
};

static const struct dictionary_shape SHAPE = {
	.name = "units",
	.columns = {"code", "family", "factor"},
	.row = "a new code, a family and a factor above 0; at most 256 units",
};

bool unit_text_copy(const char *field, char text[UNIT_TEXT_SIZE])
{
	if (field[0] == '\0' || strlen(field) >= UNIT_TEXT_SIZE)
		return false;
	snprintf(text, UNIT_TEXT_SIZE, "%s", field);
	return true;
}

static bool read_unit(void *context, const char *const *fields)
{
	struct unit_table *table = context;
	struct unit unit;
	if (table->count == UNITS_MAX || !unit_text_copy(fields[0], unit.code) || !unit_text_copy(fields[1], unit.family)
	    || !decimal_parse(fields[2], &unit.factor) || unit.factor.millionths <= 0 || unit_find(table, unit.code) != NULL)
		return false;
	table->units[table->count++] = unit;
	return true;
}

enum status unit_table_new(struct span csv, struct unit_table **ret_table, struct fault *fault)
{
	struct unit_table *table = calloc(1, sizeof *table);
	ASSERT(table != NULL);
	enum status status = dictionary_read(csv, &SHAPE, read_unit, table, fault);
	if (status == STATUS_OK)
		*ret_table = table;
	else
		unit_table_destroy(&table);
	return status;
}

void unit_table_destroy(struct unit_table **table)
{
	free(*table);
	*table = NULL;
}

const struct unit *unit_find(const struct unit_table *table, const char *code)
{
	for (size_t i = 0; i < table->count; i++) {
		if (text_equal(table->units[i].code, code))
			return &table->units[i];
	}
	return NULL;
}

bool unit_convert(decimal value, const struct unit *from, const struct unit *to, decimal *ret_value)
{
	if (from == to) {
		*ret_value = value;
		return true;
	}
	return text_equal(from->family, to->family) && decimal_multiply(value, from->factor, &value)
	       && decimal_divide(value, to->factor, ret_value);
}
