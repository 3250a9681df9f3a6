/* ranking_difference: what differs between two documents of a rating: who moved, and which figures made them.
 *
 * {"from": {"kind", "revision", "result_digest", "document_digest"}, "to": {…}, "unchanged": N, "rows": [{"region",
 *  ["authority",] "iso", "name", "place": [before, after], "score": [before, after], …}], "seqs": {"20000000": ["17", "19"]}}
 *
 * A row is there when something in it differs; of "place", "score", "group", "interval", "previous_place", "reason" and
 * "overall_place" those that differ, and of "indicators" and "nodes" the codes that differ: [before, after] each. A region
 * that one of the two lacks has null on that side, and "present": [true, false]. Rows stand in the order of the regions'
 * codes. Written of JSON alone, so that anybody with two documents gets the same. */
#ifndef EFFREG_RANKING_DIFFERENCE_H
#define EFFREG_RANKING_DIFFERENCE_H

#include "common/arena.h"
#include "common/json.h"

/* Scratch is of arena. */
void ranking_difference_write(struct arena *arena, struct buf *buf, const struct json *before, const struct json *after);

#endif
