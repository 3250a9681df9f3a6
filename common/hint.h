/* hint: "there are new records", said after commit on a PUB socket. Frames: topic "<stream>.<key>", header
 * {"stream", "key", "first", "last"}. Nothing depends on one arriving: consumers also look for themselves. */
#ifndef EFFREG_HINT_H
#define EFFREG_HINT_H

#include "common/bus.h"
#include "common/stream.h"

void hint_send(struct bus_socket *publisher, const struct stream *stream, const char *key, uint64_t first, uint64_t last);

/* False when the message is no hint of this stream. */
bool hint_read(const struct bus_message *message, const struct stream *stream, char key[STREAM_KEY_MAX]) MUST_CHECK;

#endif
