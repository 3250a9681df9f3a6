/* The table of sessions. Its file is compiled into this program with a log that writes nothing. */
#include "services/intake/intake_session.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

void log_write(enum log_event event, ...)
{
	(void)event;
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

static void a_session_is_found_by_its_id_until_it_is_removed(void **state)
{
	(void)state;
	char id[5];
	assert_null(intake_session_find(sessions, id_of(1, id)));
	struct intake_session *session = intake_session_add(sessions, id_of(1, id));
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
		assert_non_null(intake_session_add(sessions, id_of(i, id)));
	assert_null(intake_session_add(sessions, id_of(INTAKE_SESSIONS_MAX, id)));
	intake_session_remove(sessions, intake_session_find(sessions, id_of(7, id)), "test");
	assert_non_null(intake_session_add(sessions, id_of(INTAKE_SESSIONS_MAX, id)));
	for (unsigned i = 0; i <= INTAKE_SESSIONS_MAX; i++)
		assert_int_equal(intake_session_find(sessions, id_of(i, id)) != NULL, i != 7);
}

static void an_id_that_is_too_long_gets_no_session(void **state)
{
	(void)state;
	char id[INTAKE_ROUTING_ID_MAX + 1] = "x";
	assert_null(intake_session_add(sessions, span_of(id, sizeof id)));
}

/* Many connections that come and go leave no trace that later searches would have to walk over. */
static void a_table_that_has_seen_many_connections_is_empty_again(void **state)
{
	(void)state;
	char id[5];
	for (unsigned i = 0; i < 20 * SLOTS; i++) {
		struct intake_session *session = intake_session_add(sessions, id_of(i, id));
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
	intake_session_add(sessions, id_of(1, id))->seen_ms = 1000;
	intake_session_add(sessions, id_of(2, id))->seen_ms = 2000;
	intake_sessions_expire(sessions, 1000 + INTAKE_IDLE_MS);
	assert_int_equal(intake_sessions_count(sessions), 2);
	intake_sessions_expire(sessions, 1001 + INTAKE_IDLE_MS);
	assert_null(intake_session_find(sessions, id_of(1, id)));
	assert_non_null(intake_session_find(sessions, id_of(2, id)));
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
