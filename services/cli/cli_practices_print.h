/* cli_practices_print: practices and suggestions as people and programs read them: the names of regions, spheres and
 * indicators in both languages, sentences for reasons, JSON. */
#ifndef EFFREG_CLI_PRACTICES_PRINT_H
#define EFFREG_CLI_PRACTICES_PRINT_H

#include "common/buf.h"
#include "services/cli/cli_lang.h"
#include "services/cli/cli_practices_store.h"

#define PRACTICES_NAMES_MAX 128

/* A code of a dictionary of proto/registry with its names. */
struct practices_name {
	const char *code, *ru, *en;
};

struct practices_names {
	struct arena *arena;
	enum cli_lang lang;
	const struct practices_region *regions;
	size_t regions_count;
	struct practices_name items[PRACTICES_NAMES_MAX];  /* spheres and indicators */
	size_t count;
};

/* The embedded dictionaries of spheres and indicators; a failure is a mistake of this build. */
enum status practices_names_load(struct practices_names *names, struct fault *fault) MUST_CHECK;
/* OKTMO or ISO code → the region; NULL when there is none. */
const struct practices_region *practices_names_region(const struct practices_names *names, const char *code);

void practices_print_list(const struct practices_names *names, const struct practice *const *practices, size_t count);
void practices_print_one(const struct practices_names *names, const struct practice *practice);
void practices_print_suggestions(const struct practices_names *names, const struct practice_suggestion *suggestions, size_t count);

void practices_write_list(struct json_writer *writer, const struct practice *const *practices, size_t count);
void practices_write_one(struct json_writer *writer, const struct practice *practice);
void practices_write_suggestions(struct json_writer *writer, struct practices_names *names, const char *region, const char *period,
                                 const struct practice_suggestion *suggestions, size_t count);

#endif
