/* cli_log_checkpoint: log checkpoint: the heads of all logs, signed. */
#include "common/ambient.h"
#include "common/ledger_checkpoint.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_signing.h"

#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"sign-key", "FILE", NULL, NULL, "secret key of keys new --signing", "секретный ключ от keys new --signing"},
	{"out", "FILE", NULL, NULL, "where to write", "куда записать"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "log checkpoint",
	.example = "effreg log checkpoint --sign-key checkpoint.key --out checkpoint.json",
	.en = "Signs how far each region's log has come and its hash there. Published elsewhere, it shows every later change of the past:\n"
	      "log verify --checkpoint. Take it before an export that it is to be held against.",
	.ru = "Подписывает, до какого события дошёл журнал каждого региона и каков его хеш. Опубликованная в другом месте, контрольная\n"
	      "точка выдаёт любое изменение прошлого: log verify --checkpoint. Берётся до выгрузки, которую по ней проверяют.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 written, 1 cannot write, 2 bad arguments or unreadable key, 4 no database",
	.exits_ru = "0 записано, 1 нельзя записать, 2 неверные аргументы или ключ не читается, 4 нет базы данных",
};

static enum status write_checkpoint(const struct signing_key *key, const struct ledger_head *heads, size_t count,
                                    const char *path, struct fault *fault)
{
	char time_text[INSTANT_TEXT_SIZE];
	struct checkpoint checkpoint = {.time = time_text, .heads = heads, .count = count};
	struct buf text;
	instant_format(ambient_now_us(), time_text);
	memcpy(checkpoint.public_key, key->public_key, SIGN_PUBLIC_BYTES);
	buf_init(&text, CHECKPOINT_BYTES_MAX);
	checkpoint_write(&text, &checkpoint, key->secret_key);
	enum status status = buf_ok(&text) ? ambient_write_file(path, buf_span(&text), 0644, fault)
	                                   : fault_set(fault, STATUS_TOO_LARGE, "checkpoint", "", -1, "too many regions");
	buf_clear(&text);
	return status;
}

/* An empty log has nothing to be witnessed. */
static size_t drop_empty(struct ledger_head *heads, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (heads[i].seq > 0)
			heads[kept++] = heads[i];
	}
	return kept;
}

static int checkpoint(const struct cli_args *args, struct db *db, const struct signing_key *key, const char *path)
{
	struct fault fault = {.offset = -1};
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct ledger_head *heads;
	size_t count;
	int exit_code = CLI_EXIT_OK;
	if (cli_log_store_load_heads(db, arena, NULL, &heads, &count) != STATUS_OK) {
		cli_output_error(args, "%s", db_error(db));
		arena_destroy(&arena);
		return CLI_EXIT_UNREACHABLE;
	}
	count = drop_empty(heads, count);
	if (write_checkpoint(key, heads, count, path, &fault) != STATUS_OK) {
		cli_output_fault(args, &fault);
		exit_code = CLI_EXIT_NEGATIVE;
	} else {
		fprintf(stderr, cli_text(args->lang, "%zu regions signed\n", "подписано регионов: %zu\n"), count);
	}
	arena_destroy(&arena);
	return exit_code;
}

int cli_log_checkpoint(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct fault fault = {.offset = -1};
	struct signing_key key;
	struct db *db;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *key_file = cli_args_required(&args, "sign-key");
	const char *path = key_file == NULL ? NULL : cli_args_required(&args, "out");
	if (path == NULL)
		return CLI_EXIT_USAGE;
	if (signing_key_read(key_file, &key, &fault) != STATUS_OK) {
		cli_output_fault(&args, &fault);
		return CLI_EXIT_USAGE;
	}
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	exit_code = checkpoint(&args, db, &key, path);
	db_disconnect(&db);
	return exit_code;
}
