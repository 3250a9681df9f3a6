/* A session, by routing id:
 *
 *             HELLO ok              batch not stored (NACK, credit 0)
 *     NEW ───────────────▶ OPEN ───────────────────────────────────▶ FAILED
 *      ▲                    │ ▲                                         │
 *      │                    │ └──────── database back (CREDIT) ─────────┘
 *      │                 BYE, refused, silent for too long
 *      │                    ▼
 *      └───(forgotten)── CLOSED
 *
 * Who moves: the client by HELLO and BYE, intake by everything else. In OPEN every PUSH is answered by exactly one ACK or
 * NACK; in FAILED what arrives was sent before the client saw the NACK and is dropped, for it comes again. */
#include "services/intake/intake_core.h"

/* Rows: state; columns: message types that a client may send. Everything else is refused in every state. */
static const enum intake_action ACTIONS[][4] = {
	/*                 HELLO          PUSH           PING         BYE */
	[INTAKE_NEW] =    {INTAKE_GREET, INTAKE_REFUSE, INTAKE_PONG, INTAKE_FORGET},
	[INTAKE_OPEN] =   {INTAKE_GREET, INTAKE_STORE,  INTAKE_PONG, INTAKE_FORGET},
	[INTAKE_FAILED] = {INTAKE_GREET, INTAKE_DROP,   INTAKE_PONG, INTAKE_FORGET},
	[INTAKE_CLOSED] = {INTAKE_GREET, INTAKE_REFUSE, INTAKE_PONG, INTAKE_FORGET},
};

enum intake_action intake_decide(enum intake_state state, enum push_type type)
{
	ASSERT((size_t)state < ARRAY_COUNT(ACTIONS));
	switch (type) {
	case PUSH_HELLO:
		return ACTIONS[state][0];
	case PUSH_PUSH:
		return ACTIONS[state][1];
	case PUSH_PING:
		return ACTIONS[state][2];
	case PUSH_BYE:
		return ACTIONS[state][3];
	case PUSH_WELCOME:
	case PUSH_ACK:
	case PUSH_NACK:
	case PUSH_CREDIT:
	case PUSH_PONG:
		break;
	}
	return INTAKE_REFUSE;
}

enum intake_batch_verdict intake_judge_batch(uint64_t expected, uint64_t batch, bool going_back)
{
	if (batch == expected)
		return INTAKE_BATCH_TAKE;
	/* After a NACK and a CREDIT, batches sent before them may still be on the line: within the credit that was open. At any
	 * other time silence would leave the client waiting for ever. */
	if (going_back && batch > expected && batch - expected < PUSH_CREDIT_BATCHES)
		return INTAKE_BATCH_EARLY;
	return INTAKE_BATCH_BAD;
}

enum status intake_slice(struct span body, const uint32_t *sizes, size_t count, struct span *events, struct fault *fault)
{
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		if (sizes[i] > body.len - at)
			return fault_set(fault, STATUS_INVALID, "bad_frames", "/sizes", -1, "the sizes add up to more than the body's %zu bytes", body.len);
		events[i] = span_of(body.at + at, sizes[i]);
		at += sizes[i];
	}
	if (at != body.len)
		return fault_set(fault, STATUS_INVALID, "bad_frames", "/sizes", -1, "the sizes add up to %zu of the body's %zu bytes", at, body.len);
	return STATUS_OK;
}

/* Who may correct an event is who may send it. */
static bool is_coordinators(const struct envelope *envelope)
{
	enum event_type type;
	struct correction correction;
	if (!event_type_find(envelope->type, &type))
		return false;
	if (!event_type_may_be_corrected(type) && correction_read(envelope, &correction, NULL) == STATUS_OK)
		type = correction.type;
	return event_type_is_coordinators(type);
}

struct intake_claim intake_claim_of(const struct envelope *envelope)
{
	struct intake_claim claim = {.is_coordinators = is_coordinators(envelope), .source = envelope->source};
	memcpy(claim.region, envelope->region, sizeof claim.region);
	return claim;
}

enum status intake_check_rights(const struct intake_rights *rights, const char *region, const struct intake_claim *claim,
                                struct fault *fault)
{
	if (!text_equal(claim->region, region))
		return fault_set(fault, STATUS_FORBIDDEN, "forbidden_region", "/subject", -1,
		                 "the subject names region %s; this session writes for %s only", claim->region, region);
	if (claim->is_coordinators != rights->is_coordinator)
		return fault_set(fault, STATUS_FORBIDDEN, "forbidden_type", "/type", -1,
		                 rights->is_coordinator ? "the coordinator's key writes verification.* and dispute.* only"
		                                        : "only the coordinator's key writes verification.* and dispute.*");
	if (rights->sources == NULL)
		return STATUS_OK;
	for (size_t i = 0; i < rights->sources_count; i++) {
		if (text_equal(rights->sources[i], claim->source))
			return STATUS_OK;
	}
	return fault_set(fault, STATUS_FORBIDDEN, "forbidden_source", "/source", -1, "this key may not write as source \"%.128s\"", claim->source);
}

enum status intake_choose_region(const struct intake_rights *rights, const char *named, char region[OKTMO_TEXT_SIZE],
                                 struct fault *fault)
{
	bool any = rights->region[0] == '\0';
	if (named != NULL && !ident_is_oktmo(named))
		return fault_set(fault, STATUS_INVALID, "forbidden_region", "/region", -1, "a region is named by its OKTMO code of eight digits");
	if (any && named == NULL)
		return fault_set(fault, STATUS_FORBIDDEN, "forbidden_region", "/region", -1, "a gateway's HELLO names the region it writes for");
	if (!any && named != NULL && !text_equal(named, rights->region))
		return fault_set(fault, STATUS_FORBIDDEN, "forbidden_region", "/region", -1, "this key writes for region %s only", rights->region);
	memcpy(region, any ? named : rights->region, OKTMO_TEXT_SIZE);
	return STATUS_OK;
}

/* ---- Fairness ---- */

#define BACKOFF_FIRST_MS INT64_C(200)
#define BACKOFF_LAST_MS  INT64_C(30000)

uint64_t intake_credit_share(size_t sessions)
{
	uint64_t share = sessions == 0 ? PUSH_CREDIT_BATCHES : INTAKE_REGION_CREDIT_BATCHES / sessions;
	if (share < 1)
		return 1;
	return share < PUSH_CREDIT_BATCHES ? share : PUSH_CREDIT_BATCHES;
}

uint64_t intake_credit_due(uint64_t share, uint64_t held, uint64_t unacknowledged)
{
	uint64_t has = held + unacknowledged;
	return has < share ? share - has : 0;
}

int64_t intake_backoff_ms(unsigned failures)
{
	int64_t wait_ms = BACKOFF_FIRST_MS;
	for (unsigned i = 1; i < failures && wait_ms < BACKOFF_LAST_MS; i++)
		wait_ms *= 2;
	return wait_ms < BACKOFF_LAST_MS ? wait_ms : BACKOFF_LAST_MS;
}

int64_t intake_pace_take(struct intake_pace *pace, int64_t per_s, int64_t at_once, size_t count, int64_t now_ms)
{
	if (per_s == 0)
		return 0;
	/* A batch larger than the bucket passes when the bucket is full, and leaves it in debt. */
	int64_t full = at_once * 1000, wanted = (int64_t)count * 1000;
	int64_t grown = pace->at_ms == 0 || now_ms - pace->at_ms > 1000 * 1000 ? full : pace->level + (now_ms - pace->at_ms) * per_s;
	pace->level = grown < full ? grown : full;
	pace->at_ms = now_ms;
	int64_t needed = wanted < full ? wanted : full;
	if (pace->level < needed)
		return (needed - pace->level + per_s - 1) / per_s;
	pace->level -= wanted;
	return 0;
}
