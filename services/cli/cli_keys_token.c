/* cli_keys_token: keys token new, list and revoke: the bearer tokens by which regions write over HTTPS.
 *
 * The token is written into a file once, or printed once; the database has only its digest, by which it is named from then on. */
#include "common/ambient.h"
#include "common/token_file.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_keys_session.h"
#include "services/cli/cli_keys_token_store.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define DIGEST_PREFIX_MIN 8
#define LIST_BYTES_MAX    ((size_t)16 * 1024 * 1024)

static enum status find_region(struct keys_session *session, const char **ret_region)
{
	const char *code = cli_args_value(session->args, "region");
	*ret_region = NULL;
	if (code == NULL)
		return STATUS_OK;
	enum status status = cli_keys_store_find_region(session->db, session->arena, code, ret_region);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&session->fault, status, "region", "", -1, cli_text(session->args->lang, "there is no region %s", "нет региона %s"),
		                 code);
	return status;
}

/* ---- new ---- */

static const struct cli_option NEW_OPTIONS[] = {
	{"region", "CODE", NULL, NULL, "the region whose log the token writes: OKTMO or ISO code", "регион, в журнал которого пишет токен: ОКТМО или код ISO"},
	{"source", "SOURCE", NULL, NULL, "a source the token may write as, or several with commas; may be repeated; any when absent",
	 "источник, от имени которого токен может писать; несколько — через запятую или повтором; без параметра — любой"},
	{"out", "FILE", NULL, NULL, "file for the token (mode 0600); without it the token is printed, once",
	 "файл для токена (права 0600); без параметра токен выводится один раз"},
	{"note", "TEXT", NULL, "", "who holds the token; no personal names", "кому принадлежит токен; без имён людей"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command NEW_COMMAND = {
	.name = "keys token new",
	.example = "effreg keys token new --region RU-VOR --out ru-vor.token",
	.en = "Makes a bearer token that writes a region's log by POST /api/v1/events of the gateway. The database keeps its digest only,\n"
	      "which is printed and names the token from now on: a token that was lost is revoked, and a new one made.",
	.ru = "Создаёт токен, по которому пишут в журнал региона через POST /api/v1/events шлюза. В базе хранится только его дайджест:\n"
	      "он выводится и с этого момента называет токен. Потерянный токен отзывают и создают новый.",
	.options = NEW_OPTIONS,
	.options_count = ARRAY_COUNT(NEW_OPTIONS),
	.exits_en = "0 made, 1 refused or the file cannot be written, 2 bad arguments, 4 no database",
	.exits_ru = "0 создан, 1 отказано или нельзя записать файл, 2 неверные аргументы, 4 нет базы данных",
};

static enum status find_sources(struct keys_session *session, const char **ret_sources)
{
	const char *lists[CLI_GIVEN_MAX];
	size_t count = cli_args_values(session->args, "source", lists);
	*ret_sources = NULL;
	return count == 0 ? STATUS_OK : key_sources_join(session->arena, lists, count, ret_sources, &session->fault);
}

/* A file that cannot be written leaves no token behind: the transaction is rolled back. */
static enum status hand_out(struct keys_session *session, const char *token)
{
	const char *path = cli_args_value(session->args, "out");
	if (path == NULL || ambient_write_file(path, span_of_text(arena_printf(session->arena, "%s\n", token)), 0600, &session->fault) == STATUS_OK)
		return STATUS_OK;
	return STATUS_INVALID;  /* it is the argument that is wrong, not the database that is away */
}

static enum status new_token(struct keys_session *session, const char *token, const char *digest_hex)
{
	const struct sha256 digest = token_digest(token);
	const char *region, *sources = NULL;
	enum status status = find_region(session, &region);
	if (status == STATUS_OK)
		status = find_sources(session, &sources);
	if (status == STATUS_OK)
		status = cli_keys_token_store_insert(session->db, &digest, region, sources, cli_args_value(session->args, "note"));
	if (status != STATUS_OK)
		return status;
	keys_session_detail(session);
	json_member_string(&session->writer, "region", region);
	json_member_string(&session->writer, "sources", sources);
	status = keys_session_audit(session, "token.added", digest_hex);
	return status == STATUS_OK ? hand_out(session, token) : status;
}

int cli_keys_token_new(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	uint8_t random[TOKEN_RANDOM_BYTES];
	char token[TOKEN_TEXT_SIZE], digest_hex[SHA256_HEX_SIZE];
	int exit_code;
	if (!cli_args_parse(&NEW_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (cli_args_required(&args, "region") == NULL)
		return CLI_EXIT_USAGE;
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	ambient_random(random, sizeof random);
	token_format(random, token);
	const struct sha256 digest = token_digest(token);
	sha256_hex(&digest, digest_hex);
	exit_code = keys_session_close(&session, new_token(&session, token, digest_hex));
	if (exit_code != CLI_EXIT_OK)
		return exit_code;
	if (cli_args_value(&args, "out") == NULL)
		printf("%s\n", token);
	fprintf(cli_args_value(&args, "out") == NULL ? stderr : stdout, cli_text(lang, "digest: %s\n", "дайджест: %s\n"), digest_hex);
	return CLI_EXIT_OK;
}

/* ---- list ---- */

static const struct cli_option LIST_OPTIONS[] = {
	{"region", "CODE", NULL, NULL, "only of this region: OKTMO or ISO code", "только этого региона: ОКТМО или код ISO"},
	{"format", "text|json", NULL, "text", "how to print the result", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command LIST_COMMAND = {
	.name = "keys token list",
	.example = "effreg keys token list --region RU-VOR",
	.en = "Shows the tokens by their digests, with their rights, oldest first.",
	.ru = "Показывает токены по их дайджестам, с правами, от старых к новым.",
	.options = LIST_OPTIONS,
	.options_count = ARRAY_COUNT(LIST_OPTIONS),
	.exits_en = "0 shown, 1 there is no such region, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 нет такого региона, 2 неверные аргументы, 4 нет базы данных",
};

static enum status print_json(const struct stored_token *tokens, size_t count)
{
	struct buf text;
	struct json_writer writer;
	char created[INSTANT_TEXT_SIZE], revoked[INSTANT_TEXT_SIZE];
	buf_init(&text, LIST_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_array(&writer);
	for (size_t i = 0; i < count; i++) {
		instant_format(tokens[i].created_us, created);
		instant_format(tokens[i].revoked_us, revoked);
		json_write_object(&writer);
		json_member_string(&writer, "digest", tokens[i].digest);
		json_member_string(&writer, "region", tokens[i].region);
		json_member_string(&writer, "sources", tokens[i].sources);
		json_member_string(&writer, "note", tokens[i].note);
		json_member_string(&writer, "created_time", created);
		json_member_string(&writer, "revoked_time", tokens[i].revoked ? revoked : NULL);
		json_write_object_end(&writer);
	}
	json_write_array_end(&writer);
	enum status status = buf_ok(&text) ? STATUS_OK : STATUS_TOO_LARGE;
	if (status == STATUS_OK)
		printf("%s\n", text.at);
	buf_clear(&text);
	return status;
}

static void print_text(enum cli_lang lang, const struct stored_token *tokens, size_t count)
{
	char time_text[INSTANT_TEXT_SIZE];
	for (size_t i = 0; i < count; i++) {
		printf("%s  %s  ", tokens[i].digest, tokens[i].region);
		instant_format(tokens[i].revoked_us, time_text);
		if (tokens[i].revoked)
			printf("%s %s  ", cli_text(lang, "revoked", "отозван"), time_text);
		if (tokens[i].sources != NULL)
			printf("%s: %s  ", cli_text(lang, "only as", "только как"), tokens[i].sources);
		printf("%s\n", tokens[i].note);
	}
}

static enum status list(struct keys_session *session, enum cli_format format)
{
	const char *region;
	struct stored_token *tokens;
	size_t count;
	enum status status = find_region(session, &region);
	if (status == STATUS_OK)
		status = cli_keys_token_store_load(session->db, session->arena, region, &tokens, &count);
	if (status != STATUS_OK)
		return status;
	if (format == CLI_FORMAT_JSON)
		return print_json(tokens, count);
	print_text(session->args->lang, tokens, count);
	return STATUS_OK;
}

int cli_keys_token_list(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	enum cli_format format;
	int exit_code;
	if (!cli_args_parse(&LIST_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	return keys_session_close(&session, list(&session, format));
}

/* ---- revoke ---- */

static const struct cli_option REVOKE_OPTIONS[] = {
	{"digest", "HEX", NULL, NULL, "the token's digest, or its first 8 digits or more", "дайджест токена или его первые 8 и более знаков"},
	{"token-file", "FILE", NULL, NULL, "file with the token itself", "файл с самим токеном"},
	{"reason", "TEXT", NULL, NULL, "why, for the audit; no personal names", "почему — для журнала аудита; без имён людей"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command REVOKE_COMMAND = {
	.name = "keys token revoke",
	.example = "effreg keys token revoke --digest 1f6cbb90 --reason 'lost laptop'",
	.en = "Refuses a token from now on, at every intake from its next batch on, and for ever.",
	.ru = "Отзывает токен: каждый приёмник отклоняет его начиная со следующего пакета, навсегда.",
	.options = REVOKE_OPTIONS,
	.options_count = ARRAY_COUNT(REVOKE_OPTIONS),
	.exits_en = "0 revoked or revoked already, 1 there is no such token, 2 bad arguments, 4 no database",
	.exits_ru = "0 отозван или уже был, 1 нет такого токена, 2 неверные аргументы, 4 нет базы данных",
};

/* The digest, or its beginning, that names the token; false after telling. */
static bool read_digest(const struct cli_args *args, char ret_digest[SHA256_HEX_SIZE])
{
	const char *file = cli_args_value(args, "token-file"), *text = cli_args_value(args, "digest");
	struct fault fault = {.offset = -1};
	char token[TOKEN_TEXT_SIZE];
	if (file == NULL && text != NULL && strlen(text) >= DIGEST_PREFIX_MIN && strlen(text) < SHA256_HEX_SIZE &&
	    strspn(text, "0123456789abcdef") == strlen(text)) {
		snprintf(ret_digest, SHA256_HEX_SIZE, "%s", text);
		return true;
	}
	if (file != NULL && token_read_file(file, token, &fault) == STATUS_OK) {
		const struct sha256 digest = token_digest(token);
		sha256_hex(&digest, ret_digest);
		return true;
	}
	if (file != NULL)
		cli_output_fault(args, &fault);
	else
		cli_output_error(args, cli_text(args->lang, "name the token by --digest (%d hex digits or more) or --token-file",
		                                "укажите токен: --digest (не меньше %d шестнадцатеричных цифр) или --token-file"), DIGEST_PREFIX_MIN);
	return false;
}

static enum status revoke(struct keys_session *session, const char *digest, const char *reason)
{
	struct stored_token stored;
	enum cli_lang lang = session->args->lang;
	enum status status = cli_keys_token_store_find(session->db, session->arena, digest, &stored);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&session->fault, status, "token", "", -1, cli_text(lang, "there is no token %s", "нет токена %s"), digest);
	if (status == STATUS_CONFLICT)
		return fault_set(&session->fault, status, "token", "", -1,
		                 cli_text(lang, "several tokens begin with %s: give more digits", "с %s начинается несколько токенов: укажите больше цифр"), digest);
	if (status != STATUS_OK || stored.revoked)
		return status;
	status = cli_keys_token_store_revoke(session->db, stored.digest);
	if (status != STATUS_OK)
		return status;
	keys_session_detail(session);
	json_member_string(&session->writer, "region", stored.region);
	json_member_string(&session->writer, "reason", reason);
	return keys_session_audit(session, "token.revoked", stored.digest);
}

int cli_keys_token_revoke(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	char digest[SHA256_HEX_SIZE];
	int exit_code;
	if (!cli_args_parse(&REVOKE_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *reason = cli_args_required(&args, "reason");
	if (reason == NULL || !read_digest(&args, digest))
		return CLI_EXIT_USAGE;
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	return keys_session_close(&session, revoke(&session, digest, reason));
}
