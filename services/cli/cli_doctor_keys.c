#include "services/cli/cli_doctor_keys.h"

#include "common/ambient.h"
#include "common/bus.h"
#include "services/cli/cli_doctor_store.h"
#include "services/cli/cli_keys_core.h"

#include <sys/stat.h>

/* False: it is not there, or cannot be read. */
static bool look_at_mode(struct diagnosis *diagnosis, const char *path, enum doctor_secret kind)
{
	struct stat there;
	if (stat(path, &there) != 0) {
		diagnosis_add(diagnosis, FINDING_FAILURE, "keys",
		              arena_printf(diagnosis->arena, cli_text(diagnosis->lang, "%s is not there, or this user may not look", "%s не найден или недоступен этому пользователю"), path),
		              kind == DOCTOR_CURVE_SECRET ? arena_printf(diagnosis->arena, "effreg keys new %s", path)
		                                          : cli_text(diagnosis->lang, "put it there, or name the right file", "положите его туда или укажите верный файл"));
		return false;
	}
	if (kind != DOCTOR_CURVE_PUBLIC)
		doctor_judge_mode(diagnosis, path, there.st_mode);
	return true;
}

/* The other half, where it lies beside it. */
static void look_at_pair(struct diagnosis *diagnosis, const char *path, const char *public_key)
{
	char beside[BUS_KEY_TEXT];
	const char *other = arena_printf(diagnosis->arena, "%s.pub", path);
	struct stat there;
	if (stat(other, &there) != 0)
		return;
	if (bus_read_key(other, beside, NULL) != STATUS_OK || !text_equal(beside, public_key))
		diagnosis_add(diagnosis, FINDING_FAILURE, "keys",
		              arena_printf(diagnosis->arena, cli_text(diagnosis->lang, "%s is not the public half of %s", "%s — не открытая половина ключа %s"), other, path),
		              arena_printf(diagnosis->arena, cli_text(diagnosis->lang, "write %s into it", "запишите в него %s"), public_key));
}

static void look_at_role(struct diagnosis *diagnosis, struct db *db, const char *path, const char *public_key, const char *expected)
{
	const char *role;
	bool revoked;
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = doctor_store_find_key(db, diagnosis->arena, public_key, &role, &revoked);
	db_rollback(db);
	if (status == STATUS_OK)
		doctor_judge_role(diagnosis, path, expected, role, revoked);
	else
		diagnosis_add(diagnosis, FINDING_WARNING, "keys", arena_printf(diagnosis->arena, "%s: %s", path, db_error(db)),
		              cli_text(diagnosis->lang, "ask as effreg_ops or the owner of the database", "спросите от имени effreg_ops или владельца базы"));
}

void doctor_look_at_file(struct diagnosis *diagnosis, struct db *db, const char *path, enum doctor_secret kind, const char *role)
{
	struct fault fault = {.offset = -1};
	char key[BUS_KEY_TEXT], public_key[BUS_KEY_TEXT];
	size_t failures = diagnosis->failures;
	if (!look_at_mode(diagnosis, path, kind) || kind == DOCTOR_TEXT_SECRET)
		return;
	enum status status = bus_read_key(path, key, &fault);
	if (status == STATUS_OK && !(kind == DOCTOR_CURVE_SECRET ? bus_public_key(key, public_key) : key_is_public(key)))
		status = fault_set(&fault, STATUS_INVALID, "key", "", -1, cli_text(diagnosis->lang, "%s holds no CURVE key", "в %s нет ключа CURVE"), path);
	if (status != STATUS_OK) {
		diagnosis_add(diagnosis, FINDING_FAILURE, "keys", arena_text(diagnosis->arena, fault.text, strlen(fault.text)),
		              cli_text(diagnosis->lang, "a file holds one key of 40 characters: effreg keys new FILE makes a pair",
		                       "в файле один ключ из 40 знаков: effreg keys new ФАЙЛ создаёт пару"));
		return;
	}
	if (kind == DOCTOR_CURVE_SECRET)
		look_at_pair(diagnosis, path, public_key);
	if (kind == DOCTOR_CURVE_SECRET && role != NULL && db != NULL)
		look_at_role(diagnosis, db, path, public_key, role);
	else if (diagnosis->failures == failures)
		diagnosis_add(diagnosis, FINDING_OK, "keys", path, NULL);
}
