/* intake_load: regions that push through CURVE, each over a session of its own and with its own key.
 *
 *   bench_intake_load --endpoint E --server-key FILE --keys DIR --regions A,B --events N [--rate N] [--first-sequence N]
 *                     [--batch 500] [--window 4] [--gather-ms 5] [--of planned|practices]
 *
 * DIR/OKTMO is a region's secret key. Events are made and every session is open, with one event stored, before the
 * clock starts. Without --rate each region sends whole batches as fast as credit allows. With --rate, events fall
 * due evenly, N a second over all regions; a region sends what is due as one batch, --gather-ms after the first of it at the
 * latest, and an event's latency counts from when it was due: a slow answer delays nobody's clock. A region has at most
 * --window batches of --batch events unanswered. Prints one JSON
 * object; exit 1 when an event was not stored. */
#include "common/ambient.h"
#include "common/push_client.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_events.h"

#include <stdio.h>
#include <stdlib.h>

#define STALL_US   60000000
#define BATCH_MAX  (BENCH_BATCH_EVENTS < PUSH_EVENTS_MAX ? BENCH_BATCH_EVENTS : PUSH_EVENTS_MAX)

struct load;

struct region_load {
	struct load *load;
	char region[OKTMO_TEXT_SIZE];
	struct push_client *client;
	char *bodies;                /* count + 1 events; the first opens the session */
	size_t count;
	size_t offered, settled;     /* of the measured ones */
	bool open;
	struct push_batch batches[PUSH_CLIENT_WINDOW];
	size_t firsts[PUSH_CLIENT_WINDOW];   /* the event each batch begins with */
	bool busy[PUSH_CLIENT_WINDOW];
};

struct load {
	struct region_load regions[BENCH_REGIONS_MAX];
	size_t regions_count;
	size_t batch_max, window;
	double due_us;               /* between two events of a region; 0 = as fast as can be */
	int64_t gather_us;           /* how long what is due waits for more of its batch */
	int64_t started_us;
	int64_t progress_us;
	uint32_t *latencies_us;      /* one for each settled event */
	size_t settled, refused, repeated;  /* repeated: its first answer was lost with a connection, it came again and was stored already */
	size_t total;
};

static void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "intake_load: %s: %s\n", what, why);
	exit(1);
}

/* ---- Batches ---- */

static int64_t due_at(const struct load *load, size_t event)
{
	return load->started_us + (int64_t)((double)event * load->due_us);
}

static void on_settled(void *context, struct push_batch *batch, const struct push_result *results)
{
	struct region_load *region = context;
	struct load *load = region->load;
	size_t slot = (size_t)(batch - region->batches);
	int64_t now_us = bench_now_us();

	for (size_t i = 0; i < batch->count; i++) {
		load->refused += results[i].outcome == PUSH_REJECTED ? 1 : 0;
		load->repeated += results[i].outcome == PUSH_DUPLICATE ? 1 : 0;
	}
	region->busy[slot] = false;
	load->progress_us = now_us;
	if (!region->open) {
		region->open = true;
		return;
	}
	for (size_t i = 0; i < batch->count; i++)
		load->latencies_us[load->settled++] = (uint32_t)(now_us - due_at(load, region->firsts[slot] + i));
	region->settled += batch->count;
}

static bool find_slot(const struct region_load *region, size_t *ret_slot)
{
	for (size_t i = 0; i < region->load->window; i++) {
		if (!region->busy[i]) {
			*ret_slot = i;
			return true;
		}
	}
	return false;
}

/* at: the place in bodies. */
static void offer(struct region_load *region, size_t slot, size_t at, size_t count)
{
	struct push_batch *batch = &region->batches[slot];

	*batch = (struct push_batch){
		.body = region->bodies + at * BENCH_EVENT_BYTES, .count = count, .body_bytes = count * BENCH_EVENT_BYTES};
	for (size_t i = 0; i < count; i++)
		batch->sizes[i] = BENCH_EVENT_BYTES;
	region->busy[slot] = true;
	ASSERT(push_client_offer(region->client, batch));
}

/* How many events of the region should go now. */
static size_t due_now(const struct region_load *region, int64_t now_us)
{
	const struct load *load = region->load;
	size_t left = region->count - region->offered;

	if (left == 0 || load->due_us <= 0)
		return left;
	int64_t first_us = due_at(load, region->offered);
	if (now_us < first_us)
		return 0;
	size_t due = (size_t)((double)(now_us - first_us) / load->due_us) + 1;
	bool waited = now_us - first_us >= load->gather_us;
	due = due < left ? due : left;
	return due >= load->batch_max || waited || due == left ? due : 0;
}

static void offer_due(struct region_load *region, int64_t now_us)
{
	size_t slot;

	for (size_t due = due_now(region, now_us); due > 0 && find_slot(region, &slot); due = due_now(region, now_us)) {
		size_t count = due < region->load->batch_max ? due : region->load->batch_max;

		region->firsts[slot] = region->offered;
		offer(region, slot, region->offered + 1, count);
		region->offered += count;
	}
}

/* ---- The loop ---- */

static void step(struct region_load *region)
{
	struct fault fault = {.offset = -1};

	if (push_client_step(region->client, &fault) != STATUS_OK)
		fail(region->region, fault.text);
}

static void wait_for_answers(struct load *load)
{
	struct bus_poll_item items[BENCH_REGIONS_MAX];

	for (size_t i = 0; i < load->regions_count; i++)
		items[i] = (struct bus_poll_item){.socket = push_client_socket(load->regions[i].client)};
	if (bus_poll(items, load->regions_count, load->due_us > 0 ? 1 : 10) != STATUS_OK)
		fail("poll", "failed");
	if (bench_now_us() - load->progress_us > STALL_US)
		fail("the centre", "has stored nothing for a minute");
}

static void open_sessions(struct load *load)
{
	size_t open = 0;

	load->progress_us = bench_now_us();
	for (size_t i = 0; i < load->regions_count; i++)
		offer(&load->regions[i], 0, 0, 1);
	while (open < load->regions_count) {
		open = 0;
		for (size_t i = 0; i < load->regions_count; i++) {
			step(&load->regions[i]);
			open += load->regions[i].open ? 1 : 0;
		}
		wait_for_answers(load);
	}
}

static void push_all(struct load *load)
{
	load->started_us = bench_now_us();
	while (load->settled < load->total) {
		int64_t now_us = bench_now_us();

		for (size_t i = 0; i < load->regions_count; i++) {
			offer_due(&load->regions[i], now_us);
			step(&load->regions[i]);
			offer_due(&load->regions[i], now_us);
		}
		wait_for_answers(load);
	}
}

/* ---- Arranging ---- */

/* The events of a part are all of one type: planned indicators, which change no figure by themselves, or practices, each of
 * which does. */
static void make_events(struct region_load *region, uint64_t first_sequence, bool practices)
{
	region->bodies = malloc((region->count + 1) * BENCH_EVENT_BYTES);
	ASSERT(region->bodies != NULL);
	for (size_t i = 0; i <= region->count; i++) {
		struct ident_uuid id = ambient_uuid();

		if (practices)
			bench_event_write_practice(region->bodies + i * BENCH_EVENT_BYTES, region->region, first_sequence + i, &id);
		else
			bench_event_write(region->bodies + i * BENCH_EVENT_BYTES, region->region, first_sequence + i, &id);
	}
}

static void make_client(struct bus *bus, struct region_load *region, int argc, char **argv)
{
	char path[4096], server_key[BUS_KEY_TEXT];
	struct fault fault = {.offset = -1};
	struct push_client_options options = {
		.endpoint = bench_argument(argc, argv, "endpoint", NULL), .server_public_key = server_key,
		.source = BENCH_SOURCE, .settled = on_settled, .context = region};

	(void)snprintf(path, sizeof path, "%s/%s", bench_argument(argc, argv, "keys", NULL), region->region);
	enum status status = bus_read_key(path, options.keypair.secret_key, &fault);
	if (status == STATUS_OK)
		status = bus_read_key(bench_argument(argc, argv, "server-key", NULL), server_key, &fault);
	if (status == STATUS_OK && !bus_public_key(options.keypair.secret_key, options.keypair.public_key))
		fail(path, "does not hold a secret key");
	if (status == STATUS_OK)
		status = push_client_new(bus, &options, &region->client, &fault);
	if (status != STATUS_OK)
		fail(region->region, fault.text);
}

static void arrange(struct load *load, struct bus *bus, int argc, char **argv)
{
	char regions[BENCH_REGIONS_MAX][OKTMO_TEXT_SIZE];
	size_t rate = bench_argument_number(argc, argv, "rate", "0");
	size_t first = bench_argument_number(argc, argv, "first-sequence", "1");
	bool practices = text_equal(bench_argument(argc, argv, "of", "planned"), "practices");

	load->regions_count = bench_argument_regions(argc, argv, regions);
	load->total = bench_argument_number(argc, argv, "events", NULL);
	load->batch_max = bench_argument_number(argc, argv, "batch", "500");
	load->window = bench_argument_number(argc, argv, "window", "4");
	if (load->batch_max < 1 || load->batch_max > BATCH_MAX || load->window < 1 || load->window > PUSH_CLIENT_WINDOW)
		fail("--batch, --window", "a batch has 1 to 500 events, a window 1 to 4 batches");
	load->gather_us = (int64_t)bench_argument_number(argc, argv, "gather-ms", "5") * 1000;
	load->due_us = rate == 0 ? 0 : 1e6 * (double)load->regions_count / (double)rate;
	load->latencies_us = calloc(load->total + 1, sizeof *load->latencies_us);
	ASSERT(load->latencies_us != NULL);
	for (size_t i = 0; i < load->regions_count; i++) {
		struct region_load *region = &load->regions[i];

		region->load = load;
		memcpy(region->region, regions[i], OKTMO_TEXT_SIZE);
		region->count = load->total / load->regions_count + (i < load->total % load->regions_count ? 1 : 0);
		make_events(region, first, practices);
		make_client(bus, region, argc, argv);
	}
}

/* ---- Results ---- */

static int compare_latencies(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double quantile_ms(const struct load *load, double share)
{
	return load->settled == 0 ? 0 : load->latencies_us[(size_t)(share * (double)(load->settled - 1))] / 1000.0;
}

static void report(struct load *load, int64_t took_us, int64_t cpu_us)
{
	qsort(load->latencies_us, load->settled, sizeof *load->latencies_us, compare_latencies);
	printf("{\"events\":%zu,\"refused\":%zu,\"repeated\":%zu,\"seconds\":%.4f,\"p50_ack_ms\":%.3f,\"p99_ack_ms\":%.3f,\"cpu_us\":%lld}\n",
	       load->total, load->refused, load->repeated, (double)took_us / 1e6, quantile_ms(load, 0.5), quantile_ms(load, 0.99), (long long)cpu_us);
}

int main(int argc, char **argv)
{
	static struct load load;
	struct bus *bus = bus_new();

	arrange(&load, bus, argc, argv);
	open_sessions(&load);
	int64_t cpu_us = bench_cpu_us();
	push_all(&load);
	report(&load, bench_now_us() - load.started_us, bench_cpu_us() - cpu_us);
	for (size_t i = 0; i < load.regions_count; i++) {
		push_client_destroy(&load.regions[i].client);
		free(load.regions[i].bodies);
	}
	free(load.latencies_us);
	bus_destroy(&bus);
	return load.refused == 0 ? 0 : 1;
}
