#include "services/cli/cli_rank_locate.h"

#include <stdlib.h>

/* A place in well-formed JSON: nothing is checked again. */
struct walk {
	const char *at;
	const char *end;
};

size_t rank_line_of_offset(struct span text, size_t offset)
{
	size_t line = 1;
	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.at[i] == '\n' ? 1 : 0;
	return line;
}

static void skip_blanks(struct walk *walk)
{
	while (walk->at < walk->end && strchr(" \t\r\n,:", *walk->at) != NULL)
		walk->at++;
}

/* The bytes between the quotes, as they are written. */
static struct span take_string(struct walk *walk)
{
	const char *start = ++walk->at;
	while (walk->at < walk->end && *walk->at != '"')
		walk->at += *walk->at == '\\' ? 2 : 1;
	struct span string = span_of(start, (size_t)(walk->at - start));
	walk->at++;
	return string;
}

static void skip_value(struct walk *walk)
{
	unsigned depth = 0;
	do {
		skip_blanks(walk);
		if (walk->at >= walk->end)
			return;
		if (*walk->at == '"') {
			(void)take_string(walk);
			continue;
		}
		if (*walk->at == '{' || *walk->at == '[') {
			depth++;
			walk->at++;
		} else if (*walk->at == '}' || *walk->at == ']') {
			depth--;
			walk->at++;
		} else {
			while (walk->at < walk->end && strchr(" \t\r\n,:{}[]\"", *walk->at) == NULL)
				walk->at++;
		}
	} while (depth > 0);
}

/* Whether a name as written is the token of the pointer up to its '/'. */
static bool name_matches(struct span name, const char *token)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = *token++;
		if (c == '~' && (*token == '0' || *token == '1'))
			c = *token++ == '0' ? '~' : '/';
		else if (c == '/' || c == '\0')
			return false;
		if (c != name.at[i])
			return false;
	}
	return *token == '/' || *token == '\0';
}

/* Moves to the child that token names; false: there is none, and walk is undefined. */
static bool enter(struct walk *walk, const char *token)
{
	bool object = *walk->at == '{';
	size_t index = 0;
	if (!object && *walk->at != '[')
		return false;
	walk->at++;
	for (skip_blanks(walk); walk->at < walk->end && *walk->at != '}' && *walk->at != ']'; skip_blanks(walk)) {
		if (object ? name_matches(take_string(walk), token) : index == strtoull(token, NULL, 10)) {
			skip_blanks(walk);
			return true;
		}
		skip_value(walk);
		index++;
	}
	return false;
}

size_t rank_line_of_pointer(struct span text, const char *pointer)
{
	struct walk walk = {.at = text.at, .end = text.at + text.len};
	skip_blanks(&walk);
	const char *found = walk.at;
	for (const char *token = strchr(pointer, '/'); token != NULL && walk.at < walk.end; token = strchr(token + 1, '/')) {
		if (!enter(&walk, token + 1))
			break;
		found = walk.at;
	}
	return rank_line_of_offset(text, (size_t)(found - text.at));
}
