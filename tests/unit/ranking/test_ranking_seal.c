/* A document checked from its JSON alone: whatever digit is changed, it is found; and the figures give the digest that the
 * run had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "services/ranking/ranking_cohort.h"
#include "services/ranking/ranking_document.h"
#include "services/ranking/ranking_seal.h"

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define HEAD_TEXT   "00000000000000000000000000000000000000000000000000000000000000ff"

static const uint8_t SEED[32] = {1, 2, 3};

struct sealed {
	struct arena *arena;
	char *text;       /* the signed document */
	size_t len;
	char public_key[RANKING_SEAL_KEY_SIZE];
	char result_digest[SHA256_HEX_SIZE];
};

static const struct methodology *methodology_of(struct arena *arena)
{
	static const char TEXT[] =
		"{\"code\":\"m\",\"version\":4,\"nodes\":[{\"code\":\"index\"}],\"indicators\":[{\"code\":\"x\",\"parent\":\"index\"},"
		"{\"code\":\"y\",\"parent\":\"index\"}],\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}],"
		"\"eligibility\":{\"min_projects\":5},\"groups\":{\"leading\":0.25,\"lagging\":0.25},\"ranking\":{\"decimals\":3}}";
	const struct json *json;
	const struct methodology *methodology;
	assert_int_equal(json_parse(arena, TEXT, sizeof TEXT - 1, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(methodology_read(arena, json, &methodology, NULL), STATUS_OK);
	return methodology;
}

static const struct ranking_run *rate(struct arena *arena)
{
	static const char *const FIGURES[4][2] = {{"10", "7.5"}, {"23.125", "2"}, {"40", "4"}, {NULL, "1"}};
	static const char *const CODES[4] = {"20000000", "10000000", "27000000", "40000000"};
	struct ranking_region *regions = arena_array(arena, struct ranking_region, 4);
	for (size_t i = 0; i < 4; i++)
		regions[i] = (struct ranking_region){
			.region = CODES[i], .iso = "RU-X", .name_ru = "Область", .name_en = "Oblast", .joined = true,
			.measured = i == 3 ? 4 : 5, .figures = FIGURES[i], .seq = i + 17, .head = HEAD_TEXT, .previous_place = 3};
	struct ranking_cohorts cohorts;
	const struct ranking_cohort *cohort;
	const struct ranking_run *run = NULL;
	const struct ranking_sampling sampling = {.replicates = 50, .seed = 1, .perturb = 0.25};
	assert_int_equal(ranking_cohorts_read(arena, NULL, &cohorts, NULL), STATUS_OK);
	assert_int_equal(ranking_cohorts_find(arena, &cohorts, "all", &cohort), STATUS_OK);
	assert_int_equal(ranking_cohort_rate(arena, methodology_of(arena), cohort, "2023", regions, 4, &sampling, &run, NULL),
	                 STATUS_OK);
	return run;
}

static void seal(struct sealed *sealed, const struct ranking_run *run)
{
	uint8_t public_key[SIGN_PUBLIC_BYTES], secret_key[SIGN_SECRET_BYTES];
	char digest[SHA256_HEX_SIZE], signature[RANKING_SEAL_SIGNATURE_SIZE];
	sign_keypair(SEED, public_key, secret_key);
	hex_format(public_key, sizeof public_key, sealed->public_key);
	struct ranking_edition edition = {.kind = "final", .revision = 1, .published_time = "2024-02-20T00:00:00Z",
	                                  .published_by = "key", .public_key = sealed->public_key};
	assert_int_equal(ranking_document_digest(sealed->arena, run, &edition, digest, NULL), STATUS_OK);
	ranking_seal_sign(secret_key, digest, signature);
	edition.document_digest = digest;
	edition.signature = signature;
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, run, &edition);
	sealed->text = arena_text(sealed->arena, text.at, text.len);
	sealed->len = text.len;
	buf_clear(&text);
}

static int set_up(void **state)
{
	struct sealed *sealed = calloc(1, sizeof *sealed);
	sealed->arena = arena_new(ARENA_BYTES);
	const struct ranking_run *run = rate(sealed->arena);
	memcpy(sealed->result_digest, run->result_digest, SHA256_HEX_SIZE);
	seal(sealed, run);
	*state = sealed;
	return 0;
}

static int tear_down(void **state)
{
	struct sealed *sealed = *state;
	arena_destroy(&sealed->arena);
	free(sealed);
	return 0;
}

static const struct json *parse(struct arena *arena, const char *text, size_t len)
{
	const struct json *json = NULL;
	assert_int_equal(json_parse(arena, text, len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static void a_document_holds_by_itself(void **state)
{
	struct sealed *sealed = *state;
	const struct json *document = parse(sealed->arena, sealed->text, sealed->len);
	char digest[SHA256_HEX_SIZE];
	assert_int_equal(ranking_seal_check(sealed->arena, document, NULL), RANKING_SEAL_SOUND);
	assert_int_equal(ranking_seal_check(sealed->arena, document, sealed->public_key), RANKING_SEAL_SOUND);
	assert_int_equal(ranking_seal_result_digest(sealed->arena, document, digest), STATUS_OK);
	assert_string_equal(digest, sealed->result_digest);
}

/* Every digit of the document in turn: a place, a score, a figure, a seq, the interval, a digest, the signature itself. */
static void one_changed_digit_is_found(void **state)
{
	struct sealed *sealed = *state;
	size_t digits = 0;
	for (size_t i = 0; i < sealed->len; i++) {
		char digit = sealed->text[i];
		if (digit < '0' || digit > '9')
			continue;
		struct arena *arena = arena_new(ARENA_BYTES);
		const struct json *json = NULL;
		sealed->text[i] = digit == '9' ? '8' : (char)(digit + 1);
		enum status status = json_parse(arena, sealed->text, sealed->len, &JSON_LIMITS_DOCUMENT, &json, NULL);
		if (status == STATUS_OK && ranking_seal_check(arena, json, NULL) == RANKING_SEAL_SOUND)
			fail_msg("a digit changed at byte %zu is not found: %.40s", i, &sealed->text[i > 20 ? i - 20 : 0]);
		sealed->text[i] = digit;
		arena_destroy(&arena);
		digits++;
	}
	assert_true(digits > 500);
}

static void another_spelling_of_the_same_document_holds(void **state)
{
	struct sealed *sealed = *state;
	const struct json *document = parse(sealed->arena, sealed->text, sealed->len);
	struct buf canonical;
	buf_init(&canonical, RANKING_DOCUMENT_BYTES_MAX);
	assert_int_equal(json_canonical(&canonical, document), STATUS_OK);
	assert_string_not_equal(canonical.at, sealed->text);
	document = parse(sealed->arena, canonical.at, canonical.len);
	assert_int_equal(ranking_seal_check(sealed->arena, document, sealed->public_key), RANKING_SEAL_SOUND);
	buf_clear(&canonical);
}

/* text with the first old replaced. */
static const struct json *replaced(struct sealed *sealed, const char *old, const char *new)
{
	char *at = strstr(sealed->text, old);
	assert_non_null(at);
	const char *text = arena_printf(sealed->arena, "%.*s%s%s", (int)(at - sealed->text), sealed->text, new, at + strlen(old));
	return parse(sealed->arena, text, strlen(text));
}

static void each_fault_has_its_verdict(void **state)
{
	struct sealed *sealed = *state;
	struct arena *arena = sealed->arena;
	static const struct {
		const char *old, *new;
		enum ranking_seal_verdict verdict;
	} CASES[] = {
		{"\"place\":1,", "\"place\":2,", RANKING_SEAL_RESULT},
		{"\"score\":\"", "\"score\":\"1", RANKING_SEAL_RESULT},
		{"\"x\":\"40\"", "\"x\":\"41\"", RANKING_SEAL_RESULT},
		{"\"version\":4", "\"version\":5", RANKING_SEAL_RESULT},
		{"\"previous_place\":3", "\"previous_place\":4", RANKING_SEAL_DOCUMENT},
		{"\"Oblast\"", "\"Oblasts\"", RANKING_SEAL_DOCUMENT},
		{"\"seq\":\"17\"", "\"seq\":\"18\"", RANKING_SEAL_DOCUMENT},
		{"\"revision\":1", "\"revision\":2", RANKING_SEAL_DOCUMENT},
		{"\"signature\":\"", "\"signature\":null,\"was\":\"", RANKING_SEAL_DOCUMENT},
		{"\"figures\":", "\"numbers\":", RANKING_SEAL_NO_RATING},
		{"\"rows\":", "\"lines\":", RANKING_SEAL_NO_RATING},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		enum ranking_seal_verdict verdict = ranking_seal_check(arena, replaced(sealed, CASES[i].old, CASES[i].new), NULL);
		if (verdict != CASES[i].verdict)
			fail_msg("%s instead of %s: verdict %d, not %d", CASES[i].new, CASES[i].old, verdict, CASES[i].verdict);
	}
	const struct json *document = parse(arena, sealed->text, sealed->len);
	char stranger[RANKING_SEAL_KEY_SIZE];
	memcpy(stranger, sealed->public_key, sizeof stranger);
	stranger[0] = stranger[0] == '0' ? '1' : '0';
	assert_int_equal(ranking_seal_check(arena, document, stranger), RANKING_SEAL_STRANGER);
}

static void a_live_rating_is_provisional(void **state)
{
	struct sealed *sealed = *state;
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, rate(sealed->arena), &(struct ranking_edition){.kind = RANKING_KIND_LIVE});
	const struct json *document = parse(sealed->arena, text.at, text.len);
	assert_int_equal(ranking_seal_check(sealed->arena, document, NULL), RANKING_SEAL_PROVISIONAL);
	buf_clear(&text);
}

static int start(void **state)
{
	(void)state;
	return crypto_init() == STATUS_OK ? 0 : -1;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_document_holds_by_itself),
		CASE(one_changed_digit_is_found),
		CASE(another_spelling_of_the_same_document_holds),
		CASE(each_fault_has_its_verdict),
		CASE(a_live_rating_is_provisional),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
