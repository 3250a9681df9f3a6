/* Texts on stdin, each "LENGTH\n" and so many bytes; for each a line on stdout: "ok VALUE", or "no CODE OFFSET". VALUE shows
 * every bit: N T F, n and the double in hexadecimal, s and the bytes of the string in hexadecimal, [...], {name value ...}.
 * The other side is json_python.py. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"

#define TEXT_BYTES_MAX ((size_t)1024 * 1024)

static void print_text(const char *text)
{
	putchar('s');
	for (; *text != '\0'; text++)
		printf("%02x", (unsigned char)*text);
}

static void print_number(double number)
{
	uint64_t bits;
	memcpy(&bits, &number, sizeof bits);
	printf("n%016" PRIx64, bits);
}

static void print_value(const struct json *json)
{
	switch (json_type(json)) {
	case JSON_NULL:
		putchar('N');
		return;
	case JSON_BOOL:
		putchar(json_bool(json) ? 'T' : 'F');
		return;
	case JSON_NUMBER:
		print_number(json_number(json));
		return;
	case JSON_STRING:
		print_text(json_string(json));
		return;
	default:
		break;
	}
	putchar(json_is(json, JSON_ARRAY) ? '[' : '{');
	for (const struct json *item = json_first(json); item != NULL; item = json_next(item)) {
		if (json_name(item) != NULL)
			print_text(json_name(item));
		print_value(item);
	}
	putchar(json_is(json, JSON_ARRAY) ? ']' : '}');
}

static void answer(struct arena *arena, const char *text, size_t len)
{
	const struct json *json = NULL;
	struct fault fault = {.offset = -1};
	if (json_parse(arena, text, len, &JSON_LIMITS_EVENT, &json, &fault) == STATUS_OK) {
		printf("ok ");
		print_value(json);
	} else {
		printf("no %s %ld", fault.code, fault.offset);
	}
	putchar('\n');
}

int main(void)
{
	char *text = malloc(TEXT_BYTES_MAX);
	struct arena *arena = arena_new(JSON_ARENA_BYTES(TEXT_BYTES_MAX));
	size_t len;
	ASSERT(text != NULL);
	while (scanf("%zu%*1[\n]", &len) == 1) {
		ASSERT(len <= TEXT_BYTES_MAX && fread(text, 1, len, stdin) == len);
		/* A copy of its own size, so that a sanitizer sees what reads beyond it. */
		char *exact = malloc(len);
		ASSERT(exact != NULL || len == 0);
		if (len > 0)
			memcpy(exact, text, len);
		arena_reset(arena);
		answer(arena, len > 0 ? exact : "", len);
		free(exact);
	}
	arena_destroy(&arena);
	free(text);
	return 0;
}
