/* telemetry: see telemetry.h.
 *
 * Series stand in the order of their first use, found by an open-addressed table; a family (one name) keeps its series
 * in a list, because the text format wants them together. Nothing is ever removed: the process ends with them. */
#include "common/telemetry.h"

#include <stdlib.h>

#define TABLE_SIZE   4096  /* a power of two, at least twice TELEMETRY_SERIES_MAX */
#define FAMILIES_MAX 256

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

static const struct bucket {
	double seconds;
	const char *text;
} BUCKETS[] = {
	{0.0005, "0.0005"}, {0.001, "0.001"}, {0.0025, "0.0025"}, {0.005, "0.005"}, {0.01, "0.01"},
	{0.025, "0.025"},   {0.05, "0.05"},   {0.1, "0.1"},       {0.25, "0.25"},   {0.5, "0.5"},
	{1, "1"},           {2.5, "2.5"},     {5, "5"},           {10, "10"},
};

struct series {
	const char *labels;
	double value;      /* of a histogram: the sum */
	uint64_t *counts;  /* of a histogram: per bucket, then those beyond the last */
	struct series *next;
};

struct family {
	const char *name;
	const char *help;
	enum kind kind;
	struct series *first, *last;
};

static struct {
	struct family families[FAMILIES_MAX];
	size_t families_count;
	size_t series_count;
	struct slot {
		struct family *family;
		struct series *series;
	} table[TABLE_SIZE];
	uint64_t dropped;
} telemetry;

_Static_assert(TABLE_SIZE >= 2 * TELEMETRY_SERIES_MAX, "the table must never be full");

static char *copy_of(const char *text)
{
	char *copy = strdup(text);
	ASSERT(copy != NULL);
	return copy;
}

static uint32_t hash_of(const char *name, const char *labels)
{
	uint32_t hash = 2166136261u;  /* FNV-1a */
	for (const char *at = name; *at != '\0'; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	for (const char *at = labels; *at != '\0'; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	return hash;
}

static struct family *family_of(const char *name, const char *help, enum kind kind)
{
	for (size_t i = 0; i < telemetry.families_count; i++) {
		struct family *family = &telemetry.families[i];
		if (text_equal(family->name, name)) {
			ASSERT(family->kind == kind);
			return family;
		}
	}
	if (telemetry.families_count == FAMILIES_MAX)
		return NULL;
	struct family *family = &telemetry.families[telemetry.families_count++];
	*family = (struct family){.name = copy_of(name), .help = copy_of(help), .kind = kind};
	return family;
}

static struct series *series_new(struct slot *slot, const char *name, const char *help, const char *labels, enum kind kind)
{
	if (telemetry.series_count == TELEMETRY_SERIES_MAX)
		return NULL;
	struct family *family = family_of(name, help, kind);
	if (family == NULL)
		return NULL;
	struct series *series = calloc(1, sizeof *series);
	ASSERT(series != NULL);
	series->labels = copy_of(labels);
	if (kind == KIND_HISTOGRAM) {
		series->counts = calloc(ARRAY_COUNT(BUCKETS) + 1, sizeof *series->counts);
		ASSERT(series->counts != NULL);
	}
	if (family->last != NULL)
		family->last->next = series;
	else
		family->first = series;
	family->last = series;
	telemetry.series_count++;
	*slot = (struct slot){.family = family, .series = series};
	return series;
}

/* NULL, and counted, when there is no room for another series. */
static struct series *series_get(const char *name, const char *help, const char *labels, enum kind kind)
{
	for (uint32_t at = hash_of(name, labels);; at++) {
		struct slot *slot = &telemetry.table[at % TABLE_SIZE];
		if (slot->series == NULL) {
			struct series *series = series_new(slot, name, help, labels, kind);
			telemetry.dropped += series == NULL;
			return series;
		}
		if (text_equal(slot->family->name, name) && text_equal(slot->series->labels, labels)) {
			ASSERT(slot->family->kind == kind);
			return slot->series;
		}
	}
}

void telemetry_count(const char *name, const char *help, const char *labels, double amount)
{
	ASSERT(amount >= 0);
	struct series *series = series_get(name, help, labels, KIND_COUNTER);
	if (series != NULL)
		series->value += amount;
}

void telemetry_set(const char *name, const char *help, const char *labels, double value)
{
	struct series *series = series_get(name, help, labels, KIND_GAUGE);
	if (series != NULL)
		series->value = value;
}

void telemetry_observe(const char *name, const char *help, const char *labels, double seconds)
{
	struct series *series = series_get(name, help, labels, KIND_HISTOGRAM);
	if (series == NULL)
		return;
	size_t bucket = 0;
	while (bucket < ARRAY_COUNT(BUCKETS) && seconds > BUCKETS[bucket].seconds)
		bucket++;
	series->counts[bucket]++;
	series->value += seconds;
}

/* ---- The text format ---- */

static void render_sample(struct buf *buf, const char *name, const char *suffix, const char *labels, double value)
{
	buf_text(buf, name);
	buf_text(buf, suffix);
	if (labels[0] != '\0')
		buf_printf(buf, "{%s}", labels);
	buf_printf(buf, " %.17g\n", value);
}

static void render_histogram(struct buf *buf, const char *name, const struct series *series)
{
	const char *comma = series->labels[0] != '\0' ? "," : "";
	uint64_t count = 0;
	for (size_t i = 0; i <= ARRAY_COUNT(BUCKETS); i++) {
		count += series->counts[i];
		const char *edge = i < ARRAY_COUNT(BUCKETS) ? BUCKETS[i].text : "+Inf";
		buf_printf(buf, "%s_bucket{%s%sle=\"%s\"} %llu\n", name, series->labels, comma, edge, (unsigned long long)count);
	}
	render_sample(buf, name, "_sum", series->labels, series->value);
	render_sample(buf, name, "_count", series->labels, (double)count);
}

static void render_help(struct buf *buf, const char *name, const char *help, enum kind kind)
{
	static const char *const KIND_TEXTS[] = {"counter", "gauge", "histogram"};
	buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, KIND_TEXTS[kind]);
}

void telemetry_render(struct buf *buf)
{
	for (size_t i = 0; i < telemetry.families_count; i++) {
		const struct family *family = &telemetry.families[i];
		render_help(buf, family->name, family->help, family->kind);
		for (const struct series *series = family->first; series != NULL; series = series->next) {
			if (family->kind == KIND_HISTOGRAM)
				render_histogram(buf, family->name, series);
			else
				render_sample(buf, family->name, "", series->labels, series->value);
		}
	}
	const char *dropped = "effreg_telemetry_dropped_total";
	render_help(buf, dropped, "Samples that found no room for their series.", KIND_COUNTER);
	render_sample(buf, dropped, "", "", (double)telemetry.dropped);
}
