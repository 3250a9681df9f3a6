/* agent_folder: events from files in a folder.
 *
 * Every *.ndjson or *.jsonl there is read in the order of names, an event a line, and moved when all its lines have an answer: to
 * done/ when each was accepted or a duplicate, else to refused/, with a report beside it (NAME.report.ndjson, a line for each
 * refusal: {"line", "column"?, "rejected", "pointer", "offset"?, "text", "text_ru"?}). Its good lines are taken all the same: when the
 * mended file comes back whole, they are duplicates. With a mapping, *.csv are tables whose rows it makes events of; a table that
lacks a column or cannot be read is refused whole, at line 1. A file is written under another name and renamed when it is complete.
 *
 * A file is not taken further while the spool is full or its disk fails: it waits where it is. After a restart it is read from its
 * beginning; what was taken is a duplicate. */
#ifndef EFFREG_AGENT_FOLDER_H
#define EFFREG_AGENT_FOLDER_H

#include "common/loop.h"
#include "services/agent/agent_input.h"

struct agent_folder;

/* Makes done/ and refused/ in it. Looks once a second. mapping: a document of mapping.v1.json, checked; borrowed, NULL = tables are
 * left alone. */
enum status agent_folder_new(struct loop *loop, const char *path, const struct json *mapping, struct agent_input *input, struct agent_folder **ret_folder,
                             struct fault *fault) MUST_CHECK;
void agent_folder_destroy(struct agent_folder **folder);

#endif
