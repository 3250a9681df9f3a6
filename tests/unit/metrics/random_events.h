/* random_events: histories of a region by a seed, for tests that shuffle, cut and repeat them. */
#ifndef EFFREG_TESTS_METRICS_RANDOM_EVENTS_H
#define EFFREG_TESTS_METRICS_RANDOM_EVENTS_H

#include "common/upcast.h"
#include "tests/unit/metrics/metrics_fixture.h"

#include <time.h>

static inline uint64_t random_next(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline unsigned pick(uint64_t *seed, unsigned below)
{
	return (unsigned)(random_next(seed) % below);
}

/* Every member that any of the remaining types needs: their readers take what they know. */
static inline const char *random_member_soup(struct arena *arena, uint64_t *seed, const char *date,
                                             const char *indicator)
{
	static const char *const NAMES[] = {
		"authority", "institution", "centre", "role_id", "standard", "survey", "problem", "risk", "lesson", "loss",
		"team", "training", "training_centre", "mentor", "mentorship", "practice", "replication", "contest", "meeting",
		"instruction", "scheme", "bonus", "session", "what", "verification", "dispute",
	};
	static const char *const DATES[] = {
		"joined_on", "left_on", "registered_on", "opened_on", "closed_on", "since", "adopted_on", "declared_on",
		"completed_on", "formed_on", "planned_on", "appointed_on", "started_on", "ended_on", "confirmed_on", "held_on",
		"issued_on", "fulfilled_on", "awarded_on", "on", "as_of", "verified_on", "resolved_on",
	};
	const char *soup = arena_printf(arena, "\"project\":\"P%u\",\"indicator\":\"%s\",\"people\":%u", pick(seed, 40),
	                                indicator, 1 + pick(seed, 50));
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
		soup = arena_printf(arena, "%s,\"%s\":\"N%u\"", soup, NAMES[i], pick(seed, 5));
	for (size_t i = 0; i < ARRAY_COUNT(DATES); i++)
		soup = arena_printf(arena, "%s,\"%s\":\"%s\"", soup, DATES[i], date);
	return soup;
}

/* Few entities, few instants and two sources: facts are replaced often, and ties go down to the last key. */
static inline const char *random_data(struct arena *arena, uint64_t *seed, enum event_type type, const char *date)
{
	static const char *const UNITS[] = {"working_day", "working_hour", "calendar_day", "count"};
	static const char *const INDICATORS[] = {"lead_time", "labour", "errors", "documents", "steps"};
	unsigned project = pick(seed, 40);
	const char *unit = UNITS[pick(seed, 4)];
	const char *indicator = INDICATORS[pick(seed, 5)];
	unsigned first = pick(seed, 5);
	switch (type) {
	case EVENT_REGION_JOINED:
		return arena_printf(arena, "\"joined_on\":\"%s\"", date);
	case EVENT_AUTHORITY_REGISTERED:
		return arena_printf(arena, "\"authority\":\"A%u\",\"registered_on\":\"%s\"", first, date);
	case EVENT_HEADCOUNT_REPORTED:
		return arena_printf(arena, "\"as_of\":\"%s\",\"civil_servants\":%u%s", date, pick(seed, 5000),
		                    pick(seed, 3) == 0 ? ",\"authority\":\"A1\"" : "");
	case EVENT_PROJECT_OPENED:
		return arena_printf(arena, "\"project\":\"P%u\",\"authorities\":[\"A%u\"%s],\"digital\":%s,\"support\":\"%s\"",
		                    project, first, pick(seed, 2) == 0 ? ",\"A9\"" : "", pick(seed, 2) == 0 ? "true" : "false",
		                    pick(seed, 2) == 0 ? "partner" : "independent");
	case EVENT_PROJECT_STAGE_STARTED:
		return arena_printf(arena, "\"project\":\"P%u\",\"stage\":%u", project, 1 + pick(seed, 5));
	case EVENT_PROJECT_CLOSED:
		return arena_printf(arena, "\"project\":\"P%u\"", project);
	case EVENT_INDICATOR_PLANNED:
		return arena_printf(arena, "\"project\":\"P%u\",\"indicator\":\"%s\",\"unit\":\"%s\","
		                    "\"base\":{\"value\":\"%u.%u\"}",
		                    project, indicator, unit, pick(seed, 30), pick(seed, 10));
	case EVENT_MEASUREMENT_RECORDED:
		return arena_printf(arena, "\"project\":\"P%u\",\"indicator\":\"%s\",\"unit\":\"%s\",\"value\":\"%u\","
		                    "\"measured_on\":\"%s\"", project, indicator, unit, pick(seed, 30), date);
	case EVENT_TRAINING_COMPLETED:
		return arena_printf(arena, "\"training\":\"T%u\",\"completed_on\":\"%s\",\"people\":%u,\"civil_servants\":%u", first, date,
		                    1 + pick(seed, 90), pick(seed, 2));
	case EVENT_TRAINING_COMPLETED_V1:
		return arena_printf(arena, "\"training\":\"T%u\",\"completed_on\":\"%s\",\"people\":%u", first, date,
		                    1 + pick(seed, 90));
	case EVENT_PRACTICE_PUBLISHED:
		return arena_printf(arena, "\"practice\":\"R%u\"", first);
	case EVENT_PROJECT_STAGE_COMPLETED:
		return arena_printf(arena, "\"project\":\"P%u\",\"stage\":%u", project, 1 + pick(seed, 5));
	case EVENT_PROJECT_MONITORING_CHECKED:
		return arena_printf(arena, "\"project\":\"P%u\",\"checked_on\":\"%s\",\"held\":\"%s\",\"final\":%s", project,
		                    date, pick(seed, 3) == 0 ? "lost" : "held", pick(seed, 2) == 0 ? "true" : "false");
	default:
		return random_member_soup(arena, seed, date, indicator);
	}
}

/* Id and type follow from the number, so that a correction can name what it corrects before that exists. */
static inline unsigned number_mixed(unsigned number)
{
	uint64_t mixed = number;
	return (unsigned)(random_next(&mixed) >> 33);
}

static inline const char *random_id(struct arena *arena, unsigned number)
{
	return arena_printf(arena, "%08x-0000-4000-8000-%012x", number_mixed(number), number);
}

/* One in six corrects or withdraws, two in five are of the types that indicators are made of. */
static inline enum event_type random_type(unsigned number)
{
	unsigned mixed = number_mixed(number);
	unsigned group = mixed % 60;
	mixed /= 60;
	if (group < 10)
		return group < 7 ? EVENT_EVENT_CORRECTED : EVENT_EVENT_WITHDRAWN;
	if (group < 35)
		return (enum event_type)(mixed % (EVENT_PRACTICE_PUBLISHED + 1));
	if (group < 45)
		return (enum event_type)(EVENT_PROJECT_PROPOSED + mixed % (EVENT_PROJECT_PARTY_ADDED - EVENT_PROJECT_PROPOSED + 1));
	enum event_type type = (enum event_type)(mixed % EVENT_TYPE_COUNT);
	return event_type_may_be_corrected(type) ? type : EVENT_PROJECT_CLOSED;
}

/* Of an event near by, which may come later or never; one in eight means another type than the target's. */
static inline const char *random_correction(struct arena *arena, uint64_t *seed, unsigned number, const char *date,
                                            const char **ret_target)
{
	unsigned target = number + 40 - pick(seed, 80);
	while (!event_type_may_be_corrected(random_type(target)))
		target++;
	enum event_type type = pick(seed, 8) == 0 ? EVENT_PROJECT_CLOSED : random_type(target);
	if (pick(seed, 2) == 0)
		type = upcast_newest(type);
	*ret_target = random_id(arena, target);
	const char *head = arena_printf(arena, "\"target\":\"%s\",\"type\":\"%s\"", *ret_target, event_type_text(type));
	if (random_type(number) == EVENT_EVENT_WITHDRAWN)
		return head;
	return arena_printf(arena, "%s,\"data\":{%s}", head, random_data(arena, seed, type, date));
}

/* number: makes its id unique. */
static inline const char *random_event(struct arena *arena, const char *region, unsigned number, uint64_t *seed)
{
	enum event_type type = random_type(number);
	const char *date = arena_printf(arena, "%u-%02u-01", 2018 + pick(seed, 6), 1 + pick(seed, 3));
	const char *target = NULL;
	const char *data = event_type_may_be_corrected(type) ? random_data(arena, seed, type, date)
	                                                     : random_correction(arena, seed, number, date, &target);
	const char *supersedes = target == NULL ? "" : arena_printf(arena, "\"supersedes\":\"%s\",", target);
	char sequence[48] = "";
	if (pick(seed, 2) == 0)
		snprintf(sequence, sizeof sequence, "\"sequence\":\"%u\",", 1 + pick(seed, 9));
	return arena_printf(arena,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"s%u\",\"type\":\"%s\","
		"\"subject\":\"%s\",\"time\":\"%u-%02u-01T00:00:00Z\",\"datacontenttype\":\"application/json\","
		"%s%s\"data\":{%s}}",
		random_id(arena, number), pick(seed, 2), event_type_text(type), region, 2019 + pick(seed, 5),
		1 + pick(seed, 2), sequence, supersedes, data);
}

static inline uint64_t seed_of_run(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("EFFREG_TEST_SEED=%llu repeats this run\n", (unsigned long long)seed);
	return seed;
}

#endif
