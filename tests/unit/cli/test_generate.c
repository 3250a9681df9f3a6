/* The generator: the same bytes for the same seed, every line an event, the published figures found again in it. */
#include "common/decimal.h"
#include "common/envelope.h"
#include "services/cli/cli_generate_core.h"
#include "services/cli/cli_generate_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define REGIONS       83
#define NAMES_MAX     2000
#define REGISTRY_MAX  ((size_t)1024 * 1024)

static struct generate_registry registry;
static struct arena *arena;   /* of the generator */
static struct arena *line_arena;

static const struct generate_options DEFAULTS = {
	.seed = GENERATE_SEED_DEFAULT, .projects = GENERATE_PROJECTS_DEFAULT,
};

/* --- arranging --- */

static int setup(void **state)
{
	struct buf csv;
	char chunk[4096];
	size_t len;
	FILE *file = fopen(EFFREG_SOURCE_DIR "/proto/registry/regions.csv", "rb");

	(void)state;
	assert_non_null(file);
	buf_init(&csv, REGISTRY_MAX);
	while ((len = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_append(&csv, chunk, len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(generate_registry_parse(buf_span(&csv), &registry, NULL), STATUS_OK);
	buf_clear(&csv);
	arena = arena_new(GENERATE_ARENA_BYTES_MAX);
	line_arena = arena_new((size_t)4 * 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&arena);
	arena_destroy(&line_arena);
	return 0;
}

static const struct generate_region *region_of(const char *code)
{
	const struct generate_region *region = generate_registry_find(&registry, span_of_text(code));

	assert_non_null(region);
	return region;
}

static size_t generate(const struct generate_options *options, const struct generate_region *region, struct buf *lines)
{
	size_t events = 0;

	arena_reset(arena);
	buf_init(lines, GENERATE_LINES_BYTES_MAX);
	assert_int_equal(generate_region_events(options, region, arena, lines, &events), STATUS_OK);
	return events;
}

/* --- reading the lines again --- */

struct reading {
	const struct envelope *envelope;
	enum event_type type;
};

typedef void (*reader)(void *to, const struct reading *reading);

/* Every line is parsed and read as an envelope; calls read for each; returns their number. */
static size_t read_lines(const struct generate_region *region, const struct buf *lines, reader read, void *to)
{
	const char *at = lines->at;
	const char *end = lines->at + lines->len;
	int64_t last_us = 0;
	size_t count = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const struct json *event = NULL;
		struct envelope envelope;
		struct reading reading = {.envelope = &envelope};

		assert_non_null(newline);
		arena_reset(line_arena);
		assert_int_equal(json_parse(line_arena, at, (size_t)(newline - at), &JSON_LIMITS_EVENT, &event, NULL), STATUS_OK);
		assert_int_equal(envelope_read(event, &envelope, NULL), STATUS_OK);
		assert_string_equal(envelope.region, region->oktmo);
		assert_int_equal(envelope.sequence, ++count);
		assert_true(envelope.time_us >= last_us);
		assert_true(event_type_find(envelope.type, &reading.type));
		last_us = envelope.time_us;
		if (read != NULL)
			read(to, &reading);
		at = newline + 1;
	}
	return count;
}

/* What one region's events add up to, until a day. */
struct tally {
	int64_t until_us;
	int initiated, completed;
	int bodies[3];            /* executive, municipal, institution */
	int trained, practices;
	int labour_min, labour_max;  /* factor base/actual, permille; Kirovsky district's stands apart */
	int64_t saved_tenths;     /* hours */
	size_t owners, bodies_count;
	char indicators[64];      /* codes seen, each followed by a space */
	bool closed[NAMES_MAX];   /* by number of project */
	bool kirovskiy[NAMES_MAX];
	int labour_base[NAMES_MAX];
	char owner_names[128][40];
};

static size_t number_of(const struct json *data)
{
	const char *name = json_find_string(data, "project");

	assert_non_null(name);
	size_t number = strtoul(name + 2, NULL, 10);
	assert_true(number >= 1 && number < NAMES_MAX);
	return number;
}

static int tenths(const char *text)
{
	decimal value;

	assert_non_null(text);
	assert_true(decimal_parse(text, &value));
	return (int)(value.millionths / 100000);
}

static void tally_owner(struct tally *tally, const char *owner)
{
	for (size_t i = 0; i < tally->owners; i++) {
		if (text_equal(tally->owner_names[i], owner))
			return;
	}
	assert_true(tally->owners < ARRAY_COUNT(tally->owner_names));
	(void)snprintf(tally->owner_names[tally->owners++], sizeof(tally->owner_names[0]), "%s", owner);
}

static void tally_opened(struct tally *tally, const struct json *data)
{
	const char *owner = json_string(json_first(json_find(data, "authorities")));

	tally->initiated++;
	tally->kirovskiy[number_of(data)] = text_equal(owner, "kirovskiy");
	tally_owner(tally, owner);
}

static void tally_planned(struct tally *tally, const struct json *data)
{
	const char *code = json_find_string(data, "indicator");
	size_t len = strlen(tally->indicators);

	if (strstr(tally->indicators, code) == NULL)
		(void)snprintf(tally->indicators + len, sizeof(tally->indicators) - len, "%s ", code);
	if (text_equal(code, "labour"))
		tally->labour_base[number_of(data)] = tenths(json_find_string(json_find(data, "base"), "value"));
}

static void tally_measured(struct tally *tally, const struct json *data)
{
	size_t number = number_of(data);
	int actual, base = tally->labour_base[number];
	int64_t cases = 0;

	if (!text_equal(json_find_string(data, "indicator"), "labour") || tally->closed[number])
		return;
	actual = tenths(json_find_string(data, "value"));
	if (json_find(data, "observations") != NULL)
		assert_true(json_integer(json_find(data, "observations"), &cases));
	tally->saved_tenths += (base - actual) * cases;
	if (tally->kirovskiy[number])
		return;
	if (tally->labour_min == 0 || base * 1000 / actual < tally->labour_min)
		tally->labour_min = base * 1000 / actual;
	if ((base * 1000 + actual - 1) / actual > tally->labour_max)
		tally->labour_max = (base * 1000 + actual - 1) / actual;
}

static void tally_registered(struct tally *tally, const struct json *data)
{
	static const char *const levels[] = {"executive", "municipal", "institution"};

	tally->bodies_count++;
	for (size_t i = 0; i < ARRAY_COUNT(levels); i++)
		tally->bodies[i] += text_equal(json_find_string(data, "level"), levels[i]) ? 1 : 0;
}

static void tally_event(void *to, const struct reading *reading)
{
	struct tally *tally = to;
	const struct json *data = reading->envelope->data;
	int64_t people = 0;

	if (reading->envelope->time_us >= tally->until_us)
		return;
	switch (reading->type) {
	case EVENT_AUTHORITY_REGISTERED:
		tally_registered(tally, data);
		break;
	case EVENT_PROJECT_OPENED:
		tally_opened(tally, data);
		break;
	case EVENT_PROJECT_CLOSED:
		tally->completed++;
		tally->closed[number_of(data)] = true;
		break;
	case EVENT_INDICATOR_PLANNED:
		tally_planned(tally, data);
		break;
	case EVENT_MEASUREMENT_RECORDED:
		tally_measured(tally, data);
		break;
	case EVENT_TRAINING_COMPLETED_V1:
	case EVENT_TRAINING_COMPLETED:
		assert_true(json_integer(json_find(data, "people"), &people));
		tally->trained += (int)people;
		break;
	case EVENT_PRACTICE_PUBLISHED:
		tally->practices++;
		break;
	default:
		break;
	}
}

/* Of all events before the day `until` ("2025-01-01"). */
static struct tally tally_of(const char *code, const char *until)
{
	static struct tally tally;
	const struct generate_region *region = region_of(code);
	struct buf lines;

	tally = (struct tally){.initiated = 0};
	assert_true(date_parse(until, &tally.until_us));
	(void)generate(&DEFAULTS, region, &lines);
	(void)read_lines(region, &lines, tally_event, &tally);
	buf_clear(&lines);
	return tally;
}

/* --- cases --- */

static void the_generator_of_numbers_is_xoshiro256(void **state)
{
	struct generate_random random = {.state = {1, 2, 3, 4}};

	(void)state;
	/* Published first outputs of xoshiro256** from this state. */
	assert_true(generate_random_next(&random) == 11520);
	assert_true(generate_random_next(&random) == 0);
	assert_true(generate_random_next(&random) == 1509978240);
	assert_true(generate_random_next(&random) == UINT64_C(1215971899390074240));
}

static void days_are_counted_and_written(void **state)
{
	static const struct {
		int yyyymmdd, day;
		const char *text;
	} cases[] = {
		{19700101, 0, "1970-01-01"}, {20000229, 11016, "2000-02-29"}, {20240229, 19782, "2024-02-29"},
		{20241231, 20088, "2024-12-31"}, {20250101, 20089, "2025-01-01"},
	};
	char text[CALENDAR_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		assert_int_equal(calendar_day(cases[i].yyyymmdd), cases[i].day);
		calendar_text(cases[i].day, text);
		assert_string_equal(text, cases[i].text);
	}
	assert_int_equal(calendar_workday(calendar_day(20240101)), calendar_day(20240109));  /* holidays */
	assert_int_equal(calendar_workday(calendar_day(20240309)), calendar_day(20240311));  /* a Saturday */
	assert_int_equal(calendar_workday(calendar_day(20240308)), calendar_day(20240308));  /* a Friday */
}

static void a_broken_registry_is_refused(void **state)
{
	struct generate_registry parsed;
	struct fault fault;

	(void)state;
	assert_int_equal(generate_registry_parse(span_of_text("code,name\n1,2\n"), &parsed, &fault), STATUS_INVALID);
	assert_int_equal(generate_registry_parse(span_of_text("oktmo,iso_3166_2,type\n123,RU-X,krai\n"), &parsed, &fault),
	                 STATUS_INVALID);
	assert_non_null(strstr(fault.text, "line 2"));
	assert_int_equal(generate_registry_parse(span_of_text("oktmo,iso_3166_2,type\n01000000,,krai\r\n"), &parsed, &fault),
	                 STATUS_OK);
	assert_int_equal(parsed.count, 1);
	assert_string_equal(parsed.regions[0].type, "krai");
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
	static const char *const codes[] = {"40000000", "RU-YEV", "ru-ta"};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
		struct buf first, second, other;
		struct generate_options reseeded = {.seed = 7, .projects = GENERATE_PROJECTS_DEFAULT};

		(void)generate(&DEFAULTS, region_of(codes[i]), &first);
		(void)generate(&DEFAULTS, region_of(codes[i]), &second);
		(void)generate(&reseeded, region_of(codes[i]), &other);
		assert_true(span_equal(buf_span(&first), buf_span(&second)));
		assert_false(span_equal(buf_span(&first), buf_span(&other)));
		buf_clear(&first);
		buf_clear(&second);
		buf_clear(&other);
	}
}

static void a_region_does_not_depend_on_the_others(void **state)
{
	struct buf alone, after, lines;
	struct generate_options larger = {.seed = GENERATE_SEED_DEFAULT, .projects = 200};

	(void)state;
	(void)generate(&DEFAULTS, region_of("RU-VOR"), &alone);
	(void)generate(&larger, region_of("RU-ALT"), &lines);
	/* Published figures do not move with the size of the made-up part either. */
	(void)generate(&larger, region_of("RU-VOR"), &after);
	assert_true(span_equal(buf_span(&alone), buf_span(&after)));
	buf_clear(&alone);
	buf_clear(&after);
	buf_clear(&lines);
}

static void all_regions_together_have_about_100000_events(void **state)
{
	size_t total = 0;

	(void)state;
	assert_int_equal(registry.count, REGIONS);
	for (size_t i = 0; i < registry.count; i++) {
		struct buf lines;
		size_t events = generate(&DEFAULTS, &registry.regions[i], &lines);

		assert_int_equal(read_lines(&registry.regions[i], &lines, NULL, NULL), events);
		total += events;
		buf_clear(&lines);
	}
	assert_in_range(total, 90000, 110000);
}

static void the_largest_history_fits_its_limits(void **state)
{
	struct generate_options largest = {.seed = GENERATE_SEED_DEFAULT, .projects = GENERATE_PROJECTS_MEAN_MAX};

	(void)state;
	for (size_t i = 0; i < registry.count; i++) {
		struct buf lines;

		(void)generate(&largest, &registry.regions[i], &lines);
		buf_clear(&lines);
	}
}

static void published_counts_of_projects_hold_at_their_dates(void **state)
{
	static const struct {
		const char *region, *until;
		int initiated_min, initiated_max, completed_min, completed_max;
	} cases[] = {
		{"RU-SPE", "2025-01-01",  280,  280, 141, 279},
		{"RU-VOR", "2026-01-01", 1480, 1499,   1, 1499},
		{"RU-KGD", "2023-07-01",   33,  100,  33,  33},
		{"RU-KGD", "2023-08-01",   33,  100,  33,  33},
		{"RU-TYU", "2025-12-01",  195,  195, 141, 141},
		{"RU-TYU", "2026-01-01",  195,  195, 141, 141},
		{"RU-ROS", "2024-12-01",  601,  700,   1, 700},
		{"RU-CU",  "2023-01-01",    0,    0,   0,   0},
		{"RU-CU",  "2026-01-01",   89,   89,  89,  89},
		{"RU-AMU", "2026-01-01",    1,   20,   1,  20},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct tally tally = tally_of(cases[i].region, cases[i].until);

		assert_in_range(tally.initiated, cases[i].initiated_min, cases[i].initiated_max);
		assert_in_range(tally.completed, cases[i].completed_min, cases[i].completed_max);
	}
}

static void published_counts_of_bodies_people_and_practices_hold(void **state)
{
	struct tally rostov = tally_of("RU-ROS", "2024-12-01");
	struct tally tyumen = tally_of("RU-TYU", "2025-12-01");
	struct tally voronezh = tally_of("RU-VOR", "2026-01-01");
	struct tally city = tally_of("RU-SPE", "2025-01-01");
	struct tally amur = tally_of("RU-AMU", "2026-01-01");

	(void)state;
	assert_int_equal(rostov.bodies[0], 29);
	assert_int_equal(rostov.bodies[1], 55);
	assert_int_equal(tyumen.bodies_count, 90);
	assert_in_range(voronezh.trained, 2501, 2700);
	assert_int_equal(voronezh.practices, 12);
	assert_int_equal(city.owners, city.bodies_count);  /* all authorities take part */
	assert_null(strstr(amur.indicators, "labour"));
	assert_null(strstr(amur.indicators, "steps"));
}

static void published_savings_of_labour_hold(void **state)
{
	struct tally city = tally_of("RU-SPE", "2026-01-01");
	struct tally chuvashia = tally_of("RU-CU", "2026-01-01");

	(void)state;
	assert_in_range(city.labour_min, 1500, 2000);
	assert_in_range(city.labour_max, 1500, 2000);
	assert_in_range(chuvashia.saved_tenths, 895000, 905000);
}

/* How far each project has come, by number. */
struct stories {
	struct {
		int stage;            /* 0 = not opened */
		bool opened, closed;
		unsigned planned;     /* a bit per place of the indicator's code in codes */
	} projects[NAMES_MAX];
};

static unsigned indicator_bit(const struct json *data)
{
	static const char *const codes[] = {"lead_time", "labour", "documents", "errors", "steps"};

	for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
		if (text_equal(json_find_string(data, "indicator"), codes[i]))
			return 1u << i;
	}
	fail();
	return 0;
}

static void follow_story(void *to, const struct reading *reading)
{
	struct stories *stories = to;
	const struct json *data = reading->envelope->data;
	int64_t stage = 0;

	if (json_find_string(data, "project") == NULL)
		return;
	size_t number = number_of(data);
	switch (reading->type) {
	case EVENT_PROJECT_OPENED:
		assert_false(stories->projects[number].opened);
		stories->projects[number].opened = true;
		stories->projects[number].stage = 1;  /* begins with the opening */
		break;
	case EVENT_PROJECT_STAGE_STARTED:
		assert_true(stories->projects[number].opened);
		assert_true(json_integer(json_find(data, "stage"), &stage));
		assert_int_equal(stage, ++stories->projects[number].stage);
		assert_int_equal(stage == 5, stories->projects[number].closed);
		break;
	case EVENT_INDICATOR_PLANNED:
		assert_in_range(stories->projects[number].stage, 2, 3);
		assert_false(stories->projects[number].planned & indicator_bit(data));
		stories->projects[number].planned |= indicator_bit(data);
		break;
	case EVENT_MEASUREMENT_RECORDED:
		assert_true(stories->projects[number].planned & indicator_bit(data));
		break;
	case EVENT_PROJECT_CLOSED:
		assert_int_equal(stories->projects[number].stage, 4);
		assert_false(stories->projects[number].closed);
		stories->projects[number].closed = true;
		break;
	case EVENT_PRACTICE_PUBLISHED:
		assert_true(stories->projects[number].closed);
		break;
	default:
		break;
	}
}

static void no_project_does_the_impossible(void **state)
{
	static struct stories stories;

	(void)state;
	for (size_t i = 0; i < registry.count; i++) {
		struct buf lines;

		stories = (struct stories){.projects = {{.stage = 0}}};
		(void)generate(&DEFAULTS, &registry.regions[i], &lines);
		(void)read_lines(&registry.regions[i], &lines, follow_story, &stories);
		buf_clear(&lines);
	}
}

/* What a region reports beside its projects, as counts by type. */
struct types {
	size_t counts[EVENT_TYPE_COUNT];
	int64_t place, regions_present;
	char from_region[OKTMO_TEXT_SIZE];
};

static void count_type(void *to, const struct reading *reading)
{
	struct types *types = to;
	const struct json *data = reading->envelope->data;

	types->counts[reading->type]++;
	if (reading->type == EVENT_CONTEST_RESULT)
		assert_true(json_integer(json_find(data, "place"), &types->place));
	if (reading->type == EVENT_CLUB_SESSION_HELD)
		assert_true(json_integer(json_find(data, "regions_present"), &types->regions_present));
	if (reading->type == EVENT_CHAIR_TRANSFERRED)
		(void)snprintf(types->from_region, sizeof types->from_region, "%s", json_find_string(data, "from_region"));
}

static void published_facts_of_voronezhs_programme_hold(void **state)
{
	struct types types = {.place = 0};
	struct buf lines;

	(void)state;
	(void)generate(&DEFAULTS, region_of("RU-VOR"), &lines);
	(void)read_lines(region_of("RU-VOR"), &lines, count_type, &types);
	buf_clear(&lines);
	assert_int_equal(types.counts[EVENT_TRAINING_CENTRE_OPENED], 6);
	assert_int_equal(types.counts[EVENT_CLUB_JOINED], 1);
	assert_int_equal(types.counts[EVENT_CONTEST_RESULT], 1);
	assert_int_equal(types.place, 5);
	assert_int_equal(types.counts[EVENT_CHAIR_TRANSFERRED], 1);
	assert_int_equal(types.counts[EVENT_CUP_HANDED_OVER], 1);
	assert_string_equal(types.from_region, "27000000");
	assert_int_equal(types.regions_present, 12);
}

/* So that a report of the demonstration has something in each of its sections. */
static void all_regions_together_tell_of_every_part_of_the_programme(void **state)
{
	static const enum event_type told[] = {
		EVENT_CLUB_JOINED, EVENT_CENTRE_OPENED, EVENT_ROLE_ASSIGNED, EVENT_STANDARD_ADOPTED, EVENT_PROJECT_MONITORING_CHECKED,
		EVENT_EFFECT_DECLARED, EVENT_SURVEY_COMPLETED, EVENT_PROBLEM_RAISED, EVENT_PROBLEM_RESOLVED, EVENT_RISK_RAISED,
		EVENT_LESSON_RECORDED, EVENT_LOSS_FOUND, EVENT_TEAM_FORMED, EVENT_TRAINING_PLANNED, EVENT_TRAINING_CENTRE_OPENED,
		EVENT_MENTOR_APPOINTED, EVENT_MENTORSHIP_STARTED, EVENT_PRACTICE_REGISTERED, EVENT_REPLICATION_REQUESTED,
		EVENT_REPLICATION_ADOPTED, EVENT_REPLICATION_CONFIRMED, EVENT_CONTEST_RESULT, EVENT_MEETING_HELD,
		EVENT_INSTRUCTION_ISSUED, EVENT_INSTRUCTION_FULFILLED, EVENT_BONUS_SCHEME_ADOPTED, EVENT_BONUS_AWARDED,
		EVENT_CLUB_SESSION_HELD, EVENT_AGGREGATE_DECLARED, EVENT_EVENT_CORRECTED, EVENT_EVENT_WITHDRAWN, EVENT_TRAINING_COMPLETED,
		EVENT_TRAINING_COMPLETED_V1,
	};
	struct types types = {.place = 0};

	(void)state;
	for (size_t i = 0; i < registry.count; i++) {
		struct buf lines;

		(void)generate(&DEFAULTS, &registry.regions[i], &lines);
		(void)read_lines(&registry.regions[i], &lines, count_type, &types);
		buf_clear(&lines);
	}
	for (size_t i = 0; i < ARRAY_COUNT(told); i++) {
		if (types.counts[told[i]] == 0)
			fail_msg("no region tells of %s", event_type_text(told[i]));
	}
}

/* Ids of the events so far, and how often one of them was corrected or withdrawn. */
struct slips {
	struct ident_uuid ids[4096];
	size_t count, corrected, withdrawn;
};

static void follow_slips(void *to, const struct reading *reading)
{
	struct slips *slips = to;
	struct correction correction;
	bool found = false;

	assert_true(slips->count < ARRAY_COUNT(slips->ids));
	slips->ids[slips->count++] = reading->envelope->id;
	if (event_type_may_be_corrected(reading->type))
		return;
	assert_int_equal(correction_read(reading->envelope, &correction, NULL), STATUS_OK);
	assert_int_equal(correction.type, EVENT_MEETING_HELD);
	for (size_t i = 0; i < slips->count; i++)
		found = found || memcmp(&slips->ids[i], &correction.target, sizeof correction.target) == 0;
	assert_true(found);
	slips->corrected += correction.data != NULL;
	slips->withdrawn += correction.data == NULL;
}

static void what_is_corrected_or_withdrawn_was_told_before(void **state)
{
	static struct slips slips;
	size_t corrected = 0, withdrawn = 0;

	(void)state;
	for (size_t i = 0; i < registry.count; i++) {
		const struct generate_options few = {.seed = GENERATE_SEED_DEFAULT, .projects = 5};
		struct buf lines;

		if (region_of("RU-VOR") == &registry.regions[i])
			continue;  /* more events than are looked at here */
		slips = (struct slips){.count = 0};
		if (generate(&few, &registry.regions[i], &lines) <= ARRAY_COUNT(slips.ids))
			(void)read_lines(&registry.regions[i], &lines, follow_slips, &slips);
		corrected += slips.corrected;
		withdrawn += slips.withdrawn;
		buf_clear(&lines);
	}
	assert_true(corrected > 10);
	assert_true(withdrawn > 10);
}

/* By number of project: the last verdict, and whether a dispute is open. */
struct verdicts {
	bool disputed[NAMES_MAX], confirmed[NAMES_MAX];
	size_t verified, disputes;
};

static void follow_verdicts(void *to, const struct reading *reading)
{
	struct verdicts *verdicts = to;
	const struct json *data = reading->envelope->data;
	size_t number = number_of(data);

	assert_string_equal(reading->envelope->source, "coordinator/registry");
	assert_true(event_type_is_coordinators(reading->type));
	if (reading->type == EVENT_VERIFICATION_RECORDED) {
		assert_false(text_equal(json_find_string(data, "verdict"), "refused"));
		verdicts->confirmed[number] = text_equal(json_find_string(data, "verdict"), "confirmed");
		verdicts->verified++;
	} else {
		verdicts->disputed[number] = reading->type == EVENT_DISPUTE_OPENED;
		verdicts->disputes++;
	}
}

/* Else a figure that the sources publish would depend on what is made up. What is disputed at the end of the data is still open. */
static void the_coordinator_refuses_nothing(void **state)
{
	static struct verdicts verdicts;
	size_t verified = 0, disputes = 0;

	(void)state;
	for (size_t i = 0; i < registry.count; i++) {
		struct buf lines;
		size_t events = 0;

		verdicts = (struct verdicts){.verified = 0};
		arena_reset(arena);
		buf_init(&lines, GENERATE_LINES_BYTES_MAX);
		assert_int_equal(generate_coordinator_events(&DEFAULTS, &registry.regions[i], arena, &lines, &events), STATUS_OK);
		assert_int_equal(read_lines(&registry.regions[i], &lines, follow_verdicts, &verdicts), events);
		for (size_t number = 1; number < NAMES_MAX; number++)
			assert_false(verdicts.confirmed[number] && verdicts.disputed[number]);
		verified += verdicts.verified;
		disputes += verdicts.disputes;
		buf_clear(&lines);
	}
	assert_in_range(verified, 200, 2000);
	assert_in_range(disputes, 50, 1000);
}

/* The measured projects of Kirovsky district and of Kaliningrad's ministry. */
struct described {
	const char *title;      /* its beginning */
	bool found, closed, digital, independent;
	char name[16];
	int base, actual;
};

static void find_described(void *to, const struct reading *reading)
{
	struct described *described = to;
	const struct json *data = reading->envelope->data;
	const char *name = json_find_string(data, "project");

	if (reading->type == EVENT_PROJECT_OPENED) {
		const char *title = json_find_string(json_find(data, "title"), "ru");

		if (strncmp(title, described->title, strlen(described->title)) != 0)
			return;
		assert_false(described->found);
		described->found = true;
		described->digital = json_bool(json_find(data, "digital"));
		described->independent = text_equal(json_find_string(data, "support"), "independent");
		(void)snprintf(described->name, sizeof(described->name), "%s", name);
	}
	if (!described->found || name == NULL || !text_equal(name, described->name))
		return;
	if (reading->type == EVENT_INDICATOR_PLANNED)
		described->base = tenths(json_find_string(json_find(data, "base"), "value"));
	if (reading->type == EVENT_MEASUREMENT_RECORDED)
		described->actual = tenths(json_find_string(data, "value"));
	if (reading->type == EVENT_PROJECT_CLOSED)
		described->closed = calendar_year((int)(reading->envelope->time_us / INT64_C(86400000000))) == 2022;
}

static struct described described_in(const char *code, const char *title)
{
	struct described described = {.title = title};
	struct buf lines;

	(void)generate(&DEFAULTS, region_of(code), &lines);
	(void)read_lines(region_of(code), &lines, find_described, &described);
	buf_clear(&lines);
	assert_true(described.found);
	return described;
}

static void described_projects_have_their_figures(void **state)
{
	struct described schools = described_in("RU-SPE", "Сокращение сроков согласования программ ремонта школ");
	struct described acts = described_in("RU-SPE", "Оптимизация контроля исполнения правовых актов");
	struct described youth = described_in("RU-SPE", "Цифровая организация молодёжных мероприятий");
	struct described water = described_in("RU-KGD", "Сокращение сроков рассмотрения заявлений о предоставлении водных");

	(void)state;
	assert_int_equal(schools.base, 70);
	assert_int_equal(schools.actual, 30);
	assert_true(schools.closed);
	assert_true(acts.base > 2 * acts.actual);
	assert_true(acts.closed);
	assert_true(youth.digital);
	assert_false(youth.closed);  /* active at the end of 2022 */
	assert_int_equal(water.base, 2 * water.actual);
	assert_true(water.independent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_generator_of_numbers_is_xoshiro256),
		cmocka_unit_test(days_are_counted_and_written),
		cmocka_unit_test(a_broken_registry_is_refused),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes),
		cmocka_unit_test(a_region_does_not_depend_on_the_others),
		cmocka_unit_test(all_regions_together_have_about_100000_events),
		cmocka_unit_test(the_largest_history_fits_its_limits),
		cmocka_unit_test(no_project_does_the_impossible),
		cmocka_unit_test(published_counts_of_projects_hold_at_their_dates),
		cmocka_unit_test(published_counts_of_bodies_people_and_practices_hold),
		cmocka_unit_test(published_savings_of_labour_hold),
		cmocka_unit_test(described_projects_have_their_figures),
		cmocka_unit_test(published_facts_of_voronezhs_programme_hold),
		cmocka_unit_test(all_regions_together_tell_of_every_part_of_the_programme),
		cmocka_unit_test(what_is_corrected_or_withdrawn_was_told_before),
		cmocka_unit_test(the_coordinator_refuses_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
