/* cli_keys_list: keys list. */
#include "common/ident.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_keys_session.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define LIST_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"region", "CODE", NULL, NULL, "only the keys of this region: OKTMO or ISO code", "только ключи этого региона: ОКТМО или код ISO"},
	{"format", "text|json|csv", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "keys list",
	.example = "effreg keys list --region RU-VOR",
	.en = "Shows every key with its rights, oldest first, the revoked ones too.",
	.ru = "Показывает все ключи с их правами, начиная со старых, в том числе отозванные.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 shown, 1 there is no such region, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 нет такого региона, 2 неверные аргументы, 4 нет базы данных",
};

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

/* "" for a key that was never revoked. */
static const char *revoked_text(const struct stored_key *key, char text[INSTANT_TEXT_SIZE])
{
	text[0] = '\0';
	if (key->revoked)
		instant_format(key->revoked_us, text);
	return text;
}

static void write_sources(struct json_writer *writer, const char *sources)
{
	json_write_array(writer);
	while (*sources != '\0') {
		size_t len = strcspn(sources, ",");
		json_write_span(writer, span_of(sources, len));
		sources += len + (sources[len] == ',');
	}
	json_write_array_end(writer);
}

static void write_key(struct json_writer *writer, const struct stored_key *key)
{
	char time_text[INSTANT_TEXT_SIZE];
	json_write_object(writer);
	json_member_string(writer, "public_key", key->public_key);
	json_member_string(writer, "role", key->rights.role);
	json_member_string(writer, "region", key->rights.region);
	json_write_name(writer, "sources");
	if (key->rights.sources == NULL)
		json_write_null(writer);
	else
		write_sources(writer, key->rights.sources);
	json_member_string(writer, "note", key->note);
	instant_format(key->created_us, time_text);
	json_member_string(writer, "created_time", time_text);
	json_member_string(writer, "revoked_time", key->revoked ? revoked_text(key, time_text) : NULL);
	json_write_object_end(writer);
}

static enum status print_json(const struct stored_key *keys, size_t count)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, LIST_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_array(&writer);
	for (size_t i = 0; i < count; i++)
		write_key(&writer, &keys[i]);
	json_write_array_end(&writer);
	enum status status = buf_ok(&text) ? STATUS_OK : STATUS_TOO_LARGE;
	if (status == STATUS_OK)
		printf("%s\n", text.at);
	buf_clear(&text);
	return status;
}

static void print_csv(const struct stored_key *keys, size_t count)
{
	puts("public_key,role,region,sources,note,created_time,revoked_time");
	for (size_t i = 0; i < count; i++) {
		const struct stored_key *key = &keys[i];
		char created[INSTANT_TEXT_SIZE], revoked[INSTANT_TEXT_SIZE];
		instant_format(key->created_us, created);
		const char *const fields[] = {key->public_key, key->rights.role, or_empty(key->rights.region),
		                              key->rights.sources == NULL ? "*" : key->rights.sources, key->note, created,
		                              revoked_text(key, revoked)};
		for (size_t field = 0; field < ARRAY_COUNT(fields); field++) {
			if (field > 0)
				putchar(',');
			cli_output_csv_field(fields[field]);
		}
		putchar('\n');
	}
}

static void print_text(const struct cli_args *args, const struct stored_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct stored_key *key = &keys[i];
		char time_text[INSTANT_TEXT_SIZE];
		cli_output_padded(key->public_key, 42);
		cli_output_padded(key->rights.role, 13);
		cli_output_padded(or_empty(key->rights.region), 10);
		if (key->revoked)
			printf("%s %s  ", cli_text(args->lang, "revoked", "отозван"), revoked_text(key, time_text));
		if (key->rights.sources != NULL)
			printf("%s: %s  ", cli_text(args->lang, "only as", "только как"), key->rights.sources);
		printf("%s\n", key->note);
	}
}

static enum status list(struct keys_session *session, enum cli_format format)
{
	const char *code = cli_args_value(session->args, "region");
	const char *region = NULL;
	struct stored_key *keys;
	size_t count;
	enum status status =
		code == NULL ? STATUS_OK : cli_keys_store_find_region(session->db, session->arena, code, &region);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&session->fault, status, "region", "", -1,
		                 cli_text(session->args->lang, "there is no region %s", "нет региона %s"), code);
	if (status == STATUS_OK)
		status = cli_keys_store_load(session->db, session->arena, region, &keys, &count);
	if (status != STATUS_OK)
		return status;
	if (format == CLI_FORMAT_JSON)
		return print_json(keys, count);
	if (format == CLI_FORMAT_CSV)
		print_csv(keys, count);
	else
		print_text(session->args, keys, count);
	return STATUS_OK;
}

int cli_keys_list(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	enum cli_format format;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	return keys_session_close(&session, list(&session, format));
}
