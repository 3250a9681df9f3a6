#include "common/schema_uri.h"

/* The components of RFC 3986, section 3. An absent scheme, authority or query has at = NULL; a path may be empty. */
struct uri {
	struct span scheme;
	struct span authority;
	struct span path;
	struct span query;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme_byte(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

static const char *read_scheme(const char *at, struct span *ret_scheme)
{
	size_t len = 0;
	if (is_letter(at[0])) {
		while (is_scheme_byte(at[len]))
			len++;
	}
	if (len == 0 || at[len] != ':')
		return at;
	*ret_scheme = span_of(at, len);
	return at + len + 1;
}

static struct uri split(const char *at)
{
	struct uri uri = {0};
	at = read_scheme(at, &uri.scheme);
	if (at[0] == '/' && at[1] == '/') {
		uri.authority = span_of(at + 2, strcspn(at + 2, "/?#"));
		at = uri.authority.at + uri.authority.len;
	}
	uri.path = span_of(at, strcspn(at, "?#"));
	at += uri.path.len;
	if (*at == '?')
		uri.query = span_of(at + 1, strcspn(at + 1, "#"));
	return uri;
}

static bool begins(struct span text, const char *with)
{
	size_t len = strlen(with);
	return text.len >= len && memcmp(text.at, with, len) == 0;
}

static struct span skip(struct span text, size_t len)
{
	return span_of(text.at + len, text.len - len);
}

static size_t drop_last_segment(const char *at, size_t len)
{
	while (len > 0 && at[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/* RFC 3986, section 5.2.4; the input ends in "/" for a "/." or "/.." at its end. */
static struct span remove_dot_segments(struct arena *arena, struct span input)
{
	char *output = arena_alloc(arena, input.len + 1);
	size_t len = 0;
	while (input.len > 0) {
		if (begins(input, "../")) {
			input = skip(input, 3);
		} else if (begins(input, "./") || begins(input, "/./")) {
			input = skip(input, 2);
		} else if (span_equal(input, span_of_text("/."))) {
			input = span_of("/", 1);
		} else if (begins(input, "/../")) {
			input = skip(input, 3);
			len = drop_last_segment(output, len);
		} else if (span_equal(input, span_of_text("/.."))) {
			input = span_of("/", 1);
			len = drop_last_segment(output, len);
		} else if (span_equal(input, span_of_text(".")) || span_equal(input, span_of_text(".."))) {
			input.len = 0;
		} else {
			do {
				output[len++] = *input.at;
				input = skip(input, 1);
			} while (input.len > 0 && *input.at != '/');
		}
	}
	return span_of(output, len);
}

/* Section 5.2.3. */
static struct span merge(struct arena *arena, const struct uri *base, struct span path)
{
	size_t kept = base->path.len;
	while (kept > 0 && base->path.at[kept - 1] != '/')
		kept--;
	bool bare_authority = base->authority.at != NULL && base->path.len == 0;
	const char *text = arena_printf(arena, "%s%.*s%.*s", bare_authority ? "/" : "", (int)kept, base->path.at,
	                                (int)path.len, path.at);
	return span_of_text(text);
}

/* Section 5.3, without the fragment. */
static const char *compose(struct arena *arena, const struct uri *uri)
{
	return arena_printf(arena, "%.*s%s%s%.*s%.*s%s%.*s", (int)uri->scheme.len, uri->scheme.at ? uri->scheme.at : "",
	                    uri->scheme.at ? ":" : "", uri->authority.at ? "//" : "", (int)uri->authority.len,
	                    uri->authority.at ? uri->authority.at : "", (int)uri->path.len, uri->path.at,
	                    uri->query.at ? "?" : "", (int)uri->query.len, uri->query.at ? uri->query.at : "");
}

/* Section 5.2.2. */
const char *uri_resolve(struct arena *arena, const char *base_text, const char *reference)
{
	struct uri base = split(base_text);
	struct uri target = split(reference);
	if (target.scheme.at != NULL) {
		if (target.authority.at != NULL)  /* the path of urn:… and the like is opaque */
			target.path = remove_dot_segments(arena, target.path);
		return compose(arena, &target);
	}
	target.scheme = base.scheme;
	if (target.authority.at != NULL) {
		target.path = remove_dot_segments(arena, target.path);
		return compose(arena, &target);
	}
	target.authority = base.authority;
	if (target.path.len == 0) {
		target.path = base.path;
		if (target.query.at == NULL)
			target.query = base.query;
	} else if (target.path.at[0] == '/') {
		target.path = remove_dot_segments(arena, target.path);
	} else {
		target.path = remove_dot_segments(arena, merge(arena, &base, target.path));
	}
	return compose(arena, &target);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

const char *uri_fragment(struct arena *arena, const char *reference)
{
	const char *hash = strchr(reference, '#');
	if (hash == NULL)
		return "";
	char *text = arena_alloc(arena, strlen(hash));
	size_t len = 0;
	for (const char *at = hash + 1; *at != '\0'; at++) {
		if (*at != '%') {
			text[len++] = *at;
			continue;
		}
		if (hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
			return NULL;
		text[len++] = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
		at += 2;
	}
	text[len] = '\0';
	return text;
}
