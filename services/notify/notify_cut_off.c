#include "services/notify/notify_cut_off.h"

#include "common/ident.h"

#include <stdlib.h>

#define DAY_US      ((int64_t)86400 * 1000000)
#define MONTHS_BACK 24

struct near {
	int64_t until_us;
	struct calendar_period period;
};

static int near_compare(const void *a, const void *b)
{
	const struct near *one = a, *other = b;
	if (one->until_us != other->until_us)
		return one->until_us < other->until_us ? -1 : 1;
	if (one->period.length != other->period.length)
		return one->period.length < other->period.length ? -1 : 1;
	return one->period.first - other->period.first;
}

/* Every period that ended lately or ends now, and is near its cut-off. */
static size_t find_near(const struct calendar *calendar, int64_t now_us, int64_t upto_us, struct near near[NOTIFY_CUT_OFFS_MAX])
{
	int month = calendar_month_of(now_us);
	size_t count = 0;
	for (int length = CALENDAR_MONTH; length < CALENDAR_LENGTH_COUNT; length++) {
		struct calendar_period period = calendar_period_of(month < MONTHS_BACK ? 0 : month - MONTHS_BACK, (enum calendar_length)length);
		for (; period.first <= month && count < NOTIFY_CUT_OFFS_MAX; period = calendar_period_next(period)) {
			int64_t until_us = calendar_cut_off(calendar, period);
			if (until_us > now_us && until_us <= upto_us)
				near[count++] = (struct near){.until_us = until_us, .period = period};
		}
	}
	qsort(near, count, sizeof *near, near_compare);
	return count;
}

/* near[0..count) have one last day. */
static const char *details_of(struct arena *arena, const struct near *near, size_t count)
{
	char until[INSTANT_TEXT_SIZE], code[CALENDAR_CODE_SIZE];
	instant_format(near->until_us - DAY_US, until);
	const char *text = arena_printf(arena, "{\"until\":\"%.10s\",\"periods\":[", until);
	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s\"%s\"", text, i == 0 ? "" : ",", calendar_period_format(near[i].period, code));
	return arena_printf(arena, "%s]}", text);
}

size_t notify_cut_offs(const struct calendar *calendar, int64_t now_us, int days, struct arena *arena,
                       struct notify_cut_off cut_offs[NOTIFY_CUT_OFFS_MAX])
{
	struct near near[NOTIFY_CUT_OFFS_MAX];
	ASSERT(days >= 1 && days <= NOTIFY_DAYS_MAX);
	size_t found = find_near(calendar, now_us, now_us - now_us % DAY_US + days * DAY_US, near), count = 0;
	for (size_t i = 0, next; i < found; i = next) {
		for (next = i + 1; next < found && near[next].until_us == near[i].until_us; next++)
			;
		cut_offs[count++] = (struct notify_cut_off){.until_us = near[i].until_us, .details = details_of(arena, near + i, next - i)};
	}
	return count;
}
