/* notify_core: what is stored of a notice → the message that tells it, in both languages.
 *
 * Pure: what there is to tell is asked of the database, when and how a notice is sent is the handlers' part. */
#ifndef EFFREG_NOTIFY_CORE_H
#define EFFREG_NOTIFY_CORE_H

#include "common/arena.h"
#include "common/status.h"
#include "services/notify/notify_text.h"

#define NOTIFY_BODY_MAX   ((size_t)32 * 1024)   /* a title of 500 characters stands in it four times */
#define NOTIFY_TOPIC_SIZE 80
#define NOTIFY_FEDERAL    "00000000"            /* the federal side, in the place of a region */

/* One record of the rating stream: which run was published. Texts are borrowed. */
struct notify_publication {
	const char *period;
	const char *cohort;
	const char *kind;
	int64_t revision;
};

/* INVALID, with fault, when body is not {"period", "cohort", "kind", "revision", …}. */
enum status notify_publication_read(struct arena *arena, struct span body, struct notify_publication *ret_publication,
                                    struct fault *fault) MUST_CHECK;

/* A notice as it is stored. Texts are borrowed. */
struct notify_notice {
	enum notify_kind kind;
	const char *id;
	const char *region;           /* or NOTIFY_FEDERAL */
	const char *iso;              /* or NULL */
	const char *name_ru;
	const char *name_en;
	/* Of every kind but PLACE_CHANGED: */
	struct span details;          /* JSON */
	const struct json *said;      /* the same, read */
	const char *noticed_time;     /* RFC 3339 */
	/* Of PLACE_CHANGED: */
	struct notify_publication publication;
	int64_t place;                /* 0 = not rated */
	int64_t previous_place;       /* 0 = it had none */
	const char *published_time;   /* RFC 3339 */
};

/* «Воронежская область: 5-е место за 2023 год, было 18-е (▲13)»; of the federal side without a name before it. */
void notify_text_write(struct buf *buf, enum notify_language language, const struct notify_notice *notice);
/* The body of the feed's message, JSON. */
void notify_body_write(struct buf *buf, const struct notify_notice *notice);
/* "notice.<oktmo>"; of a published rating "rating.<cohort>". */
void notify_topic_format(const struct notify_notice *notice, char topic[NOTIFY_TOPIC_SIZE]);

#endif
