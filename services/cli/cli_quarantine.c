/* cli_quarantine: what was refused, seen and dealt with by a person: list, show, replay, discard.
 *
 * A row leaves quarantine only by replay (its bytes are in the log now) or by discard (with a reason). Both take the region's
 * account first (effreg.quarantine_use), so that the intake, which adds under the same lock, counts right. */
#include "common/ambient.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/push_client.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_BYTES_MAX  ((size_t)64 * 1024 * 1024)
#define LIST_MAX         100000
#define DIGEST_PREFIX    8        /* hex digits that name a row well enough */
#define SOURCE           "effreg/quarantine"

#define REGION_OPTION {"region", "OKTMO", NULL, NULL, "the region", "регион"}
#define CODE_OPTION   {"code", "CODE", NULL, NULL, "only what was refused with this code", "только отвергнутое с этим кодом"}
#define DIGEST_OPTION {"digest", "HEX", NULL, NULL, "SHA-256 of the event's bytes, at least its first 8 digits", "SHA-256 байтов события, хотя бы первые 8 цифр"}

/* ---- Questions to the database ---- */

/* Bodies are not read here: they may be large. */
static enum status load_list(struct db *db, const char *region, const char *code, int64_t limit, struct arena *arena, struct db_rows **ret_rows)
{
	static const char SQL[] =
		"SELECT region_id, pg_catalog.encode(digest, 'hex'), code, pointer, byte_offset, detail, COALESCE(event_id, ''),"
		" pg_catalog.octet_length(body), count,"
		" pg_catalog.to_char(first_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
		" pg_catalog.to_char(last_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
		" FROM effreg.quarantine WHERE ($1::text IS NULL OR region_id = $1) AND ($2::text IS NULL OR code = $2)"
		" ORDER BY region_id, last_time, digest LIMIT $3::bigint";
	const struct db_param params[] = {db_text(region), db_text(code), db_integer(arena, limit)};
	return db_query(db, SQL, params, ARRAY_COUNT(params), ret_rows);
}

static enum status load_use(struct db *db, const char *region, struct db_rows **ret_rows)
{
	static const char SQL[] =
		"SELECT region_id, body_bytes, lost_count FROM effreg.quarantine_use"
		" WHERE ($1::text IS NULL OR region_id = $1) AND (body_bytes > 0 OR lost_count > 0) ORDER BY region_id";
	const struct db_param params[] = {db_text(region)};
	return db_query(db, SQL, params, ARRAY_COUNT(params), ret_rows);
}

/* The rows whose digest begins with prefix; more than one means that prefix is too short. */
static enum status load_named(struct db *db, const char *region, const char *prefix, struct db_rows **ret_rows)
{
	static const char SQL[] =
		"SELECT digest, body, code, count FROM effreg.quarantine"
		" WHERE region_id = $1 AND pg_catalog.starts_with(pg_catalog.encode(digest, 'hex'), pg_catalog.lower($2)) LIMIT 2";
	const struct db_param params[] = {db_text(region), db_text(prefix)};
	return db_query(db, SQL, params, ARRAY_COUNT(params), ret_rows);
}

/* The rows after a digest, as many as a batch takes; one always fits, for a batch brought it. */
static enum status load_page(struct db *db, const char *region, const char *code, struct span after, struct db_rows **ret_rows)
{
	static const char SQL[] =
		"SELECT digest, body FROM (SELECT digest, body,"
		" pg_catalog.sum(pg_catalog.octet_length(body)) OVER (ORDER BY digest) AS upto FROM (SELECT digest, body FROM effreg.quarantine"
		"  WHERE region_id = $1 AND ($2::text IS NULL OR code = $2) AND digest > $3::bytea ORDER BY digest LIMIT 500) page) sized"
		" WHERE upto <= 262144 ORDER BY digest";
	const struct db_param params[] = {db_text(region), db_text(code), db_bytes(after.at, after.len)};
	return db_query(db, SQL, params, ARRAY_COUNT(params), ret_rows);
}

/* Inside a transaction: deletes the rows, writes an audit row for each, and counts the region's bytes anew. reason may be NULL. */
static enum status delete_rows(struct db *db, const char *region, struct db_param digests, const char *act, const char *reason)
{
	static const char LOCK_SQL[] = "SELECT 1 FROM effreg.quarantine_use WHERE region_id = $1 FOR UPDATE";
	static const char DELETE_SQL[] =
		"WITH gone AS (DELETE FROM effreg.quarantine WHERE region_id = $1 AND digest = ANY ($2::bytea[])"
		"  RETURNING region_id, digest, code, event_id, count)"
		" INSERT INTO effreg.audit (act, subject, detail)"
		" SELECT $3, region_id || '/' || pg_catalog.encode(digest, 'hex'),"
		"  pg_catalog.json_strip_nulls(pg_catalog.json_build_object('code', code, 'id', event_id, 'count', count, 'reason', $4::text)) FROM gone";
	static const char COUNT_SQL[] =
		"UPDATE effreg.quarantine_use SET body_bytes = COALESCE((SELECT pg_catalog.sum(pg_catalog.octet_length(q.body))"
		" FROM effreg.quarantine q WHERE q.region_id = $1), 0) WHERE region_id = $1";
	const struct db_param params[] = {db_text(region), digests, db_text(act), db_text(reason)};
	enum status status = db_run(db, LOCK_SQL, params, 1, NULL);
	if (status == STATUS_OK)
		status = db_run(db, DELETE_SQL, params, ARRAY_COUNT(params), NULL);
	if (status == STATUS_OK)
		status = db_run(db, COUNT_SQL, params, 1, NULL);
	return status;
}

/* ---- What the commands share ---- */

struct quarantine {
	struct cli_args args;
	struct db *db;
	struct arena *arena;
};

/* True: go on. False: *ret_exit is the exit code. */
static bool begin(struct quarantine *quarantine, const struct cli_command *command, int argc, char **argv, enum cli_lang lang, int *ret_exit)
{
	*quarantine = (struct quarantine){0};
	return cli_args_parse(command, argc, argv, lang, &quarantine->args, ret_exit);
}

static bool connect_db(struct quarantine *quarantine)
{
	if (cli_output_connect_db(&quarantine->args, &quarantine->db) != STATUS_OK)
		return false;
	quarantine->arena = arena_new(ARENA_BYTES_MAX);
	return true;
}

static int end(struct quarantine *quarantine, enum status status)
{
	if (status != STATUS_OK && db_error(quarantine->db)[0] != '\0')
		cli_output_error(&quarantine->args, "%s", db_error(quarantine->db));
	db_disconnect(&quarantine->db);
	arena_destroy(&quarantine->arena);
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	return status_group(status) == STATUS_GROUP_TRANSIENT ? CLI_EXIT_UNREACHABLE : CLI_EXIT_NEGATIVE;
}

static bool is_prefix(const char *text)
{
	size_t len = strlen(text);
	return len >= DIGEST_PREFIX && len < SHA256_HEX_SIZE && strspn(text, "0123456789abcdefABCDEF") == len;
}

/* Exactly one row, or what is wrong on stderr and NOT_FOUND. */
static enum status find_named(struct quarantine *quarantine, struct db_rows **ret_rows)
{
	const struct cli_args *args = &quarantine->args;
	const char *region = cli_args_value(args, "region"), *digest = cli_args_value(args, "digest");
	struct db_rows *rows;
	enum status status = load_named(quarantine->db, region, digest, &rows);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(rows) == 1) {
		*ret_rows = rows;
		return STATUS_OK;
	}
	if (db_rows_count(rows) == 0)
		cli_output_error(args, cli_text(args->lang, "%s has no event %s in quarantine", "у региона %s нет в карантине события %s"), region, digest);
	else
		cli_output_error(args, cli_text(args->lang, "%s: more than one event begins with %s", "%s: с %s начинается не одно событие"), region, digest);
	db_rows_destroy(&rows);
	return STATUS_NOT_FOUND;
}

/* --region and, when asked, --digest were given in their form. */
static bool check_names(const struct cli_args *args, bool digest_needed)
{
	const char *region = cli_args_required(args, "region");
	if (region == NULL)
		return false;
	if (!ident_is_oktmo(region)) {
		cli_output_error(args, cli_text(args->lang, "--region is an OKTMO code of eight digits, not %s", "--region — код ОКТМО из восьми цифр, а не %s"), region);
		return false;
	}
	const char *digest = digest_needed ? cli_args_required(args, "digest") : cli_args_value(args, "digest");
	if (digest == NULL)
		return !digest_needed;
	if (!is_prefix(digest))
		cli_output_error(args, cli_text(args->lang, "--digest has 8 to 64 hex digits, unlike %s", "--digest — от 8 до 64 шестнадцатеричных цифр, а не %s"), digest);
	return is_prefix(digest);
}

/* ---- list ---- */

static const struct cli_option LIST_OPTIONS[] = {
	REGION_OPTION, CODE_OPTION,
	{"limit", "COUNT", NULL, "1000", "at most so many", "не больше стольких"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command LIST_COMMAND = {
	.name = "quarantine list",
	.example = "effreg quarantine list --region 20000000 --code schema",
	.en = "Lists refused events, each with its code, the place of the fault and how often the same bytes came; then, for each region,\n"
	      "the bytes its quarantine holds and how many refused events it could not keep.",
	.ru = "Показывает отвергнутые события: код, место ошибки, сколько раз пришли те же байты; затем по каждому региону —\n"
	      "сколько байтов занимает его карантин и сколько отвергнутых событий в него не поместилось.",
	.options = LIST_OPTIONS,
	.options_count = ARRAY_COUNT(LIST_OPTIONS),
	.exits_en = "0 shown, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 2 неверные аргументы, 4 нет базы данных",
};

static void print_json(const struct db_rows *rows, const struct db_rows *use)
{
	static const char *const NAMES[] = {"region", "digest", "code", "pointer", "offset", "text", "id", "bytes", "count", "first_time", "last_time"};
	static const bool IS_NUMBER[] = {[4] = true, [7] = true, [8] = true, [10] = false};
	struct buf line;
	struct json_writer writer;
	buf_init(&line, (size_t)1024 * 1024 * 1024);
	json_writer_init(&writer, &line);
	json_write_object(&writer);
	json_write_name(&writer, "events");
	json_write_array(&writer);
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		json_write_object(&writer);
		for (int column = 0; column < (int)ARRAY_COUNT(NAMES); column++) {
			if (IS_NUMBER[column])
				json_member_integer(&writer, NAMES[column], db_get_integer(rows, row, column));
			else
				json_member_string(&writer, NAMES[column], db_get_text(rows, row, column));
		}
		json_write_object_end(&writer);
	}
	json_write_array_end(&writer);
	json_write_name(&writer, "regions");
	json_write_array(&writer);
	for (size_t row = 0; row < db_rows_count(use); row++) {
		json_write_object(&writer);
		json_member_string(&writer, "region", db_get_text(use, row, 0));
		json_member_integer(&writer, "bytes", db_get_integer(use, row, 1));
		json_member_integer(&writer, "lost", db_get_integer(use, row, 2));
		json_write_object_end(&writer);
	}
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	printf("%s\n", line.at);
	buf_clear(&line);
}

static void print_text(enum cli_lang lang, const struct db_rows *rows, const struct db_rows *use)
{
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		const char *pointer = db_get_text(rows, row, 3);
		const char *at = pointer[0] != '\0' || db_get_integer(rows, row, 4) < 0 ? pointer : db_get_text(rows, row, 4);
		printf("%s %.12s  %-16s %6s× %s  %s: %s\n", db_get_text(rows, row, 0), db_get_text(rows, row, 1), db_get_text(rows, row, 2),
		       db_get_text(rows, row, 8), db_get_text(rows, row, 10), at, db_get_text(rows, row, 5));
	}
	for (size_t row = 0; row < db_rows_count(use); row++)
		printf(cli_text(lang, "%s: %s bytes kept, %s events lost\n", "%s: хранится %s байт, не поместилось событий: %s\n"),
		       db_get_text(use, row, 0), db_get_text(use, row, 1), db_get_text(use, row, 2));
}

int cli_quarantine_list(int argc, char **argv, enum cli_lang lang)
{
	struct quarantine quarantine;
	const struct cli_args *args = &quarantine.args;
	struct db_rows *rows = NULL, *use = NULL;
	enum cli_format format;
	int64_t limit;
	int exit_code;
	if (!begin(&quarantine, &LIST_COMMAND, argc, argv, lang, &exit_code))
		return exit_code;
	if (!cli_output_format(args, &format) || !cli_args_number(args, "limit", 1, LIST_MAX, &limit))
		return CLI_EXIT_USAGE;
	if (!connect_db(&quarantine))
		return CLI_EXIT_UNREACHABLE;
	const char *region = cli_args_value(args, "region");
	enum status status = load_list(quarantine.db, region, cli_args_value(args, "code"), limit, quarantine.arena, &rows);
	if (status == STATUS_OK)
		status = load_use(quarantine.db, region, &use);
	if (status == STATUS_OK && format == CLI_FORMAT_JSON)
		print_json(rows, use);
	else if (status == STATUS_OK)
		print_text(lang, rows, use);
	db_rows_destroy(&rows);
	db_rows_destroy(&use);
	return end(&quarantine, status);
}

/* ---- show ---- */

static const struct cli_option SHOW_OPTIONS[] = {REGION_OPTION, DIGEST_OPTION, CLI_DSN_OPTIONS};

static const struct cli_command SHOW_COMMAND = {
	.name = "quarantine show",
	.example = "effreg quarantine show --region 20000000 --digest 9f86d081 >event",
	.en = "Prints the bytes of a refused event, exactly as they came and without a line break after them.",
	.ru = "Выводит байты отвергнутого события ровно так, как они пришли, без перевода строки в конце.",
	.options = SHOW_OPTIONS,
	.options_count = ARRAY_COUNT(SHOW_OPTIONS),
	.exits_en = "0 shown, 1 no such event, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 нет такого события, 2 неверные аргументы, 4 нет базы данных",
};

int cli_quarantine_show(int argc, char **argv, enum cli_lang lang)
{
	struct quarantine quarantine;
	struct db_rows *rows;
	int exit_code;
	if (!begin(&quarantine, &SHOW_COMMAND, argc, argv, lang, &exit_code))
		return exit_code;
	if (!check_names(&quarantine.args, true))
		return CLI_EXIT_USAGE;
	if (!connect_db(&quarantine))
		return CLI_EXIT_UNREACHABLE;
	enum status status = find_named(&quarantine, &rows);
	if (status == STATUS_OK) {
		struct span body = db_get_bytes(rows, 0, 1, quarantine.arena);
		if (fwrite(body.at, 1, body.len, stdout) != body.len || fflush(stdout) != 0)
			status = STATUS_UNAVAILABLE;
		db_rows_destroy(&rows);
	}
	return end(&quarantine, status);
}

/* ---- discard ---- */

static const struct cli_option DISCARD_OPTIONS[] = {
	REGION_OPTION, DIGEST_OPTION,
	{"reason", "TEXT", NULL, NULL, "why: it is logged", "почему: записывается в журнал"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command DISCARD_COMMAND = {
	.name = "quarantine discard",
	.example = "effreg quarantine discard --region 20000000 --digest 9f86d081 --reason 'a test message of the portal'",
	.en = "Deletes a refused event for good.",
	.ru = "Удаляет отвергнутое событие навсегда.",
	.options = DISCARD_OPTIONS,
	.options_count = ARRAY_COUNT(DISCARD_OPTIONS),
	.exits_en = "0 deleted, 1 no such event, 2 bad arguments, 4 no database",
	.exits_ru = "0 удалено, 1 нет такого события, 2 неверные аргументы, 4 нет базы данных",
};

/* Deletes digests[0..count) in a transaction of its own. act is for the audit. */
static enum status remove_rows(struct quarantine *quarantine, const struct span *digests, size_t count, const char *act, const char *reason)
{
	const char **texts = arena_array(quarantine->arena, const char *, count + 1);
	const char *region = cli_args_value(&quarantine->args, "region");
	if (count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < count; i++) {
		char hex[SHA256_HEX_SIZE];
		hex_format((const uint8_t *)digests[i].at, SHA256_BYTES, hex);
		texts[i] = arena_printf(quarantine->arena, "\\x%s", hex);
	}
	enum status status = db_begin(quarantine->db);
	if (status != STATUS_OK)
		return status;
	status = delete_rows(quarantine->db, region, db_array(quarantine->arena, texts, count), act, reason);
	if (status == STATUS_OK)
		return db_commit(quarantine->db);
	db_rollback(quarantine->db);
	return status;
}

int cli_quarantine_discard(int argc, char **argv, enum cli_lang lang)
{
	struct quarantine quarantine;
	struct db_rows *rows;
	int exit_code;
	if (!begin(&quarantine, &DISCARD_COMMAND, argc, argv, lang, &exit_code))
		return exit_code;
	const char *reason = cli_args_required(&quarantine.args, "reason");
	if (reason == NULL || !check_names(&quarantine.args, true))
		return CLI_EXIT_USAGE;
	if (!connect_db(&quarantine))
		return CLI_EXIT_UNREACHABLE;
	enum status status = find_named(&quarantine, &rows);
	if (status == STATUS_OK) {
		struct span digest = db_get_bytes(rows, 0, 0, quarantine.arena);
		status = remove_rows(&quarantine, &digest, 1, "quarantine.discarded", reason);
		db_rows_destroy(&rows);
	}
	return end(&quarantine, status);
}

/* ---- replay ---- */

static const struct cli_option REPLAY_OPTIONS[] = {
	REGION_OPTION, DIGEST_OPTION, CODE_OPTION,
	{"endpoint", "ENDPOINT", "EFFREG_PUSH_ENDPOINT", "tcp://127.0.0.1:5570", "the centre's push socket", "сокет приёма событий центра"},
	{"key", "FILE", "EFFREG_KEY_FILE", NULL, "file with a gateway's secret key", "файл с секретным ключом шлюза"},
	{"server-key", "FILE", "EFFREG_SERVER_KEY_FILE", NULL, "file with the centre's public key", "файл с открытым ключом центра"},
	{"timeout", "SECONDS", NULL, "60", "give up when no answer comes for so long", "сколько ждать ответа"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command REPLAY_COMMAND = {
	.name = "quarantine replay",
	.example = "effreg quarantine replay --region 20000000 --code unknown_type --key gateway.key --server-key centre.pub",
	.en = "Pushes the refused bytes again for their region, through the same door as every event. What is stored now, or was there\n"
	      "already, leaves quarantine; what is refused again stays, counted once more.",
	.ru = "Отправляет отвергнутые байты снова от имени региона, через ту же дверь, что и все события. Что теперь сохранено или уже\n"
	      "было в журнале, покидает карантин; что отвергнуто снова, остаётся со счётчиком на единицу больше.",
	.options = REPLAY_OPTIONS,
	.options_count = ARRAY_COUNT(REPLAY_OPTIONS),
	.exits_en = "0 all stored, 1 no such event, 2 bad arguments, 3 some refused again, 4 no database, cannot reach the centre or it refuses the key",
	.exits_ru = "0 всё сохранено, 1 нет такого события, 2 неверные аргументы, 3 часть снова отвергнута, 4 нет базы данных, связи с центром или ключ не принят",
};

/* One page on its way: a batch, and the digest of each of its events. */
struct replay {
	struct quarantine *quarantine;
	struct bus *bus;
	struct push_client *client;
	struct push_batch batch;
	struct span digests[PUSH_EVENTS_MAX];
	struct span gone[PUSH_EVENTS_MAX];  /* of these, in the log now */
	size_t gone_count;
	size_t stored, refused;
};

static void on_settled(void *context, struct push_batch *batch, const struct push_result *results)
{
	struct replay *replay = context;
	replay->gone_count = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (results[i].outcome == PUSH_REJECTED)
			replay->refused++;
		else
			replay->gone[replay->gone_count++] = replay->digests[i];
	}
	replay->stored += replay->gone_count;
}

static enum status open_client(struct replay *replay, struct fault *fault)
{
	const struct cli_args *args = &replay->quarantine->args;
	char server_key[BUS_KEY_TEXT];
	struct push_client_options options = {.settled = on_settled, .context = replay, .source = SOURCE};
	enum status status = bus_read_key(cli_args_value(args, "key"), options.keypair.secret_key, fault);
	if (status == STATUS_OK)
		status = bus_read_key(cli_args_value(args, "server-key"), server_key, fault);
	if (status == STATUS_OK && !bus_public_key(options.keypair.secret_key, options.keypair.public_key))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a secret key", cli_args_value(args, "key"));
	if (status != STATUS_OK)
		return status;
	options.endpoint = cli_args_value(args, "endpoint");
	options.server_public_key = server_key;
	options.region = cli_args_value(args, "region");
	return push_client_new(replay->bus, &options, &replay->client, fault);
}

/* A page's rows as a batch; the bodies live in the quarantine's arena. */
static void fill_batch(struct replay *replay, const struct db_rows *rows)
{
	struct arena *arena = replay->quarantine->arena;
	char *body = arena_alloc(arena, PUSH_BODY_BYTES_MAX);
	replay->batch = (struct push_batch){.body = body, .count = db_rows_count(rows)};
	for (size_t row = 0; row < replay->batch.count; row++) {
		struct span event = db_get_bytes(rows, row, 1, arena);
		replay->digests[row] = db_get_bytes(rows, row, 0, arena);
		memcpy(body + replay->batch.body_bytes, event.at, event.len);
		replay->batch.sizes[row] = (uint32_t)event.len;
		replay->batch.body_bytes += event.len;
	}
}

static enum status push_page(struct replay *replay, int64_t timeout_ms, struct fault *fault)
{
	int64_t until_ms = ambient_monotonic_ms() + timeout_ms;
	enum status status = STATUS_OK;
	ASSERT(push_client_offer(replay->client, &replay->batch));
	while (status == STATUS_OK && push_client_unsettled(replay->client) > 0) {
		struct bus_poll_item items[] = {{.socket = push_client_socket(replay->client)}};
		if (ambient_monotonic_ms() > until_ms)
			return fault_set(fault, STATUS_TIMEOUT, "timeout", "", -1, "no answer from %s", cli_args_value(&replay->quarantine->args, "endpoint"));
		status = push_client_step(replay->client, fault);
		if (status == STATUS_OK && push_client_unsettled(replay->client) > 0)
			status = bus_poll(items, ARRAY_COUNT(items), 20);
	}
	return status;
}

/* Sends the rows and removes what is in the log now. */
static enum status replay_rows(struct replay *replay, const struct db_rows *rows, int64_t timeout_ms, struct fault *fault)
{
	fill_batch(replay, rows);
	enum status status = push_page(replay, timeout_ms, fault);
	if (status != STATUS_OK)
		return status;
	return remove_rows(replay->quarantine, replay->gone, replay->gone_count, "quarantine.replayed", NULL);
}

static enum status replay_named(struct replay *replay, int64_t timeout_ms, struct fault *fault)
{
	struct db_rows *rows;
	enum status status = find_named(replay->quarantine, &rows);
	if (status != STATUS_OK)
		return status;
	status = replay_rows(replay, rows, timeout_ms, fault);
	db_rows_destroy(&rows);
	return status;
}

/* Page by page in the order of the digests: what is refused again is behind us and not sent twice. */
static enum status replay_all(struct replay *replay, int64_t timeout_ms, struct fault *fault)
{
	struct quarantine *quarantine = replay->quarantine;
	uint8_t last[SHA256_BYTES] = {0};
	size_t last_len = 0;
	enum status status = STATUS_OK;
	for (size_t count = 1; status == STATUS_OK && count > 0;) {
		struct db_rows *rows;
		arena_reset(quarantine->arena);
		status = load_page(quarantine->db, cli_args_value(&quarantine->args, "region"), cli_args_value(&quarantine->args, "code"),
		                   span_of((const char *)last, last_len), &rows);
		if (status != STATUS_OK)
			return status;
		count = db_rows_count(rows);
		if (count > 0) {
			status = replay_rows(replay, rows, timeout_ms, fault);
			memcpy(last, replay->digests[count - 1].at, SHA256_BYTES);
			last_len = SHA256_BYTES;
		}
		db_rows_destroy(&rows);
	}
	return status;
}

static int finish_replay(struct replay *replay, enum status status, const struct fault *fault)
{
	const struct cli_args *args = &replay->quarantine->args;
	bool refused_key = status == STATUS_FORBIDDEN;
	printf(cli_text(args->lang, "%zu in the log now, %zu refused again\n", "теперь в журнале: %zu, снова отвергнуто: %zu\n"), replay->stored, replay->refused);
	if (status != STATUS_OK && fault->text[0] != '\0')
		cli_output_fault(args, fault);
	push_client_destroy(&replay->client);
	bus_destroy(&replay->bus);
	size_t refused = replay->refused;
	int exit_code = end(replay->quarantine, status);
	if (refused_key)
		return CLI_EXIT_UNREACHABLE;
	return exit_code == CLI_EXIT_OK && refused > 0 ? CLI_EXIT_REJECTED : exit_code;
}

int cli_quarantine_replay(int argc, char **argv, enum cli_lang lang)
{
	struct quarantine quarantine;
	struct fault fault = {.offset = -1};
	int64_t timeout_s;
	int exit_code;
	if (!begin(&quarantine, &REPLAY_COMMAND, argc, argv, lang, &exit_code))
		return exit_code;
	if (!check_names(&quarantine.args, false) || cli_args_required(&quarantine.args, "key") == NULL ||
	    cli_args_required(&quarantine.args, "server-key") == NULL || !cli_args_number(&quarantine.args, "timeout", 1, 86400, &timeout_s))
		return CLI_EXIT_USAGE;
	if (!connect_db(&quarantine))
		return CLI_EXIT_UNREACHABLE;
	struct replay *replay = calloc(1, sizeof *replay);
	ASSERT(replay != NULL);
	replay->quarantine = &quarantine;
	replay->bus = bus_new();
	enum status status = open_client(replay, &fault);
	if (status == STATUS_OK && cli_args_value(&quarantine.args, "digest") != NULL)
		status = replay_named(replay, timeout_s * 1000, &fault);
	else if (status == STATUS_OK)
		status = replay_all(replay, timeout_s * 1000, &fault);
	exit_code = finish_replay(replay, status, &fault);
	free(replay);
	return exit_code;
}
