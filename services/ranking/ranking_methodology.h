/* ranking_methodology: a rating's rules (RATING.md section 2), read from a parsed file and checked as a whole.
 *
 * What the file leaves out stands here as its default, so nobody downstream asks whether an option was given. A name
 * that is not of section 2, and an option that its method does not have, is refused: a misspelled option must not become
 * a different rating silently. */
#ifndef EFFREG_RANKING_METHODOLOGY_H
#define EFFREG_RANKING_METHODOLOGY_H

#include "common/arena.h"
#include "common/json.h"
#include "common/status.h"

#define METHODOLOGY_NODES_MAX      256
#define METHODOLOGY_INDICATORS_MAX 1024
#define METHODOLOGY_CODE_BYTES_MAX 128
#define METHODOLOGY_DECIMALS_MAX   15
#define METHODOLOGY_ALTERNATIVES_MAX 8  /* for one stage, the methodology's own included */
#define METHODOLOGY_EXACT          (-1)  /* of decimals: scores are compared as they are */
#define METHODOLOGY_NONE           SIZE_MAX  /* no index */

enum methodology_transform {
	METHODOLOGY_PLAIN,
	METHODOLOGY_LOG,  /* natural */
};

enum methodology_impute_method {
	METHODOLOGY_IMPUTE_MEAN,
	METHODOLOGY_IMPUTE_MEDIAN,
	METHODOLOGY_IMPUTE_GROUP_MEAN,
	METHODOLOGY_IMPUTE_PARENT_MEAN,
};

enum methodology_normalise_method {
	METHODOLOGY_MIN_MAX,
	METHODOLOGY_Z_SCORE,
	METHODOLOGY_RANK,
	METHODOLOGY_BORDA,
	METHODOLOGY_PERCENTILE_RANK,
	METHODOLOGY_GOALPOSTS,
	METHODOLOGY_DISTANCE_TO_TARGET,
	METHODOLOGY_DISTANCE_TO_MAX,
	METHODOLOGY_DISTANCE_TO_REFERENCE,
	METHODOLOGY_EXPONENTIAL_RANK,
	METHODOLOGY_AS_IS,
};

enum methodology_aggregate_method {
	METHODOLOGY_ARITHMETIC,
	METHODOLOGY_GEOMETRIC,
	METHODOLOGY_HARMONIC,
	METHODOLOGY_POWER,
	METHODOLOGY_MEDIAN,
	METHODOLOGY_COPELAND,
};

enum methodology_ties {
	METHODOLOGY_COMPETITION,  /* 1, 2, 2, 4 */
	METHODOLOGY_DENSE,        /* 1, 2, 2, 3 */
};

enum methodology_tied_place {
	METHODOLOGY_TIED_MID,  /* the mean of the places that are shared */
	METHODOLOGY_TIED_MIN,  /* the best of them */
};

/* What a method does not use has its default all the same. */
struct methodology_normalise {
	enum methodology_normalise_method method;
	double range_lo;
	double range_hi;
	double mean;
	double sd;
	const char *reference;  /* a unit's code */
	double k;               /* of exponential-rank */
	enum methodology_tied_place ties;
};

struct methodology_aggregate {
	enum methodology_aggregate_method method;
	double power;
	double min_available;  /* share of the children, by count, below which the node is missing; 0 = any child */
};

/* One step of filling in what is missing; steps run in the order of the file. */
struct methodology_impute {
	enum methodology_impute_method method;
	bool at_indicators;   /* else at nodes */
	const size_t *nodes;  /* indices */
	size_t node_count;
	size_t group;         /* group-mean: index into groups */
};

struct methodology_outliers {
	bool winsorise;
	int64_t max_points;
	double skew;
	double kurtosis;
	bool log_fallback;
};

struct methodology_indicator {
	const char *code;
	size_t parent;  /* index of its node */
	double weight;  /* relative inside its parent */
	bool lower_is_better;
	enum methodology_transform transform;
	size_t denominator;  /* index into denominators, or METHODOLOGY_NONE */
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

/* The stages that can have alternatives. */
enum methodology_stage {
	METHODOLOGY_STAGE_OUTLIERS,
	METHODOLOGY_STAGE_NORMALISE,
	METHODOLOGY_STAGE_AGGREGATE,
	METHODOLOGY_STAGES,
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
	const char *const *denominators;  /* columns of the values that indicators are divided by */
	size_t denominator_count;
	const char *const *group_columns;  /* columns that group-means are taken by */
	size_t group_column_count;
	const char *panel_column;  /* a unit stands once in each of its values; NULL = no panel */
	bool panel_local;          /* the frame of a value is its own period, else all periods together */
	const struct methodology_impute *impute;  /* those that do something, in the order of the file */
	size_t impute_count;
	struct methodology_outliers outliers;
	const size_t *order;   /* of nodes: by height, then as in the file; children stand before parents, the root last */
	int64_t min_projects;  /* measured projects a unit needs to be rated; 0 = none */
	bool has_groups;
	double leading;        /* shares of the rated */
	double lagging;
	enum methodology_ties ties;
	int decimals;          /* 0..15, or METHODOLOGY_EXACT */
	/* What could as well have been chosen for a stage, by enum methodology_stage; the first is the methodology's own. Each of
	 * the variants is a whole methodology of the same indicators and tree (they have no alternatives themselves). */
	size_t alternatives[METHODOLOGY_STAGES];
	const struct methodology *const *variants;  /* by methodology_variant; the first is this one; NULL in a variant */
};

/* Everything the methodology holds lives in arena; texts are borrowed from json, which must live as long.
 * STATUS_INVALID (code "methodology") with fault: pointer and reason. */
enum status methodology_read(struct arena *arena, const struct json *json, const struct methodology **ret_methodology,
                             struct fault *fault) MUST_CHECK;

/* The variant with these alternatives, one for each stage. */
const struct methodology *methodology_variant(const struct methodology *methodology,
                                              const size_t alternatives[METHODOLOGY_STAGES]);
size_t methodology_variant_count(const struct methodology *methodology);
/* The name of a stage's member. */
const char *methodology_stage_name(enum methodology_stage stage);

/* Index of the indicator with this code. */
bool methodology_find_indicator(const struct methodology *methodology, const char *code, size_t *ret_index) MUST_CHECK;
/* Index of the node with this code. */
bool methodology_find_node(const struct methodology *methodology, const char *code, size_t *ret_index) MUST_CHECK;

#endif
