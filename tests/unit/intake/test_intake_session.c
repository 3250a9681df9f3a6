/* The table of sessions. Its file is compiled into this program with a log that writes nothing and messages that are numbers. */
#include "services/intake/intake_session.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

void log_write(enum log_event event, ...)
{
	(void)event;
}

static unsigned destroyed;

void bus_message_destroy(struct bus_message **message)
{
	*message = NULL;
	destroyed++;
}

static struct intake_sessions *sessions;

static int set_up(void **state)
{
	(void)state;
	sessions = intake_sessions_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	intake_sessions_destroy(&sessions);
	return 0;
}

static struct span id_of(unsigned number, char id[5])
{
	id[0] = '\0';
	memcpy(id + 1, &number, 4);
	return span_of(id, 5);
}

/* Of a key that is nobody's in particular, at the beginning of time. */
static struct intake_session *add(struct span id)
{
	return intake_session_add(sessions, id, "key", 0);
}

static void a_session_is_found_by_its_id_until_it_is_removed(void **state)
{
	(void)state;
	char id[5];
	assert_null(intake_session_find(sessions, id_of(1, id)));
	struct intake_session *session = add(id_of(1, id));
	assert_ptr_equal(intake_session_find(sessions, id_of(1, id)), session);
	assert_int_equal(session->state, INTAKE_NEW);
	intake_session_remove(sessions, session, "test");
	assert_null(intake_session_find(sessions, id_of(1, id)));
	assert_int_equal(intake_sessions_count(sessions), 0);
}

static void the_table_is_bounded_and_a_place_is_used_again(void **state)
{
	(void)state;
	char id[5];
	for (unsigned i = 0; i < INTAKE_SESSIONS_MAX; i++)
		assert_non_null(add(id_of(i, id)));
	assert_null(add(id_of(INTAKE_SESSIONS_MAX, id)));
	intake_session_remove(sessions, intake_session_find(sessions, id_of(7, id)), "test");
	assert_non_null(add(id_of(INTAKE_SESSIONS_MAX, id)));
	for (unsigned i = 0; i <= INTAKE_SESSIONS_MAX; i++)
		assert_int_equal(intake_session_find(sessions, id_of(i, id)) != NULL, i != 7);
}

static void an_id_that_is_too_long_gets_no_session(void **state)
{
	(void)state;
	char id[INTAKE_ROUTING_ID_MAX + 1] = "x";
	assert_null(add(span_of(id, sizeof id)));
}

/* Many connections that come and go leave no trace that later searches would have to walk over. */
static void a_table_that_has_seen_many_connections_is_empty_again(void **state)
{
	(void)state;
	char id[5];
	for (unsigned i = 0; i < 20 * SLOTS; i++) {
		struct intake_session *session = add(id_of(i, id));
		assert_non_null(session);
		if (i >= 100)
			intake_session_remove(sessions, intake_session_find(sessions, id_of(i - 100, id)), "test");
	}
	intake_sessions_expire(sessions, INTAKE_IDLE_MS + 1);
	assert_int_equal(intake_sessions_count(sessions), 0);
	for (size_t i = 0; i < SLOTS; i++)
		assert_int_equal(sessions->slots[i].use, SLOT_EMPTY);
}

static void who_was_silent_too_long_is_forgotten(void **state)
{
	(void)state;
	char id[5];
	add(id_of(1, id))->seen_ms = 1000;
	add(id_of(2, id))->seen_ms = 2000;
	intake_sessions_expire(sessions, 1000 + INTAKE_IDLE_MS);
	assert_int_equal(intake_sessions_count(sessions), 2);
	intake_sessions_expire(sessions, 1001 + INTAKE_IDLE_MS);
	assert_null(intake_session_find(sessions, id_of(1, id)));
	assert_non_null(intake_session_find(sessions, id_of(2, id)));
}

static void who_waits_for_an_answer_is_not_forgotten(void **state)
{
	(void)state;
	char id[5];
	add(id_of(1, id))->unanswered_batches = 1;
	add(id_of(2, id))->greeting = true;
	intake_sessions_expire(sessions, INTAKE_IDLE_MS + 1);
	assert_int_equal(intake_sessions_count(sessions), 2);
}

static struct bus_message *message_of(uintptr_t number)
{
	return (struct bus_message *)number;
}

static void messages_wait_in_their_order_and_go_with_their_session(void **state)
{
	(void)state;
	char id[5];
	struct intake_session *session = add(id_of(1, id));
	for (uintptr_t round = 0; round < 3; round++) {
		for (uintptr_t i = 1; i <= INTAKE_LETTERS_MAX; i++) {
			struct bus_message *message = message_of(i);
			assert_true(intake_session_keep(session, &message));
			assert_null(message);
		}
		struct bus_message *extra = message_of(7);
		assert_false(intake_session_keep(session, &extra));
		assert_non_null(extra);
		assert_true(intake_session_waits(session));
		for (uintptr_t i = 1; i <= INTAKE_LETTERS_MAX; i++)
			assert_ptr_equal(intake_session_next(session), message_of(i));
		assert_null(intake_session_next(session));
	}
	struct bus_message *last = message_of(1);
	destroyed = 0;
	assert_true(intake_session_keep(session, &last));
	intake_session_remove(sessions, session, "test");
	assert_int_equal(destroyed, 1);
}

/* One key takes no more than its places: the longest silent of its own sessions makes room, unless all wait for an answer. */
static void a_key_has_so_many_sessions_and_no_more(void **state)
{
	(void)state;
	char id[5];
	bool full = false;
	for (unsigned i = 0; i < INTAKE_KEY_SESSIONS_MAX; i++) {
		assert_null(intake_session_surplus(sessions, "k", &full));
		struct intake_session *session = intake_session_add(sessions, id_of(i, id), "k", 0);
		session->seen_ms = i == 5 ? 1 : 100 + i;
		session->unanswered_batches = i == 0 ? 1 : 0;
	}
	assert_ptr_equal(intake_session_surplus(sessions, "k", &full), intake_session_find(sessions, id_of(5, id)));
	assert_false(full);
	assert_null(intake_session_surplus(sessions, "other", &full));
	intake_session_find(sessions, id_of(9, id))->state = INTAKE_CLOSED;
	assert_ptr_equal(intake_session_surplus(sessions, "k", &full), intake_session_find(sessions, id_of(9, id)));
	for (unsigned i = 0; i < INTAKE_KEY_SESSIONS_MAX; i++)
		intake_session_find(sessions, id_of(i, id))->greeting = true;
	assert_null(intake_session_surplus(sessions, "k", &full));
	assert_true(full);
}

/* What a key does over one connection counts over the others: as long as a session lasts, and as long after it as a silent one would. */
static void a_key_is_remembered_a_while_longer_than_its_sessions(void **state)
{
	(void)state;
	char id[5];
	struct intake_session *session = intake_session_add(sessions, id_of(1, id), "k", 1000);
	session->key->is_bearers = true;
	intake_session_remove(sessions, session, "test");
	intake_sessions_expire(sessions, 1000 + INTAKE_IDLE_MS);
	session = intake_session_add(sessions, id_of(2, id), "k", 2000);
	assert_true(session->key->is_bearers);
	assert_int_equal(session->key->sessions, 1);
	intake_sessions_expire(sessions, 2000 + INTAKE_IDLE_MS);
	assert_int_equal(session->key->sessions, 1);
	intake_session_remove(sessions, session, "test");
	intake_sessions_expire(sessions, 2001 + INTAKE_IDLE_MS);
	assert_false(intake_session_add(sessions, id_of(3, id), "k", 90000)->key->is_bearers);
}

/* A HELLO that waits for its key's pace is counted as long as its session is there, and little may wait behind it. */
static void little_waits_behind_a_hello_that_waits(void **state)
{
	(void)state;
	char id[5];
	struct intake_session *session = add(id_of(1, id)), *other = add(id_of(2, id));
	intake_session_set_hello_waits(session, true, 10);
	intake_session_set_hello_waits(session, true, 20);
	assert_int_equal(session->waits_since_ms, 10);
	assert_int_equal(other->key->hellos_waiting, 1);
	for (uintptr_t i = 1; i <= INTAKE_LETTERS_BEHIND_HELLO_MAX; i++) {
		struct bus_message *message = message_of(i);
		assert_true(intake_session_keep(session, &message));
	}
	struct bus_message *extra = message_of(7);
	assert_false(intake_session_keep(session, &extra));
	intake_session_remove(sessions, session, "test");
	assert_int_equal(other->key->hellos_waiting, 0);
}

/* Who was told that it has no session stays, so that it is told once; who is gone does not. */
static void a_closed_session_stays_if_it_was_told(void **state)
{
	(void)state;
	char id[5];
	struct intake_session *told = add(id_of(1, id)), *gone = add(id_of(2, id));
	told->told = true;
	intake_session_move(told, INTAKE_CLOSED, "test");
	intake_session_move(gone, INTAKE_CLOSED, "test");
	intake_sessions_expire(sessions, INTAKE_IDLE_MS);
	assert_non_null(intake_session_find(sessions, id_of(1, id)));
	assert_null(intake_session_find(sessions, id_of(2, id)));
	intake_sessions_expire(sessions, INTAKE_IDLE_MS + 1);
	assert_int_equal(intake_sessions_count(sessions), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_session_is_found_by_its_id_until_it_is_removed),
		CASE(the_table_is_bounded_and_a_place_is_used_again),
		CASE(an_id_that_is_too_long_gets_no_session),
		CASE(a_table_that_has_seen_many_connections_is_empty_again),
		CASE(who_was_silent_too_long_is_forgotten),
		CASE(who_waits_for_an_answer_is_not_forgotten),
		CASE(messages_wait_in_their_order_and_go_with_their_session),
		CASE(a_key_has_so_many_sessions_and_no_more),
		CASE(a_key_is_remembered_a_while_longer_than_its_sessions),
		CASE(little_waits_behind_a_hello_that_waits),
		CASE(a_closed_session_stays_if_it_was_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
