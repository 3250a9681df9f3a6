/* cli_doctor: looks at everything a centre, or a region's agent, stands on, and says what to mend.
 *
 * It changes nothing. What each service is set to it asks the program itself (--print-config), as it would be set from its
 * file in --config alone; the rest follows from that: its files, its database, its sockets. */
#include "common/ambient.h"
#include "common/json.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_doctor_keys.h"
#include "services/cli/cli_doctor_program.h"
#include "services/cli/cli_doctor_sockets.h"
#include "services/cli/cli_doctor_store.h"
#include "services/cli/cli_migrate_run.h"
#include "services/cli/cli_output.h"

#include <stdio.h>
#include <unistd.h>

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define DSN_BYTES_MAX   ((size_t)4096)

static const struct cli_option OPTIONS[] = {
	{"config", "DIR", NULL, "/etc/effreg", "folder with SERVICE.json for each service of this machine", "папка с файлами СЛУЖБА.json для служб этой машины"},
	{"key", "FILE", "EFFREG_KEY_FILE", NULL, "your secret key: also try the query socket as yourself", "ваш секретный ключ: проверить и сокет запросов от своего имени"},
	{"server-key", "FILE", "EFFREG_SERVER_KEY_FILE", NULL, "file with the centre's public key", "файл с открытым ключом центра"},
	{"endpoint", "ENDPOINT", "EFFREG_QUERY_ENDPOINT", "tcp://127.0.0.1:5573", "the centre's query socket", "сокет запросов центра"},
	{"json", NULL, NULL, NULL, "print JSON", "вывести JSON"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "doctor",
	.example = "effreg doctor --config /etc/effreg --dsn 'dbname=effreg host=/run/postgresql'",
	.en = "Checks configuration, keys, clock, database, schema, versions and connections of this machine, and says how to mend what is wrong. Changes nothing.",
	.ru = "Проверяет настройки, ключи, часы, базу данных, схему, версии и соединения этой машины и говорит, как исправить найденное. Ничего не меняет.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 nothing failed (there may be warnings), 1 something failed, 2 bad arguments",
	.exits_ru = "0 отказов нет (возможны предупреждения), 1 найдены отказы, 2 неверные аргументы",
};

struct doctor {
	const struct cli_args *args;
	struct arena *arena;
	struct diagnosis *diagnosis;
	struct db *db;                               /* NULL: none, or it cannot be reached */
	const struct json *configs[8];               /* by DOCTOR_SERVICES; NULL = not on this machine, or not to be read */
};

/* ---- Configuration and versions, from the programs */

static const char *error_of(struct arena *arena, struct span output)
{
	const struct json *line;
	size_t len = 0;
	while (len < output.len && output.at[len] != '\n')
		len++;
	const char *error = json_parse(arena, output.at, len, &JSON_LIMITS_DOCUMENT, &line, NULL) == STATUS_OK ? json_find_string(line, "error") : NULL;
	return error != NULL ? error : arena_text(arena, output.at, len);
}

static void look_at_version(struct doctor *doctor, const char *service, const char *program)
{
	static const char *const ARGUMENTS[] = {"--version", NULL};
	const char *expected = arena_printf(doctor->arena, "effreg-%s %s\n", service, EFFREG_VERSION);
	struct span output = {0};
	int exit_code = 0;
	enum status status = program_run(doctor->arena, program, ARGUMENTS, &output, &exit_code);
	if (status == STATUS_OK && exit_code == 0 && text_equal(output.at, expected))
		diagnosis_add(doctor->diagnosis, FINDING_OK, "version", arena_text(doctor->arena, expected, strlen(expected) - 1), NULL);
	else
		diagnosis_add(doctor->diagnosis, FINDING_FAILURE, "version",
		              arena_printf(doctor->arena, cli_text(doctor->diagnosis->lang, "%s is not of version %s", "%s не версии %s"), program, EFFREG_VERSION),
		              cli_text(doctor->diagnosis->lang, "install all programs from one package", "установите все программы из одного пакета"));
}

static void look_at_service(struct doctor *doctor, size_t index)
{
	const char *service = DOCTOR_SERVICES[index];
	const char *file = arena_printf(doctor->arena, "%s/%s.json", cli_args_value(doctor->args, "config"), service);
	const char *program = program_path(doctor->arena, service);
	const char *const arguments[] = {"--print-config", "--config", file, NULL};
	struct span output = {0};
	int exit_code = 0;
	if (access(file, F_OK) != 0 || !program_exists(program))
		return;
	look_at_version(doctor, service, program);
	enum status status = program_run(doctor->arena, program, arguments, &output, &exit_code);
	if (status == STATUS_OK && exit_code == 0)
		status = json_parse(doctor->arena, output.at, output.len, &JSON_LIMITS_DOCUMENT, &doctor->configs[index], NULL);
	if (status != STATUS_OK || exit_code != 0)
		diagnosis_add(doctor->diagnosis, FINDING_FAILURE, "configuration",
		              arena_printf(doctor->arena, "%s: %s", file, status != STATUS_OK ? status_text(status) : error_of(doctor->arena, output)),
		              arena_printf(doctor->arena, cli_text(doctor->diagnosis->lang, "mend the file; effreg-%s --help has every option", "исправьте файл; все параметры: effreg-%s --help"), service));
	else
		diagnosis_add(doctor->diagnosis, FINDING_OK, "configuration", file, NULL);
}

/* What a service of this machine has for an option; NULL when there is no such service, or it has nothing. */
static const char *value_of(const struct doctor *doctor, const char *service, const char *option)
{
	for (size_t i = 0; i < DOCTOR_SERVICES_COUNT; i++) {
		const char *value = text_equal(DOCTOR_SERVICES[i], service) ? json_find_string(doctor->configs[i], option) : NULL;
		if (value != NULL && value[0] != '\0')
			return value;
	}
	return NULL;
}

/* ---- The database */

/* The command's own, or that of the first service which has one. */
static const char *find_dsn(struct doctor *doctor, struct fault *fault)
{
	const char *dsn = cli_args_value(doctor->args, "dsn"), *file = cli_args_value(doctor->args, "dsn-file");
	for (size_t i = 0; dsn == NULL && file == NULL && i < DOCTOR_SERVICES_COUNT; i++) {
		dsn = value_of(doctor, DOCTOR_SERVICES[i], "dsn");
		file = value_of(doctor, DOCTOR_SERVICES[i], "dsn_file");
	}
	if (file == NULL)
		return dsn;
	struct span text;
	return ambient_read_file(doctor->arena, file, DSN_BYTES_MAX, &text, fault) == STATUS_OK ? text.at : NULL;
}

static void connect_database(struct doctor *doctor)
{
	struct fault fault = {.offset = -1};
	enum cli_lang lang = doctor->diagnosis->lang;
	const char *dsn = find_dsn(doctor, &fault);
	enum status status = dsn == NULL ? STATUS_NOT_FOUND : db_connect(dsn, "effreg", &doctor->db, &fault);
	if (status == STATUS_OK)
		return;
	if (dsn == NULL && fault.text[0] == '\0') {
		if (value_of(doctor, "agent", "region") == NULL)
			diagnosis_add(doctor->diagnosis, FINDING_WARNING, "database", cli_text(lang, "no database was named", "база данных не названа"),
			              cli_text(lang, "name it: --dsn, --dsn-file or a service's configuration", "назовите её: --dsn, --dsn-file или настройки службы"));
		return;
	}
	diagnosis_add(doctor->diagnosis, FINDING_FAILURE, "database", arena_text(doctor->arena, fault.text, strlen(fault.text)),
	              status == STATUS_FORBIDDEN ? cli_text(lang, "the services refuse to start on it until that is so", "пока это так, службы на ней не запустятся")
	                                         : cli_text(lang, "is PostgreSQL up, the address right, the password that of the role (effreg migrate --role-passwords)?",
	                                                    "запущен ли PostgreSQL, верен ли адрес, тот ли пароль у роли (effreg migrate --role-passwords)?"));
}

static void look_at_schema(struct doctor *doctor)
{
	struct migrate_plan plan;
	if (migrate_load_plan(doctor->db, doctor->arena, &plan) == STATUS_OK)
		doctor_judge_migrations(doctor->diagnosis, plan.all, plan.count);
	else
		diagnosis_add(doctor->diagnosis, FINDING_WARNING, "schema", arena_text(doctor->arena, db_error(doctor->db), strlen(db_error(doctor->db))),
		              cli_text(doctor->diagnosis->lang, "ask as effreg_ops or the owner of the database", "спросите от имени effreg_ops или владельца базы"));
}

/* Where metrics runs: it reads the bytes of archived events from there. */
static void look_at_log_archive(struct doctor *doctor)
{
	struct fault fault = {.offset = -1};
	enum cli_lang lang = doctor->diagnosis->lang;
	const char *dir = value_of(doctor, "metrics", "log_archive");
	if (value_of(doctor, "metrics", "stream_endpoint") == NULL)
		return;
	struct archive *archive = archive_new(dir);
	enum status status = archive_check(archive, doctor->db, &fault);
	if (status == STATUS_OK && dir != NULL)
		diagnosis_add(doctor->diagnosis, FINDING_OK, "database", cli_text(lang, "the files of the log archive are all there", "файлы вынесенных журналов на месте"), NULL);
	else if (fault.text[0] != '\0')
		diagnosis_add(doctor->diagnosis, FINDING_FAILURE, "database", arena_text(doctor->arena, fault.text, strlen(fault.text)),
		              cli_text(lang, "metrics goes no further with these regions until its log_archive has them; effreg log verify DIR checks copies",
		                       "metrics не продвинется по этим регионам, пока их нет в её log_archive; копии проверяет effreg log verify DIR"));
	archive_destroy(&archive);
}

static void look_at_database(struct doctor *doctor)
{
	struct doctor_server server;
	connect_database(doctor);
	if (doctor->db == NULL)
		return;
	if (doctor_store_load_server(doctor->db, doctor->arena, &server) == STATUS_OK) {
		doctor_judge_server(doctor->diagnosis, &server);
		doctor_judge_clock(doctor->diagnosis, &server);
	} else {
		diagnosis_add(doctor->diagnosis, FINDING_FAILURE, "database", arena_text(doctor->arena, db_error(doctor->db), strlen(db_error(doctor->db))), NULL);
	}
	look_at_schema(doctor);
	look_at_log_archive(doctor);
}

/* ---- Keys and sockets */

/* Several services have the centre's keys: each file is looked at once for what it is. */
static bool is_seen(const struct doctor *doctor, size_t index, const char *path)
{
	for (size_t i = 0; i < index; i++) {
		const struct doctor_file *file = &DOCTOR_FILES[i];
		const char *other = file->kind == DOCTOR_FILES[index].kind ? value_of(doctor, file->service, file->option) : NULL;
		if (other != NULL && text_equal(other, path))
			return true;
	}
	return false;
}

static void look_at_files(struct doctor *doctor)
{
	for (size_t i = 0; i < DOCTOR_FILES_COUNT; i++) {
		const struct doctor_file *file = &DOCTOR_FILES[i];
		const char *path = value_of(doctor, file->service, file->option);
		if (path != NULL && !is_seen(doctor, i, path))
			doctor_look_at_file(doctor->diagnosis, doctor->db, path, file->kind, file->role);
	}
	const char *key = cli_args_value(doctor->args, "key"), *server_key = cli_args_value(doctor->args, "server-key");
	if (key != NULL)
		doctor_look_at_file(doctor->diagnosis, doctor->db, key, DOCTOR_CURVE_SECRET, NULL);
	if (server_key != NULL)
		doctor_look_at_file(doctor->diagnosis, doctor->db, server_key, DOCTOR_CURVE_PUBLIC, NULL);
}

static void call_everybody(struct doctor *doctor)
{
	for (size_t i = 0; i < DOCTOR_SOCKETS_COUNT; i++) {
		const struct doctor_socket *socket = &DOCTOR_SOCKETS[i];
		struct doctor_call call = {.who = socket->service, .endpoint = value_of(doctor, socket->service, socket->endpoint),
		                           .server_key_file = value_of(doctor, socket->service, socket->server_key),
		                           .key_file = value_of(doctor, socket->service, socket->key), .subscribes = socket->subscribes};
		if (call.endpoint != NULL && call.server_key_file != NULL && call.key_file != NULL)
			doctor_call(doctor->diagnosis, &call);
	}
	struct doctor_call own = {.who = "effreg", .endpoint = cli_args_value(doctor->args, "endpoint"), .server_key_file = cli_args_value(doctor->args, "server-key"),
	                          .key_file = cli_args_value(doctor->args, "key")};
	if (own.server_key_file != NULL && own.key_file != NULL)
		doctor_call(doctor->diagnosis, &own);
}

/* ---- Printing */

static void print_text(const struct diagnosis *diagnosis)
{
	static const char *const SIGNS[] = {[FINDING_OK] = "✓", [FINDING_WARNING] = "!", [FINDING_FAILURE] = "✗"};
	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];
		printf("%s ", SIGNS[finding->state]);
		cli_output_padded(diagnosis_area(diagnosis, finding->area), 15);
		printf("%s\n", finding->text);
		if (finding->mend != NULL)
			printf("%17s→ %s\n", "", finding->mend);
	}
	printf(cli_text(diagnosis->lang, "%zu failures, %zu warnings\n", "отказов: %zu, предупреждений: %zu\n"), diagnosis->failures, diagnosis->warnings);
}

static void print_json(const struct diagnosis *diagnosis)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, JSON_LIMITS_DOCUMENT.bytes_max);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	json_member_bool(&writer, "ok", diagnosis->failures == 0);
	json_member_integer(&writer, "failures", (int64_t)diagnosis->failures);
	json_member_integer(&writer, "warnings", (int64_t)diagnosis->warnings);
	json_write_name(&writer, "findings");
	json_write_array(&writer);
	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];
		json_write_object(&writer);
		json_member_string(&writer, "area", finding->area);
		json_member_string(&writer, "state", finding_state_name(finding->state));
		json_member_string(&writer, "text", finding->text);
		json_member_string(&writer, "mend", finding->mend);
		json_write_object_end(&writer);
	}
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	printf("%.*s\n", (int)text.len, text.at);
	buf_clear(&text);
}

int cli_doctor(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	static struct diagnosis diagnosis;
	struct doctor doctor = {.args = &args, .diagnosis = &diagnosis};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	doctor.arena = arena_new(ARENA_BYTES_MAX);
	diagnosis_init(&diagnosis, doctor.arena, args.lang);
	for (size_t i = 0; i < DOCTOR_SERVICES_COUNT; i++)
		look_at_service(&doctor, i);
	look_at_database(&doctor);
	look_at_files(&doctor);
	call_everybody(&doctor);
	cli_args_flag(&args, "json") ? print_json(&diagnosis) : print_text(&diagnosis);
	db_disconnect(&doctor.db);
	arena_destroy(&doctor.arena);
	return diagnosis.failures > 0 ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
}
