/* cli_rebuild: the state of metrics made anew from the log, beside the service that goes on. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rules.h"
#include "services/metrics/metrics_rebuild.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES_MAX   20
#define WORKERS_MAX 64

static const struct cli_option OPTIONS[] = {
	{"check", NULL, NULL, NULL, "compare with what stands, and replace nothing", "сравнить с имеющимся, ничего не заменяя"},
	{"resume", NULL, NULL, NULL, "go on with a rebuild that was interrupted", "продолжить прерванную перестройку"},
	{"workers", "N", NULL, "2", "processes that share the regions", "процессов, которые делят регионы"},
	{"calendar", "FILE", "EFFREG_CALENDAR_FILE", NULL, "cut-offs of periods, as the metrics service has them", "сроки сдачи периодов, те же, что у службы metrics"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_LOG_ARCHIVE_OPTION,
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "rebuild",
	.example = "effreg rebuild --check",
	.en = "Makes entities and indicators anew from the log, region by region, and puts them in place of the old ones; the service goes on\n"
	      "meanwhile. With --check nothing is replaced: what stands is compared with what follows from the log.",
	.ru = "Заново строит сущности и показатели по журналу, регион за регионом, и ставит их на место прежних; служба тем временем\n"
	      "работает. С --check ничего не заменяется: имеющееся сравнивается с тем, что следует из журнала.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 rebuilt, or equal, 1 something differs, 2 bad arguments or unreadable file, 4 no database",
	.exits_ru = "0 перестроено или совпадает, 1 есть отличия, 2 неверные аргументы или файл не читается, 4 нет базы данных",
};

/* What a worker has to say, in memory that all processes share. */
struct worker_result {
	enum status status;
	struct metrics_rebuild_report report;
	struct fault fault;
};

static void on_progress(void *context, const char *region, const struct metrics_rebuild_report *report)
{
	const struct cli_args *args = context;
	cli_output_progress("%s  %" PRIu64 " %s", region, report->events, cli_text(args->lang, "events", "событий"));
}

static void add_report(struct metrics_rebuild_report *sum, const struct metrics_rebuild_report *more)
{
	sum->regions += more->regions;
	sum->events += more->events;
	sum->different += more->different;
	sum->parked += more->parked;
	if (sum->example[0] == '\0')
		memcpy(sum->example, more->example, sizeof sum->example);
}

/* Where the database was away, or the live service was ahead for too long, it goes on where it stood. */
static void run_worker(const struct cli_args *args, const struct metrics_rebuild_options *options, struct worker_result *result)
{
	struct db *db;
	result->status = cli_output_connect_db(args, &db);
	if (result->status != STATUS_OK)
		return;
	result->status = STATUS_RETRY;
	for (unsigned i = 0; i < TRIES_MAX && status_group(result->status) == STATUS_GROUP_TRANSIENT; i++) {
		struct metrics_rebuild_report more;
		result->fault = (struct fault){.offset = -1};
		result->status = metrics_rebuild_run(db, options, &more, &result->fault);
		add_report(&result->report, &more);
		if (text_equal(result->fault.code, "archive"))
			break;  /* nobody mends that meanwhile */
	}
	db_disconnect(&db);
}

static enum status fork_workers(const struct cli_args *args, struct metrics_rebuild_options *options, struct worker_result *results)
{
	for (options->worker = 0; options->worker < options->workers; options->worker++) {
		pid_t child = fork();
		if (child < 0)
			return STATUS_UNAVAILABLE;
		if (child == 0) {
			run_worker(args, options, &results[options->worker]);
			_exit(0);
		}
	}
	return STATUS_OK;
}

/* Each worker is a process with a connection of its own: two of them keep two processors busy, a reader's and PostgreSQL's in turn. */
static enum status run_workers(const struct cli_args *args, struct metrics_rebuild_options *options, struct metrics_rebuild_report *report,
                               struct fault *fault)
{
	size_t bytes = options->workers * sizeof(struct worker_result);
	struct worker_result *results = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(results != MAP_FAILED);
	for (unsigned i = 0; i < options->workers; i++)
		results[i].status = STATUS_BUG;  /* until it says otherwise */
	enum status status = fork_workers(args, options, results);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	for (unsigned i = 0; i < options->workers; i++) {
		add_report(report, &results[i].report);
		if (status == STATUS_OK && results[i].status != STATUS_OK)
			*fault = results[i].fault;
		status = status == STATUS_OK ? results[i].status : status;
	}
	munmap(results, bytes);
	return status;
}

static void print_report(const struct cli_args *args, enum cli_format format, bool check, const struct metrics_rebuild_report *report, int64_t ms)
{
	enum cli_lang lang = args->lang;
	if (format == CLI_FORMAT_JSON) {
		printf("{\"regions\":%" PRIu64 ",\"events\":%" PRIu64 ",\"parked\":%" PRIu64 ",\"different\":%" PRIu64 ",\"milliseconds\":%" PRId64 "}\n",
		       report->regions, report->events, report->parked, report->different, ms);
		return;
	}
	printf(cli_text(lang, "%" PRIu64 " regions, %" PRIu64 " events, %" PRIu64 " parked\n", "регионов: %" PRIu64 ", событий: %" PRIu64 ", отложено: %" PRIu64 "\n"),
	       report->regions, report->events, report->parked);
	if (check && report->different == 0)
		printf("%s\n", cli_text(lang, "what stands follows from the log", "имеющееся следует из журнала"));
	if (report->different > 0)
		printf(cli_text(lang, "%" PRIu64 " rows differ; one of them: %s\n", "отличаются строк: %" PRIu64 "; одна из них: %s\n"), report->different,
		       report->example);
}

static enum status begin(const struct cli_args *args, struct rules **ret_rules, struct fault *fault)
{
	struct db *db;
	enum status status = cli_output_connect_db(args, &db);
	if (status != STATUS_OK)
		return status;
	struct archive *archive = NULL;
	status = cli_output_open_archive(args, db, &archive);
	archive_destroy(&archive);  /* each worker has its own */
	if (status == STATUS_OK)
		status = cli_rules_load(db, cli_args_value(args, "calendar"), ret_rules, fault);
	if (status == STATUS_OK && !cli_args_flag(args, "resume"))
		status = metrics_rebuild_begin(db, fault);
	db_disconnect(&db);
	return status;
}

static int run_command(const struct cli_args *args, enum cli_format format, unsigned workers)
{
	struct fault fault = {.offset = -1};
	struct metrics_rebuild_report report = {.regions = 0};
	struct rules *rules = NULL;
	int64_t started_ms = ambient_monotonic_ms();
	enum status status = begin(args, &rules, &fault);
	struct metrics_rebuild_options options = {
		.rules = rules, .log_archive = cli_args_value(args, "log-archive"), .check = cli_args_flag(args, "check"), .workers = workers, .progress = on_progress, .context = (void *)(uintptr_t)args};
	ambient_random(&options.hash_seed, sizeof options.hash_seed);
	if (status == STATUS_OK)
		status = run_workers(args, &options, &report, &fault);
	cli_output_progress_end();
	rules_destroy(&rules);
	if (status != STATUS_OK) {
		if (fault.text[0] != '\0')
			cli_output_fault(args, &fault);
		return status_group(status) == STATUS_GROUP_REJECTED || text_equal(fault.code, "archive") ? CLI_EXIT_USAGE : CLI_EXIT_UNREACHABLE;
	}
	print_report(args, format, options.check, &report, ambient_monotonic_ms() - started_ms);
	return report.different > 0 ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
}

int cli_rebuild(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	int64_t workers;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !cli_args_number(&args, "workers", 1, WORKERS_MAX, &workers))
		return CLI_EXIT_USAGE;
	return run_command(&args, format, (unsigned)workers);
}
