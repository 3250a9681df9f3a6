/* agent_road: the way of one source's events to the centre, over ZeroMQ (agent_roads) or over HTTPS (agent_road_https): what both have in
 * common. Known to these files only. */
#ifndef EFFREG_AGENT_ROAD_H
#define EFFREG_AGENT_ROAD_H

#include "common/backoff.h"
#include "services/agent/agent_roads.h"

struct road {
	struct agent_roads *roads;
	struct spool_source source;
	struct push_client *client;                      /* NULL: given up, until again_ms */
	struct spool_batch *slots[PUSH_CLIENT_WINDOW];   /* made when first needed */
	bool busy[PUSH_CLIENT_WINDOW];
	int64_t cursor;                                  /* place of the last event offered */
	bool welcomed;                                   /* in the life of this client: before, nothing is offered */
	bool broken;                                     /* an answer could not be written down: begin anew */
	bool rewind;                                     /* some stay waiting: from the beginning, when the ring is empty */
	int64_t again_ms;
	int64_t pause_until_ms;
	struct backoff backoff;
	int64_t seen_ms;                                 /* when ZeroMQ last was not blocked: a session stood, or the centre refused us */
	enum https_state { HTTPS_OFF, HTTPS_ASK, HTTPS_ASKING, HTTPS_READY, HTTPS_PUSHING } https;
	bool https_outstanding;                          /* a request has no answer yet; one that https does not wait for any more is ignored */
	bool https_answers;                              /* the gateway's last answer was one */
	int64_t https_again_ms;
	struct backoff https_backoff;
	struct spool_batch *https_batch;                 /* PUSHING: in its slot */
	char alarm[32];
	char alarm_text[512];
};

struct agent_roads {
	struct service *service;
	struct agent_spool *spool;
	struct agent_roads_options options;
	char endpoint[256];
	char server_public_key[BUS_KEY_TEXT];
	char region[OKTMO_TEXT_SIZE];
	struct road roads[AGENT_SOURCES_MAX];
	size_t count;
};

/* Steps every road; the socket of each calls it. */
void agent_roads_pump(void *context);

void road_raise_alarm(struct road *road, const struct fault *fault);
/* What a session, or the gateway, says of the log is written down; false: it could not be. */
bool road_adopt(struct road *road, const struct push_welcome *welcome) MUST_CHECK;
/* The next batch that waits, in the slot; NULL: there is none, or it cannot be read now. */
struct spool_batch *road_load_slot(struct road *road, size_t slot, struct fault *fault);
/* The answers to a batch are written down; false: they could not be, and what was sent is still waiting. */
bool road_settle(struct road *road, const struct spool_batch *sent, const struct push_result *results,
                 const struct push_memory *memory) MUST_CHECK;
/* Ends the session over ZeroMQ, until again_ms; what it was given is loaded again. */
void road_give_up(struct road *road);

/* ---- Over HTTPS ---- */

/* What ZeroMQ was given and has not answered is loaded again. */
void road_turn_to_https(struct road *road);
/* What the gateway was given and has not answered is sent again: the log knows the ids. */
void road_turn_to_zeromq(struct road *road);
/* The next request, if none is under way and it is time. */
void road_step_https(struct road *road, int64_t now_ms);

#endif
