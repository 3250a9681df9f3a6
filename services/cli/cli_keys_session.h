/* cli_keys_session: what the commands on stored keys have in common: one transaction, in which the act and its audit
 * row stand together or not at all. */
#ifndef EFFREG_CLI_KEYS_SESSION_H
#define EFFREG_CLI_KEYS_SESSION_H

#include "common/bus.h"
#include "common/json.h"
#include "services/cli/cli_args.h"
#include "services/cli/cli_keys_store.h"

struct keys_session {
	const struct cli_args *args;
	struct db *db;
	struct arena *arena;
	struct fault fault;   /* why not, when it was not the database */
	struct buf detail;    /* of the audit row */
	struct json_writer writer;
};

/* Connects and begins. False: told, *ret_exit is the exit code. End with keys_session_close. */
bool keys_session_open(struct keys_session *session, const struct cli_args *args, int *ret_exit) MUST_CHECK;
/* Commits when status is OK; otherwise rolls back and tells why. The exit code. */
int keys_session_close(struct keys_session *session, enum status status);

/* The key of --TEXT_OPTION or --FILE_OPTION; false after telling. */
bool keys_session_read_key(const struct cli_args *args, const char *text_option, const char *file_option,
                           char ret_key[BUS_KEY_TEXT]) MUST_CHECK;

/* Begins the detail of the audit row; members are added with session->writer, then keys_session_audit writes it. */
void keys_session_detail(struct keys_session *session);
enum status keys_session_audit(struct keys_session *session, const char *act, const char *public_key) MUST_CHECK;

/* What is to be let in. */
struct keys_grant {
	const char *public_key;
	struct key_rights rights;
	const char *note;
	const char *act;       /* "key.added" */
	const char *replaces;  /* the key it takes over from, or NULL */
};

/* Lets the key in, with its audit row. A key that is there with the same rights is left as it is, silently; CONFLICT with
 * a fault when it has others or was revoked. */
enum status keys_session_grant(struct keys_session *session, const struct keys_grant *grant) MUST_CHECK;
/* Refuses a stored key from now on, with its audit row. */
enum status keys_session_revoke(struct keys_session *session, const char *public_key, const char *reason) MUST_CHECK;

#endif
