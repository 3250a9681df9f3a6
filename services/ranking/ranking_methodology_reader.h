/* ranking_methodology_reader: what the parts of ranking_methodology share: places in the file, and scalars read at them.
 *
 * Only for ranking_methodology*.c and ranking_cohort.c. Every function reports a fault at the place it found it and returns its status. */
#ifndef EFFREG_RANKING_METHODOLOGY_READER_H
#define EFFREG_RANKING_METHODOLOGY_READER_H

#include "services/ranking/ranking_methodology.h"

#define METHODOLOGY_WEIGHT_MAX 1e9
#define METHODOLOGY_RANGE_MAX  1e12

/* A value of the file and where it stands; json is NULL when the file does not have it. */
struct place {
	const struct json *json;
	char pointer[256];
};

/* The methodology while it is being built. */
struct reader {
	struct arena *arena;
	struct fault *fault;
	struct methodology *methodology;
	struct methodology_indicator *indicators;
	struct methodology_node *nodes;
	struct place *aggregates;         /* one for each node: where its aggregate stands */
	const char **denominators;        /* room for one of each indicator */
	const char **group_columns;       /* room for one of each imputation */
	/* The stages that alternatives replace: the methodology's own members, or one of its alternatives. */
	struct place outliers, normalise, aggregate;
};

/* A name of RATING.md section 2 and the value it stands for. */
struct method {
	const char *name;
	int value;
};

#define INVALID(reader, at, ...) \
	fault_set((reader)->fault, STATUS_INVALID, "methodology", (at)->pointer, -1, __VA_ARGS__)

struct place place_member(const struct place *object, const char *name);
struct place place_element(const struct place *array, const struct json *element, size_t index);
bool place_absent(const struct place *at);  /* absent and null say the same in optional members */

/* names: the members allowed, ended by NULL. */
enum status check_object(struct reader *reader, const struct place *at, const char *const *names) MUST_CHECK;
enum status check_list(struct reader *reader, const struct place *at, size_t max) MUST_CHECK;

/* Optional values leave the default as it is when the file has none; a text becomes NULL. */
enum status read_text(struct reader *reader, const struct place *at, bool required, const char **ret_text) MUST_CHECK;
enum status read_code(struct reader *reader, const struct place *at, const char **ret_code) MUST_CHECK;
enum status read_number(struct reader *reader, const struct place *at, double min, double max, double *number) MUST_CHECK;
enum status read_whole(struct reader *reader, const struct place *at, int64_t min, int64_t max, int64_t *whole) MUST_CHECK;
/* An array of two numbers, the first below the second. */
enum status read_span(struct reader *reader, const struct place *at, double ret_span[2]) MUST_CHECK;
enum status read_method(struct reader *reader, const struct place *at, const struct method *methods, size_t count,
                        int *value) MUST_CHECK;
/* The member "method" of an object. */
enum status read_required_method(struct reader *reader, const struct place *object, const struct method *methods,
                                 size_t count, int *value) MUST_CHECK;
/* Index of text in a list of distinct texts, which gets it when it is new. */
size_t list_add(const char **list, size_t *count, const char *text);

/* ranking_methodology_stages: one stage each. */
enum status read_normalise(struct reader *reader, const struct place *at, struct methodology_normalise *ret) MUST_CHECK;
enum status read_aggregate(struct reader *reader, const struct place *at, struct methodology_aggregate *ret) MUST_CHECK;
enum status read_impute(struct reader *reader, const struct place *at) MUST_CHECK;  /* after the tree */
enum status read_outliers(struct reader *reader, const struct place *at) MUST_CHECK;

/* ranking_methodology_tree: nodes and indicators, and how they hang together. */
enum status read_tree(struct reader *reader, const struct place *root) MUST_CHECK;

/* ranking_methodology_alternatives: the member "alternatives", and every methodology that it makes of the one read. read_all:
 * reads the whole file with the stages that the reader names. */
enum status read_alternatives(struct reader *reader, const struct place *root,
                              enum status (*read_all)(struct reader *, const struct place *)) MUST_CHECK;

/* ranking_methodology_check: what two places of the file say against each other. */
enum status check_methodology(struct reader *reader, const struct place *root) MUST_CHECK;

#endif
