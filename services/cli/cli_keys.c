/* cli_keys: keys new and keys add: key pairs, and letting their holders in. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_keys_session.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_signing.h"

#include <stdio.h>

/* ---- new ---- */

static const struct cli_option NEW_OPTIONS[] = {
	{"signing", NULL, NULL, NULL, "an Ed25519 key that signs checkpoints, not a CURVE key",
	 "ключ Ed25519 для подписи контрольных точек, а не ключ CURVE"},
};

static const struct cli_command NEW_COMMAND = {
	.name = "keys new",
	.example = "effreg keys new ru-vor.key",
	.en = "Makes a key pair: the secret key in FILE (mode 0600), the public key in FILE.pub and on stdout.",
	.ru = "Создаёт пару ключей: секретный ключ в FILE (права 0600), открытый — в FILE.pub и на stdout.",
	.options = NEW_OPTIONS,
	.options_count = ARRAY_COUNT(NEW_OPTIONS),
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

static enum status new_curve_key(const char *path, struct fault *fault)
{
	struct bus_keypair keypair;
	char public_path[4096];
	if ((size_t)snprintf(public_path, sizeof public_path, "%s.pub", path) >= sizeof public_path)
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "the name of the file is too long");
	bus_keypair_new(&keypair);
	enum status status = write_key(path, keypair.secret_key, 0600, fault);
	if (status == STATUS_OK)
		status = write_key(public_path, keypair.public_key, 0644, fault);
	if (status == STATUS_OK)
		printf("%s\n", keypair.public_key);
	return status;
}

static enum status new_signing_key(const char *path, struct fault *fault)
{
	struct signing_key key;
	char text[2 * SIGN_PUBLIC_BYTES + 1];
	enum status status = signing_key_new(path, &key, fault);
	if (status != STATUS_OK)
		return status;
	hex_format(key.public_key, SIGN_PUBLIC_BYTES, text);
	printf("%s\n", text);
	return STATUS_OK;
}

int cli_keys_new(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct fault fault = {.offset = -1};
	int exit_code;
	if (!cli_args_parse(&NEW_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	enum status status = cli_args_flag(&args, "signing") ? new_signing_key(args.arguments[0], &fault)
	                                                     : new_curve_key(args.arguments[0], &fault);
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	cli_output_fault(&args, &fault);
	return CLI_EXIT_NEGATIVE;
}

/* ---- add ---- */

static const struct cli_option ADD_OPTIONS[] = {
	{"role", "ROLE", NULL, NULL, "region, gateway, bearer, coordinator, reader or service", "region, gateway, bearer, coordinator, reader или service"},
	{"region", "CODE", NULL, NULL, "the region a key of role region is: OKTMO or ISO code", "регион ключа с ролью region: ОКТМО или код ISO"},
	{"source", "SOURCE", NULL, NULL, "a source the key may write as, or several with commas; may be repeated; any when absent",
	 "источник, от имени которого ключ может писать; несколько — через запятую или повтором; без параметра — любой"},
	{"public", "KEY", NULL, NULL, "the public key", "открытый ключ"},
	{"public-file", "FILE", NULL, NULL, "file with the public key", "файл с открытым ключом"},
	{"note", "TEXT", NULL, "", "who holds the key; no personal names", "кому принадлежит ключ; без имён людей"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command ADD_COMMAND = {
	.name = "keys add",
	.example = "effreg keys add --role region --region RU-VOR --public-file ru-vor.key.pub",
	.en = "Lets the holder of a key in, with the rights of a role. Adding the same key again changes nothing; with other rights it\n"
	      "is refused.",
	.ru = "Допускает владельца ключа с правами роли. Повторное добавление того же ключа ничего не меняет, а с другими правами\n"
	      "отклоняется.",
	.options = ADD_OPTIONS,
	.options_count = ARRAY_COUNT(ADD_OPTIONS),
	.exits_en = "0 added or there already, 1 refused, 2 bad arguments, 4 no database",
	.exits_ru = "0 добавлен или уже был, 1 отказано, 2 неверные аргументы, 4 нет базы данных",
};

/* What does not need the database to be wrong. */
static bool check_role(const struct cli_args *args, const char *role)
{
	const char *region = cli_args_value(args, "region");
	if (!key_role_is_known(role))
		cli_output_error(args, cli_text(args->lang, "there is no role %s: region, gateway, bearer, coordinator, reader or service",
		                                "нет роли %s: region, gateway, bearer, coordinator, reader или service"), role);
	else if (text_equal(role, "region") && region == NULL)
		cli_output_error(args, "%s", cli_text(args->lang, "a key of role region needs --region",
		                                      "ключу с ролью region нужен --region"));
	else if (!text_equal(role, "region") && region != NULL)
		cli_output_error(args, "%s", cli_text(args->lang, "only a key of role region has a --region",
		                                      "--region есть только у ключа с ролью region"));
	else if (!key_role_writes(role) && cli_args_value(args, "source") != NULL)
		cli_output_error(args, "%s", cli_text(args->lang, "only keys of the roles region and gateway write as a --source",
		                                      "--source есть только у ключей с ролью region или gateway"));
	else
		return true;
	return false;
}

static enum status find_region(struct keys_session *session, const char **ret_region)
{
	const char *code = cli_args_value(session->args, "region");
	*ret_region = NULL;
	if (code == NULL)
		return STATUS_OK;
	enum status status = cli_keys_store_find_region(session->db, session->arena, code, ret_region);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&session->fault, status, "region", "", -1,
		                 cli_text(session->args->lang, "there is no region %s", "нет региона %s"), code);
	return status;
}

static enum status find_sources(struct keys_session *session, const char **ret_sources)
{
	const char *lists[CLI_GIVEN_MAX];
	size_t count = cli_args_values(session->args, "source", lists);
	*ret_sources = NULL;
	return count == 0 ? STATUS_OK : key_sources_join(session->arena, lists, count, ret_sources, &session->fault);
}

static enum status add_key(struct keys_session *session, const char *role, const char *key)
{
	struct keys_grant grant = {
		.public_key = key,
		.rights = {.role = role},
		.note = cli_args_value(session->args, "note"),
		.act = "key.added",
	};
	enum status status = find_region(session, &grant.rights.region);
	if (status == STATUS_OK)
		status = find_sources(session, &grant.rights.sources);
	return status == STATUS_OK ? keys_session_grant(session, &grant) : status;
}

int cli_keys_add(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	char key[BUS_KEY_TEXT];
	int exit_code;
	if (!cli_args_parse(&ADD_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *role = cli_args_required(&args, "role");
	if (role == NULL || !check_role(&args, role) || !keys_session_read_key(&args, "public", "public-file", key))
		return CLI_EXIT_USAGE;
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	return keys_session_close(&session, add_key(&session, role, key));
}
