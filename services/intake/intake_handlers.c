#include "services/intake/intake_handlers.h"

#include "common/ambient.h"
#include "common/hint.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "services/intake/intake_store.h"

#include <stdio.h>

/* ---- Answers ---- */

static void send_message(struct intake *intake, const struct intake_session *session, const struct push_message *message)
{
	struct buf header;
	buf_init(&header, BUS_MESSAGE_MAX);
	push_format(&header, message);
	const struct span frames[] = {
		span_of((const char *)session->routing_id, session->routing_id_len), buf_span(&header), span_of("", 0)};
	/* A peer that is gone or does not read loses its answer: it repeats, and the log knows the ids. */
	if (bus_send(intake->push, frames, ARRAY_COUNT(frames)) != STATUS_OK)
		telemetry_count("effreg_intake_answers_lost_total", "Answers that could not be handed to the client.", "", 1);
	buf_clear(&header);
}

static void send_bye(struct intake *intake, struct intake_session *session, const char *code, const char *text)
{
	const struct push_message bye = {.type = PUSH_BYE, .code = code, .text = text};
	send_message(intake, session, &bye);
	intake_session_remove(intake->sessions, session, code);
}

static void send_credit(struct intake *intake, struct intake_session *session, uint64_t batches, uint64_t bytes)
{
	const struct push_message credit = {.type = PUSH_CREDIT, .credit_batches = batches, .credit_bytes = bytes};
	session->credit_batches += batches;
	session->credit_bytes += bytes;
	send_message(intake, session, &credit);
}

/* Credit is granted after commit, and not before the round is over: see struct intake. */
static void owe_credit(struct intake *intake, struct intake_session *session, uint64_t bytes)
{
	if (session->owed_batches == 0) {
		ASSERT(intake->owed_count < ARRAY_COUNT(intake->owed));
		intake->owed[intake->owed_count++] = session;
		session->owed_bytes = 0;
	}
	session->owed_batches++;
	session->owed_bytes += bytes;
}

/* A session that was removed, or begun anew, in this round owes nothing: its place in the list is skipped. */
static void pay_credit(struct intake *intake)
{
	for (size_t i = 0; i < intake->owed_count; i++) {
		struct intake_session *session = intake->owed[i];
		uint64_t batches = session->owed_batches;
		session->owed_batches = 0;
		if (batches > 0 && session->state == INTAKE_OPEN)
			send_credit(intake, session, batches, session->owed_bytes);
	}
	intake->owed_count = 0;
}

static void send_nack(struct intake *intake, struct intake_session *session, uint64_t batch, enum status status)
{
	const struct push_message nack = {
		.type = PUSH_NACK, .batch = batch, .code = "unavailable",
		.text = "the batch could not be stored now; wait for credit and send it again"};
	session->credit_batches = 0;
	session->credit_bytes = 0;
	session->owed_batches = 0;
	session->going_back = true;
	intake->database_lost = true;
	intake_session_move(session, INTAKE_FAILED, status_name(status));
	log_write(LOG_EVENT_batch_failed, "region", session->region, "status", status_name(status), "error",
	          db_error(intake->service->db), NULL);
	send_message(intake, session, &nack);
}

/* ---- HELLO ---- */

static enum status load_welcome(struct intake *intake, struct intake_session *session, const struct push_message *hello,
                                struct intake_welcome *ret_welcome, struct fault *fault)
{
	struct db *db = intake->service->db;
	struct intake_rights rights;
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = intake_store_load_rights(db, session->user, intake->arena, &rights);
	if (status == STATUS_FORBIDDEN)
		fault_set(fault, status, "revoked", "", -1, "this key may not write (any more)");
	if (status == STATUS_OK)
		status = intake_choose_region(&rights, hello->region, session->region, fault);
	if (status == STATUS_OK)
		status = intake_store_load_welcome(db, session->region, hello, intake->arena, ret_welcome);
	if (status == STATUS_NOT_FOUND)
		fault_set(fault, status, "forbidden_region", "/region", -1, "there is no region %s in the registry", session->region);
	db_rollback(db);
	return status;
}

static void greet(struct intake *intake, struct intake_session *session, const struct push_message *hello)
{
	struct intake_welcome welcome;
	struct fault fault = {.offset = -1};
	if (hello->version != PUSH_VERSION) {
		send_bye(intake, session, "bad_version", "this intake speaks version 1");
		return;
	}
	snprintf(session->source, sizeof session->source, "%s", hello->source);
	enum status status = load_welcome(intake, session, hello, &welcome, &fault);
	if (status != STATUS_OK) {
		send_bye(intake, session, fault.code[0] == '\0' ? "retry" : fault.code, fault.code[0] == '\0' ? status_text(status) : fault.text);
		return;
	}
	session->expected_batch = 1;
	session->going_back = false;
	session->owed_batches = 0;
	session->credit_batches = PUSH_CREDIT_BATCHES;
	session->credit_bytes = PUSH_CREDIT_BYTES;
	intake_session_move(session, INTAKE_OPEN, "hello");
	if (welcome.witness == PUSH_WITNESS_MISMATCH)
		log_write(LOG_EVENT_witness_mismatch, "region", session->region, "source", session->source, NULL);
	const struct push_message answer = {
		.type = PUSH_WELCOME, .version = PUSH_VERSION, .region = session->region, .source_sequence = welcome.source_sequence, .incarnation = welcome.incarnation,
		.last_seq = welcome.last_seq, .head = welcome.head, .witness = welcome.witness,
		.credit_batches = session->credit_batches, .credit_bytes = session->credit_bytes};
	send_message(intake, session, &answer);
}

/* ---- PUSH ---- */

/* One batch on its way through the turn. */
struct batch {
	struct intake *intake;
	struct intake_session *session;
	size_t count;
	struct push_result *results;
	struct envelope *envelopes;
	struct intake_refusal *refusals;
	size_t refusals_count;
	size_t refusals_lost;             /* of these, not kept: the region's quarantine is full */
	struct append_event *events;      /* what passed the checks */
	size_t *places;                   /* of events[i] in the batch */
	size_t events_count;
	const struct span *bodies;
};

static void refuse(struct batch *batch, size_t place, const struct fault *fault, const char *event_id, const struct sha256 *stored)
{
	struct intake_refusal *refusal = &batch->refusals[batch->refusals_count++];
	*refusal = (struct intake_refusal){.body = batch->bodies[place], .fault = *fault};
	refusal->digest = sha256_of(refusal->body.at, refusal->body.len);
	snprintf(refusal->event_id, sizeof refusal->event_id, "%s", event_id);
	if (stored != NULL) {
		refusal->has_stored_digest = true;
		refusal->stored_digest = *stored;
	}
	batch->results[place] = (struct push_result){
		.outcome = PUSH_REJECTED, .code = refusal->fault.code, .pointer = refusal->fault.pointer,
		.offset = refusal->fault.offset, .text = refusal->fault.text};
}

static void check_event(struct batch *batch, size_t place)
{
	struct fault fault = {.offset = -1};
	char event_id[UUID_TEXT_SIZE];
	struct span body = batch->bodies[place];
	struct envelope *envelope = &batch->envelopes[place];
	if (contract_check(batch->intake->contract, body, batch->intake->arena, envelope, event_id, &fault) != STATUS_OK) {
		refuse(batch, place, &fault, event_id, NULL);
		return;
	}
	batch->places[batch->events_count] = place;
	batch->events[batch->events_count++] = (struct append_event){
		.id = envelope->id, .body = body, .source = envelope->source, .sequence = envelope->sequence,
		.digest = sha256_of(body.at, body.len)};
}

/* Inside the transaction, after the head is locked: what the key may do now decides, not what it could at HELLO. */
static enum status authorise(void *context, struct db *db)
{
	struct batch *batch = context;
	struct intake_session *session = batch->session;
	struct intake_rights rights;
	enum status status = intake_store_load_rights(db, session->user, batch->intake->arena, &rights);
	if (status != STATUS_OK)
		return status;
	if (rights.region[0] != '\0' && !text_equal(rights.region, session->region))
		return STATUS_FORBIDDEN;
	/* check_rights let these pass a moment ago: the rights were narrowed since. The client sends the batch again. */
	for (size_t i = 0; i < batch->events_count; i++) {
		if (intake_check_rights(&rights, session->region, &batch->envelopes[batch->places[i]], NULL) != STATUS_OK)
			return STATUS_RETRY;
	}
	return STATUS_OK;
}

static enum status before_commit(void *context, struct db *db, const struct append_event *events, size_t count)
{
	struct batch *batch = context;
	for (size_t i = 0; i < count; i++) {
		struct fault fault = {.offset = -1};
		char event_id[UUID_TEXT_SIZE];
		if (events[i].result != APPEND_CONFLICT)
			continue;
		ident_uuid_format(&events[i].id, event_id);
		fault_set(&fault, STATUS_CONFLICT, "conflict", "/id", -1,
		          "event %s is stored already with other bytes (seq %llu); a correction has an id of its own and names this one in supersedes",
		          event_id, (unsigned long long)events[i].seq);
		refuse(batch, batch->places[i], &fault, event_id, &events[i].stored_digest);
	}
	return intake_store_save_refusals(db, batch->session->region, batch->refusals, batch->refusals_count,
	                                  batch->intake->quarantine_bytes_max, batch->intake->arena, &batch->refusals_lost);
}

/* The rights that concern the event's own text are checked before the append: region and source do not change by waiting. */
static enum status check_rights(struct batch *batch)
{
	struct intake_rights rights;
	struct intake_session *session = batch->session;
	enum status status = intake_store_load_rights(batch->intake->service->db, session->user, batch->intake->arena, &rights);
	size_t kept = 0;
	for (size_t i = 0; i < batch->events_count && status == STATUS_OK; i++) {
		struct fault fault = {.offset = -1};
		char event_id[UUID_TEXT_SIZE];
		size_t place = batch->places[i];
		if (intake_check_rights(&rights, session->region, &batch->envelopes[place], &fault) == STATUS_OK) {
			batch->events[kept] = batch->events[i];
			batch->places[kept++] = place;
			continue;
		}
		ident_uuid_format(&batch->events[i].id, event_id);
		refuse(batch, place, &fault, event_id, NULL);
	}
	batch->events_count = kept;
	return status;
}

/* Nothing is wrong with the event itself: it is not kept in quarantine, its sender has it and sends it again. */
static struct push_result over_quota(const struct batch *batch)
{
	const char *text = arena_printf(batch->intake->arena, "the region's %lld bytes a day are used up; send it again after 00:00 UTC",
	                                (long long)batch->intake->region_bytes_per_day_max);
	return (struct push_result){.outcome = PUSH_REJECTED, .code = "over_quota", .pointer = "", .offset = -1, .text = text};
}

static void settle_results(struct batch *batch)
{
	for (size_t i = 0; i < batch->events_count; i++) {
		const struct append_event *event = &batch->events[i];
		if (event->result == APPEND_OVER_QUOTA)
			batch->results[batch->places[i]] = over_quota(batch);
		else if (event->result != APPEND_CONFLICT)
			batch->results[batch->places[i]] = (struct push_result){
				.outcome = event->result == APPEND_STORED ? PUSH_STORED : PUSH_DUPLICATE, .seq = event->seq, .offset = -1};
	}
}

static void count_results(const struct batch *batch)
{
	static const char *const LABELS[] = {
		[PUSH_STORED] = "outcome=\"stored\"", [PUSH_DUPLICATE] = "outcome=\"duplicate\"", [PUSH_REJECTED] = "outcome=\"rejected\""};
	for (size_t i = 0; i < batch->count; i++)
		telemetry_count("effreg_intake_events_total", "Events answered, by outcome.", LABELS[batch->results[i].outcome], 1);
	for (size_t i = 0; i < batch->refusals_count; i++) {
		char label[64];
		snprintf(label, sizeof label, "code=\"%s\"", batch->refusals[i].fault.code);
		telemetry_count("effreg_intake_refusals_total", "Events refused, by code.", label, 1);
	}
	if (batch->refusals_lost > 0)
		telemetry_count("effreg_intake_refusals_lost_total", "Refused events whose bytes were not kept: the quarantine is full.", "",
		                (double)batch->refusals_lost);
}

static struct batch batch_new(struct intake *intake, struct intake_session *session, size_t count, const struct span *bodies)
{
	struct arena *arena = intake->arena;
	return (struct batch){
		.intake = intake, .session = session, .count = count, .bodies = bodies,
		.results = arena_array(arena, struct push_result, count),
		.envelopes = arena_array(arena, struct envelope, count),
		.refusals = arena_array(arena, struct intake_refusal, count),
		.events = arena_array(arena, struct append_event, count),
		.places = arena_array(arena, size_t, count)};
}

static void answer_batch(struct batch *batch, uint64_t number, uint64_t body_bytes, const struct append_head *head)
{
	struct intake *intake = batch->intake;
	struct intake_session *session = batch->session;
	uint64_t stored = 0;
	settle_results(batch);
	count_results(batch);
	for (size_t i = 0; i < batch->count; i++)
		stored += batch->results[i].outcome == PUSH_STORED;
	session->expected_batch = number + 1;
	const struct push_message ack = {
		.type = PUSH_ACK, .batch = number, .results = batch->results, .count = batch->count,
		.last_seq = head->last_seq, .head = head->hash};
	send_message(intake, session, &ack);
	owe_credit(intake, session, body_bytes);
	if (stored > 0)
		hint_send(intake->stream, &STREAM_EVENT, session->region, head->last_seq - stored + 1, head->last_seq);
}

static void store(struct intake *intake, struct intake_session *session, const struct push_message *push, struct span body)
{
	struct fault fault = {.offset = -1};
	struct append_head head;
	struct span *bodies = arena_array(intake->arena, struct span, push->count);
	if (intake_slice(body, push->sizes, push->count, bodies, &fault) != STATUS_OK) {
		send_bye(intake, session, fault.code, fault.text);
		return;
	}
	struct batch batch = batch_new(intake, session, push->count, bodies);
	for (size_t i = 0; i < push->count; i++)
		check_event(&batch, i);
	const struct append_hooks hooks = {
		.day_bytes_max = intake->region_bytes_per_day_max, .authorise = authorise, .before_commit = before_commit, .context = &batch};
	enum status status = check_rights(&batch);
	if (status == STATUS_OK)
		status = stream_append(intake->service->db, session->region, batch.events, batch.events_count, &hooks, intake->arena, &head);
	if (status == STATUS_OK)
		answer_batch(&batch, push->batch, body.len, &head);
	else if (status == STATUS_FORBIDDEN)
		send_bye(intake, session, "revoked", "this key may not write any more");
	else
		send_nack(intake, session, push->batch, status);
}

static void take_batch(struct intake *intake, struct intake_session *session, const struct push_message *push, struct span body)
{
	switch (intake_judge_batch(session->expected_batch, push->batch, session->going_back)) {
	case INTAKE_BATCH_EARLY:
		return;
	case INTAKE_BATCH_BAD:
		send_bye(intake, session, "bad_batch", "batches are numbered from 1 without a gap");
		return;
	case INTAKE_BATCH_TAKE:
		break;
	}
	if (session->credit_batches == 0 || session->credit_bytes < body.len) {
		send_bye(intake, session, "over_credit", "more was sent than was granted; wait for CREDIT");
		return;
	}
	session->going_back = false;
	session->credit_batches--;
	session->credit_bytes -= body.len;
	store(intake, session, push, body);
}

/* ---- The turn ---- */

static void act(struct intake *intake, struct intake_session *session, const struct push_message *message, struct span body)
{
	switch (intake_decide(session->state, message->type)) {
	case INTAKE_GREET:
		greet(intake, session, message);
		break;
	case INTAKE_STORE:
		take_batch(intake, session, message, body);
		break;
	case INTAKE_DROP:
		break;
	case INTAKE_PONG:
		send_message(intake, session, &(struct push_message){.type = PUSH_PONG});
		break;
	case INTAKE_FORGET:
		intake_session_remove(intake->sessions, session, "bye");
		break;
	case INTAKE_REFUSE:
		send_bye(intake, session, "no_session", "say HELLO first");
		break;
	}
}

static void refuse_frames(struct intake *intake, struct intake_session *session)
{
	send_bye(intake, session, "bad_frames", "a message has a header frame and a body frame");
}

static void take_message(struct intake *intake)
{
	struct bus_message *message = intake->message;
	struct fault fault = {.offset = -1};
	struct push_message parsed;
	const char *user = bus_message_user(message);
	struct span routing_id = bus_message_frame(message, 0);
	struct intake_session *session = intake_session_find(intake->sessions, routing_id);
	if (user[0] == '\0')
		return;  /* cannot happen behind CURVE with a ZAP handler; if it does, it is nobody */
	if (session == NULL)
		session = intake_session_add(intake->sessions, routing_id);
	if (session == NULL) {
		telemetry_count("effreg_intake_sessions_refused_total", "Messages dropped because the session table is full.", "", 1);
		return;
	}
	snprintf(session->user, sizeof session->user, "%s", user);
	session->seen_ms = ambient_monotonic_ms();
	if (bus_message_frames(message) != 3 || bus_message_frame(message, 2).len > PUSH_BODY_BYTES_MAX)
		refuse_frames(intake, session);
	else if (push_parse_request(intake->arena, bus_message_frame(message, 1), &parsed, &fault) != STATUS_OK)
		send_bye(intake, session, "bad_header", fault.text);
	else
		act(intake, session, &parsed, bus_message_frame(message, 2));
}

void intake_on_push(void *context)
{
	struct intake *intake = context;
	enum status status = STATUS_OK;
	for (unsigned i = 0; i < INTAKE_ROUND_MESSAGES && status != STATUS_NOT_FOUND; i++) {
		status = bus_receive(intake->push, intake->message);
		/* INVALID: more frames than a message can have; the first ones are there, and it is answered as any wrong number. */
		if (status == STATUS_OK || status == STATUS_INVALID)
			take_message(intake);
		arena_reset(intake->arena);
	}
	pay_credit(intake);
	if (status != STATUS_NOT_FOUND)
		loop_soon(intake->service->loop, intake_on_push, intake);
}

static void reopen(void *context, struct intake_session *session)
{
	struct intake *intake = context;
	intake_session_move(session, INTAKE_OPEN, "database back");
	send_credit(intake, session, PUSH_CREDIT_BATCHES, PUSH_CREDIT_BYTES);
}

void intake_on_tick(void *context)
{
	struct intake *intake = context;
	intake_sessions_expire(intake->sessions, ambient_monotonic_ms());
	telemetry_set("effreg_intake_sessions", "Sessions open now.", "", (double)intake_sessions_count(intake->sessions));
	if (!intake->database_lost || db_begin(intake->service->db) != STATUS_OK)
		return;
	db_rollback(intake->service->db);
	intake->database_lost = false;
	log_write(LOG_EVENT_database_back, NULL);
	intake_sessions_each(intake->sessions, INTAKE_FAILED, reopen, intake);
}
