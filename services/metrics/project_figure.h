/* project_figure: the arithmetic of one indicator of a project: from base, target and what was measured or declared to
 * what changed, exact, with a flag for everything that cannot be (flag.h). Does not know events.
 *
 * With base b, actual a, target t in one unit (DOMAIN.md section 2):
 *   change       a − b, in the plan's unit
 *   reduction    (b − a) / b, where lower is better; growth (a − b) / b, where higher is; in %
 *   factor       b / a, where lower is better; a / b, where higher is
 *   achievement  (b − a) / (b − t), in %, the same for both directions
 * Each is rounded once, half to even, to six places. A measured pair goes before a declared one; without a pair, a
 * declared factor f gives 1 − 1/f (or f − 1), a range its middle, "at least" and "almost" their bound; an upper bound
 * alone and a quality give no number. Units of different families are never compared. */
#ifndef EFFREG_METRICS_PROJECT_FIGURE_H
#define EFFREG_METRICS_PROJECT_FIGURE_H

#include "services/metrics/flag.h"
#include "services/metrics/measure.h"

/* A decimal that may not be known. */
struct known {
	bool is;
	decimal value;
};

/* A value as it was reported: with its unit (NULL: not in the dictionary) and the day, in microseconds. */
struct reading_value {
	struct known at;
	const struct unit *unit;
	int64_t on_us;
};

enum figure_way { FIGURE_NONE, FIGURE_PAIR, FIGURE_FACTOR, FIGURE_BOUND, FIGURE_RANGE, FIGURE_QUALITY };

enum figure_qualifier {
	QUALIFIER_EXACT, QUALIFIER_GE, QUALIFIER_GT, QUALIFIER_LE, QUALIFIER_LT, QUALIFIER_APPROX, QUALIFIER_RANGE,
	QUALIFIER_COUNT,
};

const char *project_figure_way_text(enum figure_way way);
const char *project_figure_qualifier_text(enum figure_qualifier qualifier);

/* A figure as it was declared (common.v1.json, figure): all that its way has. */
struct declared_figure {
	enum figure_way way;
	enum figure_qualifier qualifier;
	struct known base, actual;  /* pair */
	struct known value, hi;     /* factor (value), bound (value), range */
	bool unit_given;
	const struct unit *unit;    /* NULL: none given, or not in the dictionary */
	bool method, origin;        /* are stated */
};

/* What is known of the indicator. */
struct figure_facts {
	const struct measure *measure;     /* NULL: not in the dictionary */
	bool planned;
	bool plan_method, plan_origin;
	struct reading_value base, target, ideal;
	struct reading_value actual;       /* the latest measurement */
	int64_t actual_reported_us;        /* when it was reported */
	struct declared_figure declared;
};

/* What follows. */
struct figure_result {
	uint32_t flags;              /* set of flag_bit */
	bool declared;               /* the figures below come from the declared one */
	const struct unit *unit;     /* of base, target, ideal, actual and change; NULL: not known */
	struct known base, target, ideal, actual, change;
	struct known reduction, growth, factor, achievement;
	/* The declared figure as improvement in %, or, with lo_unit, as an absolute change in that unit. */
	struct known lo, hi;
	const struct unit *lo_unit;
};

struct figure_result project_figure(const struct figure_facts *facts);

/* Whether a figure is money: its unit, or the declared one's, is of roubles. */
bool project_figure_is_money(const struct figure_facts *facts);

/* The improvement of an absolute figure (money, hours): what counts of a declared bound, range or pair, in its own unit.
 * Not known for factors, per cent, upper bounds and qualities. */
struct known project_figure_amount(const struct declared_figure *declared);

#endif
