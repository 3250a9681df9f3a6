#include "common/ambient.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t ambient_now_us(void)
{
	struct timespec now;
	ASSERT(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t ambient_monotonic_ms(void)
{
	struct timespec now;
	ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ambient_random(void *at, size_t len)
{
	uint8_t *bytes = at;
	while (len > 0) {
		ssize_t got = getrandom(bytes, len, 0);
		ASSERT(got > 0 || errno == EINTR);
		if (got > 0) {
			bytes += got;
			len -= (size_t)got;
		}
	}
}

struct ident_uuid ambient_uuid(void)
{
	uint8_t random[10];
	ambient_random(random, sizeof random);
	return ident_uuid_v7((uint64_t)ambient_now_us() / 1000, random);
}

static enum status read_descriptor(int fd, const char *path, struct arena *arena, size_t bytes_max, struct span *ret_text,
                                   struct fault *fault)
{
	struct stat info;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "%s is not a file", path);
	if ((size_t)info.st_size > bytes_max)
		return fault_set(fault, STATUS_TOO_LARGE, "file", "", -1, "%s has %lld bytes; at most %zu are read", path,
		                 (long long)info.st_size, bytes_max);
	size_t size = (size_t)info.st_size;
	char *text = arena_alloc(arena, size + 1);
	size_t len = 0;
	while (len < size) {
		ssize_t got = read(fd, text + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s: %s", path, strerror(errno));
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_text = span_of(text, len);
	return STATUS_OK;
}

enum status ambient_read_file(struct arena *arena, const char *path, size_t bytes_max, struct span *ret_text,
                              struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
		return fault_set(fault, status, "file", "", -1, "cannot read %s: %s", path, strerror(errno));
	}
	enum status status = read_descriptor(fd, path, arena, bytes_max, ret_text, fault);
	close(fd);
	return status;
}

static bool write_whole(int fd, struct span text)
{
	while (text.len > 0) {
		ssize_t put = write(fd, text.at, text.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		text.at += put;
		text.len -= (size_t)put;
	}
	return fsync(fd) == 0;
}

/* A name lasts once its folder does. */
static bool sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096] = ".";
	if (slash != NULL)
		snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool synced = fsync(fd) == 0;
	int cause = errno;
	close(fd);
	errno = cause;
	return synced;
}

enum status ambient_write_file(const char *path, struct span text, unsigned mode, struct fault *fault)
{
	char temporary[4096];
	int len = snprintf(temporary, sizeof temporary, "%s.tmp", path);
	if (len < 0 || (size_t)len >= sizeof temporary)
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "the path is too long: %s", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool written = fd >= 0 && write_whole(fd, text);
	int cause = errno;
	if (fd >= 0 && close(fd) != 0) {
		written = false;
		cause = errno;
	}
	bool renamed = written && rename(temporary, path) == 0;
	if (renamed && sync_folder_of(path))
		return STATUS_OK;
	if (written)
		cause = errno;
	if (!renamed)
		unlink(temporary);
	return fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "cannot write %s: %s", path, strerror(cause));
}
