/* gzip: bytes compressed and back (RFC 1952): the door to zlib. */
#ifndef EFFREG_GZIP_H
#define EFFREG_GZIP_H

#include "common/buf.h"
#include "common/status.h"

/* Appends a member that holds plain; the same bytes for the same plain. */
void gzip_pack(struct buf *buf, struct span plain);
/* Appends what the members of packed hold, one behind the other. INVALID: not gzip, cut off, or its checksum does not hold; TOO_LARGE: it
 * does not fit buf. */
enum status gzip_unpack(struct buf *buf, struct span packed) MUST_CHECK;

#endif
