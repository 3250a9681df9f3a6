/* cli_ledger: the files of an exported log: DIR/heads.json and DIR/<region>.ledger. */
#ifndef EFFREG_CLI_LEDGER_H
#define EFFREG_CLI_LEDGER_H

#include "common/ledger.h"

#define LEDGER_PATH_SIZE 4096

/* DIR/<region>.ledger and DIR/heads.json; false when the path would be too long. */
bool ledger_path(char path[LEDGER_PATH_SIZE], const char *dir, const char *region) MUST_CHECK;
bool ledger_heads_path(char path[LEDGER_PATH_SIZE], const char *dir) MUST_CHECK;

bool ledger_is_dir(const char *path);
/* One writer at a time: CONFLICT with fault while another process has it; until this one ends. */
enum status ledger_lock_dir(const char *dir, struct fault *fault) MUST_CHECK;

/* The heads of DIR; NOT_FOUND when it has none. */
enum status ledger_load_heads(struct arena *arena, const char *dir, const struct ledger_head **ret_heads,
                              size_t *ret_count, struct fault *fault) MUST_CHECK;
/* Atomically, once they are on disk. */
enum status ledger_save_heads(const char *dir, const struct ledger_head *heads, size_t count,
                              struct fault *fault) MUST_CHECK;

/* A ledger mapped into memory: it must not be cut short meanwhile. Fresh: ledger_close. NOT_FOUND, UNAVAILABLE. */
enum status ledger_open(const char *path, struct span *ret_text, struct fault *fault) MUST_CHECK;
void ledger_close(struct span *text);

/* The id that an event claims, "" when it cannot be read. */
void ledger_event_id(struct span event, char ret_id[UUID_TEXT_SIZE]);

#endif
