/* Keywords that apply other schemas, to the same value or to what is inside it. */
#include "common/schema_check.h"

#define LIST_SIZE 200
#define NAMES_SHOWN 64

bool check_reference(const struct frame *frame, const struct keyword *keyword)
{
	return check_in_place(frame, keyword->schema);
}

bool check_all_of(const struct frame *frame, const struct keyword *keyword)
{
	for (size_t i = 0; i < keyword->schemas.count; i++) {
		if (!check_in_place(frame, keyword->schemas.at[i]))
			return false;
	}
	return true;
}

/* With one alternative, or where nobody asks what was evaluated, the rest need not be tried. */
bool check_any_of(const struct frame *frame, const struct keyword *keyword)
{
	size_t valid = 0;
	for (size_t i = 0; i < keyword->schemas.count && (valid == 0 || frame->evaluated != NULL); i++)
		valid += check_quietly(frame, keyword->schemas.at[i]);
	return valid > 0
	       || refuse(frame, keyword, NULL,
	                 "fits none of the %zu alternatives of the schema: make it fit one",
	                 "не подходит ни под один из вариантов схемы (их %zu): приведите к одному из них",
	                 keyword->schemas.count);
}

bool check_one_of(const struct frame *frame, const struct keyword *keyword)
{
	size_t valid = 0;
	for (size_t i = 0; i < keyword->schemas.count && valid < 2; i++)
		valid += check_quietly(frame, keyword->schemas.at[i]);
	if (valid == 1)
		return true;
	if (valid == 0)
		return refuse(frame, keyword, NULL, "fits none of the %zu alternatives of the schema, exactly one is needed",
		              "не подходит ни под один из вариантов схемы (их %zu), нужен ровно один", keyword->schemas.count);
	return refuse(frame, keyword, NULL, "fits more than one of the %zu alternatives of the schema, exactly one is needed",
	              "подходит больше чем под один из вариантов схемы (их %zu), нужен ровно один", keyword->schemas.count);
}

bool check_not(const struct frame *frame, const struct keyword *keyword)
{
	struct frame apart = *frame;
	apart.evaluated = NULL;
	return !check_quietly(&apart, keyword->schema)
	       || refuse(frame, keyword, NULL, "is what the schema excludes here: change or remove it",
	                 "схема исключает здесь такое значение: измените или удалите его");
}

bool check_if(const struct frame *frame, const struct keyword *keyword)
{
	bool condition = check_quietly(frame, keyword->schema);
	const struct keyword *branch = frame->schema->by_id[condition ? KEYWORD_THEN : KEYWORD_ELSE];
	return branch == NULL || check_in_place(frame, branch->schema);
}

bool check_dependent_schemas(const struct frame *frame, const struct keyword *keyword)
{
	for (size_t i = 0; i < keyword->map.count; i++) {
		const struct entry *entry = &keyword->map.at[i];
		if (json_find_key(frame->at->json, &entry->key) != NULL && !check_in_place(frame, entry->schema))
			return false;
	}
	return true;
}

bool check_property_names(const struct frame *frame, const struct keyword *keyword)
{
	size_t index = 0;
	for (const struct json *member = json_first(frame->at->json); member != NULL; member = json_next(member), index++) {
		struct place at = {
			.up = frame->at,
			.json = json_name_value(frame->validation->scratch, member),
			.name = json_name(member),
			.index = index,
		};
		if (!schema_check(frame->validation, keyword->schema, &at, NULL))
			return false;
	}
	return true;
}

/* keyword may be NULL: absent. */
static const struct entry *find_entry(const struct keyword *keyword, const struct json *member)
{
	if (keyword == NULL)
		return NULL;
	const struct json_key *key = json_name_key(member);
	size_t mask = keyword->map.slots_count - 1;
	for (size_t slot = schema_name_hash(key) & mask; keyword->map.slots[slot] != 0; slot = (slot + 1) & mask) {
		const struct entry *entry = &keyword->map.at[keyword->map.slots[slot] - 1];
		if (json_key_equal(&entry->key, key))
			return entry;
	}
	return NULL;
}

bool check_properties(const struct frame *frame, const struct keyword *keyword)
{
	size_t index = 0;
	bool all_named = true;
	for (const struct json *member = json_first(frame->at->json); member != NULL; member = json_next(member), index++) {
		const struct entry *entry = find_entry(keyword, member);
		if (entry == NULL) {
			all_named = false;
			continue;
		}
		if (!check_inside(frame, entry->schema, member, index))
			return false;
		mark_evaluated(frame, index);
	}
	*frame->all_named = all_named;
	return true;
}

static bool name_matches(const struct frame *frame, const struct entry *entry, const struct json *member)
{
	enum pattern_answer answer = pattern_match(entry->pattern, json_name(member));
	if (answer == PATTERN_UNDECIDED)
		frame->validation->abandoned = true;
	return answer == PATTERN_YES;
}

bool check_pattern_properties(const struct frame *frame, const struct keyword *keyword)
{
	size_t index = 0;
	for (const struct json *member = json_first(frame->at->json); member != NULL; member = json_next(member), index++) {
		for (size_t i = 0; i < keyword->map.count; i++) {
			const struct entry *entry = &keyword->map.at[i];
			if (!name_matches(frame, entry, member))
				continue;
			if (!check_inside(frame, entry->schema, member, index))
				return false;
			mark_evaluated(frame, index);
		}
	}
	return true;
}

static bool is_named_by_siblings(const struct frame *frame, const struct json *member)
{
	const struct keyword *patterns = frame->schema->by_id[KEYWORD_PATTERN_PROPERTIES];
	if (find_entry(frame->schema->by_id[KEYWORD_PROPERTIES], member) != NULL)
		return true;
	for (size_t i = 0; patterns != NULL && i < patterns->map.count; i++) {
		if (name_matches(frame, &patterns->map.at[i], member))
			return true;
	}
	return false;
}

/* The most frequent mistake, so it gets the names that are known. */
static bool refuse_unknown(const struct frame *frame, const struct keyword *keyword, const struct json *member)
{
	char text[LIST_SIZE];
	const char *names[NAMES_SHOWN] = {NULL};
	size_t count = 0;
	const struct keyword *properties = frame->schema->by_id[KEYWORD_PROPERTIES];
	for (; properties != NULL && count < properties->map.count && count < NAMES_SHOWN; count++)
		names[count] = properties->map.at[count].name;
	list_names(text, sizeof text, names, count);
	if (count == 0)
		return refuse(frame, keyword, json_name(member), "there is no such member here: remove it",
		              "такого члена здесь нет: удалите его");
	return refuse(frame, keyword, json_name(member),
	              "there is no such member here: remove it or correct its name; known are: %s",
	              "такого члена здесь нет: удалите его или исправьте имя; известны: %s", text);
}

static bool is_false(const struct schema *schema)
{
	return schema->is_bool && !json_bool(schema->json);
}

bool check_additional_properties(const struct frame *frame, const struct keyword *keyword)
{
	size_t index = 0;
	if (*frame->all_named)
		return true;
	for (const struct json *member = json_first(frame->at->json); member != NULL; member = json_next(member), index++) {
		if (is_named_by_siblings(frame, member))
			continue;
		if (is_false(keyword->schema))
			return refuse_unknown(frame, keyword, member);
		if (!check_inside(frame, keyword->schema, member, index))
			return false;
		mark_evaluated(frame, index);
	}
	return true;
}

bool check_prefix_items(const struct frame *frame, const struct keyword *keyword)
{
	size_t index = 0;
	for (const struct json *item = json_first(frame->at->json); item != NULL && index < keyword->schemas.count;
	     item = json_next(item), index++) {
		if (!check_inside(frame, keyword->schemas.at[index], item, index))
			return false;
		mark_evaluated(frame, index);
	}
	return true;
}

bool check_items(const struct frame *frame, const struct keyword *keyword)
{
	const struct keyword *prefix = frame->schema->by_id[KEYWORD_PREFIX_ITEMS];
	size_t first = prefix != NULL ? prefix->schemas.count : 0;
	size_t index = 0;
	for (const struct json *item = json_first(frame->at->json); item != NULL; item = json_next(item), index++) {
		if (index >= first && !check_inside(frame, keyword->schema, item, index))
			return false;
		mark_evaluated(frame, index);
	}
	return true;
}

bool check_contains(const struct frame *frame, const struct keyword *keyword)
{
	const struct keyword *min = frame->schema->by_id[KEYWORD_MIN_CONTAINS];
	const struct keyword *max = frame->schema->by_id[KEYWORD_MAX_CONTAINS];
	size_t found = 0;
	size_t index = 0;
	for (const struct json *item = json_first(frame->at->json); item != NULL; item = json_next(item), index++) {
		if (!check_inside_quietly(frame, keyword->schema, item, index))
			continue;
		mark_evaluated(frame, index);
		found++;
	}
	if ((double)found < (min != NULL ? min->count : 1))
		return refuse(frame, keyword, NULL, "%zu elements fit the schema of contains, at least %.0f are needed: add some",
		              "под схему contains подходит элементов: %zu, нужно не меньше %.0f: добавьте",
		              found, min != NULL ? min->count : 1);
	if (max != NULL && (double)found > max->count)
		return refuse(frame, keyword, NULL, "%zu elements fit the schema of contains, at most %.0f are allowed: remove some",
		              "под схему contains подходит элементов: %zu, допускается не больше %.0f: удалите лишние",
		              found, max->count);
	return true;
}

static bool check_unevaluated(const struct frame *frame, const struct keyword *keyword)
{
	size_t index = 0;
	for (const struct json *item = json_first(frame->at->json); item != NULL; item = json_next(item), index++) {
		if (!is_evaluated(frame, index) && !check_inside(frame, keyword->schema, item, index))
			return false;
	}
	mark_all_evaluated(frame);
	return true;
}

bool check_unevaluated_properties(const struct frame *frame, const struct keyword *keyword)
{
	return check_unevaluated(frame, keyword);
}

bool check_unevaluated_items(const struct frame *frame, const struct keyword *keyword)
{
	return check_unevaluated(frame, keyword);
}
