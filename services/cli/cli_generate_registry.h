/* cli_generate_registry: the regions the generator writes for, read from proto/registry/regions.csv. */
#ifndef EFFREG_CLI_GENERATE_REGISTRY_H
#define EFFREG_CLI_GENERATE_REGISTRY_H

#include "common/ident.h"

#define GENERATE_REGIONS_MAX 128

struct generate_region {
	char oktmo[OKTMO_TEXT_SIZE];
	char iso[8];      /* "RU-VOR", or empty */
	char type[24];    /* "oblast", "republic", "federal_city", ... */
	char district[48]; /* federal district, in English; empty when the text has no such column */
	unsigned index;   /* its row in the whole registry, from 0: stays when others are left out */
};

struct generate_registry {
	struct generate_region regions[GENERATE_REGIONS_MAX];
	size_t count;
};

/* Needs the columns oktmo, iso_3166_2 and type; others but federal_district_en are ignored; quoted fields are not read.
 * STATUS_INVALID, with the line in fault (may be NULL), when the text is something else. */
enum status generate_registry_parse(struct span csv, struct generate_registry *ret_registry,
                                    struct fault *fault) MUST_CHECK;

/* By ОКТМО or ISO code (any case); NULL when there is none. */
const struct generate_region *generate_registry_find(const struct generate_registry *registry, struct span code);

#endif
