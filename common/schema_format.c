#include "common/schema_format.h"

#include <arpa/inet.h>

#include "common/ident.h"

#define LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define HEX_DIGITS "0123456789ABCDEFabcdef"
#define UNRESERVED LETTERS DIGITS "-._~"
#define SUB_DELIMS "!$&'()*+,;="
#define ATEXT      LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~"

#define DOMAIN_LEN_MAX 253
#define LABEL_LEN_MAX  63
#define LOCAL_LEN_MAX  64

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool consists_of(struct span text, const char *set)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_one_of(text.at[i], set))
			return false;
	}
	return true;
}

/* Bytes of set and percent-encoded ones. */
static bool is_encoded(struct span text, const char *set)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_one_of(text.at[i], set))
			continue;
		if (text.at[i] != '%' || text.len - i < 3 || !consists_of(span_of(text.at + i + 1, 2), HEX_DIGITS))
			return false;
		i += 2;
	}
	return true;
}

static bool is_address(int family, struct span text)
{
	char copy[INET6_ADDRSTRLEN + 1];
	unsigned char address[sizeof(struct in6_addr)];
	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, address) == 1;
}

static bool is_authority(struct span text)
{
	const char *at = memchr(text.at, '@', text.len);
	if (at != NULL) {
		if (!is_encoded(span_of(text.at, (size_t)(at - text.at)), UNRESERVED SUB_DELIMS ":"))
			return false;
		text = span_of(at + 1, text.len - (size_t)(at + 1 - text.at));
	}
	if (text.len > 0 && text.at[0] == '[') {
		const char *end = memchr(text.at, ']', text.len);
		if (end == NULL || !is_address(AF_INET6, span_of(text.at + 1, (size_t)(end - text.at - 1))))
			return false;
		text = span_of(end + 1, text.len - (size_t)(end + 1 - text.at));
		return text.len == 0 || (text.at[0] == ':' && consists_of(span_of(text.at + 1, text.len - 1), DIGITS));
	}
	size_t host = 0;
	while (host < text.len && text.at[host] != ':')
		host++;
	return is_encoded(span_of(text.at, host), UNRESERVED SUB_DELIMS)
	       && (host == text.len || consists_of(span_of(text.at + host + 1, text.len - host - 1), DIGITS));
}

static bool is_uri(const char *text)
{
	size_t scheme = strspn(text, LETTERS DIGITS "+-.");
	if (!is_one_of(text[0], LETTERS) || text[scheme] != ':')
		return false;
	text += scheme + 1;
	if (text[0] == '/' && text[1] == '/') {
		struct span authority = span_of(text + 2, strcspn(text + 2, "/?#"));
		if (!is_authority(authority))
			return false;
		text = authority.at + authority.len;
	}
	size_t path = strcspn(text, "?#");
	size_t query = path + strcspn(text + path, "#");
	size_t end = strlen(text);
	struct span fragment = span_of(text + query + (query < end), end - query - (query < end));
	return is_encoded(span_of(text, path), UNRESERVED SUB_DELIMS ":@/")
	       && is_encoded(span_of(text + path, query - path), UNRESERVED SUB_DELIMS ":@/?")
	       && is_encoded(fragment, UNRESERVED SUB_DELIMS ":@/?");
}

static bool is_dot_atom(struct span text)
{
	bool after_dot = true;
	for (size_t i = 0; i < text.len; i++) {
		bool dot = text.at[i] == '.';
		if (dot ? after_dot : !is_one_of(text.at[i], ATEXT))
			return false;
		after_dot = dot;
	}
	return !after_dot;
}

static bool is_quoted(struct span text)
{
	if (text.len < 2 || text.at[0] != '"' || text.at[text.len - 1] != '"')
		return false;
	for (size_t i = 1; i < text.len - 1; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			return false;
		if (i == text.len - 1 || text.at[i] < ' ' || text.at[i] > '~')
			return false;
	}
	return true;
}

static bool is_label(struct span text)
{
	return text.len >= 1 && text.len <= LABEL_LEN_MAX && text.at[0] != '-' && text.at[text.len - 1] != '-'
	       && consists_of(text, LETTERS DIGITS "-");
}

static bool is_domain(const char *text)
{
	size_t len = strlen(text);
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		if (strncmp(text, "[IPv6:", 6) == 0)
			return is_address(AF_INET6, span_of(text + 6, len - 7));
		return is_address(AF_INET, span_of(text + 1, len - 2));
	}
	if (len > DOMAIN_LEN_MAX)
		return false;
	for (;;) {
		size_t label = strcspn(text, ".");
		if (!is_label(span_of(text, label)))
			return false;
		if (text[label] == '\0')
			return true;
		text += label + 1;
	}
}

static bool is_email(const char *text)
{
	const char *at = strrchr(text, '@');
	if (at == NULL)
		return false;
	struct span local = span_of(text, (size_t)(at - text));
	return local.len <= LOCAL_LEN_MAX && (is_dot_atom(local) || is_quoted(local)) && is_domain(at + 1);
}

static bool is_uuid(const char *text)
{
	struct ident_uuid uuid;
	return ident_uuid_parse(text, &uuid);
}

struct format_row {
	const char *name;
	bool (*holds)(const char *text);
	const char *example;
};

static const struct format_row ROWS[FORMAT_COUNT] = {
	[FORMAT_DATE] = {"date", date_is_rfc3339, "2023-01-31"},
	[FORMAT_DATE_TIME] = {"date-time", instant_is_rfc3339, "2023-01-31T09:00:00Z"},
	[FORMAT_EMAIL] = {"email", is_email, "name@example.com"},
	[FORMAT_URI] = {"uri", is_uri, "https://example.com/"},
	[FORMAT_UUID] = {"uuid", is_uuid, "018f3b2c-9d5e-7abc-8def-0123456789ab"},
};

bool format_find(const char *name, enum format *ret_format)
{
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		if (text_equal(ROWS[i].name, name)) {
			*ret_format = (enum format)i;
			return true;
		}
	}
	return false;
}

bool format_holds(enum format format, const char *text)
{
	return ROWS[format].holds(text);
}

const char *format_example(enum format format)
{
	return ROWS[format].example;
}
