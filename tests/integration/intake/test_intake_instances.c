/* One region moves between intakes on one database at any instant: its client drops the connection wherever it stands, with batches
 * sent and not answered, and goes on at another intake from the first batch that it has no ACK for, as proto/README.md says (4.3).
 * With 1, 2 and 4 of them: every event is stored once, the log is contiguous and its chain unbroken.
 *
 * EFFREG_TEST_SEED repeats a run, EFFREG_TEST_ROUNDS makes it longer. */
#include "tests/integration/intake/intake_player.h"

#define PORTAL        "ru-vor/portal"
#define INTAKES_MAX   4
#define BATCH_EVENTS  3
#define BATCHES       120
#define CLIENTS       2       /* side by side: the same region, each with batches of its own */

static struct player player;
static struct process intakes[INTAKES_MAX];
static struct bus_keypair key;
static uint64_t random_state;

/* splitmix64 */
static size_t random_below(size_t limit)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (size_t)((z ^ (z >> 31)) % limit);
}

static uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text == NULL || text[0] == '\0' ? otherwise : strtoull(text, NULL, 10);
}

/* What a region has to send, and what it has an ACK for. */
struct mover {
	struct client client;
	struct body batches[BATCHES];
	size_t acknowledged;
	uint64_t seqs[BATCHES * BATCH_EVENTS];
	bool connected;
	size_t sent;             /* in this session */
	uint64_t session_start;  /* the batch that is number 1 of it */
};

static void fill(struct mover *mover)
{
	for (size_t i = 0; i < BATCHES; i++) {
		for (size_t event = 0; event < BATCH_EVENTS; event++)
			body_add(&mover->batches[i], fresh_event(&player, VORONEZH));
	}
}

static void move(struct mover *mover, size_t instances)
{
	if (mover->connected)
		client_close(&mover->client);
	client_connect(&mover->client, &player, &intakes[random_below(instances)], &key);
	client_hello(&mover->client, PORTAL);
	mover->connected = true;
	mover->sent = 0;
	mover->session_start = mover->acknowledged;
}

/* As much as the credit of a session allows. */
static void send_some(struct mover *mover)
{
	size_t unanswered = mover->session_start + mover->sent - mover->acknowledged;
	while (unanswered < PUSH_CREDIT_BATCHES && mover->session_start + mover->sent < BATCHES &&
	       mover->sent < mover->client.credit_batches) {
		client_push(&mover->client, mover->sent + 1, &mover->batches[mover->session_start + mover->sent]);
		mover->sent++;
		unanswered++;
	}
}

static void hear_one(struct mover *mover)
{
	struct push_message ack = client_expect(&mover->client, PUSH_ACK);
	assert_int_equal(ack.batch, mover->acknowledged - mover->session_start + 1);
	for (size_t i = 0; i < ack.count; i++) {
		assert_int_not_equal(ack.results[i].outcome, PUSH_REJECTED);
		mover->seqs[mover->acknowledged * BATCH_EVENTS + i] = ack.results[i].seq;
	}
	mover->acknowledged++;
}

static bool is_done(const struct mover *movers)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		if (movers[i].acknowledged < BATCHES)
			return false;
	}
	return true;
}

static void step(struct mover *mover, size_t instances)
{
	if (mover->acknowledged == BATCHES)
		return;
	if (!mover->connected || random_below(4) == 0)
		move(mover, instances);
	send_some(mover);
	size_t hearable = mover->session_start + mover->sent - mover->acknowledged;
	for (size_t heard = random_below(hearable + 1); heard > 0; heard--)
		hear_one(mover);
}

/* The seq that an ACK told is the seq under which these very bytes stand. */
static void assert_stored_once(const struct mover *mover)
{
	for (size_t i = 0; i < BATCHES; i++) {
		const char *at = mover->batches[i].at;
		for (size_t event = 0; event < BATCH_EVENTS; at += mover->batches[i].sizes[event++]) {
			const char *sql = arena_printf(player.arena, "SELECT seq FROM effreg.event WHERE body::text = '%.*s'",
			                               (int)mover->batches[i].sizes[event], at);
			assert_int_equal(player_count(&player, sql), (int64_t)mover->seqs[i * BATCH_EVENTS + event]);
		}
	}
}

static void assert_log_holds(void)
{
	const int64_t total = (int64_t)CLIENTS * BATCHES * BATCH_EVENTS;
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), total);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.max(seq) FROM effreg.event"), total);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(DISTINCT id) FROM effreg.event"), total);
	/* hash(seq) over the bytes, as section 6 of the protocol has it */
	assert_int_equal(player_count(&player,
		"SELECT pg_catalog.count(*) FROM effreg.event e LEFT JOIN effreg.event p ON p.region_id = e.region_id AND p.seq = e.seq - 1"
		" WHERE e.hash <> pg_catalog.sha256('effreg.chain.v1'::bytea || pg_catalog.convert_to(e.region_id, 'UTF8') || pg_catalog.int8send(e.seq)"
		" || pg_catalog.int8send((EXTRACT(epoch FROM e.recorded_time) * 1000000)::bigint)"
		" || COALESCE(p.hash, pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')) || pg_catalog.sha256(pg_catalog.convert_to(e.body::text, 'UTF8')))"), 0);
}

static void play(size_t instances)
{
	static struct mover movers[CLIENTS];
	player_wipe(&player);
	memset(movers, 0, sizeof movers);
	for (size_t i = 0; i < CLIENTS; i++)
		fill(&movers[i]);
	while (!is_done(movers)) {
		for (size_t i = 0; i < CLIENTS; i++)
			step(&movers[i], instances);
	}
	assert_log_holds();
	for (size_t i = 0; i < CLIENTS; i++) {
		assert_stored_once(&movers[i]);
		client_close(&movers[i].client);
		for (size_t batch = 0; batch < BATCHES; batch++)
			body_clear(&movers[i].batches[batch]);
	}
}

static void a_region_moves_between_intakes_at_any_instant(void **state)
{
	(void)state;
	static const size_t INSTANCES[] = {1, 2, 4};
	uint64_t fresh;
	ambient_random(&fresh, sizeof fresh);
	random_state = number_from_environment("EFFREG_TEST_SEED", fresh >> 11);
	print_message("# seed %llu\n", (unsigned long long)random_state);
	for (uint64_t round = number_from_environment("EFFREG_TEST_ROUNDS", 1); round > 0; round--) {
		for (size_t i = 0; i < ARRAY_COUNT(INSTANCES); i++) {
			arena_reset(player.arena);
			play(INSTANCES[i]);
		}
	}
}

static int set_up_all(void **state)
{
	(void)state;
	player_init(&player);
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	for (size_t i = 0; i < INTAKES_MAX; i++)
		process_start(&player, &intakes[i], "67108864");
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < INTAKES_MAX; i++)
		process_stop(&intakes[i]);
	player_clear(&player);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_moves_between_intakes_at_any_instant),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
