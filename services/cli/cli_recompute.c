/* cli_recompute: rating recompute: a rating computed again from exported logs, without the centre.
 *
 * Whoever holds the logs and the methodology gets the result_digest that was published, or knows that it does not follow
 * from these events. The chain of every log is followed on the way: a changed byte is refused. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_ledger.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_recompute_core.h"
#include "services/cli/cli_registry.h"
#include "services/metrics/rules.h"
#include "services/ranking/ranking_document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_BYTES_MAX  ((size_t)16 * 1024 * 1024)
#define ARENA_BYTES_MAX ((size_t)2048 * 1024 * 1024)
#define COHORT_ALL      "all"

static const struct cli_option OPTIONS[] = {
	{"logs", "DIR", NULL, NULL, "the folder that log export wrote", "папка, выгруженная командой log export"},
	{"methodology", "FILE", NULL, NULL, "the methodology file", "файл методики"},
	{"indicators", "FILE", NULL, NULL, "definitions of indicators; absent: those this program was built with", "определения показателей; без параметра — встроенные в программу"},
	{"period", "PERIOD", NULL, NULL, "the period; that of --document when absent", "период; без параметра — из --document"},
	{"cohort", "COHORT", NULL, NULL, "which cohort; that of --document when absent, else all regions", "группа сравнения; без параметра — из --document, иначе все регионы"},
	{"cohorts", "FILE", NULL, NULL, "the file of cohorts; needed for any but all", "файл групп сравнения; нужен для любой, кроме all"},
	{"document", "FILE", NULL, NULL, "a rating (rating get --format json) to compare with; where it lists seqs, the logs count that far",
	 "рейтинг (rating get --format json) для сравнения; если в нём есть seqs, журналы учитываются до них"},
	{"out", "FILE", NULL, NULL, "where the whole rating goes, as rating get --format json has it",
	 "куда записать весь рейтинг, в том же виде, что rating get --format json"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "rating recompute",
	.example = "effreg rating recompute --logs logs --methodology methodology.json --period 2023",
	.en = "Computes a rating from exported logs, without a database, and prints its result_digest: the one that was published, if the\n"
	      "logs, the methodology and the result belong together. A log whose chain is broken is refused.\n"
	      "Any cohort and period can be had so, also authorities of a region by quarter: rating export --document reads what\n"
	      "--out wrote.",
	.ru = "Вычисляет рейтинг по выгруженным журналам, без базы данных, и печатает его result_digest: тот же, что опубликован, если\n"
	      "журналы, методика и результат соответствуют друг другу. Журнал с нарушенной цепочкой отклоняется.\n"
	      "Так можно получить любую группу сравнения за любой период, в том числе органы власти региона по кварталам: записанное\n"
	      "в --out читает rating export --document.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 computed (and equal to the document), 1 a log is broken or the result is another one, 2 bad arguments or unreadable file",
	.exits_ru = "0 вычислен (и совпал с документом), 1 журнал нарушен или результат другой, 2 неверные аргументы или файл не читается",
};

struct recompute {
	const struct cli_args *args;
	struct arena *arena;
	struct fault fault;
	const struct methodology *methodology;
	struct generate_registry registry;
	struct rules *rules;
	struct recompute_others others;
	const char *cohort_code;
	const struct ranking_cohort *cohort;
	uint64_t hash_seed;
	const char *dir;
	const struct ledger_head *heads;
	size_t heads_count;
	const struct json *document;  /* or NULL */
	const struct json *seqs;      /* the document's, or NULL */
	const char *period;
	size_t logs, events, parked;
};

/* ---- what is given ---- */

static enum status read_json(struct recompute *recompute, const char *path, const struct json **ret_json)
{
	struct span text;
	enum status status = ambient_read_file(recompute->arena, path, FILE_BYTES_MAX, &text, &recompute->fault);
	if (status == STATUS_OK)
		status = json_parse(recompute->arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, ret_json, &recompute->fault);
	return status;
}

static enum status load_methodology(struct recompute *recompute)
{
	const struct json *json;
	enum status status = read_json(recompute, cli_args_value(recompute->args, "methodology"), &json);
	return status == STATUS_OK ? methodology_read(recompute->arena, json, &recompute->methodology, &recompute->fault)
	                           : status;
}

static enum status load_dictionaries(struct recompute *recompute)
{
	struct span text = span_of("", 0);
	const char *path = cli_args_value(recompute->args, "indicators");
	enum status status = registry_load_regions(&recompute->registry, &recompute->fault);
	if (status == STATUS_OK && path != NULL)
		status = ambient_read_file(recompute->arena, path, FILE_BYTES_MAX, &text, &recompute->fault);
	if (status == STATUS_OK)
		status = rules_new(text, span_of("", 0), &recompute->rules, &recompute->fault);
	return status;
}

static enum status mismatch(struct recompute *recompute, const char *pointer, const char *en, const char *ru)
{
	return fault_set(&recompute->fault, STATUS_INVALID, "document", pointer, -1, "%s",
	                 cli_text(recompute->args->lang, en, ru));
}

static bool is_text(const struct json *json, const char *name, const char *expected)
{
	const char *text = json_find_string(json, name);
	return text != NULL && text_equal(text, expected);
}

static bool is_methodology(const struct json *json, const struct methodology *methodology)
{
	int64_t version;
	const struct json *member = json_find(json, "version");
	return is_text(json, "code", methodology->code) && json_is(member, JSON_NUMBER) && json_integer(member, &version) &&
	       version == methodology->version;
}

/* The document must be of what is to be computed. */
static enum status load_document(struct recompute *recompute)
{
	const char *path = cli_args_value(recompute->args, "document");
	if (path == NULL)
		return STATUS_OK;
	enum status status = read_json(recompute, path, &recompute->document);
	if (status != STATUS_OK)
		return status;
	if (json_find_string(recompute->document, "result_digest") == NULL)
		return mismatch(recompute, "/result_digest", "the document is no rating", "документ — не рейтинг");
	if (recompute->period == NULL)
		recompute->period = json_find_string(recompute->document, "period");
	if (recompute->period == NULL || !is_text(recompute->document, "period", recompute->period))
		return mismatch(recompute, "/period", "the document is of another period", "документ за другой период");
	if (recompute->cohort_code == NULL)
		recompute->cohort_code = json_find_string(recompute->document, "cohort");
	if (recompute->cohort_code == NULL || !is_text(recompute->document, "cohort", recompute->cohort_code))
		return mismatch(recompute, "/cohort", "the document is of another cohort", "документ другой когорты");
	if (!is_methodology(json_find(recompute->document, "methodology"), recompute->methodology))
		return mismatch(recompute, "/methodology", "the document was computed by another methodology or version",
		                "документ вычислен по другой методике или версии");
	recompute->seqs = json_find(recompute->document, "seqs");
	return STATUS_OK;
}

static enum status find_cohort(struct recompute *recompute)
{
	struct ranking_cohorts cohorts;
	const struct json *json = NULL;
	const char *path = cli_args_value(recompute->args, "cohorts");
	enum status status = path != NULL ? read_json(recompute, path, &json) : STATUS_OK;
	if (status == STATUS_OK)
		status = ranking_cohorts_read(recompute->arena, json, &cohorts, &recompute->fault);
	if (status == STATUS_OK)
		status = ranking_cohorts_find(recompute->arena, &cohorts, recompute->cohort_code, &recompute->cohort);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&recompute->fault, STATUS_INVALID, "cohort", "", -1,
		                 cli_text(recompute->args->lang, "there is no cohort %s; name the file that has it: --cohorts",
		                          "группы сравнения %s нет; укажите файл, в котором она описана: --cohorts"), recompute->cohort_code);
	return status;
}

static enum status find_period(struct recompute *recompute)
{
	struct period period;
	recompute->period = cli_args_value(recompute->args, "period");
	recompute->cohort_code = cli_args_value(recompute->args, "cohort");
	enum status status = load_document(recompute);
	if (status != STATUS_OK)
		return status;
	if (recompute->period == NULL || !period_parse(recompute->period, &period))
		return mismatch(recompute, "", "name the period: --period 2023, 2023-H1, 2023-Q3 or 2023-09",
		                "назовите период: --period 2023, 2023-H1, 2023-Q3 или 2023-09");
	if (recompute->cohort_code == NULL)
		recompute->cohort_code = COHORT_ALL;
	return find_cohort(recompute);
}

static enum status load_all(struct recompute *recompute)
{
	enum status status = load_methodology(recompute);
	if (status == STATUS_OK)
		status = find_period(recompute);
	if (status == STATUS_OK)
		status = load_dictionaries(recompute);
	if (status == STATUS_OK)
		status = ledger_load_heads(recompute->arena, recompute->dir, &recompute->heads, &recompute->heads_count,
		                           &recompute->fault);
	return status;
}

/* ---- one log ---- */

/* How far a log counts, and the hash it must have there. */
struct extent {
	uint64_t seq;
	bool has_hash;
	struct sha256 hash;
};

static bool read_extent(const struct json *json, struct extent *ret_extent)
{
	char *end;
	const char *seq = json_find_string(json, "seq");
	const char *head = json_find_string(json, "head");
	if (seq == NULL || head == NULL || seq[0] < '0' || seq[0] > '9')
		return false;
	ret_extent->seq = strtoull(seq, &end, 10);
	ret_extent->has_hash = ret_extent->seq > 0;
	return *end == '\0' && sha256_parse_hex(head, &ret_extent->hash);
}

/* What the document says of the log, else all that the folder has. */
static enum status find_extent(struct recompute *recompute, const char *region, const struct ledger_head *head,
                               struct extent *ret_extent)
{
	*ret_extent = (struct extent){.seq = head == NULL ? 0 : head->seq};
	if (recompute->seqs == NULL)
		return STATUS_OK;
	const struct json *json = json_find(recompute->seqs, region);
	if (json == NULL || !read_extent(json, ret_extent))
		return mismatch(recompute, "/seqs", "the document does not say how far a log was read",
		                "документ не говорит, до какого события прочитан журнал");
	if (ret_extent->seq > (head == NULL ? 0 : head->seq))
		return fault_set(&recompute->fault, STATUS_CONFLICT, "log", "", -1,
		                 cli_text(recompute->args->lang, "the rating read the log of region %s up to seq %" PRIu64 ": it is not all here",
		                          "рейтинг прочитал журнал региона %s до seq %" PRIu64 ": здесь он не весь"), region, ret_extent->seq);
	return STATUS_OK;
}

/* A log being fed. */
struct feed {
	struct recompute *recompute;
	const char *path;
	const struct ledger_head *head;
	struct extent extent;
	struct replay *replay;
};

static enum status refuse(struct feed *feed, uint64_t seq, size_t offset)
{
	return fault_set(&feed->recompute->fault, STATUS_CONFLICT, "log", "", (long)offset,
	                 cli_text(feed->recompute->args->lang, "%s, byte %zu: the chain is broken at seq %" PRIu64 "; see log verify",
	                          "%s, байт %zu: цепочка нарушена на seq %" PRIu64 "; см. log verify"), feed->path, offset, seq);
}

/* Follows the chain of every entry and counts those within the extent. */
static enum status feed_entry(struct feed *feed, struct ledger_chain *chain, const struct ledger_entry *entry)
{
	if (ledger_chain_follow(chain, entry) != LEDGER_SOUND)
		return refuse(feed, chain->seq + 1, entry->offset);
	if (entry->seq == feed->extent.seq && feed->extent.has_hash &&
	    memcmp(entry->hash.bytes, feed->extent.hash.bytes, SHA256_BYTES) != 0)
		return refuse(feed, entry->seq, entry->offset);
	if (entry->seq <= feed->extent.seq)
		replay_add(feed->replay, entry->seq, entry->recorded_us, entry->event);
	return STATUS_OK;
}

static enum status feed_text(struct feed *feed, struct span text)
{
	struct ledger_reader reader = {.text = text};
	struct ledger_chain chain;
	struct ledger_entry entry;
	char region[OKTMO_TEXT_SIZE];
	enum status status = ledger_read_header(&reader, region, &feed->recompute->fault);
	if (status != STATUS_OK || !text_equal(region, feed->head->region))
		return refuse(feed, 0, 0);
	ledger_chain_init(&chain, region, NULL);
	while ((status = ledger_read_entry(&reader, &entry, &feed->recompute->fault)) == STATUS_OK) {
		status = feed_entry(feed, &chain, &entry);
		if (status != STATUS_OK)
			return status;
	}
	if (status != STATUS_NOT_FOUND || ledger_chain_end(&chain, feed->head->seq, &feed->head->hash) != LEDGER_SOUND)
		return refuse(feed, chain.seq + 1, reader.at);
	return STATUS_OK;
}

/* The log stays open until the replay has ended: its events are borrowed. */
static enum status feed_log(struct feed *feed, struct span *ret_text)
{
	enum status status = ledger_open(feed->path, ret_text, &feed->recompute->fault);
	if (status != STATUS_OK)
		return status;
	cli_output_progress("%s", feed->path);
	status = feed_text(feed, span_of(ret_text->at, ret_text->len < feed->head->bytes ? ret_text->len : (size_t)feed->head->bytes));
	if (status == STATUS_OK)
		replay_end(feed->replay);
	return status;
}

/* ---- all of them ---- */

static enum status replay_region(struct recompute *recompute, struct feed *feed, struct span *ret_text)
{
	struct rules *rules = recompute->rules;
	feed->replay = replay_new(feed->head->region, &rules->fold, rules->definitions, CELLS_STORED, recompute->hash_seed);
	enum status status = feed_log(feed, ret_text);
	if (status != STATUS_OK)
		return status;
	recompute->logs++;
	recompute->events += (size_t)feed->extent.seq;
	recompute->parked += replay_parked(feed->replay);
	recompute_add_others(feed->replay, rules->definitions, recompute->methodology, recompute->period, &recompute->others);
	return STATUS_OK;
}

static struct recompute_question question_of(const struct recompute *recompute)
{
	return (struct recompute_question){.definitions = recompute->rules->definitions, .methodology = recompute->methodology,
	                                   .cohort = recompute->cohort, .period = recompute->period};
}

/* bodies: room for the authorities of the region, or NULL: the region itself is asked for. */
struct bodies {
	struct ranking_region *at;
	size_t count;
};

static enum status count_region(struct recompute *recompute, const char *code, struct ranking_region *ret_figures,
                                struct bodies *bodies)
{
	const struct recompute_question question = question_of(recompute);
	char path[LEDGER_PATH_SIZE];
	struct span text = span_of(NULL, 0);
	struct feed feed = {
		.recompute = recompute, .path = path, .head = ledger_find_head(recompute->heads, recompute->heads_count, code)};
	enum status status = find_extent(recompute, code, feed.head, &feed.extent);
	if (status == STATUS_OK && feed.head != NULL) {
		if (!ledger_path(path, recompute->dir, code))
			return fault_set(&recompute->fault, STATUS_INVALID, "file", "", -1, "the path is too long");
		status = replay_region(recompute, &feed, &text);
	}
	if (status == STATUS_OK && bodies == NULL)
		*ret_figures = recompute_figures(feed.replay, recompute->arena, &question, code);
	else if (status == STATUS_OK && feed.replay != NULL)
		recompute_authorities(feed.replay, recompute->arena, &question, code, &bodies->at, &bodies->count);
	replay_destroy(&feed.replay);
	if (text.at != NULL)
		ledger_close(&text);
	return status;
}

static enum status check_registry(struct recompute *recompute)
{
	for (size_t i = 0; i < recompute->heads_count; i++) {
		if (generate_registry_find(&recompute->registry, span_of_text(recompute->heads[i].region)) == NULL)
			return fault_set(&recompute->fault, STATUS_UNSUPPORTED, "region", "", -1,
			                 "this program does not know region %s: a newer one wrote these logs", recompute->heads[i].region);
	}
	return STATUS_OK;
}

static void prepare_others(struct recompute *recompute)
{
	size_t count = recompute->registry.count, sums = count * recompute->methodology->indicator_count;
	const char **codes = arena_array(recompute->arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		codes[i] = recompute->registry.regions[i].oktmo;
	recompute->others = (struct recompute_others){
		.codes = codes, .count = count, .sums = arena_array(recompute->arena, figure_sum, sums), .told = arena_array(recompute->arena, bool, sums)};
}

static enum status compute_authorities(struct recompute *recompute, const struct ranking_run **ret_run)
{
	static const struct ranking_sampling NONE = {0};
	struct bodies bodies = {0};
	enum status status = count_region(recompute, recompute->cohort->region, NULL, &bodies);
	cli_output_progress_end();
	return status == STATUS_OK ? ranking_cohort_rate(recompute->arena, recompute->methodology, recompute->cohort, recompute->period,
	                                                 bodies.at, bodies.count, &NONE, ret_run, &recompute->fault)
	                           : status;
}

static enum status compute_regions(struct recompute *recompute, const struct ranking_run **ret_run)
{
	static const struct ranking_sampling NONE = {0};
	struct ranking_region *regions = arena_array(recompute->arena, struct ranking_region, recompute->registry.count);
	enum status status = STATUS_OK;
	for (size_t i = 0; status == STATUS_OK && i < recompute->registry.count; i++)
		status = count_region(recompute, recompute->registry.regions[i].oktmo, &regions[i], NULL);
	for (size_t i = 0; status == STATUS_OK && i < recompute->registry.count; i++)
		regions[i].federal_district = recompute->registry.regions[i].district;
	cli_output_progress_end();
	if (status != STATUS_OK)
		return status;
	recompute_take_others(regions, recompute->arena, recompute->rules->definitions, recompute->methodology, &recompute->others);
	return ranking_cohort_rate(recompute->arena, recompute->methodology, recompute->cohort, recompute->period, regions,
	                           recompute->registry.count, &NONE, ret_run, &recompute->fault);
}

static enum status compute(struct recompute *recompute, const struct ranking_run **ret_run)
{
	enum status status = check_registry(recompute);
	prepare_others(recompute);
	if (status != STATUS_OK)
		return status;
	return recompute->cohort->rule == RANKING_RULE_AUTHORITIES ? compute_authorities(recompute, ret_run)
	                                                           : compute_regions(recompute, ret_run);
}

/* ---- telling ---- */

static void print_json(const struct recompute *recompute, const struct ranking_run *run, const char *published)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, (size_t)64 * 1024);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	json_member_string(&writer, "period", run->period);
	json_member_string(&writer, "cohort", run->cohort);
	json_member_string(&writer, "result_digest", run->result_digest);
	json_member_string(&writer, "published_digest", published);
	json_member_integer(&writer, "logs", (int64_t)recompute->logs);
	json_member_integer(&writer, "events", (int64_t)recompute->events);
	json_member_integer(&writer, "parked", (int64_t)recompute->parked);
	json_write_object_end(&writer);
	puts(text.at);
	buf_clear(&text);
}

static void print_text(const struct recompute *recompute, const struct ranking_run *run, const char *published)
{
	enum cli_lang lang = recompute->args->lang;
	printf("%s %s  result_digest %s\n", run->period, run->cohort, run->result_digest);
	fprintf(stderr, cli_text(lang, "%zu events of %zu logs, %zu of them cannot be counted\n",
	                         "событий: %zu, журналов: %zu, не учитываются: %zu\n"),
	        recompute->events, recompute->logs, recompute->parked);
	if (published != NULL && text_equal(published, run->result_digest))
		fprintf(stderr, "%s\n", cli_text(lang, "equal to the document's", "совпадает с документом"));
}

static int conclude(const struct recompute *recompute, const struct ranking_run *run, enum cli_format format)
{
	const char *published = json_find_string(recompute->document, "result_digest");
	if (format == CLI_FORMAT_JSON)
		print_json(recompute, run, published);
	else
		print_text(recompute, run, published);
	if (published != NULL && recompute->seqs == NULL)
		cli_output_error(recompute->args, "%s", cli_text(recompute->args->lang,
		                 "the document does not list how far the logs were read: every event was counted",
		                 "в документе не указано, до каких событий прочитаны журналы: учтены все"));
	if (published == NULL || text_equal(published, run->result_digest))
		return CLI_EXIT_OK;
	cli_output_error(recompute->args, cli_text(recompute->args->lang, "the document has another result_digest: %s",
	                                           "в документе другой result_digest: %s"), published);
	return CLI_EXIT_NEGATIVE;
}

/* Nobody published it: it is shown as a live one. */
static enum status write_document(struct recompute *recompute, const struct ranking_run *run, const char *path)
{
	struct buf text;
	buf_init(&text, RANKING_DOCUMENT_BYTES_MAX);
	ranking_document_write(&text, run, &(struct ranking_edition){.kind = RANKING_KIND_LIVE});
	buf_text(&text, "\n");
	enum status status = buf_ok(&text) ? ambient_write_file(path, buf_span(&text), 0644, &recompute->fault) : STATUS_TOO_LARGE;
	buf_clear(&text);
	return status;
}

static int run_command(struct recompute *recompute, enum cli_format format)
{
	const char *path = cli_args_value(recompute->args, "out");
	const struct ranking_run *run;
	int exit_code = CLI_EXIT_USAGE;
	enum status status = load_all(recompute);
	if (status == STATUS_OK) {
		status = compute(recompute, &run);
		if (status == STATUS_OK && path != NULL)
			status = write_document(recompute, run, path);
		exit_code = status == STATUS_OK ? conclude(recompute, run, format) : CLI_EXIT_NEGATIVE;
	}
	if (status != STATUS_OK)
		cli_output_fault(recompute->args, &recompute->fault);
	return exit_code;
}

int cli_rating_recompute(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct recompute recompute = {.args = &args, .fault = {.offset = -1}};
	enum cli_format format;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	recompute.dir = cli_args_required(&args, "logs");
	if (recompute.dir == NULL || cli_args_required(&args, "methodology") == NULL || !cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	recompute.arena = arena_new(ARENA_BYTES_MAX);
	ambient_random(&recompute.hash_seed, sizeof recompute.hash_seed);
	exit_code = run_command(&recompute, format);
	rules_destroy(&recompute.rules);
	arena_destroy(&recompute.arena);
	return exit_code;
}
