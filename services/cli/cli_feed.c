/* cli_feed: follows the notices of the feed, one a line. */
#include "common/ambient.h"
#include "common/bus.h"
#include "common/json.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <signal.h>
#include <stdio.h>

#define NOTICE_BYTES_MAX ((size_t)1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"endpoint", "ENDPOINT", "EFFREG_FEED_ENDPOINT", "tcp://127.0.0.1:5575", "the centre's feed socket", "сокет уведомлений центра"},
	{"key", "FILE", "EFFREG_KEY_FILE", NULL, "file with your secret key", "файл с вашим секретным ключом"},
	{"server-key", "FILE", "EFFREG_SERVER_KEY_FILE", NULL, "file with the centre's public key", "файл с открытым ключом центра"},
	{"region", "OKTMO", NULL, NULL, "only this region's notices", "уведомления только этого региона"},
	{"ratings", NULL, NULL, NULL, "what the federal side is told instead: published ratings", "вместо этого то, что сообщается федеральному уровню: опубликованные рейтинги"},
	{"count", "N", NULL, "0", "stop after so many notices; 0 = go on", "остановиться после N уведомлений; 0 — не останавливаться"},
	{"timeout", "SECONDS", NULL, "0", "stop when nothing came for so long; 0 = wait for ever", "остановиться, если столько секунд ничего нет; 0 — ждать"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "feed",
	.example = "effreg feed --region 20000000 --format json",
	.en = "Prints the notices as they come, until Ctrl-C. \"connected\" on stderr says from when nothing is missed.",
	.ru = "Печатает уведомления по мере поступления, до Ctrl-C. Слово «connected» на stderr отмечает начало приёма.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 stopped, 1 nothing came within --timeout, 2 bad arguments, 4 the key is refused",
	.exits_ru = "0 остановлено, 1 за --timeout ничего не пришло, 2 неверные аргументы, 4 ключ не принят",
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

struct feed {
	const struct cli_args *args;
	enum cli_format format;
	int64_t count_max, timeout_ms;
	struct bus *bus;
	struct bus_socket *socket;
	struct bus_message *message;
	struct arena *arena;
	int64_t count, heard_ms;
	bool told_connected;
};

static enum status connect_feed(struct feed *feed, struct fault *fault)
{
	char server_key[BUS_KEY_TEXT], topic[32] = "notice.";
	struct bus_keypair client;
	const char *key_file = cli_args_required(feed->args, "key");
	const char *server_key_file = cli_args_required(feed->args, "server-key");
	const char *region = cli_args_value(feed->args, "region");
	if (key_file == NULL || server_key_file == NULL)
		return fault_set(fault, STATUS_INVALID, "usage", "", -1, "%s", cli_text(feed->args->lang, "keys are missing", "не указаны ключи"));
	enum status status = bus_read_key(key_file, client.secret_key, fault);
	if (status == STATUS_OK)
		status = bus_read_key(server_key_file, server_key, fault);
	if (status == STATUS_OK && !bus_public_key(client.secret_key, client.public_key))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a secret key", key_file);
	if (status == STATUS_OK)
		status = bus_connect(feed->bus, BUS_SUB, cli_args_value(feed->args, "endpoint"), server_key, &client, &feed->socket, fault);
	if (status != STATUS_OK)
		return status;
	if (cli_args_flag(feed->args, "ratings"))
		snprintf(topic, sizeof topic, "rating.");
	else if (region != NULL)
		snprintf(topic, sizeof topic, "notice.%.8s", region);
	bus_subscribe(feed->socket, topic);
	return STATUS_OK;
}

static void print_notice(struct feed *feed)
{
	const struct json *notice;
	if (bus_message_frames(feed->message) < 2)
		return;
	struct span body = bus_message_frame(feed->message, 1);
	arena_reset(feed->arena);
	if (json_parse(feed->arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &notice, NULL) != STATUS_OK)
		return;
	const char *text = json_find_string(json_find(notice, "text"), feed->args->lang == CLI_LANG_RU ? "ru" : "en");
	if (feed->format == CLI_FORMAT_JSON || text == NULL)
		printf("%.*s\n", (int)body.len, body.at);
	else
		printf("%s\n", text);
	fflush(stdout);
	feed->count++;
	feed->heard_ms = ambient_monotonic_ms();
}

static enum status follow(struct feed *feed, struct fault *fault)
{
	feed->heard_ms = ambient_monotonic_ms();
	while (interrupted == 0 && (feed->count_max == 0 || feed->count < feed->count_max)) {
		struct bus_poll_item items[] = {{.socket = feed->socket}};
		struct bus_link link = bus_link_state(feed->socket);
		if (link.handshakes_refused > 0)
			return fault_set(fault, STATUS_FORBIDDEN, "key_refused", "", -1, "%s", cli_text(feed->args->lang, "the centre refuses this key", "центр не принимает этот ключ"));
		if (link.connected && !feed->told_connected)
			fprintf(stderr, "connected\n");
		feed->told_connected = feed->told_connected || link.connected;
		if (bus_poll(items, ARRAY_COUNT(items), 100) != STATUS_OK)
			return STATUS_BUG;
		while (bus_receive(feed->socket, feed->message) == STATUS_OK && (feed->count_max == 0 || feed->count < feed->count_max))
			print_notice(feed);
		if (feed->timeout_ms > 0 && ambient_monotonic_ms() - feed->heard_ms > feed->timeout_ms)
			return STATUS_TIMEOUT;
	}
	return STATUS_OK;
}

static int run(struct feed *feed)
{
	struct fault fault = {.offset = -1};
	struct sigaction action = {.sa_handler = on_interrupt};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	enum status status = connect_feed(feed, &fault);
	if (status == STATUS_OK)
		status = follow(feed, &fault);
	if (status != STATUS_OK && fault.text[0] != '\0')
		cli_output_fault(feed->args, &fault);
	if (status == STATUS_FORBIDDEN)
		return CLI_EXIT_UNREACHABLE;
	if (status == STATUS_TIMEOUT)
		return CLI_EXIT_NEGATIVE;
	return status == STATUS_OK ? CLI_EXIT_OK : CLI_EXIT_USAGE;
}

int cli_feed(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct feed feed = {.args = &args};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &feed.format) || !cli_args_number(&args, "count", 0, INT32_MAX, &feed.count_max) ||
	    !cli_args_number(&args, "timeout", 0, 86400, &feed.timeout_ms))
		return CLI_EXIT_USAGE;
	feed.timeout_ms *= 1000;
	feed.bus = bus_new();
	feed.message = bus_message_new();
	feed.arena = arena_new(NOTICE_BYTES_MAX * 16);
	exit_code = run(&feed);
	bus_message_destroy(&feed.message);
	bus_close(&feed.socket);
	bus_destroy(&feed.bus);
	arena_destroy(&feed.arena);
	return exit_code;
}
