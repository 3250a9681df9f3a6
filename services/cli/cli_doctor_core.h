/* cli_doctor_core: what `effreg doctor` makes of what it was told: findings, each with how to mend it. Pure.
 *
 * Texts are in the language asked for. A warning is what works and is not as it should be; a failure is what does not
 * work, or would lose or reveal something. Limits are stated here. */
#ifndef EFFREG_CLI_DOCTOR_CORE_H
#define EFFREG_CLI_DOCTOR_CORE_H

#include "common/arena.h"
#include "common/status.h"
#include "services/cli/cli_lang.h"
#include "services/cli/cli_migrate_core.h"

#define FINDINGS_MAX              256      /* further ones are counted, not kept */
#define DOCTOR_CLOCK_WARN_MS      1000     /* apart from PostgreSQL's clock: a warning from here */
#define DOCTOR_CLOCK_FAIL_MS      30000    /* and a failure from here */
#define DOCTOR_SERVER_VERSION_MIN 150000   /* as server_version_num counts */
#define DOCTOR_CONNECTIONS_MIN    50       /* the centre with two instances of each service, and room for people */
#define DOCTOR_CONNECTIONS_PART   80       /* in use, %: a warning from here */

enum finding_state { FINDING_OK, FINDING_WARNING, FINDING_FAILURE };

struct finding {
	enum finding_state state;
	const char *area;   /* "keys": one of doctor_areas */
	const char *text;   /* what was found */
	const char *mend;   /* how to mend it; NULL when nothing has to be */
};

struct diagnosis {
	struct arena *arena;
	enum cli_lang lang;
	struct finding findings[FINDINGS_MAX];
	size_t count;
	size_t warnings, failures;
};

void diagnosis_init(struct diagnosis *diagnosis, struct arena *arena, enum cli_lang lang);
/* text and mend live as long as the arena, or for ever. */
void diagnosis_add(struct diagnosis *diagnosis, enum finding_state state, const char *area, const char *text, const char *mend);
/* The area in the language of the diagnosis. */
const char *diagnosis_area(const struct diagnosis *diagnosis, const char *area);
const char *finding_state_name(enum finding_state state);  /* "ok", "warning", "failure" */

/* ---- What the database says of itself; texts as SHOW gives them. */
struct doctor_server {
	int64_t version;          /* server_version_num */
	const char *encoding, *fsync, *full_page_writes, *synchronous_commit, *data_checksums;
	int64_t connections_max, connections_used;
	bool read_only;           /* in recovery, or default_transaction_read_only */
	int64_t ahead_ms;         /* our clock minus its own */
};
void doctor_judge_server(struct diagnosis *diagnosis, const struct doctor_server *server);
void doctor_judge_clock(struct diagnosis *diagnosis, const struct doctor_server *server);
void doctor_judge_migrations(struct diagnosis *diagnosis, const struct migration *all, size_t count);

/* ---- Files of a service */

enum doctor_secret {
	DOCTOR_CURVE_SECRET,  /* a CURVE secret key; FILE.pub beside it, when it is there, is its other half */
	DOCTOR_CURVE_PUBLIC,
	DOCTOR_TEXT_SECRET,   /* a password in a connection string, a token */
};

struct doctor_file {
	const char *service, *option;  /* option as in its configuration: key_file */
	enum doctor_secret kind;
	const char *role;              /* that the key has in the database; NULL = it stands in no table */
};

/* A socket the service connects to, and by which keys. */
struct doctor_socket {
	const char *service, *endpoint, *server_key, *key;
	bool subscribes;               /* SUB; else DEALER */
};

extern const struct doctor_file DOCTOR_FILES[];
extern const size_t DOCTOR_FILES_COUNT;
extern const struct doctor_socket DOCTOR_SOCKETS[];
extern const size_t DOCTOR_SOCKETS_COUNT;
extern const char *const DOCTOR_SERVICES[];
extern const size_t DOCTOR_SERVICES_COUNT;

/* mode as stat(2) gives it: a secret is its owner's alone, but a group that may only read is a warning (containers mount so). */
void doctor_judge_mode(struct diagnosis *diagnosis, const char *path, unsigned mode);
/* The row of a key in effreg.client_key; role NULL: there is none. */
void doctor_judge_role(struct diagnosis *diagnosis, const char *path, const char *expected_role, const char *role, bool revoked);

#endif
