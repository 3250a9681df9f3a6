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

static void check_written_again(const struct push_message *message)
{
	struct buf first, second;
	struct push_message again;
	buf_init(&first, 4 * PUSH_ANSWER_BYTES_MAX);
	buf_init(&second, 4 * PUSH_ANSWER_BYTES_MAX);
	push_format(&first, message);
	struct arena *arena = arena_new(PUSH_ARENA_BYTES(first.len));
	if (first.len <= PUSH_ANSWER_BYTES_MAX) {
		enum status status = push_parse(arena, buf_span(&first), &again, NULL);
		ASSERT(status == STATUS_OK && again.type == message->type);
		push_format(&second, &again);
		ASSERT(buf_ok(&second) && span_equal(buf_span(&first), buf_span(&second)));
	}
	arena_destroy(&arena);
	buf_clear(&first);
	buf_clear(&second);
}

/* What one side may say is a message of the protocol. */
static void check_sides(struct span header, bool is_message)
{
	struct arena *arena = arena_new(2 * PUSH_ARENA_BYTES(header.len));
	struct push_message message;
	bool is_request = push_parse_request(arena, header, &message, NULL) == STATUS_OK;
	bool is_answer = push_parse_answer(arena, header, &message, NULL) == STATUS_OK;
	ASSERT(is_message || (!is_request && !is_answer));
	arena_destroy(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *feed = size > 0 ? memchr(text, '\n', size) : NULL;
	struct span header = span_of(text, feed != NULL ? (size_t)(feed - text) : size);
	struct span body = feed != NULL ? span_of(feed + 1, size - header.len - 1) : span_of("", 0);
	struct arena *arena = arena_new(PUSH_ARENA_BYTES(header.len));
	struct arena *slices = arena_new(sizeof(struct span) * (PUSH_EVENTS_MAX + 1));
	struct push_message message;
	struct fault fault = {0};
	bool is_message = push_parse(arena, header, &message, &fault) == STATUS_OK;
	ASSERT(is_message || (text_equal(fault.code, "bad_header") && fault.text[0] != '\0'));
	if (is_message && message.type == PUSH_PUSH)
		check_slices(slices, &message, body);
	if (is_message)
		check_written_again(&message);
	check_sides(header, is_message);
	arena_destroy(&slices);
	arena_destroy(&arena);
	return 0;
}
