/* json_node: what stands behind struct json, between json.c and json_read.c only: a node of cJSON. */
#ifndef EFFREG_JSON_NODE_H
#define EFFREG_JSON_NODE_H

#include "common/json.h"

#include <cjson/cJSON.h>

struct json {
	cJSON node;
};

/* A node that is a member of an object. */
struct json_member {
	struct json value;
	struct json_key key;
};

static inline const struct json *json_of(const cJSON *node)
{
	return (const struct json *)(const void *)node;
}

#endif
