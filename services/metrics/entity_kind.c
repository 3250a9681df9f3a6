#include "services/metrics/entity_kind.h"

static const char *const TEXTS[ENTITY_KIND_COUNT] = {
#define ENTITY_KIND_TEXT(name, text) [ENTITY_##name] = text,
	ENTITY_KIND_MAP(ENTITY_KIND_TEXT)
#undef ENTITY_KIND_TEXT
};

const char *entity_kind_text(enum entity_kind kind)
{
	return TEXTS[kind];
}

bool entity_kind_find(const char *text, enum entity_kind *ret_kind)
{
	for (size_t i = 0; i < ENTITY_KIND_COUNT; i++) {
		if (text_equal(text, TEXTS[i])) {
			*ret_kind = (enum entity_kind)i;
			return true;
		}
	}
	return false;
}
