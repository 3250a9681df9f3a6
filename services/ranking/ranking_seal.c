#include "services/ranking/ranking_seal.h"

#include <stdlib.h>

#include "services/ranking/ranking_document.h"

/* ---- canonical texts ---- */

enum status ranking_seal_digest_text(struct arena *arena, struct buf *text, char ret_digest[SHA256_HEX_SIZE])
{
	static const struct json_limits LIMITS = {
		.bytes_max = RANKING_DOCUMENT_BYTES_MAX, .depth_max = 32, .members_max = 65536};
	const struct json *json;
	struct buf canonical;
	buf_init(&canonical, RANKING_DOCUMENT_BYTES_MAX);
	enum status status = buf_ok(text) ? json_parse(arena, text->at, text->len, &LIMITS, &json, NULL) : STATUS_BUG;
	if (status == STATUS_OK)
		status = json_canonical(&canonical, json);
	if (status == STATUS_OK) {
		struct sha256 digest = sha256_of(canonical.at, canonical.len);
		sha256_hex(&digest, ret_digest);
	}
	buf_clear(&canonical);
	buf_clear(text);
	return status == STATUS_OK ? STATUS_OK : STATUS_BUG;
}

/* json as it stands in a tree that was read, or null. */
static void copy_value(struct json_writer *writer, const char *name, const struct json *json)
{
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	if (json == NULL)
		buf_text(&text, "null");
	else if (json_canonical(&text, json) != STATUS_OK)
		writer->buf->overflowed = true;
	json_write_name(writer, name);
	json_write_raw(writer, buf_span(&text));
	buf_clear(&text);
}

enum status ranking_seal_digest(struct arena *arena, const struct json *document, char ret_digest[SHA256_HEX_SIZE])
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	for (const struct json *member = json_first(document); member != NULL; member = json_next(member)) {
		const char *name = json_name(member);
		if (!text_equal(name, "document_digest") && !text_equal(name, "signature"))
			copy_value(&writer, name, member);
	}
	json_write_object_end(&writer);
	return ranking_seal_digest_text(arena, &text, ret_digest);
}

/* ---- the result ---- */

static int compare_units(const void *a, const void *b)
{
	const struct json *const *left = a, *const *right = b;
	for (const char *const *name = (const char *const[]){"region", "authority", NULL}; *name != NULL; name++) {
		const char *l = json_find_string(*left, *name), *r = json_find_string(*right, *name);
		int order = strcmp(l != NULL ? l : "", r != NULL ? r : "");
		if (order != 0)
			return order;
	}
	return 0;
}

static const struct json **rows_by_unit(struct arena *arena, const struct json *document, size_t *ret_count)
{
	const struct json *list = json_find(document, "rows");
	*ret_count = json_is(list, JSON_ARRAY) ? json_count(list) : 0;
	const struct json **rows = arena_array(arena, const struct json *, *ret_count + 1);
	size_t i = 0;
	for (const struct json *row = *ret_count > 0 ? json_first(list) : NULL; row != NULL; row = json_next(row))
		rows[i++] = row;
	qsort(rows, *ret_count, sizeof *rows, compare_units);
	return rows;
}

static void copy_members(struct json_writer *writer, const struct json *from, const char *const *names)
{
	for (; *names != NULL; names++)
		copy_value(writer, *names, json_find(from, *names));
}

static void write_unit(struct json_writer *writer, const struct json *row)
{
	copy_value(writer, "region", json_find(row, "region"));
	if (json_find(row, "authority") != NULL)
		copy_value(writer, "authority", json_find(row, "authority"));
}

/* The same text as ranking_document.c writes of a run: a test holds one against the other. */
static void write_result(struct json_writer *writer, const struct json *document, const struct json **rows, size_t count)
{
	static const char *const HEAD[] = {"cohort", "period", "methodology", NULL};
	static const char *const INPUT[] = {"joined", "measured", "indicators", NULL};
	static const char *const RESULT[] = {"place", "group", "eligible", "reason", NULL};
	static const char *const SCORES[] = {"score", "nodes", NULL};
	json_write_object(writer);
	copy_members(writer, document, HEAD);
	json_write_name(writer, "inputs");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(writer);
		write_unit(writer, rows[i]);
		copy_members(writer, json_find(rows[i], "figures"), INPUT);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_write_name(writer, "results");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(writer);
		write_unit(writer, rows[i]);
		copy_members(writer, rows[i], RESULT);
		copy_members(writer, json_find(rows[i], "figures"), SCORES);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_write_object_end(writer);
}

enum status ranking_seal_result_digest(struct arena *arena, const struct json *document, char ret_digest[SHA256_HEX_SIZE])
{
	size_t count;
	const struct json **rows = rows_by_unit(arena, document, &count);
	for (size_t i = 0; i < count; i++) {
		if (!json_is(json_find(rows[i], "figures"), JSON_OBJECT))
			return STATUS_INVALID;
	}
	struct buf text;
	struct json_writer writer;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	json_writer_init(&writer, &text);
	write_result(&writer, document, rows, count);
	return ranking_seal_digest_text(arena, &text, ret_digest);
}

/* ---- the signature ---- */

void ranking_seal_sign(const uint8_t secret_key[SIGN_SECRET_BYTES], const char *document_digest,
                       char ret_signature[RANKING_SEAL_SIGNATURE_SIZE])
{
	uint8_t signature[SIGNATURE_BYTES];
	sign_detached(secret_key, document_digest, strlen(document_digest), signature);
	hex_format(signature, SIGNATURE_BYTES, ret_signature);
}

bool ranking_seal_holds(const char *public_key, const char *document_digest, const char *signature)
{
	uint8_t key[SIGN_PUBLIC_BYTES], bytes[SIGNATURE_BYTES];
	if (!hex_parse(public_key, key, sizeof key) || !hex_parse(signature, bytes, sizeof bytes))
		return false;
	return sign_verify(key, document_digest, strlen(document_digest), bytes);
}

/* ---- checking ---- */

/* The number that is shown beside the text that is in result_digest. */
static bool scores_agree(const struct json *document)
{
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row)) {
		const struct json *shown = json_find(row, "score");
		const char *figure = json_find_string(json_find(row, "figures"), "score");
		if (figure == NULL ? json_is(shown, JSON_NUMBER)
		                   : !json_is(shown, JSON_NUMBER) || json_number(shown) != strtod(figure, NULL))
			return false;
	}
	return true;
}

static enum ranking_seal_verdict check_signature(const struct json *document, const char *document_digest,
                                                 const char *expected)
{
	const char *key = json_find_string(document, "public_key");
	const char *signature = json_find_string(document, "signature");
	if (expected != NULL && (key == NULL || !text_equal(key, expected)))
		return RANKING_SEAL_STRANGER;
	if (key == NULL && signature == NULL)
		return RANKING_SEAL_UNSIGNED;
	if (key == NULL || signature == NULL || !ranking_seal_holds(key, document_digest, signature))
		return RANKING_SEAL_SIGNATURE;
	return RANKING_SEAL_SOUND;
}

enum ranking_seal_verdict ranking_seal_check(struct arena *arena, const struct json *document, const char *public_key)
{
	char digest[SHA256_HEX_SIZE];
	const char *result_digest = json_find_string(document, "result_digest");
	const char *document_digest = json_find_string(document, "document_digest");
	const char *kind = json_find_string(document, "kind");
	if (result_digest == NULL || kind == NULL || !json_is(json_find(document, "rows"), JSON_ARRAY))
		return RANKING_SEAL_NO_RATING;
	enum status status = ranking_seal_result_digest(arena, document, digest);
	if (status == STATUS_INVALID)
		return RANKING_SEAL_NO_RATING;
	if (status != STATUS_OK || !text_equal(digest, result_digest) || !scores_agree(document))
		return RANKING_SEAL_RESULT;
	if (text_equal(kind, RANKING_KIND_LIVE))
		return RANKING_SEAL_PROVISIONAL;
	if (document_digest == NULL || ranking_seal_digest(arena, document, digest) != STATUS_OK ||
	    !text_equal(digest, document_digest))
		return RANKING_SEAL_DOCUMENT;
	return check_signature(document, document_digest, public_key);
}
