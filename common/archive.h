/* archive: the raw events that effreg log archive took out of the database, read from its files.
 *
 * An archived event keeps its row, with the digest of its bytes in place of them. The bytes are in a ledger (ledger.h) that was
 * compressed block by block, each a gzip member of its own, and effreg.event_archive says
 * where each block is and what its digest is: an event is found by one short read. Blocks that were read lately are kept, at most
 * ARCHIVE_KEPT_MAX of them. Nothing is handed out that is not what was archived, to the bit. */
#ifndef EFFREG_ARCHIVE_H
#define EFFREG_ARCHIVE_H

#include "common/db.h"

/* A block ends with the event that makes it so large, in events or in bytes of the ledger. */
#define ARCHIVE_BLOCK_EVENTS 500
#define ARCHIVE_BLOCK_BYTES  ((size_t)256 * 1024)
#define ARCHIVE_KEPT_MAX     64
#define ARCHIVE_SEQ_LEN      12  /* digits of a seq in a file's name: names sort as their events do */
#define ARCHIVE_FILE_MAX     64  /* a file's name, with the terminating zero */

struct archive;

/* dir: the folder of the files; NULL or "": none was named, and every load is refused. Fresh: archive_destroy. */
struct archive *archive_new(const char *dir);
void archive_destroy(struct archive **archive);

/* The event's bytes, in arena. Inside the caller's transaction. archive may be NULL, as without a folder. UNAVAILABLE with fault when no
 * folder was named, or the file is not there or not what was written: no event is to blame for that, and once it is repaired the
 * next try succeeds. Else db.h's statuses. */
enum status archive_load(struct archive *archive, struct db *db, const char *region, uint64_t seq, struct arena *arena,
                         struct span *ret_event, struct fault *fault) MUST_CHECK;

/* What the last load that failed said; text "" when there was none. */
const struct fault *archive_fault(const struct archive *archive);

/* Whether all that was archived is there, by its size: OK also when nothing was. UNAVAILABLE with fault when no folder was named, or a file
 * is not there or too short. */
enum status archive_check(struct archive *archive, struct db *db, struct fault *fault) MUST_CHECK;

#endif
