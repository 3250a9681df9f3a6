/* cli_report_words: how a report says codes, numbers, dates and periods in Russian and English. Texts that are made live in
 * the arena; what has no word of its own is said by its code. */
#ifndef EFFREG_CLI_REPORT_WORDS_H
#define EFFREG_CLI_REPORT_WORDS_H

#include "common/arena.h"
#include "common/decimal.h"
#include "common/json.h"
#include "services/cli/cli_lang.h"

/* The vocabularies of codes that events use. */
enum report_vocabulary {
	REPORT_WORDS_STATE,       /* of a project */
	REPORT_WORDS_KIND,
	REPORT_WORDS_LEVEL,       /* of a body */
	REPORT_WORDS_PROGRAMME,
	REPORT_WORDS_SUPPORT,
	REPORT_WORDS_SEVERITY,    /* of a problem; likelihood of a risk */
	REPORT_WORDS_GROUP,       /* of a rating */
	REPORT_WORDS_REASON,      /* why a region is not rated */
	REPORT_WORDS_RATING,      /* live, interim, final */
	REPORT_WORDS_MENTOR,
	REPORT_WORDS_MEETING,
	REPORT_WORDS_ROLE,
	REPORT_WORDS_SURVEY,
	REPORT_WORDS_HELD,
	REPORT_WORDS_VERDICT,
	REPORT_WORDS_DISPUTE,     /* what it is about */
	REPORT_WORDS_EFFECT,      /* of a replication */
	REPORT_WORDS_AGGREGATE,   /* what a region declares */
	REPORT_WORDS_UNIT,        /* short */
	REPORT_WORDS_COUNT,
};

const char *report_word(enum report_vocabulary vocabulary, const char *code, enum cli_lang lang);

/* {"ru", "en"} in the language, Russian where there is no English; "" for NULL. */
const char *report_bilingual(const struct json *text, enum cli_lang lang);

/* "1234.5" as it is read, at most places digits after the point: "1 234,5", "1,234.5" (no-break spaces). The text as it is
 * when it is no decimal. */
const char *report_number(struct arena *arena, enum cli_lang lang, const char *text, unsigned places);
const char *report_integer(struct arena *arena, enum cli_lang lang, int64_t value);
/* A number with its unit: "57,14 %", "3 раб. дн."; unit NULL or "count": the number alone. */
const char *report_quantity(struct arena *arena, enum cli_lang lang, const char *text, const char *unit);
/* An amount as it was said (common.v1.json, amount): "более 140", "1,5–2". NULL for no amount. */
const char *report_amount(struct arena *arena, enum cli_lang lang, const struct json *amount);
/* "2024-12-10": "10.12.2024"; English as it is. "" for NULL. */
const char *report_date(struct arena *arena, enum cli_lang lang, const char *date);
/* "2024", "2024-H1", "2024-Q3", "2024-09": "3 квартал 2024 года". */
const char *report_period(struct arena *arena, enum cli_lang lang, const char *code);

/* ---- Dictionaries of proto/registry ---- */

struct report_entry {
	const char *code, *ru, *en;
};

struct report_dictionary {
	const struct report_entry *entries;
	size_t count;
};

/* Columns: the code's (say "code" or "oktmo"), name_ru, name_en. INVALID with fault for another table. */
enum status report_dictionary_read(struct arena *arena, struct span csv, const char *code_column,
                                   struct report_dictionary *ret_dictionary, struct fault *fault) MUST_CHECK;
const char *report_dictionary_name(const struct report_dictionary *dictionary, const char *code, enum cli_lang lang);

#endif
