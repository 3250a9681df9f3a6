#include "services/notify/notify_core.h"

#include "common/json.h"

#include <inttypes.h>
#include <stdio.h>

enum status notify_publication_read(struct arena *arena, struct span body, struct notify_publication *ret_publication,
                                    struct fault *fault)
{
	const struct json *json;
	enum status status = json_parse(arena, body.at, body.len, &JSON_LIMITS_EVENT, &json, fault);
	if (status != STATUS_OK)
		return status;
	struct notify_publication publication = {
		.period = json_find_string(json, "period"),
		.cohort = json_find_string(json, "cohort"),
		.kind = json_find_string(json, "kind"),
	};
	const struct json *revision = json_find(json, "revision");
	bool numbered = json_is(revision, JSON_NUMBER) && json_integer(revision, &publication.revision);
	if (publication.period == NULL || publication.cohort == NULL || publication.kind == NULL || !numbered)
		return fault_set(fault, STATUS_INVALID, "bad_record", "", -1,
		                 "a record of the rating stream has period, cohort, kind and revision");
	*ret_publication = publication;
	return STATUS_OK;
}

/* ---- Words ---- */

/* «5-е», "5th". */
static void put_ordinal(struct buf *buf, enum notify_language language, int64_t number)
{
	static const char *const ENDINGS[] = {"th", "st", "nd", "rd"};
	if (language == NOTIFY_RU) {
		buf_printf(buf, "%" PRId64 "-е", number);
		return;
	}
	bool teen = number % 100 / 10 == 1;
	int64_t ones = number % 10;
	buf_printf(buf, "%" PRId64 "%s", number, ENDINGS[!teen && ones <= 3 ? ones : 0]);
}

enum phrase { PHRASE_PLACE, PHRASE_UNRATED, PHRASE_WAS, PHRASE_SAME, PHRASE_HAD_NONE };

static const char *phrase(enum notify_language language, enum phrase phrase)
{
	static const char *const PHRASES[][2] = {
		[PHRASE_PLACE] = {" место за ", " place for "},
		[PHRASE_UNRATED] = {"без места в рейтинге за ", "no place in the rating for "},
		[PHRASE_WAS] = {", было ", ", was "},
		[PHRASE_SAME] = {", без изменений", ", no change"},
		[PHRASE_HAD_NONE] = {", в предыдущем рейтинге места не было", ", had no place in the previous rating"},
	};
	return PHRASES[phrase][language];
}

static void put_before(struct buf *buf, enum notify_language language, const struct notify_notice *notice)
{
	int64_t place = notice->place, previous = notice->previous_place;
	if (previous == 0) {
		buf_text(buf, place != 0 ? phrase(language, PHRASE_HAD_NONE) : "");
		return;
	}
	if (place == previous) {
		buf_text(buf, phrase(language, PHRASE_SAME));
		return;
	}
	buf_text(buf, phrase(language, PHRASE_WAS));
	put_ordinal(buf, language, previous);
	if (place != 0 && place < previous)
		buf_printf(buf, " (▲%" PRId64 ")", previous - place);
	else if (place != 0)
		buf_printf(buf, " (▼%" PRId64 ")", place - previous);
}

static void put_place(struct buf *buf, enum notify_language language, const struct notify_notice *notice)
{
	if (notice->place != 0)
		put_ordinal(buf, language, notice->place);
	buf_text(buf, phrase(language, notice->place != 0 ? PHRASE_PLACE : PHRASE_UNRATED));
	notify_text_period(buf, language, notice->publication.period);
	put_before(buf, language, notice);
}

void notify_text_write(struct buf *buf, enum notify_language language, const struct notify_notice *notice)
{
	if (!text_equal(notice->region, NOTIFY_FEDERAL)) {
		buf_text(buf, language == NOTIFY_RU ? notice->name_ru : notice->name_en);
		buf_text(buf, ": ");
	}
	if (notice->kind == NOTIFY_PLACE_CHANGED)
		put_place(buf, language, notice);
	else
		notify_text_details(buf, language, notice->kind, notice->said);
}

/* ---- The feed ---- */

static void member_place(struct json_writer *writer, const char *name, int64_t place)
{
	if (place != 0)
		json_member_integer(writer, name, place);
	else
		json_member_null(writer, name);
}

static void member_text(struct json_writer *writer, const char *name, enum notify_language language,
                        const struct notify_notice *notice)
{
	struct buf text;
	buf_init(&text, NOTIFY_BODY_MAX);
	notify_text_write(&text, language, notice);
	json_write_name(writer, name);
	json_write_span(writer, buf_span(&text));
	buf_clear(&text);
}

static void write_addressee(struct json_writer *writer, const struct notify_notice *notice)
{
	json_member_string(writer, "id", notice->id);
	json_member_string(writer, "kind", notify_kind_text(notice->kind));
	json_member_string(writer, "region", notice->region);
	json_member_string(writer, "iso", notice->iso);
	json_write_name(writer, "name");
	json_write_object(writer);
	json_member_string(writer, "ru", notice->name_ru);
	json_member_string(writer, "en", notice->name_en);
	json_write_object_end(writer);
}

static void write_place(struct json_writer *writer, const struct notify_notice *notice)
{
	const struct notify_publication *publication = &notice->publication;
	json_member_string(writer, "period", publication->period);
	json_member_string(writer, "cohort", publication->cohort);
	json_member_string(writer, "rating_kind", publication->kind);
	json_member_integer(writer, "revision", publication->revision);
	member_place(writer, "place", notice->place);
	member_place(writer, "previous_place", notice->previous_place);
	if (notice->place != 0 && notice->previous_place != 0)
		json_member_integer(writer, "change", notice->previous_place - notice->place);
	else
		json_member_null(writer, "change");
}

void notify_body_write(struct buf *buf, const struct notify_notice *notice)
{
	bool of_place = notice->kind == NOTIFY_PLACE_CHANGED;
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	write_addressee(&writer, notice);
	if (of_place)
		write_place(&writer, notice);
	else
		json_member_raw(&writer, "details", notice->details);
	json_write_name(&writer, "text");
	json_write_object(&writer);
	member_text(&writer, "ru", NOTIFY_RU, notice);
	member_text(&writer, "en", NOTIFY_EN, notice);
	json_write_object_end(&writer);
	json_member_string(&writer, of_place ? "published_time" : "noticed_time", of_place ? notice->published_time : notice->noticed_time);
	json_write_object_end(&writer);
}

void notify_topic_format(const struct notify_notice *notice, char topic[NOTIFY_TOPIC_SIZE])
{
	const char *cohort = notice->kind == NOTIFY_RATING_PUBLISHED ? json_find_string(notice->said, "cohort") : NULL;
	if (cohort != NULL)
		snprintf(topic, NOTIFY_TOPIC_SIZE, "rating.%.64s", cohort);
	else
		snprintf(topic, NOTIFY_TOPIC_SIZE, "notice.%.8s", notice->region);
}
