/* db: see db.h. A failed statement is remembered (text, sqlstate) and sorted into a status in one place: sort_failure. */
#include "common/db.h"

#include "common/buf.h"
#include "common/ident.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#define ERROR_SIZE    512
#define PARAMS_MAX    32
#define CONNECT_OPTIONS_MAX 64
#define SCRIPT_BYTES_MAX ((size_t)1024 * 1024)
#define IN_FAILED_TRANSACTION "25P02"
#define READ_ONLY     "25006"
#define BEGIN_SQL     "BEGIN ISOLATION LEVEL READ COMMITTED"
#define ASKED_MAX     256  /* statements of a process; others are planned every time */
#define UNANSWERED_MAX 48  /* then those are waited for */
/* PostgreSQL counts from 2000-01-01. */
#define PG_EPOCH_US   INT64_C(946684800000000)

/* A statement that was asked before: from the second time on it is prepared, so that it is planned once and not every time. */
struct asked {
	uint64_t hash;
	const char *given;  /* where the text stood: mostly it stands there again */
	char *sql;
	bool prepared;
};

/* A message of the pipeline that the server has not answered yet. */
struct unanswered {
	struct asked *prepares;     /* it prepares this one */
	struct db_rows **ret_rows;  /* where its rows go */
};

struct db {
	PGconn *connection;
	char error[ERROR_SIZE];
	char sqlstate[6];
	bool in_transaction;
	bool copying;       /* the server waits for the rows of a COPY */
	bool warned;        /* a WARNING arrived since db_begin */
	bool misled;        /* it takes no writes any more: another server may */
	bool wants_writer;  /* the connection string asks for a server that takes writes */
	const char *prepared[DB_PREPARED_MAX];  /* scripts of PREPARE, said again after a reconnect */
	size_t prepared_count;
	struct asked *asked;
	size_t asked_count;
	unsigned generation;  /* of prepared statements: in their names */
	bool was_prepared;    /* the last statement, or one of those sent with it */
	struct unanswered unanswered[UNANSWERED_MAX];
	size_t unanswered_count;
};

struct db_rows {
	PGresult *result;
};

/* ---- Failures ---- */

struct sqlstate_rule {
	const char *prefix;
	enum status status;
};

static const struct sqlstate_rule SQLSTATE_RULES[] = {
	{"40001", STATUS_RETRY},      /* serialization_failure */
	{"40P01", STATUS_RETRY},      /* deadlock_detected */
	{"55P03", STATUS_RETRY},      /* lock_not_available: lock_timeout */
	{"57014", STATUS_TIMEOUT},    /* query_canceled: statement_timeout */
	{"08", STATUS_UNAVAILABLE},   /* connection exceptions */
	{"57P0", STATUS_UNAVAILABLE}, /* shutdown, crash, cannot connect now */
	{"53", STATUS_UNAVAILABLE},   /* out of memory, disk, connections */
	{"58", STATUS_UNAVAILABLE},   /* system errors: I/O */
	{"25P03", STATUS_UNAVAILABLE},/* idle_in_transaction_session_timeout */
	{READ_ONLY, STATUS_UNAVAILABLE},/* not the primary any more */
	{"23505", STATUS_CONFLICT},   /* unique_violation */
	{"22", STATUS_INVALID},       /* data exceptions */
};

static enum status sort_sqlstate(const char *sqlstate)
{
	for (size_t i = 0; i < ARRAY_COUNT(SQLSTATE_RULES); i++) {
		if (strncmp(sqlstate, SQLSTATE_RULES[i].prefix, strlen(SQLSTATE_RULES[i].prefix)) == 0)
			return SQLSTATE_RULES[i].status;
	}
	return STATUS_BUG;
}

static void remember(struct db *db, const char *sqlstate, const char *text)
{
	snprintf(db->sqlstate, sizeof db->sqlstate, "%s", sqlstate == NULL ? "" : sqlstate);
	snprintf(db->error, sizeof db->error, "%s", text);
	size_t len = strlen(db->error);
	while (len > 0 && db->error[len - 1] == '\n')
		db->error[--len] = '\0';
}

static void forget_asked(struct db *db);

/* "cached plan must not change result type": a migration ran meanwhile. Asked again, under new names, it is planned anew. */
static enum status plans_are_stale(struct db *db)
{
	forget_asked(db);
	return STATUS_RETRY;
}

static enum status sort_failure(struct db *db, const PGresult *result)
{
	const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
	remember(db, sqlstate, result == NULL ? PQerrorMessage(db->connection) : PQresultErrorMessage(result));
	if (PQstatus(db->connection) != CONNECTION_OK || sqlstate == NULL)
		return STATUS_UNAVAILABLE;
	if (text_equal(sqlstate, READ_ONLY))
		db->misled = true;
	if (text_equal(sqlstate, "0A000") && db->was_prepared)
		return plans_are_stale(db);
	return sort_sqlstate(sqlstate);
}

const char *db_error(const struct db *db)
{
	return db->error;
}

const char *db_sqlstate(const struct db *db)
{
	return db->sqlstate;
}

static bool is_connected(const struct db *db)
{
	return PQstatus(db->connection) == CONNECTION_OK;
}

static bool is_reported(const struct db *db, const char *setting)
{
	const char *value = PQparameterStatus(db->connection, setting);
	return value != NULL && text_equal(value, "on");
}

/* The server reports these by itself, with its answers, whenever they change. */
static bool is_left_behind(const struct db *db)
{
	return db->misled || (db->wants_writer && (is_reported(db, "default_transaction_read_only") || is_reported(db, "in_hot_standby")));
}

bool db_alive(const struct db *db)
{
	return is_connected(db) && !is_left_behind(db);
}

/* ---- Connecting ---- */

static void on_notice(void *context, const PGresult *result)
{
	struct db *db = context;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	if (severity != NULL && text_equal(severity, "WARNING")) {
		db->warned = true;
		remember(db, PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorMessage(result));
	}
}

/* What durability and our texts stand on; and time limits that free a stalled instance's locks. Compiling a plan (jit) takes
 * longer than any of our statements takes to run. */
static const char SESSION_SQL[] =
	"SET synchronous_commit = on; SET standard_conforming_strings = on; SET client_min_messages = warning; "
	"SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = '10s'; SET search_path = pg_catalog; SET jit = off";

static enum status check_server(struct db *db, struct fault *fault)
{
	struct db_rows *rows;
	enum status status = db_query(db, "SELECT pg_catalog.current_setting('fsync'), pg_catalog.current_setting('server_encoding')", NULL, 0, &rows);
	if (status != STATUS_OK)
		return fault_set(fault, status, "database", "", -1, "%s", db->error);
	bool durable = text_equal(db_get_text(rows, 0, 0), "on");
	bool utf8 = text_equal(db_get_text(rows, 0, 1), "UTF8");
	db_rows_destroy(&rows);
	if (!durable)
		return fault_set(fault, STATUS_FORBIDDEN, "database", "", -1,
		                 "the server runs with fsync off: an acked event could be lost; set fsync = on");
	if (!utf8)
		return fault_set(fault, STATUS_FORBIDDEN, "database", "", -1, "the database's encoding must be UTF8: create it with ENCODING 'UTF8'");
	return STATUS_OK;
}

static enum status set_up_session(struct db *db, struct fault *fault)
{
	if (PQstatus(db->connection) != CONNECTION_OK) {
		remember(db, NULL, PQerrorMessage(db->connection));
		return fault_set(fault, STATUS_UNAVAILABLE, "database", "", -1, "%s", db->error);
	}
	PQsetNoticeReceiver(db->connection, on_notice, db);
	enum status status = db_exec(db, SESSION_SQL);
	for (size_t i = 0; i < db->prepared_count && status == STATUS_OK; i++)
		status = db_exec(db, db->prepared[i]);
	if (status != STATUS_OK)
		return fault_set(fault, status, "database", "", -1, "%s", db->error);
	return check_server(db, fault);
}

static bool asks_for_writer(PGconn *connection)
{
	bool asks = false;
	PQconninfoOption *options = PQconninfo(connection);
	ASSERT(options != NULL);
	for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
		if (text_equal(option->keyword, "target_session_attrs") && option->val != NULL)
			asks = text_equal(option->val, "read-write") || text_equal(option->val, "primary");
	}
	PQconninfoFree(options);
	return asks;
}

static enum status connect_with(const char *const *keywords, const char *const *values, int expand, struct db **ret_db, struct fault *fault)
{
	struct db *db = calloc(1, sizeof *db);
	ASSERT(db != NULL);
	db->connection = PQconnectdbParams(keywords, values, expand);
	ASSERT(db->connection != NULL);
	db->wants_writer = asks_for_writer(db->connection);
	enum status status = set_up_session(db, fault);
	if (status != STATUS_OK) {
		db_disconnect(&db);
		return status;
	}
	*ret_db = db;
	return STATUS_OK;
}

enum status db_connect(const char *conninfo, const char *name, struct db **ret_db, struct fault *fault)
{
	const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding", "connect_timeout",
	                                "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", NULL};
	const char *const values[] = {conninfo, name, "UTF8", "5", "5", "2", "3", "10000", NULL};
	return connect_with(keywords, values, 1, ret_db, fault);
}

enum status db_connect_like(const struct db *db, struct db **ret_db, struct fault *fault)
{
	const char *keywords[CONNECT_OPTIONS_MAX + 1], *values[CONNECT_OPTIONS_MAX + 1];
	size_t count = 0;
	PQconninfoOption *options = PQconninfo(db->connection);
	ASSERT(options != NULL);
	for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
		if (option->val == NULL)
			continue;
		ASSERT(count < CONNECT_OPTIONS_MAX);
		keywords[count] = option->keyword;
		values[count++] = option->val;
	}
	keywords[count] = values[count] = NULL;
	enum status status = connect_with(keywords, values, 0, ret_db, fault);
	PQconninfoFree(options);
	return status;
}

/* The statements of a new connection, or of one whose tables were changed, have new names. */
static void forget_asked(struct db *db)
{
	for (size_t i = 0; i < db->asked_count; i++)
		free(db->asked[i].sql);
	free(db->asked);
	db->asked = NULL;
	db->asked_count = 0;
	db->generation++;
}

void db_disconnect(struct db **db)
{
	if (*db == NULL)
		return;
	forget_asked(*db);
	PQfinish((*db)->connection);
	free(*db);
	*db = NULL;
}

static enum status reconnect(struct db *db)
{
	forget_asked(db);
	PQreset(db->connection);
	db->in_transaction = false;
	db->copying = false;
	db->misled = false;
	db->unanswered_count = 0;
	return set_up_session(db, NULL);
}

/* ---- Parameters ---- */

struct db_param db_text(const char *text)
{
	return (struct db_param){.at = text, .len = text == NULL ? 0 : (int)strlen(text)};
}

struct db_param db_bytes(const void *at, size_t len)
{
	ASSERT(len <= INT32_MAX);
	return (struct db_param){.at = len == 0 ? "" : at, .len = (int)len, .binary = true};
}

struct db_param db_integer(struct arena *arena, int64_t value)
{
	return db_text(arena_printf(arena, "%lld", (long long)value));
}

struct db_param db_timestamp(struct arena *arena, int64_t us)
{
	char text[INSTANT_TEXT_SIZE];
	instant_format(us, text);
	return db_text(arena_text(arena, text, strlen(text)));
}

#define ARRAY_BYTES_MAX ((size_t)64 * 1024 * 1024)

static void append_element(struct buf *array, const char *text)
{
	if (text == NULL) {
		buf_text(array, "NULL");
		return;
	}
	buf_text(array, "\"");
	for (size_t len = strcspn(text, "\"\\"); text[len] != '\0'; len = strcspn(text, "\"\\")) {
		buf_append(array, text, len);
		buf_text(array, "\\");
		buf_append(array, text + len, 1);
		text += len + 1;
	}
	buf_text(array, text);
	buf_text(array, "\"");
}

struct db_param db_array(struct arena *arena, const char *const *texts, size_t count)
{
	struct buf array;
	buf_init(&array, ARRAY_BYTES_MAX);
	buf_text(&array, "{");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_text(&array, ",");
		append_element(&array, texts[i]);
	}
	buf_text(&array, "}");
	ASSERT(buf_ok(&array));
	struct db_param param = db_text(arena_text(arena, array.at, array.len));
	buf_clear(&array);
	return param;
}

#define OID_OF_TEXT 25

static void append_length(struct buf *buf, uint32_t len)
{
	uint32_t wire = htonl(len);
	buf_append(buf, &wire, sizeof wire);
}

/* Dimensions, whether there are NULLs, the type; of the dimension its length and first index; then each text behind its length. */
struct db_param db_texts(struct arena *arena, const char *const *texts, size_t count)
{
	struct buf array;
	bool nulls = false;
	for (size_t i = 0; i < count; i++)
		nulls = nulls || texts[i] == NULL;
	buf_init(&array, ARRAY_BYTES_MAX);
	append_length(&array, count > 0);
	append_length(&array, nulls);
	append_length(&array, OID_OF_TEXT);
	if (count > 0) {
		append_length(&array, (uint32_t)count);
		append_length(&array, 1);
	}
	for (size_t i = 0; i < count; i++) {
		size_t len = texts[i] == NULL ? 0 : strlen(texts[i]);
		append_length(&array, texts[i] == NULL ? UINT32_MAX : (uint32_t)len);
		buf_append(&array, texts[i] == NULL ? "" : texts[i], len);
	}
	ASSERT(buf_ok(&array));
	struct db_param param = db_bytes(arena_text(arena, array.at, array.len), array.len);
	buf_clear(&array);
	return param;
}

/* ---- Statements ---- */

static uint64_t hash_of(const char *sql)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (const char *at = sql; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	return hash;
}

/* Its number when it was asked before; else it is noted, while there is room. */
static struct asked *find_asked(struct db *db, const char *sql)
{
	for (size_t i = 0; i < db->asked_count; i++) {
		if (db->asked[i].given == sql && text_equal(db->asked[i].sql, sql))
			return &db->asked[i];
	}
	uint64_t hash = hash_of(sql);
	for (size_t i = 0; i < db->asked_count; i++) {
		if (db->asked[i].hash == hash && text_equal(db->asked[i].sql, sql))
			return &db->asked[i];
	}
	if (db->asked == NULL)
		db->asked = calloc(ASKED_MAX, sizeof *db->asked);
	ASSERT(db->asked != NULL);
	if (db->asked_count < ASKED_MAX) {
		struct asked *asked = &db->asked[db->asked_count++];
		*asked = (struct asked){.hash = hash, .given = sql, .sql = strdup(sql)};
		ASSERT(asked->sql != NULL);
	}
	return NULL;
}

/* Parameters as libpq takes them. */
struct values {
	const char *at[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	int count;
};

static void set_values(struct values *values, const struct db_param *params, size_t count)
{
	ASSERT(count <= PARAMS_MAX);
	values->count = (int)count;
	for (size_t i = 0; i < count; i++) {
		values->at[i] = params[i].at;
		values->lengths[i] = params[i].len;
		values->formats[i] = params[i].binary ? 1 : 0;
	}
}

static const char *name_of(const struct db *db, const struct asked *asked, char name[32])
{
	snprintf(name, 32, "asked_%u_%zu", db->generation, (size_t)(asked - db->asked));
	return name;
}

/* Waits for the answer. */
static PGresult *execute_now(struct db *db, const char *sql, const struct values *values)
{
	char name[32];
	struct asked *asked = find_asked(db, sql);
	db->was_prepared = asked != NULL;
	if (asked == NULL)
		return PQexecParams(db->connection, sql, values->count, NULL, values->at, values->lengths, values->formats, 0);
	if (!asked->prepared) {
		PGresult *result = PQprepare(db->connection, name_of(db, asked, name), sql, values->count, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			return result;
		PQclear(result);
		asked->prepared = true;
	}
	return PQexecPrepared(db->connection, name_of(db, asked, name), values->count, values->at, values->lengths, values->formats, 0);
}

static bool succeeded(const PGresult *result)
{
	ExecStatusType kind = PQresultStatus(result);
	return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK;
}

static struct db_rows *rows_of(PGresult *result)
{
	struct db_rows *rows = malloc(sizeof *rows);
	ASSERT(rows != NULL);
	rows->result = result;
	return rows;
}

/* ---- The pipeline ---- */

/* The answer to one message; NULL when the connection is lost. */
static PGresult *next_answer(struct db *db)
{
	PGresult *result = PQgetResult(db->connection);
	if (result != NULL && PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
		for (PGresult *end = PQgetResult(db->connection); end != NULL; end = PQgetResult(db->connection))
			PQclear(end);
	}
	return result;
}

/* Rows that came before a failure are nobody's. */
static void drop_rows(struct db *db)
{
	for (size_t i = 0; i < db->unanswered_count; i++) {
		if (db->unanswered[i].ret_rows != NULL)
			db_rows_destroy(db->unanswered[i].ret_rows);
	}
}

/* Waits for all answers, and ends the pipeline. *ret_result is fresh. True: what the last message was answered, or NULL when its
 * rows went where they belong. False: the first failure, or NULL when the connection is lost. */
static bool settle(struct db *db, PGresult **ret_result)
{
	PGresult *failed = NULL, *last = NULL;
	bool good = PQpipelineSync(db->connection) == 1;
	for (size_t i = 0; i < db->unanswered_count; i++) {
		const struct unanswered *unanswered = &db->unanswered[i];
		PGresult *result = is_connected(db) ? next_answer(db) : NULL;
		bool one = succeeded(result);
		if (unanswered->prepares != NULL)
			unanswered->prepares->prepared = one;
		if (one && unanswered->ret_rows != NULL)
			*unanswered->ret_rows = rows_of(result);
		else if (one && i + 1 == db->unanswered_count)
			last = result;
		else if (!one && failed == NULL)
			failed = result;
		else
			PQclear(result);
		good = good && one;
	}
	if (is_connected(db))
		PQclear(next_answer(db));  /* that of PQpipelineSync */
	if (!good) {
		drop_rows(db);
		PQclear(last);
	}
	db->unanswered_count = 0;
	PQexitPipelineMode(db->connection);
	*ret_result = good ? last : failed;
	return good;
}

/* Sends what PQsend... says; its answer is read later. */
static enum status note_sent(struct db *db, int sent, struct asked *prepares, struct db_rows **ret_rows)
{
	if (sent != 1)
		return sort_failure(db, NULL);
	db->unanswered[db->unanswered_count++] = (struct unanswered){.prepares = prepares, .ret_rows = ret_rows};
	return STATUS_OK;
}

static enum status settle_later(struct db *db)
{
	PGresult *result;
	if (db->unanswered_count == 0)
		return STATUS_OK;
	enum status status = settle(db, &result) ? STATUS_OK : sort_failure(db, result);
	PQclear(result);
	return status;
}

static enum status open_pipeline(struct db *db)
{
	if (db->unanswered_count > 0)
		return STATUS_OK;
	db->was_prepared = false;
	return PQenterPipelineMode(db->connection) == 1 ? STATUS_OK : sort_failure(db, NULL);
}

/* As execute_now, without waiting. */
static enum status send_later(struct db *db, const char *sql, const struct values *values, struct db_rows **ret_rows)
{
	char name[32];
	enum status status = db->unanswered_count + 2 > UNANSWERED_MAX ? settle_later(db) : STATUS_OK;
	if (status == STATUS_OK)
		status = open_pipeline(db);
	if (status != STATUS_OK)
		return status;
	/* Without parameters there is nothing to plan: BEGIN, COMMIT. */
	struct asked *asked = values->count == 0 ? NULL : find_asked(db, sql);
	if (asked == NULL)
		return note_sent(db, PQsendQueryParams(db->connection, sql, values->count, NULL, values->at, values->lengths, values->formats, 0), NULL, ret_rows);
	name_of(db, asked, name);
	db->was_prepared = true;
	if (!asked->prepared) {
		status = note_sent(db, PQsendPrepare(db->connection, name, sql, values->count, NULL), asked, NULL);
		asked->prepared = true;  /* settle knows better */
	}
	return status != STATUS_OK ? status
	                           : note_sent(db, PQsendQueryPrepared(db->connection, name, values->count, values->at, values->lengths, values->formats, 0), NULL, ret_rows);
}

/* Waits for this statement and for all that were sent before. *ret_result is fresh, its answer. */
static enum status execute(struct db *db, const char *sql, const struct db_param *params, size_t count, PGresult **ret_result)
{
	struct values values;
	PGresult *result = NULL;
	bool good;
	set_values(&values, params, count);
	if (db->unanswered_count == 0) {
		result = execute_now(db, sql, &values);
		good = succeeded(result);
	} else {
		enum status status = send_later(db, sql, &values, NULL);
		if (status != STATUS_OK)
			return status;
		good = settle(db, &result);
	}
	if (good) {
		*ret_result = result;
		return STATUS_OK;
	}
	enum status status = sort_failure(db, result);
	PQclear(result);
	return status;
}

enum status db_run_later(struct db *db, const char *sql, const struct db_param *params, size_t count)
{
	return db_query_later(db, sql, params, count, NULL);
}

enum status db_query_later(struct db *db, const char *sql, const struct db_param *params, size_t count, struct db_rows **ret_rows)
{
	struct values values;
	set_values(&values, params, count);
	if (ret_rows != NULL)
		*ret_rows = NULL;
	return send_later(db, sql, &values, ret_rows);
}

/* ---- Statements, waited for ---- */

enum status db_exec(struct db *db, const char *sql)
{
	enum status status = settle_later(db);
	if (status != STATUS_OK)
		return status;
	PGresult *result = PQexec(db->connection, sql);
	status = succeeded(result) ? STATUS_OK : sort_failure(db, result);
	PQclear(result);
	return status;
}

enum status db_run(struct db *db, const char *sql, const struct db_param *params, size_t count, int64_t *ret_affected)
{
	PGresult *result;
	enum status status = execute(db, sql, params, count, &result);
	if (status != STATUS_OK)
		return status;
	if (ret_affected != NULL)
		*ret_affected = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return STATUS_OK;
}

enum status db_query(struct db *db, const char *sql, const struct db_param *params, size_t count, struct db_rows **ret_rows)
{
	PGresult *result;
	enum status status = execute(db, sql, params, count, &result);
	if (status == STATUS_OK)
		*ret_rows = rows_of(result);
	return status;
}

/* ---- Transactions ---- */

static enum status connect_for_transaction(struct db *db)
{
	ASSERT(!db->in_transaction);
	db->warned = false;
	if (db_alive(db))
		return STATUS_OK;
	enum status status = reconnect(db);
	db->warned = false;
	return status;
}

/* A server that was the primary until now says so with its answer to BEGIN: what it would be asked next may be out of date. */
enum status db_begin(struct db *db)
{
	enum status status = connect_for_transaction(db);
	if (status == STATUS_OK)
		status = db_exec(db, BEGIN_SQL);
	if (status == STATUS_OK && !db_alive(db)) {
		status = reconnect(db);
		if (status == STATUS_OK)
			status = db_exec(db, BEGIN_SQL);
	}
	db->in_transaction = status == STATUS_OK;
	return status;
}

enum status db_begin_later(struct db *db)
{
	enum status status = connect_for_transaction(db);
	if (status == STATUS_OK)
		status = db_run_later(db, BEGIN_SQL, NULL, 0);
	db->in_transaction = status == STATUS_OK;
	return status;
}

/* What the server made of a COMMIT; tag is that of its last answer. */
static enum status judge_commit(struct db *db, const char *tag)
{
	if (!text_equal(tag, "COMMIT")) {
		remember(db, NULL, "COMMIT was answered with ROLLBACK");
		return STATUS_RETRY;
	}
	/* E.g. a synchronous standby was cancelled: stored here, not as durably as promised. */
	return db->warned ? STATUS_RETRY : STATUS_OK;
}

enum status db_commit(struct db *db)
{
	return db_commit_script(db, "");
}

void db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	if (db->copying)
		db_copy_refuse(db);
	if (db->unanswered_count > 0) {
		PGresult *result;
		for (size_t i = 0; i < db->unanswered_count; i++)
			db->unanswered[i].ret_rows = NULL;
		(void)settle(db, &result);
		PQclear(result);
	}
	if (is_connected(db))
		PQclear(PQexec(db->connection, "ROLLBACK"));
}

/* ---- Scripts ---- */

enum status db_prepare(struct db *db, const char *sql)
{
	for (size_t i = 0; i < db->prepared_count; i++) {
		if (db->prepared[i] == sql)
			return STATUS_OK;
	}
	ASSERT(db->prepared_count < DB_PREPARED_MAX);
	enum status status = is_connected(db) ? db_exec(db, sql) : STATUS_OK;
	if (status == STATUS_OK)
		db->prepared[db->prepared_count++] = sql;
	return status;
}

/* standard_conforming_strings is on: only the quote itself is doubled. */
void db_quote(struct buf *script, const char *text)
{
	buf_text(script, "'");
	for (const char *end = strchr(text, '\''); end != NULL; text = end + 1, end = strchr(text, '\'')) {
		buf_append(script, text, (size_t)(end - text));
		buf_text(script, "''");
	}
	buf_text(script, text);
	buf_text(script, "'");
}

/* One result of a script; takes it. *ret_taken counts the rows kept so far. */
static enum status take_result(struct db *db, PGresult *result, struct db_rows **rows, size_t count, size_t *ret_taken)
{
	enum status status = STATUS_OK;
	ExecStatusType kind = PQresultStatus(result);
	if (kind == PGRES_TUPLES_OK && *ret_taken < count) {
		rows[(*ret_taken)++] = rows_of(result);
		return STATUS_OK;
	}
	if (kind == PGRES_COPY_IN)
		db->copying = true;
	else if (kind != PGRES_COMMAND_OK)
		status = kind == PGRES_TUPLES_OK ? STATUS_BUG : sort_failure(db, result);
	PQclear(result);
	return status;
}

static enum status run_script(struct db *db, const char *script, struct db_rows **rows, size_t count)
{
	size_t taken = 0;
	if (PQsendQuery(db->connection, script) != 1)
		return sort_failure(db, NULL);
	enum status status = STATUS_OK;
	for (PGresult *result = PQgetResult(db->connection); result != NULL; result = PQgetResult(db->connection)) {
		enum status one = take_result(db, result, rows, count, &taken);
		status = status == STATUS_OK ? one : status;
		if (db->copying)
			break;
	}
	if (status == STATUS_OK && taken < count)
		status = STATUS_BUG;
	for (size_t i = 0; i < taken && status != STATUS_OK; i++)
		db_rows_destroy(&rows[i]);
	return status;
}

enum status db_begin_script(struct db *db, const char *script, struct db_rows **rows, size_t count)
{
	struct buf whole;
	enum status status = connect_for_transaction(db);
	if (status != STATUS_OK)
		return status;
	buf_init(&whole, SCRIPT_BYTES_MAX);
	buf_text(&whole, BEGIN_SQL "; ");
	buf_append(&whole, script, strlen(script) + 1);
	ASSERT(buf_ok(&whole));
	status = run_script(db, whole.at, rows, count);
	db->in_transaction = is_connected(db);
	buf_clear(&whole);
	return status;
}

/* Reads the answers to a script that ends with COMMIT; *ret_tag is the last one's. */
static enum status finish_commit(struct db *db, char *ret_tag, size_t tag_size)
{
	enum status status = STATUS_OK;
	for (PGresult *result = PQgetResult(db->connection); result != NULL; result = PQgetResult(db->connection)) {
		if (status == STATUS_OK && !succeeded(result))
			status = sort_failure(db, result);
		snprintf(ret_tag, tag_size, "%s", PQcmdStatus(result));
		PQclear(result);
	}
	return status;
}

static enum status send_commit(struct db *db, const char *script, char *ret_tag, size_t tag_size)
{
	struct buf whole;
	buf_init(&whole, SCRIPT_BYTES_MAX);
	buf_text(&whole, script);
	buf_append(&whole, "COMMIT", sizeof "COMMIT");
	ASSERT(buf_ok(&whole));
	bool sent = PQsendQuery(db->connection, whole.at) == 1;
	buf_clear(&whole);
	return sent ? finish_commit(db, ret_tag, tag_size) : sort_failure(db, NULL);
}

/* COMMIT as the last message of the pipeline. */
static enum status commit_later(struct db *db, char *ret_tag, size_t tag_size)
{
	PGresult *result;
	enum status status = execute(db, "COMMIT", NULL, 0, &result);
	if (status != STATUS_OK)
		return status;
	snprintf(ret_tag, tag_size, "%s", PQcmdStatus(result));
	PQclear(result);
	return STATUS_OK;
}

enum status db_commit_script(struct db *db, const char *script)
{
	ASSERT(db->in_transaction && !db->copying);
	char tag[32] = "";
	bool later = db->unanswered_count > 0 && script[0] == '\0';
	enum status status = later ? STATUS_OK : settle_later(db);
	if (status == STATUS_OK)
		status = later ? commit_later(db, tag, sizeof tag) : send_commit(db, script, tag, sizeof tag);
	if (!is_connected(db)) {
		db->in_transaction = false;
		return STATUS_UNKNOWN_OUTCOME;
	}
	if (PQtransactionStatus(db->connection) != PQTRANS_IDLE)
		db_rollback(db);  /* it never came to COMMIT */
	db->in_transaction = false;
	if (status != STATUS_OK)  /* had the script been empty, COMMIT would have been answered with ROLLBACK: the same case */
		return !later && text_equal(db->sqlstate, IN_FAILED_TRANSACTION) ? STATUS_RETRY : status;
	return judge_commit(db, tag);
}

/* ---- Rows ---- */

size_t db_rows_count(const struct db_rows *rows)
{
	return (size_t)PQntuples(rows->result);
}

bool db_is_null(const struct db_rows *rows, size_t row, int column)
{
	return PQgetisnull(rows->result, (int)row, column) != 0;
}

const char *db_get_text(const struct db_rows *rows, size_t row, int column)
{
	return PQgetvalue(rows->result, (int)row, column);
}

const char *db_copy_text(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	return db_is_null(rows, row, column) ? NULL : arena_text(arena, db_get_text(rows, row, column), db_get_len(rows, row, column));
}

size_t db_get_len(const struct db_rows *rows, size_t row, int column)
{
	return (size_t)PQgetlength(rows->result, (int)row, column);
}

int64_t db_get_integer(const struct db_rows *rows, size_t row, int column)
{
	return strtoll(db_get_text(rows, row, column), NULL, 10);
}

bool db_get_bool(const struct db_rows *rows, size_t row, int column)
{
	return db_get_text(rows, row, column)[0] == 't';
}

struct span db_get_bytes(const struct db_rows *rows, size_t row, int column, struct arena *arena)
{
	size_t len;
	unsigned char *bytes = PQunescapeBytea((const unsigned char *)db_get_text(rows, row, column), &len);
	ASSERT(bytes != NULL);
	struct span copy = span_of(arena_text(arena, (const char *)bytes, len), len);
	PQfreemem(bytes);
	return copy;
}

void db_rows_destroy(struct db_rows **rows)
{
	if (*rows == NULL)
		return;
	PQclear((*rows)->result);
	free(*rows);
	*rows = NULL;
}

/* ---- COPY ---- */

enum status db_copy_begin(struct db *db, const char *sql)
{
	enum status status = settle_later(db);
	if (status != STATUS_OK)
		return status;
	PGresult *result = PQexec(db->connection, sql);
	db->copying = PQresultStatus(result) == PGRES_COPY_IN;
	status = db->copying ? STATUS_OK : sort_failure(db, result);
	PQclear(result);
	return status;
}

enum status db_copy_send(struct db *db, struct span bytes)
{
	ASSERT(bytes.len <= INT32_MAX);
	return PQputCopyData(db->connection, bytes.at, (int)bytes.len) == 1 ? STATUS_OK : sort_failure(db, NULL);
}

static enum status finish_copy(struct db *db)
{
	enum status status = STATUS_OK;
	for (PGresult *result = PQgetResult(db->connection); result != NULL; result = PQgetResult(db->connection)) {
		if (!succeeded(result) && status == STATUS_OK)
			status = sort_failure(db, result);
		PQclear(result);
	}
	return status;
}

enum status db_copy_end(struct db *db)
{
	db->copying = false;
	if (PQputCopyEnd(db->connection, NULL) != 1)
		return sort_failure(db, NULL);
	return finish_copy(db);
}

/* Its failure is what was asked for: not remembered, for db_error may have something to say. */
void db_copy_refuse(struct db *db)
{
	db->copying = false;
	if (PQputCopyEnd(db->connection, "not wanted") != 1)
		return;
	for (PGresult *result = PQgetResult(db->connection); result != NULL; result = PQgetResult(db->connection))
		PQclear(result);
}

void db_copy_header(struct buf *buf)
{
	buf_append(buf, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
}

void db_copy_trailer(struct buf *buf)
{
	buf_append(buf, "\377\377", 2);
}

void db_copy_row(struct buf *buf, int columns)
{
	uint16_t wire = htons((uint16_t)columns);
	buf_append(buf, &wire, sizeof wire);
}

void db_copy_field(struct buf *buf, struct span bytes)
{
	append_length(buf, (uint32_t)bytes.len);
	buf_append(buf, bytes.at, bytes.len);
}

void db_copy_integer(struct buf *buf, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);
	append_length(buf, sizeof wire);
	buf_append(buf, &wire, sizeof wire);
}

void db_copy_timestamp(struct buf *buf, int64_t unix_us)
{
	db_copy_integer(buf, unix_us - PG_EPOCH_US);
}
