/* agent_input: how an event gets in, whichever door it comes through: validated by the centre's own schemas, then spooled.
 *
 * What is accepted here the centre accepts too, unless its schemas are older, the key may not write as the source, or the region's
 * quota of the day is used up. */
#ifndef EFFREG_AGENT_INPUT_H
#define EFFREG_AGENT_INPUT_H

#include "common/contract.h"
#include "services/agent/agent_spool.h"

#define AGENT_INPUT_MAX 500  /* events taken at once: one transaction */

struct agent_input;

/* Borrows the spool. BUG with fault when the embedded schemas are broken. */
enum status agent_input_new(struct agent_spool *spool, const char *region, struct agent_input **ret_input, struct fault *fault) MUST_CHECK;
void agent_input_destroy(struct agent_input **input);

/* Reads and checks a mapping for tables (mapping.v1.json) into arena. */
enum status agent_input_read_mapping(const struct agent_input *input, struct arena *arena, const char *path, const struct json **ret_mapping,
                                     struct fault *fault) MUST_CHECK;

/* Whoever hands events in is followed by this call: something is waiting to be sent. */
void agent_input_on_taken(struct agent_input *input, void (*taken)(void *context), void *context);

/* At most AGENT_INPUT_MAX events. OK: ret_results has one for each, and what is accepted is on disk. TOO_LARGE (spool_full) or
 * UNAVAILABLE (spool): nothing was taken, the same may be handed in later. */
enum status agent_input_take(struct agent_input *input, const struct span *events, size_t count, struct agent_result *ret_results,
                             struct fault *fault) MUST_CHECK;

#endif
