#include "services/ranking/ranking_methodology_reader.h"

/* Every combination of alternatives is read like a file of its own, so that it is checked like one: a mean that an
 * alternative's range forbids is refused here, not met by a replicate. */

static const char *const STAGE_NAMES[METHODOLOGY_STAGES] = {"outliers", "normalise", "aggregate"};

const char *methodology_stage_name(enum methodology_stage stage)
{
	return STAGE_NAMES[stage];
}

/* The variant's number: the last stage runs fastest. */
static size_t number_of(const struct methodology *methodology, const size_t alternatives[METHODOLOGY_STAGES])
{
	size_t number = 0;
	for (size_t i = 0; i < METHODOLOGY_STAGES; i++) {
		ASSERT(alternatives[i] < methodology->alternatives[i]);
		number = number * methodology->alternatives[i] + alternatives[i];
	}
	return number;
}

const struct methodology *methodology_variant(const struct methodology *methodology,
                                              const size_t alternatives[METHODOLOGY_STAGES])
{
	return methodology->variants[number_of(methodology, alternatives)];
}

size_t methodology_variant_count(const struct methodology *methodology)
{
	size_t count = 1;
	for (size_t i = 0; i < METHODOLOGY_STAGES; i++)
		count *= methodology->alternatives[i];
	return count;
}

/* What stands for each alternative of each stage; the first is the methodology's own. */
struct choices {
	size_t counts[METHODOLOGY_STAGES];
	struct place places[METHODOLOGY_STAGES][METHODOLOGY_ALTERNATIVES_MAX];
};

static enum status list_choices(struct reader *reader, const struct place *at, enum methodology_stage stage,
                                struct choices *choices)
{
	struct place list = place_member(at, STAGE_NAMES[stage]);
	if (place_absent(&list))
		return STATUS_OK;
	enum status status = check_list(reader, &list, METHODOLOGY_ALTERNATIVES_MAX - 1);
	size_t index = 0;
	for (const struct json *item = json_first(list.json); status == STATUS_OK && item != NULL; item = json_next(item)) {
		choices->places[stage][choices->counts[stage]++] = place_element(&list, item, index++);
	}
	return status;
}

static enum status list_all_choices(struct reader *reader, const struct place *root, struct choices *ret_choices)
{
	const struct place own[METHODOLOGY_STAGES] = {reader->outliers, reader->normalise, reader->aggregate};
	struct place at = place_member(root, "alternatives");
	for (size_t i = 0; i < METHODOLOGY_STAGES; i++) {
		ret_choices->counts[i] = 1;
		ret_choices->places[i][0] = own[i];
	}
	if (place_absent(&at))
		return STATUS_OK;
	static const char *const NAMES[] = {"outliers", "normalise", "aggregate", NULL};
	enum status status = check_object(reader, &at, NAMES);
	for (size_t i = 0; i < METHODOLOGY_STAGES && status == STATUS_OK; i++)
		status = list_choices(reader, &at, (enum methodology_stage)i, ret_choices);
	return status;
}

enum status read_alternatives(struct reader *reader, const struct place *root,
                              enum status (*read_all)(struct reader *, const struct place *))
{
	struct methodology *methodology = reader->methodology;
	struct choices choices;
	enum status status = list_all_choices(reader, root, &choices);
	if (status != STATUS_OK)
		return status;
	memcpy(methodology->alternatives, choices.counts, sizeof choices.counts);
	size_t count = methodology_variant_count(methodology);
	const struct methodology **variants = arena_array(reader->arena, const struct methodology *, count);
	methodology->variants = variants;
	variants[0] = methodology;
	for (size_t i = 1; i < count && status == STATUS_OK; i++) {
		size_t rest = i;
		struct place *stages[METHODOLOGY_STAGES] = {&reader->outliers, &reader->normalise, &reader->aggregate};
		for (size_t stage = METHODOLOGY_STAGES; stage-- > 0; rest /= choices.counts[stage])
			*stages[stage] = choices.places[stage][rest % choices.counts[stage]];
		status = read_all(reader, root);
		variants[i] = reader->methodology;
	}
	reader->methodology = methodology;
	return status;
}
