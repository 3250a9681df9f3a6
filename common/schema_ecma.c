#include "common/schema_ecma.h"

/* What \s means: WhiteSpace and LineTerminator of ECMA-262; the ranges between them are \S. */
#define SPACES "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NO_SPACES \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}" \
	"\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
#define NO_LINE_TERMINATORS "[^\\n\\r\\x{2028}\\x{2029}]"

#define PROPERTY_LEN_MAX 64

struct translation {
	const char *start;
	const char *at;
	struct buf *out;
	struct ecma_error *error;
	bool can_repeat;  /* a quantifier may follow here */
};

/* General_Category: the long name, what PCRE2 calls it, another alias. */
static const struct category {
	const char *name;
	const char *code;
	const char *alias;
} CATEGORIES[] = {
	{"Cased_Letter", "L&", "LC"},
	{"Close_Punctuation", "Pe", NULL},
	{"Connector_Punctuation", "Pc", NULL},
	{"Control", "Cc", "cntrl"},
	{"Currency_Symbol", "Sc", NULL},
	{"Dash_Punctuation", "Pd", NULL},
	{"Decimal_Number", "Nd", "digit"},
	{"Enclosing_Mark", "Me", NULL},
	{"Final_Punctuation", "Pf", NULL},
	{"Format", "Cf", NULL},
	{"Initial_Punctuation", "Pi", NULL},
	{"Letter", "L", NULL},
	{"Letter_Number", "Nl", NULL},
	{"Line_Separator", "Zl", NULL},
	{"Lowercase_Letter", "Ll", NULL},
	{"Mark", "M", "Combining_Mark"},
	{"Math_Symbol", "Sm", NULL},
	{"Modifier_Letter", "Lm", NULL},
	{"Modifier_Symbol", "Sk", NULL},
	{"Nonspacing_Mark", "Mn", NULL},
	{"Number", "N", NULL},
	{"Open_Punctuation", "Ps", NULL},
	{"Other", "C", NULL},
	{"Other_Letter", "Lo", NULL},
	{"Other_Number", "No", NULL},
	{"Other_Punctuation", "Po", NULL},
	{"Other_Symbol", "So", NULL},
	{"Paragraph_Separator", "Zp", NULL},
	{"Private_Use", "Co", NULL},
	{"Punctuation", "P", "punct"},
	{"Separator", "Z", NULL},
	{"Space_Separator", "Zs", NULL},
	{"Spacing_Mark", "Mc", NULL},
	{"Surrogate", "Cs", NULL},
	{"Symbol", "S", NULL},
	{"Titlecase_Letter", "Lt", NULL},
	{"Unassigned", "Cn", NULL},
	{"Uppercase_Letter", "Lu", NULL},
};

static bool refuse(struct translation *translation, const char *reason)
{
	*translation->error = (struct ecma_error){.reason = reason, .offset = (size_t)(translation->at - translation->start)};
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_punctuation(char c)
{
	return c > ' ' && c < 0x7F && !is_letter(c) && !is_digit(c);
}

static void put_point(struct translation *translation, uint32_t point)
{
	buf_printf(translation->out, "\\x{%x}", (unsigned)point);
}

/* One byte that stands for itself. */
static void put_literal(struct translation *translation, char c)
{
	if (is_punctuation(c))
		buf_append(translation->out, "\\", 1);
	buf_append(translation->out, &c, 1);
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Moves past exactly count digits. */
static bool take_hex(struct translation *translation, int count, uint32_t *ret_value)
{
	*ret_value = 0;
	for (int i = 0; i < count; i++, translation->at++) {
		int value = hex_value(*translation->at);
		if (value < 0)
			return refuse(translation, "a hexadecimal digit is expected");
		*ret_value = *ret_value << 4 | (uint32_t)value;
	}
	return true;
}

/* After "\u{". */
static bool take_braced_point(struct translation *translation, uint32_t *ret_point)
{
	uint32_t point = 0;
	const char *begin = translation->at;
	for (; hex_value(*translation->at) >= 0 && point <= 0x10FFFF; translation->at++)
		point = point << 4 | (uint32_t)hex_value(*translation->at);
	if (translation->at == begin || *translation->at != '}' || point > 0x10FFFF)
		return refuse(translation, "\\u{} needs the hexadecimal number of a character");
	translation->at++;
	*ret_point = point;
	return true;
}

/* After "\u". */
static bool take_unicode(struct translation *translation)
{
	uint32_t point, low;
	if (*translation->at == '{') {
		translation->at++;
		if (!take_braced_point(translation, &point))
			return false;
	} else if (!take_hex(translation, 4, &point)) {
		return false;
	}
	if (point >= 0xD800 && point <= 0xDBFF && translation->at[0] == '\\' && translation->at[1] == 'u') {
		translation->at += 2;
		if (!take_hex(translation, 4, &low))
			return false;
		if (low >= 0xDC00 && low <= 0xDFFF)
			point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
	}
	if (point >= 0xD800 && point <= 0xDFFF)
		return refuse(translation, "a lone surrogate matches no text");
	put_point(translation, point);
	return true;
}

static const char *category_code(const char *name)
{
	for (size_t i = 0; i < ARRAY_COUNT(CATEGORIES); i++) {
		const struct category *row = &CATEGORIES[i];
		if (text_equal(row->name, name) || text_equal(row->code, name) || (row->alias != NULL && text_equal(row->alias, name)))
			return row->code;
	}
	return NULL;
}

/* name and value as between the braces; value is NULL without "=". */
static bool put_property(struct translation *translation, bool negated, const char *name, const char *value)
{
	bool is_category = text_equal(name, "General_Category") || text_equal(name, "gc");
	bool is_script = text_equal(name, "Script") || text_equal(name, "sc");
	bool is_extended = text_equal(name, "Script_Extensions") || text_equal(name, "scx");
	const char *code = value == NULL ? category_code(name) : is_category ? category_code(value) : NULL;
	if (value == NULL && text_equal(name, "Assigned")) {
		negated = !negated;
		code = "Cn";
	}
	if (code == NULL && value != NULL && !is_script && !is_extended)
		return refuse(translation, "there is no such property of characters");
	const char *prefix = code != NULL || value == NULL ? "" : is_script ? "sc:" : "scx:";
	buf_printf(translation->out, "\\%c{%s%s}", negated ? 'P' : 'p', prefix,
	           code != NULL ? code : value != NULL ? value : name);
	return true;
}

/* After "\p" or "\P". */
static bool take_property(struct translation *translation, bool negated)
{
	char text[PROPERTY_LEN_MAX + 1] = "";
	size_t len = 0;
	char *value = NULL;
	if (*translation->at++ != '{')
		return refuse(translation, "\\p needs braces");
	for (; is_word(*translation->at) || *translation->at == '='; translation->at++) {
		if (len == PROPERTY_LEN_MAX)
			return refuse(translation, "there is no such property of characters");
		if (*translation->at == '=' && value == NULL) {
			text[len++] = '\0';
			value = text + len;
		} else {
			text[len++] = *translation->at;
		}
	}
	if (*translation->at != '}' || text[0] == '\0' || (value != NULL && *value == '\0'))
		return refuse(translation, "there is no such property of characters");
	translation->at++;
	return put_property(translation, negated, text, value);
}

/* An escape that means one character, in a class and outside; at the byte after the backslash. */
static bool take_character_escape(struct translation *translation)
{
	uint32_t value;
	char c = *translation->at;
	if (c == '\0' || (!is_letter(c) && !is_punctuation(c) && c != '0'))
		return refuse(translation, "there is no such escape in ECMA-262");
	translation->at++;
	switch (c) {
	case 't': put_point(translation, '\t'); return true;
	case 'n': put_point(translation, '\n'); return true;
	case 'v': put_point(translation, '\v'); return true;
	case 'f': put_point(translation, '\f'); return true;
	case 'r': put_point(translation, '\r'); return true;
	case 'u': return take_unicode(translation);
	case 'x':
		if (!take_hex(translation, 2, &value))
			return false;
		put_point(translation, value);
		return true;
	case 'c':
		if (!is_letter(*translation->at))
			return refuse(translation, "\\c needs a letter");
		put_point(translation, (unsigned char)*translation->at++ & 0x1F);
		return true;
	case '0':
		if (is_digit(*translation->at))
			return refuse(translation, "there are no octal escapes in ECMA-262");
		put_point(translation, 0);
		return true;
	default:
		if (is_letter(c)) {
			translation->at--;
			return refuse(translation, "there is no such escape in ECMA-262");
		}
		put_literal(translation, c);
		return true;
	}
}

/* \d \D \w \W \s \S \p \P, at the letter; *ret_taken false when it is none of them. */
static bool take_class_escape(struct translation *translation, bool in_class, bool *ret_taken)
{
	char c = *translation->at;
	*ret_taken = c != '\0' && strchr("dDwWsSpP", c) != NULL;
	if (!*ret_taken)
		return true;
	translation->at++;
	if (c == 'p' || c == 'P')
		return take_property(translation, c == 'P');
	if (c == 's' || c == 'S')
		buf_printf(translation->out, in_class ? "%s" : "[%s]", c == 's' ? SPACES : NO_SPACES);
	else
		buf_printf(translation->out, "\\%c", c);
	return true;
}

/* One member of a class, at its first byte. */
static bool take_class_atom(struct translation *translation, bool *ret_is_set)
{
	*ret_is_set = false;
	if (*translation->at == '\0')
		return refuse(translation, "a class is not closed");
	if (*translation->at != '\\') {
		do
			put_literal(translation, *translation->at++);
		while (((unsigned char)*translation->at & 0xC0) == 0x80);
		return true;
	}
	translation->at++;
	if (*translation->at == 'b') {
		translation->at++;
		put_point(translation, '\b');
		return true;
	}
	if (!take_class_escape(translation, true, ret_is_set))
		return false;
	return *ret_is_set || take_character_escape(translation);
}

/* At the bracket. */
static bool take_class(struct translation *translation)
{
	bool low_is_set, high_is_set;
	translation->at++;
	buf_text(translation->out, "[");
	if (*translation->at == '^') {
		translation->at++;
		buf_text(translation->out, "^");
	}
	while (*translation->at != ']') {
		if (!take_class_atom(translation, &low_is_set))
			return false;
		if (translation->at[0] != '-' || translation->at[1] == ']')
			continue;
		translation->at++;
		buf_text(translation->out, "-");
		if (!take_class_atom(translation, &high_is_set))
			return false;
		if (low_is_set || high_is_set)
			return refuse(translation, "a range of a class goes from a character to a character");
	}
	translation->at++;
	buf_text(translation->out, "]");
	translation->can_repeat = true;
	return true;
}

/* "\k<name>" and "(?<name>" up to the ">". */
static bool take_name(struct translation *translation)
{
	const char *begin = translation->at;
	while (is_word(*translation->at))
		translation->at++;
	if (translation->at == begin || *translation->at != '>')
		return refuse(translation, "the name of a group consists of letters, digits and _");
	translation->at++;
	buf_append(translation->out, begin, (size_t)(translation->at - begin));
	return true;
}

/* Outside a class, after the backslash. */
static bool take_escape(struct translation *translation)
{
	bool taken;
	char c = *translation->at;
	translation->can_repeat = c != 'b' && c != 'B';
	if (!translation->can_repeat) {
		translation->at++;
		buf_printf(translation->out, "\\%c", c);
		return true;
	}
	if (c == 'k' && translation->at[1] == '<') {
		translation->at += 2;
		buf_text(translation->out, "\\k<");
		return take_name(translation);
	}
	if (c >= '1' && c <= '9') {
		const char *begin = translation->at;
		while (is_digit(*translation->at))
			translation->at++;
		buf_printf(translation->out, "\\g{%.*s}", (int)(translation->at - begin), begin);
		return true;
	}
	if (!take_class_escape(translation, false, &taken))
		return false;
	return taken || take_character_escape(translation);
}

/* At the parenthesis. */
static bool take_group(struct translation *translation)
{
	static const char *const KINDS[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
	translation->can_repeat = false;
	for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++) {
		if (strncmp(translation->at, KINDS[i], strlen(KINDS[i])) != 0)
			continue;
		translation->at += strlen(KINDS[i]);
		buf_text(translation->out, KINDS[i]);
		return true;
	}
	if (strncmp(translation->at, "(?<", 3) == 0) {
		translation->at += 3;
		buf_text(translation->out, "(?<");
		return take_name(translation);
	}
	translation->at++;
	if (*translation->at == '?')
		return refuse(translation, "there is no such group in ECMA-262");
	buf_text(translation->out, "(");
	return true;
}

/* Bytes of "{n}", "{n,}" or "{n,m}" at text, 0 when it is none. */
static size_t braces_length(const char *text)
{
	size_t len = 1 + strspn(text + 1, "0123456789");
	if (len == 1)
		return 0;
	if (text[len] == ',')
		len += 1 + strspn(text + len + 1, "0123456789");
	return text[len] == '}' ? len + 1 : 0;
}

/* At its first byte; len bytes of it. */
static bool take_quantifier(struct translation *translation, size_t len)
{
	if (!translation->can_repeat)
		return refuse(translation, "there is nothing to repeat");
	len += translation->at[len] == '?';
	buf_append(translation->out, translation->at, len);
	translation->at += len;
	translation->can_repeat = false;
	return true;
}

static bool take_literal(struct translation *translation)
{
	put_literal(translation, *translation->at++);
	translation->can_repeat = true;
	return true;
}

static bool take_sign(struct translation *translation, const char *text, bool can_repeat)
{
	translation->at++;
	buf_text(translation->out, text);
	translation->can_repeat = can_repeat;
	return true;
}

static bool take_term(struct translation *translation)
{
	switch (*translation->at) {
	case '\\':
		translation->at++;
		return take_escape(translation);
	case '[':
		return take_class(translation);
	case '(':
		return take_group(translation);
	case ')':
		return take_sign(translation, ")", true);
	case '|':
		return take_sign(translation, "|", false);
	case '^':
		return take_sign(translation, "^", false);
	case '$':
		return take_sign(translation, "$", false);
	case '.':
		return take_sign(translation, NO_LINE_TERMINATORS, true);
	case '*':
	case '+':
	case '?':
		return take_quantifier(translation, 1);
	case '{':
		if (braces_length(translation->at) > 0)
			return take_quantifier(translation, braces_length(translation->at));
		return take_literal(translation);
	default:
		return take_literal(translation);
	}
}

bool ecma_translate(struct buf *buf, const char *pattern, struct ecma_error *ret_error)
{
	struct translation translation = {.start = pattern, .at = pattern, .out = buf, .error = ret_error};
	while (*translation.at != '\0') {
		if (!take_term(&translation))
			return false;
	}
	return buf_ok(buf) || refuse(&translation, "the pattern is too long");
}
