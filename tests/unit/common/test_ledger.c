/* Exported logs: what is written is read again, byte for byte, and not one byte can differ without being found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/ledger_checkpoint.h"

#define REGION       "20000000"
#define EVENTS       12
#define LEDGER_BYTES ((size_t)64 * 1024)

static uint64_t seed;

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = seed += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

/* Bytes as they may stand in a log, newlines and what looks like an entry among them. */
static size_t make_event(char *bytes, size_t size)
{
	static const char *const PIECES[] = {"\n", "{\"seq\":2,", "}\n{\"a\": \"б\"}", "x", "\"bytes\":1}\n"};
	size_t len = 0;
	for (size_t pieces = next_random() % 6; pieces > 0; pieces--) {
		const char *piece = PIECES[next_random() % ARRAY_COUNT(PIECES)];
		assert_true(len + strlen(piece) < size);
		memcpy(bytes + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

/* A ledger of count events; *ret_head is its head. */
static void make_ledger(struct buf *buf, unsigned count, struct ledger_head *ret_head)
{
	char bytes[512];
	struct sha256 hash = {{0}};
	int64_t recorded_us = INT64_C(1700000000000000);
	ledger_write_header(buf, REGION);
	for (unsigned seq = 1; seq <= count; seq++) {
		size_t len = make_event(bytes, sizeof bytes);
		struct sha256 digest = sha256_of(bytes, len);
		recorded_us += (int64_t)(next_random() % 3);
		hash = chain_next(&hash, REGION, seq, recorded_us, &digest);
		ledger_write_entry(buf, &(struct ledger_entry){seq, recorded_us, hash, span_of(bytes, len), NULL, 0});
	}
	*ret_head = (struct ledger_head){.region = REGION, .seq = count, .hash = hash, .bytes = buf->len};
}

/* What a verifier says of the text: a problem, or LEDGER_EVENT_CHANGED for one that cannot be read. */
static enum ledger_problem verify(struct span text, const struct ledger_head *head, const struct ledger_head *witness,
                                  size_t *ret_offset)
{
	struct ledger_reader reader = {.text = text};
	struct ledger_chain chain;
	struct ledger_entry entry = {0};
	char region[OKTMO_TEXT_SIZE];
	enum status status;
	enum ledger_problem problem = LEDGER_SOUND;
	if (ledger_read_header(&reader, region, NULL) != STATUS_OK)
		return LEDGER_EVENT_CHANGED;
	ledger_chain_init(&chain, region, witness);
	while (problem == LEDGER_SOUND && (status = ledger_read_entry(&reader, &entry, NULL)) != STATUS_NOT_FOUND)
		problem = status == STATUS_OK ? ledger_chain_follow(&chain, &entry) : LEDGER_EVENT_CHANGED;
	if (ret_offset != NULL)
		*ret_offset = entry.offset;
	return problem == LEDGER_SOUND ? ledger_chain_end(&chain, head->seq, &head->hash) : problem;
}

static void events_come_back_byte_for_byte(void **state)
{
	(void)state;
	static const char *const EVENTS_WRITTEN[] = {"{\"a\":1}", "{\n}\n", "", "{\"seq\":4,\"recorded_us\":0"};
	struct buf buf;
	struct ledger_entry entry;
	char region[OKTMO_TEXT_SIZE];
	buf_init(&buf, LEDGER_BYTES);
	ledger_write_header(&buf, REGION);
	for (size_t i = 0; i < ARRAY_COUNT(EVENTS_WRITTEN); i++)
		ledger_write_entry(&buf, &(struct ledger_entry){.seq = i + 1, .recorded_us = 7,
		                                                .event = span_of_text(EVENTS_WRITTEN[i])});
	struct ledger_reader reader = {.text = buf_span(&buf)};
	assert_int_equal(ledger_read_header(&reader, region, NULL), STATUS_OK);
	assert_string_equal(region, REGION);
	for (size_t i = 0; i < ARRAY_COUNT(EVENTS_WRITTEN); i++) {
		assert_int_equal(ledger_read_entry(&reader, &entry, NULL), STATUS_OK);
		assert_int_equal(entry.seq, i + 1);
		assert_int_equal(entry.recorded_us, 7);
		assert_int_equal(entry.event.len, strlen(EVENTS_WRITTEN[i]));
		assert_memory_equal(entry.event.at, EVENTS_WRITTEN[i], entry.event.len);
	}
	assert_int_equal(ledger_read_entry(&reader, &entry, NULL), STATUS_NOT_FOUND);
	buf_clear(&buf);
}

/* The example of proto/README.md, "The chain". */
static void the_documented_chain_is_sound(void **state)
{
	(void)state;
	struct ledger_entry entries[] = {{.seq = 1, .recorded_us = INT64_C(1700000000000000), .event = span_of("{\"a\":1}", 7)},
	                                 {.seq = 2, .recorded_us = INT64_C(1700000000000001), .event = span_of("{\"a\":2}", 7)}};
	struct ledger_chain chain;
	assert_true(sha256_parse_hex("038780813a5ed5cf82973f262aa7fd13d2fef3c2e3000021ef82519c909d541d", &entries[0].hash));
	assert_true(sha256_parse_hex("fc4d10f877208398ace02f2c87936d0d52df04ac7920a263b9b7b971c19b9510", &entries[1].hash));
	ledger_chain_init(&chain, REGION, NULL);
	assert_int_equal(ledger_chain_follow(&chain, &entries[1]), LEDGER_EVENT_MISSING);
	assert_int_equal(ledger_chain_follow(&chain, &entries[0]), LEDGER_SOUND);
	entries[1].recorded_us -= 2;
	assert_int_equal(ledger_chain_follow(&chain, &entries[1]), LEDGER_TIME_BACK);
	entries[1].recorded_us += 3;
	assert_int_equal(ledger_chain_follow(&chain, &entries[1]), LEDGER_EVENT_CHANGED);
	entries[1].recorded_us -= 1;
	assert_int_equal(ledger_chain_follow(&chain, &entries[1]), LEDGER_SOUND);
	assert_int_equal(ledger_chain_end(&chain, 2, &entries[1].hash), LEDGER_SOUND);
	assert_int_equal(ledger_chain_end(&chain, 3, &entries[1].hash), LEDGER_EVENT_MISSING);
	assert_int_equal(ledger_chain_end(&chain, 2, &entries[0].hash), LEDGER_HEAD_DIFFERS);
	assert_int_equal(ledger_chain_end(&chain, 1, &entries[0].hash), LEDGER_HEAD_DIFFERS);
}

static void no_byte_of_a_ledger_can_change(void **state)
{
	(void)state;
	struct buf buf;
	struct ledger_head head;
	buf_init(&buf, LEDGER_BYTES);
	make_ledger(&buf, EVENTS, &head);
	assert_int_equal(verify(buf_span(&buf), &head, NULL, NULL), LEDGER_SOUND);
	for (size_t i = 0; i < buf.len; i++) {
		char kept = buf.at[i];
		buf.at[i] = (char)(kept ^ (1 + next_random() % 255));
		if (verify(buf_span(&buf), &head, NULL, NULL) == LEDGER_SOUND)
			fail_msg("byte %zu changed from %d to %d unnoticed", i, kept, buf.at[i]);
		buf.at[i] = kept;
	}
	buf_clear(&buf);
}

static void no_ledger_can_be_cut_off(void **state)
{
	(void)state;
	struct buf buf;
	struct ledger_head head;
	buf_init(&buf, LEDGER_BYTES);
	make_ledger(&buf, EVENTS, &head);
	for (size_t len = 0; len < buf.len; len++) {
		if (verify(span_of(buf.at, len), &head, NULL, NULL) == LEDGER_SOUND)
			fail_msg("cut off at byte %zu unnoticed", len);
	}
	buf_clear(&buf);
}

static void a_changed_event_is_named_by_the_offset_of_its_entry(void **state)
{
	(void)state;
	struct buf buf;
	struct ledger_head head;
	struct ledger_entry entry;
	char region[OKTMO_TEXT_SIZE];
	size_t offset;
	buf_init(&buf, LEDGER_BYTES);
	make_ledger(&buf, EVENTS, &head);
	struct ledger_reader reader = {.text = buf_span(&buf)};
	assert_int_equal(ledger_read_header(&reader, region, NULL), STATUS_OK);
	do
		assert_int_equal(ledger_read_entry(&reader, &entry, NULL), STATUS_OK);
	while (entry.seq < 3 || entry.event.len == 0);
	buf.at[(size_t)(entry.event.at - buf.at)] ^= 1;
	assert_int_equal(verify(buf_span(&buf), &head, NULL, &offset), LEDGER_EVENT_CHANGED);
	assert_int_equal(offset, entry.offset);
	buf_clear(&buf);
}

/* The second half of a ledger as a part of its own. */
static void a_part_goes_on_behind_an_event_and_is_no_whole_log(void **state)
{
	(void)state;
	struct buf whole, part;
	struct ledger_head head, after = {.region = REGION, .seq = EVENTS / 2}, read;
	struct ledger_entry entry;
	struct ledger_chain chain;
	char region[OKTMO_TEXT_SIZE];
	buf_init(&whole, LEDGER_BYTES);
	buf_init(&part, LEDGER_BYTES);
	make_ledger(&whole, EVENTS, &head);
	struct ledger_reader reader = {.text = buf_span(&whole)};
	assert_int_equal(ledger_read_header_after(&reader, &read, NULL), STATUS_OK);
	assert_int_equal(read.seq, 0);
	while (ledger_read_entry(&reader, &entry, NULL) == STATUS_OK) {
		if (entry.seq == after.seq) {
			after.hash = entry.hash;
			ledger_write_header_after(&part, &after);
		} else if (entry.seq > after.seq) {
			ledger_write_entry(&part, &entry);
		}
	}
	reader = (struct ledger_reader){.text = buf_span(&part)};
	assert_int_equal(ledger_read_header(&reader, region, NULL), STATUS_INVALID);
	assert_int_equal(ledger_read_header_after(&reader, &read, NULL), STATUS_OK);
	assert_int_equal(read.seq, after.seq);
	assert_memory_equal(read.hash.bytes, after.hash.bytes, SHA256_BYTES);
	ledger_chain_init_after(&chain, &read, NULL);
	while (ledger_read_entry(&reader, &entry, NULL) == STATUS_OK)
		assert_int_equal(ledger_chain_follow(&chain, &entry), LEDGER_SOUND);
	assert_int_equal(ledger_chain_end(&chain, head.seq, &head.hash), LEDGER_SOUND);
	/* A whole log has no such line: it would be a second way to write the same. */
	after.seq = 0;
	buf_reset(&part);
	ledger_write_header_after(&part, &after);
	buf_reset(&whole);
	ledger_write_header(&whole, REGION);
	assert_true(span_equal(buf_span(&part), buf_span(&whole)));
	buf_clear(&part);
	buf_clear(&whole);
}

static void a_witness_notices_another_or_a_shorter_log(void **state)
{
	(void)state;
	struct buf ours, shorter, other;
	struct ledger_head head, shorter_head, other_head;
	uint64_t same = seed;
	buf_init(&ours, LEDGER_BYTES);
	buf_init(&shorter, LEDGER_BYTES);
	buf_init(&other, LEDGER_BYTES);
	make_ledger(&ours, EVENTS, &head);
	make_ledger(&other, EVENTS, &other_head);
	seed = same;
	make_ledger(&shorter, EVENTS - 1, &shorter_head);
	assert_int_equal(verify(buf_span(&ours), &head, &head, NULL), LEDGER_SOUND);
	assert_int_equal(verify(buf_span(&ours), &head, &shorter_head, NULL), LEDGER_SOUND);
	assert_int_equal(verify(buf_span(&shorter), &shorter_head, &head, NULL), LEDGER_SHORTENED);
	assert_int_equal(verify(buf_span(&other), &other_head, &head, NULL), LEDGER_CONTRADICTED);
	buf_clear(&ours);
	buf_clear(&shorter);
	buf_clear(&other);
}

static void only_one_spelling_of_an_entry_is_read(void **state)
{
	(void)state;
#define HASH "0000000000000000000000000000000000000000000000000000000000000000"
	static const char *const WRONG[] = {
		"{\"seq\":01,\"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":0}\n\n",
		"{\"seq\":,\"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":0}\n\n",
		"{\"seq\":-1,\"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":0}\n\n",
		"{\"seq\":1, \"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":0}\n\n",
		"{\"seq\":1,\"recorded_us\":99999999999999999999,\"hash\":\"" HASH "\",\"bytes\":0}\n\n",
		"{\"seq\":1,\"recorded_us\":1,\"hash\":\"A000000000000000000000000000000000000000000000000000000000000000\",\"bytes\":0}\n\n",
		"{\"seq\":1,\"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":1}\n\n",
		"{\"seq\":1,\"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":18446744073709551615}\n\n",
		"{\"seq\":1,\"recorded_us\":1,\"hash\":\"" HASH "\",\"bytes\":0}\nx\n",
		"\n",
	};
#undef HASH
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++) {
		struct ledger_reader reader = {.text = span_of_text(WRONG[i])};
		struct ledger_entry entry;
		if (ledger_read_entry(&reader, &entry, NULL) != STATUS_INVALID)
			fail_msg("read: %s", WRONG[i]);
		assert_int_equal(reader.at, 0);
	}
}

static void heads_come_back(void **state)
{
	const struct ledger_head heads[] = {{"01000000", 3, {{7}}, 900}, {"20000000", UINT64_C(1) << 40, {{8}}, 901}};
	const struct ledger_head *read;
	size_t count;
	struct buf buf;
	buf_init(&buf, LEDGER_BYTES);
	ledger_heads_write(&buf, heads, ARRAY_COUNT(heads));
	assert_int_equal(ledger_heads_read(*state, buf_span(&buf), &read, &count, NULL), STATUS_OK);
	assert_int_equal(count, ARRAY_COUNT(heads));
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(read[i].region, heads[i].region);
		assert_int_equal(read[i].seq, heads[i].seq);
		assert_int_equal(read[i].bytes, heads[i].bytes);
		assert_memory_equal(read[i].hash.bytes, heads[i].hash.bytes, SHA256_BYTES);
		assert_ptr_equal(ledger_find_head(read, count, heads[i].region), &read[i]);
	}
	assert_null(ledger_find_head(read, count, "15000000"));
	buf_reset(&buf);
	ledger_heads_write(&buf, (struct ledger_head[]){heads[1], heads[0]}, 2);
	assert_int_equal(ledger_heads_read(*state, buf_span(&buf), &read, &count, NULL), STATUS_INVALID);
	buf_clear(&buf);
}

/* ---- checkpoints ---- */

static void make_checkpoint(struct buf *buf, uint8_t seed_byte, uint8_t public_key[SIGN_PUBLIC_BYTES])
{
	static const struct ledger_head HEADS[] = {{.region = "01000000", .seq = 3}, {.region = "20000000", .seq = 41}};
	uint8_t key_seed[32], secret_key[SIGN_SECRET_BYTES];
	struct checkpoint checkpoint = {.time = "2026-01-31T10:00:00Z", .heads = HEADS, .count = ARRAY_COUNT(HEADS)};
	memset(key_seed, seed_byte, sizeof key_seed);
	sign_keypair(key_seed, checkpoint.public_key, secret_key);
	memcpy(public_key, checkpoint.public_key, SIGN_PUBLIC_BYTES);
	checkpoint_write(buf, &checkpoint, secret_key);
}

static void a_checkpoint_is_read_by_who_knows_the_key(void **state)
{
	uint8_t key[SIGN_PUBLIC_BYTES], other_key[SIGN_PUBLIC_BYTES];
	struct checkpoint checkpoint;
	struct buf buf, other;
	buf_init(&buf, LEDGER_BYTES);
	buf_init(&other, LEDGER_BYTES);
	make_checkpoint(&buf, 1, key);
	make_checkpoint(&other, 2, other_key);
	assert_int_equal(checkpoint_read(*state, buf_span(&buf), key, &checkpoint, NULL), STATUS_OK);
	assert_string_equal(checkpoint.time, "2026-01-31T10:00:00Z");
	assert_int_equal(checkpoint.count, 2);
	assert_int_equal(checkpoint.heads[1].seq, 41);
	assert_int_equal(checkpoint_read(*state, buf_span(&buf), other_key, &checkpoint, NULL), STATUS_FORBIDDEN);
	assert_int_equal(checkpoint_read(*state, buf_span(&other), key, &checkpoint, NULL), STATUS_FORBIDDEN);
	buf_clear(&buf);
	buf_clear(&other);
}

static void no_byte_of_a_checkpoint_can_change(void **state)
{
	uint8_t key[SIGN_PUBLIC_BYTES];
	struct checkpoint checkpoint;
	struct buf buf;
	buf_init(&buf, LEDGER_BYTES);
	make_checkpoint(&buf, 1, key);
	for (size_t i = 0; i < buf.len; i++) {
		char kept = buf.at[i];
		buf.at[i] = (char)(kept ^ (1 + next_random() % 255));
		if (checkpoint_read(*state, buf_span(&buf), key, &checkpoint, NULL) == STATUS_OK)
			fail_msg("byte %zu changed from %d to %d unnoticed", i, kept, buf.at[i]);
		buf.at[i] = kept;
	}
	buf_text(&buf, " ");
	assert_int_equal(checkpoint_read(*state, buf_span(&buf), key, &checkpoint, NULL), STATUS_INVALID);
	buf_clear(&buf);
}

static int start(void **state)
{
	*state = arena_new((size_t)64 * 1024 * 1024);
	return 0;
}

static int end(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_back_byte_for_byte),
		cmocka_unit_test(the_documented_chain_is_sound),
		cmocka_unit_test(no_byte_of_a_ledger_can_change),
		cmocka_unit_test(no_ledger_can_be_cut_off),
		cmocka_unit_test(a_changed_event_is_named_by_the_offset_of_its_entry),
		cmocka_unit_test(a_part_goes_on_behind_an_event_and_is_no_whole_log),
		cmocka_unit_test(a_witness_notices_another_or_a_shorter_log),
		cmocka_unit_test(only_one_spelling_of_an_entry_is_read),
		cmocka_unit_test_setup_teardown(heads_come_back, start, end),
		cmocka_unit_test_setup_teardown(a_checkpoint_is_read_by_who_knows_the_key, start, end),
		cmocka_unit_test_setup_teardown(no_byte_of_a_checkpoint_can_change, start, end),
	};
	const char *given = getenv("EFFREG_TEST_SEED");
	seed = given != NULL ? strtoull(given, NULL, 10) : 20230131;
	printf("# EFFREG_TEST_SEED=%llu repeats this run\n", (unsigned long long)seed);
	return crypto_init() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
