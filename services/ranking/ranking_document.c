#include "services/ranking/ranking_document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_seal.h"

/* ---- parts ---- */

/* A list of texts under the codes of indicators or nodes. */
static void write_inputs(struct json_writer *writer, const struct methodology *methodology,
                         const struct ranking_row *row)
{
	json_write_object(writer);
	for (size_t i = 0; i < methodology->indicator_count; i++)
		json_member_string(writer, methodology->indicators[i].code, row->inputs[i]);
	json_write_object_end(writer);
}

static void write_nodes(struct json_writer *writer, const struct methodology *methodology,
                        const struct ranking_row *row)
{
	json_write_object(writer);
	for (size_t i = 0; i < methodology->node_count; i++)
		json_member_string(writer, methodology->nodes[i].code, row->nodes[i]);
	json_write_object_end(writer);
}

static void write_methodology(struct json_writer *writer, const struct methodology *methodology)
{
	json_write_name(writer, "methodology");
	json_write_object(writer);
	json_member_string(writer, "code", methodology->code);
	json_member_integer(writer, "version", methodology->version);
	json_write_object_end(writer);
}

/* Places, revisions: 0 stands for none. */
static void member_positive(struct json_writer *writer, const char *name, int64_t value)
{
	if (value > 0)
		json_member_integer(writer, name, value);
	else
		json_member_null(writer, name);
}

/* ---- digests ---- */

static int compare_row_codes(const void *a, const void *b)
{
	const struct ranking_row *const *left = a;
	const struct ranking_row *const *right = b;
	return strcmp(ranking_unit_code((*left)->region), ranking_unit_code((*right)->region));
}

static const struct ranking_row **rows_by_region(struct arena *arena, const struct ranking_run *run)
{
	const struct ranking_row **rows = arena_array(arena, const struct ranking_row *, run->count);
	for (size_t i = 0; i < run->count; i++)
		rows[i] = &run->rows[i];
	qsort(rows, run->count, sizeof *rows, compare_row_codes);
	return rows;
}

static void write_unit(struct json_writer *writer, const struct ranking_region *region)
{
	json_member_string(writer, "region", region->region);
	if (region->authority != NULL)
		json_member_string(writer, "authority", region->authority);
}

static void write_digest_input(struct json_writer *writer, const struct methodology *methodology,
                               const struct ranking_row *row)
{
	json_write_object(writer);
	write_unit(writer, row->region);
	json_member_bool(writer, "joined", row->region->joined);
	json_member_integer(writer, "measured", row->region->measured);
	json_write_name(writer, "indicators");
	write_inputs(writer, methodology, row);
	json_write_object_end(writer);
}

static void write_digest_result(struct json_writer *writer, const struct methodology *methodology,
                                const struct ranking_row *row)
{
	json_write_object(writer);
	write_unit(writer, row->region);
	member_positive(writer, "place", row->place);
	json_member_string(writer, "score", row->score);
	json_member_string(writer, "group", row->group);
	json_member_bool(writer, "eligible", row->reason == NULL);
	json_member_string(writer, "reason", row->reason);
	json_write_name(writer, "nodes");
	write_nodes(writer, methodology, row);
	json_write_object_end(writer);
}

static void write_result(struct json_writer *writer, const struct ranking_run *run, const struct ranking_row **rows)
{
	json_write_object(writer);
	json_member_string(writer, "cohort", run->cohort);
	json_member_string(writer, "period", run->period);
	write_methodology(writer, run->methodology);
	json_write_name(writer, "inputs");
	json_write_array(writer);
	for (size_t i = 0; i < run->count; i++)
		write_digest_input(writer, run->methodology, rows[i]);
	json_write_array_end(writer);
	json_write_name(writer, "results");
	json_write_array(writer);
	for (size_t i = 0; i < run->count; i++)
		write_digest_result(writer, run->methodology, rows[i]);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static enum status digest_text(struct arena *arena, struct buf *text, char ret_digest[SHA256_HEX_SIZE],
                               struct fault *fault)
{
	enum status status = ranking_seal_digest_text(arena, text, ret_digest);
	return status == STATUS_OK ? status : fault_set(fault, status, "digest", "", -1, "a run's canonical form failed");
}

enum status ranking_result_digest(struct arena *arena, const struct ranking_run *run, char ret_digest[SHA256_HEX_SIZE],
                                  struct fault *fault)
{
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	struct json_writer writer;
	json_writer_init(&writer, &text);
	write_result(&writer, run, rows_by_region(arena, run));
	return digest_text(arena, &text, ret_digest, fault);
}

/* Sequence numbers travel as strings: they may pass 2^53. */
static void member_seq(struct json_writer *writer, const char *name, uint64_t seq)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, seq);
	json_member_string(writer, name, text);
}

/* ---- the document ---- */

static void write_change(struct json_writer *writer, const struct ranking_row *row)
{
	unsigned previous = row->region->previous_place;
	if (row->place > 0 && previous > 0)
		json_member_integer(writer, "change", (int64_t)previous - (int64_t)row->place);
	else
		json_member_null(writer, "change");
}

static void write_name(struct json_writer *writer, const struct ranking_region *region)
{
	json_write_name(writer, "name");
	json_write_object(writer);
	json_member_string(writer, "ru", region->name_ru);
	json_member_string(writer, "en", region->name_en);
	json_write_object_end(writer);
}

static void write_interval(struct json_writer *writer, const struct ranking_row *row)
{
	if (row->interval[0] == 0) {
		json_member_null(writer, "interval");
		return;
	}
	json_write_name(writer, "interval");
	json_write_array(writer);
	json_write_integer(writer, row->interval[0]);
	json_write_integer(writer, row->interval[1]);
	json_write_array_end(writer);
}

/* What the result was computed from, and every node's score: with these result_digest can be computed again. */
static void write_figures(struct json_writer *writer, const struct methodology *methodology,
                          const struct ranking_row *row)
{
	json_write_name(writer, "figures");
	json_write_object(writer);
	json_member_bool(writer, "joined", row->region->joined);
	json_member_integer(writer, "measured", row->region->measured);
	json_write_name(writer, "indicators");
	write_inputs(writer, methodology, row);
	json_write_name(writer, "nodes");
	write_nodes(writer, methodology, row);
	json_member_string(writer, "score", row->score);
	json_write_object_end(writer);
}

static void write_row(struct json_writer *writer, const struct ranking_run *run, const struct ranking_row *row)
{
	const struct ranking_region *region = row->region;
	json_write_object(writer);
	write_unit(writer, region);
	json_member_string(writer, "iso", region->iso);
	write_name(writer, region);
	member_positive(writer, "place", row->place);
	member_positive(writer, "previous_place", region->previous_place);
	write_change(writer, row);
	/* The rounded decimal's digits are a JSON number as they stand. */
	if (row->score != NULL)
		json_member_raw(writer, "score", span_of_text(row->score));
	else
		json_member_null(writer, "score");
	json_member_string(writer, "group", row->group);
	write_interval(writer, row);
	json_member_bool(writer, "eligible", row->reason == NULL);
	json_member_string(writer, "reason", row->reason);
	member_positive(writer, "overall_place", row->overall_place);
	if (run->has_bonus) {
		json_member_bool(writer, "bonus_eligible", row->bonus_reason == NULL);
		json_member_string(writer, "bonus_reason", row->bonus_reason);
	}
	write_figures(writer, run->methodology, row);
	json_write_object_end(writer);
}

static void write_cohort_title(struct json_writer *writer, const struct ranking_run *run)
{
	json_write_name(writer, "cohort_title");
	json_write_object(writer);
	json_member_string(writer, "ru", run->cohort_title_ru);
	json_member_string(writer, "en", run->cohort_title_en);
	json_write_object_end(writer);
}

/* How many measured projects it took: a family of authorities has its own number. */
static void write_eligibility(struct json_writer *writer, const struct methodology *methodology)
{
	json_write_name(writer, "eligibility");
	json_write_object(writer);
	json_member_integer(writer, "min_projects", methodology->min_projects);
	json_write_object_end(writer);
}

static void write_sampling(struct json_writer *writer, const struct ranking_sampling *sampling)
{
	char perturb[24];
	json_write_name(writer, "interval_by");
	if (sampling->replicates == 0 || !decimal_format_double(sampling->perturb, 6, perturb, sizeof perturb)) {
		json_write_null(writer);
		return;
	}
	json_write_object(writer);
	json_member_string(writer, "method", "weights");
	json_member_string(writer, "perturb", perturb);
	json_member_integer(writer, "replicates", sampling->replicates);
	member_seq(writer, "seed", sampling->seed);
	json_write_name(writer, "quantiles");
	json_write_array(writer);
	json_write_string(writer, "0.05");
	json_write_string(writer, "0.95");
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static void write_seqs(struct json_writer *writer, const struct ranking_run *run)
{
	json_write_object(writer);
	for (size_t i = 0; i < run->log_count; i++) {
		json_write_name(writer, run->logs[i].region);
		json_write_object(writer);
		member_seq(writer, "seq", run->logs[i].seq);
		json_member_string(writer, "head", run->logs[i].head);
		json_write_object_end(writer);
	}
	json_write_object_end(writer);
}

static void write_publication(struct json_writer *writer, const struct ranking_edition *edition)
{
	json_member_string(writer, "published_time", edition->published_time);
	json_member_string(writer, "published_by", edition->published_by);
	if (edition->corrects != NULL)
		json_member_raw(writer, "corrects", span_of_text(edition->corrects));
	else
		json_member_null(writer, "corrects");
	json_member_string(writer, "public_key", edition->public_key);
	json_member_string(writer, "signature", edition->signature);
}

void ranking_document_write(struct buf *buf, const struct ranking_run *run, const struct ranking_edition *edition)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_member_string(&writer, "period", run->period);
	json_member_string(&writer, "cohort", run->cohort);
	json_member_string(&writer, "kind", edition->kind);
	json_member_integer(&writer, "revision", edition->revision);
	json_member_string(&writer, "result_digest", run->result_digest);
	json_member_string(&writer, "document_digest", edition->document_digest);
	write_methodology(&writer, run->methodology);
	json_write_name(&writer, "rows");
	json_write_array(&writer);
	for (size_t i = 0; i < run->count; i++)
		write_row(&writer, run, &run->rows[i]);
	json_write_array_end(&writer);
	write_cohort_title(&writer, run);
	write_eligibility(&writer, run->methodology);
	write_sampling(&writer, &run->sampling);
	json_write_name(&writer, "seqs");
	write_seqs(&writer, run);
	write_publication(&writer, edition);
	json_write_object_end(&writer);
}

enum status ranking_document_digest(struct arena *arena, const struct ranking_run *run,
                                    const struct ranking_edition *edition, char ret_digest[SHA256_HEX_SIZE],
                                    struct fault *fault)
{
	const struct json *document;
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, run, edition);
	enum status status = buf_ok(&text) ? STATUS_OK : STATUS_BUG;
	if (status == STATUS_OK)
		status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &document, NULL);
	if (status == STATUS_OK)
		status = ranking_seal_digest(arena, document, ret_digest);
	buf_clear(&text);
	return status == STATUS_OK ? status
	                           : fault_set(fault, STATUS_BUG, "digest", "", -1, "a run's canonical form failed");
}

/* ---- what is stored beside it ---- */

void ranking_seqs_write(struct buf *buf, const struct ranking_run *run)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	write_seqs(&writer, run);
}

void ranking_inputs_write(struct buf *buf, const struct ranking_run *run, const struct ranking_row *row)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	write_inputs(&writer, run->methodology, row);
}

void ranking_nodes_write(struct buf *buf, const struct ranking_run *run, const struct ranking_row *row)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	write_nodes(&writer, run->methodology, row);
}

static void write_indicators_in(struct json_writer *writer, const struct ranking_run *run, const char *name,
                                enum ranking_indicator_state state)
{
	json_write_name(writer, name);
	json_write_array(writer);
	for (size_t i = 0; i < run->methodology->indicator_count; i++) {
		if (run->states[i] == state)
			json_write_string(writer, run->methodology->indicators[i].code);
	}
	json_write_array_end(writer);
}

void ranking_notes_write(struct buf *buf, const struct ranking_run *run)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	write_indicators_in(&writer, run, "constant", RANKING_INDICATOR_CONSTANT);
	write_indicators_in(&writer, run, "empty", RANKING_INDICATOR_EMPTY);
	json_write_object_end(&writer);
}
