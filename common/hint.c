#include "common/hint.h"

#include <inttypes.h>
#include <stdio.h>

#define TOPIC_SIZE (STREAM_KEY_MAX + 16)

void hint_send(struct bus_socket *publisher, const struct stream *stream, const char *key, uint64_t first, uint64_t last)
{
	char topic[TOPIC_SIZE], header[STREAM_KEY_MAX + 128];
	snprintf(topic, sizeof topic, "%s.%s", stream->name, key);
	snprintf(header, sizeof header, "{\"stream\":\"%s\",\"key\":\"%s\",\"first\":%" PRIu64 ",\"last\":%" PRIu64 "}",
	         stream->name, key, first, last);
	const struct span frames[] = {span_of_text(topic), span_of_text(header)};
	if (bus_send(publisher, frames, ARRAY_COUNT(frames)) != STATUS_OK)
		return;  /* nobody listens, or too slowly: the consumers look for themselves once a second */
}

bool hint_read(const struct bus_message *message, const struct stream *stream, char key[STREAM_KEY_MAX])
{
	size_t prefix_len = strlen(stream->name) + 1;
	if (bus_message_frames(message) == 0)
		return false;
	struct span topic = bus_message_frame(message, 0);
	if (topic.len <= prefix_len || topic.len - prefix_len >= STREAM_KEY_MAX || topic.at[prefix_len - 1] != '.' ||
	    memcmp(topic.at, stream->name, prefix_len - 1) != 0)
		return false;
	memcpy(key, topic.at + prefix_len, topic.len - prefix_len);
	key[topic.len - prefix_len] = '\0';
	return ident_is_name(key);
}
