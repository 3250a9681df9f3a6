/* base: the few things every file needs: checked results, spans of bytes, assertions.
 *
 * ASSERT is for promises this program makes to itself and is compiled in always. The outside world
 * (a message, a file, a database) is never asserted on: it gets a status. */
#ifndef EFFREG_BASE_H
#define EFFREG_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the process with the place and the broken promise on stderr. */
_Noreturn void assert_failed(const char *expression, const char *file, int line);

#define ASSERT(expression) ((expression) ? (void)0 : assert_failed(#expression, __FILE__, __LINE__))

/* Bytes that belong to somebody else; not terminated by a zero. */
struct span {
	const char *at;
	size_t len;
};

static inline struct span span_of(const char *at, size_t len)
{
	return (struct span){.at = at, .len = len};
}

static inline struct span span_of_text(const char *text)
{
	return (struct span){.at = text, .len = strlen(text)};
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool text_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

#endif
