/* notify_socket against a real datagram socket: by path and in the abstract space. */
#include "common/notify_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager that listens; @ stands for the abstract space. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
	return fd;
}

static void check_heard(int fd, const char *expected)
{
	char heard[64];
	ssize_t len = recv(fd, heard, sizeof heard - 1, 0);
	assert_int_equal(len, strlen(expected));
	heard[len] = '\0';
	assert_string_equal(heard, expected);
}

static void what_is_told_arrives(void **state)
{
	(void)state;
	char folder[] = "/tmp/effreg-notify.XXXXXX", path[64], abstract[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	snprintf(abstract, sizeof abstract, "@effreg-notify-%ld", (long)getpid());
	const char *const names[] = {path, abstract};
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		int fd = listen_at(names[i]);
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_true(notify_socket_tell("READY=1"));
		check_heard(fd, "READY=1");
		close(fd);
	}
	unlink(path);
	rmdir(folder);
}

static void without_a_manager_nothing_is_told(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_false(notify_socket_is_named());
	assert_false(notify_socket_tell("READY=1"));
	static const char *const WRONG[] = {"", "/", "relative", "/nowhere/at/all"};
	for (size_t i = 0; i < ARRAY_COUNT(WRONG); i++) {
		setenv("NOTIFY_SOCKET", WRONG[i], 1);
		assert_false(notify_socket_tell("READY=1"));
	}
}

static void a_name_longer_than_an_address_is_refused(void **state)
{
	(void)state;
	char name[200];
	memset(name, 'a', sizeof name - 1);
	name[0] = '/';
	name[sizeof name - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_false(notify_socket_tell("READY=1"));
}

static void the_watchdog_is_fed_twice_as_often_as_asked(void **state)
{
	(void)state;
	char pid[32];
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_socket_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_socket_watchdog_ms(), 15000);
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_socket_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);  /* meant for another process, whose environment this one has */
	assert_int_equal(notify_socket_watchdog_ms(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_arrives),
		cmocka_unit_test(without_a_manager_nothing_is_told),
		cmocka_unit_test(a_name_longer_than_an_address_is_refused),
		cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_asked),
	};
	return cmocka_run_group_tests_name("notify_socket", tests, NULL, NULL);
}
