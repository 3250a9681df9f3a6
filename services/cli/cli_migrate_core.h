/* cli_migrate_core: the migrations of this program held against those of a database. Pure.
 *
 * A migration is a numbered file, 0001_log.sql. What a database remembers of it is its name and the SHA-256 of its bytes
 * as they were applied; a migration is never edited, so another digest, or a name that this program does not have,
 * means that the two have parted ways: nothing is applied then. */
#ifndef EFFREG_CLI_MIGRATE_CORE_H
#define EFFREG_CLI_MIGRATE_CORE_H

#include "common/crypto.h"
#include "common/status.h"

#define MIGRATIONS_MAX 1024

/* Not a migration: a row that stands where programs of before migration 21 look for what they lack, once events were archived that they
 * would read as empty. They refuse the schema then; this program does not count it. */
#define MIGRATE_ARCHIVED "0001_log.sql, of which events were archived"

enum migration_state {
	MIGRATION_APPLIED,
	MIGRATION_DUE,      /* here, not applied yet */
	MIGRATION_EDITED,   /* applied with other bytes than it has here */
	MIGRATION_MISSING,  /* applied, not here, though later ones are here: a file was removed */
	MIGRATION_NEWER,    /* applied, and later than any here: the database is newer than this program */
};

struct migration {
	const char *name;                 /* borrowed */
	char checksum[SHA256_HEX_SIZE];
	const char *applied_time;         /* borrowed; NULL = not applied, or one of this program's own */
	enum migration_state state;       /* by migration_compare */
};

/* Holds what is here against what was applied; both are sorted by name, byte by byte. ret has room for here_count +
 * applied_count: the union, sorted, each with its state. Returns how many. */
size_t migration_compare(const struct migration *here, size_t here_count, const struct migration *applied, size_t applied_count,
                         struct migration *ret) MUST_CHECK;
/* The first that forbids applying anything: edited, missing or newer; NULL = there is none. */
const struct migration *migration_find_obstacle(const struct migration *all, size_t count);
/* The database is newer than this program and nothing else: it has every migration that is here, as it is here, and later ones.
 * A migration only adds, so this program works on it. */
bool migration_is_outgrown(const struct migration *all, size_t count);
size_t migration_count(const struct migration *all, size_t count, enum migration_state state);

const char *migration_state_name(enum migration_state state);  /* "applied": in JSON */
/* Why nothing is applied, and how to mend it, in both languages; state is one of the three that forbid it. */
const char *migration_obstacle_en(enum migration_state state);
const char *migration_obstacle_ru(enum migration_state state);

#endif
