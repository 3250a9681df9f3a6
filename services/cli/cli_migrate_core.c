#include "services/cli/cli_migrate_core.h"

/* The name of the last migration here says up to where the program knows. */
static enum migration_state state_of_unknown(const struct migration *here, size_t here_count, const char *name)
{
	return here_count > 0 && strcmp(name, here[here_count - 1].name) < 0 ? MIGRATION_MISSING : MIGRATION_NEWER;
}

size_t migration_compare(const struct migration *here, size_t here_count, const struct migration *applied, size_t applied_count,
                         struct migration *ret)
{
	size_t h = 0, a = 0, count = 0;
	while (h < here_count || a < applied_count) {
		int order = h == here_count ? 1 : a == applied_count ? -1 : strcmp(here[h].name, applied[a].name);
		struct migration *one = &ret[count++];
		*one = order <= 0 ? here[h] : applied[a];
		if (order < 0)
			one->state = MIGRATION_DUE;
		else if (order > 0)
			one->state = state_of_unknown(here, here_count, applied[a].name);
		else
			one->state = text_equal(here[h].checksum, applied[a].checksum) ? MIGRATION_APPLIED : MIGRATION_EDITED;
		if (order == 0)
			one->applied_time = applied[a].applied_time;
		h += order <= 0;
		a += order >= 0;
	}
	return count;
}

const struct migration *migration_find_obstacle(const struct migration *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].state != MIGRATION_APPLIED && all[i].state != MIGRATION_DUE)
			return &all[i];
	}
	return NULL;
}

size_t migration_count(const struct migration *all, size_t count, enum migration_state state)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		found += all[i].state == state;
	return found;
}

bool migration_is_outgrown(const struct migration *all, size_t count)
{
	size_t newer = migration_count(all, count, MIGRATION_NEWER);
	return newer > 0 && newer + migration_count(all, count, MIGRATION_APPLIED) == count;
}

struct state_words {
	const char *name, *en, *ru;
};

static const struct state_words STATES[] = {
	[MIGRATION_APPLIED] = {"applied", NULL, NULL},
	[MIGRATION_DUE] = {"due", NULL, NULL},
	[MIGRATION_EDITED] = {"edited", "it was edited after it was applied here; a migration is never edited: restore the file as it was, and add a new one",
	                      "изменена после применения; миграции не правят: верните файл, каким он был, и добавьте новую"},
	[MIGRATION_MISSING] = {"missing", "it was applied to this database and is missing in this program: build it with the file, or use the program that applied it",
	                       "применена к этой базе, но в этой программе её нет: соберите программу с этим файлом или возьмите ту, что её применила"},
	[MIGRATION_NEWER] = {"newer", "the database is newer than this program: it has migrations that are missing here; use the newer program",
	                     "база новее этой программы: в ней есть миграции, которых здесь нет; возьмите более новую программу"},
};

const char *migration_state_name(enum migration_state state)
{
	return STATES[state].name;
}

const char *migration_obstacle_en(enum migration_state state)
{
	return STATES[state].en;
}

const char *migration_obstacle_ru(enum migration_state state)
{
	return STATES[state].ru;
}
