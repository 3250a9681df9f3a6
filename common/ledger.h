/* ledger: a region's log outside the database (proto/README.md, "Exported logs"): its format, and following its chain.
 *
 * A ledger is one line that names the region (and of a part of a log what it continues), then each event as one line {"seq","recorded_us","hash","bytes"} followed by
 * its raw bytes and a newline: events are taken by length, so whatever they contain stays as it came. Reading takes
 * exactly what writing gives: every other spelling of the same values is refused.
 *
 * heads.json beside the ledgers says how far each of them counts. Beyond that stands, at most, an export that did not end. */
#ifndef EFFREG_LEDGER_H
#define EFFREG_LEDGER_H

#include "common/crypto.h"
#include "common/ident.h"
#include "common/json.h"

#define LEDGER_REGIONS_MAX     10000
#define LEDGER_HEADS_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* How far a log goes. */
struct ledger_head {
	char region[OKTMO_TEXT_SIZE];
	uint64_t seq;        /* from 1 */
	struct sha256 hash;  /* of the chain at seq */
	uint64_t bytes;      /* of the ledger up to and including the event; 0 in a checkpoint */
};

/* In the order of regions; NULL when there is none. */
const struct ledger_head *ledger_find_head(const struct ledger_head *heads, size_t count, const char *region);

/* ---- the chain ---- */

struct ledger_entry {
	uint64_t seq;
	int64_t recorded_us;
	struct sha256 hash;
	struct span event;   /* the raw bytes */
	const struct sha256 *digest;  /* of bytes that are elsewhere; NULL: they are here */
	size_t offset;       /* of the entry in its ledger; 0 when it comes from elsewhere */
};

enum ledger_problem {
	LEDGER_SOUND,
	LEDGER_EVENT_MISSING,    /* the entry is not the next one */
	LEDGER_TIME_BACK,        /* recorded before the one before it */
	LEDGER_EVENT_CHANGED,    /* the bytes, the time or the hash are not what was chained */
	LEDGER_HEAD_DIFFERS,     /* the log ends at another event or hash than its head says */
	LEDGER_CONTRADICTED,     /* the checkpoint saw another hash at this seq */
	LEDGER_SHORTENED,        /* the checkpoint saw more events */
};

/* A region's chain as far as it was followed. */
struct ledger_chain {
	char region[OKTMO_TEXT_SIZE];
	uint64_t seq;
	struct sha256 hash;
	int64_t recorded_us;
	const struct ledger_head *witness;  /* what a checkpoint says of the region, or NULL */
};

void ledger_chain_init(struct ledger_chain *chain, const char *region, const struct ledger_head *witness);
/* The same, going on behind an event whose hash is known. */
void ledger_chain_init_after(struct ledger_chain *chain, const struct ledger_head *after, const struct ledger_head *witness);
/* Takes the next entry; the chain moves only when it is sound. */
enum ledger_problem ledger_chain_follow(struct ledger_chain *chain, const struct ledger_entry *entry) MUST_CHECK;
/* After the last entry. */
enum ledger_problem ledger_chain_end(const struct ledger_chain *chain, uint64_t head_seq,
                                     const struct sha256 *head_hash) MUST_CHECK;

/* ---- the file ---- */

void ledger_write_header(struct buf *buf, const char *region);
/* Of a part of a log that goes on behind an event; of seq 0 the same as ledger_write_header. */
void ledger_write_header_after(struct buf *buf, const struct ledger_head *after);
void ledger_write_entry(struct buf *buf, const struct ledger_entry *entry);

struct ledger_reader {
	struct span text;  /* the ledger, borrowed */
	size_t at;
};

/* INVALID with the byte offset when the ledger does not begin as one, or, for a whole log, is a part that goes on behind an event. */
enum status ledger_read_header_after(struct ledger_reader *reader, struct ledger_head *ret_after, struct fault *fault) MUST_CHECK;
enum status ledger_read_header(struct ledger_reader *reader, char ret_region[OKTMO_TEXT_SIZE],
                               struct fault *fault) MUST_CHECK;
/* The next entry, its event borrowed from the text. NOT_FOUND at the end; INVALID with the byte offset for anything that
 * ledger_write_entry does not write, an entry cut off included. */
enum status ledger_read_entry(struct ledger_reader *reader, struct ledger_entry *ret_entry,
                              struct fault *fault) MUST_CHECK;

/* ---- heads.json ---- */

/* heads in the order of their regions. */
void ledger_heads_write(struct buf *buf, const struct ledger_head *heads, size_t count);
enum status ledger_heads_read(struct arena *arena, struct span text, const struct ledger_head **ret_heads,
                              size_t *ret_count, struct fault *fault) MUST_CHECK;
/* [{"region", "seq", "hash"}, …], each with "bytes" when with_bytes: strictly ascending regions. pointer names the array. */
enum status ledger_head_list_read(struct arena *arena, const struct json *list, bool with_bytes,
                                  const struct ledger_head **ret_heads, size_t *ret_count,
                                  struct fault *fault) MUST_CHECK;

#endif
