#include "services/cli/cli_nominations_core.h"

#include <stdlib.h>

#define TITLE_RISE_RU "Рост за период: больше всего мест вверх"
#define TITLE_RISE_EN "Rise of the period: most places gained"

/* ---- figures ---- */

static bool is_rated(const struct json *row)
{
	return json_is(json_find(row, "place"), JSON_NUMBER);
}

/* A row's figure for a nomination, as text; NULL: none. */
static const char *figure_of(const struct json *row, const char *code, struct arena *arena)
{
	int64_t change;
	if (!text_equal(code, NOMINATION_RISE))
		return json_find_string(json_find(json_find(row, "figures"), "nodes"), code);
	const struct json *member = json_find(row, "change");
	return json_is(member, JSON_NUMBER) && json_integer(member, &change) ? arena_printf(arena, "%lld", (long long)change) : NULL;
}

static const struct json *first_row(const struct json *document)
{
	const struct json *rows = json_find(document, "rows");
	return json_is(rows, JSON_ARRAY) ? json_first(rows) : NULL;
}

/* ---- one nomination ---- */

/* The best and the worst figure among the rated; false: nobody has one. */
static bool find_range(const struct json *document, const char *code, struct arena *arena, const char **ret_best, double *ret_span)
{
	double best = 0, worst = 0;
	*ret_best = NULL;
	for (const struct json *row = first_row(document); row != NULL; row = json_next(row)) {
		const char *figure = is_rated(row) ? figure_of(row, code, arena) : NULL;
		if (figure == NULL)
			continue;
		double value = strtod(figure, NULL);
		if (*ret_best == NULL || value < worst)
			worst = value;
		if (*ret_best == NULL || value > best) {
			best = value;
			*ret_best = figure;
		}
	}
	*ret_span = best - worst;
	return *ret_best != NULL;
}

static bool is_given(const char *code, const char *best, double span)
{
	return text_equal(code, NOMINATION_RISE) ? strtod(best, NULL) > 0 : span > 0;
}

static bool nominate(struct arena *arena, const struct json *document, const char *code, struct nomination *ret_nomination)
{
	double span;
	size_t most = 0;
	*ret_nomination = (struct nomination){.code = code};
	if (!find_range(document, code, arena, &ret_nomination->value, &span) || !is_given(code, ret_nomination->value, span))
		return false;
	for (const struct json *row = first_row(document); row != NULL; row = json_next(row))
		most++;
	ret_nomination->laureates = arena_array(arena, const struct json *, most);
	for (const struct json *row = first_row(document); row != NULL; row = json_next(row)) {
		const char *figure = is_rated(row) ? figure_of(row, code, arena) : NULL;
		if (figure != NULL && text_equal(figure, ret_nomination->value))
			ret_nomination->laureates[ret_nomination->count++] = row;
	}
	return true;
}

static void set_title(struct nomination *nomination, const struct json *titles)
{
	const char *ru = json_find_string(titles, "ru");
	const char *en = json_find_string(titles, "en");
	nomination->title[CLI_LANG_RU] = ru != NULL ? ru : nomination->code;
	nomination->title[CLI_LANG_EN] = en != NULL ? en : nomination->code;
}

/* ---- all ---- */

static size_t count_nodes(const struct json *nodes)
{
	size_t count = 0;
	for (const struct json *node = json_is(nodes, JSON_ARRAY) ? json_first(nodes) : NULL; node != NULL; node = json_next(node))
		count++;
	return count;
}

size_t nominations_find(struct arena *arena, const struct json *document, const struct json *methodology,
                        const struct nomination **ret_nominations)
{
	const struct json *nodes = json_find(methodology, "nodes");
	struct nomination *list = arena_array(arena, struct nomination, count_nodes(nodes) + 1);
	size_t count = 0;
	for (const struct json *node = json_is(nodes, JSON_ARRAY) ? json_first(nodes) : NULL; node != NULL; node = json_next(node)) {
		const char *code = json_find_string(node, "code");
		if (code == NULL || json_find_string(node, "parent") == NULL || !nominate(arena, document, code, &list[count]))
			continue;
		set_title(&list[count++], json_find(node, "title"));
	}
	if (nominate(arena, document, NOMINATION_RISE, &list[count])) {
		list[count].title[CLI_LANG_RU] = TITLE_RISE_RU;
		list[count++].title[CLI_LANG_EN] = TITLE_RISE_EN;
	}
	*ret_nominations = list;
	return count;
}

/* ---- as a table ---- */

static void put_field(struct buf *buf, const char *text, char end)
{
	bool quoted = text != NULL && strpbrk(text, ",\"\r\n") != NULL;
	buf_text(buf, quoted ? "\"" : "");
	for (const char *c = text != NULL ? text : ""; *c != '\0'; c++)
		buf_append(buf, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	buf_text(buf, quoted ? "\"" : "");
	buf_append(buf, &end, 1);
}

static void put_laureate(struct buf *buf, const struct nomination *nomination, const struct json *row)
{
	int64_t place = 0;
	const struct json *names = json_find(row, "name");
	put_field(buf, nomination->code, ',');
	put_field(buf, nomination->title[CLI_LANG_RU], ',');
	put_field(buf, nomination->title[CLI_LANG_EN], ',');
	put_field(buf, nomination->value, ',');
	put_field(buf, json_find_string(row, "region"), ',');
	put_field(buf, json_find_string(row, "iso"), ',');
	put_field(buf, json_find_string(row, "authority"), ',');
	if (json_integer(json_find(row, "place"), &place))
		buf_printf(buf, "%lld", (long long)place);
	buf_text(buf, ",");
	put_field(buf, json_find_string(names, "ru"), ',');
	put_field(buf, json_find_string(names, "en"), '\n');
}

void nominations_write_csv(struct buf *buf, struct arena *arena, const struct json *document, const struct json *methodology)
{
	const struct nomination *list;
	size_t count = nominations_find(arena, document, methodology, &list);
	buf_text(buf, "nomination,title_ru,title_en,value,region,iso,authority,place,name_ru,name_en\n");
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < list[i].count; k++)
			put_laureate(buf, &list[i], list[i].laureates[k]);
	}
}
