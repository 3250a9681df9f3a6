/* The messages of the push channel: what is formatted is parsed again, and what is no message is refused as bad_header. */
#include "common/push.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct arena *arena;
static struct buf header;
static struct push_message parsed;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(PUSH_ARENA_BYTES(PUSH_ANSWER_BYTES_MAX));
	buf_init(&header, PUSH_ANSWER_BYTES_MAX);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	buf_clear(&header);
	return 0;
}

static struct sha256 hash_a(void)
{
	struct sha256 hash;
	assert_true(sha256_parse_hex(HEX_A, &hash));
	return hash;
}

/* Formats message and parses it into parsed. */
static void go_round(const struct push_message *message)
{
	struct fault fault = {.offset = -1};
	buf_reset(&header);
	push_format(&header, message);
	assert_true(buf_ok(&header));
	if (push_parse(arena, buf_span(&header), &parsed, &fault) != STATUS_OK)
		fail_msg("%s refused: %s %s", header.at, fault.pointer, fault.text);
	assert_int_equal(parsed.type, message->type);
}

/* ---- Round trips ---- */

static void hello_comes_back(void **state)
{
	(void)state;
	go_round(&(struct push_message){.type = PUSH_HELLO, .version = 1, .source = "ru-vor/portal", .region = "20000000",
	                                .has_witness = true, .last_seq = 41, .head = hash_a()});
	assert_int_equal(parsed.version, 1);
	assert_string_equal(parsed.source, "ru-vor/portal");
	assert_string_equal(parsed.region, "20000000");
	assert_true(parsed.has_witness);
	assert_int_equal(parsed.last_seq, 41);
	assert_memory_equal(parsed.head.bytes, hash_a().bytes, SHA256_BYTES);
	go_round(&(struct push_message){.type = PUSH_HELLO, .version = 7, .source = "a"});
	assert_null(parsed.region);
	assert_false(parsed.has_witness);
}

static void a_token_comes_back_and_only_one(void **state)
{
	(void)state;
	static const char TOKEN[] = "effreg_" "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const char *const WRONG[] = {"1", "\"\"", "\"effreg_\"", "null", "\"EFFREG_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
	                                    "\"effreg_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF\""};
	go_round(&(struct push_message){.type = PUSH_HELLO, .version = 1, .source = "a", .token = TOKEN});
	assert_string_equal(parsed.token, TOKEN);
	go_round(&(struct push_message){.type = PUSH_HELLO, .version = 1, .source = "a"});
	assert_null(parsed.token);
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++) {
		char hello[256];
		struct fault fault;
		snprintf(hello, sizeof hello, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"token\":%s}", WRONG[i]);
		assert_int_equal(push_parse_request(arena, span_of_text(hello), &parsed, &fault), STATUS_INVALID);
		assert_string_equal(fault.pointer, "/token");
	}
}

static void push_comes_back(void **state)
{
	(void)state;
	static const uint32_t SIZES[] = {1, 412, 262144};
	go_round(&(struct push_message){.type = PUSH_PUSH, .batch = 9007199254740991, .sizes = SIZES, .count = ARRAY_COUNT(SIZES)});
	assert_int_equal(parsed.batch, 9007199254740991);
	assert_int_equal(parsed.count, ARRAY_COUNT(SIZES));
	assert_memory_equal(parsed.sizes, SIZES, sizeof SIZES);
}

static void welcome_comes_back(void **state)
{
	(void)state;
	for (int witness = PUSH_WITNESS_UNKNOWN; witness <= PUSH_WITNESS_MISMATCH; witness++) {
		go_round(&(struct push_message){.type = PUSH_WELCOME, .version = 1, .region = "20000000", .source_sequence = 17, .incarnation = (uint64_t)witness, .last_seq = 41,
		                                .head = hash_a(), .witness = (enum push_witness)witness, .credit_bytes = 800, .credit_batches = 3});
		assert_int_equal(parsed.witness, witness);
		assert_int_equal(parsed.incarnation, witness);
	}
	assert_int_equal(parsed.version, 1);
	assert_string_equal(parsed.region, "20000000");
	assert_int_equal(parsed.source_sequence, 17);
	assert_int_equal(parsed.last_seq, 41);
	assert_memory_equal(parsed.head.bytes, hash_a().bytes, SHA256_BYTES);
	assert_int_equal(parsed.credit_bytes, 800);
	assert_int_equal(parsed.credit_batches, 3);
}

static void ack_comes_back(void **state)
{
	(void)state;
	static const struct push_result RESULTS[] = {
		{.outcome = PUSH_STORED, .seq = 42, .offset = -1},
		{.outcome = PUSH_DUPLICATE, .seq = 7, .offset = -1},
		{.outcome = PUSH_REJECTED, .code = "schema", .pointer = "/data/stage", .offset = -1, .text = "«нет»\n\"\\"},
		{.outcome = PUSH_REJECTED, .code = "bad_json", .pointer = "", .offset = 211, .text = "x"},
	};
	go_round(&(struct push_message){.type = PUSH_ACK, .batch = 3, .results = RESULTS, .count = ARRAY_COUNT(RESULTS), .last_seq = 42, .head = hash_a()});
	assert_int_equal(parsed.batch, 3);
	assert_int_equal(parsed.last_seq, 42);
	assert_memory_equal(parsed.head.bytes, hash_a().bytes, SHA256_BYTES);
	assert_int_equal(parsed.count, ARRAY_COUNT(RESULTS));
	for (size_t i = 0; i < parsed.count; i++) {
		assert_int_equal(parsed.results[i].outcome, RESULTS[i].outcome);
		assert_int_equal(parsed.results[i].seq, RESULTS[i].seq);
		assert_int_equal(parsed.results[i].offset, RESULTS[i].offset);
	}
	assert_string_equal(parsed.results[2].code, "schema");
	assert_string_equal(parsed.results[2].pointer, "/data/stage");
	assert_string_equal(parsed.results[2].text, RESULTS[2].text);
	assert_string_equal(parsed.results[3].pointer, "");
}

static void the_small_messages_come_back(void **state)
{
	(void)state;
	go_round(&(struct push_message){.type = PUSH_NACK, .batch = 2, .code = "unavailable", .text = "later"});
	assert_int_equal(parsed.batch, 2);
	assert_string_equal(parsed.code, "unavailable");
	assert_string_equal(parsed.text, "later");
	go_round(&(struct push_message){.type = PUSH_CREDIT, .credit_bytes = 800, .credit_batches = 1});
	assert_int_equal(parsed.credit_bytes, 800);
	assert_int_equal(parsed.credit_batches, 1);
	go_round(&(struct push_message){.type = PUSH_BYE, .code = "bad_batch", .text = "numbers"});
	assert_string_equal(parsed.code, "bad_batch");
	assert_string_equal(parsed.text, "numbers");
	go_round(&(struct push_message){.type = PUSH_BYE});
	assert_null(parsed.code);
	go_round(&(struct push_message){.type = PUSH_PING});
	go_round(&(struct push_message){.type = PUSH_PONG});
}

static void the_longest_ack_fits_and_loses_texts_only(void **state)
{
	(void)state;
	static struct push_result results[PUSH_EVENTS_MAX];
	static struct fault fault;
	memset(fault.code, 'c', sizeof fault.code - 1);
	memset(fault.pointer, 1, sizeof fault.pointer - 1);  /* six bytes each, as \u0001 */
	memset(fault.text, 1, sizeof fault.text - 1);
	for (size_t i = 0; i < PUSH_EVENTS_MAX; i++)
		results[i] = (struct push_result){
			.outcome = PUSH_REJECTED, .code = fault.code, .pointer = fault.pointer, .offset = INT64_C(9007199254740991), .text = fault.text};
	go_round(&(struct push_message){.type = PUSH_ACK, .batch = 9007199254740991, .results = results, .count = PUSH_EVENTS_MAX,
	                                .last_seq = 9007199254740991, .head = hash_a()});
	assert_true(header.len <= PUSH_ANSWER_BYTES_MAX);
	assert_string_equal(parsed.results[0].text, fault.text);
	assert_null(parsed.results[PUSH_EVENTS_MAX - 1].text);
	for (size_t i = 0; i < PUSH_EVENTS_MAX; i++) {
		assert_string_equal(parsed.results[i].code, fault.code);
		assert_string_equal(parsed.results[i].pointer, fault.pointer);
	}
}

/* ---- Refusals ---- */

struct bad_row {
	const char *text;
	const char *pointer;
};

static const struct bad_row BAD[] = {
	{"", ""},
	{"{", ""},
	{"[]", "/type"},
	{"\"PING\"", "/type"},
	{"{}", "/type"},
	{"{\"type\":\"PING\"} ", NULL},  /* fine: blanks around a value are JSON */
	{"{\"type\":\"PING\"}x", ""},
	{"\xEF\xBB\xBF{\"type\":\"PING\"}", ""},
	{"{\"type\":\"PING\",\"type\":\"PING\"}", ""},
	{"{\"type\":\"PING\",\"x\":[[[[[0]]]]]}", ""},
	{"{\"type\":\"PING\",\"x\":\"\xD0\"}", ""},
	{"{\"type\":\"ping\"}", "/type"},
	{"{\"type\":\"PINGS\"}", "/type"},
	{"{\"type\":1}", "/type"},
	{"{\"type\":\"HELLO\",\"source\":\"a\"}", "/version"},
	{"{\"type\":\"HELLO\",\"version\":\"1\",\"source\":\"a\"}", "/version"},
	{"{\"type\":\"HELLO\",\"version\":-1,\"source\":\"a\"}", "/version"},
	{"{\"type\":\"HELLO\",\"version\":1.5,\"source\":\"a\"}", "/version"},
	{"{\"type\":\"HELLO\",\"version\":1}", "/source"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"\"}", "/source"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":7}", "/source"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"a b\"}", "/source"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"портал\"}", "/source"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"region\":20000000}", "/region"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"witness\":null}", "/witness"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"witness\":{\"seq\":1}}", "/witness"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"witness\":{\"seq\":1,\"hash\":\"aa\"}}", "/witness"},
	{"{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"witness\":{\"seq\":-1,\"hash\":\"" HEX_A "\"}}", "/witness"},
	{"{\"type\":\"PUSH\",\"sizes\":[1]}", "/batch"},
	{"{\"type\":\"PUSH\",\"batch\":0,\"sizes\":[1]}", "/batch"},
	{"{\"type\":\"PUSH\",\"batch\":\"1\",\"sizes\":[1]}", "/batch"},
	{"{\"type\":\"PUSH\",\"batch\":1}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":1}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[]}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[0]}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[-1]}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[1.5]}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[\"1\"]}", "/sizes"},
	{"{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[262145]}", "/sizes"},
	{"{\"type\":\"WELCOME\",\"version\":1}", ""},
	{"{\"type\":\"ACK\",\"batch\":1,\"results\":[{}],\"last_seq\":1,\"head\":\"" HEX_A "\"}", "/results"},
	{"{\"type\":\"ACK\",\"batch\":1,\"results\":{},\"last_seq\":1,\"head\":\"" HEX_A "\"}", ""},
	{"{\"type\":\"ACK\",\"batch\":1,\"results\":[],\"last_seq\":1,\"head\":\"" HEX_A "a\"}", ""},
	{"{\"type\":\"NACK\",\"batch\":1}", ""},
	{"{\"type\":\"NACK\",\"code\":\"unavailable\"}", ""},
	{"{\"type\":\"CREDIT\",\"bytes\":1}", ""},
	{"{\"type\":\"CREDIT\",\"batches\":1,\"bytes\":\"1\"}", ""},
};

static void what_is_no_message_is_refused_as_bad_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++) {
		struct fault fault = {.offset = -1};
		enum status status = push_parse(arena, span_of_text(BAD[i].text), &parsed, &fault);
		if ((status == STATUS_OK) != (BAD[i].pointer == NULL))
			fail_msg("%s: status %s", BAD[i].text, status_name(status));
		if (status == STATUS_OK)
			continue;
		assert_string_equal(fault.code, "bad_header");
		if (!text_equal(fault.pointer, BAD[i].pointer))
			fail_msg("%s: at \"%s\", expected \"%s\"", BAD[i].text, fault.pointer, BAD[i].pointer);
	}
}

/* Every prefix of every message is either refused or, never here, a message itself. */
static void a_message_that_is_cut_short_is_refused(void **state)
{
	(void)state;
	static const uint32_t SIZES[] = {412, 388};
	const struct push_message messages[] = {
		{.type = PUSH_HELLO, .version = 1, .source = "a", .region = "20000000", .has_witness = true, .head = hash_a()},
		{.type = PUSH_PUSH, .batch = 1, .sizes = SIZES, .count = 2},
		{.type = PUSH_WELCOME, .version = 1, .region = "20000000", .head = hash_a()},
		{.type = PUSH_CREDIT},
		{.type = PUSH_BYE, .code = "retry"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
		go_round(&messages[i]);
		for (size_t len = 0; len < header.len; len++)
			assert_int_equal(push_parse(arena, span_of(header.at, len), &parsed, NULL), STATUS_INVALID);
	}
}

static void an_unknown_member_is_ignored(void **state)
{
	(void)state;
	static const char TEXT[] = "{\"type\":\"HELLO\",\"version\":1,\"colour\":{\"a\":[1]},\"source\":\"a\"}";
	assert_int_equal(push_parse(arena, span_of_text(TEXT), &parsed, NULL), STATUS_OK);
}

static void each_side_hears_only_what_the_other_may_say(void **state)
{
	(void)state;
	static const uint32_t SIZES[] = {1};
	for (int type = PUSH_HELLO; type <= PUSH_PONG; type++) {
		bool from_client = type == PUSH_HELLO || type == PUSH_PUSH || type == PUSH_PING || type == PUSH_BYE;
		bool from_intake = !from_client || type == PUSH_BYE;
		go_round(&(struct push_message){.type = (enum push_type)type, .version = 1, .source = "a", .region = "20000000", .batch = 1,
		                                .sizes = SIZES, .count = type == PUSH_PUSH, .code = "retry"});
		assert_int_equal(push_parse_request(arena, buf_span(&header), &parsed, NULL), from_client ? STATUS_OK : STATUS_INVALID);
		assert_int_equal(push_parse_answer(arena, buf_span(&header), &parsed, NULL), from_intake ? STATUS_OK : STATUS_INVALID);
	}
}

static void a_clients_header_has_64_kib_at_most(void **state)
{
	(void)state;
	static char text[PUSH_REQUEST_BYTES_MAX + 1];
	memset(text, ' ', sizeof text);
	memcpy(text, "{\"type\":\"PING\"}", 15);
	assert_int_equal(push_parse_request(arena, span_of(text, sizeof text - 1), &parsed, NULL), STATUS_OK);
	assert_int_equal(push_parse_request(arena, span_of(text, sizeof text), &parsed, NULL), STATUS_INVALID);
	assert_int_equal(push_parse(arena, span_of(text, sizeof text), &parsed, NULL), STATUS_OK);
}

static void a_batch_has_500_events_at_most(void **state)
{
	(void)state;
	static uint32_t sizes[PUSH_EVENTS_MAX + 1];
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
		sizes[i] = 1;
	go_round(&(struct push_message){.type = PUSH_PUSH, .batch = 1, .sizes = sizes, .count = PUSH_EVENTS_MAX});
	assert_true(header.len <= PUSH_REQUEST_BYTES_MAX);
	buf_reset(&header);
	push_format(&header, &(struct push_message){.type = PUSH_PUSH, .batch = 1, .sizes = sizes, .count = PUSH_EVENTS_MAX + 1});
	assert_int_equal(push_parse(arena, buf_span(&header), &parsed, NULL), STATUS_INVALID);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(hello_comes_back),
		CASE(a_token_comes_back_and_only_one),
		CASE(push_comes_back),
		CASE(welcome_comes_back),
		CASE(ack_comes_back),
		CASE(the_small_messages_come_back),
		CASE(the_longest_ack_fits_and_loses_texts_only),
		CASE(what_is_no_message_is_refused_as_bad_header),
		CASE(a_message_that_is_cut_short_is_refused),
		CASE(an_unknown_member_is_ignored),
		CASE(each_side_hears_only_what_the_other_may_say),
		CASE(a_clients_header_has_64_kib_at_most),
		CASE(a_batch_has_500_events_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
