/* notify_core: a changed place → the notice that tells it, in both languages.
 *
 * Pure: which places changed is asked of the database, when and how a notice is sent is the handlers' part. */
#ifndef EFFREG_NOTIFY_CORE_H
#define EFFREG_NOTIFY_CORE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/status.h"

#define NOTIFY_BODY_MAX   4096
#define NOTIFY_TOPIC_SIZE 32

enum notify_language { NOTIFY_RU, NOTIFY_EN };

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
	const char *id;
	const char *region;
	const char *iso;              /* or NULL */
	const char *name_ru;
	const char *name_en;
	struct notify_publication publication;
	int64_t place;                /* 0 = not rated */
	int64_t previous_place;       /* 0 = it had none */
	const char *published_time;   /* RFC 3339 */
};

/* «Воронежская область: 5-е место за 2023 год, было 18-е (▲13)» */
void notify_text_write(struct buf *buf, enum notify_language language, const struct notify_notice *notice);
/* The body of the feed's message, JSON. */
void notify_body_write(struct buf *buf, const struct notify_notice *notice);
/* "notice.<oktmo>" */
void notify_topic_format(const struct notify_notice *notice, char topic[NOTIFY_TOPIC_SIZE]);

#endif
