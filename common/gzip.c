#include "common/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#define GZIP_WINDOW  (MAX_WBITS + 16)  /* zlib's way to say gzip */
#define MEMORY_LEVEL 8
#define CHUNK_BYTES  ((size_t)64 * 1024)

void gzip_pack(struct buf *buf, struct span plain)
{
	unsigned char chunk[4096];
	z_stream stream = {.next_in = (const Bytef *)plain.at, .avail_in = (uInt)plain.len};
	ASSERT(plain.len <= UINT32_MAX);
	int result = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
	ASSERT(result == Z_OK);
	do {
		stream.next_out = chunk;
		stream.avail_out = sizeof chunk;
		result = deflate(&stream, Z_FINISH);
		ASSERT(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
		buf_append(buf, (const char *)chunk, sizeof chunk - stream.avail_out);
	} while (result != Z_STREAM_END);
	deflateEnd(&stream);
}

/* One member; moves past it. */
static enum status unpack_member(z_stream *stream, unsigned char *chunk, struct buf *buf)
{
	int result;
	do {
		stream->next_out = chunk;
		stream->avail_out = CHUNK_BYTES;
		result = inflate(stream, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END)
			return STATUS_INVALID;
		buf_append(buf, (const char *)chunk, CHUNK_BYTES - stream->avail_out);
		if (!buf_ok(buf))
			return STATUS_TOO_LARGE;
	} while (result != Z_STREAM_END);
	return STATUS_OK;
}

enum status gzip_unpack(struct buf *buf, struct span packed)
{
	unsigned char chunk[CHUNK_BYTES];
	z_stream stream = {.next_in = (const Bytef *)packed.at, .avail_in = (uInt)packed.len};
	ASSERT(packed.len <= UINT32_MAX);
	int result = inflateInit2(&stream, GZIP_WINDOW);
	ASSERT(result == Z_OK);
	enum status status = packed.len == 0 ? STATUS_INVALID : STATUS_OK;
	while (status == STATUS_OK && stream.avail_in > 0) {
		status = unpack_member(&stream, chunk, buf);
		if (status == STATUS_OK && inflateReset(&stream) != Z_OK)
			status = STATUS_INVALID;
	}
	inflateEnd(&stream);
	return status;
}
