#include "common/ledger.h"

#include <inttypes.h>
#include <stdlib.h>

#define LEDGER_TYPE "effreg.ledger.v1"
#define HEADS_TYPE  "effreg.heads.v1"
/* Whole numbers that JSON readers agree on. */
#define NUMBER_MAX  ((uint64_t)1 << 53)

static int compare_region(const void *region, const void *head)
{
	return strcmp(region, ((const struct ledger_head *)head)->region);
}

const struct ledger_head *ledger_find_head(const struct ledger_head *heads, size_t count, const char *region)
{
	return count == 0 ? NULL : bsearch(region, heads, count, sizeof *heads, compare_region);
}

/* ---- the chain ---- */

void ledger_chain_init(struct ledger_chain *chain, const char *region, const struct ledger_head *witness)
{
	ASSERT(ident_is_oktmo(region));
	*chain = (struct ledger_chain){.witness = witness};
	memcpy(chain->region, region, OKTMO_TEXT_SIZE);
}

void ledger_chain_init_after(struct ledger_chain *chain, const struct ledger_head *after, const struct ledger_head *witness)
{
	ledger_chain_init(chain, after->region, witness);
	chain->seq = after->seq;
	chain->hash = after->hash;
}

static bool same_hash(const struct sha256 *a, const struct sha256 *b)
{
	return memcmp(a->bytes, b->bytes, SHA256_BYTES) == 0;
}

enum ledger_problem ledger_chain_follow(struct ledger_chain *chain, const struct ledger_entry *entry)
{
	if (entry->seq != chain->seq + 1)
		return LEDGER_EVENT_MISSING;
	if (entry->recorded_us < chain->recorded_us)
		return LEDGER_TIME_BACK;
	struct sha256 digest = entry->digest != NULL ? *entry->digest : sha256_of(entry->event.at, entry->event.len);
	struct sha256 hash = chain_next(&chain->hash, chain->region, entry->seq, entry->recorded_us, &digest);
	if (!same_hash(&hash, &entry->hash))
		return LEDGER_EVENT_CHANGED;
	if (chain->witness != NULL && chain->witness->seq == entry->seq && !same_hash(&hash, &chain->witness->hash))
		return LEDGER_CONTRADICTED;
	chain->seq = entry->seq;
	chain->hash = hash;
	chain->recorded_us = entry->recorded_us;
	return LEDGER_SOUND;
}

enum ledger_problem ledger_chain_end(const struct ledger_chain *chain, uint64_t head_seq, const struct sha256 *head_hash)
{
	if (chain->seq < head_seq)
		return LEDGER_EVENT_MISSING;
	if (chain->seq > head_seq || !same_hash(&chain->hash, head_hash))
		return LEDGER_HEAD_DIFFERS;
	return chain->witness != NULL && chain->seq < chain->witness->seq ? LEDGER_SHORTENED : LEDGER_SOUND;
}

/* ---- writing ---- */

void ledger_write_header(struct buf *buf, const char *region)
{
	buf_printf(buf, "{\"type\":\"" LEDGER_TYPE "\",\"region\":\"%s\"}\n", region);
}

void ledger_write_header_after(struct buf *buf, const struct ledger_head *after)
{
	char hash[SHA256_HEX_SIZE];
	if (after->seq == 0) {
		ledger_write_header(buf, after->region);
		return;
	}
	sha256_hex(&after->hash, hash);
	buf_printf(buf, "{\"type\":\"" LEDGER_TYPE "\",\"region\":\"%s\",\"after\":{\"seq\":%" PRIu64 ",\"hash\":\"%s\"}}\n", after->region, after->seq, hash);
}

void ledger_write_entry(struct buf *buf, const struct ledger_entry *entry)
{
	char hash[SHA256_HEX_SIZE];
	sha256_hex(&entry->hash, hash);
	buf_printf(buf, "{\"seq\":%" PRIu64 ",\"recorded_us\":%" PRId64 ",\"hash\":\"%s\",\"bytes\":%zu}\n", entry->seq,
	           entry->recorded_us, hash, entry->event.len);
	buf_append(buf, entry->event.at, entry->event.len);
	buf_text(buf, "\n");
}

/* ---- reading: a scanner of exactly the lines above ---- */

static bool take_text(struct ledger_reader *reader, const char *text)
{
	size_t len = strlen(text);
	if (reader->text.len - reader->at < len || memcmp(reader->text.at + reader->at, text, len) != 0)
		return false;
	reader->at += len;
	return true;
}

/* Digits without a leading zero, at most NUMBER_MAX. */
static bool take_number(struct ledger_reader *reader, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t from = reader->at;
	while (reader->at < reader->text.len) {
		char digit = reader->text.at[reader->at];
		if (digit < '0' || digit > '9')
			break;
		number = number * 10 + (uint64_t)(digit - '0');
		if (number > NUMBER_MAX)
			return false;
		reader->at++;
	}
	*ret_number = number;
	size_t digits = reader->at - from;
	return digits > 0 && (digits == 1 || reader->text.at[from] != '0');
}

static bool take_hash(struct ledger_reader *reader, struct sha256 *ret_hash)
{
	char text[SHA256_HEX_SIZE] = "";
	if (reader->text.len - reader->at < SHA256_HEX_SIZE - 1)
		return false;
	memcpy(text, reader->text.at + reader->at, SHA256_HEX_SIZE - 1);
	reader->at += SHA256_HEX_SIZE - 1;
	return strspn(text, "0123456789abcdef") == SHA256_HEX_SIZE - 1 && sha256_parse_hex(text, ret_hash);
}

static bool take_event(struct ledger_reader *reader, struct span *ret_event)
{
	uint64_t len;
	if (!take_number(reader, &len) || !take_text(reader, "}\n") || reader->text.len - reader->at < len)
		return false;
	*ret_event = span_of(reader->text.at + reader->at, (size_t)len);
	reader->at += (size_t)len;
	return take_text(reader, "\n");
}

/* Back to from, so that reading again says the same. */
static enum status refuse(struct ledger_reader *reader, size_t from, const char *expected, struct fault *fault)
{
	size_t at = reader->at;
	reader->at = from;
	return fault_set(fault, STATUS_INVALID, "ledger", "", (long)at, "byte %zu: %s expected", at, expected);
}

enum status ledger_read_header_after(struct ledger_reader *reader, struct ledger_head *ret_after, struct fault *fault)
{
	struct ledger_head after = {.seq = 0};
	size_t from = reader->at;
	if (!take_text(reader, "{\"type\":\"" LEDGER_TYPE "\",\"region\":\"") || reader->text.len - reader->at < OKTMO_LEN)
		return refuse(reader, from, "the first line of a ledger", fault);
	memcpy(after.region, reader->text.at + reader->at, OKTMO_LEN);
	if (!ident_is_oktmo(after.region))
		return refuse(reader, from, "the region's code", fault);
	reader->at += OKTMO_LEN;
	if (take_text(reader, "\",\"after\":{\"seq\":")) {
		if (!take_number(reader, &after.seq) || after.seq == 0 || !take_text(reader, ",\"hash\":\"") || !take_hash(reader, &after.hash) ||
		    !take_text(reader, "\"}}\n"))
			return refuse(reader, from, "what the part goes on behind", fault);
	} else if (!take_text(reader, "\"}\n")) {
		return refuse(reader, from, "the end of the first line", fault);
	}
	*ret_after = after;
	return STATUS_OK;
}

enum status ledger_read_header(struct ledger_reader *reader, char ret_region[OKTMO_TEXT_SIZE], struct fault *fault)
{
	struct ledger_head after;
	size_t from = reader->at;
	enum status status = ledger_read_header_after(reader, &after, fault);
	if (status == STATUS_OK && after.seq > 0)
		return refuse(reader, from, "a whole log, and not a part that goes on behind another,", fault);
	if (status == STATUS_OK)
		memcpy(ret_region, after.region, OKTMO_TEXT_SIZE);
	return status;
}

enum status ledger_read_entry(struct ledger_reader *reader, struct ledger_entry *ret_entry, struct fault *fault)
{
	struct ledger_entry entry = {.offset = reader->at};
	uint64_t recorded_us;
	if (reader->at == reader->text.len)
		return STATUS_NOT_FOUND;
	if (!take_text(reader, "{\"seq\":") || !take_number(reader, &entry.seq))
		return refuse(reader, entry.offset, "an entry with its seq", fault);
	if (!take_text(reader, ",\"recorded_us\":") || !take_number(reader, &recorded_us))
		return refuse(reader, entry.offset, "recorded_us", fault);
	if (!take_text(reader, ",\"hash\":\"") || !take_hash(reader, &entry.hash))
		return refuse(reader, entry.offset, "the hash", fault);
	if (!take_text(reader, "\",\"bytes\":") || !take_event(reader, &entry.event))
		return refuse(reader, entry.offset, "so many bytes of an event and a newline", fault);
	entry.recorded_us = (int64_t)recorded_us;
	*ret_entry = entry;
	return STATUS_OK;
}

/* ---- heads.json ---- */

static void write_head(struct json_writer *writer, const struct ledger_head *head)
{
	char hash[SHA256_HEX_SIZE];
	sha256_hex(&head->hash, hash);
	json_write_object(writer);
	json_member_string(writer, "region", head->region);
	json_member_integer(writer, "seq", (int64_t)head->seq);
	json_member_string(writer, "hash", hash);
	json_member_integer(writer, "bytes", (int64_t)head->bytes);
	json_write_object_end(writer);
}

void ledger_heads_write(struct buf *buf, const struct ledger_head *heads, size_t count)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_member_string(&writer, "type", HEADS_TYPE);
	json_write_name(&writer, "regions");
	json_write_array(&writer);
	for (size_t i = 0; i < count; i++)
		write_head(&writer, &heads[i]);
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	buf_text(buf, "\n");
}

static bool read_positive(const struct json *json, const char *name, uint64_t *ret_number)
{
	int64_t number;
	const struct json *member = json_find(json, name);
	if (!json_is(member, JSON_NUMBER) || !json_integer(member, &number) || number < 1)
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

static bool read_head(const struct json *json, bool with_bytes, struct ledger_head *head)
{
	const char *region = json_find_string(json, "region");
	const char *hash = json_find_string(json, "hash");
	if (region == NULL || hash == NULL || !ident_is_oktmo(region) || !sha256_parse_hex(hash, &head->hash))
		return false;
	memcpy(head->region, region, OKTMO_TEXT_SIZE);
	return read_positive(json, "seq", &head->seq) && (!with_bytes || read_positive(json, "bytes", &head->bytes));
}

enum status ledger_head_list_read(struct arena *arena, const struct json *list, bool with_bytes,
                                  const struct ledger_head **ret_heads, size_t *ret_count, struct fault *fault)
{
	if (!json_is(list, JSON_ARRAY) || json_count(list) > LEDGER_REGIONS_MAX)
		return fault_set(fault, STATUS_INVALID, "heads", "/regions", -1, "a list of at most %d regions expected",
		                 LEDGER_REGIONS_MAX);
	struct ledger_head *heads = arena_array(arena, struct ledger_head, json_count(list));
	size_t count = 0;
	for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
		if (!read_head(item, with_bytes, &heads[count]) ||
		    (count > 0 && strcmp(heads[count - 1].region, heads[count].region) >= 0))
			return fault_set(fault, STATUS_INVALID, "heads", "/regions", -1,
			                 "region %zu of the list is no head, or not in its order", count + 1);
		count++;
	}
	*ret_heads = heads;
	*ret_count = count;
	return STATUS_OK;
}

enum status ledger_heads_read(struct arena *arena, struct span text, const struct ledger_head **ret_heads,
                              size_t *ret_count, struct fault *fault)
{
	const struct json *json;
	enum status status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &json, fault);
	if (status != STATUS_OK)
		return status;
	const char *type = json_find_string(json, "type");
	if (type == NULL || !text_equal(type, HEADS_TYPE))
		return fault_set(fault, STATUS_INVALID, "heads", "/type", -1, "the type " HEADS_TYPE " expected");
	return ledger_head_list_read(arena, json_find(json, "regions"), true, ret_heads, ret_count, fault);
}
