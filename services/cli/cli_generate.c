/* cli_generate: arguments and files; what is written is decided in cli_generate_core. */
#include "services/cli/cli_generate.h"

#include "common/embedded.h"
#include "services/cli/cli_args.h"
#include "services/cli/cli_generate_core.h"
#include "services/cli/cli_generate_plan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_CANNOT_WRITE = 1, EXIT_BAD_ARGUMENTS = 2 };

#define COORDINATOR_FOLDER "coordinator/"

/* A number of the core as text, so that the help cannot say another. */
#define DIGITS_OF(number) #number
#define DIGITS(number)    DIGITS_OF(number)

static const struct cli_option OPTIONS[] = {
	{"out", "DIR", NULL, NULL, "where to write; made when it is missing", "куда писать; каталог создаётся, если его нет"},
	{"seed", "N", NULL, DIGITS(GENERATE_SEED_DEFAULT), "seed of the made-up part", "зерно вымышленной части"},
	{"projects", "N", NULL, DIGITS(GENERATE_PROJECTS_DEFAULT),
	 "mean number of projects of a region without published figures, 1 to " DIGITS(GENERATE_PROJECTS_MEAN_MAX),
	 "среднее число проектов региона без опубликованных данных, от 1 до " DIGITS(GENERATE_PROJECTS_MEAN_MAX)},
	{"regions", "CODE,...", NULL, NULL, "only these regions, by OKTMO or ISO code", "только эти регионы, по ОКТМО или коду ISO"},
};

static const struct cli_command COMMAND = {
	.name = "generate",
	.example = "effreg generate --out data --regions RU-VOR,40000000",
	.en = "Writes the demonstration data: the events of every region for 2020-2025, one file DIR/OKTMO.ndjson per region, "
	      "and what the coordinator tells of it in DIR/coordinator/OKTMO.ndjson, to be pushed by the coordinator's key. "
	      "The same seed gives the same bytes. Files of the same name are replaced.",
	.ru = "Пишет демонстрационные данные: события всех регионов за 2020–2025 годы, по файлу DIR/ОКТМО.ndjson на регион, "
	      "а события координатора о нём — в DIR/coordinator/ОКТМО.ndjson: их отправляют ключом координатора. "
	      "Одно и то же зерно даёт одни и те же байты. Файлы с тем же именем заменяются.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 done, 1 cannot write, 2 bad arguments",
	.exits_ru = "0 готово, 1 нельзя записать, 2 неверные аргументы",
};

struct request {
	const char *out;
	const char *regions;   /* as given, or NULL: all */
	struct generate_options options;
	enum cli_lang lang;
};

__attribute__((format_arg(2), format_arg(3)))
static const char *say(const struct request *request, const char *en, const char *ru)
{
	return cli_text(request->lang, en, ru);
}

/* --- arguments --- */

/* A seed has all 64 bits. */
static bool parse_seed(const struct cli_args *args, uint64_t *ret_seed)
{
	const char *text = cli_args_value(args, "seed");
	char *end = NULL;

	errno = 0;
	unsigned long long number = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
	if (end == NULL || errno != 0 || *end != '\0') {
		(void)fprintf(stderr, cli_text(args->lang, "effreg generate: --seed does not accept \"%s\"; see --help\n",
		                               "effreg generate: --seed не принимает «%s»; см. --help\n"), text);
		return false;
	}
	*ret_seed = number;
	return true;
}

static bool read_request(const struct cli_args *args, struct request *ret_request)
{
	int64_t projects;

	*ret_request = (struct request){.lang = args->lang, .out = cli_args_required(args, "out"), .regions = cli_args_value(args, "regions")};
	if (ret_request->out == NULL || !parse_seed(args, &ret_request->options.seed) ||
	    !cli_args_number(args, "projects", 1, GENERATE_PROJECTS_MEAN_MAX, &projects))
		return false;
	ret_request->options.projects = (int)projects;
	return true;
}

/* --- regions --- */

static bool load_registry(struct generate_registry *registry)
{
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		const struct embedded_file *file = &EMBEDDED_FILES[i];
		struct fault fault;

		if (!text_equal(file->path, "proto/registry/regions.csv"))
			continue;
		if (generate_registry_parse(span_of((const char *)file->bytes, file->len), registry, &fault) == STATUS_OK)
			return true;
		(void)fprintf(stderr, "effreg generate: %s: %s\n", file->path, fault.text);
		return false;
	}
	(void)fputs("effreg generate: the registry of regions is not built in\n", stderr);
	return false;
}

/* Marks the rows that were asked for. */
static bool choose_regions(const struct request *request, const struct generate_registry *registry,
                           bool chosen[GENERATE_REGIONS_MAX])
{
	const char *at = request->regions;

	for (size_t i = 0; i < registry->count; i++)
		chosen[i] = at == NULL;
	while (at != NULL) {
		size_t len = strcspn(at, ",");
		const struct generate_region *region = generate_registry_find(registry, span_of(at, len));

		if (region == NULL) {
			(void)fprintf(stderr, say(request, "effreg generate: no region has the code \"%.*s\"\n",
			                          "effreg generate: нет региона с кодом «%.*s»\n"), (int)len, at);
			return false;
		}
		chosen[region->index] = true;
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return true;
}

/* --- files --- */

static bool cannot_write(const struct request *request, const char *path)
{
	(void)fprintf(stderr, say(request, "effreg generate: cannot write %s: %s\n",
	                          "effreg generate: нельзя записать %s: %s\n"), path, strerror(errno));
	return false;
}

/* Whole or not at all: a reader of DIR never sees half a file under its name. */
static bool write_file(const struct request *request, const char *folder, const char *oktmo, struct span text)
{
	char path[PATH_MAX], fresh[PATH_MAX + 8];
	int len = snprintf(path, sizeof(path), "%s/%s%s.ndjson", request->out, folder, oktmo);

	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return cannot_write(request, request->out);
	}
	(void)snprintf(fresh, sizeof(fresh), "%s.tmp", path);
	FILE *file = fopen(fresh, "wb");
	if (file == NULL)
		return cannot_write(request, fresh);
	bool written = fwrite(text.at, 1, text.len, file) == text.len;
	written = fclose(file) == 0 && written;
	if (written && rename(fresh, path) == 0)
		return true;
	(void)cannot_write(request, path);
	(void)unlink(fresh);
	return false;
}

static bool make_folders(const struct request *request)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", request->out, COORDINATOR_FOLDER);
	if (mkdir(request->out, 0777) != 0 && errno != EEXIST)
		return cannot_write(request, request->out);
	return mkdir(path, 0777) == 0 || errno == EEXIST || cannot_write(request, path);
}

static void show_progress(const struct request *request, size_t done, size_t files, const char *oktmo)
{
	if (isatty(STDERR_FILENO) == 1)
		(void)fprintf(stderr, "\r[%zu/%zu] %s %s", done, files, say(request, "region", "регион"), oktmo);
}

typedef enum status generate_fn(const struct generate_options *options, const struct generate_region *region, struct arena *arena,
                                struct buf *lines, size_t *ret_events);

/* folder: "" or one of --out's, with its stroke. A file without events is not written. */
static bool write_events(const struct request *request, const char *folder, const struct generate_region *region, generate_fn *make,
                         struct arena *arena, struct buf *lines, size_t *events)
{
	size_t count = 0;

	arena_reset(arena);
	buf_reset(lines);
	/* The limits of the core hold every plan it can make, so anything else is our mistake. */
	enum status status = make(&request->options, region, arena, lines, &count);
	ASSERT(status == STATUS_OK);
	*events += count;
	return count == 0 || write_file(request, folder, region->oktmo, buf_span(lines));
}

static bool write_regions(const struct request *request, const struct generate_registry *registry,
                          const bool *chosen, size_t *ret_files, size_t *ret_events)
{
	struct arena *arena = arena_new(GENERATE_ARENA_BYTES_MAX);
	struct buf lines;
	size_t wanted = 0, files = 0, events = 0;
	bool written = true;

	buf_init(&lines, GENERATE_LINES_BYTES_MAX);
	for (size_t i = 0; i < registry->count; i++)
		wanted += chosen[i] ? 1 : 0;
	for (size_t i = 0; i < registry->count && written; i++) {
		const struct generate_region *region = &registry->regions[i];

		if (!chosen[i])
			continue;
		show_progress(request, files + 1, wanted, region->oktmo);
		written = write_events(request, "", region, generate_region_events, arena, &lines, &events)
		          && write_events(request, COORDINATOR_FOLDER, region, generate_coordinator_events, arena, &lines, &events);
		files += written ? 1 : 0;
	}
	if (isatty(STDERR_FILENO) == 1)
		(void)fputs("\r\033[K", stderr);
	buf_clear(&lines);
	arena_destroy(&arena);
	*ret_files = files;
	*ret_events = events;
	return written;
}

int cli_generate(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct request request;
	struct generate_registry registry;
	bool chosen[GENERATE_REGIONS_MAX];
	size_t files = 0, events = 0;
	int exit_code;

	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!read_request(&args, &request))
		return EXIT_BAD_ARGUMENTS;
	if (!load_registry(&registry))
		return EXIT_BAD_ARGUMENTS;
	if (!choose_regions(&request, &registry, chosen))
		return EXIT_BAD_ARGUMENTS;
	if (!make_folders(&request))
		return EXIT_CANNOT_WRITE;
	if (!write_regions(&request, &registry, chosen, &files, &events))
		return EXIT_CANNOT_WRITE;
	(void)fprintf(stderr, say(&request, "%zu files, %zu events\n", "файлов: %zu, событий: %zu\n"), files, events);
	return EXIT_DONE;
}
