#include "services/ranking/ranking_store.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW_BYTES_MAX  ((size_t)256 * 1024)
#define NO_EVENTS_HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* The newest edition is the final one, and of those the highest revision. */
#define NEWEST_FIRST " ORDER BY (kind = 'final') DESC, revision DESC LIMIT 1"

/* The only cell of the only row; NOT_FOUND when there is no row. */
static enum status query_text(struct db *db, struct arena *arena, const char *sql, const struct db_param *params,
                              size_t count, const char **ret_text)
{
	struct db_rows *rows;
	enum status status = db_query(db, sql, params, count, &rows);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(rows) == 0)
		status = STATUS_NOT_FOUND;
	else
		*ret_text = db_copy_text(arena, rows, 0, 0);
	db_rows_destroy(&rows);
	return status;
}

/* ---- what is due ---- */

enum status ranking_store_begin_derived(struct db *db)
{
	return db_run_later(db, "SELECT pg_catalog.set_config('synchronous_commit', 'off', true)", NULL, 0);
}

enum status ranking_store_mark_due(struct db *db, struct arena *arena, const char *cohort, const char *const *periods,
                                   size_t count)
{
	/* Sorted, so that two transactions marking the same periods wait for each other in one direction. */
	static const char SQL[] =
		"INSERT INTO effreg.rating_due (cohort, period)"
		" SELECT DISTINCT $1::text, changed.period FROM pg_catalog.unnest($2::text[]) AS changed(period) ORDER BY 2"
		" ON CONFLICT (cohort, period) DO NOTHING";
	if (count == 0)
		return STATUS_OK;
	const struct db_param params[] = {db_text(cohort), db_array(arena, periods, count)};
	return db_run_later(db, SQL, params, ARRAY_COUNT(params));
}

enum status ranking_store_mark_changed(struct db *db, struct arena *arena, const char *cohort,
                                       const char *const *periods, size_t count)
{
	static const char SQL[] =
		"WITH changed AS (SELECT period FROM pg_catalog.unnest($2::text[]) AS named(period))"
		" INSERT INTO effreg.rating_due (cohort, period)"
		" SELECT $1::text, marked.period FROM (SELECT period FROM changed UNION"
		"  SELECT live.period FROM effreg.rating_live AS live JOIN changed ON live.period > changed.period"
		"   AND pg_catalog.length(live.period) = pg_catalog.length(changed.period) WHERE live.cohort = $1) AS marked"
		" ORDER BY 2 ON CONFLICT (cohort, period) DO NOTHING";
	if (count == 0)
		return STATUS_OK;
	const struct db_param params[] = {db_text(cohort), db_array(arena, periods, count)};
	return db_run_later(db, SQL, params, ARRAY_COUNT(params));
}

enum status ranking_store_mark_stale(struct db *db, const char *methodology_digest)
{
	static const char SQL[] =
		"INSERT INTO effreg.rating_due (cohort, period)"
		" SELECT cohort, period FROM effreg.rating_live WHERE methodology_digest <> $1 ORDER BY cohort, period"
		" ON CONFLICT (cohort, period) DO NOTHING";
	const struct db_param params[] = {db_text(methodology_digest)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status ranking_store_take_due(struct db *db, struct arena *arena, const char *cohort, const char *period,
                                   const char **ret_period)
{
	static const char SQL[] =
		"WITH taken AS MATERIALIZED ("
		"  SELECT period FROM effreg.rating_due WHERE cohort = $1 AND ($2::text IS NULL OR period = $2)"
		"  ORDER BY marked_time, period LIMIT 1 FOR UPDATE SKIP LOCKED)"
		" DELETE FROM effreg.rating_due AS due USING taken WHERE due.cohort = $1 AND due.period = taken.period"
		" RETURNING due.period";
	const struct db_param params[] = {db_text(cohort), db_text(period)};
	return query_text(db, arena, SQL, params, ARRAY_COUNT(params), ret_period);
}

enum status ranking_store_is_due(struct db *db, const char *cohort, const char *period, bool *ret_due)
{
	static const char SQL[] = "SELECT EXISTS (SELECT FROM effreg.rating_due WHERE cohort = $1 AND period = $2)";
	const struct db_param params[] = {db_text(cohort), db_text(period)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_due = db_get_bool(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status ranking_store_postpone_due(struct db *db, const char *cohort, const char *period)
{
	static const char SQL[] = "UPDATE effreg.rating_due SET marked_time = pg_catalog.clock_timestamp()"
	                          " WHERE cohort = $1 AND period = $2";
	const struct db_param params[] = {db_text(cohort), db_text(period)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

/* ---- what a rating is computed from ---- */

/* One row for each region or authority. Its figures are JSON objects by code: what others tell of it, its own, and those that are
 * 0 where it has no row. */
enum { COLUMN_REGION, COLUMN_ISO, COLUMN_NAME_RU, COLUMN_NAME_EN, COLUMN_SEQ, COLUMN_HEAD, COLUMN_SETTLED, COLUMN_PREVIOUS,
       COLUMN_JOINED, COLUMN_OF_OTHERS, COLUMN_OWN, COLUMN_ABSENT, COLUMN_DISTRICT, COLUMN_NEWCOMER, COLUMN_AUTHORITY };
enum { WANTED_MEASURED, WANTED_SIZE, WANTED_INDICATORS };

/* Whether the region has joined by period, a parameter: a stock, which stands in every period up to its horizon's last December. A
 * region whose log ends before the period has joined when it had by then. $11: what the code of a year's last period adds to the year.
 * From the row itself (migration 20): effreg.figure would unpack thirty figures for one. */
#define JOINED_BY(period) \
	period "::text IS NOT NULL AND COALESCE((SELECT NULLIF(pg_catalog.split_part(joined.figures->>'joined', ' ', 4), '')::numeric > 0 FROM effreg.figures AS joined" \
	" WHERE joined.region_id = region.region_id AND joined.subject = ''" \
	" AND joined.period = LEAST(" period "::text, pg_catalog.left(horizon.month_last, 4) || $11) OFFSET 0), false)"

/* As text, rounded to $6 places. */
#define FIGURE(value) "pg_catalog.trim_scale(pg_catalog.round(" value ", $6::integer))::text"

/* A number of things of which there is no row is 0 within the months that the log speaks of. */
#define ABSENT_SQL "(SELECT pg_catalog.json_object_agg(code, '0') FROM effreg.indicator" \
	" WHERE absent_is_zero AND NOT of_others AND code = ANY($4::text[]))"

/* The months are $9 to $10; what others tell of a region is added up over them. The head is the hash at the seq the figures reach,
 * which is the log's own head once everything is settled. One look into the primary key for each region; OFFSET 0: whatever the
 * planner thinks of a table that has just been filled. */
static const char REGIONS_SQL[] =
	"WITH previous_run AS ("
	"  SELECT kind, revision FROM effreg.rating_run WHERE cohort = $1 AND period = $3" NEWEST_FIRST "),"
	" body AS MATERIALIZED ("
	"  SELECT region.region_id, region.iso, region.name_ru, region.name_en, region.federal_district_en, COALESCE(figures.seq, 0) AS seq,"
	"   pg_catalog.encode(event.hash, 'hex') AS head,"
	"   CASE WHEN $7::json IS NULL THEN COALESCE(event_head.last_seq, 0) <= COALESCE(figures.seq, 0)"
	"    AND COALESCE(metric_head.last_seq, 0) <= COALESCE(marks.seq, 0)"
	"    ELSE COALESCE(cutoff.seq::bigint, 0) <= COALESCE(figures.seq, 0) END AS settled,"
	"   previous.place, horizon.month_first, horizon.month_last, " JOINED_BY("$2") " AS joined, " JOINED_BY("$8") " AS joined_before"
	"  FROM effreg.region"
	"  LEFT JOIN effreg.region_horizon AS horizon ON horizon.region_id = region.region_id"
	"  LEFT JOIN pg_catalog.json_each_text($7::json) AS cutoff(region_id, seq) ON cutoff.region_id = region.region_id"
	"  LEFT JOIN effreg.event_head ON event_head.region_id = region.region_id"
	"  LEFT JOIN effreg.metric_head ON metric_head.region_id = region.region_id"
	"  LEFT JOIN effreg.cursor AS figures"
	"   ON figures.consumer = $5 AND figures.stream = 'event' AND figures.key = region.region_id"
	"  LEFT JOIN effreg.cursor AS marks"
	"   ON marks.consumer = '" RANKING_CONSUMER "' AND marks.stream = 'metric' AND marks.key = region.region_id"
	"  LEFT JOIN LATERAL (SELECT found.hash FROM effreg.event AS found"
	"   WHERE found.region_id = region.region_id AND found.seq = figures.seq OFFSET 0) AS event ON true"
	"  LEFT JOIN (previous_run JOIN effreg.rating_row AS previous"
	"    ON previous.cohort = $1 AND previous.period = $3"
	"    AND previous.kind = previous_run.kind AND previous.revision = previous_run.revision)"
	"   ON previous.region_id = region.region_id AND previous.authority = '')"
	" SELECT body.region_id, body.iso, body.name_ru, body.name_en, body.seq, body.head, body.settled, body.place, body.joined,"
	"  of_others.figures, own.figures, CASE WHEN body.month_first <= $10 AND body.month_last >= $9 THEN " ABSENT_SQL " END,"
	"  body.federal_district_en, NOT body.joined_before, NULL"
	" FROM body"
	" LEFT JOIN LATERAL (SELECT pg_catalog.json_object_agg(stored.code, " FIGURE("stored.value") ") AS figures"
	"  FROM effreg.figure AS stored WHERE stored.region_id = body.region_id AND stored.subject = '' AND stored.period = $2"
	"  AND stored.code = ANY(ARRAY(SELECT wanted.code FROM pg_catalog.unnest($4::text[]) AS wanted(code)"
	"   LEFT JOIN effreg.indicator ON indicator.code = wanted.code WHERE indicator.of_others IS NOT TRUE)) OFFSET 0) AS own ON true"
	" LEFT JOIN LATERAL (SELECT pg_catalog.json_object_agg(told.code, told.figure) AS figures"
	"  FROM (SELECT other.code, " FIGURE("pg_catalog.sum(other.value)") " AS figure FROM effreg.figure AS other"
	"   WHERE other.subject LIKE 'region/%' AND other.subject = 'region/' || body.region_id AND other.period = $2"
	"   AND other.code = ANY(ARRAY(SELECT code FROM effreg.indicator WHERE of_others AND code = ANY($4::text[])))"
	"   GROUP BY other.code) AS told) AS of_others ON true"
	" ORDER BY body.region_id";

/* The same for the authorities of region $1 that events have registered: the parameters but for the first two are those of
 * REGIONS_SQL. An authority has joined when it is registered by the end of the period and has not left by then. */
static const char AUTHORITIES_SQL[] =
	"WITH previous_run AS ("
	"  SELECT kind, revision FROM effreg.rating_run WHERE cohort = $2 AND period = $3" NEWEST_FIRST ")"
	" SELECT $1, NULL, body.attributes->'title'->>'ru', body.attributes->'title'->>'en', COALESCE(figures.seq, 0),"
	"  pg_catalog.encode(event.hash, 'hex'),"
	"  CASE WHEN $7::json IS NULL THEN COALESCE(event_head.last_seq, 0) <= COALESCE(figures.seq, 0)"
	"   ELSE COALESCE(($7::json->>$1)::bigint, 0) <= COALESCE(figures.seq, 0) END,"
	"  previous.place,"
	"  body.attributes->>'registered_on' <= $9 AND COALESCE(body.attributes->>'left_on' > $9, true),"
	"  NULL, own.figures, CASE WHEN horizon.month_first <= pg_catalog.left($9, 7) AND horizon.month_last >= $10 THEN " ABSENT_SQL " END,"
	"  NULL, false, body.entity"
	" FROM effreg.entity AS body"
	" LEFT JOIN LATERAL (SELECT pg_catalog.json_object_agg(stored.code, " FIGURE("stored.value") ") AS figures"
	"  FROM effreg.figure AS stored WHERE stored.region_id = $1 AND stored.subject = 'authority/' || body.entity"
	"  AND stored.period = $8 AND stored.code = ANY($4::text[]) OFFSET 0) AS own ON true"
	" LEFT JOIN effreg.region_horizon AS horizon ON horizon.region_id = $1"
	" LEFT JOIN effreg.event_head ON event_head.region_id = $1"
	" LEFT JOIN effreg.cursor AS figures ON figures.consumer = $5 AND figures.stream = 'event' AND figures.key = $1"
	" LEFT JOIN effreg.event ON event.region_id = $1 AND event.seq = figures.seq"
	" LEFT JOIN (previous_run JOIN effreg.rating_row AS previous"
	"   ON previous.cohort = $2 AND previous.period = $3"
	"   AND previous.kind = previous_run.kind AND previous.revision = previous_run.revision)"
	"  ON previous.region_id = $1 AND previous.authority = body.entity"
	" WHERE body.region_id = $1 AND body.kind = 'authority' AND body.attributes->>'registered_on' IS NOT NULL"
	" ORDER BY body.entity";

/* The objects of a row, in the order in which a code is looked for. */
enum { FIGURES_COUNT = COLUMN_ABSENT - COLUMN_OF_OTHERS + 1 };

static enum status read_figures(struct arena *arena, const struct db_rows *rows, size_t row,
                                const struct json *ret_figures[FIGURES_COUNT])
{
	struct fault fault = {.offset = -1};
	for (size_t i = 0; i < FIGURES_COUNT; i++) {
		size_t column = COLUMN_OF_OTHERS + i;
		ret_figures[i] = NULL;
		if (db_is_null(rows, row, column))
			continue;
		if (json_parse(arena, db_get_text(rows, row, column), db_get_len(rows, row, column), &JSON_LIMITS_DOCUMENT,
		               &ret_figures[i], &fault) != STATUS_OK)
			return STATUS_BUG;
	}
	return STATUS_OK;
}

/* NULL: it has none, or what it has is not known. */
static const char *find_figure(const struct json *const figures[FIGURES_COUNT], const char *code)
{
	for (size_t i = 0; i < FIGURES_COUNT; i++) {
		if (figures[i] != NULL && json_find(figures[i], code) != NULL)
			return json_find_string(figures[i], code);
	}
	return NULL;
}

static enum status take_figures(struct arena *arena, const struct db_rows *rows, size_t row, const char *const *wanted,
                                size_t wanted_count, struct ranking_region *region)
{
	const struct json *figures[FIGURES_COUNT];
	const char **taken = arena_array(arena, const char *, wanted_count - WANTED_INDICATORS);
	enum status status = read_figures(arena, rows, row, figures);
	if (status != STATUS_OK)
		return status;
	const char *measured = find_figure(figures, wanted[WANTED_MEASURED]);
	region->measured = measured != NULL ? strtoll(measured, NULL, 10) : 0;
	region->size = find_figure(figures, wanted[WANTED_SIZE]);
	for (size_t i = WANTED_INDICATORS; i < wanted_count; i++)
		taken[i - WANTED_INDICATORS] = find_figure(figures, wanted[i]);
	region->figures = taken;
	return STATUS_OK;
}

static struct ranking_region take_region(struct arena *arena, const struct db_rows *rows, size_t row)
{
	const char *head = db_copy_text(arena, rows, row, COLUMN_HEAD);
	return (struct ranking_region){
		.region = db_copy_text(arena, rows, row, COLUMN_REGION),
		.iso = db_copy_text(arena, rows, row, COLUMN_ISO),
		.name_ru = db_copy_text(arena, rows, row, COLUMN_NAME_RU),
		.name_en = db_copy_text(arena, rows, row, COLUMN_NAME_EN),
		.seq = (uint64_t)db_get_integer(rows, row, COLUMN_SEQ),
		.head = head != NULL ? head : NO_EVENTS_HASH,
		.previous_place = (unsigned)db_get_integer(rows, row, COLUMN_PREVIOUS),
		.joined = db_get_bool(rows, row, COLUMN_JOINED),
		.federal_district = db_copy_text(arena, rows, row, COLUMN_DISTRICT),
		.newcomer = db_get_bool(rows, row, COLUMN_NEWCOMER),
		.authority = db_copy_text(arena, rows, row, COLUMN_AUTHORITY),
	};
}

/* "2023-12" */
static const char *month_code(struct arena *arena, int64_t us)
{
	char text[INSTANT_TEXT_SIZE];
	instant_format(us, text);
	return arena_text(arena, text, strlen("2023-12"));
}

/* "2023-12-31" */
static const char *day_code(struct arena *arena, int64_t us)
{
	char text[INSTANT_TEXT_SIZE];
	instant_format(us, text);
	return arena_text(arena, text, strlen("2023-12-31"));
}

/* 2023-Q1 → "-Q4": the last period of a year that is as long. */
static const char *last_of_year(const char *period)
{
	if (strlen(period) == strlen("2023"))
		return "";
	return period[5] == 'Q' ? "-Q4" : period[5] == 'H' ? "-H2" : "-12";
}

static const char *const *wanted_codes(struct arena *arena, const struct ranking_question *question, size_t *ret_count)
{
	const struct methodology *methodology = question->methodology;
	*ret_count = WANTED_INDICATORS + methodology->indicator_count;
	const char **codes = arena_array(arena, const char *, *ret_count);
	codes[WANTED_MEASURED] = "measured";
	codes[WANTED_SIZE] = question->cohort->indicator != NULL ? question->cohort->indicator : "measured";
	for (size_t i = 0; i < methodology->indicator_count; i++)
		codes[WANTED_INDICATORS + i] = methodology->indicators[i].code;
	return codes;
}

static enum status take_regions(struct arena *arena, const struct db_rows *rows, const char *const *wanted, size_t wanted_count,
                                struct ranking_regions *ret_regions)
{
	size_t count = db_rows_count(rows);
	struct ranking_region *regions = arena_array(arena, struct ranking_region, count);
	enum status status = STATUS_OK;
	*ret_regions = (struct ranking_regions){.regions = regions, .count = count};
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		regions[i] = take_region(arena, rows, i);
		status = take_figures(arena, rows, i, wanted, wanted_count, &regions[i]);
		if (!db_get_bool(rows, i, COLUMN_SETTLED))
			ret_regions->unsettled = regions[i].region;
	}
	return status;
}

enum status ranking_store_load_regions(struct db *db, struct arena *arena, const struct ranking_question *question,
                                       struct ranking_regions *ret_regions)
{
	size_t wanted_count;
	const char *const *wanted = wanted_codes(arena, question, &wanted_count);
	struct period parsed, previous, before;
	const struct ranking_cohort *cohort = question->cohort;
	if (!period_parse(question->period, &parsed))
		return STATUS_INVALID;
	bool has_previous = period_previous(&parsed, &previous);
	bool has_before = cohort->rule == RANKING_RULE_NEWCOMERS &&
	                  ranking_cohort_period_before(question->period, cohort->years, &before);
	const struct db_param params[] = {
		db_text(cohort->code), db_text(question->period), db_text(has_previous ? previous.code : NULL),
		db_array(arena, wanted, wanted_count), db_text(RANKING_METRICS_CONSUMER),
		db_integer(arena, RANKING_INPUT_PLACES), db_text(question->cutoff), db_text(has_before ? before.code : NULL),
		db_text(month_code(arena, parsed.from_us)), db_text(month_code(arena, parsed.to_us - 1)),
		db_text(last_of_year(question->period))};
	struct db_rows *rows;
	enum status status = db_query(db, REGIONS_SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	status = take_regions(arena, rows, wanted, wanted_count, ret_regions);
	db_rows_destroy(&rows);
	return status;
}

enum status ranking_store_load_authorities(struct db *db, struct arena *arena, const struct ranking_question *question,
                                           struct ranking_regions *ret_regions)
{
	size_t wanted_count;
	const char *const *wanted = wanted_codes(arena, question, &wanted_count);
	struct period parsed, previous;
	if (!period_parse(question->period, &parsed))
		return STATUS_INVALID;
	bool has_previous = period_previous(&parsed, &previous);
	const struct db_param params[] = {
		db_text(question->cohort->region), db_text(question->cohort->code), db_text(has_previous ? previous.code : NULL),
		db_array(arena, wanted, wanted_count), db_text(RANKING_METRICS_CONSUMER), db_integer(arena, RANKING_INPUT_PLACES),
		db_text(question->cutoff), db_text(question->period), db_text(day_code(arena, parsed.to_us - 1)),
		db_text(month_code(arena, parsed.from_us))};
	struct db_rows *rows;
	enum status status = db_query(db, AUTHORITIES_SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	status = take_regions(arena, rows, wanted, wanted_count, ret_regions);
	db_rows_destroy(&rows);
	return status;
}

enum status ranking_store_has_figures(struct db *db, const char *period, bool *ret_has)
{
	/* Region by region: each is one look into the primary key. */
	static const char SQL[] =
		"SELECT EXISTS (SELECT FROM effreg.region CROSS JOIN LATERAL (SELECT FROM effreg.figures"
		"  WHERE figures.region_id = region.region_id AND figures.subject = '' AND figures.period = $1) AS known)";
	const struct db_param params[] = {db_text(period)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_has = db_get_bool(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status ranking_store_load_heads(struct db *db, struct arena *arena, const char **ret_heads)
{
	static const char SQL[] =
		"SELECT COALESCE(pg_catalog.json_object_agg(region_id, last_seq::text ORDER BY region_id), '{}')::text"
		" FROM effreg.event_head WHERE last_seq > 0";
	return query_text(db, arena, SQL, NULL, 0, ret_heads);
}

/* ---- results ---- */

/* The texts that live results and published runs have in common. */
struct run_texts {
	const char *document;
	const char *seqs;
	const char *notes;
};

static const char *take_text(struct arena *arena, struct buf *buf)
{
	ASSERT(buf_ok(buf));  /* the run fitted its digests: ranking_document.h */
	const char *text = arena_text(arena, buf->at, buf->len);
	buf_reset(buf);
	return text;
}

static struct run_texts format_run(struct arena *arena, const struct ranking_run *run,
                                   const struct ranking_edition *edition)
{
	struct buf buf;
	struct run_texts texts;
	buf_init(&buf, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&buf, run, edition);
	texts.document = take_text(arena, &buf);
	ranking_seqs_write(&buf, run);
	texts.seqs = take_text(arena, &buf);
	ranking_notes_write(&buf, run);
	texts.notes = take_text(arena, &buf);
	buf_clear(&buf);
	return texts;
}

enum status ranking_store_save_live(struct db *db, struct arena *arena, const struct ranking_run *run,
                                    const char *methodology_digest)
{
	static const char SQL[] =
		"INSERT INTO effreg.rating_live (cohort, period, methodology_code, methodology_version, methodology_digest,"
		"  result_digest, document, seqs, notes)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
		" ON CONFLICT (cohort, period) DO UPDATE SET methodology_code = EXCLUDED.methodology_code,"
		"  methodology_version = EXCLUDED.methodology_version, methodology_digest = EXCLUDED.methodology_digest,"
		"  result_digest = EXCLUDED.result_digest, document = EXCLUDED.document, seqs = EXCLUDED.seqs,"
		"  notes = EXCLUDED.notes, computed_time = EXCLUDED.computed_time";
	struct run_texts texts = format_run(arena, run, &(struct ranking_edition){.kind = RANKING_KIND_LIVE});
	const struct db_param params[] = {
		db_text(run->cohort), db_text(run->period), db_text(run->methodology->code),
		db_integer(arena, run->methodology->version), db_text(methodology_digest), db_text(run->result_digest),
		db_text(texts.document), db_text(texts.seqs), db_text(texts.notes)};
	return db_run_later(db, SQL, params, ARRAY_COUNT(params));
}

enum status ranking_store_load_live_periods(struct db *db, struct arena *arena, const char *cohort,
                                            const char *const **ret_periods, size_t *ret_count)
{
	static const char SQL[] = "SELECT period FROM effreg.rating_live WHERE cohort = $1 ORDER BY period";
	const struct db_param params[] = {db_text(cohort)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	const char **periods = arena_array(arena, const char *, *ret_count);
	for (size_t row = 0; row < *ret_count; row++)
		periods[row] = db_copy_text(arena, rows, row, 0);
	*ret_periods = periods;
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status ranking_store_lock_cohort(struct db *db, const char *cohort)
{
	static const char SQL[] =
		"INSERT INTO effreg.rating_head AS head (cohort) VALUES ($1)"
		" ON CONFLICT (cohort) DO UPDATE SET last_seq = head.last_seq";
	const struct db_param params[] = {db_text(cohort)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status ranking_store_find_published(struct db *db, struct arena *arena, const struct ranking_request *request,
                                         struct ranking_published *ret_published)
{
	static const char SQL[] =
		"SELECT kind, revision, result_digest, document_digest, document FROM effreg.rating_run"
		" WHERE cohort = $1 AND period = $2 AND ($3::text IS NULL OR kind = $3) AND ($4::integer = 0 OR revision = $4)"
		NEWEST_FIRST;
	const struct db_param params[] = {db_text(request->cohort), db_text(request->period), db_text(request->kind),
	                                  db_integer(arena, request->revision)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(rows) == 0)
		status = STATUS_NOT_FOUND;
	else
		*ret_published = (struct ranking_published){
			.kind = db_copy_text(arena, rows, 0, 0),
			.revision = db_get_integer(rows, 0, 1),
			.result_digest = db_copy_text(arena, rows, 0, 2),
			.document_digest = db_copy_text(arena, rows, 0, 3),
			.document = db_copy_text(arena, rows, 0, 4),
		};
	db_rows_destroy(&rows);
	return status;
}

enum status ranking_store_find_methodology(struct db *db, struct arena *arena, const struct ranking_request *request,
                                           const char **ret_text)
{
	static const char SQL[] =
		"SELECT methodology FROM effreg.rating_run"
		" WHERE cohort = $1 AND period = $2 AND ($3::text IS NULL OR kind = $3) AND ($4::integer = 0 OR revision = $4)"
		NEWEST_FIRST;
	const struct db_param params[] = {db_text(request->cohort), db_text(request->period), db_text(request->kind),
	                                  db_integer(arena, request->revision)};
	return query_text(db, arena, SQL, params, ARRAY_COUNT(params), ret_text);
}

enum status ranking_store_find_live(struct db *db, struct arena *arena, const char *cohort, const char *period,
                                    const char **ret_document)
{
	static const char SQL[] = "SELECT document FROM effreg.rating_live WHERE cohort = $1 AND period = $2";
	const struct db_param params[] = {db_text(cohort), db_text(period)};
	return query_text(db, arena, SQL, params, ARRAY_COUNT(params), ret_document);
}

static enum status insert_run(struct db *db, struct arena *arena, const struct ranking_run *run,
                              const struct ranking_edition *edition, const struct ranking_publication *publication)
{
	static const char SQL[] =
		"INSERT INTO effreg.rating_run (cohort, period, kind, revision, methodology_code, methodology_version, methodology,"
		"  result_digest, document_digest, document, seqs, notes, published_time, published_by, cutoff, public_key,"
		"  signature, difference)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
	struct span methodology_text = publication->methodology_text;
	struct run_texts texts = format_run(arena, run, edition);
	const struct db_param params[] = {
		db_text(run->cohort), db_text(run->period), db_text(edition->kind), db_integer(arena, edition->revision),
		db_text(run->methodology->code), db_integer(arena, run->methodology->version),
		db_text(arena_text(arena, methodology_text.at, methodology_text.len)), db_text(run->result_digest),
		db_text(edition->document_digest), db_text(texts.document), db_text(texts.seqs), db_text(texts.notes),
		db_timestamp(arena, publication->published_us), db_text(edition->published_by), db_text(publication->cutoff),
		db_text(edition->public_key), db_text(edition->signature), db_text(edition->corrects)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

/* The rows of a run as columns, so that one statement inserts them all. */
struct row_columns {
	const char **region, **authority, **place, **previous_place, **overall_place, **score, **group, **reason;
	const char **interval_lo, **interval_hi, **inputs, **nodes;
};

static const char **new_column(struct arena *arena, const struct ranking_run *run)
{
	return arena_array(arena, const char *, run->count);
}

static const char *place_text(struct arena *arena, unsigned place)
{
	return place > 0 ? arena_printf(arena, "%u", place) : NULL;
}

static struct row_columns format_rows(struct arena *arena, const struct ranking_run *run)
{
	struct row_columns columns = {
		new_column(arena, run), new_column(arena, run), new_column(arena, run), new_column(arena, run),
		new_column(arena, run), new_column(arena, run), new_column(arena, run), new_column(arena, run),
		new_column(arena, run), new_column(arena, run), new_column(arena, run), new_column(arena, run)};
	struct buf buf;
	buf_init(&buf, ROW_BYTES_MAX);
	for (size_t i = 0; i < run->count; i++) {
		const struct ranking_row *row = &run->rows[i];
		columns.region[i] = row->region->region;
		columns.authority[i] = row->region->authority != NULL ? row->region->authority : "";
		columns.overall_place[i] = place_text(arena, row->overall_place);
		columns.interval_lo[i] = place_text(arena, row->interval[0]);
		columns.interval_hi[i] = place_text(arena, row->interval[1]);
		columns.place[i] = place_text(arena, row->place);
		columns.previous_place[i] = place_text(arena, row->region->previous_place);
		columns.score[i] = row->score;
		columns.group[i] = row->group;
		columns.reason[i] = row->reason;
		ranking_inputs_write(&buf, run, row);
		columns.inputs[i] = take_text(arena, &buf);
		ranking_nodes_write(&buf, run, row);
		columns.nodes[i] = take_text(arena, &buf);
	}
	buf_clear(&buf);
	return columns;
}

static enum status insert_rows(struct db *db, struct arena *arena, const struct ranking_run *run,
                               const struct ranking_edition *edition)
{
	static const char SQL[] =
		"INSERT INTO effreg.rating_row (cohort, period, kind, revision, region_id, place, previous_place, score, group_code,"
		"  reason, inputs, nodes, authority, overall_place, interval_lo, interval_hi)"
		" SELECT $1, $2, $3, $4::integer, line.*"
		" FROM ROWS FROM (pg_catalog.unnest($5::text[]), pg_catalog.unnest($6::integer[]),"
		"  pg_catalog.unnest($7::integer[]), pg_catalog.unnest($8::numeric[]), pg_catalog.unnest($9::text[]),"
		"  pg_catalog.unnest($10::text[]), pg_catalog.unnest($11::json[]), pg_catalog.unnest($12::json[]),"
		"  pg_catalog.unnest($13::text[]), pg_catalog.unnest($14::integer[]), pg_catalog.unnest($15::integer[]),"
		"  pg_catalog.unnest($16::integer[])) AS line";
	struct row_columns columns = format_rows(arena, run);
	const struct db_param params[] = {
		db_text(run->cohort), db_text(run->period), db_text(edition->kind), db_integer(arena, edition->revision),
		db_array(arena, columns.region, run->count), db_array(arena, columns.place, run->count),
		db_array(arena, columns.previous_place, run->count), db_array(arena, columns.score, run->count),
		db_array(arena, columns.group, run->count), db_array(arena, columns.reason, run->count),
		db_array(arena, columns.inputs, run->count), db_array(arena, columns.nodes, run->count),
		db_array(arena, columns.authority, run->count), db_array(arena, columns.overall_place, run->count),
		db_array(arena, columns.interval_lo, run->count), db_array(arena, columns.interval_hi, run->count)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

enum status ranking_store_insert_run(struct db *db, struct arena *arena, const struct ranking_run *run,
                                     const struct ranking_edition *edition,
                                     const struct ranking_publication *publication)
{
	enum status status = insert_run(db, arena, run, edition, publication);
	return status == STATUS_OK ? insert_rows(db, arena, run, edition) : status;
}

static void write_place(struct json_writer *writer, const struct db_rows *rows, size_t row)
{
	json_write_object(writer);
	json_member_string(writer, "period", db_get_text(rows, row, 0));
	json_member_string(writer, "kind", db_get_text(rows, row, 1));
	json_member_integer(writer, "revision", db_get_integer(rows, row, 2));
	if (db_is_null(rows, row, 3))
		json_member_null(writer, "place");
	else
		json_member_integer(writer, "place", db_get_integer(rows, row, 3));
	if (db_is_null(rows, row, 4))
		json_member_null(writer, "score");
	else
		json_member_raw(writer, "score", span_of_text(db_get_text(rows, row, 4)));
	json_member_string(writer, "result_digest", db_get_text(rows, row, 5));
	json_write_object_end(writer);
}

enum status ranking_store_load_history(struct db *db, struct buf *buf, const char *cohort, const char *region)
{
	static const char SQL[] =
		"SELECT run.period, run.kind, run.revision, line.place, line.score, run.result_digest"
		" FROM effreg.rating_row AS line JOIN effreg.rating_run AS run USING (cohort, period, kind, revision)"
		" WHERE line.cohort = $1 AND line.region_id = $2 AND line.authority = ''"
		" ORDER BY run.period, run.published_time, (run.kind = 'final'), run.revision";
	const struct db_param params[] = {db_text(cohort), db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_array(&writer);
	for (size_t row = 0; row < db_rows_count(rows); row++)
		write_place(&writer, rows, row);
	json_write_array_end(&writer);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

/* ---- who and where ---- */

enum status ranking_store_find_region(struct db *db, const char *code, char ret_region[OKTMO_TEXT_SIZE])
{
	static const char SQL[] = "SELECT region_id FROM effreg.region WHERE region_id = $1 OR iso = $1";
	const struct db_param params[] = {db_text(code)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(rows) == 0)
		status = STATUS_NOT_FOUND;
	else
		snprintf(ret_region, OKTMO_TEXT_SIZE, "%s", db_get_text(rows, 0, 0));
	db_rows_destroy(&rows);
	return status;
}

enum status ranking_store_find_role(struct db *db, struct arena *arena, const char *public_key, const char **ret_role)
{
	static const char SQL[] = "SELECT role FROM effreg.client_key WHERE public_key = $1 AND revoked_time IS NULL";
	const struct db_param params[] = {db_text(public_key)};
	return query_text(db, arena, SQL, params, ARRAY_COUNT(params), ret_role);
}
