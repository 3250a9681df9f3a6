/* metrics_load: what tests/bench/metrics drives: the log of regions with years of projects, made by a seed and copied in; and events
 * that keep coming, with the time from the commit of each to the commit of the figures that follow from it.
 *
 *   bench_metrics_load fill --dsn D --regions A,B --projects N --years Y --seed S
 *   bench_metrics_load live --dsn D --regions A,B --projects N --years Y --rate R --warm W --seconds S --parts P --instances I
 *
 * live: the next steps of projects that are under way. One process appends, in batches of a few events as regions send them, every region in turn; I others are the metrics
 * service (its turn, without its sockets), told of each commit by a pipe in place of the hint. Prints a line for each of P parts of S seconds,
 * one behind the other, and one of the whole. */
#include "common/buf.h"
#include "services/metrics/metrics_handlers.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define AUTHORITIES    30
#define INSTANCES_MAX  8
#define BATCH          4      /* events of an append */
#define SAMPLES_MAX    1000000
#define COPY_BYTES     ((size_t)1024 * 1024)
#define DAY_US         INT64_C(86400000000)
#define SEQ_OF_LIVE    ((uint64_t)1 << 32)

static _Noreturn void fail(const char *what, const char *detail)
{
	fprintf(stderr, "metrics_load: %s: %s\n", what, detail);
	exit(1);
}

static uint64_t random_next(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned pick(uint64_t *seed, unsigned below)
{
	return (unsigned)(random_next(seed) % below);
}

static struct db *connect_to(const char *dsn)
{
	struct db *db;
	struct fault fault = {.text = ""};
	if (db_connect(dsn, "bench", &db, &fault) != STATUS_OK)
		fail("database", fault.text);
	return db;
}

static void must(struct db *db, enum status status)
{
	if (status != STATUS_OK)
		fail(status_name(status), db_error(db));
}

/* ---- Events ---- */

struct event_out {
	const char *region;
	uint64_t number;      /* of the source */
	uint64_t *seed;
	char text[1600];
	struct ident_uuid id;
	int64_t time_us;
};

static void id_new(struct event_out *event)
{
	for (size_t i = 0; i < 16; i += 8) {
		uint64_t half = random_next(event->seed);
		memcpy(&event->id.bytes[i], &half, 8);
	}
	event->id.bytes[6] = (uint8_t)(0x40 | (event->id.bytes[6] & 0x0f));
	event->id.bytes[8] = (uint8_t)(0x80 | (event->id.bytes[8] & 0x3f));
}

static void event_write(struct event_out *event, const char *type, const char *data)
{
	char id[UUID_TEXT_SIZE], time[INSTANT_TEXT_SIZE];
	id_new(event);
	ident_uuid_format(&event->id, id);
	instant_format(event->time_us, time);
	snprintf(event->text, sizeof event->text,
	         "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"bench/portal\",\"type\":\"effreg.%s.v1\",\"subject\":\"%s\",\"time\":\"%s\","
	         "\"datacontenttype\":\"application/json\",\"sequence\":\"%" PRIu64 "\",\"data\":{%s}}",
	         id, type, event->region, time, ++event->number, data);
}

static void date_of(int64_t us, char text[INSTANT_TEXT_SIZE])
{
	instant_format(us, text);
	text[10] = '\0';
}

/* The steps of a project: days after its opening, type, data: {p} the project, {d} the date, {n} a figure, {a} and {b} authorities. */
struct step {
	unsigned day;
	const char *type, *data;
};

#define OF "\"project\":\"P-{p}\","
#define TEXT(name) "\"" name "\":{\"ru\":\"Сокращение времени оказания услуги\",\"en\":\"A shorter service\"}"

static const struct step STEPS[] = {
	{0, "project.opened", OF TEXT("title") ",\"sphere\":\"education\",\"authorities\":[\"A-{a}\",\"A-{b}\"],\"kind\":\"external_service\","
	 "\"digital\":true,\"support\":\"independent\",\"process\":{" TEXT("title") ",\"from\":\"a\",\"to\":\"b\"},\"planned_effect_rub\":\"{n}000\""},
	{1, "indicator.planned", OF "\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"base\":{\"value\":\"{n}\",\"on\":\"{d}\"},"
	 "\"target\":{\"value\":\"2\",\"on\":\"{d}\"},\"method\":\"median\",\"origin\":\"journal\""},
	{1, "indicator.planned", OF "\"indicator\":\"labour\",\"unit\":\"person_hour\",\"base\":{\"value\":\"{n}\",\"on\":\"{d}\"},"
	 "\"target\":{\"value\":\"3\",\"on\":\"{d}\"},\"method\":\"count\",\"origin\":\"timesheet\""},
	{3, "project.kickoff_held", OF "\"participants\":12"},
	{20, "project.stage_started", OF "\"stage\":2"},
	{25, "measurement.recorded", OF "\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"value\":\"{n}\",\"measured_on\":\"{d}\""},
	{40, "project.stage_completed", OF "\"stage\":2"},
	{41, "project.stage_started", OF "\"stage\":3"},
	{45, "problem.raised", OF "\"problem\":\"B-{p}\"," TEXT("title") ",\"severity\":\"low\""},
	{60, "measurement.recorded", OF "\"indicator\":\"labour\",\"unit\":\"person_hour\",\"value\":\"9\",\"measured_on\":\"{d}\""},
	{70, "measurement.recorded", OF "\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"value\":\"9\",\"measured_on\":\"{d}\""},
	{80, "problem.resolved", "\"problem\":\"B-{p}\",\"outcome\":\"resolved\""},
	{90, "measurement.recorded", OF "\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"value\":\"7\",\"measured_on\":\"{d}\""},
	{100, "project.stage_completed", OF "\"stage\":3"},
	{101, "project.stage_started", OF "\"stage\":4"},
	{120, "measurement.recorded", OF "\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"value\":\"4\",\"measured_on\":\"{d}\""},
	{121, "measurement.recorded", OF "\"indicator\":\"labour\",\"unit\":\"person_hour\",\"value\":\"5\",\"measured_on\":\"{d}\""},
	{130, "effect.declared", OF "\"indicator\":\"economic_effect\",\"figure\":{\"way\":\"pair\",\"unit\":\"rub\",\"base\":\"0\",\"actual\":\"{n}000\"},"
	 "\"declared_on\":\"{d}\",\"origin\":\"ledger\",\"method\":\"count\""},
	{140, "project.closed", OF TEXT("summary")},
	{141, "lesson.recorded", OF "\"lesson\":\"L-{p}\"," TEXT("title") ",\"sphere\":\"education\""},
	{200, "project.monitoring_checked", OF "\"checked_on\":\"{d}\",\"held\":\"held\""},
	{300, "project.monitoring_checked", OF "\"checked_on\":\"{d}\",\"held\":\"held\",\"final\":true"},
};

struct words {
	unsigned project, figure, first, second;
	const char *date;
};

static void expand(char *out, size_t size, const char *template, const struct words *words)
{
	size_t len = 0;
	out[0] = '\0';
	for (const char *at = template; *at != '\0' && len + 32 < size; at++) {
		bool word = at[0] == '{' && at[1] != '\0' && at[2] == '}';
		if (!word) {
			out[len++] = *at;
			out[len] = '\0';
			continue;
		}
		if (at[1] == 'd')
			len += (size_t)snprintf(out + len, size - len, "%s", words->date);
		else
			len += (size_t)snprintf(out + len, size - len, "%u", at[1] == 'p' ? words->project : at[1] == 'n' ? words->figure
			                                                     : at[1] == 'a' ? words->first : words->second);
		at += 2;
	}
}

static void step_write(struct event_out *event, const struct step *step, unsigned project, int64_t opened_us)
{
	char data[1200], date[INSTANT_TEXT_SIZE];
	event->time_us = opened_us + step->day * DAY_US + pick(event->seed, 86000) * INT64_C(1000000);
	date_of(event->time_us, date);
	const struct words words = {
		.project = project, .figure = 8 + pick(event->seed, 40), .first = project % AUTHORITIES, .second = (project + 7) % AUTHORITIES, .date = date};
	expand(data, sizeof data, step->data, &words);
	event_write(event, step->type, data);
}

/* ---- Filling ---- */

struct filling {
	struct db *db;
	struct buf rows;
	uint64_t seq;
	int64_t recorded_us;
};

static void fill_event(struct filling *filling, const struct event_out *event)
{
	static const char HASH[32] = {0};
	db_copy_row(&filling->rows, 6);
	db_copy_field(&filling->rows, span_of_text(event->region));
	db_copy_integer(&filling->rows, (int64_t)++filling->seq);
	db_copy_field(&filling->rows, span_of((const char *)event->id.bytes, 16));
	if (event->time_us > filling->recorded_us)
		filling->recorded_us = event->time_us;
	db_copy_timestamp(&filling->rows, filling->recorded_us);
	db_copy_field(&filling->rows, span_of(HASH, sizeof HASH));
	db_copy_field(&filling->rows, span_of_text(event->text));
	if (filling->rows.len < COPY_BYTES)
		return;
	must(filling->db, db_copy_send(filling->db, buf_span(&filling->rows)));
	buf_reset(&filling->rows);
}

static void fill_bodies(struct filling *filling, struct event_out *event, int64_t start_us)
{
	char data[400], date[INSTANT_TEXT_SIZE];
	event->time_us = start_us;
	date_of(start_us, date);
	snprintf(data, sizeof data, "\"joined_on\":\"%s\",\"precision\":\"day\"", date);
	event_write(event, "region.joined", data);
	fill_event(filling, event);
	for (unsigned i = 0; i < AUTHORITIES; i++) {
		snprintf(data, sizeof data, "\"authority\":\"A-%u\"," "\"title\":{\"ru\":\"о\",\"en\":\"a\"},\"level\":\"executive\",\"registered_on\":\"%s\",\"precision\":\"day\"", i, date);
		event_write(event, "authority.registered", data);
		fill_event(filling, event);
	}
}

/* A project that is under way: where it stands in STEPS, and when it was opened. */
struct under_way {
	unsigned number, step;
	int64_t opened_us;
};

/* Opened evenly over the years: at their end some are under way. Fresh. */
static struct under_way *open_projects(unsigned projects, unsigned years, int64_t start_us)
{
	struct under_way *ways = calloc(projects, sizeof *ways);
	for (unsigned i = 0; i < projects; i++)
		ways[i] = (struct under_way){.number = i, .opened_us = start_us + (int64_t)((uint64_t)i * years * 365 / projects) * DAY_US};
	return ways;
}

/* Day by day, so that the events of all projects come as they would. */
static void fill_projects(struct filling *filling, struct event_out *event, unsigned projects, unsigned years, int64_t start_us)
{
	struct under_way *ways = open_projects(projects, years, start_us);
	unsigned days = years * 365;
	for (unsigned day = 0; day < days; day++) {
		for (unsigned i = 0; i < projects; i++) {
			while (ways[i].step < ARRAY_COUNT(STEPS) && ways[i].opened_us + STEPS[ways[i].step].day * DAY_US <= start_us + day * DAY_US) {
				step_write(event, &STEPS[ways[i].step++], ways[i].number, ways[i].opened_us);
				fill_event(filling, event);
			}
		}
	}
	free(ways);
}

static int64_t log_start_us(void)
{
	int64_t start_us;
	if (!instant_parse("2020-01-01T00:00:00Z", &start_us))
		fail("start", "");
	return start_us;
}

static uint64_t fill_region(struct db *db, const char *region, unsigned projects, unsigned years, uint64_t seed)
{
	struct filling filling = {.db = db};
	struct event_out event = {.region = region, .seed = &seed};
	int64_t start_us = log_start_us();
	char head[512];
	buf_init(&filling.rows, 4 * COPY_BYTES);
	must(db, db_begin(db));
	must(db, db_copy_begin(db, "COPY effreg.event (region_id, seq, id, recorded_time, hash, body) FROM STDIN (FORMAT binary)"));
	db_copy_header(&filling.rows);
	fill_bodies(&filling, &event, start_us);
	fill_projects(&filling, &event, projects, years, start_us);
	db_copy_trailer(&filling.rows);
	must(db, db_copy_send(db, buf_span(&filling.rows)));
	must(db, db_copy_end(db));
	snprintf(head, sizeof head,
	         "INSERT INTO effreg.event_head (region_id, last_seq, recorded_time) VALUES ('%s', %" PRIu64 ", '2025-01-01Z') ON CONFLICT (region_id)"
	         " DO UPDATE SET last_seq = EXCLUDED.last_seq;"
	         "INSERT INTO effreg.cursor (consumer, stream, key) VALUES ('metrics', 'event', '%s') ON CONFLICT DO NOTHING", region, filling.seq, region);
	must(db, db_exec(db, head));
	must(db, db_commit(db));
	buf_clear(&filling.rows);
	return filling.seq;
}

static int fill(int argc, char **argv)
{
	static char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE];
	size_t count = bench_argument_regions(argc, argv, regions);
	struct db *db = connect_to(bench_argument(argc, argv, "dsn", NULL));
	uint64_t events = 0;
	for (size_t i = 0; i < count; i++)
		events += fill_region(db, regions[i], (unsigned)bench_argument_number(argc, argv, "projects", NULL),
		                      (unsigned)bench_argument_number(argc, argv, "years", "5"), bench_argument_number(argc, argv, "seed", "1") + i);
	db_disconnect(&db);
	printf("{\"events\":%" PRIu64 "}\n", events);
	return 0;
}

/* ---- Live ---- */

/* Told through a pipe after a commit. */
struct told {
	uint16_t region;
	uint16_t count;
	uint64_t last_seq;
	int64_t committed_us;
};

/* Shared by the processes: what was measured. */
struct results {
	uint64_t samples;
	uint64_t turns;
	uint64_t regions, loads, peak_kib;  /* of all instances: regions kept in the end, how often one was loaded, memory at its highest */
	uint32_t us[SAMPLES_MAX];
};

struct waiting {
	struct told told[4096];
	size_t count;
	uint64_t done_seq;        /* up to here figures stand, since done_us */
	int64_t done_us;
};

struct instance {
	char (*regions)[OKTMO_TEXT_SIZE];
	size_t regions_count;
	struct waiting *waiting;  /* by region */
	struct results *results;
};

/* A turn may have taken events before their commit is told of here: then nothing was waited for. */
static void count_sample(struct results *results, const struct told *told, int64_t done_us)
{
	for (unsigned event = 0; event < told->count; event++) {
		uint64_t at = __atomic_fetch_add(&results->samples, 1, __ATOMIC_RELAXED);
		if (at < SAMPLES_MAX)
			results->us[at] = done_us <= told->committed_us ? 0 : (uint32_t)(done_us - told->committed_us);
	}
}

static void count_done(struct waiting *waiting, struct results *results)
{
	size_t done = 0;
	for (; done < waiting->count && waiting->told[done].last_seq <= waiting->done_seq; done++)
		count_sample(results, &waiting->told[done], waiting->done_us);
	waiting->count -= done;
	memmove(waiting->told, waiting->told + done, waiting->count * sizeof waiting->told[0]);
}

static void on_committed(struct instance *instance, const char *key, uint64_t seq)
{
	__atomic_fetch_add(&instance->results->turns, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < instance->regions_count; i++) {
		if (!text_equal(instance->regions[i], key))
			continue;
		instance->waiting[i].done_seq = seq;
		instance->waiting[i].done_us = bench_now_us();
		count_done(&instance->waiting[i], instance->results);
	}
}

struct live_consumer {
	struct stream_consumer_options inner;
	struct instance *instance;
};

static enum status live_apply(void *context, const struct stream_turn *turn)
{
	struct live_consumer *live = context;
	return live->inner.apply(live->inner.context, turn);
}

static void live_committed(void *context, const char *key, uint64_t seq)
{
	struct live_consumer *live = context;
	on_committed(live->instance, key, seq);
}

static void live_forget(void *context, const char *key)
{
	struct live_consumer *live = context;
	live->inner.forget(live->inner.context, key);
}

static void take_told(struct instance *instance, struct stream_consumer *consumer, const struct told *told)
{
	struct waiting *waiting = &instance->waiting[told->region];
	if (waiting->count < ARRAY_COUNT(waiting->told))
		waiting->told[waiting->count++] = *told;
	count_done(waiting, instance->results);
	stream_consumer_hint(consumer, instance->regions[told->region]);
}

/* Until the pipe ends and nothing waits. */
static void consume(struct instance *instance, int pipe_in, struct db *db, struct stream_consumer *consumer)
{
	unsigned turns = 0;
	bool open = true;
	while (open || turns > 0) {
		struct pollfd poll_in = {.fd = pipe_in, .events = POLLIN};
		struct told told[256];
		if (open && poll(&poll_in, 1, turns > 0 ? 0 : 1000) > 0) {
			ssize_t len = read(pipe_in, told, sizeof told);
			open = len > 0;
			for (size_t i = 0; len > 0 && i < (size_t)len / sizeof told[0]; i++)
				take_told(instance, consumer, &told[i]);
		}
		must(db, stream_consumer_work(consumer, false, 4, &turns));
	}
}

static void tell_memory(const struct metrics *metrics, struct results *results)
{
	struct rusage usage;
	struct metrics_counts counts = metrics_counts(metrics);
	getrusage(RUSAGE_SELF, &usage);
	__atomic_fetch_add(&results->regions, counts.regions, __ATOMIC_RELAXED);
	__atomic_fetch_add(&results->loads, counts.loads, __ATOMIC_RELAXED);
	__atomic_fetch_add(&results->peak_kib, (uint64_t)usage.ru_maxrss, __ATOMIC_RELAXED);
}

static void run_instance(const char *dsn, struct instance *instance, int pipe_in)
{
	struct rules *rules;
	struct fault fault = {.text = ""};
	struct db *db = connect_to(dsn);
	if (rules_new(span_of("", 0), span_of("", 0), &rules, &fault) != STATUS_OK)
		fail("rules", fault.text);
	const struct metrics_options options = {.rules = rules, .memory_bytes_max = (size_t)512 * 1024 * 1024, .hash_seed = 1};
	struct metrics *metrics = metrics_new(&options);
	struct live_consumer live = {.inner = metrics_consumer_options(metrics), .instance = instance};
	struct stream_consumer_options wrapped = live.inner;
	wrapped.apply = live_apply;
	wrapped.committed = live_committed;
	wrapped.forget = live_forget;
	wrapped.context = &live;
	must(db, metrics_put_in_force(metrics, db, &fault));
	struct stream_consumer *consumer = stream_consumer_new(db, &wrapped);
	consume(instance, pipe_in, db, consumer);
	stream_consumer_destroy(&consumer);
	tell_memory(metrics, instance->results);
	metrics_destroy(&metrics);
	db_disconnect(&db);
}

/* The projects of a region that are under way. */
struct live_region {
	struct under_way *ways;
	unsigned count, opened;   /* under way; ever */
	int64_t now_us;           /* where the log ends */
};

/* Appends as if regions did: the load alone, so its commits need not wait for the disk. */
struct appender {
	struct db *db;
	struct arena *arena;
	char (*regions)[OKTMO_TEXT_SIZE];
	struct live_region live[BENCH_REGIONS_MAX];
	uint64_t seed, number;
};

/* As the log left them. */
static struct live_region region_at_end(unsigned projects, unsigned years)
{
	struct live_region region = {
		.ways = open_projects(projects, years, log_start_us()), .opened = projects, .now_us = log_start_us() + years * 365 * DAY_US};
	for (unsigned i = 0; i < projects; i++) {
		struct under_way way = region.ways[i];
		while (way.step < ARRAY_COUNT(STEPS) && way.opened_us + STEPS[way.step].day * DAY_US < region.now_us)
			way.step++;
		if (way.step < ARRAY_COUNT(STEPS))
			region.ways[region.count++] = way;
	}
	if (region.count == 0)
		fail("projects", "too few: none is under way");
	return region;
}

/* The next step of one of them; where that was the last, another project is opened. */
static void live_step(struct appender *appender, struct live_region *region, struct event_out *event)
{
	struct under_way *way = &region->ways[pick(&appender->seed, region->count)];
	step_write(event, &STEPS[way->step++], way->number, way->opened_us);
	if (way->step == ARRAY_COUNT(STEPS))
		*way = (struct under_way){.number = region->opened++, .opened_us = region->now_us};
}

static void append_batch(struct appender *appender, size_t region, struct told *ret_told)
{
	static struct event_out out[BATCH];
	struct append_event events[BATCH];
	struct append_head head;
	const struct append_hooks hooks = {.context = NULL};
	for (size_t i = 0; i < BATCH; i++) {
		out[i] = (struct event_out){.region = appender->regions[region], .seed = &appender->seed, .number = SEQ_OF_LIVE + appender->number++};
		live_step(appender, &appender->live[region], &out[i]);
		events[i] = (struct append_event){.id = out[i].id, .body = span_of_text(out[i].text), .source = "bench/live",
		                                  .digest = sha256_of(out[i].text, strlen(out[i].text))};
	}
	arena_reset(appender->arena);
	must(appender->db, stream_append(appender->db, appender->regions[region], events, BATCH, &hooks, appender->arena, &head));
	*ret_told = (struct told){.region = (uint16_t)region, .count = BATCH, .last_seq = head.last_seq, .committed_us = bench_now_us()};
}

static uint64_t append_all(struct appender *appender, size_t regions, size_t rate, size_t seconds, const int *pipes, size_t instances)
{
	int64_t start_us = bench_now_us();
	uint64_t batches = rate * seconds / BATCH, done = 0;
	for (; done < batches; done++) {
		struct told told;
		int64_t due_us = start_us + (int64_t)(done * BATCH * 1000000 / rate), wait_us = due_us - bench_now_us();
		if (wait_us > 0)
			poll(NULL, 0, (int)(wait_us / 1000) + 1);
		append_batch(appender, done % regions, &told);
		if (write(pipes[(done % regions) % instances], &told, sizeof told) != (ssize_t)sizeof told)
			fail("pipe", "a consumer ended");
		if (bench_now_us() - start_us > (int64_t)seconds * 2000000)
			break;  /* this machine cannot append so fast: the rate it could is told */
	}
	return done * BATCH;
}

static void wait_for_samples(const struct results *results, uint64_t count)
{
	int64_t end_us = bench_now_us() + 120 * INT64_C(1000000);
	while (__atomic_load_n(&results->samples, __ATOMIC_RELAXED) < count) {
		if (bench_now_us() > end_us)
			fail("live", "the consumers do not come to the end");
		poll(NULL, 0, 5);
	}
}

static int us_compare(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	return (one > other) - (one < other);
}

static void print_part(struct results *results, uint64_t events, double seconds)
{
	size_t count = results->samples < SAMPLES_MAX ? (size_t)results->samples : SAMPLES_MAX;
	if (count == 0)
		fail("live", "nothing was measured");
	qsort(results->us, count, sizeof results->us[0], us_compare);
	printf("{\"events\":%" PRIu64 ",\"samples\":%zu,\"turns\":%" PRIu64 ",\"seconds\":%.2f,\"per_s\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
	       events, count, results->turns, seconds, (double)events / seconds, results->us[count / 2] / 1000.0,
	       results->us[count * 99 / 100] / 1000.0, results->us[count - 1] / 1000.0);
}

/* As many events as come in the time, until the figures of the last stand. */
static void run_part(struct appender *appender, size_t regions, size_t rate, size_t seconds, const int *pipes, size_t instances,
                     struct results *results)
{
	__atomic_store_n(&results->samples, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&results->turns, 0, __ATOMIC_RELAXED);
	int64_t start_us = bench_now_us();
	uint64_t events = append_all(appender, regions, rate, seconds, pipes, instances);
	double took = (double)(bench_now_us() - start_us) / 1000000;
	wait_for_samples(results, events);
	print_part(results, events, took);
}

static int live(int argc, char **argv)
{
	static char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE];
	static struct waiting waiting[BENCH_REGIONS_MAX];
	const char *dsn = bench_argument(argc, argv, "dsn", NULL);
	size_t count = bench_argument_regions(argc, argv, regions), instances = bench_argument_number(argc, argv, "instances", "1");
	int pipes[INSTANCES_MAX];
	struct results *results = mmap(NULL, sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (instances > INSTANCES_MAX || results == MAP_FAILED)
		fail("instances", "too many");
	for (size_t i = 0; i < instances; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) != 0)
			fail("pipe", "");
		pid_t child = fork();
		if (child == 0) {
			struct instance instance = {.regions = regions, .regions_count = count, .waiting = waiting, .results = results};
			close(ends[1]);
			for (size_t other = 0; other < i; other++)
				close(pipes[other]);
			run_instance(dsn, &instance, ends[0]);
			_exit(0);
		}
		close(ends[0]);
		pipes[i] = ends[1];
	}
	static struct appender appender;
	appender.db = connect_to(dsn);
	appender.arena = arena_new((size_t)64 * 1024 * 1024);
	appender.regions = regions;
	appender.seed = bench_argument_number(argc, argv, "seed", "77");
	for (size_t i = 0; i < count; i++)
		appender.live[i] = region_at_end((unsigned)bench_argument_number(argc, argv, "projects", NULL),
		                                 (unsigned)bench_argument_number(argc, argv, "years", "5"));
	must(appender.db, db_exec(appender.db, "SET synchronous_commit = off"));
	/* A round first, which loads every region, and W seconds as they are measured: what has to be done once after a start is not what
	 * an event waits for. */
	size_t rate = bench_argument_number(argc, argv, "rate", "500"), warm = bench_argument_number(argc, argv, "warm", "0");
	uint64_t before = append_all(&appender, count, 400, 2, pipes, instances);
	wait_for_samples(results, before);
	if (warm > 0)
		wait_for_samples(results, before + append_all(&appender, count, rate, warm, pipes, instances));
	size_t parts = bench_argument_number(argc, argv, "parts", "1");
	for (size_t part = 0; part < parts; part++)
		run_part(&appender, count, rate, bench_argument_number(argc, argv, "seconds", "5"), pipes, instances, results);
	for (size_t i = 0; i < instances; i++)
		close(pipes[i]);
	int failed = 0, status;
	while (wait(&status) > 0)
		failed += status != 0;
	printf("{\"regions\":%" PRIu64 ",\"loads\":%" PRIu64 ",\"peak_kib\":%" PRIu64 "}\n", results->regions, results->loads, results->peak_kib);
	db_disconnect(&appender.db);
	arena_destroy(&appender.arena);
	for (size_t i = 0; i < count; i++)
		free(appender.live[i].ways);
	return failed > 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && text_equal(argv[1], "fill"))
		return fill(argc - 1, argv + 1);
	if (argc > 1 && text_equal(argv[1], "live"))
		return live(argc - 1, argv + 1);
	fail("usage", "fill or live");
}
