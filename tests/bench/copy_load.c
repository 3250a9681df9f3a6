/* copy_load: the limit that intake is held against: binary COPY of whole batches into effreg.event, one COMMIT each.
 *
 *   bench_copy_load --dsn CONNINFO --regions A,B --events N [--connections N] [--first-seq N]
 *
 * Rows are built before the clock starts, so what is measured is PostgreSQL and the way to it. Each connection has a
 * thread and regions of its own. Heads are not touched. Prints one JSON object. */
#include "common/ambient.h"
#include "common/buf.h"
#include "common/crypto.h"
#include "common/db.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_events.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS_MAX 16
#define ROW_BYTES_MAX   (BENCH_EVENT_BYTES + 256)

struct lane {
	struct db *db;
	struct buf *batches;
	size_t count, capacity;
	pthread_t thread;
	pthread_barrier_t *start;
	int64_t end_us;
};

struct log {
	char region[OKTMO_TEXT_SIZE];
	uint64_t seq;
	struct sha256 hash;
};

static void add_row(struct buf *rows, struct log *log)
{
	char event[BENCH_EVENT_BYTES];
	struct ident_uuid id = ambient_uuid();
	int64_t now_us = ambient_now_us();

	bench_event_write(event, log->region, log->seq, &id);
	struct sha256 digest = sha256_of(event, sizeof event);
	log->hash = chain_next(&log->hash, log->region, log->seq, now_us, &digest);
	db_copy_row(rows, 6);
	db_copy_field(rows, span_of(log->region, OKTMO_LEN));
	db_copy_integer(rows, (int64_t)log->seq++);
	db_copy_field(rows, span_of((const char *)id.bytes, sizeof id.bytes));
	db_copy_timestamp(rows, now_us);
	db_copy_field(rows, span_of((const char *)log->hash.bytes, SHA256_BYTES));
	db_copy_field(rows, span_of(event, sizeof event));
}

static void add_batch(struct lane *lane, struct log *log, size_t events)
{
	if (lane->count == lane->capacity) {
		lane->capacity = lane->capacity == 0 ? 64 : lane->capacity * 2;
		lane->batches = realloc(lane->batches, lane->capacity * sizeof *lane->batches);
		ASSERT(lane->batches != NULL);
	}
	struct buf *rows = &lane->batches[lane->count++];
	buf_init(rows, BENCH_BATCH_EVENTS * ROW_BYTES_MAX);
	db_copy_header(rows);
	for (size_t i = 0; i < events; i++)
		add_row(rows, log);
	db_copy_trailer(rows);
	ASSERT(buf_ok(rows));
}

/* Batches of the regions in turn, as they come to intake. */
static void build(struct lane *lanes, size_t connections, struct log *logs, size_t regions, size_t events)
{
	for (size_t i = 0; events > 0; i = (i + 1) % regions) {
		size_t size = events < BENCH_BATCH_EVENTS ? events : BENCH_BATCH_EVENTS;

		add_batch(&lanes[i % connections], &logs[i], size);
		events -= size;
	}
}

/* Outside a transaction a COPY is one of its own: the fewest messages there can be. */
static void copy_batch(struct db *db, const struct buf *rows)
{
	enum status status = db_copy_begin(db, "COPY effreg.event (region_id, seq, id, recorded_time, hash, body) FROM STDIN (FORMAT binary)");

	if (status == STATUS_OK)
		status = db_copy_send(db, buf_span(rows));
	if (status == STATUS_OK)
		status = db_copy_end(db);
	if (status == STATUS_OK)
		return;
	(void)fprintf(stderr, "copy_load: %s: %s\n", status_name(status), db_error(db));
	exit(1);
}

static void *run_lane(void *context)
{
	struct lane *lane = context;

	(void)pthread_barrier_wait(lane->start);
	for (size_t i = 0; i < lane->count; i++)
		copy_batch(lane->db, &lane->batches[i]);
	lane->end_us = bench_now_us();
	return NULL;
}

static void open_lanes(struct lane *lanes, size_t connections, const char *dsn, pthread_barrier_t *start)
{
	for (size_t i = 0; i < connections; i++) {
		struct fault fault = {.offset = -1};

		lanes[i].start = start;
		if (db_connect(dsn, "copy_load", &lanes[i].db, &fault) != STATUS_OK) {
			(void)fprintf(stderr, "copy_load: %s\n", fault.text);
			exit(1);
		}
	}
}

static void report(const struct lane *lanes, size_t connections, size_t events, int64_t started_us, int64_t cpu_us)
{
	int64_t end_us = started_us + 1;

	for (size_t i = 0; i < connections; i++)
		end_us = lanes[i].end_us > end_us ? lanes[i].end_us : end_us;
	printf("{\"events\":%zu,\"seconds\":%.4f,\"cpu_us\":%lld}\n", events, (double)(end_us - started_us) / 1e6,
	       (long long)(bench_cpu_us() - cpu_us));
}

int main(int argc, char **argv)
{
	static struct lane lanes[CONNECTIONS_MAX];
	static char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE];
	static struct log logs[BENCH_REGIONS_MAX];
	pthread_barrier_t start;
	size_t regions_count = bench_argument_regions(argc, argv, regions);
	size_t events = bench_argument_number(argc, argv, "events", NULL);
	size_t connections = bench_argument_number(argc, argv, "connections", "1");
	size_t first_seq = bench_argument_number(argc, argv, "first-seq", "1");

	if (connections == 0 || connections > CONNECTIONS_MAX || connections > regions_count || crypto_init() != STATUS_OK)
		return 2;
	ASSERT(pthread_barrier_init(&start, NULL, (unsigned)connections + 1) == 0);
	for (size_t i = 0; i < regions_count; i++) {
		memcpy(logs[i].region, regions[i], OKTMO_TEXT_SIZE);
		logs[i].seq = first_seq;
	}
	build(lanes, connections, logs, regions_count, events);
	open_lanes(lanes, connections, bench_argument(argc, argv, "dsn", NULL), &start);
	for (size_t i = 0; i < connections; i++)
		ASSERT(pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]) == 0);
	int64_t cpu_us = bench_cpu_us(), started_us = bench_now_us();
	(void)pthread_barrier_wait(&start);
	for (size_t i = 0; i < connections; i++)
		ASSERT(pthread_join(lanes[i].thread, NULL) == 0);
	report(lanes, connections, events, started_us, cpu_us);
	for (size_t i = 0; i < connections; i++)
		db_disconnect(&lanes[i].db);
	return 0;
}
