/* cli_lineage_core: from the figures of a rating to the things they count, and to the events that say so with their chain
 * hashes: whoever holds the log can go and look. Pure.
 *
 * {"indicators": [{"indicator", "value", "numerator", "denominator", "observations", "told_by_others", "entities": [{"kind",
 *   "entity", "counts": [{"part", "month", "amount" | "thing", ["leaves"]}]}]}],
 *  "entities": [{"kind", "entity", "events": [{"seq", "id", "type", "time", "hash"}]}]}
 *
 * Each entity's events stand once, whatever the number of indicators that count it. "counts" says what the entity adds to numerator or denominator, and in which month; a stay that ended "leaves". What other
 * regions tell of this one stands in their logs: "told_by_others". */
#ifndef EFFREG_CLI_LINEAGE_CORE_H
#define EFFREG_CLI_LINEAGE_CORE_H

#include "common/crypto.h"
#include "services/metrics/replay.h"
#include "services/ranking/ranking_methodology.h"

struct lineage_log {
	struct replay *replay;           /* has ended */
	const struct sha256 *hashes;     /* of the events with seq 1, 2, … */
	size_t count;
};

/* subject: "" or "authority/ID". The object, appended. */
void lineage_write(struct buf *buf, const struct lineage_log *log, const struct definitions *definitions,
                   const struct methodology *methodology, const char *subject, const char *period);

#endif
