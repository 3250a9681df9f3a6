#include "services/metrics/flag.h"

struct row {
	const char *code;
	bool excludes;
	const char *en;
	const char *ru;
};

static const struct row ROWS[FLAG_COUNT] = {
#define FLAG_ROW(name, code, excludes, en, ru) [FLAG_##name] = {code, excludes, en, ru},
	FLAG_MAP(FLAG_ROW)
#undef FLAG_ROW
};

const char *flag_code(enum flag flag)
{
	return ROWS[flag].code;
}

bool flag_find(const char *code, enum flag *ret_flag)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (text_equal(code, ROWS[i].code)) {
			*ret_flag = (enum flag)i;
			return true;
		}
	}
	return false;
}

bool flag_excludes(enum flag flag)
{
	return ROWS[flag].excludes;
}

const char *flag_reason_en(enum flag flag)
{
	return ROWS[flag].en;
}

const char *flag_reason_ru(enum flag flag)
{
	return ROWS[flag].ru;
}

bool flags_exclude(uint32_t flags)
{
	for (unsigned i = 0; i < FLAG_COUNT; i++) {
		if ((flags & flag_bit((enum flag)i)) != 0 && ROWS[i].excludes)
			return true;
	}
	return false;
}
