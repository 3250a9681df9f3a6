/* A header frame, a line feed, a body: what intake does with the two frames of a message before it believes any of it. A
 * header that is read is written again and means the same; a body is cut into events that lie end to end. */
#include <stdint.h>

#include "common/push.h"
#include "services/intake/intake_core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slices(struct arena *arena, const struct push_message *message, struct span body)
{
	struct fault fault = {0};
	struct span *events = arena_array(arena, struct span, message->count + 1);
	size_t covered = 0;
	if (intake_slice(body, message->sizes, message->count, events, &fault) != STATUS_OK) {
		ASSERT(text_equal(fault.code, "bad_frames") && fault.text[0] != '\0');
		return;
	}
	for (size_t i = 0; i < message->count; i++) {
		ASSERT(events[i].at == body.at + covered && events[i].len == message->sizes[i]);
		covered += events[i].len;
	}
	ASSERT(covered == body.len);
}

static void check_written_again(struct arena *arena, const struct push_message *message)
{
	struct buf first, second;
	struct push_message again;
	buf_init(&first, 4 * PUSH_HEADER_BYTES_MAX);
	buf_init(&second, 4 * PUSH_HEADER_BYTES_MAX);
	push_format(&first, message);
	if (first.len <= PUSH_HEADER_BYTES_MAX) {
		enum status status = push_parse(arena, buf_span(&first), &again, NULL);
		ASSERT(status == STATUS_OK && again.type == message->type);
		push_format(&second, &again);
		ASSERT(buf_ok(&second) && span_equal(buf_span(&first), buf_span(&second)));
	}
	buf_clear(&first);
	buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *feed = size > 0 ? memchr(text, '\n', size) : NULL;
	size_t len = feed != NULL ? (size_t)(feed - text) : size;
	struct span body = feed != NULL ? span_of(feed + 1, size - len - 1) : span_of("", 0);
	struct arena *arena = arena_new((size_t)256 * 1024 * 1024);
	struct push_message message;
	struct fault fault = {0};
	if (push_parse(arena, span_of(text, len), &message, &fault) != STATUS_OK)
		ASSERT(text_equal(fault.code, "bad_header") && fault.text[0] != '\0');
	else if (message.type == PUSH_PUSH)
		check_slices(arena, &message, body);
	if (fault.text[0] == '\0')
		check_written_again(arena, &message);
	arena_destroy(&arena);
	return 0;
}
