/* notify_text: what notices say in words, in both languages, from what is stored of them. Pure. */
#ifndef EFFREG_NOTIFY_TEXT_H
#define EFFREG_NOTIFY_TEXT_H

#include "common/buf.h"
#include "common/json.h"

enum notify_language { NOTIFY_RU, NOTIFY_EN };

/* kind: what effreg.notice and the feed call it, and the members of its details beside those that not every one has. */
#define NOTIFY_KIND_MAP(X) \
	X(PLACE_CHANGED, "place_changed")              /* columns of its own: struct notify_notice */ \
	X(RATING_PUBLISHED, "rating_published")        /* cohort, period, rating_kind, revision, regions, changed */ \
	X(INSTRUCTION_OVERDUE, "instruction_overdue")  /* instruction, title, due_on; authority */ \
	X(SOURCE_SILENT, "source_silent")              /* source, last_time */ \
	X(DISPUTE_OPENED, "dispute_opened")            /* dispute, title, opened_on; project */ \
	X(DISPUTE_RESOLVED, "dispute_resolved")        /* dispute, title, outcome, resolved_on; project */ \
	X(EFFECT_VERIFIED, "effect_verified")          /* verification, project, verdict, verified_on; indicator */ \
	X(CUT_OFF_NEAR, "cut_off_near")                /* until, periods */

enum notify_kind {
#define NOTIFY_KIND_ENUM(name, text) NOTIFY_##name,
	NOTIFY_KIND_MAP(NOTIFY_KIND_ENUM)
#undef NOTIFY_KIND_ENUM
	NOTIFY_KIND_COUNT,
};

const char *notify_kind_text(enum notify_kind kind);
bool notify_kind_find(const char *text, enum notify_kind *ret_kind) MUST_CHECK;

/* "2023 год", "2023-Q1" */
void notify_text_period(struct buf *buf, enum notify_language language, const char *period);

/* Any kind but PLACE_CHANGED: «просрочено поручение «…», срок 30.04.2024». A member that is absent is left out. */
void notify_text_details(struct buf *buf, enum notify_language language, enum notify_kind kind, const struct json *details);

#endif
