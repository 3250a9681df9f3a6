/* cli_keys: key pairs and their roles. */
#include "common/ambient.h"
#include "common/bus.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

static const struct cli_command NEW_COMMAND = {
	.name = "keys new",
	.example = "effreg keys new ru-vor.key",
	.en = "Makes a CURVE key pair: the secret key in FILE (mode 0600), the public key in FILE.pub and on stdout.",
	.ru = "Создаёт пару ключей CURVE: секретный ключ в FILE (права 0600), открытый — в FILE.pub и на stdout.",
	.arguments = "FILE",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 made, 1 cannot write, 2 bad arguments",
	.exits_ru = "0 создано, 1 нельзя записать, 2 неверные аргументы",
};

static enum status write_key(const char *path, const char *key, unsigned mode, struct fault *fault)
{
	char line[BUS_KEY_TEXT + 1];
	snprintf(line, sizeof line, "%s\n", key);
	return ambient_write_file(path, span_of_text(line), mode, fault);
}

int cli_keys_new(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct bus_keypair keypair;
	struct fault fault = {.offset = -1};
	char public_path[4096];
	int exit_code;
	if (!cli_args_parse(&NEW_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	snprintf(public_path, sizeof public_path, "%s.pub", args.arguments[0]);
	bus_keypair_new(&keypair);
	enum status status = write_key(args.arguments[0], keypair.secret_key, 0600, &fault);
	if (status == STATUS_OK)
		status = write_key(public_path, keypair.public_key, 0644, &fault);
	if (status != STATUS_OK) {
		cli_output_fault(&args, &fault);
		return CLI_EXIT_NEGATIVE;
	}
	printf("%s\n", keypair.public_key);
	return CLI_EXIT_OK;
}

static const struct cli_option ADD_OPTIONS[] = {
	{"role", "ROLE", NULL, NULL, "region, gateway, coordinator, reader or service", "region, gateway, coordinator, reader или service"},
	{"region", "CODE", NULL, NULL, "the region a key of role region is: OKTMO or ISO code", "регион ключа с ролью region: ОКТМО или код ISO"},
	{"public", "KEY", NULL, NULL, "the public key", "открытый ключ"},
	{"public-file", "FILE", NULL, NULL, "file with the public key", "файл с открытым ключом"},
	{"note", "TEXT", NULL, "", "who holds the key", "кому принадлежит ключ"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command ADD_COMMAND = {
	.name = "keys add",
	.example = "effreg keys add --role region --region RU-VOR --public-file ru-vor.key.pub",
	.en = "Lets the holder of a key in, with the rights of a role. Adding the same key again changes nothing.",
	.ru = "Допускает владельца ключа с правами роли. Повторное добавление того же ключа ничего не меняет.",
	.options = ADD_OPTIONS,
	.options_count = ARRAY_COUNT(ADD_OPTIONS),
	.exits_en = "0 added, 1 refused, 2 bad arguments, 4 no database",
	.exits_ru = "0 добавлен, 1 отказано, 2 неверные аргументы, 4 нет базы данных",
};

static enum status find_public_key(const struct cli_args *args, char key[BUS_KEY_TEXT], struct fault *fault)
{
	const char *file = cli_args_value(args, "public-file");
	const char *text = cli_args_value(args, "public");
	if (file != NULL)
		return bus_read_key(file, key, fault);
	if (text == NULL || strlen(text) != BUS_KEY_TEXT - 1)
		return fault_set(fault, STATUS_INVALID, "key", "", -1, "give the public key (40 characters) by --public or --public-file");
	memcpy(key, text, BUS_KEY_TEXT);
	return STATUS_OK;
}

static enum status add_key(struct db *db, const char *key, const char *role, const char *region, const char *note)
{
	static const char SQL[] =
		"INSERT INTO effreg.client_key (public_key, role, region_id, note)"
		" VALUES ($1, $2, (SELECT region_id FROM effreg.region WHERE region_id = $3 OR iso = pg_catalog.upper($3)), $4)"
		" ON CONFLICT (public_key) DO NOTHING";
	const struct db_param params[] = {db_text(key), db_text(role), db_text(region), db_text(note)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

int cli_keys_add(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct fault fault = {.offset = -1};
	char key[BUS_KEY_TEXT];
	struct db *db;
	int exit_code;
	if (!cli_args_parse(&ADD_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *role = cli_args_required(&args, "role");
	if (role == NULL)
		return CLI_EXIT_USAGE;
	if (find_public_key(&args, key, &fault) != STATUS_OK) {
		cli_output_fault(&args, &fault);
		return CLI_EXIT_USAGE;
	}
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	enum status status = add_key(db, key, role, cli_args_value(&args, "region"), cli_args_value(&args, "note"));
	if (status != STATUS_OK)
		cli_output_error(&args, "%s", db_error(db));
	db_disconnect(&db);
	return status == STATUS_OK ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}
