/* cli_log_reopen: log reopen: a restore of the logs from an older copy is acknowledged. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_keys_session.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_output.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME_LEN_MAX 500

static const struct cli_option OPTIONS[] = {
	{"name", "TEXT", NULL, NULL, "what was restored, for people; no personal names", "что восстановлено, для людей; без имён"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "log reopen",
	.example = "effreg log reopen --name 'backup of 25 November, 22:00'",
	.en = "Acknowledges that the logs were restored from an older copy, for all regions: opens a new incarnation of them. Until then\n"
	      "every agent that remembers more than the logs hold raises an alarm and sends nothing; now each sends again what the logs\n"
	      "lack. Run it once after each restore, when it is certain that no newer copy will be found.",
	.ru = "Подтверждает для всех регионов, что журналы восстановлены из более старой копии: открывает их новое воплощение. До этого\n"
	      "каждый агент, помнящий больше, чем есть в журналах, поднимает тревогу и ничего не отправляет; теперь каждый отправит\n"
	      "недостающее снова. Выполняется один раз после восстановления, когда ясно, что более новой копии не найдётся.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 1 refused, 2 bad arguments, 4 no database",
	.exits_ru = "0 выполнено, 1 отказано, 2 неверные аргументы, 4 нет базы данных",
};

static enum status reopen(struct keys_session *session, const char *name, int64_t *ret_number)
{
	char number[24];
	enum status status = cli_log_store_open_incarnation(session->db, name, ret_number);
	if (status != STATUS_OK)
		return status;
	snprintf(number, sizeof number, "%" PRId64, *ret_number);
	keys_session_detail(session);
	json_member_string(&session->writer, "name", name);
	return keys_session_audit(session, "log.reopened", number);
}

int cli_log_reopen(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct keys_session session;
	int64_t number = 0;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *name = cli_args_required(&args, "name");
	if (name == NULL)
		return CLI_EXIT_USAGE;
	if (name[0] == '\0' || strlen(name) > NAME_LEN_MAX) {
		cli_output_error(&args, cli_text(lang, "a name has 1 to %d bytes", "имя — от 1 до %d байт"), NAME_LEN_MAX);
		return CLI_EXIT_USAGE;
	}
	if (!keys_session_open(&session, &args, &exit_code))
		return exit_code;
	exit_code = keys_session_close(&session, reopen(&session, name, &number));
	if (exit_code == CLI_EXIT_OK)
		printf("%" PRId64 "\n", number);
	return exit_code;
}
