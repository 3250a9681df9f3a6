#include "services/intake/intake_session.h"

#include "common/log.h"
#include "services/intake/intake_region.h"

#include <stdio.h>
#include <stdlib.h>

/* Open addressing by the routing id's hash. Removal leaves a tombstone only inside a chain: tombstones at a chain's end become
 * empty again, or a table that has seen many connections would be searched from end to end for every new one. */
#define SLOTS (INTAKE_SESSIONS_MAX * 2)

/* Of keys that have a session, or had one lately. */
#define INTAKE_KEYS_MAX INTAKE_SESSIONS_MAX

enum slot_use { SLOT_EMPTY, SLOT_TAKEN, SLOT_REMOVED };

struct slot {
	enum slot_use use;
	size_t place;  /* among those taken */
	struct intake_session session;
};

/* The slots that are taken stand in a list besides: a client without a session makes us look through all sessions with each of its
 * messages, and the table is two thousand pages wide. */
struct intake_sessions {
	struct slot *slots;
	struct slot *taken[INTAKE_SESSIONS_MAX];
	size_t count;
	struct intake_key *keys[INTAKE_KEYS_MAX];
	size_t keys_count;
};

struct intake_sessions *intake_sessions_new(void)
{
	struct intake_sessions *sessions = calloc(1, sizeof *sessions);
	ASSERT(sessions != NULL);
	sessions->slots = calloc(SLOTS, sizeof *sessions->slots);
	ASSERT(sessions->slots != NULL);
	return sessions;
}

static void forget_letters(struct intake_session *session)
{
	for (struct bus_message *message = intake_session_next(session); message != NULL; message = intake_session_next(session))
		bus_message_destroy(&message);
}

void intake_sessions_destroy(struct intake_sessions **sessions)
{
	if (*sessions == NULL)
		return;
	for (size_t i = 0; i < (*sessions)->count; i++)
		forget_letters(&(*sessions)->taken[i]->session);
	for (size_t i = 0; i < (*sessions)->keys_count; i++)
		free((*sessions)->keys[i]);
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

static struct intake_key *find_key(const struct intake_sessions *sessions, const char *user)
{
	for (size_t i = 0; i < sessions->keys_count; i++) {
		if (text_equal(sessions->keys[i]->user, user))
			return sessions->keys[i];
	}
	return NULL;
}

/* NULL: there are too many. */
static struct intake_key *get_key(struct intake_sessions *sessions, const char *user)
{
	struct intake_key *key = find_key(sessions, user);
	if (key != NULL || sessions->keys_count == INTAKE_KEYS_MAX)
		return key;
	key = calloc(1, sizeof *key);
	ASSERT(key != NULL);
	snprintf(key->user, sizeof key->user, "%s", user);
	sessions->keys[sessions->keys_count++] = key;
	return key;
}

struct intake_session *intake_session_add(struct intake_sessions *sessions, struct span routing_id, const char *user, int64_t now_ms)
{
	if (sessions->count == INTAKE_SESSIONS_MAX || routing_id.len > INTAKE_ROUTING_ID_MAX)
		return NULL;
	struct intake_key *key = get_key(sessions, user);
	if (key == NULL)
		return NULL;
	size_t at = first_slot(routing_id);
	while (sessions->slots[at].use == SLOT_TAKEN)
		at = (at + 1) % SLOTS;
	struct slot *slot = &sessions->slots[at];
	*slot = (struct slot){.use = SLOT_TAKEN};
	memcpy(slot->session.routing_id, routing_id.at, routing_id.len);
	slot->session.routing_id_len = routing_id.len;
	slot->session.key = key;
	slot->session.seen_ms = now_ms;
	key->sessions++;
	key->seen_ms = now_ms;
	slot->place = sessions->count;
	sessions->taken[sessions->count++] = slot;
	return &slot->session;
}

static bool goes_before(const struct intake_session *a, const struct intake_session *b)
{
	bool a_closed = a->state == INTAKE_CLOSED, b_closed = b->state == INTAKE_CLOSED;
	return a_closed != b_closed ? a_closed : a->seen_ms < b->seen_ms;
}

struct intake_session *intake_session_surplus(struct intake_sessions *sessions, const char *user, bool *ret_full)
{
	struct intake_session *silent = NULL;
	const struct intake_key *key = find_key(sessions, user);
	*ret_full = false;
	if (key == NULL || key->sessions < INTAKE_KEY_SESSIONS_MAX)
		return NULL;
	for (size_t i = 0; i < sessions->count; i++) {
		struct intake_session *session = &sessions->taken[i]->session;
		if (session->key == key && !intake_session_waits(session) && (silent == NULL || goes_before(session, silent)))
			silent = session;
	}
	*ret_full = silent == NULL;
	return silent;
}

/* ---- Messages that wait ---- */

bool intake_session_waits(const struct intake_session *session)
{
	return session->greeting || session->unanswered_batches > 0 || session->letters_count > 0;
}

bool intake_session_keep(struct intake_session *session, struct bus_message **message)
{
	if (session->letters_count >= (session->hello_waits ? INTAKE_LETTERS_BEHIND_HELLO_MAX : INTAKE_LETTERS_MAX))
		return false;
	struct intake_letter *letter = calloc(1, sizeof *letter);
	ASSERT(letter != NULL);
	letter->message = *message;
	*message = NULL;
	if (session->letters_count++ == 0)
		session->letters_end = &session->letters;
	*session->letters_end = letter;
	session->letters_end = &letter->next;
	return true;
}

struct bus_message *intake_session_next(struct intake_session *session)
{
	struct intake_letter *letter = session->letters;
	if (letter == NULL)
		return NULL;
	struct bus_message *message = letter->message;
	session->letters = letter->next;
	session->letters_count--;
	free(letter);
	return message;
}

void intake_session_set_hello_waits(struct intake_session *session, bool waits, int64_t now_ms)
{
	if (waits == session->hello_waits)
		return;
	session->hello_waits = waits;
	session->waits_since_ms = now_ms;
	if (waits)
		session->key->hellos_waiting++;
	else
		session->key->hellos_waiting--;
}

/* ---- States ---- */

static bool is_open(enum intake_state state)
{
	return state == INTAKE_OPEN || state == INTAKE_FAILED;
}

/* A region counts its open sessions: its credit is shared among them. */
void intake_session_move(struct intake_session *session, enum intake_state to, const char *why)
{
	const char *region = session->region == NULL ? "" : session->region->name;
	if (!is_open(session->state) && is_open(to)) {
		session->region->sessions++;
		log_write(LOG_EVENT_session_opened, "region", region, "source", session->source, "why", why, NULL);
	}
	if (is_open(session->state) && !is_open(to))
		session->region->sessions--;
	if (to == INTAKE_OPEN)
		session->told = false;
	if (to == INTAKE_CLOSED && session->state != INTAKE_CLOSED)
		log_write(LOG_EVENT_session_closed, "region", region, "source", session->source, "why", why, NULL);
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
	if (slot->use != SLOT_TAKEN)
		return;
	intake_session_move(session, INTAKE_CLOSED, why);
	forget_letters(session);
	intake_session_set_hello_waits(session, false, 0);
	session->key->sessions--;
	if (session->key->seen_ms < session->seen_ms)
		session->key->seen_ms = session->seen_ms;
	slot->use = SLOT_REMOVED;
	struct slot *last = sessions->taken[--sessions->count];
	sessions->taken[slot->place] = last;
	last->place = slot->place;
	clean_chain_end(sessions, (size_t)(slot - sessions->slots));
}

static void forget_keys(struct intake_sessions *sessions, int64_t now_ms)
{
	for (size_t i = sessions->keys_count; i-- > 0;) {
		struct intake_key *key = sessions->keys[i];
		if (key->sessions > 0 || key->seen_ms + INTAKE_IDLE_MS >= now_ms)
			continue;
		sessions->keys[i] = sessions->keys[--sessions->keys_count];
		free(key);
	}
}

void intake_sessions_expire(struct intake_sessions *sessions, int64_t now_ms)
{
	for (size_t i = sessions->count; i-- > 0;) {  /* from the end: the last one takes the place of one that goes */
		struct slot *slot = sessions->taken[i];
		if (intake_session_waits(&slot->session))
			continue;
		if ((slot->session.state == INTAKE_CLOSED && !slot->session.told) || slot->session.seen_ms + INTAKE_IDLE_MS < now_ms)
			intake_session_remove(sessions, &slot->session, "silent");
	}
	forget_keys(sessions, now_ms);
}

void intake_sessions_each(struct intake_sessions *sessions, void (*fn)(void *context, struct intake_session *session), void *context)
{
	for (size_t i = sessions->count; i-- > 0;)
		fn(context, &sessions->taken[i]->session);
}

size_t intake_sessions_count(const struct intake_sessions *sessions)
{
	return sessions->count;
}
