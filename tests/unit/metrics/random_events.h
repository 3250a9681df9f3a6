/* random_events: histories of a region by a seed, for tests that shuffle, cut and repeat them. */
#ifndef EFFREG_TESTS_METRICS_RANDOM_EVENTS_H
#define EFFREG_TESTS_METRICS_RANDOM_EVENTS_H

#include "tests/unit/metrics/region_fixture.h"

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
		return arena_printf(arena, "\"training\":\"T%u\",\"completed_on\":\"%s\",\"people\":%u", first, date,
		                    1 + pick(seed, 90));
	default:
		return arena_printf(arena, "\"practice\":\"R%u\"", first);
	}
}

/* number: makes its id unique. */
static inline const char *random_event(struct arena *arena, const char *region, unsigned number, uint64_t *seed)
{
	enum event_type type = (enum event_type)pick(seed, EVENT_PRACTICE_PUBLISHED + 1);
	const char *date = arena_printf(arena, "%u-%02u-01", 2018 + pick(seed, 6), 1 + pick(seed, 3));
	const char *data = random_data(arena, seed, type, date);
	char sequence[48] = "";
	if (pick(seed, 2) == 0)
		snprintf(sequence, sizeof sequence, "\"sequence\":\"%u\",", 1 + pick(seed, 9));
	return arena_printf(arena,
		"{\"specversion\":\"1.0\",\"id\":\"%08x-0000-4000-8000-%012x\",\"source\":\"s%u\",\"type\":\"%s\","
		"\"subject\":\"%s\",\"time\":\"%u-%02u-01T00:00:00Z\",\"datacontenttype\":\"application/json\","
		"%s\"data\":{%s}}",
		pick(seed, 1u << 31), number, pick(seed, 2), event_type_text(type), region, 2019 + pick(seed, 5),
		1 + pick(seed, 2), sequence, data);
}

static inline uint64_t seed_of_run(void)
{
	const char *given = getenv("EFFREG_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("EFFREG_TEST_SEED=%llu repeats this run\n", (unsigned long long)seed);
	return seed;
}

#endif
