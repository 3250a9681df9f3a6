/* A recursive descent over RFC 8259, stopping at the first byte that breaks it, and building the tree as it goes: cJSON's nodes,
 * as cJSON's own parser would link them. That parser accepts or changes what json.h promises to refuse, so a strict pass
 * has to come first in any case; a second one over the same bytes costs as much again.
 *
 * The text is copied once, and strings are unescaped and terminated where they stand: an escape is longer than what it stands
 * for, and the closing quote leaves room for the zero. Names are compared after unescaping, as they are met, so that a
 * duplicate is reported where it stands: by a look through the object's earlier names while they are few (which a word of bits spares most
 * names), by a hash table when they are many. */
#include "common/json.h"

#include <endian.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json_node.h"
#include "common/utf8.h"

#define DEPTH_CEILING   256
#define FEW_NAMES       16
#define NAMES_AT_START  64
#define NUMBER_LEN_MAX  63
#define POWER_MAX       100000
#define INTEGER_MAX     ((uint64_t)1 << 53)
#define COPY_PADDING    8    /* strings are looked through by eight bytes at a time */

struct name {
	const struct json_key *key;
	uint64_t hash;  /* once the object has a table */
};

/* The names of one open object: scan->names[base .. base + count), and a table of places among them when many. */
struct name_set {
	size_t base;
	size_t count;
	uint64_t seen;    /* a bit for each name, by few_bit: most that are new are known by it */
	uint32_t *table;  /* 1 + place, 0 = free; NULL while the names are few */
	size_t table_size;
};

/* start to end: the copy, with COPY_PADDING zeros behind it. */
struct scan {
	unsigned char *start;
	unsigned char *at;
	unsigned char *end;
	const struct json_limits *limits;
	struct arena *arena;
	struct fault *fault;
	struct name *names;  /* a stack, shared by the objects that are open */
	size_t names_count;
	size_t names_capacity;
	unsigned depth;
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

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Of eight bytes, the first in the lowest place: the highest bit of the first one that does not stand for itself inside a string (quote,
 * backslash, control byte, part of a longer UTF-8 sequence) is set, and none before it; behind it a borrow may set others. */
static uint64_t special_bytes(uint64_t bytes)
{
	uint64_t quote = bytes ^ EACH_BYTE('"'), backslash = bytes ^ EACH_BYTE('\\');
	return ((bytes - EACH_BYTE(0x20)) | (quote - EACH_BYTE(1)) | (backslash - EACH_BYTE(1)) | bytes) & EACH_BYTE(0x80);
}

/* Behind the text stand COPY_PADDING zeros, which are special. */
static void skip_plain(struct scan *scan)
{
	uint64_t bytes, special;
	for (;; scan->at += sizeof bytes) {
		memcpy(&bytes, scan->at, sizeof bytes);
		special = special_bytes(le64toh(bytes));
		if (special != 0)
			break;
	}
	scan->at += __builtin_ctzll(special) / 8;
}

/* Moves past the bytes of a string, up to its closing quote. */
static enum status scan_string_bytes(struct scan *scan, bool *ret_escaped)
{
	*ret_escaped = false;
	for (;;) {
		skip_plain(scan);
		if (scan->at == scan->end)
			return refuse_early_end(scan);
		if (*scan->at == '"')
			return STATUS_OK;
		if (*scan->at == '\\') {
			*ret_escaped = true;
			enum status status = scan_escape(scan);
			if (status != STATUS_OK)
				return status;
			continue;
		}
		size_t sequence = 0;
		while (*scan->at >= 0x80 && (sequence = utf8_sequence((const char *)scan->at, left(scan))) > 0)
			scan->at += sequence;
		if (sequence == 0)
			return refuse_here(scan, "a raw control byte in a string: write it as an escape such as \\n",
			                   "управляющий символ в строке: запишите его последовательностью вида \\n");
	}
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

/* In place, for a string that passed scan_string_bytes; how long it is then. Every escape is longer than what it stands for. */
static size_t unescape(char *text, size_t len)
{
	static const char LETTERS[] = "\"\\/bfnrt";
	static const char MEANINGS[] = "\"\\/\b\f\n\r\t";
	const char *end = text + len;
	size_t written = 0;
	for (const char *at = text; at < end;) {
		if (*at != '\\') {
			text[written++] = *at++;
		} else if (at[1] == 'u') {
			uint32_t point = unescape_unicode(&at);
			written += utf8_write(text + written, point);
		} else {
			text[written++] = MEANINGS[strchr(LETTERS, at[1]) - LETTERS];
			at += 2;
		}
	}
	return written;
}

/* scan->at is on the opening quote; *ret_text is unescaped, with a zero behind it. */
static enum status scan_string(struct scan *scan, char **ret_text, size_t *ret_len)
{
	char *text = (char *)++scan->at;
	bool escaped;
	enum status status = scan_string_bytes(scan, &escaped);
	if (status != STATUS_OK)
		return status;
	size_t len = (size_t)((char *)scan->at++ - text);
	if (escaped)
		len = unescape(text, len);
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
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

static bool integer_is_exact(const unsigned char *at, const unsigned char *end, double *ret_number)
{
	bool negative = *at == '-';
	uint64_t value = 0;
	for (at += negative; at < end; at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > INTEGER_MAX)
			return false;
	}
	*ret_number = negative ? -(double)value : (double)value;
	return true;
}

/* What stands before the exponent becomes an integer, so that the decimal point of the locale does not matter. An infinity when the
 * number is out of the range of a double, which only an exponent can bring about in so few characters. exponent: its letter, or end. */
static double number_of(const unsigned char *begin, const unsigned char *exponent, const unsigned char *end)
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
	long power = exponent < end ? strtol((const char *)exponent + 1, NULL, 10) : 0;
	if (power > POWER_MAX || power < -POWER_MAX)  /* strtol may have stopped at its own limits */
		power = power > 0 ? POWER_MAX : -POWER_MAX;
	snprintf(copy + len, sizeof copy - len, "e%ld", power - fraction_digits);
	return strtod(copy, NULL);
}

/* scan->at is behind the number; exponent: its letter, or the same place. */
static enum status take_number(struct scan *scan, const unsigned char *begin, const unsigned char *exponent, bool is_integer, cJSON *node)
{
	if (scan->at - begin > NUMBER_LEN_MAX)
		return refuse_json(scan, begin, "a number of more than 63 characters: send it as a string",
		                   "число длиннее 63 знаков: передайте его строкой");
	if (is_integer && !integer_is_exact(begin, scan->at, &node->valuedouble))
		return refuse_json(scan, begin, "an integer beyond 2^53 loses digits in many readers: send it as a string",
		                   "целое больше 2^53 теряет цифры во многих программах: передайте его строкой");
	if (!is_integer)
		node->valuedouble = number_of(begin, exponent, scan->at);
	if (isinf(node->valuedouble))
		return refuse_json(scan, begin, "a number out of the range of a double: send it as a string",
		                   "число выходит за пределы double: передайте его строкой");
	node->valueint = node->valuedouble >= INT_MAX ? INT_MAX : node->valuedouble <= INT_MIN ? INT_MIN : (int)node->valuedouble;
	return STATUS_OK;
}

static enum status scan_number(struct scan *scan, cJSON *node)
{
	const unsigned char *begin = scan->at;
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
	const unsigned char *exponent = scan->at;
	if (status == STATUS_OK && (at_byte(scan, 'e') || at_byte(scan, 'E'))) {
		is_integer = false;
		scan->at++;
		scan->at += at_byte(scan, '+') || at_byte(scan, '-');
		status = scan_digits(scan);
	}
	return status == STATUS_OK ? take_number(scan, begin, exponent, is_integer, node) : status;
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

/* FNV-1a, folded. A sender can make names collide; members_max bounds what that costs. */
static uint64_t hash_of(const struct json_key *key)
{
	uint64_t hash = 14695981039346656037U;
	for (size_t i = 0; i < key->len; i++)
		hash = (hash ^ (unsigned char)key->text[i]) * 1099511628211U;
	return hash ^ hash >> 32;
}

static void names_push(struct scan *scan, struct name name)
{
	if (scan->names_count == scan->names_capacity) {
		struct name *grown = arena_array(scan->arena, struct name, 2 * scan->names_capacity);
		memcpy(grown, scan->names, scan->names_count * sizeof *grown);
		scan->names = grown;
		scan->names_capacity *= 2;
	}
	scan->names[scan->names_count++] = name;
}

static bool name_equal(const struct name *a, const struct name *b)
{
	return a->hash == b->hash && json_key_equal(a->key, b->key);
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
	set->table = arena_array(scan->arena, uint32_t, set->table_size);
	for (size_t i = 0; i < set->count; i++) {
		struct name *name = &scan->names[set->base + i];
		name->hash = hash_of(name->key);
		*table_slot(scan, set, name) = (uint32_t)i + 1;
	}
}

static bool is_among_few(const struct scan *scan, const struct name_set *set, const struct name *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (json_key_equal(scan->names[set->base + i].key, name->key))
			return true;
	}
	return false;
}

static uint64_t few_bit(const struct json_key *key)
{
	return UINT64_C(1) << ((key->head + key->tail + key->len) * 0x9E3779B97F4A7C15U >> 58);
}

/* False when the object has this name already. */
static bool name_add(struct scan *scan, struct name_set *set, struct name *name)
{
	if (set->table == NULL && set->count == FEW_NAMES)
		table_grow(scan, set);
	if (set->table != NULL && 2 * set->count >= set->table_size)
		table_grow(scan, set);
	if (set->table == NULL) {
		uint64_t bit = few_bit(name->key);
		if ((set->seen & bit) != 0 && is_among_few(scan, set, name))
			return false;
		set->seen |= bit;
	} else {
		name->hash = hash_of(name->key);
		uint32_t *slot = table_slot(scan, set, name);
		if (*slot != 0)
			return false;
		*slot = (uint32_t)set->count + 1;
	}
	names_push(scan, *name);
	set->count++;
	return true;
}

static enum status scan_name(struct scan *scan, struct name_set *set, struct json_member *member)
{
	const unsigned char *begin = scan->at;
	if (!at_byte(scan, '"'))
		return refuse_here(scan, "a name in double quotes is expected here",
		                   "здесь ожидается имя в двойных кавычках");
	size_t len;
	char **text = &member->value.node.string;
	enum status status = scan_string(scan, text, &len);
	if (status != STATUS_OK)
		return status;
	if (set->count == scan->limits->members_max)
		return fault_tell(scan->fault, STATUS_TOO_LARGE, "too_large", "", (long)(begin - scan->start),
		                  "an object has more than %zu names: split it",
		                  "в объекте больше %zu имён: разделите его", scan->limits->members_max);
	member->key = json_key(*text, len);
	struct name name = {.key = &member->key};
	if (!name_add(scan, set, &name))
		return refuse(scan, "duplicate_key", begin, "the object has this name already: names must be unique, leave one",
		              "такое имя в объекте уже есть: имена не повторяются, оставьте одно");
	return STATUS_OK;
}

/* A new last child; the first one's prev is the last, as cJSON has it. */
static void add_child(struct json *parent, struct json *child)
{
	cJSON *node = &child->node, *first = parent->node.child;
	if (first == NULL) {
		first = parent->node.child = node;
	} else {
		node->prev = first->prev;
		node->prev->next = node;
	}
	first->prev = node;
}

static enum status scan_value(struct scan *scan, struct json *json);

static enum status scan_member(struct scan *scan, struct name_set *set, struct json_member *member)
{
	enum status status = scan_name(scan, set, member);
	if (status != STATUS_OK)
		return status;
	skip_space(scan);
	if (!at_byte(scan, ':'))
		return refuse_here(scan, "a colon is expected after a name",
		                   "после имени ожидается двоеточие");
	scan->at++;
	return scan_value(scan, &member->value);
}

static enum status scan_object(struct scan *scan, struct json *object)
{
	struct name_set set = {.base = scan->names_count};
	scan->at++;
	skip_space(scan);
	while (!at_byte(scan, '}')) {
		struct json_member *member = arena_alloc(scan->arena, sizeof *member);
		add_child(object, &member->value);
		enum status status = scan_member(scan, &set, member);
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

static enum status scan_array(struct scan *scan, struct json *array)
{
	scan->at++;
	skip_space(scan);
	while (!at_byte(scan, ']')) {
		struct json *element = arena_alloc(scan->arena, sizeof *element);
		add_child(array, element);
		enum status status = scan_value(scan, element);
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

static enum status scan_nested(struct scan *scan, enum status (*scan_inside)(struct scan *, struct json *), struct json *json)
{
	if (scan->depth == scan->limits->depth_max)
		return fault_tell(scan->fault, STATUS_TOO_LARGE, "too_large", "", (long)(scan->at - scan->start),
		                  "nested deeper than %u levels: make it flatter",
		                  "вложенность глубже %u уровней: сделайте структуру проще", scan->limits->depth_max);
	scan->depth++;
	enum status status = scan_inside(scan, json);
	scan->depth--;
	return status;
}

static enum status scan_value(struct scan *scan, struct json *json)
{
	cJSON *node = &json->node;
	size_t len;
	skip_space(scan);
	if (scan->at == scan->end)
		return refuse_early_end(scan);
	switch (*scan->at) {
	case '{':
		node->type = cJSON_Object;
		return scan_nested(scan, scan_object, json);
	case '[':
		node->type = cJSON_Array;
		return scan_nested(scan, scan_array, json);
	case '"':
		node->type = cJSON_String;
		return scan_string(scan, &node->valuestring, &len);
	case 't':
		node->type = cJSON_True;
		node->valueint = 1;
		return scan_literal(scan, "true");
	case 'f':
		node->type = cJSON_False;
		return scan_literal(scan, "false");
	case 'n':
		node->type = cJSON_NULL;
		return scan_literal(scan, "null");
	default:
		node->type = cJSON_Number;
		if (*scan->at == '-' || at_digit(scan))
			return scan_number(scan, node);
		return refuse_here(scan, "a JSON value is expected here",
		                   "здесь ожидается значение JSON");
	}
}

static enum status scan_text(struct scan *scan, struct json *json)
{
	if (left(scan) >= 3 && memcmp(scan->at, "\xEF\xBB\xBF", 3) == 0)
		return refuse_json(scan, scan->at, "the text begins with a byte-order mark: leave it out",
		                   "текст начинается с метки порядка байтов (BOM): удалите её");
	enum status status = scan_value(scan, json);
	if (status != STATUS_OK)
		return status;
	skip_space(scan);
	if (scan->at < scan->end)
		return refuse_here(scan, "bytes after the end of the value: remove them",
		                   "после конца значения есть лишние байты: удалите их");
	return STATUS_OK;
}

enum status json_parse(struct arena *arena, const char *text, size_t len, const struct json_limits *limits,
                       const struct json **ret_json, struct fault *fault)
{
	ASSERT(limits->depth_max <= DEPTH_CEILING && limits->members_max < UINT32_MAX);
	if (len > limits->bytes_max)
		return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", (long)limits->bytes_max,
		                  "%zu bytes, at most %zu are allowed: send less at once",
		                  "байтов: %zu, допускается не больше %zu: отправьте меньше за раз", len, limits->bytes_max);
	struct name names[NAMES_AT_START];
	unsigned char *copy = arena_alloc_unset(arena, len + COPY_PADDING);
	if (len > 0)
		memcpy(copy, text, len);
	memset(copy + len, 0, COPY_PADDING);
	struct scan scan = {
		.start = copy,
		.at = copy,
		.end = copy + len,
		.limits = limits,
		.arena = arena,
		.fault = fault,
		.names = names,
		.names_capacity = ARRAY_COUNT(names),
	};
	struct json *json = arena_alloc(arena, sizeof *json);
	enum status status = scan_text(&scan, json);
	if (status == STATUS_OK)
		*ret_json = json;
	return status;
}
