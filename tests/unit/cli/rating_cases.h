/* rating_cases: small ratings with their documents, for tests of what the commands make of them. */
#ifndef EFFREG_RATING_CASES_H
#define EFFREG_RATING_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "services/cli/cli_explain_core.h"
#include "services/ranking/ranking_document.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define TEXT_BYTES  ((size_t)4 * 1024 * 1024)
#define REGIONS     5
#define INDICATORS  3

static const char METHODOLOGY[] =
	"{\"code\":\"m\",\"version\":1,\"nodes\":[{\"code\":\"index\"},{\"code\":\"a\",\"parent\":\"index\",\"weight\":3},"
	"{\"code\":\"b\",\"parent\":\"index\"}],\"indicators\":[{\"code\":\"x\",\"parent\":\"a\",\"weight\":2,"
	"\"title\":{\"ru\":\"Икс\",\"en\":\"The x\"}},{\"code\":\"y\",\"parent\":\"a\"},{\"code\":\"z\",\"parent\":\"b\"}],"
	"\"normalise\":{\"method\":\"min-max\",\"range\":[0,100]},\"aggregate\":[{\"method\":\"arithmetic\"}],"
	"\"eligibility\":{\"min_projects\":1},\"groups\":{\"leading\":0.25,\"lagging\":0.25},\"ranking\":{\"decimals\":3}}";

static const char *const CODES[REGIONS] = {"10000000", "20000000", "27000000", "40000000", "60000000"};
static const char *const OLD[REGIONS][INDICATORS] = {
	{"10", "5", "7"}, {"20", "1", "3"}, {"30", "9", "1"}, {"40", "2", "9"}, {NULL, NULL, NULL}};
static const char *const NEW[REGIONS][INDICATORS] = {
	{"12", "5", "6"}, {"60", "8", "3"}, {"30", "7", "2"}, {"41", "2", NULL}, {"35", "3", "4"}};
static inline int make_arena(void **state)
{
	*state = arena_new(ARENA_BYTES);
	return crypto_init() == STATUS_OK ? 0 : -1;
}

static inline int drop_arena(void **state)
{
	struct arena *arena = *state;
	arena_destroy(&arena);
	return 0;
}

static inline const struct json *parse(struct arena *arena, const char *text, size_t len)
{
	const struct json *json = NULL;
	assert_int_equal(json_parse(arena, text, len, &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

static inline struct explain_rating rating_of(struct arena *arena, const char *period, const char *const figures[REGIONS][INDICATORS])
{
	struct explain_rating rating = {.methodology_json = parse(arena, METHODOLOGY, sizeof METHODOLOGY - 1)};
	struct ranking_region *regions = arena_array(arena, struct ranking_region, REGIONS);
	const struct ranking_run *run = NULL;
	struct buf text;
	assert_int_equal(methodology_read(arena, rating.methodology_json, &rating.methodology, NULL), STATUS_OK);
	for (size_t i = 0; i < REGIONS; i++)
		regions[i] = (struct ranking_region){
			.region = CODES[i], .iso = i == 1 ? "RU-VOR" : NULL, .name_ru = "Область <1>", .name_en = "Oblast",
			.joined = figures[i][0] != NULL, .measured = 5, .figures = figures[i], .head = ""};
	assert_int_equal(ranking_compute(arena, rating.methodology, "all", period, regions, REGIONS, &run, NULL), STATUS_OK);
	buf_init(&text, TEXT_BYTES);
	ranking_document_write(&text, run, &(struct ranking_edition){.kind = "final", .revision = 1});
	rating.document = parse(arena, arena_text(arena, text.at, text.len), text.len);
	buf_clear(&text);
	return rating;
}

#endif
