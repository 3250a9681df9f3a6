#include "services/intake/intake_handlers.h"

#include "common/ambient.h"
#include "common/hint.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "common/token.h"
#include "services/intake/intake_append.h"
#include "services/intake/intake_store.h"

#include <stdio.h>
#include <stdlib.h>

static void answer_letters(struct intake *intake, struct intake_session *session);
static void collect_append(struct intake_job *job);
static void start_appends(struct intake *intake);

/* ---- Answers ---- */

static enum status send_to(struct intake *intake, struct span routing_id, const struct push_message *message)
{
	struct buf header;
	buf_init(&header, BUS_MESSAGE_MAX);
	push_format(&header, message);
	const struct span frames[] = {routing_id, buf_span(&header), span_of("", 0)};
	enum status status = bus_send(intake->push, frames, ARRAY_COUNT(frames));
	/* A peer that is gone or does not read loses its answer: it repeats, and the log knows the ids. */
	if (status != STATUS_OK)
		telemetry_count("effreg_intake_answers_lost_total", "Answers that could not be handed to the client.", "", 1);
	buf_clear(&header);
	return status;
}

static enum status send_over(struct intake *intake, const struct intake_session *session, const struct push_message *message)
{
	return send_to(intake, span_of((const char *)session->routing_id, session->routing_id_len), message);
}

/* A session whose connection is gone is closed, and removed when nothing of it is under way. */
static void send_message(struct intake *intake, struct intake_session *session, const struct push_message *message)
{
	if (send_over(intake, session, message) == STATUS_NOT_FOUND)
		intake_session_move(session, INTAKE_CLOSED, "disconnected");
}

/* What waits behind it is still answered, as from a client without a session. Who was told is kept, so that it is told once. */
static void end_session(struct intake *intake, struct intake_session *session, const char *why)
{
	session->nack_code = NULL;
	session->is_owed = false;
	session->over_credit = false;
	if (session->letters_count == 0 && !session->told)
		intake_session_remove(intake->sessions, session, why);
	else
		intake_session_move(session, INTAKE_CLOSED, why);
}

static void send_bye(struct intake *intake, struct intake_session *session, const char *code, const char *text)
{
	const struct push_message bye = {.type = PUSH_BYE, .code = code, .text = text};
	/* Over a connection made anew what was sent within the credit of the one before arrives before HELLO. */
	session->late_batches = session->state == INTAKE_NEW ? PUSH_CREDIT_BATCHES : session->credit_batches;
	session->told = send_over(intake, session, &bye) == STATUS_OK;
	end_session(intake, session, code);
}

/* A message was for nothing, and nobody but its sender is to blame. Who goes on so finds its line narrow, but for the centre's own
 * gateway, which speaks for many. */
static void blame(struct intake *intake, const struct intake_session *session, const struct bus_message *message)
{
	struct intake_key *key = session->key;
	int64_t now_ms = ambient_monotonic_ms();
	intake_lines_note(intake->lines, message, now_ms);
	if (!key->is_bearers && intake_pace_take(&key->dropped, intake->key_dropped_per_s_max, INTAKE_KEY_DROPPED, 1, now_ms) > 0)
		intake_lines_narrow(intake->lines, intake->push, message, now_ms);
}

/* Sent before the client could see our NACK or BYE, it is nobody's fault. More of them than there was credit are. */
static void pass_over(struct intake *intake, struct intake_session *session, const struct bus_message *message)
{
	if (session->late_batches > 0)
		session->late_batches--;
	else
		blame(intake, session, message);
}

/* Without a session one BYE is enough: to answer each message of a flood would make us work for it. */
static void refuse(struct intake *intake, struct intake_session *session, const struct bus_message *message, const char *code, const char *text)
{
	if (!session->told) {
		send_bye(intake, session, code, text);
		return;
	}
	telemetry_count("effreg_intake_messages_unanswered_total", "Messages without a session from clients that were told so.", "", 1);
	pass_over(intake, session, message);
}

static void send_credit(struct intake *intake, struct intake_session *session)
{
	uint64_t share = intake_credit_share(session->region->sessions);
	uint64_t batches = intake_credit_due(share, session->credit_batches, session->unanswered_batches);
	uint64_t bytes = intake_credit_due(share * PUSH_BODY_BYTES_MAX, session->credit_bytes, session->unanswered_bytes);
	const struct push_message credit = {.type = PUSH_CREDIT, .credit_batches = batches, .credit_bytes = bytes};
	session->credit_batches += batches;
	session->credit_bytes += bytes;
	if (batches > 0 || bytes > 0)
		send_message(intake, session, &credit);
}

/* Credit is granted after commit, and when the round is over. */
static void owe_credit(struct intake *intake, struct intake_session *session)
{
	if (session->is_owed || intake->owed_count == ARRAY_COUNT(intake->owed))
		return;
	session->is_owed = true;
	intake->owed[intake->owed_count++] = session;
}

/* A session that was removed, or begun anew, in this round is owed nothing: its place in the list is skipped. */
static void pay_credit(struct intake *intake)
{
	for (size_t i = 0; i < intake->owed_count; i++) {
		struct intake_session *session = intake->owed[i];
		bool is_owed = session->is_owed && session->state == INTAKE_OPEN;
		session->is_owed = false;
		if (is_owed)
			send_credit(intake, session);
	}
	intake->owed_count = 0;
}

static const char *nack_text(const char *code)
{
	if (text_equal(code, "over_rate"))
		return "the region sends more events a second than it may; wait for credit and send it again";
	return "the batch could not be stored now; wait for credit and send it again";
}

/* The session goes back to its batch of that number; nothing of it is unanswered any more. */
static void send_nack(struct intake *intake, struct intake_session *session, const char *code, int64_t retry_ms)
{
	const struct push_message nack = {
		.type = PUSH_NACK, .batch = session->expected_batch, .code = code, .text = nack_text(code),
		.retry_ms = retry_ms > 0 ? (uint64_t)retry_ms : 0};
	session->nack_code = NULL;
	session->is_owed = false;
	session->unanswered_batches = 0;
	session->unanswered_bytes = 0;
	if (session->state != INTAKE_FAILED)
		session->late_batches = session->credit_batches;
	session->credit_batches = 0;
	session->credit_bytes = 0;
	session->going_back = true;
	intake_session_move(session, INTAKE_FAILED, code);
	send_message(intake, session, &nack);
}

/* A batch that cannot be taken now: what was taken before it is answered first. */
static void postpone(struct intake *intake, struct intake_session *session, const char *code, int64_t wait_ms)
{
	session->reopen_ms = ambient_monotonic_ms() + wait_ms;
	session->nack_code = code;
	session->late_batches = session->credit_batches;
	intake_session_move(session, INTAKE_FAILED, code);
	telemetry_count("effreg_intake_batches_postponed_total", "Batches not taken: the region's rate, or the memory for batches.", "", 1);
	if (session->unanswered_batches == 0)
		send_nack(intake, session, code, wait_ms);
}

/* Everything taken before was answered: what has waited for that has its turn. */
static void settle_session(struct intake *intake, struct intake_session *session)
{
	if (session->unanswered_batches > 0)
		return;
	if (session->nack_code != NULL)
		send_nack(intake, session, session->nack_code, session->reopen_ms - ambient_monotonic_ms());
	answer_letters(intake, session);
}

/* ---- HELLO ---- */

/* What a HELLO asks the database, as a job for a greeter. */
struct greeting {
	struct intake_job job;               /* first */
	struct intake *intake;
	struct intake_session *session;      /* it waits: it is not removed */
	struct arena *arena;
	char user[BUS_KEY_TEXT];
	struct sha256 token;                 /* of the one in hello */
	struct push_message hello;           /* its texts in arena */
	char region[OKTMO_TEXT_SIZE];
	struct intake_welcome welcome;
	bool knows_key, is_bearers;
	enum status status;
	struct fault fault;
};

#define GREETING_BYTES_MAX ((size_t)1024 * 1024)

static enum status load_welcome(struct greeting *greeting, struct db *db)
{
	struct intake_rights rights = {0};
	struct fault *fault = &greeting->fault;
	const struct sha256 *token = greeting->hello.token == NULL ? NULL : &greeting->token;
	enum status status = intake_store_load_rights(db, greeting->user, token, greeting->arena, &rights);
	greeting->knows_key = status == STATUS_OK || status == STATUS_FORBIDDEN;
	greeting->is_bearers = rights.is_bearers;
	if (status == STATUS_FORBIDDEN && rights.lacks_token)
		fault_set(fault, status, "bad_token", "/token", -1, "a bearer's key writes by a token only, and this one is unknown or revoked");
	else if (status == STATUS_FORBIDDEN)
		fault_set(fault, status, "revoked", "", -1, "this key may not write (any more)");
	if (status == STATUS_OK)
		status = intake_choose_region(&rights, greeting->hello.region, greeting->region, fault);
	if (status == STATUS_OK)
		status = intake_store_load_welcome(db, greeting->region, &greeting->hello, greeting->arena, &greeting->welcome);
	if (status == STATUS_NOT_FOUND)
		fault_set(fault, status, "forbidden_region", "/region", -1, "there is no region %s in the registry", greeting->region);
	return status;
}

/* The connection may have died unnoticed since it was last used. */
static enum status begin_looking(struct db *db)
{
	enum status status = db_begin(db);
	return status == STATUS_UNAVAILABLE ? db_begin(db) : status;
}

static void run_greeting(struct intake_job *job, struct db *db)
{
	struct greeting *greeting = (struct greeting *)(void *)job;
	greeting->status = intake_store_prepare(db);
	if (greeting->status == STATUS_OK)
		greeting->status = begin_looking(db);
	if (greeting->status != STATUS_OK)
		return;
	greeting->status = load_welcome(greeting, db);
	db_rollback(db);
}

/* Who has many sessions and says HELLO again and again would make us send to all of them each time. */
#define TOUCH_MANY 8
#define TOUCH_MS   250

/* ZeroMQ does not say when a peer leaves, and who lost its connection comes back over another. Before the region's credit is
 * shared among more sessions than it suffices for, each hears that nothing was added to its own, or turns out to be gone. */
static void touch(void *context, struct intake_session *session)
{
	const struct greeting *greeting = context;
	bool is_open = session->state == INTAKE_OPEN || session->state == INTAKE_FAILED;
	if (is_open && session != greeting->session && text_equal(session->region->name, greeting->region))
		send_message(greeting->intake, session, &(struct push_message){.type = PUSH_CREDIT});
}

static void share_credit(struct intake *intake, struct intake_region *region, struct greeting *greeting)
{
	int64_t now_ms = ambient_monotonic_ms();
	if (intake_credit_share(region->sessions + 1) == PUSH_CREDIT_BATCHES)
		return;
	if (region->sessions > TOUCH_MANY && now_ms - region->touched_ms < TOUCH_MS)
		return;
	region->touched_ms = now_ms;
	intake_sessions_each(intake->sessions, touch, greeting);
}

static void open_session(struct intake *intake, struct intake_session *session, struct intake_region *region, const struct greeting *greeting)
{
	const struct intake_welcome *welcome = &greeting->welcome;
	intake_session_move(session, INTAKE_NEW, "hello");  /* leaves the region of before */
	session->region = region;
	session->has_token = greeting->hello.token != NULL;
	session->token = greeting->token;
	session->late_batches = 0;
	snprintf(session->source, sizeof session->source, "%s", greeting->hello.source);
	session->expected_batch = 1;
	session->going_back = false;
	session->nack_code = NULL;
	intake_session_move(session, INTAKE_OPEN, "hello");
	session->credit_batches = intake_credit_share(region->sessions);
	session->credit_bytes = session->credit_batches * PUSH_BODY_BYTES_MAX;
	if (welcome->witness == PUSH_WITNESS_MISMATCH)
		log_write(LOG_EVENT_witness_mismatch, "region", region->name, "source", session->source, NULL);
	const struct push_message answer = {
		.type = PUSH_WELCOME, .version = PUSH_VERSION, .region = region->name, .source_sequence = welcome->source_sequence,
		.incarnation = welcome->incarnation,
		.last_seq = welcome->last_seq, .head = welcome->head, .witness = welcome->witness,
		.credit_batches = session->credit_batches, .credit_bytes = session->credit_bytes};
	send_message(intake, session, &answer);
}

static void end_greeting(struct intake_job *job)
{
	struct greeting *greeting = (struct greeting *)(void *)job;
	struct intake *intake = greeting->intake;
	struct intake_session *session = greeting->session;
	const struct fault *fault = &greeting->fault;
	struct intake_region *region = greeting->status == STATUS_OK ? intake_region_get(intake->regions, greeting->region) : NULL;
	session->greeting = false;
	if (greeting->knows_key)
		session->key->is_bearers = greeting->is_bearers;
	if (region != NULL) {
		share_credit(intake, region, greeting);
		open_session(intake, session, region, greeting);
	} else {
		send_bye(intake, session, fault->code[0] == '\0' ? "retry" : fault->code,
		         fault->code[0] == '\0' ? status_text(greeting->status) : fault->text);
	}
	answer_letters(intake, session);
	arena_destroy(&greeting->arena);
	free(greeting);
}

/* Each HELLO costs several questions to the database, which the other regions would wait for. The centre's own gateway says one
 * for each request, and has limits of its own. */
static bool may_greet(const struct intake *intake, struct intake_session *session)
{
	struct intake_key *key = session->key;
	int64_t now_ms = ambient_monotonic_ms();
	bool may = key->is_bearers;
	if (!may && (session->hello_waits || key->hellos_waiting == 0))  /* nobody passes those that wait */
		may = intake_pace_take(&key->hellos, intake->key_hellos_per_s_max, PUSH_KEY_HELLOS, 1, now_ms) == 0;
	intake_session_set_hello_waits(session, !may, now_ms);
	return may;
}

static void greet(struct intake *intake, struct intake_session *session, const struct push_message *hello)
{
	if (hello->version != PUSH_VERSION) {
		send_bye(intake, session, "bad_version", "this intake speaks version 1");
		return;
	}
	struct greeting *greeting = calloc(1, sizeof *greeting);
	ASSERT(greeting != NULL);
	greeting->job = (struct intake_job){.run = run_greeting, .done = end_greeting};
	greeting->intake = intake;
	greeting->session = session;
	greeting->arena = arena_new(GREETING_BYTES_MAX);
	greeting->hello = *hello;
	greeting->hello.source = arena_text(greeting->arena, hello->source, strlen(hello->source));
	if (hello->region != NULL)
		greeting->hello.region = arena_text(greeting->arena, hello->region, strlen(hello->region));
	if (hello->token != NULL)
		greeting->token = token_digest(hello->token);
	snprintf(greeting->user, sizeof greeting->user, "%s", session->key->user);
	session->greeting = true;
	intake_pool_submit(intake->greeters, &greeting->job);
}

/* ---- An append has ended ---- */

static void count_results(const struct intake_append *append)
{
	static const char *const LABELS[] = {
		[PUSH_STORED] = "outcome=\"stored\"", [PUSH_DUPLICATE] = "outcome=\"duplicate\"", [PUSH_REJECTED] = "outcome=\"rejected\""};
	size_t counts[ARRAY_COUNT(LABELS)] = {0};
	for (const struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next) {
		for (size_t i = 0; i < batch->count; i++)
			counts[batch->results[i].outcome]++;
		for (const struct intake_refusal *refusal = batch->refusals; refusal != NULL; refusal = refusal->next) {
			char label[64];
			snprintf(label, sizeof label, "code=\"%s\"", refusal->fault.code);
			telemetry_count("effreg_intake_refusals_total", "Events refused, by code.", label, 1);
		}
	}
	for (size_t i = 0; i < ARRAY_COUNT(LABELS); i++) {
		if (counts[i] > 0)
			telemetry_count("effreg_intake_events_total", "Events answered, by outcome.", LABELS[i], (double)counts[i]);
	}
	if (counts[PUSH_STORED] > 0) {
		char label[64];
		snprintf(label, sizeof label, "region=\"%s\"", append->region->name);
		telemetry_count("effreg_intake_region_events_total", "Events stored, by region.", label, (double)counts[PUSH_STORED]);
	}
	if (append->refusals_lost > 0)
		telemetry_count("effreg_intake_refusals_lost_total", "Refused events whose bytes were not kept: the quarantine is full.", "",
		                (double)append->refusals_lost);
}

static void release(struct intake *intake, struct intake_region *region, struct intake_batch *batch)
{
	intake->batch_bytes -= batch->held_bytes;
	intake_region_release(region, batch);
}

static void note_answered(struct intake *intake, struct intake_session *session, const struct intake_batch *batch)
{
	session->unanswered_batches--;
	session->unanswered_bytes -= batch->body.len;
	owe_credit(intake, session);
}

static void acknowledge(struct intake *intake, const struct intake_append *append, int64_t now_ms)
{
	for (const struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next) {
		const struct push_message ack = {
			.type = PUSH_ACK, .batch = batch->number, .results = batch->results, .count = batch->count,
			.last_seq = append->head.last_seq, .head = append->head.hash};
		send_message(intake, batch->session, &ack);
		note_answered(intake, batch->session, batch);
		telemetry_observe("effreg_intake_ack_seconds", "From a batch's arrival to its ACK.", "", (double)(now_ms - batch->taken_ms) / 1000);
	}
}

static void publish(struct intake *intake, const struct intake_append *append)
{
	uint64_t stored = 0;
	for (size_t i = 0; i < append->count; i++)
		stored += append->events[i].result == APPEND_STORED;
	if (stored > 0)
		hint_send(intake->stream, &STREAM_EVENT, append->region->name, append->head.last_seq - stored + 1, append->head.last_seq);
}

static void append_done(struct intake *intake, struct intake_append *append)
{
	struct intake_region *region = append->region;
	region->failures = 0;
	region->retry_ms = 0;
	intake->database_lost = false;
	count_results(append);
	acknowledge(intake, append, ambient_monotonic_ms());
	publish(intake, append);
}

/* The key may not write any more: its session ends, and what it has sent since is forgotten. */
static void append_forbidden(struct intake *intake, struct intake_append *append)
{
	for (struct intake_batch *batch = append->batches; batch != NULL; batch = batch->next) {
		struct intake_session *session = batch->session;
		if (session->unanswered_batches == 0)
			continue;  /* ended by the batch before */
		for (struct intake_batch *more = intake_region_take_all(append->region, session), *next; more != NULL; more = next) {
			next = more->next;
			release(intake, append->region, more);
		}
		session->unanswered_batches = 0;
		session->unanswered_bytes = 0;
		send_bye(intake, session, "revoked", "this key may not write any more");
	}
}

/* Go back: a session's first batch that is lost is named to it, it and all after it come again. */
static void go_back(struct intake *intake, struct intake_region *region, struct intake_batch *lost, bool release_them)
{
	for (struct intake_batch *batch = lost, *next; batch != NULL; batch = next) {
		struct intake_session *session = batch->session;
		next = batch->next;
		if (session->unanswered_batches > 0) {
			session->expected_batch = batch->number;
			session->reopen_ms = 0;
			send_nack(intake, session, "unavailable", region->retry_ms - ambient_monotonic_ms());
		}
		if (!release_them)
			continue;
		release(intake, region, batch);
		settle_session(intake, session);
	}
}

/* The region rests, longer each time in a row: what is wrong may be a mistake of ours that lasts. */
static void append_failed(struct intake *intake, struct intake_append *append)
{
	struct intake_region *region = append->region;
	int64_t rest_ms = intake_backoff_ms(++region->failures);
	char rest[32];
	snprintf(rest, sizeof rest, "%lld", (long long)rest_ms);
	region->retry_ms = ambient_monotonic_ms() + rest_ms;
	region->resting = true;
	if (status_group(append->status) == STATUS_GROUP_TRANSIENT && append->status != STATUS_RETRY)
		intake->database_lost = true;
	log_write(LOG_EVENT_batch_failed, "region", region->name, "status", status_name(append->status), "error", append->error,
	          "rest_ms", rest, NULL);
	go_back(intake, region, append->batches, false);
	go_back(intake, region, intake_region_take_all(region, NULL), true);
}

/* Sessions are settled last: what waits in them may be a PUSH, which may begin the next append. */
static void release_append(struct intake *intake, struct intake_append *append)
{
	struct intake_region *region = append->region;
	for (struct intake_batch *batch = append->batches, *next; batch != NULL; batch = next) {
		struct intake_session *session = batch->session;
		next = batch->next;
		release(intake, region, batch);
		settle_session(intake, session);
	}
	intake_append_destroy(&append);
}

static void end_append(struct intake *intake, struct intake_append *append)
{
	append->region->under_way = false;
	if (!intake_append_was_plain(append))
		append->region->alone_ms = ambient_monotonic_ms() + INTAKE_ALONE_MS;
	if (append->status == STATUS_OK)
		append_done(intake, append);
	else if (append->status == STATUS_FORBIDDEN)
		append_forbidden(intake, append);
	else
		append_failed(intake, append);
	release_append(intake, append);
}

/* ---- PUSH ---- */

static bool has_room(const struct intake *intake, const struct intake_region *region, size_t bytes)
{
	return intake->batch_bytes + bytes <= intake->memory_bytes_max && region->bytes + bytes <= INTAKE_REGION_BYTES_MAX;
}

static void on_gathered(void *context);

/* The region's next append may begin now, at its turn, or when it has gathered long enough. */
static void line_up(void *context, struct intake_region *region)
{
	struct intake *intake = context;
	int64_t wait_ms = intake_region_due(intake->regions, region, ambient_monotonic_ms());
	if (wait_ms > 0)
		loop_after(intake->service->loop, (long)wait_ms, on_gathered, intake);
}

static void on_gathered(void *context)
{
	struct intake *intake = context;
	intake_regions_each(intake->regions, line_up, intake);
	start_appends(intake);
}

static void on_lined_up(void *context)
{
	start_appends(context);
}

/* A small append begins when the messages of this round were taken: others may be among them that go with it. */
static void consider(struct intake *intake, struct intake_region *region, int64_t now_ms)
{
	line_up(intake, region);
	if (intake_region_is_small(region, now_ms))
		loop_soon(intake->service->loop, on_lined_up, intake);
	else
		start_appends(intake);
}

/* What the memory for batches holds is freed by the appends under way: a moment is enough. */
#define BUSY_RETRY_MS 200

static void store(struct intake *intake, struct intake_session *session, const struct push_message *push, struct bus_message **message)
{
	struct fault fault;
	struct intake_batch *batch;
	struct intake_region *region = session->region;
	size_t body_bytes = bus_message_frame(*message, 2).len;
	if (!has_room(intake, region, body_bytes)) {
		postpone(intake, session, "unavailable", BUSY_RETRY_MS);
		return;
	}
	int64_t now_ms = ambient_monotonic_ms();
	int64_t wait_ms = intake_pace_take(&region->pace, intake->region_events_per_s_max, intake->region_events_per_s_max, push->count, now_ms);
	if (wait_ms > 0) {
		postpone(intake, session, "over_rate", wait_ms);
		return;
	}
	if (intake_batch_new(session, push, message, &batch, &fault) != STATUS_OK) {
		send_bye(intake, session, fault.code, fault.text);
		return;
	}
	session->going_back = false;
	session->expected_batch++;
	session->credit_batches--;
	session->credit_bytes -= body_bytes;
	session->unanswered_batches++;
	session->unanswered_bytes += body_bytes;
	batch->taken_ms = now_ms;
	intake_batch_check(batch, intake->contract, intake->arena);
	intake_region_add(region, batch);
	intake->batch_bytes += batch->held_bytes;
	consider(intake, region, now_ms);
}

static size_t sum_of(const struct push_message *push)
{
	size_t sum = 0;
	for (size_t i = 0; i < push->count; i++)
		sum += push->sizes[i];
	return sum;
}

/* False: it breaks the protocol, and what was taken before it is answered first. */
static bool take_batch(struct intake *intake, struct intake_session *session, const struct push_message *push, struct bus_message **message)
{
	size_t body_bytes = bus_message_frame(*message, 2).len;
	enum intake_batch_verdict verdict = intake_judge_batch(session->expected_batch, push->batch, session->going_back);
	if (verdict == INTAKE_BATCH_EARLY) {
		pass_over(intake, session, *message);
		return true;
	}
	bool within_credit = !session->over_credit && session->credit_batches > 0 && session->credit_bytes >= body_bytes;
	session->over_credit = !within_credit;  /* credit that comes while it waits does not excuse it */
	bool breaks = verdict == INTAKE_BATCH_BAD || !within_credit || sum_of(push) != body_bytes;
	if (breaks && session->unanswered_batches > 0)
		return false;
	if (verdict == INTAKE_BATCH_BAD)
		send_bye(intake, session, "bad_batch", "batches are numbered from 1 without a gap");
	else if (!within_credit)
		send_bye(intake, session, "over_credit", "more was sent than was granted; wait for CREDIT");
	else
		store(intake, session, push, message);
	return true;
}

static struct intake_append *begin_append(struct intake *intake, struct intake_region *region)
{
	struct intake_append *append = intake_append_new(region, intake_region_take(region));
	append->job.done = collect_append;
	append->context = intake;
	append->day_bytes_max = intake->region_bytes_per_day_max;
	append->quarantine_bytes_max = intake->quarantine_bytes_max;
	return append;
}

/* Links other small appends of the ring to it. */
static void add_small(struct intake *intake, struct intake_append *append, int64_t now_ms)
{
	struct intake_region *region;
	for (size_t count = 1, events = append->count;
	     count < intake->together_max && events + INTAKE_SMALL_EVENTS <= STREAM_BATCH_MAX &&
	     (region = intake_regions_next_small(intake->regions, now_ms)) != NULL;) {
		if (region->first == NULL) {
			region->under_way = false;
			continue;
		}
		append->next = begin_append(intake, region);
		append = append->next;
		events += append->count;
		count++;
	}
}

static bool has_writer(const struct intake *intake)
{
	return intake_pool_busy(intake->writers) < intake_pool_threads(intake->writers);
}

/* What was left alone may wait for a lock that somebody holds for seconds, and many at once: it has half of the writers at most. */
static void start_alone(struct intake *intake)
{
	size_t writers = intake_pool_threads(intake->writers);
	while (intake->alone_first != NULL && has_writer(intake) && intake->alone_under_way < (writers + 1) / 2) {
		struct intake_append *append = intake->alone_first;
		intake->alone_first = append->next;
		if (intake->alone_first == NULL)
			intake->alone_end = &intake->alone_first;
		append->next = NULL;
		append->by_itself = true;
		intake->alone_under_way++;
		intake_pool_submit(intake->writers, &append->job);
	}
}

/* Regions in turn, as many at a time as there are writers: while all are busy, batches gather. */
static void start_appends(struct intake *intake)
{
	int64_t now_ms = ambient_monotonic_ms();
	if (intake->stopping)
		return;
	start_alone(intake);
	while (has_writer(intake)) {
		struct intake_region *region = intake_regions_next(intake->regions, now_ms);
		if (region == NULL)
			return;
		if (region->first == NULL) {
			region->under_way = false;  /* what it had was taken back meanwhile */
			continue;
		}
		bool small = intake->together_max > 1 && intake_region_is_small(region, now_ms);
		struct intake_append *append = begin_append(intake, region);
		if (small) {
			append->small = true;
			intake->small_under_way++;
			intake_regions_hold_small(intake->regions, now_ms + INTAKE_SMALL_WAIT_MS);
			add_small(intake, append, now_ms);
		}
		intake_pool_submit(intake->writers, &append->job);
	}
}

/* ---- The turn ---- */

/* Each but PUSH is answered when everything before it was. False: not yet. */
static bool act(struct intake *intake, struct intake_session *session, const struct push_message *message, struct bus_message **frames)
{
	enum intake_action action = intake_decide(session->state, message->type);
	if (action == INTAKE_DROP) {
		pass_over(intake, session, *frames);
		return true;
	}
	if (action == INTAKE_STORE)
		return take_batch(intake, session, message, frames);
	if (session->unanswered_batches > 0)
		return false;
	switch (action) {
	case INTAKE_GREET:
		if (!may_greet(intake, session))
			return false;
		greet(intake, session, message);
		break;
	case INTAKE_PONG:
		send_message(intake, session, &(struct push_message){.type = PUSH_PONG});
		break;
	case INTAKE_FORGET:
		if (!session->told)
			end_session(intake, session, "bye");
		break;
	case INTAKE_REFUSE:
		refuse(intake, session, *frames, "no_session", "say HELLO first");
		break;
	case INTAKE_STORE:
	case INTAKE_DROP:
		break;
	}
	return true;
}

/* One message of the session, which may take it over. False: it has to wait, and nothing was done. */
static bool handle(struct intake *intake, struct intake_session *session, struct bus_message **message)
{
	struct fault fault;
	struct push_message parsed;
	bool idle = session->unanswered_batches == 0;
	arena_reset(intake->arena);
	if (session->greeting || intake->stopping)
		return false;
	if (bus_message_frames(*message) != 3 || bus_message_frame(*message, 2).len > PUSH_BODY_BYTES_MAX) {
		if (idle)
			refuse(intake, session, *message, "bad_frames", "a message has a header frame and a body frame");
		return idle;
	}
	if (push_parse_request(intake->arena, bus_message_frame(*message, 1), &parsed, &fault) != STATUS_OK) {
		if (idle)
			refuse(intake, session, *message, "bad_header", fault.text);
		return idle;
	}
	return act(intake, session, &parsed, message);
}

static size_t bytes_of(const struct bus_message *message)
{
	size_t bytes = 0;
	for (size_t i = 0; i < bus_message_frames(message); i++)
		bytes += bus_message_frame(message, i).len;
	return bytes;
}

static void answer_letters(struct intake *intake, struct intake_session *session)
{
	while (session->letters_count > 0) {
		struct bus_message *message = session->letters->message;
		size_t bytes = bytes_of(message);
		if (!handle(intake, session, &message))
			return;
		intake->letter_bytes -= bytes;
		struct bus_message *answered = intake_session_next(session);
		if (message != NULL)
			bus_message_destroy(&answered);
	}
	if (session->state == INTAKE_CLOSED && !session->told && !intake_session_waits(session))
		intake_session_remove(intake->sessions, session, "ended");
}

static void count_dropped(void)
{
	telemetry_count("effreg_intake_messages_dropped_total", "Messages of sessions that sent far more than they were answered.", "", 1);
}

static void keep_letter(struct intake *intake, struct intake_session *session)
{
	size_t bytes = bytes_of(intake->message);
	bool is_room = intake->letter_bytes + bytes <= INTAKE_LETTER_BYTES_MAX;  /* which others may have filled */
	if (is_room && intake_session_keep(session, &intake->message)) {
		intake->letter_bytes += bytes;
		return;
	}
	if (session->letters_count == 0)
		intake_session_set_hello_waits(session, false, 0);  /* it was the HELLO */
	count_dropped();
	if (is_room)
		blame(intake, session, intake->message);
}

/* A key that opens more and more sessions ends its own oldest ones. NULL: nobody's place can be had. */
static struct intake_session *admit(struct intake *intake, struct span routing_id, const char *user)
{
	bool full;
	struct intake_session *surplus = intake_session_surplus(intake->sessions, user, &full);
	if (surplus != NULL)
		intake_session_remove(intake->sessions, surplus, "too many sessions of one key");
	struct intake_session *session = full ? NULL : intake_session_add(intake->sessions, routing_id, user, ambient_monotonic_ms());
	if (session == NULL) {
		const struct push_message bye = {.type = PUSH_BYE, .code = "retry", .text = "there are too many sessions; come back later"};
		if (send_to(intake, routing_id, &bye) == STATUS_OK)
			telemetry_count("effreg_intake_sessions_refused_total", "Messages refused because there are too many sessions.", "", 1);
		return NULL;
	}
	return session;
}

/* A session whose HELLO waits for its key's pace. A later HELLO takes the place of the one that waits: one WELCOME answers both. What has
 * a body is beyond any credit before WELCOME; behind a HELLO that was said again while the first WELCOME was on its way it is not. */
static bool take_behind_hello(struct intake *intake, struct intake_session *session)
{
	struct push_message parsed;
	struct fault fault;
	bool is_message = bus_message_frames(intake->message) == 3;
	bool has_credit = session->state == INTAKE_OPEN || session->state == INTAKE_FAILED;
	if (is_message && !has_credit && bus_message_frame(intake->message, 2).len > 0) {
		count_dropped();
		blame(intake, session, intake->message);
		return true;
	}
	arena_reset(intake->arena);
	if (!is_message || push_parse_request(intake->arena, bus_message_frame(intake->message, 1), &parsed, &fault) != STATUS_OK ||
	    parsed.type != PUSH_HELLO)
		return false;
	struct bus_message *earlier = session->letters->message;
	intake->letter_bytes = intake->letter_bytes - bytes_of(earlier) + bytes_of(intake->message);
	session->letters->message = intake->message;
	intake->message = earlier;
	return true;
}

static void take_message(struct intake *intake)
{
	const char *user = bus_message_user(intake->message);
	struct span routing_id = bus_message_frame(intake->message, 0);
	struct intake_session *session = intake_session_find(intake->sessions, routing_id);
	if (user[0] == '\0')
		return;  /* cannot happen behind CURVE with a ZAP handler; if it does, it is nobody */
	if (session == NULL)
		session = admit(intake, routing_id, user);
	if (session == NULL || !text_equal(session->key->user, user))
		return;  /* a client that names itself, which it must not, is not taken for another one of that name */
	session->seen_ms = ambient_monotonic_ms();
	if (session->hello_waits && take_behind_hello(intake, session))
		return;
	if (session->letters_count > 0 || !handle(intake, session, &intake->message))
		keep_letter(intake, session);
	if (intake->message == NULL)
		intake->message = bus_message_new();
}

void intake_on_push(void *context)
{
	struct intake *intake = context;
	enum status status = STATUS_OK;
	int64_t until_ms = ambient_monotonic_ms() + INTAKE_ROUND_MS;
	for (unsigned i = 0; i < INTAKE_ROUND_MESSAGES && status != STATUS_NOT_FOUND && ambient_monotonic_ms() < until_ms; i++) {
		status = bus_receive(intake->push, intake->message);
		/* INVALID: more frames than a message can have; the first ones are there, and it is answered as any wrong number. */
		if (status == STATUS_OK || status == STATUS_INVALID) {
			intake_lines_meet(intake->lines, intake->message);
			take_message(intake);
		}
	}
	if (status != STATUS_NOT_FOUND)
		loop_soon(intake->service->loop, intake_on_push, intake);
}

/* It goes by itself now, whatever held it back from going with the others. */
static void append_alone(struct intake *intake, struct intake_append *append)
{
	append->left_alone = false;
	append->next = NULL;
	*intake->alone_end = append;
	intake->alone_end = &append->next;
}

static void end_waiting_alone(struct intake *intake)
{
	for (struct intake_append *append = intake->alone_first, *next; append != NULL; append = next) {
		next = append->next;
		append->next = NULL;
		end_append(intake, append);
	}
	intake->alone_first = NULL;
	intake->alone_end = &intake->alone_first;
}

static void collect_append(struct intake_job *job)
{
	struct intake_append *append = (struct intake_append *)(void *)job, *next;
	struct intake *intake = append->context;
	intake->small_under_way -= append->small ? 1 : 0;
	intake->alone_under_way -= append->by_itself ? 1 : 0;
	for (; append != NULL; append = next) {
		next = append->next;
		append->next = NULL;
		append->small = false;
		if (append->left_alone)
			append_alone(intake, append);
		else
			end_append(intake, append);
	}
}

void intake_on_written(void *context)
{
	struct intake *intake = context;
	intake_pool_collect(intake->writers);
	pay_credit(intake);
	if (intake->small_under_way == 0)
		intake_regions_hold_small(intake->regions, 0);
	on_gathered(intake);
}

void intake_on_greeted(void *context)
{
	struct intake *intake = context;
	intake_pool_collect(intake->greeters);
	pay_credit(intake);
}

/* ---- Rest and return ---- */

#define LOOKUP_RETRY_MS 1000

/* Is the database there? Asked before a region that has rested gets credit again. */
struct probe {
	struct intake_job job;  /* first */
	struct intake *intake;
	struct intake_region *region;
	enum status status;
};

static void run_probe(struct intake_job *job, struct db *db)
{
	struct probe *probe = (struct probe *)(void *)job;
	probe->status = begin_looking(db);
	if (probe->status == STATUS_OK)
		db_rollback(db);
}

static void end_probe(struct intake_job *job)
{
	struct probe *probe = (struct probe *)(void *)job;
	struct intake_region *region = probe->region;
	region->probing = false;
	region->resting = probe->status != STATUS_OK;
	if (region->resting)
		region->retry_ms = ambient_monotonic_ms() + intake_backoff_ms(region->failures);
	else if (probe->intake->database_lost)
		log_write(LOG_EVENT_database_back, NULL);
	probe->intake->database_lost = region->resting;
	free(probe);
}

static void probe_region(void *context, struct intake_region *region)
{
	struct intake *intake = context;
	if (!region->resting || region->probing || region->retry_ms > ambient_monotonic_ms())
		return;
	struct probe *probe = calloc(1, sizeof *probe);
	ASSERT(probe != NULL);
	*probe = (struct probe){.job = {.run = run_probe, .done = end_probe}, .intake = intake, .region = region};
	region->probing = true;
	intake_pool_submit(intake->greeters, &probe->job);
}

static void reopen(void *context, struct intake_session *session)
{
	struct intake *intake = context;
	if (session->state != INTAKE_FAILED || session->region->resting || session->nack_code != NULL || session->reopen_ms > ambient_monotonic_ms())
		return;
	intake_session_move(session, INTAKE_OPEN, "credit again");
	send_credit(intake, session);
}

static void note_waiting(void *context, struct intake_session *session)
{
	struct intake *intake = context;
	if (session->hello_waits)
		intake->waiting[intake->waiting_count++] = session;
}

static int compare_waiting(const void *a, const void *b)
{
	const struct intake_session *const *x = a;
	const struct intake_session *const *y = b;
	return ((*x)->waits_since_ms > (*y)->waits_since_ms) - ((*x)->waits_since_ms < (*y)->waits_since_ms);
}

/* Who has waited longest is first. */
static void take_hellos(struct intake *intake)
{
	intake->waiting_count = 0;
	intake_sessions_each(intake->sessions, note_waiting, intake);
	qsort(intake->waiting, intake->waiting_count, sizeof intake->waiting[0], compare_waiting);
	for (size_t i = 0; i < intake->waiting_count; i++)
		answer_letters(intake, intake->waiting[i]);
	telemetry_set("effreg_intake_hellos_waiting", "HELLOs of keys that have said too many, until they may again.", "", (double)intake->waiting_count);
}

/* The connection that handshakes are looked up over is used by them alone: lost, it is made anew here, for readiness is told by it. */
static void mend_lookup(struct intake *intake)
{
	struct db *db = intake->service->db;
	int64_t now_ms = ambient_monotonic_ms();
	if (db_alive(db) || intake->database_lost || now_ms < intake->mend_ms)
		return;
	intake->mend_ms = now_ms + LOOKUP_RETRY_MS;
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		db_rollback(db);
	service_note_database(intake->service, status);
}

void intake_on_tick(void *context)
{
	struct intake *intake = context;
	mend_lookup(intake);
	take_hellos(intake);
	intake_sessions_expire(intake->sessions, ambient_monotonic_ms());
	intake_lines_expire(intake->lines, ambient_monotonic_ms());
	telemetry_set("effreg_intake_lines_narrowed", "Connections whose clients go on sending what is dropped, and that take in little therefore.", "",
	              (double)intake_lines_count(intake->lines));
	telemetry_set("effreg_intake_sessions", "Sessions open now.", "", (double)intake_sessions_count(intake->sessions));
	telemetry_set("effreg_intake_batch_bytes", "Bytes held by batches that wait or are being stored.", "", (double)intake->batch_bytes);
	telemetry_set("effreg_intake_batch_bytes_max", "What they may hold.", "", (double)intake->memory_bytes_max);
	intake_regions_each(intake->regions, probe_region, intake);
	intake_sessions_each(intake->sessions, reopen, intake);
}

void intake_finish(struct intake *intake)
{
	intake->stopping = true;
	intake_pool_destroy(&intake->writers);
	end_waiting_alone(intake);
	intake_pool_destroy(&intake->greeters);
}
