#include "services/cli/cli_output.h"

#include "common/ambient.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define DSN_BYTES_MAX ((size_t)4096)

bool cli_output_format(const struct cli_args *args, enum cli_format *ret_format)
{
	static const char *const NAMES[] = {[CLI_FORMAT_TEXT] = "text", [CLI_FORMAT_JSON] = "json", [CLI_FORMAT_CSV] = "csv"};
	const char *value = cli_args_value(args, "format");
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if (text_equal(NAMES[i], value)) {
			*ret_format = (enum cli_format)i;
			return true;
		}
	}
	cli_output_error(args, cli_text(args->lang, "--format is text, json or csv, not %s", "--format — это text, json или csv, а не %s"), value);
	return false;
}

void cli_output_error(const struct cli_args *args, const char *format, ...)
{
	va_list arguments;
	fprintf(stderr, "effreg %s: ", args->command->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void cli_output_fault(const struct cli_args *args, const struct fault *fault)
{
	const char *text = args->lang == CLI_LANG_RU ? fault_text_ru(fault) : fault->text;
	if (fault->pointer[0] != '\0')
		cli_output_error(args, "%s: %s", fault->pointer, text);
	else
		cli_output_error(args, "%s", text);
}

void cli_output_progress(const char *format, ...)
{
	if (isatty(STDERR_FILENO) != 1)
		return;
	va_list arguments;
	fputs("\r\033[K", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fflush(stderr);
}

void cli_output_progress_end(void)
{
	if (isatty(STDERR_FILENO) == 1)
		fputs("\r\033[K", stderr);
}

size_t cli_output_width(const char *text)
{
	size_t width = 0;
	for (const char *c = text; *c != '\0'; c++)
		width += ((unsigned char)*c & 0xC0) != 0x80;
	return width;
}

void cli_output_padded(const char *text, size_t width)
{
	fputs(text, stdout);
	for (size_t i = cli_output_width(text); i < width; i++)
		putchar(' ');
}

void cli_output_right(const char *text, size_t width)
{
	for (size_t i = cli_output_width(text); i < width; i++)
		putchar(' ');
	fputs(text, stdout);
}

void cli_output_csv_field(const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"')
			putchar('"');
		putchar(*c);
	}
	putchar('"');
}

enum status cli_output_connect_db(const struct cli_args *args, struct db **ret_db)
{
	struct fault fault = {.offset = -1};
	struct arena *arena = arena_new(DSN_BYTES_MAX * 4);
	const char *dsn = cli_args_value(args, "dsn");
	const char *file = cli_args_value(args, "dsn-file");
	enum status status = STATUS_OK;
	if (file != NULL) {
		struct span text = {0};
		status = ambient_read_file(arena, file, DSN_BYTES_MAX, &text, &fault);
		dsn = text.at;
	} else if (dsn == NULL) {
		status = fault_set(&fault, STATUS_INVALID, "dsn", "", -1, "%s",
		                   cli_text(args->lang, "name the database: --dsn or EFFREG_DSN", "назовите базу данных: --dsn или EFFREG_DSN"));
	}
	if (status == STATUS_OK)
		status = db_connect(dsn, "effreg", ret_db, &fault);
	if (status != STATUS_OK)
		cli_output_fault(args, &fault);
	arena_destroy(&arena);
	return status;
}

enum status cli_output_open_archive(const struct cli_args *args, struct db *db, struct archive **ret_archive)
{
	struct fault fault = {.offset = -1};
	*ret_archive = archive_new(cli_args_value(args, "log-archive"));
	enum status status = archive_check(*ret_archive, db, &fault);
	if (status == STATUS_OK)
		return STATUS_OK;
	if (fault.text[0] != '\0')
		cli_output_fault(args, &fault);
	else
		cli_output_error(args, "%s", db_error(db));
	archive_destroy(ret_archive);
	return fault.text[0] != '\0' ? STATUS_INVALID : status;
}
