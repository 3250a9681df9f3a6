/* agent_core: numbering keeps every other byte; answers say what happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/agent/agent_core.h"

static void expect_text(const struct buf *buf, const char *text)
{
	assert_int_equal(buf->len, strlen(text));
	assert_memory_equal(buf->at, text, buf->len);
}

static void a_number_is_put_first_and_nothing_else_changes(void **state)
{
	(void)state;
	struct buf buf;
	buf_init(&buf, 4096);
	agent_number(&buf, span_of_text(" {\n \"id\": \"x\",\"data\":{\"v\":48.40}} "), 17);
	expect_text(&buf, " {\"sequence\":\"17\",\n \"id\": \"x\",\"data\":{\"v\":48.40}} ");
	buf_clear(&buf);
}

static void a_number_is_replaced_by_a_later_one(void **state)
{
	(void)state;
	struct buf first, second;
	buf_init(&first, 4096);
	buf_init(&second, 4096);
	agent_number(&first, span_of_text("{ \"id\":\"x\"}"), 9);
	agent_number_again(&second, buf_span(&first), 9, 109);
	expect_text(&second, "{\"sequence\":\"109\", \"id\":\"x\"}");
	buf_clear(&first);
	buf_clear(&second);
}

static void a_number_adds_no_more_than_is_said(void **state)
{
	(void)state;
	struct buf buf;
	const char *event = "{\"a\":1}";
	buf_init(&buf, 4096);
	agent_number(&buf, span_of_text(event), 999999999999999999);
	assert_true(buf.len <= strlen(event) + AGENT_NUMBER_BYTES);
	buf_clear(&buf);
}

static void results_say_what_became_of_each_event(void **state)
{
	(void)state;
	struct buf buf;
	struct agent_result results[] = {
		{.outcome = AGENT_ACCEPTED, .sequence = 17},
		{.outcome = AGENT_DUPLICATE, .sequence = 3},
		{.outcome = AGENT_REFUSED, .fault = {.code = "schema", .pointer = "/data", .offset = -1, .text = "no", .text_ru = "нет"}},
	};
	buf_init(&buf, 4096);
	agent_results_write(&buf, results, ARRAY_COUNT(results));
	expect_text(&buf, "{\"results\":[{\"accepted\":\"17\"},{\"duplicate\":\"3\"},{\"rejected\":\"schema\",\"pointer\":\"/data\",\"text\":\"no\",\"text_ru\":\"нет\"}]}");
	assert_int_equal(agent_results_http(results, 3), 422);
	assert_int_equal(agent_results_http(results, 2), 200);
	buf_clear(&buf);
}

static void a_quota_is_no_verdict_on_the_event(void **state)
{
	(void)state;
	assert_int_equal(agent_judge(&(struct push_result){.outcome = PUSH_STORED, .seq = 1}), AGENT_STORED);
	assert_int_equal(agent_judge(&(struct push_result){.outcome = PUSH_DUPLICATE, .seq = 1}), AGENT_STORED);
	assert_int_equal(agent_judge(&(struct push_result){.outcome = PUSH_REJECTED, .code = "schema"}), AGENT_REFUSED_THERE);
	assert_int_equal(agent_judge(&(struct push_result){.outcome = PUSH_REJECTED, .code = "a_code_of_tomorrow"}), AGENT_REFUSED_THERE);
	assert_int_equal(agent_judge(&(struct push_result){.outcome = PUSH_REJECTED, .code = "over_quota"}), AGENT_LATER);
}

static void files_are_told_by_their_names(void **state)
{
	(void)state;
	assert_int_equal(agent_file_kind("a.ndjson"), AGENT_FILE_LINES);
	assert_int_equal(agent_file_kind("a.JSONL"), AGENT_FILE_LINES);
	assert_int_equal(agent_file_kind("a.csv"), AGENT_FILE_TABLE);
	static const char *const IGNORED[] = {".a.ndjson", "a.ndjson.part", "a.ndjson~", ".ndjson", "a.txt", "ndjson", ""};
	for (size_t i = 0; i < ARRAY_COUNT(IGNORED); i++)
		assert_int_equal(agent_file_kind(IGNORED[i]), AGENT_FILE_IGNORED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_put_first_and_nothing_else_changes),
		cmocka_unit_test(a_number_is_replaced_by_a_later_one),
		cmocka_unit_test(a_number_adds_no_more_than_is_said),
		cmocka_unit_test(results_say_what_became_of_each_event),
		cmocka_unit_test(a_quota_is_no_verdict_on_the_event),
		cmocka_unit_test(files_are_told_by_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
