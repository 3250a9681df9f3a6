#include "services/notify/notify_text.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const KINDS[] = {
#define NOTIFY_KIND_ROW(name, text) [NOTIFY_##name] = text,
	NOTIFY_KIND_MAP(NOTIFY_KIND_ROW)
#undef NOTIFY_KIND_ROW
};

const char *notify_kind_text(enum notify_kind kind)
{
	return KINDS[kind];
}

bool notify_kind_find(const char *text, enum notify_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++) {
		if (text_equal(KINDS[i], text)) {
			*ret_kind = (enum notify_kind)i;
			return true;
		}
	}
	return false;
}

/* ---- Pieces ---- */

/* A macro, so that the compiler sees both texts where they are formats. */
#define IN(language, ru, en) ((language) == NOTIFY_RU ? (ru) : (en))

void notify_text_period(struct buf *buf, enum notify_language language, const char *period)
{
	buf_text(buf, period);
	if (language == NOTIFY_RU && strlen(period) == 4)
		buf_text(buf, " год");
}

static const char *text_of(const struct json *details, const char *name)
{
	const char *text = json_find_string(details, name);
	return text == NULL ? "" : text;
}

/* "2024-04-30", and whatever stands behind, as people write a day. */
static void put_day(struct buf *buf, enum notify_language language, const char *date)
{
	if (strlen(date) < 10 || language == NOTIFY_EN)
		buf_printf(buf, "%.10s", date);
	else
		buf_printf(buf, "%.2s.%.2s.%.4s", date + 8, date + 5, date);
}

/* A text by language, Russian where there is no other. */
static void put_title(struct buf *buf, enum notify_language language, const struct json *details)
{
	const struct json *title = json_find(details, "title");
	const char *text = json_find_string(title, IN(language, "ru", "en"));
	if (text == NULL)
		text = text_of(title, "ru");
	buf_printf(buf, IN(language, "«%s»", "“%s”"), text);
}

static int64_t number_of(const struct json *details, const char *name)
{
	int64_t number = 0;
	const struct json *value = json_find(details, name);
	return json_is(value, JSON_NUMBER) && json_integer(value, &number) ? number : 0;
}

struct word {
	const char *code, *ru, *en;
};

static const struct word WORDS[] = {
	{"upheld", "признан обоснованным", "upheld"},
	{"rejected", "отклонён", "rejected"},
	{"settled", "урегулирован", "settled"},
	{"confirmed", "эффект подтверждён", "the effect is confirmed"},
	{"refused", "эффект не подтверждён", "the effect is refused"},
	{"in_dispute", "эффект оспаривается", "the effect is in dispute"},
	{"interim", "предварительный", "interim"},
	{"final", "итоговый", "final"},
};

static const char *word(enum notify_language language, const char *code)
{
	for (size_t i = 0; i < ARRAY_COUNT(WORDS); i++) {
		if (text_equal(WORDS[i].code, code))
			return IN(language, WORDS[i].ru, WORDS[i].en);
	}
	return code;
}

/* ---- Sentences ---- */

static void put_published(struct buf *buf, enum notify_language language, const struct json *details)
{
	buf_text(buf, IN(language, "опубликован рейтинг за ", "the rating for "));
	notify_text_period(buf, language, text_of(details, "period"));
	buf_printf(buf, IN(language, " (%s): %s, редакция %" PRId64 "; изменилось мест: %" PRId64 " из %" PRId64,
	                   " (%s) is published: %s, revision %" PRId64 "; places changed: %" PRId64 " of %" PRId64),
	           text_of(details, "cohort"), word(language, text_of(details, "rating_kind")), number_of(details, "revision"),
	           number_of(details, "changed"), number_of(details, "regions"));
}

static void put_overdue(struct buf *buf, enum notify_language language, const struct json *details)
{
	buf_text(buf, IN(language, "просрочено поручение ", "overdue instruction "));
	put_title(buf, language, details);
	buf_text(buf, IN(language, ", срок ", ", due "));
	put_day(buf, language, text_of(details, "due_on"));
}

static void put_silent(struct buf *buf, enum notify_language language, const struct json *details)
{
	buf_printf(buf, IN(language, "источник %s молчит с ", "source %s is silent since "), text_of(details, "source"));
	put_day(buf, language, text_of(details, "last_time"));
}

static void put_dispute(struct buf *buf, enum notify_language language, const struct json *details, bool resolved)
{
	buf_text(buf, resolved ? IN(language, "спор завершён: ", "dispute resolved: ") : IN(language, "открыт спор: ", "dispute opened: "));
	put_title(buf, language, details);
	if (resolved)
		buf_printf(buf, ", %s", word(language, text_of(details, "outcome")));
}

static void put_verified(struct buf *buf, enum notify_language language, const struct json *details)
{
	buf_printf(buf, IN(language, "проект %s: %s", "project %s: %s"), text_of(details, "project"), word(language, text_of(details, "verdict")));
}

static void put_cut_off(struct buf *buf, enum notify_language language, const struct json *details)
{
	const struct json *periods = json_find(details, "periods");
	buf_text(buf, IN(language, "данные принимаются до ", "data are taken until "));
	put_day(buf, language, text_of(details, "until"));
	buf_text(buf, IN(language, " включительно: ", " inclusive: "));
	for (const struct json *at = json_is(periods, JSON_ARRAY) ? json_first(periods) : NULL; at != NULL; at = json_next(at)) {
		buf_text(buf, at == json_first(periods) ? "" : ", ");
		notify_text_period(buf, language, json_is(at, JSON_STRING) ? json_string(at) : "");
	}
}

void notify_text_details(struct buf *buf, enum notify_language language, enum notify_kind kind, const struct json *details)
{
	switch (kind) {
	case NOTIFY_RATING_PUBLISHED:
		put_published(buf, language, details);
		break;
	case NOTIFY_INSTRUCTION_OVERDUE:
		put_overdue(buf, language, details);
		break;
	case NOTIFY_SOURCE_SILENT:
		put_silent(buf, language, details);
		break;
	case NOTIFY_DISPUTE_OPENED:
	case NOTIFY_DISPUTE_RESOLVED:
		put_dispute(buf, language, details, kind == NOTIFY_DISPUTE_RESOLVED);
		break;
	case NOTIFY_EFFECT_VERIFIED:
		put_verified(buf, language, details);
		break;
	case NOTIFY_CUT_OFF_NEAR:
		put_cut_off(buf, language, details);
		break;
	case NOTIFY_PLACE_CHANGED:
	case NOTIFY_KIND_COUNT:
		ASSERT(false);
	}
}
