/* cli_agent: agent status: how the agent of this machine stands, asked over its local socket. */
#include "common/ambient.h"
#include "common/bus.h"
#include "common/json.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define ANSWER_BYTES_MAX BUS_MESSAGE_MAX

static const struct cli_option OPTIONS[] = {
	{"socket", "ENDPOINT", "EFFREG_LOCAL_SOCKET", "ipc:///run/effreg/agent.sock", "the agent's local socket", "локальный сокет агента"},
	{"timeout", "SECONDS", NULL, "5", "how long to wait for the answer", "сколько ждать ответа"},
	{"format", "text|json", NULL, "text", "how to print the result", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "agent status",
	.example = "effreg agent status --socket ipc:///run/effreg/agent.sock",
	.en = "Shows how the agent of this machine stands: what waits in its spool, each source's road to the centre, alarms, and\n"
	      "the newest events that the centre refused.",
	.ru = "Показывает состояние агента на этой машине: что ждёт в его хранилище, дорогу каждого источника к центру, тревоги и\n"
	      "последние события, которые центр отверг.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 all is well, 1 there is an alarm, 2 bad arguments, 4 the agent does not answer",
	.exits_ru = "0 всё в порядке, 1 есть тревога, 2 неверные аргументы, 4 агент не отвечает",
};

/* ---- Asking ---- */

static enum status ask(struct bus *bus, const char *endpoint, int64_t timeout_ms, struct bus_message *message, struct fault *fault)
{
	struct bus_socket *socket = NULL;
	const struct span frames[] = {span_of_text("status"), span_of("", 0)};
	int64_t until_ms = ambient_monotonic_ms() + timeout_ms;
	bool asked = false;
	enum status status = bus_connect_local(bus, BUS_DEALER, endpoint, &socket, fault);
	if (status != STATUS_OK)
		return status;
	do {
		struct bus_poll_item items[] = {{.socket = socket}};
		asked = asked || bus_send(socket, frames, ARRAY_COUNT(frames)) == STATUS_OK;
		status = bus_poll(items, ARRAY_COUNT(items), 20);
		if (status == STATUS_OK)
			status = bus_receive(socket, message);
	} while (status == STATUS_NOT_FOUND && ambient_monotonic_ms() < until_ms);
	bus_close(&socket);
	return status;
}

/* ---- Printing ---- */

static int64_t number_of(const struct json *object, const char *name)
{
	int64_t number = 0;
	const struct json *member = json_find(object, name);
	return member != NULL && json_is(member, JSON_NUMBER) && json_integer(member, &number) ? number : 0;
}

static const char *text_of(const struct json *object, const char *name)
{
	const char *text = json_find_string(object, name);
	return text == NULL ? "" : text;
}

static void print_spool(const struct json *spool, enum cli_lang lang)
{
	const char *oldest = text_of(spool, "oldest_waiting_time");
	printf(cli_text(lang, "spool: %lld waiting, %lld stored, %lld refused; %lld of %lld bytes\n",
	                "хранилище: ждут %lld, сохранено %lld, отвергнуто %lld; занято %lld из %lld байт\n"),
	       (long long)number_of(spool, "waiting"), (long long)number_of(spool, "stored"), (long long)number_of(spool, "refused"),
	       (long long)number_of(spool, "bytes"), (long long)number_of(spool, "bytes_max"));
	if (oldest[0] != '\0')
		printf(cli_text(lang, "  the oldest waits since %s\n", "  самое старое ждёт с %s\n"), oldest);
}

/* True when one has an alarm. */
static bool print_sources(const struct json *sources, enum cli_lang lang)
{
	bool alarm = false;
	for (const struct json *source = json_first(sources); source != NULL; source = json_next(source)) {
		const struct json *connected = json_find(source, "connected");
		const struct json *raised = json_find(source, "alarm");
		bool is_https = text_equal(text_of(source, "road"), "https");
		bool is_open = connected != NULL && json_is(connected, JSON_BOOL) && json_bool(connected);
		printf(cli_text(lang, "%s: %s, the log's seq %lld\n", "%s: %s, номер в журнале %lld\n"), text_of(source, "source"),
		       is_https ? cli_text(lang, "over HTTPS", "через HTTPS") : is_open ? cli_text(lang, "connected", "на связи") : cli_text(lang, "no session", "нет сеанса"),
		       (long long)number_of(source, "last_seq"));
		if (raised == NULL || !json_is(raised, JSON_OBJECT))
			continue;
		alarm = true;
		printf(cli_text(lang, "  ALARM %s: %s\n", "  ТРЕВОГА %s: %s\n"), text_of(raised, "code"), text_of(raised, "text"));
	}
	return alarm;
}

static void print_refusals(const struct json *refusals, enum cli_lang lang)
{
	for (const struct json *refusal = json_first(refusals); refusal != NULL; refusal = json_next(refusal))
		printf(cli_text(lang, "refused: %s, %s no. %lld: %s %s: %s\n", "отвергнуто: %s, %s № %lld: %s %s: %s\n"), text_of(refusal, "id"),
		       text_of(refusal, "source"), (long long)number_of(refusal, "sequence"), text_of(refusal, "rejected"), text_of(refusal, "pointer"),
		       text_of(refusal, "text"));
}

static bool has_alarm(const struct json *sources)
{
	for (const struct json *source = json_first(sources); source != NULL; source = json_next(source)) {
		if (json_is(json_find(source, "alarm"), JSON_OBJECT))
			return true;
	}
	return false;
}

static int print_answer(const struct cli_args *args, enum cli_format format, const struct bus_message *message)
{
	const struct json *status;
	struct fault fault = {.offset = -1};
	struct arena *arena = arena_new(JSON_ARENA_BYTES(ANSWER_BYTES_MAX));
	struct span body = bus_message_frames(message) == 2 ? bus_message_frame(message, 1) : span_of("", 0);
	bool alarm = true;
	if (json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &status, &fault) != STATUS_OK) {
		cli_output_error(args, "%s", cli_text(args->lang, "what answers there is no agent", "там отвечает не агент"));
		arena_destroy(&arena);
		return CLI_EXIT_UNREACHABLE;
	}
	if (format == CLI_FORMAT_JSON) {
		printf("%.*s\n", (int)body.len, body.at);
		alarm = has_alarm(json_find(status, "sources"));
	} else {
		printf(cli_text(args->lang, "region %s, agent %s\n", "регион %s, агент %s\n"), text_of(status, "region"), text_of(status, "version"));
		print_spool(json_find(status, "spool"), args->lang);
		alarm = print_sources(json_find(status, "sources"), args->lang);
		print_refusals(json_find(status, "refusals"), args->lang);
	}
	arena_destroy(&arena);
	return alarm ? CLI_EXIT_NEGATIVE : CLI_EXIT_OK;
}

int cli_agent_status(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	int64_t timeout_s;
	int exit_code;
	struct fault fault = {.offset = -1};
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format) || !cli_args_number(&args, "timeout", 1, 3600, &timeout_s))
		return CLI_EXIT_USAGE;
	struct bus *bus = bus_new();
	struct bus_message *message = bus_message_new();
	const char *endpoint = cli_args_value(&args, "socket");
	enum status status = ask(bus, endpoint, timeout_s * 1000, message, &fault);
	if (status == STATUS_OK) {
		exit_code = print_answer(&args, format, message);
	} else if (status == STATUS_INVALID) {
		cli_output_fault(&args, &fault);
		exit_code = CLI_EXIT_USAGE;
	} else {
		cli_output_error(&args, cli_text(lang, "no agent answers at %s: is it running, and may you open its socket?",
		                                 "агент не отвечает на %s: запущен ли он и есть ли у вас доступ к сокету?"), endpoint);
		exit_code = CLI_EXIT_UNREACHABLE;
	}
	bus_message_destroy(&message);
	bus_destroy(&bus);
	return exit_code;
}
