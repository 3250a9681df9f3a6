/* cli_doctor_program: the service programs beside this one, asked what they are set to. No bus here: it forks. */
#ifndef EFFREG_CLI_DOCTOR_PROGRAM_H
#define EFFREG_CLI_DOCTOR_PROGRAM_H

#include "common/arena.h"
#include "common/status.h"

#define PROGRAM_OUTPUT_MAX ((size_t)1024 * 1024)  /* further bytes are read and dropped */

/* "/usr/bin/effreg-intake": in the folder of this program. In arena. */
const char *program_path(struct arena *arena, const char *service);
bool program_exists(const char *path);
/* Runs it, without the variables EFFREG_…, and waits for its end. What it wrote on stdout and stderr, in arena; *ret_exit as from a shell. UNAVAILABLE: it cannot be
 * started. */
enum status program_run(struct arena *arena, const char *path, const char *const *arguments, struct span *ret_output, int *ret_exit) MUST_CHECK;

#endif
