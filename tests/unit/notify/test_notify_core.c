/* What a notice says in both languages, and the form it has on the feed. */
#include "services/notify/notify_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct notify_notice notice_of(int64_t place, int64_t previous_place, const char *period)
{
	return (struct notify_notice){
		.id = "01234567-89ab-8def-8123-456789abcdef",
		.region = "20000000",
		.iso = "RU-VOR",
		.name_ru = "Воронежская область",
		.name_en = "Voronezh Oblast",
		.publication = {.period = period, .cohort = "all", .kind = "final", .revision = 1},
		.place = place,
		.previous_place = previous_place,
		.published_time = "2024-02-01T09:00:00Z",
	};
}

static void every_change_has_its_sentence(void **state)
{
	(void)state;
	static const struct {
		int64_t place, previous;
		const char *period, *ru, *en;
	} CASES[] = {
		{5, 18, "2023", "Воронежская область: 5-е место за 2023 год, было 18-е (▲13)",
		 "Voronezh Oblast: 5th place for 2023, was 18th (▲13)"},
		{22, 21, "2023", "Воронежская область: 22-е место за 2023 год, было 21-е (▼1)",
		 "Voronezh Oblast: 22nd place for 2023, was 21st (▼1)"},
		{3, 0, "2023-Q1", "Воронежская область: 3-е место за 2023-Q1, в предыдущем рейтинге места не было",
		 "Voronezh Oblast: 3rd place for 2023-Q1, had no place in the previous rating"},
		{0, 11, "2023", "Воронежская область: без места в рейтинге за 2023 год, было 11-е",
		 "Voronezh Oblast: no place in the rating for 2023, was 11th"},
		{12, 12, "2023", "Воронежская область: 12-е место за 2023 год, без изменений",
		 "Voronezh Oblast: 12th place for 2023, no change"},
		{0, 0, "2023", "Воронежская область: без места в рейтинге за 2023 год",
		 "Voronezh Oblast: no place in the rating for 2023"},
	};
	struct buf text;
	buf_init(&text, NOTIFY_BODY_MAX);
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct notify_notice notice = notice_of(CASES[i].place, CASES[i].previous, CASES[i].period);
		buf_reset(&text);
		notify_text_write(&text, NOTIFY_RU, &notice);
		assert_string_equal(text.at, CASES[i].ru);
		buf_reset(&text);
		notify_text_write(&text, NOTIFY_EN, &notice);
		assert_string_equal(text.at, CASES[i].en);
	}
	buf_clear(&text);
}

static void the_feed_carries_the_notice_as_json(void **state)
{
	(void)state;
	const struct notify_notice notice = notice_of(5, 18, "2023");
	char topic[NOTIFY_TOPIC_SIZE];
	struct buf body;
	buf_init(&body, NOTIFY_BODY_MAX);
	notify_topic_format(&notice, topic);
	assert_string_equal(topic, "notice.20000000");
	notify_body_write(&body, &notice);
	assert_true(buf_ok(&body));
	assert_string_equal(body.at,
		"{\"id\":\"01234567-89ab-8def-8123-456789abcdef\",\"kind\":\"place_changed\",\"region\":\"20000000\",\"iso\":\"RU-VOR\","
		"\"name\":{\"ru\":\"Воронежская область\",\"en\":\"Voronezh Oblast\"},\"period\":\"2023\",\"cohort\":\"all\","
		"\"rating_kind\":\"final\",\"revision\":1,\"place\":5,\"previous_place\":18,\"change\":13,"
		"\"text\":{\"ru\":\"Воронежская область: 5-е место за 2023 год, было 18-е (▲13)\","
		"\"en\":\"Voronezh Oblast: 5th place for 2023, was 18th (▲13)\"},\"published_time\":\"2024-02-01T09:00:00Z\"}");
	buf_clear(&body);
}

static void every_kind_of_news_has_its_sentence(void **state)
{
	(void)state;
	static const struct {
		enum notify_kind kind;
		const char *details, *ru, *en;
	} CASES[] = {
		{NOTIFY_RATING_PUBLISHED,
		 "{\"cohort\":\"all\",\"period\":\"2023\",\"rating_kind\":\"final\",\"revision\":2,\"regions\":83,\"changed\":7}",
		 "опубликован рейтинг за 2023 год (all): итоговый, редакция 2; изменилось мест: 7 из 83",
		 "the rating for 2023 (all) is published: final, revision 2; places changed: 7 of 83"},
		{NOTIFY_INSTRUCTION_OVERDUE, "{\"instruction\":\"I-1\",\"title\":{\"ru\":\"Замеры\"},\"due_on\":\"2026-07-21\"}",
		 "просрочено поручение «Замеры», срок 21.07.2026", "overdue instruction “Замеры”, due 2026-07-21"},
		{NOTIFY_SOURCE_SILENT, "{\"source\":\"ru-vor/portal\",\"last_time\":\"2026-06-07T07:59:59Z\"}",
		 "источник ru-vor/portal молчит с 07.06.2026", "source ru-vor/portal is silent since 2026-06-07"},
		{NOTIFY_DISPUTE_OPENED, "{\"dispute\":\"D-1\",\"title\":{\"ru\":\"Замер\",\"en\":\"A value\"},\"opened_on\":\"2026-07-20\"}",
		 "открыт спор: «Замер»", "dispute opened: “A value”"},
		{NOTIFY_DISPUTE_RESOLVED, "{\"dispute\":\"D-1\",\"title\":{\"ru\":\"Замер\"},\"outcome\":\"rejected\"}",
		 "спор завершён: «Замер», отклонён", "dispute resolved: “Замер”, rejected"},
		{NOTIFY_EFFECT_VERIFIED, "{\"verification\":\"V\",\"project\":\"P-2\",\"verdict\":\"refused\"}",
		 "проект P-2: эффект не подтверждён", "project P-2: the effect is refused"},
		{NOTIFY_CUT_OFF_NEAR, "{\"until\":\"2027-02-20\",\"periods\":[\"2027-01\",\"2026\"]}",
		 "данные принимаются до 20.02.2027 включительно: 2027-01, 2026 год", "data are taken until 2027-02-20 inclusive: 2027-01, 2026"},
	};
	bool seen[NOTIFY_KIND_COUNT] = {[NOTIFY_PLACE_CHANGED] = true};
	struct arena *arena = arena_new((size_t)1024 * 1024);
	struct buf text;
	buf_init(&text, NOTIFY_BODY_MAX);
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct json *details;
		assert_int_equal(json_parse(arena, CASES[i].details, strlen(CASES[i].details), &JSON_LIMITS_DOCUMENT, &details, NULL), STATUS_OK);
		buf_reset(&text);
		notify_text_details(&text, NOTIFY_RU, CASES[i].kind, details);
		assert_string_equal(text.at, CASES[i].ru);
		buf_reset(&text);
		notify_text_details(&text, NOTIFY_EN, CASES[i].kind, details);
		assert_string_equal(text.at, CASES[i].en);
		seen[CASES[i].kind] = true;
	}
	for (int i = 0; i < NOTIFY_KIND_COUNT; i++) {
		enum notify_kind kind;
		assert_true(seen[i]);
		assert_true(notify_kind_find(notify_kind_text((enum notify_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	buf_clear(&text);
	arena_destroy(&arena);
}

static void absent_places_are_null(void **state)
{
	(void)state;
	const struct notify_notice notice = notice_of(5, 0, "2023");
	struct buf body;
	buf_init(&body, NOTIFY_BODY_MAX);
	notify_body_write(&body, &notice);
	assert_non_null(strstr(body.at, "\"place\":5,\"previous_place\":null,\"change\":null,"));
	buf_clear(&body);
}

static void a_record_of_the_stream_is_read_or_refused(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"", "[]", "{\"period\":\"2023\",\"cohort\":\"all\",\"kind\":\"final\"}",
		"{\"period\":2023,\"cohort\":\"all\",\"kind\":\"final\",\"revision\":1}",
		"{\"period\":\"2023\",\"cohort\":\"all\",\"kind\":\"final\",\"revision\":1.5}",
	};
	struct arena *arena = arena_new((size_t)1024 * 1024);
	struct notify_publication publication;
	struct fault fault;
	struct span good = span_of_text(
		"{\"period\":\"2023\",\"cohort\":\"all\",\"kind\":\"final\",\"revision\":2,\"result_digest\":\"aa\"}");
	assert_int_equal(notify_publication_read(arena, good, &publication, &fault), STATUS_OK);
	assert_string_equal(publication.period, "2023");
	assert_string_equal(publication.cohort, "all");
	assert_string_equal(publication.kind, "final");
	assert_int_equal(publication.revision, 2);
	for (size_t i = 0; i < ARRAY_COUNT(BAD); i++)
		assert_int_equal(notify_publication_read(arena, span_of_text(BAD[i]), &publication, &fault), STATUS_INVALID);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_has_its_sentence),
		cmocka_unit_test(the_feed_carries_the_notice_as_json),
		cmocka_unit_test(every_kind_of_news_has_its_sentence),
		cmocka_unit_test(absent_places_are_null),
		cmocka_unit_test(a_record_of_the_stream_is_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
