/* notify_cut_off: which periods may be reported for a few days more. Pure: the calendar and the time are inputs. */
#ifndef EFFREG_NOTIFY_CUT_OFF_H
#define EFFREG_NOTIFY_CUT_OFF_H

#include "common/arena.h"
#include "common/calendar.h"

#define NOTIFY_CUT_OFFS_MAX 64  /* days with one at a time; a calendar's exceptions could make as many, and no more is told */
#define NOTIFY_DAYS_MAX     31  /* so far ahead at most */

/* A last day, and the periods that may be reported until its end (UTC). */
struct notify_cut_off {
	int64_t until_us;     /* the first instant that is too late */
	const char *details;  /* {"until":"2026-07-20","periods":["2026-06","2026-Q2"]}, in the arena */
};

/* Those whose last day is one of the next days (1 to NOTIFY_DAYS_MAX; the present one is the first), the nearest first. A period is
 * told by its code, shorter ones first. Cut-offs of periods that ended more than two years ago are not looked for. */
size_t notify_cut_offs(const struct calendar *calendar, int64_t now_us, int days, struct arena *arena,
                       struct notify_cut_off cut_offs[NOTIFY_CUT_OFFS_MAX]);

#endif
