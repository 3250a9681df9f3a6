#include "common/notify_socket.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or @ and a name in the abstract space. */
static bool address_of(const char *name, struct sockaddr_un *ret_address, socklen_t *ret_len)
{
	size_t len = strlen(name);
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof ret_address->sun_path)
		return false;
	memcpy(ret_address->sun_path, name, len);
	if (name[0] == '@')
		ret_address->sun_path[0] = '\0';
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
	return true;
}

bool notify_socket_is_named(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

bool notify_socket_tell(const char *state)
{
	struct sockaddr_un address;
	socklen_t len;
	const char *name = getenv("NOTIFY_SOCKET");
	if (name == NULL || !address_of(name, &address, &len))
		return false;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	bool told = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, len) == (ssize_t)strlen(state);
	close(fd);
	return told;
}

long notify_socket_watchdog_ms(void)
{
	const char *allowed = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (allowed == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	long ms = strtol(allowed, NULL, 10) / 2000;
	return ms > 0 ? ms : 0;
}
