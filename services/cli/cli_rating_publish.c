/* cli_rating_publish: rating publish: waits until the figures reach the cut-off, signs, freezes.
 *
 * The cut-off is the heads of the logs when the command began, so that it ends while events go on flowing. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_document.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"
#include "services/cli/cli_signing.h"
#include "services/ranking/ranking_seal.h"

#include <poll.h>
#include <stdio.h>

#define POLL_MS         100
#define CUTOFF_BYTES_MAX ((size_t)64 * 1024)
#define ATTEMPTS_MAX    5  /* the result may change between preparing and publishing */

static const struct cli_option OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"kind", "KIND", NULL, NULL, "interim or final", "interim или final"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; all regions when absent", "группа сравнения; без параметра — все регионы"},
	{"digest", "HEX", NULL, NULL, "publish only this result_digest", "опубликовать только этот result_digest"},
	{"sign-key", "FILE", "EFFREG_SIGN_KEY_FILE", NULL, "sign with this secret key of keys new --signing", "подписать секретным ключом от keys new --signing"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_QUERY_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "rating publish",
	.example = "effreg rating publish --period 2023 --kind final --sign-key rating.key",
	.en = "Freezes and publishes the rating of a period; needs a coordinator's key. The same result again publishes nothing new, another\n"
	      "one becomes the next revision. What was in the logs when the command began is waited for, up to --timeout.",
	.ru = "Фиксирует и публикует рейтинг за период; нужен ключ координатора. Тот же результат повторно не публикуется, другой становится\n"
	      "следующей редакцией. Ждёт, пока будет учтено всё, что было в журналах на момент запуска, — не дольше --timeout.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 published or unchanged, 1 refused, 2 bad arguments, 4 the centre cannot be reached or refuses the key",
	.exits_ru = "0 опубликован или не изменился, 1 отказано, 2 неверные аргументы, 4 нет связи с центром или ключ не принят",
};

struct publishing {
	const struct cli_args *args;
	struct arena *arena;
	int64_t until_ms;
	bool signs;
	struct signing_key key;
	char public_key[RANKING_SEAL_KEY_SIZE];
	char signature[RANKING_SEAL_SIGNATURE_SIZE];
	const char *cutoff;            /* JSON; NULL before the first answer */
	const char *published_time;    /* of the document that was signed */
};

static void add_common(struct json_writer *writer, const struct publishing *publishing)
{
	static const char *const NAMES[] = {"period", "kind", "cohort", "digest"};
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
		cli_params_add(writer, publishing->args, NAMES[i]);
	if (publishing->cutoff != NULL)
		json_member_raw(writer, "cutoff", span_of_text(publishing->cutoff));
	if (publishing->signs)
		json_member_string(writer, "public_key", publishing->public_key);
}

static enum status keep_cutoff(struct publishing *publishing, const struct json *answer)
{
	const struct json *cutoff = json_find(answer, "cutoff");
	struct buf text;
	buf_init(&text, CUTOFF_BYTES_MAX);
	enum status status = cutoff != NULL ? json_canonical(&text, cutoff) : STATUS_INVALID;
	if (status == STATUS_OK)
		publishing->cutoff = arena_text(publishing->arena, text.at, text.len);
	buf_clear(&text);
	return status;
}

static enum status ask_prepare(struct publishing *publishing, const struct json **ret_answer)
{
	struct buf params;
	struct json_writer writer;
	struct span body;
	struct fault fault;
	cli_params_start(&params, &writer);
	add_common(&writer, publishing);
	json_write_object_end(&writer);
	enum status status =
		cli_query(publishing->args, "rating.prepare", buf_span(&params), publishing->arena, NULL, &body, &fault);
	if (status == STATUS_OK)
		status = json_parse(publishing->arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, ret_answer, NULL);
	if (status == STATUS_OK)
		status = keep_cutoff(publishing, *ret_answer);
	buf_clear(&params);
	return status;
}

/* Signs what would be published, once it can be. */
static enum status prepare(struct publishing *publishing)
{
	enum cli_lang lang = publishing->args->lang;
	const struct json *answer = NULL, *document;
	enum status status;
	while ((status = ask_prepare(publishing, &answer)) == STATUS_OK) {
		document = json_find(answer, "document");
		if (json_is(document, JSON_OBJECT))
			break;
		const char *region = json_find_string(answer, "waits_for");
		if (ambient_monotonic_ms() >= publishing->until_ms) {
			cli_output_error(publishing->args, cli_text(lang, "events of region %s are still being counted",
			                                            "события региона %s ещё учитываются"), region != NULL ? region : "?");
			return STATUS_TIMEOUT;
		}
		cli_output_progress(cli_text(lang, "waiting for region %s", "ожидание региона %s"), region != NULL ? region : "?");
		poll(NULL, 0, POLL_MS);
	}
	cli_output_progress_end();
	if (status != STATUS_OK || !publishing->signs)
		return status;
	publishing->published_time = json_find_string(document, "published_time");
	const char *digest = json_find_string(document, "document_digest");
	/* What is signed is what was sent, not what the centre says it sent. */
	if (digest == NULL || ranking_seal_check(publishing->arena, document, publishing->public_key) != RANKING_SEAL_SIGNATURE) {
		cli_output_error(publishing->args, "%s", cli_text(lang, "the prepared document does not have the digests it names",
		                                                  "дайджесты подготовленного документа не сходятся"));
		return STATUS_INVALID;
	}
	ranking_seal_sign(publishing->key.secret_key, digest, publishing->signature);
	return STATUS_OK;
}

static enum status ask_publish(struct publishing *publishing, bool last_attempt, struct span *ret_body)
{
	struct buf params;
	struct json_writer writer;
	struct fault fault;
	cli_params_start(&params, &writer);
	add_common(&writer, publishing);
	if (publishing->signs) {
		json_member_string(&writer, "signature", publishing->signature);
		json_member_string(&writer, "published_time", publishing->published_time);
	}
	json_write_object_end(&writer);
	enum status status = cli_query(publishing->args, "rating.publish", buf_span(&params), publishing->arena,
	                               last_attempt ? NULL : "bad_signature", ret_body, &fault);
	buf_clear(&params);
	return status != STATUS_OK && text_equal(fault.code, "bad_signature") ? STATUS_RETRY : status;
}

static enum status publish(struct publishing *publishing, struct span *ret_body)
{
	enum status status = STATUS_RETRY;
	for (int attempt = 1; attempt <= ATTEMPTS_MAX && status == STATUS_RETRY; attempt++) {
		status = prepare(publishing);
		if (status == STATUS_OK)
			status = ask_publish(publishing, attempt == ATTEMPTS_MAX, ret_body);
	}
	return status;
}

static void print_published(const struct cli_args *args, struct span body, struct arena *arena)
{
	const struct json *document;
	if (json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &document, NULL) != STATUS_OK) {
		cli_document_print(body);
		return;
	}
	const struct json *unchanged = json_find(document, "unchanged");
	bool is_unchanged = json_is(unchanged, JSON_BOOL) && json_bool(unchanged);
	printf("%s %s, %s %s: %s  %s\n", cli_document_text(document, "period", arena), cli_document_text(document, "kind", arena),
	       cli_text(args->lang, "revision", "редакция"), cli_document_text(document, "revision", arena),
	       is_unchanged ? cli_text(args->lang, "unchanged", "без изменений") : cli_text(args->lang, "published", "опубликован"),
	       cli_document_text(document, "result_digest", arena));
}

static bool read_key(struct publishing *publishing)
{
	struct fault fault = {.offset = -1};
	const char *path = cli_args_value(publishing->args, "sign-key");
	if (path == NULL)
		return true;
	publishing->signs = true;
	if (signing_key_read(path, &publishing->key, &fault) != STATUS_OK) {
		cli_output_fault(publishing->args, &fault);
		return false;
	}
	hex_format(publishing->key.public_key, SIGN_PUBLIC_BYTES, publishing->public_key);
	return true;
}

int cli_rating_publish(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct publishing publishing = {.args = &args};
	enum cli_format format;
	struct span body;
	int64_t timeout_s;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || cli_args_required(&args, "period") == NULL ||
	    cli_args_required(&args, "kind") == NULL || !cli_args_number(&args, "timeout", 1, 3600, &timeout_s) ||
	    !read_key(&publishing))
		return CLI_EXIT_USAGE;
	publishing.until_ms = ambient_monotonic_ms() + timeout_s * 1000;
	publishing.arena = arena_new(CLI_DOCUMENT_ARENA_MAX);
	enum status status = publish(&publishing, &body);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON)
		cli_document_print(body);
	else if (status == STATUS_OK)
		print_published(&args, body, publishing.arena);
	arena_destroy(&publishing.arena);
	return cli_query_exit(status);
}
