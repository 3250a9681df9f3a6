#include "services/ranking/ranking_difference.h"

#include <stdlib.h>

#define VALUE_BYTES_MAX ((size_t)1024 * 1024)

/* One unit in both documents; NULL where one lacks it. */
struct pair {
	const struct json *before, *after;
};

/* ---- pairs ---- */

static const char *text_or(const struct json *row, const char *name)
{
	const char *text = json_find_string(row, name);
	return text != NULL ? text : "";
}

static int compare_rows(const struct json *left, const struct json *right)
{
	int order = strcmp(text_or(left, "region"), text_or(right, "region"));
	return order != 0 ? order : strcmp(text_or(left, "authority"), text_or(right, "authority"));
}

static int compare_entries(const void *a, const void *b)
{
	return compare_rows(*(const struct json *const *)a, *(const struct json *const *)b);
}

static const struct json **sorted_rows(struct arena *arena, const struct json *document, size_t *ret_count)
{
	const struct json *list = json_find(document, "rows");
	*ret_count = json_is(list, JSON_ARRAY) ? json_count(list) : 0;
	const struct json **rows = arena_array(arena, const struct json *, *ret_count + 1);
	size_t i = 0;
	for (const struct json *row = *ret_count > 0 ? json_first(list) : NULL; row != NULL; row = json_next(row))
		rows[i++] = row;
	qsort(rows, *ret_count, sizeof *rows, compare_entries);
	return rows;
}

static struct pair *pair_up(struct arena *arena, const struct json *before, const struct json *after, size_t *ret_count)
{
	size_t left_count, right_count, left = 0, right = 0;
	const struct json **lefts = sorted_rows(arena, before, &left_count);
	const struct json **rights = sorted_rows(arena, after, &right_count);
	struct pair *pairs = arena_array(arena, struct pair, left_count + right_count + 1);
	*ret_count = 0;
	while (left < left_count || right < right_count) {
		int order = left == left_count     ? 1
		            : right == right_count ? -1
		                                   : compare_rows(lefts[left], rights[right]);
		pairs[(*ret_count)++] = (struct pair){
			.before = order <= 0 ? lefts[left++] : NULL,
			.after = order >= 0 ? rights[right++] : NULL,
		};
	}
	return pairs;
}

/* ---- values ---- */

static bool is_same(const struct json *a, const struct json *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL || json_is(a, JSON_NULL)) && (b == NULL || json_is(b, JSON_NULL));
	return json_equal(a, b);
}

static void write_value(struct json_writer *writer, const struct json *value)
{
	struct buf text;
	buf_init(&text, VALUE_BYTES_MAX);
	if (value == NULL || json_canonical(&text, value) != STATUS_OK)
		json_write_null(writer);
	else
		json_write_raw(writer, buf_span(&text));
	buf_clear(&text);
}

static void write_change(struct json_writer *writer, const char *name, const struct json *before, const struct json *after)
{
	json_write_name(writer, name);
	json_write_array(writer);
	write_value(writer, before);
	write_value(writer, after);
	json_write_array_end(writer);
}

/* ---- a row ---- */

static const char *const MEMBERS[] = {"place", "score", "group", "interval", "previous_place", "reason", "overall_place"};

static const struct json *figure_of(const struct json *row, const char *list, const char *code)
{
	return json_find(json_find(json_find(row, "figures"), list), code);
}

static bool lists_differ(const struct pair *pair, const char *list)
{
	for (int side = 0; side < 2; side++) {
		const struct json *own = json_find(json_find(side == 0 ? pair->before : pair->after, "figures"), list);
		const struct json *member = json_is(own, JSON_OBJECT) ? json_first(own) : NULL;
		for (; member != NULL; member = json_next(member)) {
			if (!is_same(figure_of(pair->before, list, json_name(member)), figure_of(pair->after, list, json_name(member))))
				return true;
		}
	}
	return false;
}

static bool differs(const struct pair *pair)
{
	if (pair->before == NULL || pair->after == NULL)
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(MEMBERS); i++) {
		if (!is_same(json_find(pair->before, MEMBERS[i]), json_find(pair->after, MEMBERS[i])))
			return true;
	}
	return lists_differ(pair, "indicators") || lists_differ(pair, "nodes");
}

/* Codes of after first, then those that only before has: another version of a methodology may have other ones. */
static void write_list(struct json_writer *writer, const struct pair *pair, const char *list)
{
	if (!lists_differ(pair, list))
		return;
	json_write_name(writer, list);
	json_write_object(writer);
	for (int side = 1; side >= 0; side--) {
		const struct json *own = json_find(json_find(side == 1 ? pair->after : pair->before, "figures"), list);
		const struct json *member = json_is(own, JSON_OBJECT) ? json_first(own) : NULL;
		for (; member != NULL; member = json_next(member)) {
			const struct json *before = figure_of(pair->before, list, json_name(member));
			const struct json *after = figure_of(pair->after, list, json_name(member));
			if (!is_same(before, after) && (side == 1 || after == NULL))
				write_change(writer, json_name(member), before, after);
		}
	}
	json_write_object_end(writer);
}

static void write_row(struct json_writer *writer, const struct pair *pair)
{
	static const char *const NAMES[] = {"region", "authority", "iso", "name"};
	const struct json *row = pair->after != NULL ? pair->after : pair->before;
	json_write_object(writer);
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		const struct json *member = json_find(row, NAMES[i]);
		if (member == NULL)
			continue;
		json_write_name(writer, NAMES[i]);
		write_value(writer, member);
	}
	if (pair->before == NULL || pair->after == NULL) {
		json_write_name(writer, "present");
		json_write_array(writer);
		json_write_bool(writer, pair->before != NULL);
		json_write_bool(writer, pair->after != NULL);
		json_write_array_end(writer);
	}
	for (size_t i = 0; i < ARRAY_COUNT(MEMBERS); i++) {
		const struct json *before = json_find(pair->before, MEMBERS[i]), *after = json_find(pair->after, MEMBERS[i]);
		if (!is_same(before, after))
			write_change(writer, MEMBERS[i], before, after);
	}
	write_list(writer, pair, "indicators");
	write_list(writer, pair, "nodes");
	json_write_object_end(writer);
}

/* ---- the whole ---- */

static void write_side(struct json_writer *writer, const char *name, const struct json *document)
{
	static const char *const NAMES[] = {"kind", "revision", "result_digest", "document_digest"};
	json_write_name(writer, name);
	json_write_object(writer);
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		json_write_name(writer, NAMES[i]);
		write_value(writer, json_find(document, NAMES[i]));
	}
	json_write_object_end(writer);
}

/* How much further each log was read. */
static void write_seqs(struct json_writer *writer, const struct json *before, const struct json *after)
{
	const struct json *seqs = json_find(after, "seqs");
	json_write_name(writer, "seqs");
	json_write_object(writer);
	const struct json *log = json_is(seqs, JSON_OBJECT) ? json_first(seqs) : NULL;
	for (; log != NULL; log = json_next(log)) {
		const struct json *old = json_find(json_find(json_find(before, "seqs"), json_name(log)), "seq");
		if (!is_same(old, json_find(log, "seq")))
			write_change(writer, json_name(log), old, json_find(log, "seq"));
	}
	json_write_object_end(writer);
}

void ranking_difference_write(struct arena *arena, struct buf *buf, const struct json *before, const struct json *after)
{
	size_t count, changed = 0;
	struct pair *pairs = pair_up(arena, before, after, &count);
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	write_side(&writer, "from", before);
	write_side(&writer, "to", after);
	for (size_t i = 0; i < count; i++)
		changed += differs(&pairs[i]) ? 1 : 0;
	json_member_integer(&writer, "unchanged", (int64_t)(count - changed));
	json_write_name(&writer, "rows");
	json_write_array(&writer);
	for (size_t i = 0; i < count; i++) {
		if (differs(&pairs[i]))
			write_row(&writer, &pairs[i]);
	}
	json_write_array_end(&writer);
	write_seqs(&writer, before, after);
	json_write_object_end(&writer);
}
