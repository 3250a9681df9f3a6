/* ambient: what a program takes from its surroundings: the clock, randomness, files, the environment.
 * Cores never include this: time and fresh ids are their inputs. */
#ifndef EFFREG_AMBIENT_H
#define EFFREG_AMBIENT_H

#include "common/arena.h"
#include "common/ident.h"
#include "common/status.h"

int64_t ambient_now_us(void);        /* wall clock, microseconds since 1970 UTC */
int64_t ambient_monotonic_ms(void);  /* for timeouts; never goes back */
void ambient_random(void *at, size_t len);
struct ident_uuid ambient_uuid(void);  /* version 7, now */

/* The whole file, terminated, in arena. NOT_FOUND, UNAVAILABLE, TOO_LARGE (over bytes_max); fault names the file. */
enum status ambient_read_file(struct arena *arena, const char *path, size_t bytes_max, struct span *ret_text,
                              struct fault *fault) MUST_CHECK;
/* Writes path.tmp, syncs, renames. mode as for open(2): 0600 for secrets. */
enum status ambient_write_file(const char *path, struct span text, unsigned mode, struct fault *fault) MUST_CHECK;

#endif
