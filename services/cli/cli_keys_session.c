#include "services/cli/cli_keys_session.h"

#include "services/cli/cli_output.h"

#define ARENA_BYTES_MAX  ((size_t)64 * 1024 * 1024)
#define DETAIL_BYTES_MAX ((size_t)64 * 1024)

bool keys_session_open(struct keys_session *session, const struct cli_args *args, int *ret_exit)
{
	*session = (struct keys_session){.args = args, .fault = {.offset = -1}};
	*ret_exit = CLI_EXIT_UNREACHABLE;
	if (cli_output_connect_db(args, &session->db) != STATUS_OK)
		return false;
	if (db_begin(session->db) != STATUS_OK) {
		cli_output_error(args, "%s", db_error(session->db));
		db_disconnect(&session->db);
		return false;
	}
	session->arena = arena_new(ARENA_BYTES_MAX);
	buf_init(&session->detail, DETAIL_BYTES_MAX);
	return true;
}

int keys_session_close(struct keys_session *session, enum status status)
{
	bool refused = session->fault.text[0] != '\0';
	if (status == STATUS_OK)
		status = db_commit(session->db);
	else
		db_rollback(session->db);
	if (status != STATUS_OK && refused)
		cli_output_fault(session->args, &session->fault);
	else if (status != STATUS_OK)
		cli_output_error(session->args, "%s", db_error(session->db));
	buf_clear(&session->detail);
	arena_destroy(&session->arena);
	db_disconnect(&session->db);
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	return status_group(status) == STATUS_GROUP_TRANSIENT ? CLI_EXIT_UNREACHABLE : CLI_EXIT_NEGATIVE;
}

bool keys_session_read_key(const struct cli_args *args, const char *text_option, const char *file_option,
                           char ret_key[BUS_KEY_TEXT])
{
	struct fault fault = {.offset = -1};
	const char *file = cli_args_value(args, file_option);
	const char *text = cli_args_value(args, text_option);
	enum status status = STATUS_OK;
	if (file != NULL)
		status = bus_read_key(file, ret_key, &fault);
	else if (text != NULL && key_is_public(text))
		memcpy(ret_key, text, BUS_KEY_TEXT);
	else
		status = fault_set(&fault, STATUS_INVALID, "key", "", -1,
		                   cli_text(args->lang, "give a public key (40 characters of Z85) by --%s or --%s",
		                            "задайте открытый ключ (40 знаков Z85): --%s или --%s"), text_option, file_option);
	if (status != STATUS_OK)
		cli_output_fault(args, &fault);
	return status == STATUS_OK;
}

/* ---- audit ---- */

void keys_session_detail(struct keys_session *session)
{
	buf_reset(&session->detail);
	json_writer_init(&session->writer, &session->detail);
	json_write_object(&session->writer);
}

enum status keys_session_audit(struct keys_session *session, const char *act, const char *public_key)
{
	json_write_object_end(&session->writer);
	if (!buf_ok(&session->detail))
		return fault_set(&session->fault, STATUS_TOO_LARGE, "audit", "", -1, "%s",
		                 cli_text(session->args->lang, "the text is too long", "слишком длинный текст"));
	return cli_keys_store_audit(session->db, session->arena, act, public_key, buf_span(&session->detail));
}

/* ---- letting in ---- */

static enum status audit_grant(struct keys_session *session, const struct keys_grant *grant)
{
	keys_session_detail(session);
	json_member_string(&session->writer, "role", grant->rights.role);
	json_member_string(&session->writer, "region", grant->rights.region);
	json_member_string(&session->writer, "sources", grant->rights.sources);
	if (grant->replaces != NULL)
		json_member_string(&session->writer, "replaces", grant->replaces);
	return keys_session_audit(session, grant->act, grant->public_key);
}

static enum status judge_stored(struct keys_session *session, const struct keys_grant *grant)
{
	enum cli_lang lang = session->args->lang;
	struct stored_key stored;
	enum status status = cli_keys_store_find(session->db, session->arena, grant->public_key, &stored);
	if (status != STATUS_OK)
		return status;
	if (stored.revoked)
		return fault_set(&session->fault, STATUS_CONFLICT, "revoked", "", -1, "%s",
		                 cli_text(lang, "this key was revoked, for ever: make a new one",
		                          "этот ключ отозван навсегда: создайте новый"));
	if (!key_rights_equal(&stored.rights, &grant->rights))
		return fault_set(&session->fault, STATUS_CONFLICT, "conflict", "", -1,
		                 cli_text(lang, "this key is there already with other rights: role %s, region %s, sources %s",
		                          "этот ключ уже есть с другими правами: роль %s, регион %s, источники %s"),
		                 stored.rights.role, stored.rights.region == NULL ? "-" : stored.rights.region,
		                 stored.rights.sources == NULL ? "*" : stored.rights.sources);
	return STATUS_OK;
}

enum status keys_session_grant(struct keys_session *session, const struct keys_grant *grant)
{
	bool inserted;
	enum status status =
		cli_keys_store_insert(session->db, grant->public_key, &grant->rights, grant->note, &inserted);
	if (status != STATUS_OK)
		return status;
	return inserted ? audit_grant(session, grant) : judge_stored(session, grant);
}

enum status keys_session_revoke(struct keys_session *session, const char *public_key, const char *reason)
{
	enum status status = cli_keys_store_revoke(session->db, public_key);
	if (status != STATUS_OK)
		return status;
	keys_session_detail(session);
	json_member_string(&session->writer, "reason", reason);
	return keys_session_audit(session, "key.revoked", public_key);
}
