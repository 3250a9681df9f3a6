/* A rating run: who is rated and why not, groups, the document and what its digests depend on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/ranking/ranking_document.h"

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)

static int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return 0;
}

static int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static int start(void **state)
{
	(void)state;
	return crypto_init() == STATUS_OK ? 0 : -1;
}

static const struct methodology *methodology_of(struct arena *arena)
{
	static const char TEXT[] =
		"{\"code\":\"m\",\"version\":4,\"nodes\":[{\"code\":\"index\"},{\"code\":\"a\",\"parent\":\"index\"}],"
		"\"indicators\":[{\"code\":\"x\",\"parent\":\"a\"},{\"code\":\"y\",\"parent\":\"a\"}],"
		"\"normalise\":{\"method\":\"min-max\"},\"aggregate\":[{\"method\":\"arithmetic\"}],"
		"\"eligibility\":{\"min_projects\":5},\"groups\":{\"leading\":0.25,\"lagging\":0.25},\"ranking\":{\"decimals\":3}}";
	const struct json *json;
	const struct methodology *methodology;
	assert_int_equal(json_parse(arena, TEXT, sizeof TEXT - 1, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(methodology_read(arena, json, &methodology, NULL), STATUS_OK);
	return methodology;
}

#define HEAD_TEXT "00000000000000000000000000000000000000000000000000000000000000ff"

/* Six regions: four rated (two of them level), one with few projects and extreme figures, one that has not joined. */
static void fill_regions(struct ranking_region regions[6])
{
	static const char *const FIGURES[6][2] = {
		{"10", "1"}, {"20.0", "2"}, {"40", "4"}, {"20", "2.000"}, {"9999", "9999"}, {NULL, NULL},
	};
	static const char *const CODES[6] = {"10000000", "20000000", "27000000", "40000000", "60000000", "71000000"};
	for (size_t i = 0; i < 6; i++)
		regions[i] = (struct ranking_region){
			.region = CODES[i], .name_ru = "Область", .name_en = "Oblast", .joined = i != 5,
			.measured = i == 4 ? 4 : 5, .figures = FIGURES[i], .seq = i + 1, .head = HEAD_TEXT};
	regions[1].iso = "RU-VOR";
	regions[1].previous_place = 18;
}

static const struct ranking_run *compute(struct arena *arena, const struct ranking_region *regions, size_t count)
{
	const struct ranking_run *run = NULL;
	struct fault fault = {0};
	if (ranking_compute(arena, methodology_of(arena), "all", "2023", regions, count, &run, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	return run;
}

static void rows_come_in_place_order_and_say_why_not(void **state)
{
	static const struct {
		const char *region;
		unsigned place;
		const char *score;
		const char *group;
		const char *reason;
	} ROWS[] = {
		{"27000000", 1, "100", "leading", NULL},
		{"20000000", 2, "33.333", "middle", NULL},
		{"40000000", 2, "33.333", "middle", NULL},
		{"10000000", 4, "0", "lagging", NULL},
		{"60000000", 0, NULL, NULL, "too_few_measured_projects"},
		{"71000000", 0, NULL, NULL, "not_joined"},
	};
	struct ranking_region regions[6];
	fill_regions(regions);
	const struct ranking_run *run = compute(*state, regions, 6);
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		const struct ranking_row *row = &run->rows[i];
		assert_string_equal(row->region->region, ROWS[i].region);
		assert_int_equal(row->place, ROWS[i].place);
		assert_string_equal(row->score == NULL ? "-" : row->score, ROWS[i].score == NULL ? "-" : ROWS[i].score);
		assert_string_equal(row->group == NULL ? "-" : row->group, ROWS[i].group == NULL ? "-" : ROWS[i].group);
		assert_string_equal(row->reason == NULL ? "-" : row->reason, ROWS[i].reason == NULL ? "-" : ROWS[i].reason);
	}
}

static void a_region_without_figures_is_not_rated(void **state)
{
	static const char *const NOTHING[2] = {NULL, NULL};
	struct ranking_region regions[6];
	fill_regions(regions);
	regions[0].figures = NOTHING;
	const struct ranking_run *run = compute(*state, regions, 2);
	assert_string_equal(run->rows[1].reason, RANKING_REASON_NO_DATA);
	assert_int_equal(run->rows[1].place, 0);
	assert_int_equal(run->rows[0].place, 1);
	assert_int_equal(run->states[0], RANKING_INDICATOR_CONSTANT);
}

static void a_figure_that_is_no_decimal_is_named(void **state)
{
	static const char *const BROKEN[2] = {"1", "1e5"};
	struct ranking_region regions[6];
	fill_regions(regions);
	regions[2].figures = BROKEN;
	const struct ranking_run *run;
	struct fault fault;
	assert_int_equal(ranking_compute(*state, methodology_of(*state), "all", "2023", regions, 6, &run, &fault),
	                 STATUS_INVALID);
	assert_string_equal(fault.pointer, "/27000000/y");
}

static void the_result_digest_is_blind_to_order_and_to_the_past(void **state)
{
	struct ranking_region regions[6];
	struct ranking_region turned[6];
	fill_regions(regions);
	for (size_t i = 0; i < 6; i++) {
		turned[i] = regions[5 - i];
		turned[i].previous_place = 0;
		turned[i].seq = 99;
	}
	const struct ranking_run *first = compute(*state, regions, 6);
	const struct ranking_run *second = compute(*state, turned, 6);
	assert_string_equal(first->result_digest, second->result_digest);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(first->rows[i].region->region, second->rows[i].region->region);
}

static void the_result_digest_sees_every_figure(void **state)
{
	static const char *const OTHER[2] = {"9999", "9999.000001"};
	struct ranking_region regions[6];
	fill_regions(regions);
	const struct ranking_run *first = compute(*state, regions, 6);
	regions[4].figures = OTHER;  /* of a region that is not even rated */
	assert_string_not_equal(compute(*state, regions, 6)->result_digest, first->result_digest);
	fill_regions(regions);
	regions[5].joined = true;
	assert_string_not_equal(compute(*state, regions, 6)->result_digest, first->result_digest);
}

/* The text is written by hand from the description in ranking_document.h. */
static void the_result_digest_is_that_of_the_canonical_text(void **state)
{
	static const char CANONICAL[] =
		"{\"cohort\":\"all\",\"inputs\":[{\"indicators\":{\"x\":\"10\",\"y\":\"1\"},\"joined\":true,\"measured\":5,"
		"\"region\":\"10000000\"},{\"indicators\":{\"x\":\"20\",\"y\":\"2\"},\"joined\":true,\"measured\":5,"
		"\"region\":\"20000000\"}],\"methodology\":{\"code\":\"m\",\"version\":4},\"period\":\"2023\",\"results\":["
		"{\"eligible\":true,\"group\":\"middle\",\"nodes\":{\"a\":\"0\",\"index\":\"0\"},\"place\":2,\"reason\":null,"
		"\"region\":\"10000000\",\"score\":\"0\"},{\"eligible\":true,\"group\":\"middle\",\"nodes\":{\"a\":\"100\","
		"\"index\":\"100\"},\"place\":1,\"reason\":null,\"region\":\"20000000\",\"score\":\"100\"}]}";
	struct ranking_region regions[6];
	fill_regions(regions);
	struct sha256 digest = sha256_of(CANONICAL, sizeof CANONICAL - 1);
	char expected[SHA256_HEX_SIZE];
	sha256_hex(&digest, expected);
	assert_string_equal(compute(*state, regions, 2)->result_digest, expected);
}

static void the_document_digest_binds_the_publication_and_the_log(void **state)
{
	struct ranking_region regions[6];
	fill_regions(regions);
	struct ranking_edition edition = {.kind = "final", .revision = 1, .published_time = "2024-02-20T00:00:00Z",
	                                  .published_by = "key"};
	char first[SHA256_HEX_SIZE];
	char other[SHA256_HEX_SIZE];
	const struct ranking_run *run = compute(*state, regions, 6);
	assert_int_equal(ranking_document_digest(*state, run, &edition, first, NULL), STATUS_OK);
	edition.revision = 2;
	assert_int_equal(ranking_document_digest(*state, run, &edition, other, NULL), STATUS_OK);
	assert_string_not_equal(first, other);
	edition.revision = 1;
	assert_int_equal(ranking_document_digest(*state, run, &edition, other, NULL), STATUS_OK);
	assert_string_equal(first, other);
	regions[3].seq++;
	run = compute(*state, regions, 6);
	assert_int_equal(ranking_document_digest(*state, run, &edition, other, NULL), STATUS_OK);
	assert_string_not_equal(first, other);
}

/* Whatever is shown is covered: a name, a place of the year before, an interval. */
static void the_document_digest_sees_all_that_is_shown(void **state)
{
	struct ranking_region regions[6];
	fill_regions(regions);
	const struct ranking_edition edition = {.kind = "final", .revision = 1, .published_time = "2024-02-20T00:00:00Z",
	                                        .published_by = "key"};
	char first[SHA256_HEX_SIZE];
	char other[SHA256_HEX_SIZE];
	assert_int_equal(ranking_document_digest(*state, compute(*state, regions, 6), &edition, first, NULL), STATUS_OK);
	regions[1].previous_place = 17;
	assert_int_equal(ranking_document_digest(*state, compute(*state, regions, 6), &edition, other, NULL), STATUS_OK);
	assert_string_not_equal(first, other);
	fill_regions(regions);
	regions[2].name_en = "Other";
	assert_int_equal(ranking_document_digest(*state, compute(*state, regions, 6), &edition, other, NULL), STATUS_OK);
	assert_string_not_equal(first, other);
}

static void the_document_has_the_agreed_shape(void **state)
{
	struct ranking_region regions[6];
	fill_regions(regions);
	const struct ranking_run *run = compute(*state, &regions[1], 1);
	struct buf text;
	buf_init(&text, 1024 * 1024);
	ranking_document_write(&text, run, &(struct ranking_edition){.kind = RANKING_KIND_LIVE});
	struct buf expected;
	buf_init(&expected, 1024 * 1024);
	buf_printf(&expected,
	           "{\"period\":\"2023\",\"cohort\":\"all\",\"kind\":\"live\",\"revision\":0,\"result_digest\":\"%s\","
	           "\"document_digest\":null,\"methodology\":{\"code\":\"m\",\"version\":4},\"rows\":["
	           "{\"region\":\"20000000\",\"iso\":\"RU-VOR\",\"name\":{\"ru\":\"Область\",\"en\":\"Oblast\"},\"place\":1,"
	           "\"previous_place\":18,\"change\":17,\"score\":50,\"group\":\"middle\",\"interval\":null,\"eligible\":true,"
	           "\"reason\":null,\"overall_place\":1,\"figures\":{\"joined\":true,\"measured\":5,\"indicators\":{\"x\":\"20\","
	           "\"y\":\"2\"},\"nodes\":{\"index\":\"50\",\"a\":\"50\"},\"score\":\"50\"}}],\"cohort_title\":{\"ru\":null,\"en\":null},\"eligibility\":{\"min_projects\":5},\"interval_by\":null,"
	           "\"seqs\":{\"20000000\":{\"seq\":\"2\",\"head\":\"" HEAD_TEXT "\"}},\"published_time\":null,"
	           "\"published_by\":null,\"corrects\":null,\"public_key\":null,\"signature\":null}",
	           run->result_digest);
	assert_string_equal(text.at, expected.at);
	buf_clear(&expected);
	buf_clear(&text);
}

static void what_is_stored_beside_the_document_names_every_code(void **state)
{
	struct ranking_region regions[6];
	fill_regions(regions);
	const struct ranking_run *run = compute(*state, &regions[1], 1);
	struct buf text;
	buf_init(&text, 1024 * 1024);
	ranking_inputs_write(&text, run, &run->rows[0]);
	ranking_nodes_write(&text, run, &run->rows[0]);
	ranking_seqs_write(&text, run);
	ranking_notes_write(&text, run);
	assert_string_equal(text.at, "{\"x\":\"20\",\"y\":\"2\"}{\"index\":\"50\",\"a\":\"50\"}"
	                             "{\"20000000\":{\"seq\":\"2\",\"head\":\"" HEAD_TEXT "\"}}"
	                             "{\"constant\":[\"x\",\"y\"],\"empty\":[]}");
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_come_in_place_order_and_say_why_not, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_region_without_figures_is_not_rated, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(a_figure_that_is_no_decimal_is_named, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_result_digest_is_blind_to_order_and_to_the_past, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_result_digest_sees_every_figure, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_result_digest_is_that_of_the_canonical_text, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_document_digest_binds_the_publication_and_the_log, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_document_digest_sees_all_that_is_shown, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(the_document_has_the_agreed_shape, make_arena, drop_arena),
		cmocka_unit_test_setup_teardown(what_is_stored_beside_the_document_names_every_code, make_arena, drop_arena),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
