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
#define ASKED_MAX     256  /* statements of a process; others are planned every time */
/* PostgreSQL counts from 2000-01-01. */
#define PG_EPOCH_US   INT64_C(946684800000000)

/* A statement that was asked before: from the second time on it is prepared, so that it is planned once and not every time. */
struct asked {
	uint64_t hash;
	char *sql;
	bool prepared;
};

struct db {
	PGconn *connection;
	char error[ERROR_SIZE];
	char sqlstate[6];
	bool in_transaction;
	bool warned;        /* a WARNING arrived since db_begin */
	struct asked *asked;
	size_t asked_count;
	unsigned generation;  /* of prepared statements: in their names */
	bool was_prepared;    /* the last statement */
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
	{"25006", STATUS_UNAVAILABLE},/* read only: not the primary any more */
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

bool db_alive(const struct db *db)
{
	return PQstatus(db->connection) == CONNECTION_OK;
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

/* What durability and our texts stand on; and time limits that free a stalled instance's locks. Our statements are short: compiling one
 * costs more than it saves (seconds, where statistics are old). */
static const char SESSION_SQL[] =
	"SET synchronous_commit = on; SET standard_conforming_strings = on; SET client_min_messages = warning; "
	"SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = '10s'; SET jit = off; SET search_path = pg_catalog";

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
	if (status != STATUS_OK)
		return fault_set(fault, status, "database", "", -1, "%s", db->error);
	return check_server(db, fault);
}

enum status db_connect(const char *conninfo, const char *name, struct db **ret_db, struct fault *fault)
{
	const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding", "connect_timeout",
	                                "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", NULL};
	const char *const values[] = {conninfo, name, "UTF8", "5", "5", "2", "3", "10000", NULL};
	struct db *db = calloc(1, sizeof *db);
	ASSERT(db != NULL);
	db->connection = PQconnectdbParams(keywords, values, 1);
	ASSERT(db->connection != NULL);
	enum status status = set_up_session(db, fault);
	if (status != STATUS_OK) {
		db_disconnect(&db);
		return status;
	}
	*ret_db = db;
	return STATUS_OK;
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

static void append_element(struct buf *array, const char *text)
{
	if (text == NULL) {
		buf_text(array, "NULL");
		return;
	}
	buf_text(array, "\"");
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_text(array, "\\");
		buf_append(array, c, 1);
	}
	buf_text(array, "\"");
}

struct db_param db_array(struct arena *arena, const char *const *texts, size_t count)
{
	struct buf array;
	buf_init(&array, (size_t)64 * 1024 * 1024);
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
		*asked = (struct asked){.hash = hash, .sql = strdup(sql)};
		ASSERT(asked->sql != NULL);
	}
	return NULL;
}

/* The name under which the statement is prepared, or NULL when it is to be sent as it stands. *ret_failed: preparing it failed, and
 * with it the transaction. */
static const char *prepared_name(struct db *db, const char *sql, size_t count, char name[32], PGresult **ret_failed)
{
	struct asked *asked = find_asked(db, sql);
	*ret_failed = NULL;
	if (asked == NULL)
		return NULL;
	snprintf(name, 32, "asked_%u_%zu", db->generation, (size_t)(asked - db->asked));
	if (!asked->prepared) {
		PGresult *result = PQprepare(db->connection, name, sql, (int)count, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK) {
			*ret_failed = result;
			return NULL;
		}
		PQclear(result);
		asked->prepared = true;
	}
	return name;
}

static PGresult *execute(struct db *db, const char *sql, const struct db_param *params, size_t count)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX];
	int formats[PARAMS_MAX];
	char name[32];
	PGresult *failed;
	ASSERT(count <= PARAMS_MAX);
	for (size_t i = 0; i < count; i++) {
		values[i] = params[i].at;
		lengths[i] = params[i].len;
		formats[i] = params[i].binary ? 1 : 0;
	}
	db->was_prepared = prepared_name(db, sql, count, name, &failed) != NULL;
	if (db->was_prepared)
		return PQexecPrepared(db->connection, name, (int)count, values, lengths, formats, 0);
	return failed != NULL ? failed : PQexecParams(db->connection, sql, (int)count, NULL, values, lengths, formats, 0);
}

static bool succeeded(const PGresult *result)
{
	ExecStatusType kind = PQresultStatus(result);
	return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK;
}

enum status db_exec(struct db *db, const char *sql)
{
	PGresult *result = PQexec(db->connection, sql);
	enum status status = succeeded(result) ? STATUS_OK : sort_failure(db, result);
	PQclear(result);
	return status;
}

enum status db_run(struct db *db, const char *sql, const struct db_param *params, size_t count, int64_t *ret_affected)
{
	PGresult *result = execute(db, sql, params, count);
	enum status status = succeeded(result) ? STATUS_OK : sort_failure(db, result);
	if (status == STATUS_OK && ret_affected != NULL)
		*ret_affected = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return status;
}

enum status db_query(struct db *db, const char *sql, const struct db_param *params, size_t count, struct db_rows **ret_rows)
{
	PGresult *result = execute(db, sql, params, count);
	if (!succeeded(result)) {
		enum status status = sort_failure(db, result);
		PQclear(result);
		return status;
	}
	struct db_rows *rows = malloc(sizeof *rows);
	ASSERT(rows != NULL);
	rows->result = result;
	*ret_rows = rows;
	return STATUS_OK;
}

/* ---- Transactions ---- */

enum status db_begin(struct db *db)
{
	ASSERT(!db->in_transaction);
	if (!db_alive(db)) {
		enum status status = reconnect(db);
		if (status != STATUS_OK)
			return status;
	}
	db->warned = false;
	enum status status = db_exec(db, "BEGIN ISOLATION LEVEL READ COMMITTED");
	db->in_transaction = status == STATUS_OK;
	return status;
}

enum status db_commit(struct db *db)
{
	ASSERT(db->in_transaction);
	db->in_transaction = false;
	PGresult *result = PQexec(db->connection, "COMMIT");
	enum status status = STATUS_OK;
	if (!succeeded(result)) {
		bool told = PQstatus(db->connection) == CONNECTION_OK;
		status = sort_failure(db, result);
		if (!told)
			status = STATUS_UNKNOWN_OUTCOME;
	} else if (!text_equal(PQcmdStatus(result), "COMMIT")) {
		remember(db, NULL, "COMMIT was answered with ROLLBACK");
		status = STATUS_RETRY;
	} else if (db->warned) {
		status = STATUS_RETRY;  /* e.g. a synchronous standby was cancelled: stored here, not as durably as promised */
	}
	PQclear(result);
	return status;
}

void db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	if (db_alive(db))
		PQclear(PQexec(db->connection, "ROLLBACK"));
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
	PGresult *result = PQexec(db->connection, sql);
	enum status status = PQresultStatus(result) == PGRES_COPY_IN ? STATUS_OK : sort_failure(db, result);
	PQclear(result);
	return status;
}

enum status db_copy_send(struct db *db, struct span bytes)
{
	ASSERT(bytes.len <= INT32_MAX);
	return PQputCopyData(db->connection, bytes.at, (int)bytes.len) == 1 ? STATUS_OK : sort_failure(db, NULL);
}

enum status db_copy_end(struct db *db)
{
	if (PQputCopyEnd(db->connection, NULL) != 1)
		return sort_failure(db, NULL);
	enum status status = STATUS_OK;
	for (PGresult *result = PQgetResult(db->connection); result != NULL; result = PQgetResult(db->connection)) {
		if (!succeeded(result) && status == STATUS_OK)
			status = sort_failure(db, result);
		PQclear(result);
	}
	return status;
}

static void copy_length(struct buf *buf, uint32_t len)
{
	uint32_t wire = htonl(len);
	buf_append(buf, &wire, sizeof wire);
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
	copy_length(buf, (uint32_t)bytes.len);
	buf_append(buf, bytes.at, bytes.len);
}

void db_copy_integer(struct buf *buf, int64_t value)
{
	uint64_t wire = htobe64((uint64_t)value);
	copy_length(buf, sizeof wire);
	buf_append(buf, &wire, sizeof wire);
}

void db_copy_timestamp(struct buf *buf, int64_t unix_us)
{
	db_copy_integer(buf, unix_us - PG_EPOCH_US);
}
