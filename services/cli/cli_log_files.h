/* cli_log_files: log verify without a database: over a folder that log export or log archive wrote, or over single ledgers. */
#ifndef EFFREG_CLI_LOG_FILES_H
#define EFFREG_CLI_LOG_FILES_H

#include "services/cli/cli_log_report.h"

/* The folder's heads say which ledgers there must be and how far each counts; what stands behind that is an export that
 * did not end: it is told and not read. Parts of an archive, mostly in a folder
 * without heads, must go on one behind the other. Of a region (OKTMO code) only, when it is not NULL. A status: heads.json itself
 * cannot be read, fault. */
enum status log_files_verify_dir(struct log_report *report, const char *dir, const char *region,
                                 struct fault *fault) MUST_CHECK;
/* A single ledger, to its end: what was cut off there shows only against a checkpoint. */
void log_files_verify_file(struct log_report *report, const char *path);

#endif
