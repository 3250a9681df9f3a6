#include "services/cli/cli_ledger.h"

#include "common/ambient.h"
#include "common/envelope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool ledger_path(char path[LEDGER_PATH_SIZE], const char *dir, const char *region)
{
	return (size_t)snprintf(path, LEDGER_PATH_SIZE, "%s/%s.ledger", dir, region) < LEDGER_PATH_SIZE;
}

bool ledger_heads_path(char path[LEDGER_PATH_SIZE], const char *dir)
{
	return (size_t)snprintf(path, LEDGER_PATH_SIZE, "%s/heads.json", dir) < LEDGER_PATH_SIZE;
}

bool ledger_is_dir(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

enum status ledger_lock_dir(const char *dir, struct fault *fault)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "%s: %s", dir, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return fault_set(fault, STATUS_CONFLICT, "file", "", -1, "another process is writing into %s: wait for it", dir);
	return STATUS_OK;
}

/* ---- heads ---- */

static enum status too_long(const char *dir, struct fault *fault)
{
	return fault_set(fault, STATUS_INVALID, "file", "", -1, "the path %.200s… is too long", dir);
}

enum status ledger_load_heads(struct arena *arena, const char *dir, const struct ledger_head **ret_heads,
                              size_t *ret_count, struct fault *fault)
{
	char path[LEDGER_PATH_SIZE];
	struct span text;
	if (!ledger_heads_path(path, dir))
		return too_long(dir, fault);
	enum status status = ambient_read_file(arena, path, LEDGER_HEADS_BYTES_MAX, &text, fault);
	return status == STATUS_OK ? ledger_heads_read(arena, text, ret_heads, ret_count, fault) : status;
}

enum status ledger_save_heads(const char *dir, const struct ledger_head *heads, size_t count, struct fault *fault)
{
	char path[LEDGER_PATH_SIZE];
	struct buf text;
	if (!ledger_heads_path(path, dir))
		return too_long(dir, fault);
	buf_init(&text, LEDGER_HEADS_BYTES_MAX);
	ledger_heads_write(&text, heads, count);
	enum status status = buf_ok(&text)
	                             ? ambient_write_file(path, buf_span(&text), 0644, fault)
	                             : fault_set(fault, STATUS_TOO_LARGE, "heads", "", -1, "too many regions for one heads.json");
	buf_clear(&text);
	return status;
}

/* ---- a ledger ---- */

static enum status map_descriptor(int fd, const char *path, struct span *ret_text, struct fault *fault)
{
	struct stat info;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "%s is not a file", path);
	*ret_text = span_of("", 0);
	if (info.st_size == 0)
		return STATUS_OK;
	void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s: %s", path, strerror(errno));
	*ret_text = span_of(at, (size_t)info.st_size);
	return STATUS_OK;
}

enum status ledger_open(const char *path, struct span *ret_text, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE, "file", "", -1, "%s: %s", path,
		                 strerror(errno));
	enum status status = map_descriptor(fd, path, ret_text, fault);
	close(fd);
	return status;
}

void ledger_close(struct span *text)
{
	if (text->len > 0) {
		/* munmap takes what mmap gave. */
		union { const char *borrowed; void *mapped; } at = {.borrowed = text->at};
		munmap(at.mapped, text->len);
	}
	*text = span_of("", 0);
}

void ledger_event_id(struct span event, char ret_id[UUID_TEXT_SIZE])
{
	struct arena *arena = arena_new(JSON_ARENA_BYTES(EVENT_BYTES_MAX) + 65536);
	const struct json *json;
	struct ident_uuid id;
	ret_id[0] = '\0';
	if (json_parse(arena, event.at, event.len, &JSON_LIMITS_EVENT, &json, NULL) == STATUS_OK) {
		const char *text = json_find_string(json, "id");
		if (text != NULL && ident_uuid_parse(text, &id))
			ident_uuid_format(&id, ret_id);
	}
	arena_destroy(&arena);
}
