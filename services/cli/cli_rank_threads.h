/* cli_rank_threads: work of many equal pieces, shared among threads.
 *
 * Each piece is its own work: the result does not depend on how many threads there are. */
#ifndef EFFREG_CLI_RANK_THREADS_H
#define EFFREG_CLI_RANK_THREADS_H

#include "common/status.h"

#define RANK_THREADS_MAX 64

/* Pieces first to end, on one thread. */
typedef void rank_work(void *context, size_t first, size_t end);

/* Returns when all pieces are done. UNAVAILABLE when a thread cannot be started. */
enum status rank_threads_run(unsigned threads, size_t pieces, rank_work *work, void *context, struct fault *fault) MUST_CHECK;

#endif
