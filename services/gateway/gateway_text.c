#include "services/gateway/gateway_text.h"

static const char *const TEXTS[GATEWAY_TEXT_COUNT][GATEWAY_LANGUAGE_COUNT] = {
#define GATEWAY_TEXT_ROW(key, ru, en) [GATEWAY_TEXT_##key] = {[GATEWAY_RU] = ru, [GATEWAY_EN] = en},
	GATEWAY_TEXT_MAP(GATEWAY_TEXT_ROW)
#undef GATEWAY_TEXT_ROW
};

const char *gateway_text(enum gateway_language language, enum gateway_text key)
{
	ASSERT((size_t)key < GATEWAY_TEXT_COUNT);
	return TEXTS[key][language];
}

/* Russian: 1, 21, 101 but not 11 | 2-4, 22-24 but not 12-14 | the rest. English: 1 | the rest. */
const char *gateway_text_places(enum gateway_language language, long count)
{
	long tens = count % 100 / 10;
	long ones = count % 10;
	bool one = language == GATEWAY_RU ? ones == 1 && tens != 1 : count == 1;
	if (one)
		return gateway_text(language, GATEWAY_TEXT_PLACES_ONE);
	bool few = tens != 1 && ones >= 2 && ones <= 4;
	return gateway_text(language, few ? GATEWAY_TEXT_PLACES_FEW : GATEWAY_TEXT_PLACES_MANY);
}
