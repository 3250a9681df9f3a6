/* schema_check: what the checks of keywords share; between schema_check.c, schema_assert.c and schema_apply.c only. */
#ifndef EFFREG_SCHEMA_CHECK_H
#define EFFREG_SCHEMA_CHECK_H

#include "common/schema_model.h"

/* One call of schema_validate. */
struct validation {
	struct arena *scratch;
	struct fault *fault;
	unsigned quiet;    /* > 0: a failure decides an anyOf, a not, …; it is no fault of the instance yet */
	bool abandoned;    /* a pattern went over its limits: the answer is no, whatever a not makes of it */
};

/* A place in the instance and the way to it. */
struct place {
	const struct place *up;      /* NULL at the root */
	const struct json *json;
	const char *name;            /* of a member; NULL for an element */
	size_t index;                /* among the members or elements */
};

/* Which members or elements of one value have been evaluated. */
struct evaluated {
	size_t count;     /* of members or elements */
	uint64_t few;     /* a bit each, while count <= 64 */
	uint64_t *many;   /* in scratch otherwise */
};

/* One schema at one place. */
struct frame {
	struct validation *validation;
	const struct schema *schema;
	const struct place *at;
	struct evaluated *evaluated;  /* NULL when nobody asks */
	bool *all_named;              /* set by properties when it knows every member: additionalProperties need not look again */
};

typedef bool check_function(const struct frame *frame, const struct keyword *keyword);

/* Whether the place is valid; on success what it has evaluated is added to outer, which may be NULL. */
bool schema_check(struct validation *validation, const struct schema *schema, const struct place *at,
                  struct evaluated *outer);
/* The same place against another schema; its evaluations count. */
bool check_in_place(const struct frame *frame, const struct schema *schema);
/* The same, where a failure is no fault. */
bool check_quietly(const struct frame *frame, const struct schema *schema);
/* A member or element of frame's place. */
bool check_inside(const struct frame *frame, const struct schema *schema, const struct json *item, size_t index);
bool check_inside_quietly(const struct frame *frame, const struct schema *schema, const struct json *item, size_t index);

void mark_evaluated(const struct frame *frame, size_t index);
void mark_all_evaluated(const struct frame *frame);
bool is_evaluated(const struct frame *frame, size_t index);

/* Returns false, so that a check can end with it. member (may be NULL) is added to the place. */
bool refuse(const struct frame *frame, const struct keyword *keyword, const char *member, const char *en, const char *ru, ...)
	PRINTF_LIKE(4, 6) PRINTF_LIKE(5, 6);

/* "a, b, c" of the names or JSON values, cut off with "…". */
void list_names(char *text, size_t size, const char *const *names, size_t count);
void list_values(char *text, size_t size, const struct json *array);

check_function check_type, check_const, check_enum, check_required, check_min_properties, check_max_properties,
	check_dependent_required, check_min_items, check_max_items, check_unique_items, check_min_length, check_max_length,
	check_pattern, check_format, check_minimum, check_maximum, check_exclusive_minimum, check_exclusive_maximum,
	check_multiple_of;

check_function check_reference, check_all_of, check_any_of, check_one_of, check_not, check_if, check_dependent_schemas,
	check_property_names, check_properties, check_pattern_properties, check_additional_properties, check_prefix_items,
	check_items, check_contains, check_unevaluated_properties, check_unevaluated_items;

#endif
