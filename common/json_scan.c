/* A recursive descent over RFC 8259, stopping at the first byte that breaks it. Names are compared after unescaping,
 * as they are met, so that a duplicate is reported where it stands: by a look through the object's earlier names
 * while they are few, by a hash table when they are many. */
#include "common/json_scan.h"

#include <stdlib.h>

#define DEPTH_CEILING   512
#define FEW_NAMES       16
#define NAMES_AT_START  64
#define NUMBER_LEN_MAX  63  /* cJSON copies a number into 64 bytes and would cut a longer one */
#define INTEGER_MAX     ((uint64_t)1 << 53)

struct name {
	struct span text;  /* unescaped */
	uint64_t hash;
};

/* The names of one open object: scan->names[base .. base + count), and a table of places among them when many. */
struct name_set {
	size_t base;
	size_t count;
	uint32_t *table;  /* 1 + place, 0 = free; NULL while the names are few */
	size_t table_size;
};

struct scan {
	const unsigned char *start;
	const unsigned char *at;
	const unsigned char *end;
	const struct json_limits *limits;
	struct arena *scratch;
	struct fault *fault;
	struct name *names;  /* a stack, shared by the objects that are open */
	size_t names_count;
	size_t names_capacity;
	unsigned depth;
};

enum byte_class {
	BYTE_PLAIN,    /* stands for itself inside a string */
	BYTE_SPECIAL,  /* quote, backslash, control byte, or part of a longer UTF-8 sequence */
};

/* Zero (plain) unless said otherwise. */
static const unsigned char STRING_BYTES[256] = {
	[0x00 ... 0x1F] = BYTE_SPECIAL,
	['"'] = BYTE_SPECIAL,
	['\\'] = BYTE_SPECIAL,
	[0x80 ... 0xFF] = BYTE_SPECIAL,
};

static enum status refuse(struct scan *scan, const char *code, const unsigned char *at, const char *en, const char *ru)
{
	return fault_say(scan->fault, STATUS_INVALID, code, "", (long)(at - scan->start), en, ru);
}

static enum status refuse_json(struct scan *scan, const unsigned char *at, const char *en, const char *ru)
{
	return refuse(scan, "bad_json", at, en, ru);
}

static size_t left(const struct scan *scan)
{
	return (size_t)(scan->end - scan->at);
}

static bool at_byte(const struct scan *scan, unsigned char byte)
{
	return scan->at < scan->end && *scan->at == byte;
}

static bool at_digit(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

size_t utf8_sequence(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	if (len == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xC2)
		return 0;
	if (at[0] < 0xE0)
		return len >= 2 && is_continuation(at[1]) ? 2 : 0;
	if (at[0] < 0xF0) {
		if (len < 3 || !is_continuation(at[1]) || !is_continuation(at[2]))
			return 0;
		bool overlong = at[0] == 0xE0 && at[1] < 0xA0;
		bool surrogate = at[0] == 0xED && at[1] > 0x9F;
		return overlong || surrogate ? 0 : 3;
	}
	if (at[0] > 0xF4 || len < 4 || !is_continuation(at[1]) || !is_continuation(at[2]) || !is_continuation(at[3]))
		return 0;
	bool overlong = at[0] == 0xF0 && at[1] < 0x90;
	bool beyond = at[0] == 0xF4 && at[1] > 0x8F;
	return overlong || beyond ? 0 : 4;
}

static enum status refuse_early_end(struct scan *scan)
{
	return refuse_json(scan, scan->end, "the text ends too early: it may have been cut off on the way, send the whole of it",
	                   "текст обрывается: возможно, он усечён при передаче, отправьте его целиком");
}

/* What stands at scan->at does not belong there; a broken UTF-8 sequence is named as such. */
static enum status refuse_here(struct scan *scan, const char *en, const char *ru)
{
	if (scan->at < scan->end && utf8_sequence((const char *)scan->at, left(scan)) == 0)
		return refuse(scan, "bad_utf8", scan->at, "these bytes are no UTF-8: send text encoded in UTF-8",
		              "байты не образуют UTF-8: отправьте текст в кодировке UTF-8");
	if (scan->at == scan->end)
		return refuse_early_end(scan);
	return refuse_json(scan, scan->at, en, ru);
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end
	       && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

static int hex_value(unsigned char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* The four digits after "\u", with scan->at on the first; moves past them. */
static enum status scan_hex4(struct scan *scan, uint32_t *ret_unit)
{
	uint32_t unit = 0;
	for (int i = 0; i < 4; i++, scan->at++) {
		int value = scan->at < scan->end ? hex_value(*scan->at) : -1;
		if (value < 0)
			return refuse_here(scan, "\\u needs four hexadecimal digits",
			                   "после \\u нужны четыре шестнадцатеричные цифры");
		unit = unit << 4 | (uint32_t)value;
	}
	*ret_unit = unit;
	return STATUS_OK;
}

static enum status scan_unicode_escape(struct scan *scan, const unsigned char *backslash)
{
	uint32_t unit = 0;
	enum status status = scan_hex4(scan, &unit);
	if (status != STATUS_OK)
		return status;
	if (unit == 0)
		return refuse_json(scan, backslash, "\\u0000 is not allowed in a string: leave it out",
		                   "\\u0000 в строке не допускается: удалите его");
	if (unit < 0xD800 || unit > 0xDFFF)
		return STATUS_OK;
	if (unit > 0xDBFF || left(scan) < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
		return refuse_json(scan, backslash, "a lone surrogate: write the character itself or both halves",
		                   "одиночный суррогат: запишите сам символ или обе половины пары");
	scan->at += 2;
	status = scan_hex4(scan, &unit);
	if (status != STATUS_OK)
		return status;
	if (unit < 0xDC00 || unit > 0xDFFF)
		return refuse_json(scan, backslash, "a lone surrogate: write the character itself or both halves",
		                   "одиночный суррогат: запишите сам символ или обе половины пары");
	return STATUS_OK;
}

/* scan->at is on the backslash. */
static enum status scan_escape(struct scan *scan)
{
	const unsigned char *backslash = scan->at++;
	if (scan->at == scan->end)
		return refuse_early_end(scan);
	unsigned char kind = *scan->at;
	if (kind == 'u') {
		scan->at++;
		return scan_unicode_escape(scan, backslash);
	}
	if (kind == '\0' || strchr("\"\\/bfnrt", kind) == NULL)
		return refuse_here(scan, "this is no escape of JSON: a backslash itself is written twice",
		                   "в JSON нет такой последовательности: саму обратную косую черту удваивают");
	scan->at++;
	return STATUS_OK;
}

/* scan->at is on the opening quote; *ret_raw is what stands between the quotes. */
static enum status scan_string(struct scan *scan, struct span *ret_raw, bool *ret_escaped)
{
	const unsigned char *begin = ++scan->at;
	*ret_escaped = false;
	for (;;) {
		while (scan->at < scan->end && STRING_BYTES[*scan->at] == BYTE_PLAIN)
			scan->at++;
		if (scan->at == scan->end)
			return refuse_early_end(scan);
		if (*scan->at == '"')
			break;
		if (*scan->at == '\\') {
			*ret_escaped = true;
			enum status status = scan_escape(scan);
			if (status != STATUS_OK)
				return status;
			continue;
		}
		size_t sequence = *scan->at < 0x20 ? 0 : utf8_sequence((const char *)scan->at, left(scan));
		if (sequence == 0)
			return refuse_here(scan, "a raw control byte in a string: write it as an escape such as \\n",
			                   "управляющий символ в строке: запишите его последовательностью вида \\n");
		scan->at += sequence;
	}
	*ret_raw = span_of((const char *)begin, (size_t)(scan->at - begin));
	scan->at++;
	return STATUS_OK;
}

static enum status scan_digits(struct scan *scan)
{
	if (!at_digit(scan))
		return refuse_here(scan, "a digit is expected here: complete or correct the number",
		                   "здесь ожидается цифра: допишите или исправьте число");
	while (at_digit(scan))
		scan->at++;
	return STATUS_OK;
}

static bool integer_is_exact(const unsigned char *at, const unsigned char *end)
{
	uint64_t value = 0;
	for (at += *at == '-'; at < end; at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > INTEGER_MAX)
			return false;
	}
	return true;
}

/* Only an exponent can carry a number of 63 characters out of the range of a double, so strtod is asked rarely;
 * what stands before the exponent is reduced to an integer, so that the decimal point of the locale does not matter. */
static bool exponent_is_in_range(const unsigned char *begin, const unsigned char *exponent, const unsigned char *end)
{
	char copy[NUMBER_LEN_MAX + 32];
	size_t len = 0;
	long fraction_digits = 0;
	bool in_fraction = false;
	for (const unsigned char *at = begin; at < exponent; at++) {
		if (*at == '.') {
			in_fraction = true;
			continue;
		}
		fraction_digits += in_fraction;
		copy[len++] = (char)*at;
	}
	char power[NUMBER_LEN_MAX + 1];
	size_t power_len = (size_t)(end - exponent - 1);
	memcpy(power, exponent + 1, power_len);
	power[power_len] = '\0';
	long shifted = strtol(power, NULL, 10);
	if (shifted > 100000 || shifted < -100000)  /* strtol may have stopped at its own limits */
		shifted = shifted > 0 ? 100000 : -100000;
	shifted -= fraction_digits;
	copy[len++] = 'e';
	copy[len++] = shifted < 0 ? '-' : '+';
	unsigned long magnitude = (unsigned long)labs(shifted);
	for (unsigned long divisor = 100000; divisor > 0; divisor /= 10)
		copy[len++] = (char)('0' + magnitude / divisor % 10);
	copy[len] = '\0';
	double value = strtod(copy, NULL);
	return value - value == 0.0;  /* false for an infinity */
}

static enum status check_number(struct scan *scan, const unsigned char *begin, const unsigned char *exponent,
                                bool is_integer)
{
	if (scan->at - begin > NUMBER_LEN_MAX)
		return refuse_json(scan, begin, "a number of more than 63 characters: send it as a string",
		                   "число длиннее 63 знаков: передайте его строкой");
	if (is_integer && !integer_is_exact(begin, scan->at))
		return refuse_json(scan, begin, "an integer beyond 2^53 loses digits in many readers: send it as a string",
		                   "целое больше 2^53 теряет цифры во многих программах: передайте его строкой");
	if (exponent != NULL && !exponent_is_in_range(begin, exponent, scan->at))
		return refuse_json(scan, begin, "a number out of the range of a double: send it as a string",
		                   "число выходит за пределы double: передайте его строкой");
	return STATUS_OK;
}

static enum status scan_number(struct scan *scan)
{
	const unsigned char *begin = scan->at;
	const unsigned char *exponent = NULL;
	bool is_integer = true;
	scan->at += *scan->at == '-';
	const unsigned char *digits = scan->at;
	enum status status = scan_digits(scan);
	if (status == STATUS_OK && *digits == '0' && scan->at - digits > 1)
		return refuse_json(scan, digits, "a number must not begin with a needless zero: remove it",
		                   "лишний ноль в начале числа: удалите его");
	if (status == STATUS_OK && at_byte(scan, '.')) {
		is_integer = false;
		scan->at++;
		status = scan_digits(scan);
	}
	if (status == STATUS_OK && (at_byte(scan, 'e') || at_byte(scan, 'E'))) {
		is_integer = false;
		exponent = scan->at++;
		scan->at += at_byte(scan, '+') || at_byte(scan, '-');
		status = scan_digits(scan);
	}
	return status == STATUS_OK ? check_number(scan, begin, exponent, is_integer) : status;
}

static enum status scan_literal(struct scan *scan, const char *literal)
{
	size_t len = strlen(literal);
	for (size_t i = 0; i < len; i++, scan->at++) {
		if (!at_byte(scan, (unsigned char)literal[i]))
			return refuse_here(scan, "not a JSON value: true, false, null, or a string in quotes is expected",
			                   "это не значение JSON: ожидается true, false, null или строка в кавычках");
	}
	return STATUS_OK;
}

static size_t utf8_write(char *at, uint32_t point)
{
	if (point < 0x80) {
		at[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		at[0] = (char)(0xC0 | point >> 6);
		at[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		at[0] = (char)(0xE0 | point >> 12);
		at[1] = (char)(0x80 | (point >> 6 & 0x3F));
		at[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	at[0] = (char)(0xF0 | point >> 18);
	at[1] = (char)(0x80 | (point >> 12 & 0x3F));
	at[2] = (char)(0x80 | (point >> 6 & 0x3F));
	at[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

static uint32_t hex4(const char *at)
{
	uint32_t unit = 0;
	for (int i = 0; i < 4; i++)
		unit = unit << 4 | (uint32_t)hex_value((unsigned char)at[i]);
	return unit;
}

/* The code point of a \u escape that passed scan_string; moves past it. */
static uint32_t unescape_unicode(const char **at)
{
	uint32_t unit = hex4(*at + 2);
	*at += 6;
	if (unit < 0xD800 || unit > 0xDFFF)
		return unit;
	uint32_t low = hex4(*at + 2);
	*at += 6;
	return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* Only for a string that passed scan_string. Every escape is longer than what it stands for. */
static struct span unescape(struct arena *scratch, struct span raw)
{
	static const char LETTERS[] = "\"\\/bfnrt";
	static const char MEANINGS[] = "\"\\/\b\f\n\r\t";
	char *text = arena_alloc(scratch, raw.len);
	size_t len = 0;
	for (const char *at = raw.at; at < raw.at + raw.len;) {
		if (*at != '\\') {
			text[len++] = *at++;
		} else if (at[1] == 'u') {
			len += utf8_write(text + len, unescape_unicode(&at));
		} else {
			text[len++] = MEANINGS[strchr(LETTERS, at[1]) - LETTERS];
			at += 2;
		}
	}
	return span_of(text, len);
}

/* FNV-1a, folded. A sender can make names collide; members_max bounds what that costs. */
static uint64_t hash_of(struct span text)
{
	uint64_t hash = 14695981039346656037U;
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 1099511628211U;
	return hash ^ hash >> 32;
}

static void names_push(struct scan *scan, struct name name)
{
	if (scan->names_count == scan->names_capacity) {
		struct name *grown = arena_array(scan->scratch, struct name, 2 * scan->names_capacity);
		memcpy(grown, scan->names, scan->names_count * sizeof *grown);
		scan->names = grown;
		scan->names_capacity *= 2;
	}
	scan->names[scan->names_count++] = name;
}

static bool name_equal(const struct name *a, const struct name *b)
{
	return a->hash == b->hash && span_equal(a->text, b->text);
}

/* The slot of name, or the free slot where it belongs. */
static uint32_t *table_slot(const struct scan *scan, const struct name_set *set, const struct name *name)
{
	size_t slot = name->hash & (set->table_size - 1);
	while (set->table[slot] != 0 && !name_equal(&scan->names[set->base + set->table[slot] - 1], name))
		slot = (slot + 1) & (set->table_size - 1);
	return &set->table[slot];
}

static void table_grow(struct scan *scan, struct name_set *set)
{
	set->table_size = set->table == NULL ? (size_t)8 * FEW_NAMES : 4 * set->table_size;
	set->table = arena_array(scan->scratch, uint32_t, set->table_size);
	for (size_t i = 0; i < set->count; i++)
		*table_slot(scan, set, &scan->names[set->base + i]) = (uint32_t)i + 1;
}

static bool is_among_few(const struct scan *scan, const struct name_set *set, const struct name *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (name_equal(&scan->names[set->base + i], name))
			return true;
	}
	return false;
}

/* False when the object has this name already. */
static bool name_add(struct scan *scan, struct name_set *set, const struct name *name)
{
	if (set->table == NULL && set->count == FEW_NAMES)
		table_grow(scan, set);
	if (set->table != NULL && 2 * set->count >= set->table_size)
		table_grow(scan, set);
	if (set->table == NULL) {
		if (is_among_few(scan, set, name))
			return false;
	} else {
		uint32_t *slot = table_slot(scan, set, name);
		if (*slot != 0)
			return false;
		*slot = (uint32_t)set->count + 1;
	}
	names_push(scan, *name);
	set->count++;
	return true;
}

static enum status scan_name(struct scan *scan, struct name_set *set)
{
	const unsigned char *begin = scan->at;
	if (!at_byte(scan, '"'))
		return refuse_here(scan, "a name in double quotes is expected here",
		                   "здесь ожидается имя в двойных кавычках");
	struct name name;
	bool escaped = false;
	enum status status = scan_string(scan, &name.text, &escaped);
	if (status != STATUS_OK)
		return status;
	if (set->count == scan->limits->members_max)
		return fault_tell(scan->fault, STATUS_TOO_LARGE, "too_large", "", (long)(begin - scan->start),
		                  "an object has more than %zu names: split it",
		                  "в объекте больше %zu имён: разделите его", scan->limits->members_max);
	if (escaped)
		name.text = unescape(scan->scratch, name.text);
	name.hash = hash_of(name.text);
	if (!name_add(scan, set, &name))
		return refuse(scan, "duplicate_key", begin, "the object has this name already: names must be unique, leave one",
		              "такое имя в объекте уже есть: имена не повторяются, оставьте одно");
	return STATUS_OK;
}

static enum status scan_value(struct scan *scan);

static enum status scan_member(struct scan *scan, struct name_set *set)
{
	enum status status = scan_name(scan, set);
	if (status != STATUS_OK)
		return status;
	skip_space(scan);
	if (!at_byte(scan, ':'))
		return refuse_here(scan, "a colon is expected after a name",
		                   "после имени ожидается двоеточие");
	scan->at++;
	return scan_value(scan);
}

static enum status scan_object(struct scan *scan)
{
	struct name_set set = {.base = scan->names_count};
	scan->at++;
	skip_space(scan);
	while (!at_byte(scan, '}')) {
		enum status status = scan_member(scan, &set);
		if (status != STATUS_OK)
			return status;
		skip_space(scan);
		if (at_byte(scan, '}'))
			break;
		if (!at_byte(scan, ','))
			return refuse_here(scan, "a comma or } is expected after a member",
			                   "после члена объекта ожидается запятая или }");
		scan->at++;
		skip_space(scan);
		if (at_byte(scan, '}'))
			return refuse_here(scan, "no comma may stand before }: remove it",
			                   "лишняя запятая перед }: удалите её");
	}
	scan->at++;
	scan->names_count = set.base;
	return STATUS_OK;
}

static enum status scan_array(struct scan *scan)
{
	scan->at++;
	skip_space(scan);
	while (!at_byte(scan, ']')) {
		enum status status = scan_value(scan);
		if (status != STATUS_OK)
			return status;
		skip_space(scan);
		if (at_byte(scan, ']'))
			break;
		if (!at_byte(scan, ','))
			return refuse_here(scan, "a comma or ] is expected after an element",
			                   "после элемента ожидается запятая или ]");
		scan->at++;
		skip_space(scan);
		if (at_byte(scan, ']'))
			return refuse_here(scan, "no comma may stand before ]: remove it",
			                   "лишняя запятая перед ]: удалите её");
	}
	scan->at++;
	return STATUS_OK;
}

static enum status scan_nested(struct scan *scan, enum status (*scan_inside)(struct scan *))
{
	if (scan->depth == scan->limits->depth_max)
		return fault_tell(scan->fault, STATUS_TOO_LARGE, "too_large", "", (long)(scan->at - scan->start),
		                  "nested deeper than %u levels: make it flatter",
		                  "вложенность глубже %u уровней: сделайте структуру проще", scan->limits->depth_max);
	scan->depth++;
	enum status status = scan_inside(scan);
	scan->depth--;
	return status;
}

static enum status scan_value(struct scan *scan)
{
	struct span raw;
	bool escaped;
	skip_space(scan);
	if (scan->at == scan->end)
		return refuse_early_end(scan);
	switch (*scan->at) {
	case '{':
		return scan_nested(scan, scan_object);
	case '[':
		return scan_nested(scan, scan_array);
	case '"':
		return scan_string(scan, &raw, &escaped);
	case 't':
		return scan_literal(scan, "true");
	case 'f':
		return scan_literal(scan, "false");
	case 'n':
		return scan_literal(scan, "null");
	default:
		if (*scan->at == '-' || at_digit(scan))
			return scan_number(scan);
		return refuse_here(scan, "a JSON value is expected here",
		                   "здесь ожидается значение JSON");
	}
}

static enum status scan_text(struct scan *scan)
{
	if (left(scan) >= 3 && memcmp(scan->at, "\xEF\xBB\xBF", 3) == 0)
		return refuse_json(scan, scan->at, "the text begins with a byte-order mark: leave it out",
		                   "текст начинается с метки порядка байтов (BOM): удалите её");
	enum status status = scan_value(scan);
	if (status != STATUS_OK)
		return status;
	skip_space(scan);
	if (scan->at < scan->end)
		return refuse_here(scan, "bytes after the end of the value: remove them",
		                   "после конца значения есть лишние байты: удалите их");
	return STATUS_OK;
}

enum status json_scan(struct arena *scratch, const char *text, size_t len, const struct json_limits *limits,
                      struct fault *fault)
{
	ASSERT(limits->depth_max <= DEPTH_CEILING && limits->members_max < UINT32_MAX);
	if (len > limits->bytes_max)
		return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", (long)limits->bytes_max,
		                  "%zu bytes, at most %zu are allowed: send less at once",
		                  "байтов: %zu, допускается не больше %zu: отправьте меньше за раз", len, limits->bytes_max);
	struct name names[NAMES_AT_START];
	const unsigned char *start = (const unsigned char *)text;
	struct scan scan = {
		.start = start,
		.at = start,
		.end = start + len,
		.limits = limits,
		.scratch = scratch,
		.fault = fault,
		.names = names,
		.names_capacity = ARRAY_COUNT(names),
	};
	return scan_text(&scan);
}
