#include "tests/bench/bench_clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

int64_t bench_now_us(void)
{
	struct timespec now;

	ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t bench_cpu_us(void)
{
	char stat[1024];
	unsigned long user = 0, system = 0;
	FILE *file = fopen("/proc/self/stat", "re");

	ASSERT(file != NULL);
	size_t len = fread(stat, 1, sizeof stat - 1, file);
	(void)fclose(file);
	stat[len] = '\0';
	/* The name in parentheses may hold anything; the fields after it are counted from 3. */
	const char *fields = strrchr(stat, ')');
	ASSERT(fields != NULL);
	ASSERT(sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2);
	return (int64_t)(user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}
