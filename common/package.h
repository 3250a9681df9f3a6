/* package: the parts of an OPC package (ECMA-376, part 2), a ZIP file in memory. The door to libzip.
 *
 * Pure: no file is opened. The declared sizes of a ZIP file are its author's word, so what comes out is counted as it comes, and a part
 * is given piece by piece: a bomb costs no more memory than a piece. Which of two parts with one name is meant nobody can say: refused. */
#ifndef EFFREG_PACKAGE_H
#define EFFREG_PACKAGE_H

#include "common/status.h"

#define PACKAGE_ENTRIES_MAX 4096
#define PACKAGE_NAME_MAX    255
#define PACKAGE_PART_MAX    ((size_t)256 * 1024 * 1024)  /* bytes of one part, unpacked */

struct package;

/* Borrows bytes until package_close. INVALID with code bad_xlsx: no ZIP file, a damaged one, two parts of one name; TOO_LARGE: over
 * PACKAGE_ENTRIES_MAX or PACKAGE_NAME_MAX. */
enum status package_open(struct span bytes, struct package **ret_package, struct fault *fault) MUST_CHECK;
void package_close(struct package **package);

/* Names of parts are compared without regard to case (ASCII), as the standard asks. */
bool package_has(const struct package *package, const char *name);

/* Anything but OK ends the reading and is what package_read returns; fault is then the taker's. */
typedef enum status package_take(void *context, struct span piece, struct fault *fault);

/* INVALID with code bad_xlsx: there is no such part, it is encrypted, packed in another way than deflate, damaged (its checksum is
 * compared at its end); TOO_LARGE over PACKAGE_PART_MAX. */
enum status package_read(struct package *package, const char *name, package_take *take, void *context, struct fault *fault) MUST_CHECK;

#endif
