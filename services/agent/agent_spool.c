#include "services/agent/agent_spool.h"

#include "common/ambient.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define SPOOL_VERSION  1
#define RELEASED_MAX   4000
#define CACHE_KIB      "-2048"

enum state { WAITING, STORED, REFUSED };

/* place is the order of taking. numbered: by us. greeted: the centre has said how far it stores the source. digest: SHA-256 of the bytes as they came; bytes: as they are sent, NULL when let go. */
static const char SCHEMA[] =
	"CREATE TABLE source (source_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_sequence INTEGER NOT NULL DEFAULT 0,"
	" seq INTEGER NOT NULL DEFAULT 0, hash BLOB NOT NULL DEFAULT (zeroblob(32)), incarnation INTEGER NOT NULL DEFAULT 0,"
	" greeted INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE TABLE event (place INTEGER PRIMARY KEY, id BLOB NOT NULL, source_id INTEGER NOT NULL REFERENCES source,"
	" sequence INTEGER NOT NULL, numbered INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB, size INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,"
	" taken_us INTEGER NOT NULL, settled_us INTEGER, seq INTEGER, code TEXT, pointer TEXT, text TEXT) STRICT;"
	"CREATE UNIQUE INDEX event_id ON event (id) WHERE state <> 2;"
	"CREATE INDEX event_waiting ON event (source_id, place) WHERE state = 0;"
	"CREATE INDEX event_sequence ON event (source_id, sequence);"
	"CREATE INDEX event_settled ON event (settled_us) WHERE state <> 0 AND bytes IS NOT NULL;"
	"CREATE INDEX event_refused ON event (place) WHERE state = 2;"
	"CREATE TABLE spool (version INTEGER NOT NULL, region TEXT NOT NULL) STRICT;";

#define QUESTION_MAP(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(ROLLBACK, "ROLLBACK") \
	X(FIND_EVENT, "SELECT digest, sequence FROM event WHERE id = ?1 AND state <> 2") \
	X(FIND_SOURCE, "SELECT source_id, last_sequence FROM source WHERE name = ?1") \
	X(INSERT_SOURCE, "INSERT INTO source (name) SELECT ?1 WHERE (SELECT count(*) FROM source) < ?2 RETURNING source_id, last_sequence") \
	X(SAVE_SEQUENCE, "UPDATE source SET last_sequence = max(last_sequence, ?2) WHERE source_id = ?1") \
	X(INSERT_EVENT, "INSERT INTO event (id, source_id, sequence, digest, bytes, size, taken_us, numbered)" \
	                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)") \
	X(LOAD_SOURCES, "SELECT source_id, name, seq, hash, incarnation FROM source ORDER BY source_id LIMIT ?1") \
	X(LOAD_BATCH, "SELECT place, bytes FROM event WHERE source_id = ?1 AND state = 0 AND place > ?2 ORDER BY place") \
	X(SETTLE, "UPDATE event SET state = ?2, settled_us = ?3, seq = ?4, code = ?5, pointer = ?6, text = ?7 WHERE place = ?1 AND state = 0") \
	X(SAVE_MEMORY, "UPDATE source SET seq = ?2, hash = ?3, incarnation = ?4 WHERE source_id = ?1") \
	X(GREET, "UPDATE source SET greeted = 1, last_sequence = last_sequence + ?2 WHERE source_id = ?1 AND greeted = 0") \
	X(LOAD_NUMBERED, "SELECT place, sequence, bytes FROM event WHERE source_id = ?1 AND state = 0 AND numbered = 1 AND place > ?2" \
	                 " ORDER BY place LIMIT 1") \
	X(NUMBER_AGAIN, "UPDATE event SET sequence = ?2, bytes = ?3, size = ?4 WHERE place = ?1") \
	X(SEND_AGAIN, "UPDATE event SET state = 0, settled_us = NULL, seq = NULL WHERE source_id = ?1 AND state = 1 AND sequence > ?2" \
	              " AND bytes IS NOT NULL") \
	X(RELEASE, "UPDATE event SET bytes = NULL WHERE place IN (SELECT place FROM event WHERE settled_us < ?1 AND state <> 0" \
	           " AND bytes IS NOT NULL ORDER BY settled_us LIMIT ?2)") \
	X(COUNT, "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2)," \
	         " count(*) FILTER (WHERE state <> 0 AND bytes IS NOT NULL), COALESCE(sum(size) FILTER (WHERE bytes IS NOT NULL), 0)" \
	         " FROM event") \
	X(OLDEST, "SELECT taken_us FROM event WHERE state = 0 ORDER BY place LIMIT 1") \
	X(LOAD_REFUSALS, "SELECT e.id, s.name, e.sequence, e.code, e.pointer, e.text FROM event e JOIN source s USING (source_id)" \
	                 " WHERE e.state = 2 ORDER BY e.place DESC LIMIT ?1")

enum question {
#define QUESTION_ENUM(name, sql) name,
	QUESTION_MAP(QUESTION_ENUM)
#undef QUESTION_ENUM
	QUESTIONS_COUNT,
};

static const char *const QUESTIONS[] = {
#define QUESTION_TEXT(name, sql) [name] = sql,
	QUESTION_MAP(QUESTION_TEXT)
#undef QUESTION_TEXT
};

struct agent_spool {
	sqlite3 *file;
	sqlite3_stmt *statements[QUESTIONS_COUNT];
	struct spool_counts counts;  /* of what is committed; oldest_us is asked when wanted */
	struct buf numbered;         /* the event being given its number */
};

/* ---- SQLite ---- */

static enum status failed(const struct agent_spool *spool, struct fault *fault)
{
	return fault_set(fault, STATUS_UNAVAILABLE, "spool", "", -1, "the spool: %s", sqlite3_errmsg(spool->file));
}

static sqlite3_stmt *ask(struct agent_spool *spool, enum question question)
{
	sqlite3_stmt *statement = spool->statements[question];
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

/* Of a statement without rows. */
static enum status run(struct agent_spool *spool, sqlite3_stmt *statement, struct fault *fault)
{
	int rc = sqlite3_step(statement);
	enum status status = rc == SQLITE_DONE || rc == SQLITE_ROW ? STATUS_OK : failed(spool, fault);
	sqlite3_reset(statement);
	return status;
}

static enum status begin(struct agent_spool *spool, struct fault *fault)
{
	return run(spool, ask(spool, BEGIN), fault);
}

/* Commits when status is OK, else takes everything back. A COMMIT that fails is taken back too: SQLite leaves it open. */
static enum status end(struct agent_spool *spool, enum status status, const struct spool_counts *counts, struct fault *fault)
{
	if (status == STATUS_OK)
		status = run(spool, ask(spool, COMMIT), fault);
	if (status == STATUS_OK) {
		spool->counts = *counts;
		return STATUS_OK;
	}
	for (size_t i = 0; i < QUESTIONS_COUNT; i++)
		sqlite3_reset(spool->statements[i]);
	if (!sqlite3_get_autocommit(spool->file))
		sqlite3_step(ask(spool, ROLLBACK));
	sqlite3_reset(spool->statements[ROLLBACK]);
	return status;
}

static void bind_span(sqlite3_stmt *statement, int place, const void *at, size_t len)
{
	sqlite3_bind_blob64(statement, place, at, len, SQLITE_STATIC);
}

static void bind_optional_text(sqlite3_stmt *statement, int place, const char *text)
{
	if (text != NULL)
		sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

/* ---- Opening ---- */

static enum status execute(struct agent_spool *spool, const char *sql, struct fault *fault)
{
	return sqlite3_exec(spool->file, sql, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK : failed(spool, fault);
}

/* One number or text; *ret_text is valid until the statement's end: it is copied into text. */
static enum status ask_one(struct agent_spool *spool, const char *sql, char text[64], struct fault *fault)
{
	sqlite3_stmt *statement;
	text[0] = '\0';
	if (sqlite3_prepare_v2(spool->file, sql, -1, &statement, NULL) != SQLITE_OK)
		return failed(spool, fault);
	int rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW && sqlite3_column_text(statement, 0) != NULL)
		snprintf(text, 64, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : failed(spool, fault);
}

static enum status make_schema(struct agent_spool *spool, const char *region, struct fault *fault)
{
	sqlite3_stmt *statement;
	enum status status = execute(spool, "BEGIN IMMEDIATE", fault);
	if (status == STATUS_OK)
		status = execute(spool, SCHEMA, fault);
	if (status == STATUS_OK && sqlite3_prepare_v2(spool->file, "INSERT INTO spool VALUES (?1, ?2)", -1, &statement, NULL) == SQLITE_OK) {
		sqlite3_bind_int(statement, 1, SPOOL_VERSION);
		sqlite3_bind_text(statement, 2, region, -1, SQLITE_STATIC);
		status = sqlite3_step(statement) == SQLITE_DONE ? STATUS_OK : failed(spool, fault);
		sqlite3_finalize(statement);
	}
	return status == STATUS_OK ? execute(spool, "COMMIT", fault) : status;
}

static enum status check_schema(struct agent_spool *spool, const char *path, const char *region, struct fault *fault)
{
	char found[64], version[64];
	enum status status = ask_one(spool, "SELECT count(*) FROM sqlite_schema", found, fault);
	if (status == STATUS_OK && text_equal(found, "0"))
		status = make_schema(spool, region, fault);
	if (status == STATUS_OK && ask_one(spool, "SELECT version FROM spool", version, fault) != STATUS_OK)
		return fault_set(fault, STATUS_INVALID, "spool", "", -1, "%s is no spool of an agent", path);
	if (status == STATUS_OK)
		status = ask_one(spool, "SELECT region FROM spool", found, fault);
	if (status == STATUS_OK && atoi(version) != SPOOL_VERSION)
		return fault_set(fault, STATUS_INVALID, "spool", "", -1, "%s is a spool of version %s, this agent writes version %d", path, version, SPOOL_VERSION);
	if (status == STATUS_OK && !text_equal(found, region))
		return fault_set(fault, STATUS_INVALID, "spool", "", -1, "%s is the spool of region %s, not of %s", path, found, region);
	return status;
}

static enum status prepare_all(struct agent_spool *spool, struct fault *fault)
{
	for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
		if (sqlite3_prepare_v3(spool->file, QUESTIONS[i], -1, SQLITE_PREPARE_PERSISTENT, &spool->statements[i], NULL) != SQLITE_OK)
			return failed(spool, fault);
	}
	return STATUS_OK;
}

static enum status count(struct agent_spool *spool, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, COUNT);
	if (sqlite3_step(statement) != SQLITE_ROW)
		return failed(spool, fault);
	spool->counts.waiting = sqlite3_column_int64(statement, 0);
	spool->counts.stored = sqlite3_column_int64(statement, 1);
	spool->counts.refused = sqlite3_column_int64(statement, 2);
	spool->counts.kept = sqlite3_column_int64(statement, 3);
	spool->counts.bytes = sqlite3_column_int64(statement, 4);
	sqlite3_reset(statement);
	return STATUS_OK;
}

/* locking_mode EXCLUSIVE: one agent, one spool; and the WAL index is in this process's memory, not in a file beside it. */
static const char PRAGMAS[] =
	"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	"PRAGMA cache_size = " CACHE_KIB "; PRAGMA journal_size_limit = 4194304; PRAGMA wal_autocheckpoint = 500;";

enum status agent_spool_open(const char *path, const char *region, int64_t bytes_max, struct agent_spool **ret_spool, struct fault *fault)
{
	struct agent_spool *spool = calloc(1, sizeof *spool);
	ASSERT(spool != NULL);
	spool->counts.bytes_max = bytes_max;
	buf_init(&spool->numbered, EVENT_BYTES_MAX);
	int rc = sqlite3_open_v2(path, &spool->file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	enum status status = rc == SQLITE_OK ? execute(spool, PRAGMAS, fault) : failed(spool, fault);
	char mode[64] = "";
	if (status == STATUS_OK)
		status = ask_one(spool, "PRAGMA journal_mode", mode, fault);
	if (status == STATUS_OK && !text_equal(mode, "wal"))
		status = fault_set(fault, STATUS_INVALID, "spool", "", -1, "%s: the file system there cannot hold a write-ahead log", path);
	if (status == STATUS_OK)
		status = check_schema(spool, path, region, fault);
	if (status == STATUS_OK)
		status = prepare_all(spool, fault);
	if (status == STATUS_OK)
		status = count(spool, fault);
	if (status != STATUS_OK) {
		agent_spool_close(&spool);
		return status;
	}
	*ret_spool = spool;
	return STATUS_OK;
}

void agent_spool_close(struct agent_spool **spool)
{
	if (*spool == NULL)
		return;
	for (size_t i = 0; i < QUESTIONS_COUNT; i++)
		sqlite3_finalize((*spool)->statements[i]);
	sqlite3_close((*spool)->file);
	buf_clear(&(*spool)->numbered);
	free(*spool);
	*spool = NULL;
}

/* ---- Taking ---- */

static enum status find_known(struct agent_spool *spool, const struct spool_event *event, const struct sha256 *digest, bool *ret_known,
                              struct agent_result *result, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, FIND_EVENT);
	bind_span(statement, 1, event->id.bytes, sizeof event->id.bytes);
	int rc = sqlite3_step(statement);
	*ret_known = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW) {
		struct span known = span_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
		result->sequence = (uint64_t)sqlite3_column_int64(statement, 1);
		result->outcome = AGENT_DUPLICATE;
		if (!span_equal(known, span_of((const char *)digest->bytes, SHA256_BYTES))) {
			result->outcome = AGENT_REFUSED;
			fault_say(&result->fault, STATUS_CONFLICT, "conflict", "/id", -1,
			          "another event was taken under this id: give this one an id of its own; a correction names the other one in \"supersedes\"",
			          "под этим id уже принято другое событие: дайте этому собственный id; исправление называет прежнее событие в \"supersedes\"");
		}
	}
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : failed(spool, fault);
}

/* NOT_FOUND: there are too many sources already. */
static enum status find_source(struct agent_spool *spool, const char *name, int64_t *ret_source_id, int64_t *ret_last_sequence, struct fault *fault)
{
	static const enum question STEPS[] = {FIND_SOURCE, INSERT_SOURCE};
	for (size_t i = 0; i < ARRAY_COUNT(STEPS); i++) {
		sqlite3_stmt *statement = ask(spool, STEPS[i]);
		sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
		if (STEPS[i] == INSERT_SOURCE)
			sqlite3_bind_int(statement, 2, AGENT_SOURCES_MAX);
		int rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW) {
			*ret_source_id = sqlite3_column_int64(statement, 0);
			*ret_last_sequence = sqlite3_column_int64(statement, 1);
		}
		/* An INSERT … RETURNING has done its work with its first row, but is at its end only when asked once more. */
		int last = rc == SQLITE_ROW ? sqlite3_step(statement) : rc;
		sqlite3_reset(statement);
		if (last != SQLITE_DONE)
			return failed(spool, fault);
		if (rc == SQLITE_ROW)
			return STATUS_OK;
	}
	return STATUS_NOT_FOUND;
}

static enum status insert_event(struct agent_spool *spool, const struct spool_event *event, const struct sha256 *digest, int64_t source_id,
                                uint64_t sequence, struct span bytes, struct fault *fault)
{
	bool numbered = event->sequence == 0;
	sqlite3_stmt *statement = ask(spool, INSERT_EVENT);
	bind_span(statement, 1, event->id.bytes, sizeof event->id.bytes);
	sqlite3_bind_int64(statement, 2, source_id);
	sqlite3_bind_int64(statement, 3, (int64_t)sequence);
	bind_span(statement, 4, digest->bytes, SHA256_BYTES);
	bind_span(statement, 5, bytes.at, bytes.len);
	sqlite3_bind_int64(statement, 6, (int64_t)bytes.len);
	sqlite3_bind_int64(statement, 7, ambient_now_us());
	sqlite3_bind_int(statement, 8, numbered);
	enum status status = run(spool, statement, fault);
	if (status != STATUS_OK)
		return status;
	statement = ask(spool, SAVE_SEQUENCE);
	sqlite3_bind_int64(statement, 1, source_id);
	sqlite3_bind_int64(statement, 2, (int64_t)sequence);
	return run(spool, statement, fault);
}

static enum status take_event(struct agent_spool *spool, const struct spool_event *event, struct spool_counts *counts,
                              struct agent_result *result, struct fault *fault)
{
	const struct sha256 digest = sha256_of(event->bytes.at, event->bytes.len);
	int64_t source_id = 0, last_sequence = 0;
	bool known;
	*result = (struct agent_result){.outcome = AGENT_ACCEPTED, .fault = {.offset = -1}};
	enum status status = find_known(spool, event, &digest, &known, result, fault);
	if (status != STATUS_OK || known)
		return status;
	status = find_source(spool, event->source, &source_id, &last_sequence, fault);
	if (status == STATUS_NOT_FOUND) {
		result->outcome = AGENT_REFUSED;
		fault_tell(&result->fault, STATUS_FORBIDDEN, "forbidden_source", "/source", -1, "an agent sends for at most %d sources: use one of those it knows",
		           "агент отправляет события не более чем %d источников: укажите один из известных ему", AGENT_SOURCES_MAX);
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	struct span bytes = event->bytes;
	result->sequence = event->sequence;
	if (event->sequence == 0 && event->bytes.len + AGENT_NUMBER_BYTES > EVENT_BYTES_MAX) {
		result->outcome = AGENT_REFUSED;
		fault_say(&result->fault, STATUS_TOO_LARGE, "too_large", "", -1, "with its number the event is over 64 KiB: make it smaller",
		          "вместе с номером событие больше 64 КиБ: сократите его");
		return STATUS_OK;
	}
	if (event->sequence == 0) {
		result->sequence = (uint64_t)last_sequence + 1;
		buf_reset(&spool->numbered);
		agent_number(&spool->numbered, event->bytes, result->sequence);
		bytes = buf_span(&spool->numbered);
	}
	counts->waiting++;
	counts->bytes += (int64_t)bytes.len;
	return insert_event(spool, event, &digest, source_id, result->sequence, bytes, fault);
}

enum status agent_spool_take(struct agent_spool *spool, const struct spool_event *events, size_t count, struct agent_result *ret_results,
                             struct fault *fault)
{
	struct spool_counts counts = spool->counts;
	enum status status = begin(spool, fault);
	for (size_t i = 0; status == STATUS_OK && i < count; i++)
		status = take_event(spool, &events[i], &counts, &ret_results[i], fault);
	if (status == STATUS_OK && counts.bytes > counts.bytes_max && counts.bytes > spool->counts.bytes)
		status = fault_set(fault, STATUS_TOO_LARGE, "spool_full", "", -1,
		                   "the spool holds its %lld bytes: nothing was taken; hand it in again when the centre has taken some, or raise --spool-bytes-max",
		                   (long long)counts.bytes_max);
	return end(spool, status, &counts, fault);
}

/* ---- Sending ---- */

enum status agent_spool_load_sources(struct agent_spool *spool, struct spool_source ret_sources[AGENT_SOURCES_MAX], size_t *ret_count, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, LOAD_SOURCES);
	int rc;
	size_t found = 0;
	sqlite3_bind_int(statement, 1, AGENT_SOURCES_MAX);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		struct spool_source *source = &ret_sources[found++];
		*source = (struct spool_source){.source_id = sqlite3_column_int64(statement, 0)};
		snprintf(source->name, sizeof source->name, "%s", (const char *)sqlite3_column_text(statement, 1));
		source->memory.seq = (uint64_t)sqlite3_column_int64(statement, 2);
		source->memory.incarnation = (uint64_t)sqlite3_column_int64(statement, 4);
		if (sqlite3_column_bytes(statement, 3) == SHA256_BYTES)
			memcpy(source->memory.hash.bytes, sqlite3_column_blob(statement, 3), SHA256_BYTES);
	}
	sqlite3_reset(statement);
	*ret_count = found;
	return rc == SQLITE_DONE ? STATUS_OK : failed(spool, fault);
}

enum status agent_spool_load_batch(struct agent_spool *spool, int64_t source_id, int64_t after_place, struct spool_batch *batch, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, LOAD_BATCH);
	struct push_batch *push = &batch->batch;
	int rc = SQLITE_DONE;
	*push = (struct push_batch){.body = batch->body};
	sqlite3_bind_int64(statement, 1, source_id);
	sqlite3_bind_int64(statement, 2, after_place);
	while (push->count < PUSH_EVENTS_MAX && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		size_t size = (size_t)sqlite3_column_bytes(statement, 1);
		if (push->body_bytes + size > PUSH_BODY_BYTES_MAX)
			break;
		memcpy(batch->body + push->body_bytes, sqlite3_column_blob(statement, 1), size);
		batch->places[push->count] = sqlite3_column_int64(statement, 0);
		push->sizes[push->count++] = (uint32_t)size;
		push->body_bytes += size;
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? STATUS_OK : failed(spool, fault);
}

static enum status save_memory(struct agent_spool *spool, int64_t source_id, const struct push_memory *memory, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, SAVE_MEMORY);
	sqlite3_bind_int64(statement, 1, source_id);
	sqlite3_bind_int64(statement, 2, (int64_t)memory->seq);
	bind_span(statement, 3, memory->hash.bytes, SHA256_BYTES);
	sqlite3_bind_int64(statement, 4, (int64_t)memory->incarnation);
	return run(spool, statement, fault);
}

static enum status settle_event(struct agent_spool *spool, int64_t place, const struct push_result *result, int64_t now_us,
                                struct spool_counts *counts, struct fault *fault)
{
	bool refused = result->outcome == PUSH_REJECTED;
	sqlite3_stmt *statement = ask(spool, SETTLE);
	sqlite3_bind_int64(statement, 1, place);
	sqlite3_bind_int(statement, 2, refused ? REFUSED : STORED);
	sqlite3_bind_int64(statement, 3, now_us);
	if (!refused)
		sqlite3_bind_int64(statement, 4, (int64_t)result->seq);
	bind_optional_text(statement, 5, result->code);
	bind_optional_text(statement, 6, result->pointer);
	bind_optional_text(statement, 7, result->text);
	enum status status = run(spool, statement, fault);
	if (status == STATUS_OK && sqlite3_changes(spool->file) == 1) {
		counts->waiting--;
		counts->kept++;
		if (refused)
			counts->refused++;
		else
			counts->stored++;
	}
	return status;
}

enum status agent_spool_settle(struct agent_spool *spool, int64_t source_id, const struct spool_batch *batch, const struct push_result *results,
                               const struct push_memory *memory, int64_t now_us, size_t *ret_later, struct fault *fault)
{
	struct spool_counts counts = spool->counts;
	enum status status = begin(spool, fault);
	*ret_later = 0;
	for (size_t i = 0; status == STATUS_OK && i < batch->batch.count; i++) {
		if (agent_judge(&results[i]) == AGENT_LATER)
			++*ret_later;
		else
			status = settle_event(spool, batch->places[i], &results[i], now_us, &counts, fault);
	}
	if (status == STATUS_OK)
		status = save_memory(spool, source_id, memory, fault);
	return end(spool, status, &counts, fault);
}

/* What was stored beyond source_sequence is not stored any more. */
static enum status send_again(struct agent_spool *spool, int64_t source_id, uint64_t source_sequence, struct spool_counts *counts,
                              size_t *ret_again, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, SEND_AGAIN);
	sqlite3_bind_int64(statement, 1, source_id);
	sqlite3_bind_int64(statement, 2, (int64_t)source_sequence);
	enum status status = run(spool, statement, fault);
	if (status != STATUS_OK)
		return status;
	int64_t again = sqlite3_changes64(spool->file);
	counts->waiting += again;
	counts->stored -= again;
	counts->kept -= again;
	*ret_again = (size_t)again;
	return STATUS_OK;
}

/* NOT_FOUND: there is none behind this place. */
static enum status number_next(struct agent_spool *spool, int64_t source_id, uint64_t shift, int64_t *place, struct spool_counts *counts, struct fault *fault)
{
	sqlite3_stmt *load = ask(spool, LOAD_NUMBERED), *save = ask(spool, NUMBER_AGAIN);
	sqlite3_bind_int64(load, 1, source_id);
	sqlite3_bind_int64(load, 2, *place);
	int rc = sqlite3_step(load);
	enum status status = rc == SQLITE_ROW ? STATUS_OK : rc == SQLITE_DONE ? STATUS_NOT_FOUND : failed(spool, fault);
	if (status == STATUS_OK) {
		uint64_t before = (uint64_t)sqlite3_column_int64(load, 1);
		struct span bytes = span_of(sqlite3_column_blob(load, 2), (size_t)sqlite3_column_bytes(load, 2));
		*place = sqlite3_column_int64(load, 0);
		buf_reset(&spool->numbered);
		agent_number_again(&spool->numbered, bytes, before, before + shift);
		counts->bytes += (int64_t)spool->numbered.len - (int64_t)bytes.len;
		sqlite3_bind_int64(save, 1, *place);
		sqlite3_bind_int64(save, 2, (int64_t)(before + shift));
		bind_span(save, 3, spool->numbered.at, spool->numbered.len);
		sqlite3_bind_int64(save, 4, (int64_t)spool->numbered.len);
		sqlite3_reset(load);
		status = run(spool, save, fault);
	}
	sqlite3_reset(load);
	return status;
}

/* The first word from the centre about a source, before anything of it was sent from this spool. When it stores some already, an
 * earlier spool was lost: the numbers go on behind those, or ours would stand for two events each. */
static enum status greet(struct agent_spool *spool, int64_t source_id, uint64_t source_sequence, struct spool_counts *counts, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, GREET);
	sqlite3_bind_int64(statement, 1, source_id);
	sqlite3_bind_int64(statement, 2, (int64_t)source_sequence);
	enum status status = run(spool, statement, fault);
	if (status != STATUS_OK || sqlite3_changes(spool->file) == 0 || source_sequence == 0)
		return status;
	int64_t place = 0;
	while (status == STATUS_OK)
		status = number_next(spool, source_id, source_sequence, &place, counts, fault);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status agent_spool_welcome(struct agent_spool *spool, int64_t source_id, const struct push_welcome *welcome, size_t *ret_again,
                                struct fault *fault)
{
	struct spool_counts counts = spool->counts;
	enum status status = begin(spool, fault);
	*ret_again = 0;
	if (status == STATUS_OK)
		status = greet(spool, source_id, welcome->source_sequence, &counts, fault);
	if (status == STATUS_OK && welcome->reopened)
		status = send_again(spool, source_id, welcome->source_sequence, &counts, ret_again, fault);
	if (status == STATUS_OK)
		status = save_memory(spool, source_id, &welcome->memory, fault);
	return end(spool, status, &counts, fault);
}

enum status agent_spool_release(struct agent_spool *spool, int64_t settled_before_us, size_t *ret_released, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, RELEASE);
	sqlite3_bind_int64(statement, 1, settled_before_us);
	sqlite3_bind_int(statement, 2, RELEASED_MAX);
	enum status status = run(spool, statement, fault);
	*ret_released = status == STATUS_OK ? (size_t)sqlite3_changes64(spool->file) : 0;
	return status == STATUS_OK && *ret_released > 0 ? count(spool, fault) : status;
}

/* ---- Looking ---- */

struct spool_counts agent_spool_counts(const struct agent_spool *spool)
{
	struct spool_counts counts = spool->counts;
	sqlite3_stmt *statement = spool->statements[OLDEST];
	counts.oldest_us = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return counts;
}

static const char *copy_text(struct arena *arena, sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	return text == NULL ? "" : arena_text(arena, text, strlen(text));
}

enum status agent_spool_load_refusals(struct agent_spool *spool, struct arena *arena, size_t max, struct spool_refusal *ret_refusals,
                                      size_t *ret_count, struct fault *fault)
{
	sqlite3_stmt *statement = ask(spool, LOAD_REFUSALS);
	size_t found = 0;
	int rc = SQLITE_DONE;
	sqlite3_bind_int64(statement, 1, (int64_t)max);
	while (found < max && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		struct spool_refusal *refusal = &ret_refusals[found++];
		struct ident_uuid id = {0};
		if (sqlite3_column_bytes(statement, 0) == (int)sizeof id.bytes)
			memcpy(id.bytes, sqlite3_column_blob(statement, 0), sizeof id.bytes);
		ident_uuid_format(&id, refusal->id);
		refusal->source = copy_text(arena, statement, 1);
		refusal->sequence = (uint64_t)sqlite3_column_int64(statement, 2);
		refusal->code = copy_text(arena, statement, 3);
		refusal->pointer = copy_text(arena, statement, 4);
		refusal->text = copy_text(arena, statement, 5);
	}
	sqlite3_reset(statement);
	*ret_count = found;
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? STATUS_OK : failed(spool, fault);
}
