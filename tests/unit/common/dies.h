/* dies: a broken promise of ours (ASSERT) ends the process; here one process is spent to see it. */
#ifndef EFFREG_TESTS_COMMON_DIES_H
#define EFFREG_TESTS_COMMON_DIES_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* True when fn(context) ends its process with SIGABRT. */
static inline bool dies(void (*fn)(void *), void *context)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
		static const int SIGNALS[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};  /* cmocka handles some of them */
		for (size_t i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++)
			signal(SIGNALS[i], SIG_DFL);
		dup2(nothing, STDERR_FILENO);
		fn(context);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
