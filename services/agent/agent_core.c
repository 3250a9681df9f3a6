#include "services/agent/agent_core.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

void agent_number(struct buf *buf, struct span event, uint64_t sequence)
{
	const char *brace = memchr(event.at, '{', event.len);
	ASSERT(brace != NULL);
	size_t before = (size_t)(brace - event.at) + 1;
	buf_append(buf, event.at, before);
	buf_printf(buf, "\"sequence\":\"%" PRIu64 "\",", sequence);
	buf_append(buf, event.at + before, event.len - before);
}

void agent_number_again(struct buf *buf, struct span event, uint64_t before, uint64_t sequence)
{
	char member[64];
	int member_len = snprintf(member, sizeof member, "\"sequence\":\"%" PRIu64 "\",", before);
	const char *brace = memchr(event.at, '{', event.len);
	ASSERT(brace != NULL && memcmp(brace + 1, member, (size_t)member_len) == 0);
	size_t head = (size_t)(brace - event.at) + 1, tail = head + (size_t)member_len;
	buf_append(buf, event.at, head);
	buf_printf(buf, "\"sequence\":\"%" PRIu64 "\",", sequence);
	buf_append(buf, event.at + tail, event.len - tail);
}

/* ---- Answers to those who hand in ---- */

void agent_refusal_write(struct json_writer *writer, const struct fault *fault)
{
	json_member_string(writer, "rejected", fault->code);
	json_member_string(writer, "pointer", fault->pointer);
	if (fault->offset >= 0)
		json_member_integer(writer, "offset", fault->offset);
	json_member_string(writer, "text", fault->text);
	if (fault->text_ru[0] != '\0')
		json_member_string(writer, "text_ru", fault->text_ru);
}

void agent_results_write(struct buf *buf, const struct agent_result *results, size_t count)
{
	struct json_writer writer;
	char sequence[24];
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_write_name(&writer, "results");
	json_write_array(&writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(&writer);
		snprintf(sequence, sizeof sequence, "%" PRIu64, results[i].sequence);
		if (results[i].outcome == AGENT_REFUSED)
			agent_refusal_write(&writer, &results[i].fault);
		else
			json_member_string(&writer, results[i].outcome == AGENT_ACCEPTED ? "accepted" : "duplicate", sequence);
		json_write_object_end(&writer);
	}
	json_write_array_end(&writer);
	json_write_object_end(&writer);
}

unsigned agent_results_http(const struct agent_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (results[i].outcome == AGENT_REFUSED)
			return 422;
	}
	return 200;
}

void agent_error_write(struct buf *buf, const struct fault *fault)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_write_name(&writer, "error");
	json_write_object(&writer);
	json_member_string(&writer, "code", fault->code);
	json_member_string(&writer, "text", fault->text);
	json_write_object_end(&writer);
	json_write_object_end(&writer);
}

unsigned agent_error_http(const struct fault *fault)
{
	static const struct {
		const char *code;
		unsigned http;
	} CODES[] = {
		{"too_large", 413}, {"too_many", 413}, {"unsupported_media_type", 415}, {"spool_full", 507}, {"spool", 503},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CODES); i++) {
		if (text_equal(CODES[i].code, fault->code))
			return CODES[i].http;
	}
	return 400;
}

/* ---- The centre's answers ---- */

enum agent_verdict agent_judge(const struct push_result *result)
{
	if (result->outcome != PUSH_REJECTED)
		return AGENT_STORED;
	return text_equal(result->code, "over_quota") ? AGENT_LATER : AGENT_REFUSED_THERE;
}

/* ---- Files ---- */

static bool ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name), ending_len = strlen(ending);
	return len > ending_len && strcasecmp(name + len - ending_len, ending) == 0;
}

enum agent_file_kind agent_file_kind(const char *name)
{
	if (name[0] == '.')
		return AGENT_FILE_IGNORED;
	if (ends_with(name, ".ndjson") || ends_with(name, ".jsonl"))
		return AGENT_FILE_LINES;
	return ends_with(name, ".csv") ? AGENT_FILE_TABLE : AGENT_FILE_IGNORED;
}
