/* Small pushes of several regions against the real effreg-intake: they share transactions, and what is wrong with one region's
 * changes nothing for the others. The intake is stopped while they are sent, so that it finds them at once. */
#include "tests/integration/intake/intake_player.h"

#define PORTAL  "ru/portal"
#define REGIONS 4
#define ROUNDS_MAX 100

static const char *const NAMES[REGIONS] = {VORONEZH, PETERSBURG, "45000000", "46000000"};

static struct player player;
static struct process intake;
static struct bus_keypair keys[REGIONS];
static struct client clients[REGIONS];
static uint64_t batches[REGIONS];

static int set_up_all(void **state)
{
	(void)state;
	setenv("EFFREG_WRITERS", "2", 1);
	player_init(&player);
	for (size_t i = 0; i < REGIONS; i++)
		player_add_key(&player, &keys[i], "region", NAMES[i], NULL);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	player_clear(&player);
	return 0;
}

static void push(size_t region, struct span event)
{
	client_await_credit(&clients[region], batches[region] + 1);
	client_push_one(&clients[region], ++batches[region], event);
}

static struct push_result expect_result(size_t region)
{
	struct push_message ack = client_expect(&clients[region], PUSH_ACK);
	assert_int_equal(ack.batch, batches[region]);
	return ack.results[0];
}

static void expect_stored(size_t region)
{
	assert_int_equal(expect_result(region).outcome, PUSH_STORED);
}

/* An intake that has not met any of the regions; each has a log. */
static int set_up(void **state)
{
	(void)state;
	player_wipe(&player);
	process_start(&player, &intake, "67108864");
	for (size_t i = 0; i < REGIONS; i++) {
		batches[i] = 0;
		client_connect(&clients[i], &player, &intake, &keys[i]);
		client_hello(&clients[i], PORTAL);
		push(i, fresh_event(&player, NAMES[i]));
		expect_stored(i);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < REGIONS; i++)
		client_close(&clients[i]);
	process_stop(&intake);
	return 0;
}

/* One event of each region, at once as nearly as can be. */
static void push_all(struct span first)
{
	kill(intake.pid, SIGSTOP);
	push(0, first);
	for (size_t i = 1; i < REGIONS; i++)
		push(i, fresh_event(&player, NAMES[i]));
	for (size_t i = 0; i < REGIONS; i++)
		wait_a_little(&clients[i]);
	kill(intake.pid, SIGCONT);
}

/* The most regions that a transaction has written. */
static int64_t shared_by(void)
{
	return player_count(&player, "SELECT pg_catalog.max(regions) FROM (SELECT pg_catalog.count(DISTINCT region_id) AS regions FROM effreg.event GROUP BY xmin::text) t");
}

static void check_logs(void)
{
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event_head h WHERE h.last_seq <>"
	                                       " (SELECT pg_catalog.count(*) FROM effreg.event e WHERE e.region_id = h.region_id)"
	                                       " OR h.hash <> (SELECT e.hash FROM effreg.event e WHERE e.region_id = h.region_id AND e.seq = h.last_seq)"), 0);
}

/* The first may be taken before the others have come through libzmq: it goes by itself, and they gather meanwhile. */
static void small_pushes_of_several_regions_share_a_transaction(void **state)
{
	(void)state;
	unsigned rounds = 0;
	for (; shared_by() < REGIONS - 1; rounds++) {
		assert_true(rounds < ROUNDS_MAX);
		push_all(fresh_event(&player, VORONEZH));
		for (size_t i = 0; i < REGIONS; i++)
			expect_stored(i);
	}
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), REGIONS * (rounds + 1));
	check_logs();
}

/* Whoever holds the lock of one region's head, another intake that hangs, say. */
static void a_region_whose_head_is_locked_holds_up_itself_alone(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 10; round++) {
		assert_int_equal(db_begin(player.db), STATUS_OK);
		player_sql(&player, "SELECT 1 FROM effreg.event_head WHERE region_id = '" VORONEZH "' FOR UPDATE");
		push_all(fresh_event(&player, VORONEZH));
		for (size_t i = 1; i < REGIONS; i++)
			expect_stored(i);
		/* And they go on. */
		for (size_t i = 1; i < REGIONS; i++)
			push(i, fresh_event(&player, NAMES[i]));
		for (size_t i = 1; i < REGIONS; i++)
			expect_stored(i);
		assert_int_equal(player_count(&player, "SELECT last_seq FROM effreg.event_head WHERE region_id = '" VORONEZH "'"), round + 1);
		db_rollback(player.db);
		expect_stored(0);
	}
	check_logs();
}

/* More of them than there are writers. */
static void many_locked_heads_leave_a_writer_to_the_others(void **state)
{
	(void)state;
	assert_int_equal(db_begin(player.db), STATUS_OK);
	player_sql(&player, "SELECT 1 FROM effreg.event_head WHERE region_id <> '46000000' FOR UPDATE");
	push_all(fresh_event(&player, VORONEZH));
	expect_stored(3);
	for (unsigned i = 0; i < 20; i++) {
		push(3, fresh_event(&player, NAMES[3]));
		expect_stored(3);
	}
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event WHERE region_id <> '46000000'"), 3);
	db_rollback(player.db);
	for (size_t i = 0; i < 3; i++)
		expect_stored(i);
	check_logs();
}

/* What waits when intake is told to end was not acknowledged, and is not stored. */
static void who_waits_for_a_lock_when_intake_ends_is_sent_back(void **state)
{
	(void)state;
	assert_int_equal(db_begin(player.db), STATUS_OK);
	player_sql(&player, "SELECT 1 FROM effreg.event_head WHERE region_id <> '46000000' FOR UPDATE");
	push_all(fresh_event(&player, VORONEZH));
	expect_stored(3);
	process_stop(&intake);
	db_rollback(player.db);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), REGIONS + 1);
	check_logs();
	process_start(&player, &intake, "67108864");
	client_close(&clients[0]);
	client_connect(&clients[0], &player, &intake, &keys[0]);
	client_hello(&clients[0], PORTAL);  /* it has begun, and can be told to end */
}

static void a_duplicate_and_a_refusal_of_one_are_the_others_gain_or_loss_in_nothing(void **state)
{
	(void)state;
	struct span first = fresh_event(&player, VORONEZH);
	push_all(first);
	for (size_t i = 0; i < REGIONS; i++)
		expect_stored(i);
	for (unsigned round = 0; round < 3; round++) {
		push_all(first);
		assert_int_equal(expect_result(0).outcome, PUSH_DUPLICATE);
		for (size_t i = 1; i < REGIONS; i++)
			expect_stored(i);
	}
	push_all(span_of_text("{}"));
	assert_int_equal(expect_result(0).outcome, PUSH_REJECTED);
	for (size_t i = 1; i < REGIONS; i++)
		expect_stored(i);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), REGIONS * 2 + (REGIONS - 1) * 4);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), 1);
	check_logs();
}

static void a_key_that_was_revoked_is_told_and_the_others_are_stored(void **state)
{
	(void)state;
	struct bus_keypair key;
	client_close(&clients[0]);
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	client_connect(&clients[0], &player, &intake, &key);
	client_hello(&clients[0], PORTAL);
	batches[0] = 0;
	player_revoke(&player, &key);
	push_all(fresh_event(&player, VORONEZH));
	client_expect_bye(&clients[0], "revoked");
	for (size_t i = 1; i < REGIONS; i++)
		expect_stored(i);
	assert_int_equal(player_count(&player, "SELECT last_seq FROM effreg.event_head WHERE region_id = '" VORONEZH "'"), 1);
	check_logs();
}

/* What cannot be stored together is tried one by one: a mistake that concerns one region is that region's. */
static void a_failure_of_one_is_not_the_others(void **state)
{
	(void)state;
	player_sql(&player, "ALTER TABLE effreg.event ADD CONSTRAINT not_voronezh CHECK (region_id <> '" VORONEZH "') NOT VALID");
	push_all(fresh_event(&player, VORONEZH));
	assert_string_equal(client_expect(&clients[0], PUSH_NACK).code, "unavailable");
	for (size_t i = 1; i < REGIONS; i++)
		expect_stored(i);
	player_sql(&player, "ALTER TABLE effreg.event DROP CONSTRAINT not_voronezh");
	check_logs();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(small_pushes_of_several_regions_share_a_transaction),
		CASE(a_region_whose_head_is_locked_holds_up_itself_alone),
		CASE(many_locked_heads_leave_a_writer_to_the_others),
		CASE(who_waits_for_a_lock_when_intake_ends_is_sent_back),
		CASE(a_duplicate_and_a_refusal_of_one_are_the_others_gain_or_loss_in_nothing),
		CASE(a_key_that_was_revoked_is_told_and_the_others_are_stored),
		CASE(a_failure_of_one_is_not_the_others),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
