#include "services/cli/cli_keys_core.h"

#include "common/envelope.h"

#include <stdlib.h>

#define KEY_TEXT_LEN 40

bool key_is_public(const char *text)
{
	/* RFC 32/Z85 */
	static const char ALPHABET[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
	return strlen(text) == KEY_TEXT_LEN && strspn(text, ALPHABET) == KEY_TEXT_LEN;
}

static bool is_one_of(const char *text, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(text, texts[i]))
			return true;
	}
	return false;
}

bool key_role_is_known(const char *role)
{
	static const char *const ROLES[] = {"region", "gateway", "coordinator", "reader", "service", "bearer"};
	return is_one_of(role, ROLES, ARRAY_COUNT(ROLES));
}

bool key_role_writes(const char *role)
{
	static const char *const ROLES[] = {"region", "gateway"};
	return is_one_of(role, ROLES, ARRAY_COUNT(ROLES));
}

/* ---- sources ---- */

static bool is_source(const char *text)
{
	static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";
	size_t len = strlen(text);
	return len >= 1 && len <= ENVELOPE_SOURCE_MAX && strspn(text, ALPHABET) == len;
}

static enum status split_list(struct arena *arena, const char *list, const char **sources, size_t *count,
                              struct fault *fault)
{
	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		const char *source = arena_text(arena, at, len);
		if (!is_source(source))
			return fault_set(fault, STATUS_INVALID, "source", "", -1, "\"%.140s\" is no source", source);
		if (*count == KEY_SOURCES_MAX)
			return fault_set(fault, STATUS_TOO_LARGE, "source", "", -1, "a key has at most %d sources", KEY_SOURCES_MAX);
		sources[(*count)++] = source;
		at += len;
		if (*at == '\0')
			return STATUS_OK;
	}
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;
	return strcmp(*left, *right);
}

enum status key_sources_join(struct arena *arena, const char *const *lists, size_t count, const char **ret_joined,
                             struct fault *fault)
{
	const char *sources[KEY_SOURCES_MAX];
	size_t sources_count = 0;
	for (size_t i = 0; i < count; i++) {
		enum status status = split_list(arena, lists[i], sources, &sources_count, fault);
		if (status != STATUS_OK)
			return status;
	}
	qsort(sources, sources_count, sizeof *sources, compare_texts);
	const char *joined = "";
	for (size_t i = 0; i < sources_count; i++) {
		if (i == 0 || !text_equal(sources[i], sources[i - 1]))
			joined = arena_printf(arena, "%s%s%s", joined, i == 0 ? "" : ",", sources[i]);
	}
	*ret_joined = joined;
	return STATUS_OK;
}

/* ---- rights ---- */

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : text_equal(a, b);
}

bool key_rights_equal(const struct key_rights *a, const struct key_rights *b)
{
	return text_equal(a->role, b->role) && same_text(a->region, b->region) && same_text(a->sources, b->sources);
}
