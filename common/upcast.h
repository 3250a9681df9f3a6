/* upcast: what an event of an older version says, in the words of the newest version of its type. The one place where versions meet:
 * whoever reads the data of events reads them through upcast, and knows the newest version only.
 *
 *     intake: each version by its own schema, the raw bytes kept  ──▶  log  ──▶  upcast  ──▶  keys, folds, indicators
 *
 * A rule says which member of the newer version comes from which of the older one; rules go one version up each, so a v1 comes to a
 * v3 by way of v2. Pure: the same data give the same data. proto/README.md, section 11, says how a new version is brought. */
#ifndef EFFREG_UPCAST_H
#define EFFREG_UPCAST_H

#include "common/envelope.h"

/* The newest version of the same type; the type itself when it has one version only. */
enum event_type upcast_newest(enum event_type type);

/* *type and *data, which passed its schema, become those of the newest version: *data borrows from what it was, or is fresh in
 * arena. Of the newest version, and with *data NULL (a withdrawal has none), nothing but the type changes. POISON with fault (may be
 * NULL): data that its schema should have refused. */
enum status upcast(enum event_type *type, const struct json **data, struct arena *arena, struct fault *fault) MUST_CHECK;

#endif
