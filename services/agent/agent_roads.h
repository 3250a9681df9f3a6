/* agent_roads: from the spool to the centre: one session for each source, over ZeroMQ, or, where that is blocked, over HTTPS.
 *
 * What is waiting is offered in its order, as many batches as a session's window takes, and settled in the spool when the centre
 * has answered. A road that is lost, refused or that cannot write its answers down is given up and begun anew, after a wait that
 * doubles, from the first event still waiting: what the centre has already is a duplicate there.
 *
 * The second road. When a source has had no session over ZeroMQ for https_after_ms, though the centre did not refuse it, what waits is
 * sent to the gateway, a batch after the other; ZeroMQ goes on being tried, and when a session stands, the source goes back to it. What
 * was under way then is sent over both roads: the log knows its id.
 *
 * A mismatch of the witness is an alarm: nothing more is sent for the source until the log is again the one that was known, or its
 * coordinator has acknowledged a restore. Then the events that the restored log lacks are sent again. */
#ifndef EFFREG_AGENT_ROADS_H
#define EFFREG_AGENT_ROADS_H

#include "common/service.h"
#include "services/agent/agent_https.h"
#include "services/agent/agent_spool.h"

struct agent_roads;

struct agent_roads_options {
	const char *endpoint;            /* the centre's push socket */
	const char *server_public_key;
	struct bus_keypair keypair;
	const char *region;
	struct agent_https *https;       /* borrowed; NULL = there is no second road */
	int64_t https_after_ms;
};

/* Borrows the service and the spool. */
enum status agent_roads_new(struct service *service, struct agent_spool *spool, const struct agent_roads_options *options,
                            struct agent_roads **ret_roads, struct fault *fault) MUST_CHECK;
void agent_roads_destroy(struct agent_roads **roads);

/* Something new is waiting, perhaps of a source that was not there before. */
void agent_roads_wake(struct agent_roads *roads);

/* What there is to say of one source. */
struct road_state {
	const char *source;
	enum road_kind { ROAD_NONE, ROAD_ZEROMQ, ROAD_HTTPS } road;  /* in use: a session stands, or the gateway answered last */
	struct push_memory memory;
	const char *alarm;             /* a code, or "" */
	const char *alarm_text;
};
size_t agent_roads_look(const struct agent_roads *roads, struct road_state ret_states[AGENT_SOURCES_MAX]);

#endif
