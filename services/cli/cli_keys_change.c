/* cli_keys_change: keys rotate and keys revoke: a key is followed by another one, and ended. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_keys_session.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

/* ---- rotate ---- */

static const struct cli_option ROTATE_OPTIONS[] = {
	{"public", "KEY", NULL, NULL, "the public key to be followed", "заменяемый открытый ключ"},
	{"public-file", "FILE", NULL, NULL, "file with it", "файл с ним"},
	{"new", "KEY", NULL, NULL, "the public key that follows", "новый открытый ключ"},
	{"new-file", "FILE", NULL, NULL, "file with it", "файл с ним"},
	{"revoke-old", NULL, NULL, NULL, "revoke the old key at once", "сразу отозвать старый ключ"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command ROTATE_COMMAND = {
	.name = "keys rotate",
	.example = "effreg keys rotate --public-file ru-vor.key.pub --new-file ru-vor-2.key.pub",
	.en = "Gives a new key the role, region, sources and note of an old one. Both are valid until the old one is revoked: at once\n"
	      "with --revoke-old, or by keys revoke when the region has moved over. Says when the old key ends.",
	.ru = "Даёт новому ключу роль, регион, источники и примечание старого. Действуют оба, пока старый не отозван: сразу с\n"
	      "--revoke-old либо командой keys revoke, когда регион перейдёт на новый. Сообщает, когда закончится старый.",
	.options = ROTATE_OPTIONS,
	.options_count = ARRAY_COUNT(ROTATE_OPTIONS),
	.exits_en = "0 done or done already, 1 refused, 2 bad arguments, 4 no database",
	.exits_ru = "0 выполнено или уже было, 1 отказано, 2 неверные аргументы, 4 нет базы данных",
};

static enum status find_stored(struct keys_session *session, const char *key, struct stored_key *ret_stored)
{
	enum status status = cli_keys_store_find(session->db, session->arena, key, ret_stored);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&session->fault, status, "key", "", -1,
		                 cli_text(session->args->lang, "there is no key %s", "нет ключа %s"), key);
	return status;
}

static enum status rotate(struct keys_session *session, const char *old_key, const char *new_key)
{
	struct stored_key old;
	bool revoke_old = cli_args_flag(session->args, "revoke-old");
	enum status status = find_stored(session, old_key, &old);
	if (status != STATUS_OK)
		return status;
	/* Run again after --revoke-old did its work, it finds the old key revoked: only then the new one is there already. */
	const struct keys_grant grant = {
		.public_key = new_key, .rights = old.rights, .note = old.note, .act = "key.rotated", .replaces = old_key};
	struct stored_key follower;
	if (old.revoked && cli_keys_store_find(session->db, session->arena, new_key, &follower) != STATUS_OK)
		return fault_set(&session->fault, STATUS_CONFLICT, "revoked", "", -1, "%s",
		                 cli_text(session->args->lang, "the old key was revoked: add the new one with keys add",
		                          "старый ключ отозван: добавьте новый командой keys add"));
	status = keys_session_grant(session, &grant);
	if (status == STATUS_OK && revoke_old && !old.revoked)
		status = keys_session_revoke(session, old_key, "rotated");
	return status;
}

int cli_keys_rotate(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	char old_key[BUS_KEY_TEXT], new_key[BUS_KEY_TEXT];
	int exit_code;
	if (!cli_args_parse(&ROTATE_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!keys_session_read_key(&args, "public", "public-file", old_key) ||
	    !keys_session_read_key(&args, "new", "new-file", new_key))
		return CLI_EXIT_USAGE;
	if (text_equal(old_key, new_key)) {
		cli_output_error(&args, "%s", cli_text(args.lang, "the new key is the old one", "новый ключ совпадает со старым"));
		return CLI_EXIT_USAGE;
	}
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	exit_code = keys_session_close(&session, rotate(&session, old_key, new_key));
	if (exit_code == CLI_EXIT_OK && cli_args_flag(&args, "revoke-old"))
		printf(cli_text(args.lang, "the old key is revoked: %s\n", "старый ключ отозван: %s\n"), old_key);
	else if (exit_code == CLI_EXIT_OK)
		printf(cli_text(args.lang, "the old key ends with: effreg keys revoke --public '%s' --reason rotated\n",
		                "старый ключ закончится командой: effreg keys revoke --public '%s' --reason rotated\n"), old_key);
	return exit_code;
}

/* ---- revoke ---- */

static const struct cli_option REVOKE_OPTIONS[] = {
	{"public", "KEY", NULL, NULL, "the public key", "открытый ключ"},
	{"public-file", "FILE", NULL, NULL, "file with it", "файл с ним"},
	{"reason", "TEXT", NULL, NULL, "why, for the audit; no personal names", "почему — для журнала аудита; без имён людей"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command REVOKE_COMMAND = {
	.name = "keys revoke",
	.example = "effreg keys revoke --public-file ru-vor.key.pub --reason 'lost laptop'",
	.en = "Refuses a key from now on, at every intake from its next batch on, and for ever: a revoked key cannot be added again.",
	.ru = "Отзывает ключ: каждый приёмник отклоняет его начиная со следующего пакета, навсегда. Добавить его снова нельзя.",
	.options = REVOKE_OPTIONS,
	.options_count = ARRAY_COUNT(REVOKE_OPTIONS),
	.exits_en = "0 revoked or revoked already, 1 there is no such key, 2 bad arguments, 4 no database",
	.exits_ru = "0 отозван или уже был, 1 нет такого ключа, 2 неверные аргументы, 4 нет базы данных",
};

static enum status revoke(struct keys_session *session, const char *key, const char *reason)
{
	struct stored_key stored;
	enum status status = find_stored(session, key, &stored);
	if (status != STATUS_OK || stored.revoked)
		return status;
	return keys_session_revoke(session, key, reason);
}

int cli_keys_revoke(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	char key[BUS_KEY_TEXT];
	int exit_code;
	if (!cli_args_parse(&REVOKE_COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *reason = cli_args_required(&args, "reason");
	if (reason == NULL || !keys_session_read_key(&args, "public", "public-file", key))
		return CLI_EXIT_USAGE;
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	return keys_session_close(&session, revoke(&session, key, reason));
}
