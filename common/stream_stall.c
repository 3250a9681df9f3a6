#include "common/stream_stall.h"

#include <stdio.h>
#include <stdlib.h>

#define STRINGIFY(text) #text
#define TEXT_OF(number) STRINGIFY(number)

#define MARK_SIZE 128
#define ARENA_MAX ((size_t)64 * 1024)

/* A session that waited for its client at the last look. */
struct waiting {
	char mark[MARK_SIZE];  /* the process, its statement and how far that has come: a session that moves has another mark */
	unsigned looks;        /* at which the same mark was seen */
};

struct stream_stall {
	struct db *db;
	struct arena *arena;
	struct waiting at[STREAM_STALL_MAX];
	size_t count;
};

enum status stream_stall_new(struct db *db, struct stream_stall **ret_stall)
{
	enum status status = db_prepare(db, "SET idle_in_transaction_session_timeout = " TEXT_OF(STREAM_STALL_MS));
	if (status != STATUS_OK)
		return status;
	struct stream_stall *stall = calloc(1, sizeof *stall);
	ASSERT(stall != NULL);
	stall->db = db;
	stall->arena = arena_new(ARENA_MAX);
	*ret_stall = stall;
	return STATUS_OK;
}

void stream_stall_destroy(struct stream_stall **stall)
{
	if (*stall == NULL)
		return;
	arena_destroy(&(*stall)->arena);
	free(*stall);
	*stall = NULL;
}

/* How often in a row the mark was seen, this look included. */
static unsigned looks_of(const struct stream_stall *stall, const char *mark)
{
	for (size_t i = 0; i < stall->count; i++) {
		if (text_equal(stall->at[i].mark, mark))
			return stall->at[i].looks + 1;
	}
	return 1;
}

static enum status end_session(struct stream_stall *stall, int64_t pid, unsigned *ended)
{
	const struct db_param params[] = {db_integer(stall->arena, pid)};
	(*ended)++;
	return db_run(stall->db, "SELECT pg_catalog.pg_terminate_backend($1::integer)", params, ARRAY_COUNT(params), NULL);
}

static enum status take_waiting(struct stream_stall *stall, const struct db_rows *rows, unsigned *ended)
{
	struct waiting seen[STREAM_STALL_MAX];
	size_t count = 0;
	enum status status = STATUS_OK;
	for (size_t row = 0; row < db_rows_count(rows) && count < STREAM_STALL_MAX && status == STATUS_OK; row++) {
		struct waiting *waiting = &seen[count++];
		snprintf(waiting->mark, sizeof waiting->mark, "%s", db_get_text(rows, row, 1));
		waiting->looks = looks_of(stall, waiting->mark);
		if (waiting->looks >= STREAM_STALL_LOOKS)
			status = end_session(stall, db_get_integer(rows, row, 0), ended);
	}
	memcpy(stall->at, seen, count * sizeof *seen);
	stall->count = count;
	return status;
}

/* A cursor is held by whoever has the lock that FOR UPDATE takes on its table. */
static enum status look(struct stream_stall *stall, unsigned *ended)
{
	static const char SQL[] =
		"SELECT a.pid, a.pid || ' ' || a.state_change || ' ' || COALESCE(p.bytes_processed, 0) FROM pg_catalog.pg_stat_activity a"
		" JOIN pg_catalog.pg_locks l ON l.pid = a.pid AND l.relation = 'effreg.cursor'::pg_catalog.regclass AND l.mode = 'RowShareLock'"
		" LEFT JOIN pg_catalog.pg_stat_progress_copy p ON p.pid = a.pid"
		" WHERE a.datname = pg_catalog.current_database() AND a.usename = CURRENT_USER AND a.pid <> pg_catalog.pg_backend_pid()"
		" AND a.state = 'active' AND a.wait_event_type = 'Client' ORDER BY a.pid";
	struct db_rows *rows;
	enum status status = db_query(stall->db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	status = take_waiting(stall, rows, ended);
	db_rows_destroy(&rows);
	return status;
}

enum status stream_stall_look(struct stream_stall *stall, unsigned *ret_ended)
{
	*ret_ended = 0;
	arena_reset(stall->arena);
	enum status status = db_begin(stall->db);
	if (status != STATUS_OK)
		return status;
	status = look(stall, ret_ended);
	db_rollback(stall->db);
	return status;
}
