/* cli_push: sends the lines of NDJSON files as they are, byte for byte, over one session.
 *
 * At most PUSH_CLIENT_WINDOW batches are in memory. What is not acknowledged is sent again in every new session; a repeat is a
 * duplicate at the centre, so a push that was cut off is simply run again. */
#include "common/ambient.h"
#include "common/json.h"
#include "common/push_client.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_BYTES_MAX      PUSH_BODY_BYTES_MAX
#define RATE_MAX            1000000
#define REJECTIONS_SHOWN    20
#define REJECTIONS_KEPT_MAX 10000

static const struct cli_option OPTIONS[] = {
	{"endpoint", "ENDPOINT", "EFFREG_PUSH_ENDPOINT", "tcp://127.0.0.1:5570", "the centre's push socket", "сокет приёма событий центра"},
	{"key", "FILE", "EFFREG_KEY_FILE", NULL, "file with your secret key", "файл с вашим секретным ключом"},
	{"server-key", "FILE", "EFFREG_SERVER_KEY_FILE", NULL, "file with the centre's public key", "файл с открытым ключом центра"},
	{"region", "OKTMO", NULL, NULL, "the region to write for (a gateway's key only)", "регион (только для ключа шлюза)"},
	{"source", "SOURCE", NULL, NULL, "name of this source; that of the first event when absent", "имя источника; по умолчанию — из первого события"},
	{"timeout", "SECONDS", NULL, "60", "give up when nothing is stored for so long", "сколько ждать, если центр ничего не сохраняет"},
	{"rate", "N", NULL, "0", "at most so many events a second, 0 = as fast as the centre takes them", "не больше стольких событий в секунду, 0 — так быстро, как принимает центр"},
	{"receipts", "FILE", NULL, NULL, "append a line for each answer: file, line, outcome, seq (tabs between)", "дописывать строку на каждый ответ: файл, строка, итог, seq (через табуляцию)"},
	{"format", "text|json", NULL, "text", "how to print the result", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "push",
	.example = "effreg push --endpoint tcp://centre:5570 --key ru-vor.key --server-key centre.pub 20000000.ndjson",
	.en = "Sends events to the centre: each line of each FILE is one event, sent byte for byte. An event counts as delivered when\n"
	      "the centre has stored it durably. Safe to run again: what the centre has is a duplicate without effect.",
	.ru = "Отправляет события в центр: каждая строка каждого FILE — одно событие, байт в байт. Событие доставлено, когда центр\n"
	      "надёжно сохранил его. Повторный запуск безопасен: уже сохранённое считается дублем и ни на что не влияет.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "FILE...",
	.arguments_min = 1,
	.arguments_max = 100000,
	.exits_en = "0 all stored or duplicate, 2 bad arguments or unreadable file, 3 some refused, 4 cannot reach the centre or it refuses the key",
	.exits_ru = "0 всё сохранено или уже было, 2 неверные аргументы или файл не читается, 3 часть отвергнута, 4 нет связи с центром или ключ не принят",
};

/* A batch and where its events came from. */
struct slot {
	struct push_batch batch;
	char body[PUSH_BODY_BYTES_MAX];
	size_t lines[PUSH_EVENTS_MAX];
	const char *file;
	bool busy;
};

struct push {
	const struct cli_args *args;
	struct bus *bus;
	struct push_client *client;
	struct slot *slots;          /* PUSH_CLIENT_WINDOW of them */
	FILE *receipts;              /* NULL: not wanted */
	struct buf rejections;       /* JSON array, for --format json */
	struct json_writer writer;
	size_t stored, duplicate, rejected;
	int64_t stall_ms_max;
	int64_t progress_ms;         /* when a batch was settled last, or nothing waited to be */
	int64_t rate;                /* events a second, 0 = any */
	int64_t started_ms;
	int64_t taken;               /* events put into batches since */
	int64_t shown_ms;
	enum status status;
	/* the file being read */
	FILE *file;
	const char *file_name;
	size_t file_index;
	char *line;
	size_t line_capacity;
	size_t line_number;
	ssize_t held;                /* length of a line that did not fit the last batch; -1 = none */
};

/* ---- Results ---- */

static void tell_rejection(struct push *push, const char *file, size_t line, const char *code, const char *pointer, const char *text)
{
	push->rejected++;
	if (push->rejected <= REJECTIONS_SHOWN)
		fprintf(stderr, "%s:%zu: %s %s: %s\n", file, line, code, pointer == NULL ? "" : pointer, text == NULL ? "" : text);
	if (push->rejected == REJECTIONS_SHOWN + 1)
		fprintf(stderr, "%s\n", cli_text(push->args->lang, "… more refusals: --format json lists them", "… остальные отказы: --format json"));
	if (push->rejected > REJECTIONS_KEPT_MAX)
		return;
	json_write_object(&push->writer);
	json_member_string(&push->writer, "file", file);
	json_member_integer(&push->writer, "line", (int64_t)line);
	json_member_string(&push->writer, "code", code);
	json_member_string(&push->writer, "pointer", pointer);
	json_member_string(&push->writer, "text", text);
	json_write_object_end(&push->writer);
}

static void show_progress(struct push *push)
{
	int64_t now_ms = ambient_monotonic_ms();
	if (now_ms - push->shown_ms < 200)
		return;
	push->shown_ms = now_ms;
	cli_output_progress(cli_text(push->args->lang, "%s: %zu stored, %zu duplicates, %zu refused",
	                             "%s: сохранено %zu, дублей %zu, отвергнуто %zu"),
	                    push->file_name, push->stored, push->duplicate, push->rejected);
}

/* Written when the answer is read: what the file says is stored, is stored. */
static void write_receipt(struct push *push, const struct slot *slot, size_t place, const struct push_result *result)
{
	static const char *const NAMES[] = {[PUSH_STORED] = "stored", [PUSH_DUPLICATE] = "duplicate", [PUSH_REJECTED] = "rejected"};
	fprintf(push->receipts, "%s\t%zu\t%s\t%llu\n", slot->file, slot->lines[place], NAMES[result->outcome],
	        (unsigned long long)result->seq);
}

static void on_settled(void *context, struct push_batch *batch, const struct push_result *results)
{
	struct push *push = context;
	struct slot *slot = (struct slot *)(void *)batch;
	for (size_t i = 0; i < batch->count; i++) {
		if (results[i].outcome == PUSH_STORED)
			push->stored++;
		else if (results[i].outcome == PUSH_DUPLICATE)
			push->duplicate++;
		else
			tell_rejection(push, slot->file, slot->lines[i], results[i].code, results[i].pointer, results[i].text);
	}
	for (size_t i = 0; push->receipts != NULL && i < batch->count; i++)
		write_receipt(push, slot, i, &results[i]);
	if (push->receipts != NULL)
		fflush(push->receipts);
	slot->busy = false;
	push->progress_ms = ambient_monotonic_ms();
	show_progress(push);
}

/* ---- Reading ---- */

/* The next line's length, without its line break; -1 at the end of all files or on a failure. */
static ssize_t next_line(struct push *push)
{
	if (push->held >= 0) {
		ssize_t held = push->held;
		push->held = -1;
		return held;
	}
	for (;;) {
		if (push->file == NULL) {
			if (push->file_index == push->args->arguments_count)
				return -1;
			push->file_name = push->args->arguments[push->file_index++];
			push->line_number = 0;
			push->file = fopen(push->file_name, "re");
			if (push->file == NULL) {
				cli_output_error(push->args, "%s: %s", push->file_name, strerror(errno));
				push->status = STATUS_INVALID;
				return -1;
			}
		}
		ssize_t len = getline(&push->line, &push->line_capacity, push->file);
		if (len < 0) {
			fclose(push->file);
			push->file = NULL;
			continue;
		}
		push->line_number++;
		if (len > 0 && push->line[len - 1] == '\n')
			len--;
		if (len > 0)
			return len;
	}
}

/* How many events may be taken now. */
static size_t allowed(const struct push *push)
{
	if (push->rate == 0)
		return PUSH_EVENTS_MAX;
	int64_t left = (ambient_monotonic_ms() - push->started_ms) * push->rate / 1000 + 1 - push->taken;
	return left <= 0 ? 0 : left < PUSH_EVENTS_MAX ? (size_t)left : PUSH_EVENTS_MAX;
}

/* Fills slot from the files with at most count_max events; false when nothing is left. A batch never spans two files. */
static bool fill(struct push *push, struct slot *slot, size_t count_max)
{
	slot->batch = (struct push_batch){.body = slot->body};
	ssize_t len;
	while (slot->batch.count < count_max && (len = next_line(push)) >= 0) {
		size_t size = (size_t)len;
		if (size > LINE_BYTES_MAX) {
			/* More than one batch can carry: it cannot even be sent to be refused. */
			tell_rejection(push, push->file_name, push->line_number, "too_large", "", "an event has at most 64 KiB; this line is too long to be sent at all");
			continue;
		}
		bool fits = slot->batch.body_bytes + size <= PUSH_BODY_BYTES_MAX;
		bool same_file = slot->batch.count == 0 || slot->file == push->file_name;
		if (!fits || !same_file) {
			push->held = len;
			break;
		}
		slot->file = push->file_name;
		memcpy(slot->body + slot->batch.body_bytes, push->line, size);
		slot->lines[slot->batch.count] = push->line_number;
		slot->batch.sizes[slot->batch.count++] = (uint32_t)size;
		slot->batch.body_bytes += size;
	}
	push->taken += (int64_t)slot->batch.count;
	return slot->batch.count > 0;
}

static struct slot *find_free(struct push *push)
{
	for (size_t i = 0; i < PUSH_CLIENT_WINDOW; i++) {
		if (!push->slots[i].busy)
			return &push->slots[i];
	}
	return NULL;
}

/* ---- The session ---- */

static void find_source(struct push *push, char source[ENVELOPE_SOURCE_MAX + 1])
{
	const char *given = cli_args_value(push->args, "source");
	snprintf(source, ENVELOPE_SOURCE_MAX + 1, "%s", given == NULL ? "effreg/push" : given);
	ssize_t len = given != NULL ? -1 : next_line(push);
	if (len < 0)
		return;
	struct arena *arena = arena_new((size_t)16 * 1024 * 1024);
	const struct json *event;
	if (json_parse(arena, push->line, (size_t)len, &JSON_LIMITS_EVENT, &event, NULL) == STATUS_OK) {
		const char *found = json_find_string(event, "source");
		if (found != NULL && found[0] != '\0')
			snprintf(source, ENVELOPE_SOURCE_MAX + 1, "%s", found);
	}
	arena_destroy(&arena);
	push->held = len;
}

static enum status connect_client(struct push *push, struct fault *fault)
{
	const struct cli_args *args = push->args;
	char server_key[BUS_KEY_TEXT], source[ENVELOPE_SOURCE_MAX + 1];
	struct push_client_options options = {.settled = on_settled, .context = push};
	const char *key_file = cli_args_required(args, "key");
	const char *server_key_file = cli_args_required(args, "server-key");
	if (key_file == NULL || server_key_file == NULL)
		return fault_set(fault, STATUS_INVALID, "usage", "", -1, "%s", cli_text(args->lang, "keys are missing", "не указаны ключи"));
	enum status status = bus_read_key(key_file, options.keypair.secret_key, fault);
	if (status == STATUS_OK)
		status = bus_read_key(server_key_file, server_key, fault);
	if (status == STATUS_OK && !bus_public_key(options.keypair.secret_key, options.keypair.public_key))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a secret key", key_file);
	if (status != STATUS_OK)
		return status;
	find_source(push, source);
	options.endpoint = cli_args_value(args, "endpoint");
	options.server_public_key = server_key;
	options.source = source;
	options.region = cli_args_value(args, "region");
	return push_client_new(push->bus, &options, &push->client, fault);
}

static enum status check_progress(struct push *push, struct fault *fault)
{
	const char *endpoint = cli_args_value(push->args, "endpoint");
	enum cli_lang lang = push->args->lang;
	if (ambient_monotonic_ms() - push->progress_ms < push->stall_ms_max)
		return STATUS_OK;
	if (push_client_handshakes_failed(push->client) > 0)
		return fault_set(fault, STATUS_UNAVAILABLE, "handshake", "", -1,
		                 cli_text(lang, "no handshake with %s: is --server-key the centre's public key?",
		                          "нет рукопожатия с %s: верен ли открытый ключ центра в --server-key?"), endpoint);
	if (push_client_heard_ms(push->client) == 0)
		return fault_set(fault, STATUS_UNAVAILABLE, "unreachable", "", -1, cli_text(lang, "cannot reach %s", "нет связи с %s"), endpoint);
	return fault_set(fault, STATUS_UNAVAILABLE, "stalled", "", -1,
	                 cli_text(lang, "%s has stored nothing for too long; send what is left by the same command later",
	                          "%s слишком долго ничего не сохраняет; отправьте остаток той же командой позже"), endpoint);
}

/* Offers what there is room for; false when the files are at their end. */
static bool offer(struct push *push)
{
	bool more = true;
	for (struct slot *slot = find_free(push); more && slot != NULL && allowed(push) > 0; slot = find_free(push)) {
		more = fill(push, slot, allowed(push));
		slot->busy = more;
		if (more)
			ASSERT(push_client_offer(push->client, &slot->batch));
	}
	return more;
}

static enum status send_all(struct push *push, struct fault *fault)
{
	bool more = true;
	enum status status = STATUS_OK;
	push->started_ms = ambient_monotonic_ms();
	while (status == STATUS_OK && (more || push_client_unsettled(push->client) > 0)) {
		if (push_client_unsettled(push->client) == 0)
			push->progress_ms = ambient_monotonic_ms();
		more = more && offer(push);
		status = push_client_step(push->client, fault);
		if (status == STATUS_OK && (more || push_client_unsettled(push->client) > 0)) {
			struct bus_poll_item items[] = {{.socket = push_client_socket(push->client)}};
			status = bus_poll(items, ARRAY_COUNT(items), 20);
		}
		if (status == STATUS_OK)
			status = check_progress(push, fault);
	}
	return status == STATUS_OK ? push->status : status;
}

static void print_result(struct push *push, bool json)
{
	cli_output_progress_end();
	json_write_array_end(&push->writer);
	if (json)
		printf("{\"stored\":%zu,\"duplicate\":%zu,\"rejected\":%zu,\"rejections\":%s}\n", push->stored, push->duplicate, push->rejected,
		       buf_ok(&push->rejections) ? push->rejections.at : "[]");
	else
		printf(cli_text(push->args->lang, "%zu stored, %zu duplicates, %zu refused\n", "сохранено %zu, дублей %zu, отвергнуто %zu\n"),
		       push->stored, push->duplicate, push->rejected);
}

static enum status open_receipts(struct push *push, struct fault *fault)
{
	const char *path = cli_args_value(push->args, "receipts");
	if (path == NULL)
		return STATUS_OK;
	push->receipts = fopen(path, "ae");
	if (push->receipts == NULL)
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "%s: %s", path, strerror(errno));
	return STATUS_OK;
}

static int run(struct push *push, bool json)
{
	struct fault fault = {.offset = -1};
	enum status status = open_receipts(push, &fault);
	if (status == STATUS_OK)
		status = connect_client(push, &fault);
	if (status == STATUS_OK) {
		status = send_all(push, &fault);
		print_result(push, json);
	}
	push_client_destroy(&push->client);
	if (status != STATUS_OK && fault.text[0] != '\0')
		cli_output_fault(push->args, &fault);
	if (status == STATUS_OK)
		return push->rejected == 0 ? CLI_EXIT_OK : CLI_EXIT_REJECTED;
	bool unreachable = status == STATUS_FORBIDDEN || status_group(status) == STATUS_GROUP_TRANSIENT;
	return unreachable ? CLI_EXIT_UNREACHABLE : CLI_EXIT_USAGE;
}

int cli_push(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct push push = {.args = &args, .held = -1};
	enum cli_format format;
	int64_t timeout_s;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !cli_args_number(&args, "timeout", 1, 86400, &timeout_s) ||
	    !cli_args_number(&args, "rate", 0, RATE_MAX, &push.rate))
		return CLI_EXIT_USAGE;
	push.stall_ms_max = timeout_s * 1000;
	push.progress_ms = ambient_monotonic_ms();
	push.bus = bus_new();
	push.slots = calloc(PUSH_CLIENT_WINDOW, sizeof *push.slots);
	ASSERT(push.slots != NULL);
	buf_init(&push.rejections, (size_t)64 * 1024 * 1024);
	json_writer_init(&push.writer, &push.rejections);
	json_write_array(&push.writer);
	exit_code = run(&push, format == CLI_FORMAT_JSON);
	if (push.file != NULL)
		fclose(push.file);
	if (push.receipts != NULL)
		fclose(push.receipts);
	free(push.line);
	free(push.slots);
	buf_clear(&push.rejections);
	bus_destroy(&push.bus);
	return exit_code;
}
