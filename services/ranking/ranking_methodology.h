/* ranking_methodology: a rating's rules (RATING.md section 2), read from a parsed file and checked as a whole.
 *
 * What the file leaves out stands here as its default, so nobody downstream asks whether an option was given. A name
 * that is not of section 2 is refused: a misspelled option must not become a different rating silently. A method of
 * section 2 that this build does not compute is refused as STATUS_UNSUPPORTED. */
#ifndef EFFREG_RANKING_METHODOLOGY_H
#define EFFREG_RANKING_METHODOLOGY_H

#include "common/arena.h"
#include "common/json.h"
#include "common/status.h"

#define METHODOLOGY_NODES_MAX      256
#define METHODOLOGY_INDICATORS_MAX 1024
#define METHODOLOGY_CODE_BYTES_MAX 128
#define METHODOLOGY_DECIMALS_MAX   15
#define METHODOLOGY_EXACT          (-1)  /* of decimals: scores are compared as they are */

enum methodology_normalise_method {
	METHODOLOGY_MIN_MAX,
};

enum methodology_aggregate_method {
	METHODOLOGY_ARITHMETIC,
};

enum methodology_ties {
	METHODOLOGY_COMPETITION,  /* 1, 2, 2, 4 */
	METHODOLOGY_DENSE,        /* 1, 2, 2, 3 */
};

struct methodology_normalise {
	enum methodology_normalise_method method;
	double range_lo;
	double range_hi;
};

struct methodology_aggregate {
	enum methodology_aggregate_method method;
	double min_available;  /* share of the children, by count, below which the node is missing; 0 = any child */
};

struct methodology_indicator {
	const char *code;
	size_t parent;  /* index of its node */
	double weight;  /* relative inside its parent */
	bool lower_is_better;
	bool has_goalposts;
	double goalposts[2];  /* in the indicator's own unit */
	bool has_target;
	double target;  /* in the indicator's own unit */
	struct methodology_normalise normalise;  /* its own, or the methodology's */
};

struct methodology_child {
	bool is_indicator;
	size_t index;  /* into indicators or nodes */
	double weight;
};

struct methodology_node {
	const char *code;
	size_t parent;  /* index; the root's own index for the root */
	double weight;
	unsigned height;  /* 1 = only indicators below it */
	const struct methodology_child *children;  /* the order of summation: nodes, then indicators, as in the file */
	size_t child_count;
	struct methodology_aggregate aggregate;  /* its own, or that of its height */
};

struct methodology {
	const char *code;
	int64_t version;
	const char *valid_from;  /* date, or NULL */
	const char *title_ru;    /* or NULL */
	const char *title_en;    /* or NULL */
	const struct methodology_indicator *indicators;  /* in the order of the file */
	size_t indicator_count;
	const struct methodology_node *nodes;  /* in the order of the file */
	size_t node_count;
	size_t root;
	const size_t *order;   /* of nodes: by height, then as in the file; children stand before parents, the root last */
	int64_t min_projects;  /* measured projects a unit needs to be rated; 0 = none */
	bool has_groups;
	double leading;        /* shares of the rated */
	double lagging;
	enum methodology_ties ties;
	int decimals;          /* 0..15, or METHODOLOGY_EXACT */
};

/* Everything the methodology holds lives in arena; texts are borrowed from json, which must live as long.
 * STATUS_INVALID (code "methodology") or STATUS_UNSUPPORTED (code "unsupported") with fault: pointer and reason. */
enum status methodology_read(struct arena *arena, const struct json *json, const struct methodology **ret_methodology,
                             struct fault *fault) MUST_CHECK;

/* Index of the indicator with this code. */
bool methodology_find_indicator(const struct methodology *methodology, const char *code, size_t *ret_index) MUST_CHECK;

#endif
