#include "services/cli/cli_rank_parameters.h"

#include "common/ambient.h"
#include "services/cli/cli_rank_csv.h"

#define ARENA_BYTES_MAX  ((size_t)1024 * 1024 * 1024)
#define OUTPUT_BYTES_MAX ((size_t)16 * 1024 * 1024 * 1024)

static void write_header(const struct methodology *methodology, struct buf *text)
{
	buf_text(text, "set");
	for (int stage = 0; stage < METHODOLOGY_STAGES; stage++) {
		if (methodology->alternatives[stage] > 1)
			buf_printf(text, ",%s", methodology_stage_name((enum methodology_stage)stage));
	}
	for (size_t i = 0; i < methodology->indicator_count; i++) {
		buf_text(text, ",");
		rank_csv_write(text, methodology->indicators[i].code);
	}
	for (size_t i = 0; i < methodology->node_count; i++) {
		buf_text(text, ",");
		rank_csv_write(text, methodology->nodes[i].code);
	}
	buf_text(text, "\n");
}

static void write_row(const struct methodology *methodology, const struct ranking_parameters *parameters, size_t number,
                      struct buf *text)
{
	buf_printf(text, "%zu", number);
	for (int stage = 0; stage < METHODOLOGY_STAGES; stage++) {
		if (methodology->alternatives[stage] > 1)
			buf_printf(text, ",%zu", parameters->alternatives[stage]);
	}
	for (size_t i = 0; i < methodology->indicator_count; i++)
		buf_printf(text, ",%.17g", parameters->weights.indicators[i]);
	for (size_t i = 0; i < methodology->node_count; i++)
		buf_printf(text, ",%.17g", parameters->weights.nodes[i]);
	buf_text(text, "\n");
}

enum status rank_parameters_write(const char *path, const struct ranking_uncertainty *uncertainty, size_t replicates,
                                  struct fault *fault)
{
	struct buf text;
	struct ranking_sampler sampler;
	const struct methodology *methodology = uncertainty->of.methodology;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct arena *work = arena_new(ARENA_BYTES_MAX);
	buf_init(&text, OUTPUT_BYTES_MAX);
	ranking_sampler_init(&sampler, arena, work, uncertainty);
	write_header(methodology, &text);
	for (size_t i = 0; i < replicates; i++)
		write_row(methodology, ranking_sampler_parameters(&sampler, i), i + 1, &text);
	enum status status = buf_ok(&text) ? ambient_write_file(path, buf_span(&text), 0644, fault)
	                                   : fault_set(fault, STATUS_TOO_LARGE, "too_large", "", -1,
	                                               "%s: more parameters than fit a file", path);
	buf_clear(&text);
	arena_destroy(&work);
	arena_destroy(&arena);
	return status;
}
