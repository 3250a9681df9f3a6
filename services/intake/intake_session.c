#include "services/intake/intake_session.h"

#include "common/log.h"

#include <stdlib.h>

/* Open addressing by the routing id's hash. Removal leaves a tombstone only inside a chain: tombstones at a chain's end become
 * empty again, or a table that has seen many connections would be searched from end to end for every new one. */
#define SLOTS (INTAKE_SESSIONS_MAX * 2)

enum slot_use { SLOT_EMPTY, SLOT_TAKEN, SLOT_REMOVED };

struct slot {
	enum slot_use use;
	struct intake_session session;
};

struct intake_sessions {
	struct slot *slots;
	size_t count;
};

struct intake_sessions *intake_sessions_new(void)
{
	struct intake_sessions *sessions = calloc(1, sizeof *sessions);
	ASSERT(sessions != NULL);
	sessions->slots = calloc(SLOTS, sizeof *sessions->slots);
	ASSERT(sessions->slots != NULL);
	return sessions;
}

void intake_sessions_destroy(struct intake_sessions **sessions)
{
	if (*sessions == NULL)
		return;
	free((*sessions)->slots);
	free(*sessions);
	*sessions = NULL;
}

/* FNV-1a. Routing ids are made by our own socket, so nobody outside can aim at one slot. */
static size_t first_slot(struct span routing_id)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < routing_id.len; i++)
		hash = (hash ^ (uint8_t)routing_id.at[i]) * UINT64_C(1099511628211);
	return (size_t)(hash % SLOTS);
}

static bool has_id(const struct intake_session *session, struct span routing_id)
{
	return span_equal(span_of((const char *)session->routing_id, session->routing_id_len), routing_id);
}

struct intake_session *intake_session_find(struct intake_sessions *sessions, struct span routing_id)
{
	size_t at = first_slot(routing_id);
	for (size_t step = 0; step < SLOTS; step++, at = (at + 1) % SLOTS) {
		struct slot *slot = &sessions->slots[at];
		if (slot->use == SLOT_EMPTY)
			return NULL;
		if (slot->use == SLOT_TAKEN && has_id(&slot->session, routing_id))
			return &slot->session;
	}
	return NULL;
}

struct intake_session *intake_session_add(struct intake_sessions *sessions, struct span routing_id)
{
	if (sessions->count == INTAKE_SESSIONS_MAX || routing_id.len > INTAKE_ROUTING_ID_MAX)
		return NULL;
	size_t at = first_slot(routing_id);
	while (sessions->slots[at].use == SLOT_TAKEN)
		at = (at + 1) % SLOTS;
	struct slot *slot = &sessions->slots[at];
	*slot = (struct slot){.use = SLOT_TAKEN};
	memcpy(slot->session.routing_id, routing_id.at, routing_id.len);
	slot->session.routing_id_len = routing_id.len;
	sessions->count++;
	return &slot->session;
}

void intake_session_move(struct intake_session *session, enum intake_state to, const char *why)
{
	if (session->state != INTAKE_OPEN && session->state != INTAKE_FAILED && to == INTAKE_OPEN)
		log_write(LOG_EVENT_session_opened, "region", session->region, "source", session->source, "why", why, NULL);
	if (to == INTAKE_CLOSED && session->state != INTAKE_CLOSED)
		log_write(LOG_EVENT_session_closed, "region", session->region, "source", session->source, "why", why, NULL);
	session->state = to;
}

static void clean_chain_end(struct intake_sessions *sessions, size_t at)
{
	if (sessions->slots[(at + 1) % SLOTS].use != SLOT_EMPTY)
		return;
	while (sessions->slots[at].use == SLOT_REMOVED) {
		sessions->slots[at].use = SLOT_EMPTY;
		at = (at + SLOTS - 1) % SLOTS;
	}
}

void intake_session_remove(struct intake_sessions *sessions, struct intake_session *session, const char *why)
{
	struct slot *slot = (struct slot *)(void *)((char *)session - offsetof(struct slot, session));
	intake_session_move(session, INTAKE_CLOSED, why);
	slot->use = SLOT_REMOVED;
	session->owed_batches = 0;
	sessions->count--;
	clean_chain_end(sessions, (size_t)(slot - sessions->slots));
}

void intake_sessions_expire(struct intake_sessions *sessions, int64_t now_ms)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &sessions->slots[i];
		if (slot->use == SLOT_TAKEN && slot->session.seen_ms + INTAKE_IDLE_MS < now_ms)
			intake_session_remove(sessions, &slot->session, "silent");
	}
}

void intake_sessions_each(struct intake_sessions *sessions, enum intake_state state,
                          void (*fn)(void *context, struct intake_session *session), void *context)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &sessions->slots[i];
		if (slot->use == SLOT_TAKEN && slot->session.state == state)
			fn(context, &slot->session);
	}
}

size_t intake_sessions_count(const struct intake_sessions *sessions)
{
	return sessions->count;
}
