#include "common/ledger_checkpoint.h"

#define CHECKPOINT_TYPE "effreg.checkpoint.v1"
#define KEY_TEXT        (2 * SIGN_PUBLIC_BYTES + 1)
#define SIGNATURE_TEXT  (2 * SIGNATURE_BYTES + 1)

/* ---- writing ---- */

static void write_heads(struct json_writer *writer, const struct checkpoint *checkpoint)
{
	char hash[SHA256_HEX_SIZE];
	json_write_array(writer);
	for (size_t i = 0; i < checkpoint->count; i++) {
		sha256_hex(&checkpoint->heads[i].hash, hash);
		json_write_object(writer);
		json_member_string(writer, "hash", hash);
		json_member_string(writer, "region", checkpoint->heads[i].region);
		json_member_integer(writer, "seq", (int64_t)checkpoint->heads[i].seq);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

/* Members in the order of their names, as RFC 8785 wants them. Without a signature: what is signed. */
static void write_document(struct buf *buf, const struct checkpoint *checkpoint, const uint8_t *signature)
{
	char key[KEY_TEXT], signature_text[SIGNATURE_TEXT];
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	hex_format(checkpoint->public_key, SIGN_PUBLIC_BYTES, key);
	json_member_string(&writer, "public_key", key);
	json_write_name(&writer, "regions");
	write_heads(&writer, checkpoint);
	if (signature != NULL) {
		hex_format(signature, SIGNATURE_BYTES, signature_text);
		json_member_string(&writer, "signature", signature_text);
	}
	json_member_string(&writer, "time", checkpoint->time);
	json_member_string(&writer, "type", CHECKPOINT_TYPE);
	json_write_object_end(&writer);
}

void checkpoint_write(struct buf *buf, const struct checkpoint *checkpoint, const uint8_t secret_key[SIGN_SECRET_BYTES])
{
	uint8_t signature[SIGNATURE_BYTES];
	struct buf signed_text;
	buf_init(&signed_text, CHECKPOINT_BYTES_MAX);
	write_document(&signed_text, checkpoint, NULL);
	ASSERT(buf_ok(&signed_text));
	sign_detached(secret_key, signed_text.at, signed_text.len, signature);
	buf_clear(&signed_text);
	write_document(buf, checkpoint, signature);
	buf_text(buf, "\n");
}

/* ---- reading ---- */

static enum status read_document(struct arena *arena, struct span text, struct checkpoint *checkpoint,
                                 uint8_t signature[SIGNATURE_BYTES], struct fault *fault)
{
	const struct json *json;
	enum status status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &json, fault);
	if (status != STATUS_OK)
		return status;
	const char *type = json_find_string(json, "type");
	const char *key = json_find_string(json, "public_key");
	const char *signature_text = json_find_string(json, "signature");
	checkpoint->time = json_find_string(json, "time");
	if (type == NULL || !text_equal(type, CHECKPOINT_TYPE) || key == NULL || signature_text == NULL ||
	    checkpoint->time == NULL || !instant_is_rfc3339(checkpoint->time) ||
	    !hex_parse(key, checkpoint->public_key, SIGN_PUBLIC_BYTES) ||
	    !hex_parse(signature_text, signature, SIGNATURE_BYTES))
		return fault_set(fault, STATUS_INVALID, "checkpoint", "", -1, "this is no document of type " CHECKPOINT_TYPE);
	return ledger_head_list_read(arena, json_find(json, "regions"), false, &checkpoint->heads, &checkpoint->count, fault);
}

/* The text must be what we would have written, but for the newline at its end. */
static bool is_canonical(struct span text, const struct checkpoint *checkpoint, const uint8_t *signature)
{
	struct buf canonical;
	buf_init(&canonical, CHECKPOINT_BYTES_MAX);
	write_document(&canonical, checkpoint, signature);
	if (text.len == canonical.len + 1 && text.at[text.len - 1] == '\n')
		text.len--;
	bool same = buf_ok(&canonical) && span_equal(text, buf_span(&canonical));
	buf_clear(&canonical);
	return same;
}

static bool is_signed(const struct checkpoint *checkpoint, const uint8_t *signature)
{
	struct buf signed_text;
	buf_init(&signed_text, CHECKPOINT_BYTES_MAX);
	write_document(&signed_text, checkpoint, NULL);
	bool holds = buf_ok(&signed_text) &&
	             sign_verify(checkpoint->public_key, signed_text.at, signed_text.len, signature);
	buf_clear(&signed_text);
	return holds;
}

enum status checkpoint_read(struct arena *arena, struct span text, const uint8_t public_key[SIGN_PUBLIC_BYTES],
                            struct checkpoint *ret_checkpoint, struct fault *fault)
{
	struct checkpoint checkpoint = {0};
	uint8_t signature[SIGNATURE_BYTES];
	enum status status = read_document(arena, text, &checkpoint, signature, fault);
	if (status != STATUS_OK)
		return status;
	if (!is_canonical(text, &checkpoint, signature))
		return fault_set(fault, STATUS_INVALID, "checkpoint", "", -1, "the checkpoint is not written canonically");
	if (memcmp(checkpoint.public_key, public_key, SIGN_PUBLIC_BYTES) != 0)
		return fault_set(fault, STATUS_FORBIDDEN, "checkpoint", "/public_key", -1, "another key signed the checkpoint");
	if (!is_signed(&checkpoint, signature))
		return fault_set(fault, STATUS_FORBIDDEN, "checkpoint", "/signature", -1, "the signature does not hold");
	*ret_checkpoint = checkpoint;
	return STATUS_OK;
}
