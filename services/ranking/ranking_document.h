/* ranking_document: what a run looks like outside: the document of RATING.md section 6, with all that is needed to check
 * it, and its two digests.
 *
 * Both digests are SHA-256 over canonical JSON (RFC 8785). result_digest covers what was computed from what, so it is
 * equal whatever the order of arrival; the previous places, the intervals, the log heads and the publication are not in
 * it. document_digest covers the whole document but for itself and the signature: ranking_seal.h. */
#ifndef EFFREG_RANKING_DOCUMENT_H
#define EFFREG_RANKING_DOCUMENT_H

#include "services/ranking/ranking_core.h"

#define RANKING_DOCUMENT_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define RANKING_KIND_LIVE          "live"

/* How a run is shown: live, or as one published revision. */
struct ranking_edition {
	const char *kind;             /* "live", "interim" or "final" */
	int64_t revision;             /* 0 for live, else from 1 */
	const char *document_digest;  /* hex; NULL for live */
	const char *published_time;   /* RFC 3339; NULL for live */
	const char *published_by;     /* the key that published it; NULL for live */
	const char *public_key;       /* Ed25519, hex, of who signs; NULL = unsigned */
	const char *signature;        /* hex; NULL = unsigned */
	const char *corrects;         /* what differs from the revision before (ranking_difference.h), JSON; NULL = none */
};

/* STATUS_BUG, with fault, when the run does not fit RANKING_DOCUMENT_BYTES_MAX. */
enum status ranking_result_digest(struct arena *arena, const struct ranking_run *run, char ret_digest[SHA256_HEX_SIZE],
                                  struct fault *fault) MUST_CHECK;

/* That of the document as ranking_document_write writes it; the edition's own digest and signature are not read. */
enum status ranking_document_digest(struct arena *arena, const struct ranking_run *run,
                                    const struct ranking_edition *edition, char ret_digest[SHA256_HEX_SIZE],
                                    struct fault *fault) MUST_CHECK;

/* On one line; proto/README.md section 8 names the members. */
void ranking_document_write(struct buf *buf, const struct ranking_run *run, const struct ranking_edition *edition);

/* What a stored run keeps beside the document: {"20000000": {"seq": "17", "head": "…"}, …} */
void ranking_seqs_write(struct buf *buf, const struct ranking_run *run);
/* One row's figures {"digital_share": "57.142857", …} and node scores {"index": "61.902", …}; missing = null. */
void ranking_inputs_write(struct buf *buf, const struct ranking_run *run, const struct ranking_row *row);
void ranking_nodes_write(struct buf *buf, const struct ranking_run *run, const struct ranking_row *row);
/* The indicators that told nobody apart: {"constant": ["digital_share"], "empty": []} */
void ranking_notes_write(struct buf *buf, const struct ranking_run *run);

#endif
