/* cli_migrate: numbered migrations, embedded at build: what was applied, and bringing a database up to date. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_migrate_load.h"
#include "services/cli/cli_migrate_run.h"
#include "services/cli/cli_migrate_store.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const struct cli_option UP_OPTIONS[] = {
	{"dry-run", NULL, NULL, NULL, "try what is due in one transaction and roll it back; it locks what the migrations lock until then",
	 "выполнить недостающее в одной транзакции и откатить; до отката держит те же блокировки"},
	{"citus", NULL, NULL, NULL, "then distribute the schema over the workers of Citus (deploy/citus)", "затем распределить схему по узлам Citus (deploy/citus)"},
	{"role-passwords", "DIR", NULL, NULL, "set each role's password from the file of its name in DIR", "задать пароль каждой роли из одноимённого файла в DIR"},
	CLI_DSN_OPTIONS,
};

#define UP_TEXTS \
	.en = "Brings the database's schema up to date and loads the registry of regions. Run again, it changes nothing.", \
	.ru = "Обновляет схему базы данных и загружает реестр регионов. Повторный запуск ничего не меняет.", \
	.options = UP_OPTIONS, .options_count = ARRAY_COUNT(UP_OPTIONS), \
	.exits_en = "0 up to date, 1 refused, 2 bad arguments, 4 no database, " \
	            "5 the database is newer than this program and lacks nothing: its schema stays, passwords are set", \
	.exits_ru = "0 схема обновлена, 1 отказано, 2 неверные аргументы, 4 нет базы данных, " \
	            "5 база новее этой программы, и всё нужное в ней есть: схема не тронута, пароли заданы"

static const struct cli_command COMMAND = {
	.name = "migrate",
	.example = "effreg migrate --dsn 'dbname=effreg host=/run/postgresql'",
	UP_TEXTS,
};

static const struct cli_command COMMAND_UP = {
	.name = "migrate up",
	.example = "effreg migrate up --dry-run --dsn 'dbname=effreg host=/run/postgresql'",
	UP_TEXTS,
};

static const struct cli_option STATUS_OPTIONS[] = {
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND_STATUS = {
	.name = "migrate status",
	.example = "effreg migrate status --dsn 'dbname=effreg host=/run/postgresql'",
	.en = "Shows which migrations were applied, which are due, and whether one was edited or is missing. Changes nothing.",
	.ru = "Показывает применённые и недостающие миграции, а также изменённые и пропавшие. Ничего не меняет.",
	.options = STATUS_OPTIONS,
	.options_count = ARRAY_COUNT(STATUS_OPTIONS),
	.exits_en = "0 up to date, 1 something is due, edited, missing or newer, 2 bad arguments, 4 no database",
	.exits_ru = "0 схема обновлена, 1 есть недостающие, изменённые, пропавшие или более новые, 2 неверные аргументы, 4 нет базы данных",
};

/* ---- up ---- */

/* Before anything is changed. */
static enum status check_citus(const struct cli_args *args, struct db *db)
{
	bool there;
	enum status status = migrate_store_has_citus(db, &there);
	if (status != STATUS_OK)
		cli_output_error(args, "%s", db_error(db));
	if (status != STATUS_OK || there)
		return status;
	cli_output_error(args, "%s", cli_text(args->lang,
	                 "this database is not one of Citus: install Citus on every node and run CREATE EXTENSION citus here, or leave --citus out",
	                 "эта база не под Citus: установите Citus на все узлы и выполните здесь CREATE EXTENSION citus, либо уберите --citus"));
	return STATUS_INVALID;
}

/* UNSUPPORTED: the database is newer; its registry is too, but the roles have the passwords they are given. */
static enum status bring_up(const struct cli_args *args, struct db *db, struct arena *arena)
{
	bool citus = cli_args_flag(args, "citus");
	enum status status = citus ? check_citus(args, db) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	status = migrate_store_lock(db);
	if (status != STATUS_OK) {
		cli_output_error(args, "%s", db_error(db));
		return status;
	}
	if (cli_args_flag(args, "dry-run"))
		return migrate_try(args, db, arena);
	status = migrate_run(args, db, arena);
	if (status == STATUS_OK && citus)
		status = migrate_distribute(args, db);
	if (status == STATUS_OK)
		status = migrate_load_registry(args, db, arena);
	if (status != STATUS_OK && status != STATUS_UNSUPPORTED)
		return status;
	enum status set = migrate_set_passwords(args, db, arena);
	return set == STATUS_OK ? status : set;
}

static int run_up(const struct cli_command *command, int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct db *db;
	int exit_code;
	if (!cli_args_parse(command, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = bring_up(&args, db, arena);
	arena_destroy(&arena);
	db_disconnect(&db);
	return status == STATUS_OK ? CLI_EXIT_OK : status == STATUS_UNSUPPORTED ? CLI_EXIT_NEWER : CLI_EXIT_NEGATIVE;
}

int cli_migrate(int argc, char **argv, enum cli_lang lang)
{
	return run_up(&COMMAND, argc, argv, lang);
}

int cli_migrate_up(int argc, char **argv, enum cli_lang lang)
{
	return run_up(&COMMAND_UP, argc, argv, lang);
}

/* ---- status ---- */

static void print_json(const struct migrate_plan *plan)
{
	size_t applied = migration_count(plan->all, plan->count, MIGRATION_APPLIED);
	printf("{\"migrations\":[");
	for (size_t i = 0; i < plan->count; i++) {
		const struct migration *one = &plan->all[i];
		printf("%s{\"name\":\"%s\",\"state\":\"%s\",\"checksum\":\"%s\"", i == 0 ? "" : ",", one->name, migration_state_name(one->state), one->checksum);
		if (one->applied_time != NULL)
			printf(",\"applied_time\":\"%s\"", one->applied_time);
		printf("}");
	}
	printf("],\"due\":%zu,\"up_to_date\":%s}\n", migration_count(plan->all, plan->count, MIGRATION_DUE), applied == plan->count ? "true" : "false");
}

static const char *state_text(enum cli_lang lang, enum migration_state state)
{
	static const char *const RU[] = {
		[MIGRATION_APPLIED] = "применена", [MIGRATION_DUE] = "не применена", [MIGRATION_EDITED] = "изменена",
		[MIGRATION_MISSING] = "пропала",   [MIGRATION_NEWER] = "новее программы",
	};
	return cli_text(lang, migration_state_name(state), RU[state]);
}

static void print_text(const struct cli_args *args, const struct migrate_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct migration *one = &plan->all[i];
		cli_output_padded(one->name, 28);
		printf("  ");
		cli_output_padded(state_text(args->lang, one->state), 16);
		printf("%s\n", one->applied_time == NULL ? "" : one->applied_time);
	}
	const struct migration *obstacle = migration_find_obstacle(plan->all, plan->count);
	size_t due = migration_count(plan->all, plan->count, MIGRATION_DUE);
	if (obstacle != NULL)
		printf("✗ %s: %s\n", obstacle->name,
		       cli_text(args->lang, migration_obstacle_en(obstacle->state), migration_obstacle_ru(obstacle->state)));
	else if (due > 0)
		printf(cli_text(args->lang, "%zu due: effreg migrate up\n", "не применено: %zu; effreg migrate up\n"), due);
	else
		printf("%s\n", cli_text(args->lang, "up to date", "схема обновлена"));
}

int cli_migrate_status(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct db *db;
	struct migrate_plan plan;
	enum cli_format format;
	int exit_code;
	if (!cli_args_parse(&COMMAND_STATUS, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = migrate_load_plan(db, arena, &plan);
	exit_code = CLI_EXIT_UNREACHABLE;
	if (status != STATUS_OK) {
		cli_output_error(&args, "%s", db_error(db));
	} else {
		format == CLI_FORMAT_JSON ? print_json(&plan) : print_text(&args, &plan);
		exit_code = migration_count(plan.all, plan.count, MIGRATION_APPLIED) == plan.count ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
	}
	arena_destroy(&arena);
	db_disconnect(&db);
	return exit_code;
}
