/* How long a connection may take for what is waited for; time is told, the connections are real sockets. */
#include "common/http_line.h"

#include "common/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARRIVE_MS 1000
#define BEGAN_MS  5000

static int ends[2];  /* the server's, the client's */
static struct http_line *lines, *line;

static int set_up(void **state)
{
	(void)state;
	lines = NULL;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	line = http_line_open(&lines, ends[0], BEGAN_MS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	while (lines != NULL)
		http_line_close(&lines, lines);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* Is the connection shut when everybody is looked at, so long after? */
static bool is_shut_after(int64_t since_ms)
{
	struct pollfd client = {.fd = ends[1], .events = POLLIN};
	http_lines_shut(lines, ARRIVE_MS, BEGAN_MS + since_ms);
	return poll(&client, 1, 0) == 1;
}

static void a_first_request_has_its_time_to_arrive(void **state)
{
	(void)state;
	assert_false(is_shut_after(ARRIVE_MS));
	assert_true(is_shut_after(ARRIVE_MS + 1));
}

static void the_next_one_has_so_much_longer(void **state)
{
	(void)state;
	http_line_move(line, HTTP_LINE_IS_KEPT, BEGAN_MS);
	assert_false(is_shut_after(ARRIVE_MS + HTTP_IDLE_MS));
	assert_true(is_shut_after(ARRIVE_MS + HTTP_IDLE_MS + 1));
}

static void what_the_handler_takes_is_not_the_clients_fault(void **state)
{
	(void)state;
	http_line_move(line, HTTP_LINE_IS_HANDLED, BEGAN_MS);
	assert_false(is_shut_after(INT64_C(1000) * HTTP_LEAVE_MS));
}

static void an_answer_has_its_time_to_be_read(void **state)
{
	(void)state;
	http_line_move(line, HTTP_LINE_LEAVES, BEGAN_MS);
	assert_false(is_shut_after(HTTP_LEAVE_MS));
	assert_true(is_shut_after(HTTP_LEAVE_MS + 1));
}

static void each_connection_has_its_own(void **state)
{
	(void)state;
	int other[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other), 0);
	struct http_line *late = http_line_open(&lines, other[0], BEGAN_MS + 500), *closed = http_line_open(&lines, other[0], 0);
	http_line_close(&lines, closed);
	struct pollfd client = {.fd = other[1], .events = POLLIN};
	assert_true(is_shut_after(ARRIVE_MS + 1));
	assert_int_equal(poll(&client, 1, 0), 0);
	http_line_close(&lines, line);
	assert_ptr_equal(lines, late);
	close(other[0]);
	close(other[1]);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_first_request_has_its_time_to_arrive),
		CASE(the_next_one_has_so_much_longer),
		CASE(what_the_handler_takes_is_not_the_clients_fault),
		CASE(an_answer_has_its_time_to_be_read),
		CASE(each_connection_has_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
