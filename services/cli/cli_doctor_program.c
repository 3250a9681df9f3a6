#include "services/cli/cli_doctor_program.h"

#include "common/buf.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 8

extern char **environ;

const char *program_path(struct arena *arena, const char *service)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
	own[len > 0 ? len : 0] = '\0';
	char *slash = strrchr(own, '/');
	if (slash != NULL)
		*slash = '\0';
	return arena_printf(arena, "%s/effreg-%s", slash == NULL ? "/usr/bin" : own, service);
}

bool program_exists(const char *path)
{
	return access(path, X_OK) == 0;
}

static struct span read_all(struct arena *arena, int fd)
{
	struct buf buf;
	char part[4096];
	buf_init(&buf, PROGRAM_OUTPUT_MAX);
	for (ssize_t len = read(fd, part, sizeof part); len > 0; len = read(fd, part, sizeof part))
		buf_append(&buf, part, (size_t)len);
	struct span text = span_of(arena_text(arena, buf_span(&buf).at, buf.len), buf.len);
	buf_clear(&buf);
	return text;
}

/* What the caller of effreg has set for effreg is not what the service manager gives a service. */
static char **environment_without_ours(struct arena *arena)
{
	size_t count = 0, kept = 0;
	while (environ[count] != NULL)
		count++;
	char **environment = arena_array(arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(environ[i], "EFFREG_", strlen("EFFREG_")) != 0)
			environment[kept++] = environ[i];
	}
	return environment;
}

enum status program_run(struct arena *arena, const char *path, const char *const *arguments, struct span *ret_output, int *ret_exit)
{
	char *argv[ARGUMENTS_MAX + 2] = {arena_text(arena, path, strlen(path))};
	size_t count = 1;
	for (; *arguments != NULL; arguments++) {
		ASSERT(count <= ARGUMENTS_MAX);
		argv[count++] = arena_text(arena, *arguments, strlen(*arguments));
	}
	int ends[2], state = 0;
	pid_t pid;
	posix_spawn_file_actions_t actions;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return STATUS_UNAVAILABLE;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	int failed = posix_spawn(&pid, path, &actions, NULL, argv, environment_without_ours(arena));
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (failed == 0)
		*ret_output = read_all(arena, ends[0]);
	close(ends[0]);
	if (failed != 0 || waitpid(pid, &state, 0) != pid)
		return STATUS_UNAVAILABLE;
	*ret_exit = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
	return STATUS_OK;
}
