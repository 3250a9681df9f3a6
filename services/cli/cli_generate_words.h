/* cli_generate_words: the vocabulary of made-up projects, bodies and courses: Russian first, English beside it. */
#ifndef EFFREG_CLI_GENERATE_WORDS_H
#define EFFREG_CLI_GENERATE_WORDS_H

#include "services/cli/cli_generate_plan.h"
#include "services/cli/cli_generate_random.h"

/* A process that offices improve, with the time it takes where nobody has improved it. */
struct generate_process {
	const char *sphere;
	bool external;            /* a service for people outside */
	const char *unit;
	int low, high;            /* of the lead time, in units */
	const char *ru_of;        /* genitive: "выдачи разрешений на строительство" */
	const char *ru, *en;      /* "Выдача разрешений на строительство"; "issue of building permits" */
	const char *from, *to;    /* boundaries, Russian */
};

/* What a project does to it; joined with ru_of and en. */
struct generate_goal {
	const char *ru, *en;
};

struct generate_area {
	const char *id, *ru_of, *en, *sphere;
};

struct generate_place {
	const char *id, *ru_of, *en;  /* "Заречного", "Zarechny" */
};

struct generate_institution {
	const char *ru, *en, *sphere;
};

struct generate_course {
	const char *ru, *en, *provider;
};

struct generate_source {
	const char *method, *origin;
};

extern const struct generate_area GENERATE_AREAS[];
extern const size_t GENERATE_AREAS_COUNT;
extern const struct generate_place GENERATE_PLACES[];
extern const size_t GENERATE_PLACES_COUNT;
extern const struct generate_institution GENERATE_INSTITUTIONS[];
extern const size_t GENERATE_INSTITUTIONS_COUNT;

/* One of the sphere's processes; of the inner processes of offices when the sphere has none. */
const struct generate_process *generate_words_process(struct generate_random *random, const char *sphere);
const struct generate_goal *generate_words_goal(struct generate_random *random);
const struct generate_course *generate_words_course(struct generate_random *random);
const struct generate_source *generate_words_source(struct generate_random *random, enum generate_indicator indicator);

#endif
