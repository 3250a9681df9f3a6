/* gateway_query: questions to the ranking service and the table of those still open.
 *
 * A DEALER to the ranking's query socket. Every question is answered exactly once: by the ranking, or, when it does not
 * answer in time, cannot be reached or too many are open, with the code "unavailable". An answer that comes later is
 * dropped: its id stands for nothing. A question whose connection is lost before its answer is asked again over the next one, perhaps of
 * another instance: it changes nothing. */
#ifndef EFFREG_GATEWAY_QUERY_H
#define EFFREG_GATEWAY_QUERY_H

#include "common/loop.h"
#include "services/gateway/gateway_core.h"

#define GATEWAY_QUERY_PENDING_MAX 256
#define GATEWAY_QUERY_TIMEOUT_MS  3000

struct gateway_query;

/* scratch holds until fn returns. */
typedef void gateway_answer_fn(void *context, const struct gateway_answer *answer, struct arena *scratch);

/* Does not wait for the connection: what is asked in the first GATEWAY_QUERY_TIMEOUT_MS waits for it. */
enum status gateway_query_new(struct loop *loop, struct bus *bus, const char *endpoint, const char *server_key,
                              const struct bus_keypair *client, struct gateway_query **ret_query,
                              struct fault *fault) MUST_CHECK;
void gateway_query_destroy(struct gateway_query **query);  /* answers what is open */

/* Asks for the rating; fn is called until deadline_ms (monotonic), perhaps before this returns. */
void gateway_query_ask(struct gateway_query *query, const struct gateway_selection *selection, int64_t deadline_ms,
                       gateway_answer_fn *fn, void *context);

#endif
