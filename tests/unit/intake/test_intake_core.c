/* What intake decides without a socket or a database, by tables. */
#include "services/intake/intake_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

/* ---- States ---- */

struct decision {
	enum intake_state state;
	enum push_type type;
	enum intake_action action;
};

static const struct decision DECISIONS[] = {
	{INTAKE_NEW, PUSH_HELLO, INTAKE_GREET},     {INTAKE_NEW, PUSH_PUSH, INTAKE_REFUSE},
	{INTAKE_NEW, PUSH_PING, INTAKE_PONG},       {INTAKE_NEW, PUSH_BYE, INTAKE_FORGET},
	{INTAKE_OPEN, PUSH_HELLO, INTAKE_GREET},    {INTAKE_OPEN, PUSH_PUSH, INTAKE_STORE},
	{INTAKE_OPEN, PUSH_PING, INTAKE_PONG},      {INTAKE_OPEN, PUSH_BYE, INTAKE_FORGET},
	{INTAKE_FAILED, PUSH_HELLO, INTAKE_GREET},  {INTAKE_FAILED, PUSH_PUSH, INTAKE_DROP},
	{INTAKE_FAILED, PUSH_PING, INTAKE_PONG},    {INTAKE_FAILED, PUSH_BYE, INTAKE_FORGET},
	{INTAKE_CLOSED, PUSH_HELLO, INTAKE_GREET},  {INTAKE_CLOSED, PUSH_PUSH, INTAKE_REFUSE},
	{INTAKE_CLOSED, PUSH_PING, INTAKE_PONG},    {INTAKE_CLOSED, PUSH_BYE, INTAKE_FORGET},
};

static void every_state_knows_what_to_do_with_every_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(DECISIONS); i++)
		assert_int_equal(intake_decide(DECISIONS[i].state, DECISIONS[i].type), DECISIONS[i].action);
	for (int at = INTAKE_NEW; at <= INTAKE_CLOSED; at++) {
		for (int type = PUSH_WELCOME; type <= PUSH_PONG; type++)
			assert_int_equal(intake_decide((enum intake_state)at, (enum push_type)type), INTAKE_REFUSE);
	}
}

/* ---- Batch numbers ---- */

struct batch_row {
	uint64_t expected, batch;
	bool going_back;
	enum intake_batch_verdict verdict;
};

static const struct batch_row BATCHES[] = {
	{1, 1, false, INTAKE_BATCH_TAKE},
	{1, 2, false, INTAKE_BATCH_BAD},
	{5, 4, false, INTAKE_BATCH_BAD},
	{5, 5, true, INTAKE_BATCH_TAKE},
	{5, 6, true, INTAKE_BATCH_EARLY},
	{5, 4 + PUSH_CREDIT_BATCHES, true, INTAKE_BATCH_EARLY},
	{5, 5 + PUSH_CREDIT_BATCHES, true, INTAKE_BATCH_BAD},
	{5, 4, true, INTAKE_BATCH_BAD},
	{UINT64_MAX - 1, UINT64_MAX, true, INTAKE_BATCH_EARLY},
	{5, UINT64_MAX, true, INTAKE_BATCH_BAD},
};

static void batches_come_in_order_and_only_a_nack_excuses_early_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BATCHES); i++)
		assert_int_equal(intake_judge_batch(BATCHES[i].expected, BATCHES[i].batch, BATCHES[i].going_back), BATCHES[i].verdict);
}

/* ---- Slices ---- */

static void a_body_is_cut_where_the_sizes_say(void **state)
{
	(void)state;
	static const uint32_t SIZES[] = {1, 2, 3};
	struct span events[3];
	assert_int_equal(intake_slice(span_of("abbccc", 6), SIZES, 3, events, NULL), STATUS_OK);
	assert_true(span_equal(events[0], span_of("a", 1)));
	assert_true(span_equal(events[1], span_of("bb", 2)));
	assert_true(span_equal(events[2], span_of("ccc", 3)));
}

static void sizes_that_do_not_add_up_are_bad_frames(void **state)
{
	(void)state;
	static const uint32_t SIZES[][2] = {{1, 2}, {3, 2}, {1, 4}, {UINT32_MAX, 5}, {4, UINT32_MAX}};
	struct span events[2];
	for (size_t i = 0; i < ARRAY_COUNT(SIZES); i++) {
		struct fault fault = {.offset = -1};
		assert_int_equal(intake_slice(span_of("abcd", 4), SIZES[i], 2, events, &fault), STATUS_INVALID);
		assert_string_equal(fault.code, "bad_frames");
	}
}

/* ---- Rights ---- */

struct rights_row {
	const char *subject_region, *source;
	size_t sources_count;
	const char *code;  /* NULL = allowed */
};

static void a_session_writes_its_own_region_from_its_own_sources(void **state)
{
	(void)state;
	static const char *const SOURCES[] = {"a/b", "c"};
	static const struct rights_row ROWS[] = {
		{"20000000", "x", 0, NULL},
		{"20000000", "c", 2, NULL},
		{"20000000", "C", 2, "forbidden_source"},
		{"20000000", "a", 2, "forbidden_source"},
		{"40000000", "c", 2, "forbidden_region"},
		{"40000000", "x", 0, "forbidden_region"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		struct fault fault = {.offset = -1};
		struct envelope envelope = {.source = ROWS[i].source, .type = "effreg.project.opened.v1"};
		const struct intake_rights rights = {.sources = ROWS[i].sources_count == 0 ? NULL : SOURCES, .sources_count = ROWS[i].sources_count};
		memcpy(envelope.region, ROWS[i].subject_region, OKTMO_TEXT_SIZE);
		const struct intake_claim claim = intake_claim_of(&envelope);
		enum status status = intake_check_rights(&rights, "20000000", &claim, &fault);
		assert_int_equal(status, ROWS[i].code == NULL ? STATUS_OK : STATUS_FORBIDDEN);
		assert_string_equal(fault.code, ROWS[i].code == NULL ? "" : ROWS[i].code);
	}
}

/* A key whose list of sources is empty may write from none: NULL alone means any. */
static void an_empty_list_of_sources_allows_nothing(void **state)
{
	(void)state;
	static const char *const NONE[] = {NULL};
	const struct intake_rights rights = {.sources = NONE, .sources_count = 0};
	const struct envelope envelope = {.source = "a", .region = "20000000", .type = "effreg.project.opened.v1"};
	const struct intake_claim claim = intake_claim_of(&envelope);
	assert_int_equal(intake_check_rights(&rights, "20000000", &claim, NULL), STATUS_FORBIDDEN);
}

static void the_coordinator_and_the_regions_write_types_of_their_own(void **state)
{
	(void)state;
	static const char *const TYPES[] = {"effreg.project.opened.v1", "effreg.verification.recorded.v1", "effreg.dispute.opened.v1"};
	for (size_t i = 0; i < ARRAY_COUNT(TYPES); i++) {
		for (int is_coordinator = 0; is_coordinator < 2; is_coordinator++) {
			struct fault fault = {.offset = -1};
			const struct envelope envelope = {.source = "a", .region = "20000000", .type = TYPES[i]};
			const struct intake_rights rights = {.is_coordinator = is_coordinator != 0};
			bool allowed = (i > 0) == (is_coordinator != 0);
			const struct intake_claim claim = intake_claim_of(&envelope);
			assert_int_equal(intake_check_rights(&rights, "20000000", &claim, &fault), allowed ? STATUS_OK : STATUS_FORBIDDEN);
			assert_string_equal(fault.code, allowed ? "" : "forbidden_type");
		}
	}
}

struct region_row {
	const char *own, *named, *chosen;  /* chosen NULL = refused */
};

static void a_gateway_names_its_region_and_a_region_is_its_own(void **state)
{
	(void)state;
	static const struct region_row ROWS[] = {
		{"20000000", NULL, "20000000"}, {"20000000", "20000000", "20000000"}, {"20000000", "40000000", NULL},
		{"20000000", "RU-VOR", NULL},   {"", "40000000", "40000000"},         {"", NULL, NULL},
		{"", "4000000", NULL},          {"", "400000000", NULL},              {"", "", NULL},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		char region[OKTMO_TEXT_SIZE] = "";
		struct intake_rights rights = {0};
		struct fault fault = {.offset = -1};
		snprintf(rights.region, sizeof rights.region, "%s", ROWS[i].own);
		enum status status = intake_choose_region(&rights, ROWS[i].named, region, &fault);
		assert_int_equal(status == STATUS_OK, ROWS[i].chosen != NULL);
		if (status == STATUS_OK)
			assert_string_equal(region, ROWS[i].chosen);
		else
			assert_string_equal(fault.code, "forbidden_region");
	}
}

/* ---- Fairness ---- */

static void a_regions_credit_is_shared_among_its_sessions(void **state)
{
	(void)state;
	static const struct { size_t sessions; uint64_t share; } ROWS[] = {{0, 4}, {1, 4}, {4, 4}, {5, 3}, {8, 2}, {9, 1}, {16, 1}, {17, 1}, {4096, 1}};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		assert_int_equal(intake_credit_share(ROWS[i].sessions), ROWS[i].share);
		assert_true(ROWS[i].sessions > INTAKE_REGION_CREDIT_BATCHES || ROWS[i].share * ROWS[i].sessions <= INTAKE_REGION_CREDIT_BATCHES);
	}
	assert_int_equal(intake_credit_due(4, 0, 0), 4);
	assert_int_equal(intake_credit_due(4, 1, 2), 1);
	assert_int_equal(intake_credit_due(4, 2, 2), 0);
	assert_int_equal(intake_credit_due(1, 3, 2), 0);  /* its share shrank: what was granted is not taken back */
}

static void a_region_rests_longer_with_each_failure_and_not_for_ever(void **state)
{
	(void)state;
	assert_int_equal(intake_backoff_ms(1), 200);
	assert_int_equal(intake_backoff_ms(2), 400);
	assert_int_equal(intake_backoff_ms(8), 25600);
	assert_int_equal(intake_backoff_ms(9), 30000);
	assert_int_equal(intake_backoff_ms(UINT32_MAX), 30000);
}

static void a_regions_rate_lets_a_seconds_worth_through_at_once(void **state)
{
	(void)state;
	struct intake_pace pace = {0};
	assert_int_equal(intake_pace_take(&pace, 0, 0, 500, 1), 0);       /* no limit */
	assert_int_equal(intake_pace_take(&pace, 100, 100, 60, 1000), 0);
	assert_int_equal(intake_pace_take(&pace, 100, 100, 60, 1000), 200);  /* 40 left */
	assert_int_equal(intake_pace_take(&pace, 100, 100, 60, 1199), 1);
	assert_int_equal(intake_pace_take(&pace, 100, 100, 60, 1200), 0);
	assert_int_equal(intake_pace_take(&pace, 100, 100, 1, 1200), 10);
	assert_int_equal(intake_pace_take(&pace, 100, 100, 100, 900000), 0);  /* a long rest fills it, and no more than that */
	assert_int_equal(intake_pace_take(&pace, 100, 100, 1, 900000), 10);
	/* A batch that is larger than a second's worth passes, and is paid for afterwards. */
	assert_int_equal(intake_pace_take(&pace, 100, 100, 500, 901000), 0);
	assert_int_equal(intake_pace_take(&pace, 100, 100, 1, 901000), 4010);
}

static void a_keys_hellos_come_many_at_once_and_then_at_their_pace(void **state)
{
	(void)state;
	struct intake_pace pace = {0};
	for (int i = 0; i < 128; i++)
		assert_int_equal(intake_pace_take(&pace, 20, 128, 1, 1000), 0);
	assert_int_equal(intake_pace_take(&pace, 20, 128, 1, 1000), 50);
	assert_int_equal(intake_pace_take(&pace, 20, 128, 1, 1050), 0);
	assert_int_equal(intake_pace_take(&pace, 20, 128, 1, 1050), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_knows_what_to_do_with_every_message),
		cmocka_unit_test(batches_come_in_order_and_only_a_nack_excuses_early_ones),
		cmocka_unit_test(a_body_is_cut_where_the_sizes_say),
		cmocka_unit_test(sizes_that_do_not_add_up_are_bad_frames),
		cmocka_unit_test(a_session_writes_its_own_region_from_its_own_sources),
		cmocka_unit_test(an_empty_list_of_sources_allows_nothing),
		cmocka_unit_test(the_coordinator_and_the_regions_write_types_of_their_own),
		cmocka_unit_test(a_gateway_names_its_region_and_a_region_is_its_own),
		cmocka_unit_test(a_regions_credit_is_shared_among_its_sessions),
		cmocka_unit_test(a_region_rests_longer_with_each_failure_and_not_for_ever),
		cmocka_unit_test(a_regions_rate_lets_a_seconds_worth_through_at_once),
		cmocka_unit_test(a_keys_hellos_come_many_at_once_and_then_at_their_pace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
