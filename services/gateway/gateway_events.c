#include "services/gateway/gateway_events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

/* ---- Requests ---- */

bool gateway_bearer_read(const char *authorization, char ret_token[TOKEN_TEXT_SIZE])
{
	static const char SCHEME[] = "Bearer ";
	if (authorization == NULL || strncasecmp(authorization, SCHEME, sizeof SCHEME - 1) != 0)
		return false;
	const char *token = authorization + sizeof SCHEME - 1;
	if (!token_is_text(token))
		return false;
	memcpy(ret_token, token, TOKEN_TEXT_SIZE);
	return true;
}

enum status gateway_witness_read(const char *text, uint64_t *ret_seq, struct sha256 *ret_hash, struct fault *fault)
{
	size_t digits = strspn(text, "0123456789");
	if (digits >= 1 && digits <= 15 && text[digits] == ' ' && sha256_parse_hex(text + digits + 1, ret_hash)) {
		*ret_seq = strtoull(text, NULL, 10);
		return STATUS_OK;
	}
	return fault_say(fault, STATUS_INVALID, "bad_witness", "", -1,
	                 "Effreg-Witness is the last_seq that you were told, a blank, and the head that came with it",
	                 "Effreg-Witness — это last_seq из прежнего ответа, пробел и head из того же ответа");
}

/* ---- Errors of a request ---- */

static const struct gateway_error ERRORS[] = {
	{"unauthorized", 401, 0, "send the region's token: Authorization: Bearer effreg_…", "передайте токен региона: Authorization: Bearer effreg_…"},
	{"bad_token", 401, 0, "the token is unknown or revoked: ask the centre for another one", "токен неизвестен или отозван: запросите у центра новый"},
	{"witness_mismatch", 409, 0,
	 "the log is not what you were told: your seq is gone or has another hash; nothing was stored. Keep your events and tell the centre",
	 "журнал не тот, о котором вам сообщали: вашего номера нет или у него другой хеш; ничего не сохранено. Сохраните события и сообщите центру"},
	{"over_rate", 429, 1, "this token sends more at once than it may: nothing was stored, send it again later",
	 "с этим токеном отправляют больше, чем можно: ничего не сохранено, отправьте позже"},
	{"unavailable", 503, 3, "it cannot be said that the events are stored: send the same again later, what is stored is then a duplicate",
	 "нельзя утверждать, что события сохранены: отправьте то же позже, сохранённое вернётся как duplicate"},
	{"unsupported_media_type", 415, 0, NULL, "отправьте application/cloudevents+json, application/cloudevents-batch+json или application/json с атрибутами в заголовках ce-"},
	{"too_many", 413, 0, "a batch has at most 500 events: send several", "в пакете не больше 500 событий: отправьте несколько пакетов"},
	{"too_large", 413, 0, "the events of a batch have at most 262144 bytes together: send several batches",
	 "события одного пакета занимают вместе не больше 262144 байт: отправьте несколько пакетов"},
	{"bad_json", 400, 0, NULL, "пакет — это массив JSON из событий, и каждое из них закрыто"},
	{"bad_witness", 400, 0, NULL, NULL},
	{"bad_source", 400, 0, "a source is 1 to 128 of A-Z a-z 0-9 . _ : / -", "источник — от 1 до 128 знаков A-Z a-z 0-9 . _ : / -"},
};

const struct gateway_error *gateway_error_find(const char *code)
{
	static const struct gateway_error *const UNAVAILABLE = &ERRORS[4];
	for (size_t i = 0; i < ARRAY_COUNT(ERRORS); i++) {
		if (text_equal(ERRORS[i].code, code))
			return &ERRORS[i];
	}
	return UNAVAILABLE;
}

/* ---- Words for a refused event ---- */

struct gateway_words gateway_refusal_words(const char *code)
{
	static const struct {
		const char *code;
		struct gateway_words words;
	} ROWS[] = {
		{"bad_utf8", {"the bytes are not UTF-8: encode the text in UTF-8", "байты не в UTF-8: закодируйте текст в UTF-8"}},
		{"bad_json", {"this is no strict JSON: write it with a strict writer", "это не строгий JSON: запишите событие строгим генератором JSON"}},
		{"duplicate_key", {"a name stands twice in an object: leave one", "имя повторяется в объекте: оставьте одно"}},
		{"too_large", {"an event has at most 64 KiB, 32 levels and 256 names in an object", "событие — не больше 64 КиБ, 32 уровней и 256 имён в объекте"}},
		{"unknown_type", {"there is no such type of event", "такого типа события нет"}},
		{"schema", {"the schema of its type does not allow it, at the pointer", "схема этого типа события не допускает значение в указанном месте"}},
		{"forbidden_region", {"the subject names another region than the token's", "в subject назван не тот регион, которому выдан токен"}},
		{"forbidden_source", {"the token may not write as this source", "токену нельзя писать от имени этого источника"}},
		{"forbidden_type", {"verification.* and dispute.* are the coordinator's", "события verification.* и dispute.* передаёт только координатор"}},
		{"conflict", {"the id is in the log with other bytes: a correction has an id of its own and names this one in supersedes",
		              "событие с этим id уже есть в журнале с другими байтами: у исправления свой id, а это событие называют в supersedes"}},
		{"over_quota", {"the region's bytes of the day are used up: send it again after 00:00 UTC",
		                "суточный объём региона исчерпан: отправьте событие снова после 00:00 UTC"}},
		{"not_a_correction_target", {"a correction names itself, or a type that is never corrected",
		                             "исправление называет само себя или событие, которое не исправляют"}},
	};
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		if (text_equal(ROWS[i].code, code))
			return ROWS[i].words;
	}
	return (struct gateway_words){"the event was refused", "событие отвергнуто"};
}

/* ---- Receipts ---- */

unsigned gateway_receipt_http(const struct push_message *ack)
{
	unsigned http = 200;
	for (size_t i = 0; i < ack->count; i++) {
		if (ack->results[i].outcome != PUSH_REJECTED)
			continue;
		if (text_equal(ack->results[i].code, "over_quota"))
			return 429;
		http = 422;
	}
	return http;
}

unsigned gateway_quota_retry_s(int64_t now_us)
{
	int64_t day_s = 86400, second = now_us / 1000000 % day_s;
	return (unsigned)(day_s - second);
}

static void write_result(struct json_writer *writer, const struct push_result *result, const struct gateway_words *words)
{
	json_write_object(writer);
	if (result->outcome == PUSH_STORED) {
		json_member_integer(writer, "stored", (int64_t)result->seq);
	} else if (result->outcome == PUSH_DUPLICATE) {
		json_member_integer(writer, "duplicate", (int64_t)result->seq);
	} else {
		json_member_string(writer, "rejected", result->code);
		json_member_string(writer, "pointer", result->pointer == NULL ? "" : result->pointer);
		if (result->offset >= 0)
			json_member_integer(writer, "offset", result->offset);
		json_member_string(writer, "text", result->text == NULL ? words->en : result->text);
		json_member_string(writer, "text_ru", words->ru);
	}
	json_write_object_end(writer);
}

void gateway_receipt_write(struct buf *buf, const struct push_message *ack, const struct gateway_words *words)
{
	struct json_writer writer;
	char hex[SHA256_HEX_SIZE];
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_write_name(&writer, "results");
	json_write_array(&writer);
	for (size_t i = 0; i < ack->count; i++)
		write_result(&writer, &ack->results[i], &words[i]);
	json_write_array_end(&writer);
	json_member_integer(&writer, "last_seq", (int64_t)ack->last_seq);
	sha256_hex(&ack->head, hex);
	json_member_string(&writer, "head", hex);
	json_write_object_end(&writer);
	buf_text(buf, "\n");
}

void gateway_log_write(struct buf *buf, const struct push_message *log, bool names_source)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	push_write_log(&writer, log);
	if (names_source)
		json_member_integer(&writer, "source_sequence", (int64_t)log->source_sequence);
	json_write_object_end(&writer);
	buf_text(buf, "\n");
}

void gateway_trouble_write(struct buf *buf, const char *code, const struct gateway_words *words, const struct push_message *log)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_write_name(&writer, "error");
	json_write_object(&writer);
	json_member_string(&writer, "code", code);
	json_member_string(&writer, "text", words->en);
	json_member_string(&writer, "text_ru", words->ru);
	json_write_object_end(&writer);
	if (log != NULL) {
		json_write_name(&writer, "log");
		json_write_object(&writer);
		push_write_log(&writer, log);
		json_write_object_end(&writer);
	}
	json_write_object_end(&writer);
	buf_text(buf, "\n");
}
