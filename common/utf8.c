#include "common/utf8.h"

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
