/* cli_doctor_sockets: does the other side answer, and let our key in? */
#ifndef EFFREG_CLI_DOCTOR_SOCKETS_H
#define EFFREG_CLI_DOCTOR_SOCKETS_H

#include "services/cli/cli_doctor_core.h"

#define DOCTOR_HANDSHAKE_MS 5000  /* so long it has to answer */

struct doctor_call {
	const char *who;          /* the service, or "effreg" */
	const char *endpoint;
	const char *server_key_file, *key_file;
	bool subscribes;
};

/* Shakes hands (CURVE) and hangs up; says what came of it. A file that cannot be read was told by who looked at the files. */
void doctor_call(struct diagnosis *diagnosis, const struct doctor_call *call);

#endif
