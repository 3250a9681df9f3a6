/* service: what every process of the centre does the same way: options, logging, the loop, the database, the
 * operations endpoint (/livez, /readyz, /metrics), the service manager (notify_socket.h), start and stop.
 *
 * Exit codes: 0 stopped as told, 1 failed, 2 bad configuration. */
#ifndef EFFREG_SERVICE_H
#define EFFREG_SERVICE_H

#include "common/bus.h"
#include "common/config.h"
#include "common/crypto.h"
#include "common/db.h"
#include "common/http.h"
#include "common/loop.h"

struct service {
	struct config *config;
	struct loop *loop;
	struct bus *bus;
	struct db *db;              /* NULL for a service without one */
	bool database_lost;         /* the last piece of work found it away: service_note_database */
	void *state;                /* the service's own */
};

struct service_spec {
	const char *name;           /* "intake": program effreg-intake */
	const char *purpose;        /* one sentence for --help */
	const struct config_option *options;  /* its own; the common ones are added (see service.c) */
	size_t options_count;
	bool needs_db;
	/* Opens sockets, registers handlers. Not OK: the process ends with the fault logged. */
	enum status (*start)(struct service *service, struct fault *fault);
	void (*stop)(struct service *service);
	/* May it serve now? Asked by /readyz. */
	bool (*ready)(struct service *service);
};

int service_main(const struct service_spec *spec, int argc, char **argv);

/* The outcome of a piece of work over the database: says once in the log that it is away and once that it is back, and each
 * time that a statement of ours was refused. */
void service_note_database(struct service *service, enum status status);
bool service_database_ready(const struct service *service);

/* The key pair whose secret half is in the file that an option names. */
enum status service_read_keypair(struct service *service, const char *option, struct bus_keypair *ret_keypair,
                                 struct fault *fault) MUST_CHECK;

/* The ZAP decision over effreg.client_key that every service shares: domain push: region, gateway,
 * bearer, coordinator; query: coordinator, reader, gateway, bearer; feed: coordinator, reader, region; stream: service. context is the struct service. */
enum status service_authorise(void *context, const char *domain, const char public_key[BUS_KEY_TEXT]);
/* Starts the ZAP handler with it and serves it in the loop; then proves that an unknown key is refused. */
enum status service_start_zap(struct service *service, struct fault *fault) MUST_CHECK;

#endif
