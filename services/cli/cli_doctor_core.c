#include "services/cli/cli_doctor_core.h"

/* ---- What services have: the options of <x>_main.c; tests/e2e/doctor.sh holds these against --print-config. */

const char *const DOCTOR_SERVICES[] = {"intake", "metrics", "ranking", "notify", "gateway", "agent"};
const size_t DOCTOR_SERVICES_COUNT = ARRAY_COUNT(DOCTOR_SERVICES);

const struct doctor_file DOCTOR_FILES[] = {
	{"intake", "server_key_file", DOCTOR_CURVE_SECRET, NULL},
	{"intake", "dsn_file", DOCTOR_TEXT_SECRET, NULL},
	{"metrics", "server_key_file", DOCTOR_CURVE_SECRET, NULL},
	{"metrics", "key_file", DOCTOR_CURVE_SECRET, "service"},
	{"metrics", "stream_server_key_file", DOCTOR_CURVE_PUBLIC, NULL},
	{"metrics", "dsn_file", DOCTOR_TEXT_SECRET, NULL},
	{"ranking", "server_key_file", DOCTOR_CURVE_SECRET, NULL},
	{"ranking", "key_file", DOCTOR_CURVE_SECRET, "service"},
	{"ranking", "metric_server_key_file", DOCTOR_CURVE_PUBLIC, NULL},
	{"ranking", "dsn_file", DOCTOR_TEXT_SECRET, NULL},
	{"notify", "server_key_file", DOCTOR_CURVE_SECRET, NULL},
	{"notify", "key_file", DOCTOR_CURVE_SECRET, "service"},
	{"notify", "rating_server_key_file", DOCTOR_CURVE_PUBLIC, NULL},
	{"notify", "dsn_file", DOCTOR_TEXT_SECRET, NULL},
	{"gateway", "key_file", DOCTOR_CURVE_SECRET, "bearer"},
	{"gateway", "query_server_key_file", DOCTOR_CURVE_PUBLIC, NULL},
	{"gateway", "push_server_key_file", DOCTOR_CURVE_PUBLIC, NULL},
	{"agent", "key_file", DOCTOR_CURVE_SECRET, "region"},
	{"agent", "server_key_file", DOCTOR_CURVE_PUBLIC, NULL},
	{"agent", "gateway_token_file", DOCTOR_TEXT_SECRET, NULL},
};
const size_t DOCTOR_FILES_COUNT = ARRAY_COUNT(DOCTOR_FILES);

const struct doctor_socket DOCTOR_SOCKETS[] = {
	{"metrics", "stream_endpoint", "stream_server_key_file", "key_file", true},
	{"ranking", "metric_endpoint", "metric_server_key_file", "key_file", true},
	{"notify", "rating_endpoint", "rating_server_key_file", "key_file", true},
	{"gateway", "query_endpoint", "query_server_key_file", "key_file", false},
	{"gateway", "push_endpoint", "push_server_key_file", "key_file", false},
	{"agent", "push_endpoint", "server_key_file", "key_file", false},
};
const size_t DOCTOR_SOCKETS_COUNT = ARRAY_COUNT(DOCTOR_SOCKETS);

/* ---- The diagnosis */

void diagnosis_init(struct diagnosis *diagnosis, struct arena *arena, enum cli_lang lang)
{
	*diagnosis = (struct diagnosis){.arena = arena, .lang = lang};
}

void diagnosis_add(struct diagnosis *diagnosis, enum finding_state state, const char *area, const char *text, const char *mend)
{
	diagnosis->warnings += state == FINDING_WARNING;
	diagnosis->failures += state == FINDING_FAILURE;
	if (diagnosis->count < FINDINGS_MAX)
		diagnosis->findings[diagnosis->count++] = (struct finding){state, area, text, mend};
}

const char *diagnosis_area(const struct diagnosis *diagnosis, const char *area)
{
	static const char *const AREAS[][2] = {
		{"configuration", "настройки"}, {"keys", "ключи"},     {"clock", "часы"},     {"database", "база данных"},
		{"schema", "схема"},            {"version", "версия"}, {"sockets", "сокеты"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(AREAS); i++) {
		if (text_equal(AREAS[i][0], area))
			return cli_text(diagnosis->lang, area, AREAS[i][1]);
	}
	return area;
}

const char *finding_state_name(enum finding_state state)
{
	static const char *const NAMES[] = {[FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_FAILURE] = "failure"};
	return NAMES[state];
}

/* ---- The database */

/* What must be on, or should. */
struct switch_row {
	const char *name;
	enum finding_state off;
	const char *en, *ru;  /* how to mend it */
};

static void judge_switch(struct diagnosis *diagnosis, const struct switch_row *row, const char *value)
{
	bool off = text_equal(value, "off");
	const char *text = arena_printf(diagnosis->arena, "%s = %s", row->name, value);
	diagnosis_add(diagnosis, off ? row->off : FINDING_OK, "database", text, off ? cli_text(diagnosis->lang, row->en, row->ru) : NULL);
}

static void judge_switches(struct diagnosis *diagnosis, const struct doctor_server *server)
{
	static const struct switch_row FSYNC = {
		"fsync", FINDING_FAILURE, "an acked event could be lost: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()",
		"подтверждённое событие может пропасть: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()"};
	static const struct switch_row PAGES = {
		"full_page_writes", FINDING_FAILURE, "a crash could tear pages: ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()",
		"сбой может порвать страницы: ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()"};
	static const struct switch_row COMMIT = {
		"synchronous_commit", FINDING_WARNING, "the services turn it on for themselves; what people write would not be as durable: ALTER SYSTEM SET synchronous_commit = on",
		"службы включают его себе сами; записанное людьми менее надёжно: ALTER SYSTEM SET synchronous_commit = on"};
	static const struct switch_row CHECKSUMS = {
		"data_checksums", FINDING_WARNING, "a disk that changes bytes goes unnoticed: stop the server and run pg_checksums --enable",
		"порча байтов на диске останется незамеченной: остановите сервер и выполните pg_checksums --enable"};
	judge_switch(diagnosis, &FSYNC, server->fsync);
	judge_switch(diagnosis, &PAGES, server->full_page_writes);
	judge_switch(diagnosis, &COMMIT, server->synchronous_commit);
	judge_switch(diagnosis, &CHECKSUMS, server->data_checksums);
}

static void judge_connections(struct diagnosis *diagnosis, const struct doctor_server *server)
{
	enum cli_lang lang = diagnosis->lang;
	bool few = server->connections_max < DOCTOR_CONNECTIONS_MIN;
	bool full = server->connections_used * 100 >= server->connections_max * DOCTOR_CONNECTIONS_PART;
	const char *text = arena_printf(diagnosis->arena, cli_text(lang, "max_connections = %lld, %lld in use", "max_connections = %lld, занято %lld"),
	                                (long long)server->connections_max, (long long)server->connections_used);
	const char *mend = few || full ? cli_text(lang, "raise max_connections (an instance of intake takes writers + 3, another service 2) and restart PostgreSQL",
	                                          "увеличьте max_connections (intake занимает writers + 3, другие службы по 2) и перезапустите PostgreSQL") : NULL;
	diagnosis_add(diagnosis, few || full ? FINDING_WARNING : FINDING_OK, "database", text, mend);
}

void doctor_judge_server(struct diagnosis *diagnosis, const struct doctor_server *server)
{
	enum cli_lang lang = diagnosis->lang;
	bool old = server->version < DOCTOR_SERVER_VERSION_MIN;
	bool utf8 = text_equal(server->encoding, "UTF8");
	diagnosis_add(diagnosis, old ? FINDING_FAILURE : FINDING_OK, "database",
	              arena_printf(diagnosis->arena, "PostgreSQL %lld.%lld", (long long)(server->version / 10000), (long long)(server->version % 10000)),
	              old ? cli_text(lang, "PostgreSQL 15 or later is needed: upgrade the server", "нужен PostgreSQL 15 или новее: обновите сервер") : NULL);
	diagnosis_add(diagnosis, utf8 ? FINDING_OK : FINDING_FAILURE, "database",
	              arena_printf(diagnosis->arena, cli_text(lang, "encoding %s", "кодировка %s"), server->encoding),
	              utf8 ? NULL : cli_text(lang, "create the database with ENCODING 'UTF8'", "создайте базу с ENCODING 'UTF8'"));
	judge_switches(diagnosis, server);
	judge_connections(diagnosis, server);
	if (server->read_only)
		diagnosis_add(diagnosis, FINDING_FAILURE, "database", cli_text(lang, "it takes no writes: a standby, or read only", "не принимает записи: реплика или только для чтения"),
		              cli_text(lang, "name every server in the connection string: host=a,b target_session_attrs=read-write",
		                       "назовите в строке подключения все серверы: host=a,b target_session_attrs=read-write"));
}

void doctor_judge_clock(struct diagnosis *diagnosis, const struct doctor_server *server)
{
	enum cli_lang lang = diagnosis->lang;
	int64_t apart_ms = server->ahead_ms < 0 ? -server->ahead_ms : server->ahead_ms;
	enum finding_state state = apart_ms >= DOCTOR_CLOCK_FAIL_MS ? FINDING_FAILURE : apart_ms >= DOCTOR_CLOCK_WARN_MS ? FINDING_WARNING : FINDING_OK;
	const char *text = arena_printf(diagnosis->arena, server->ahead_ms < 0
	                                ? cli_text(lang, "%lld ms behind PostgreSQL's clock", "отстают от часов PostgreSQL на %lld мс")
	                                : cli_text(lang, "%lld ms ahead of PostgreSQL's clock", "спешат относительно часов PostgreSQL на %lld мс"),
	                                (long long)apart_ms);
	diagnosis_add(diagnosis, state, "clock", text,
	              state == FINDING_OK ? NULL : cli_text(lang, "keep both machines' time by NTP: timedatectl set-ntp true", "сверяйте часы обеих машин по NTP: timedatectl set-ntp true"));
}

void doctor_judge_migrations(struct diagnosis *diagnosis, const struct migration *all, size_t count)
{
	enum cli_lang lang = diagnosis->lang;
	const struct migration *obstacle = migration_find_obstacle(all, count);
	size_t due = migration_count(all, count, MIGRATION_DUE);
	if (obstacle != NULL)
		diagnosis_add(diagnosis, FINDING_FAILURE, "schema", obstacle->name,
		              cli_text(lang, migration_obstacle_en(obstacle->state), migration_obstacle_ru(obstacle->state)));
	else if (due > 0)
		diagnosis_add(diagnosis, FINDING_FAILURE, "schema",
		              arena_printf(diagnosis->arena, cli_text(lang, "%zu migrations are due", "не применено миграций: %zu"), due), "effreg migrate up");
	else
		diagnosis_add(diagnosis, FINDING_OK, "schema", arena_printf(diagnosis->arena, cli_text(lang, "up to %s", "до %s"), all[count - 1].name), NULL);
}

/* ---- Files */

void doctor_judge_mode(struct diagnosis *diagnosis, const char *path, unsigned mode)
{
	enum cli_lang lang = diagnosis->lang;
	bool group = (mode & 0070u) != 0;
	if ((mode & 0077u) == 0)
		return;
	enum finding_state state = (mode & 0037u) != 0 || !group ? FINDING_FAILURE : FINDING_WARNING;
	diagnosis_add(diagnosis, state, "keys",
	              arena_printf(diagnosis->arena, state == FINDING_FAILURE
	                           ? cli_text(lang, "%s can be read by others (mode %03o)", "%s доступен посторонним (права %03o)")
	                           : cli_text(lang, "%s can be read by its group (mode %03o)", "%s доступен группе (права %03o)"),
	                           path, mode & 0777u),
	              arena_printf(diagnosis->arena, "chmod 600 %s", path));
}

void doctor_judge_role(struct diagnosis *diagnosis, const char *path, const char *expected_role, const char *role, bool revoked)
{
	enum cli_lang lang = diagnosis->lang;
	if (role == NULL)
		diagnosis_add(diagnosis, FINDING_FAILURE, "keys",
		              arena_printf(diagnosis->arena, cli_text(lang, "%s is not known to the database", "%s не зарегистрирован в базе"), path),
		              arena_printf(diagnosis->arena, "effreg keys add --role %s --public-file %s.pub", expected_role, path));
	else if (revoked)
		diagnosis_add(diagnosis, FINDING_FAILURE, "keys", arena_printf(diagnosis->arena, cli_text(lang, "%s was revoked", "%s отозван"), path),
		              arena_printf(diagnosis->arena, cli_text(lang, "make a new key: effreg keys new FILE, then effreg keys add --role %s",
		                                                      "создайте новый ключ: effreg keys new ФАЙЛ, затем effreg keys add --role %s"), expected_role));
	else if (!text_equal(role, expected_role))
		diagnosis_add(diagnosis, FINDING_FAILURE, "keys",
		              arena_printf(diagnosis->arena, cli_text(lang, "%s has the role %s, and %s is needed", "%s имеет роль %s, а нужна %s"), path, role, expected_role),
		              arena_printf(diagnosis->arena, cli_text(lang, "use another key: effreg keys new FILE, then effreg keys add --role %s",
		                                                      "возьмите другой ключ: effreg keys new ФАЙЛ, затем effreg keys add --role %s"), expected_role));
	else
		diagnosis_add(diagnosis, FINDING_OK, "keys", arena_printf(diagnosis->arena, cli_text(lang, "%s: role %s", "%s: роль %s"), path, role), NULL);
}
