/* agent_core: what the agent decides: how an event is numbered, whether it is taken, which road it goes, what an answer says.
 *
 * Pure: no file, no socket, no clock. */
#ifndef EFFREG_AGENT_CORE_H
#define EFFREG_AGENT_CORE_H

#include "common/arena.h"
#include "common/json.h"
#include "common/push.h"

/* ---- Numbering ---- */

#define AGENT_NUMBER_BYTES 36  /* what a number adds to an event at most: ,"sequence":"<18 digits>" */

/* Appends event with the member "sequence" put first, every other byte as it came. event is a JSON object, checked before, that
 * has no such member and at least one other. */
void agent_number(struct buf *buf, struct span event, uint64_t sequence);
/* The same of an event that agent_number gave the number before. */
void agent_number_again(struct buf *buf, struct span event, uint64_t before, uint64_t sequence);

/* ---- What became of an event that was handed in ---- */

enum agent_outcome {
	AGENT_ACCEPTED,   /* it is in the spool, on disk */
	AGENT_DUPLICATE,  /* these bytes were taken before, under the same id */
	AGENT_REFUSED,    /* fault says why; its id stays free */
};

struct agent_result {
	enum agent_outcome outcome;
	uint64_t sequence;   /* accepted or duplicate: its number */
	struct fault fault;  /* refused: a code of proto/README.md, section 4.4, the pointer, and how to mend it */
};

/* The members of a refusal, into an open object: rejected, pointer, offset?, text, text_ru? */
void agent_refusal_write(struct json_writer *writer, const struct fault *fault);
/* {"results": [{"accepted": "17"} | {"duplicate": "17"} | {"rejected": code, "pointer", "offset"?, "text", "text_ru"?}, …]} */
void agent_results_write(struct buf *buf, const struct agent_result *results, size_t count);
/* 200 when nothing was refused, else 422: who looks at the status alone must not take a refusal for an acceptance. */
unsigned agent_results_http(const struct agent_result *results, size_t count);

/* {"error": {"code", "text"}} */
void agent_error_write(struct buf *buf, const struct fault *fault);
/* 413 too_large and too_many, 415 unsupported_media_type, 507 spool_full, 503 for a disk that fails, else 400. */
unsigned agent_error_http(const struct fault *fault);

/* ---- What the centre's answer means for a spooled event ---- */

enum agent_verdict {
	AGENT_STORED,     /* durable at the centre, now or before */
	AGENT_REFUSED_THERE,  /* for ever: it is kept with its code, and the operator is told */
	AGENT_LATER,      /* nothing is wrong with it: it is sent again later (over_quota) */
};

enum agent_verdict agent_judge(const struct push_result *result);

/* ---- Files ---- */

enum agent_file_kind { AGENT_FILE_IGNORED, AGENT_FILE_LINES, AGENT_FILE_TABLE };
/* *.ndjson and *.jsonl are lines, an event each; *.csv is a table; names that begin with a dot or end otherwise are not ours (a file is written
 * under another name and renamed when it is whole). */
enum agent_file_kind agent_file_kind(const char *name);

#endif
