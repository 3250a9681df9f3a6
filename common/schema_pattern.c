#include "common/schema_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/schema_ecma.h"

/* The longest text has 64 KiB. A pattern without ambiguity needs a few steps a byte; what needs more than this is
 * the quadratic and worse kind, and would hold the process up. */
#define MATCH_LIMIT_STEPS 1000000U
#define HEAP_LIMIT_KIB    4096U

struct pattern {
	struct pattern *next;
	const struct patterns *owner;
	pcre2_code *code;
	bool is_jitted;
};

struct patterns {
	struct pattern *first;
	pcre2_compile_context *compile_context;
	pcre2_match_context *match_context;
	pcre2_match_data *match_data;
};

struct patterns *patterns_new(void)
{
	struct patterns *patterns = calloc(1, sizeof *patterns);
	ASSERT(patterns != NULL);
	patterns->compile_context = pcre2_compile_context_create(NULL);
	patterns->match_context = pcre2_match_context_create(NULL);
	patterns->match_data = pcre2_match_data_create(1, NULL);
	ASSERT(patterns->compile_context != NULL && patterns->match_context != NULL && patterns->match_data != NULL);
	pcre2_set_match_limit(patterns->match_context, MATCH_LIMIT_STEPS);
	pcre2_set_heap_limit(patterns->match_context, HEAP_LIMIT_KIB);
	return patterns;
}

void patterns_destroy(struct patterns **patterns)
{
	if (*patterns == NULL)
		return;
	for (struct pattern *pattern = (*patterns)->first; pattern != NULL;) {
		struct pattern *next = pattern->next;
		pcre2_code_free(pattern->code);
		free(pattern);
		pattern = next;
	}
	pcre2_match_data_free((*patterns)->match_data);
	pcre2_match_context_free((*patterns)->match_context);
	pcre2_compile_context_free((*patterns)->compile_context);
	free(*patterns);
	*patterns = NULL;
}

/* Fresh, or NULL with error. */
static pcre2_code *code_of(struct patterns *patterns, struct span text, char *error, size_t error_size)
{
	static const uint32_t OPTIONS = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS
	                                | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP;
	PCRE2_UCHAR message[160];
	PCRE2_SIZE offset = 0;
	int number = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text.at, text.len, OPTIONS, &number, &offset, patterns->compile_context);
	if (code != NULL)
		return code;
	pcre2_get_error_message(number, message, sizeof message);
	snprintf(error, error_size, "%s", (const char *)message);
	return NULL;
}

const struct pattern *pattern_compile(struct patterns *patterns, const char *text, char *error, size_t error_size)
{
	struct buf translated;
	struct ecma_error ecma;
	pcre2_code *code = NULL;
	buf_init(&translated, ECMA_BYTES_MAX(strlen(text)));
	if (ecma_translate(&translated, text, &ecma))
		code = code_of(patterns, buf_span(&translated), error, error_size);
	else
		snprintf(error, error_size, "%s, at byte %zu", ecma.reason, ecma.offset);
	buf_clear(&translated);
	if (code == NULL)
		return NULL;
	/* Where there is no JIT, the interpreter does it. */
	bool is_jitted = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
	struct pattern *pattern = calloc(1, sizeof *pattern);
	ASSERT(pattern != NULL);
	*pattern = (struct pattern){.next = patterns->first, .owner = patterns, .code = code, .is_jitted = is_jitted};
	patterns->first = pattern;
	return pattern;
}

enum pattern_answer pattern_match(const struct pattern *pattern, const char *text)
{
	const struct patterns *owner = pattern->owner;
	/* pcre2_match would come to the same, after checks that these arguments always pass. */
	int (*match)(const pcre2_code *, PCRE2_SPTR, PCRE2_SIZE, PCRE2_SIZE, uint32_t, pcre2_match_data *, pcre2_match_context *) =
		pattern->is_jitted ? pcre2_jit_match : pcre2_match;
	int result = match(pattern->code, (PCRE2_SPTR)text, strlen(text), 0, PCRE2_NO_UTF_CHECK, owner->match_data, owner->match_context);
	if (result >= 0)
		return PATTERN_YES;
	return result == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_UNDECIDED;
}
