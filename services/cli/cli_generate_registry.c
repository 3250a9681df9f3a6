#include "services/cli/cli_generate_registry.h"

#include <stdio.h>
#include <strings.h>

#define COLUMNS_MAX 16

static struct span cut(struct span *rest, char at)
{
	const char *found = rest->len > 0 ? memchr(rest->at, at, rest->len) : NULL;
	struct span head = found != NULL ? span_of(rest->at, (size_t)(found - rest->at)) : *rest;

	*rest = found != NULL ? span_of(found + 1, rest->len - head.len - 1) : span_of("", 0);
	return head;
}

static size_t split_fields(struct span line, struct span fields[COLUMNS_MAX])
{
	size_t count = 0;

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	while (line.len > 0 && count < COLUMNS_MAX)
		fields[count++] = cut(&line, ',');
	return count;
}

struct columns {
	size_t oktmo, iso, type;
	size_t district;  /* SIZE_MAX = there is none */
};

static bool find_column(const struct span *fields, size_t count, const char *name, size_t *ret_column)
{
	for (size_t i = 0; i < count; i++) {
		if (span_equal(fields[i], span_of_text(name))) {
			*ret_column = i;
			return true;
		}
	}
	return false;
}

static bool copy_field(const struct span *fields, size_t count, size_t column, char *to, size_t size)
{
	if (column >= count || fields[column].len >= size)
		return false;
	memcpy(to, fields[column].at, fields[column].len);
	to[fields[column].len] = '\0';
	return true;
}

static bool read_row(const struct span *fields, size_t count, const struct columns *columns,
                     struct generate_region *region)
{
	return copy_field(fields, count, columns->oktmo, region->oktmo, sizeof(region->oktmo))
	       && copy_field(fields, count, columns->iso, region->iso, sizeof(region->iso))
	       && copy_field(fields, count, columns->type, region->type, sizeof(region->type))
	       && (columns->district == SIZE_MAX
	           || copy_field(fields, count, columns->district, region->district, sizeof(region->district)))
	       && ident_is_oktmo(region->oktmo);
}

enum status generate_registry_parse(struct span csv, struct generate_registry *ret_registry, struct fault *fault)
{
	struct generate_registry registry = {.count = 0};
	struct columns columns;
	struct span fields[COLUMNS_MAX];
	size_t count;
	long line = 1;

	if (csv.len > 0 && memchr(csv.at, '"', csv.len) != NULL)
		return fault_set(fault, STATUS_INVALID, "registry", "", -1, "the registry of regions has quoted fields");
	struct span header = cut(&csv, '\n');
	count = split_fields(header, fields);
	if (!find_column(fields, count, "oktmo", &columns.oktmo) || !find_column(fields, count, "iso_3166_2", &columns.iso)
	    || !find_column(fields, count, "type", &columns.type))
		return fault_set(fault, STATUS_INVALID, "registry", "", -1,
		                 "the registry of regions needs the columns oktmo, iso_3166_2, type");
	if (!find_column(fields, count, "federal_district_en", &columns.district))
		columns.district = SIZE_MAX;
	while (csv.len > 0) {
		line++;
		count = split_fields(cut(&csv, '\n'), fields);
		if (count == 0)
			continue;
		if (registry.count == GENERATE_REGIONS_MAX)
			return fault_set(fault, STATUS_TOO_LARGE, "registry", "", -1, "more than %d regions", GENERATE_REGIONS_MAX);
		struct generate_region *region = &registry.regions[registry.count];
		if (!read_row(fields, count, &columns, region))
			return fault_set(fault, STATUS_INVALID, "registry", "", -1, "line %ld of the registry is no region", line);
		region->index = (unsigned)registry.count++;
	}
	*ret_registry = registry;
	return STATUS_OK;
}

const struct generate_region *generate_registry_find(const struct generate_registry *registry, struct span code)
{
	for (size_t i = 0; i < registry->count; i++) {
		const struct generate_region *region = &registry->regions[i];

		if (span_equal(code, span_of_text(region->oktmo)))
			return region;
		if (region->iso[0] != '\0' && code.len == strlen(region->iso)
		    && strncasecmp(code.at, region->iso, code.len) == 0)
			return region;
	}
	return NULL;
}
