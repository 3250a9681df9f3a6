#include "common/service.h"

#include "common/ambient.h"
#include "common/log.h"
#include "common/notify_socket.h"
#include "common/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define OPTIONS_MAX        48
#define METRICS_BYTES_MAX  ((size_t)4 * 1024 * 1024)
#define SECRET_BYTES_MAX   ((size_t)4096)
#define SELF_TEST_MS       5000
#define DATABASE_WAIT_MS   30000
#define READY_ASK_MS       50

enum { EXIT_STOPPED = 0, EXIT_FAILED = 1, EXIT_BAD_CONFIG = 2 };

static const struct config_option COMMON_OPTIONS[] = {
	{"config", CONFIG_TEXT, "", 0, 0, "a JSON file with options"},
	{"ops_http", CONFIG_TEXT, "", 0, 0, "address:port of /livez, /readyz and /metrics; empty = none"},
	{"check_config", CONFIG_FLAG, "false", 0, 0, "check the configuration and exit"},
	{"print_config", CONFIG_FLAG, "false", 0, 0, "print the configuration in force and exit"},
};

static const struct config_option DATABASE_OPTIONS[] = {
	{"dsn", CONFIG_TEXT, "", 0, 0, "how to reach PostgreSQL (libpq connection string, without a password)"},
	{"dsn_file", CONFIG_TEXT, "", 0, 0, "file with the connection string, where it holds a password; wins over dsn"},
};

/* ---- Operations endpoint ---- */

struct operations {
	struct service *service;
	const struct service_spec *spec;
};

static bool is_ready(const struct operations *operations)
{
	return operations->spec->ready == NULL || operations->spec->ready(operations->service);
}

static void answer_text(struct http_request *request, unsigned code, const char *text)
{
	http_answer(request, code, "text/plain; charset=utf-8", span_of_text(text));
}

static void answer_metrics(struct http_request *request)
{
	struct buf text;
	buf_init(&text, METRICS_BYTES_MAX);
	telemetry_render(&text);
	http_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_span(&text));
	buf_clear(&text);
}

static void on_operations_request(void *context, struct http_request *request)
{
	const struct operations *operations = context;
	const char *path = http_path(request);
	if (text_equal(path, "/livez"))
		answer_text(request, 200, "alive\n");
	else if (text_equal(path, "/readyz"))
		answer_text(request, is_ready(operations) ? 200 : 503, is_ready(operations) ? "ready\n" : "not ready\n");
	else if (text_equal(path, "/metrics"))
		answer_metrics(request);
	else
		answer_text(request, 404, "there are /livez, /readyz and /metrics\n");
}

/* ---- The database comes and goes ---- */

void service_note_database(struct service *service, enum status status)
{
	bool lost = status_group(status) == STATUS_GROUP_TRANSIENT && !db_alive(service->db);
	if (lost && !service->database_lost)
		log_write(LOG_EVENT_database_lost, "error", db_error(service->db), NULL);
	if (status == STATUS_OK && service->database_lost)
		log_write(LOG_EVENT_database_back, NULL);
	if (status_group(status) == STATUS_GROUP_BUG)
		log_write(LOG_EVENT_database_error, "error", db_error(service->db), NULL);
	if (lost || status == STATUS_OK)
		service->database_lost = lost;
}

bool service_database_ready(const struct service *service)
{
	return !service->database_lost && db_alive(service->db);
}

/* ---- Keys ---- */

enum status service_read_keypair(struct service *service, const char *option, struct bus_keypair *ret_keypair,
                                 struct fault *fault)
{
	const char *file = config_text(service->config, option);
	enum status status = bus_read_key(file, ret_keypair->secret_key, fault);
	if (status == STATUS_OK && !bus_public_key(ret_keypair->secret_key, ret_keypair->public_key))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1, "%s (%s) does not hold a CURVE secret key", file, option);
	return status;
}

struct domain_rule {
	const char *domain;
	const char *role;
};

static const struct domain_rule DOMAIN_RULES[] = {
	{"push", "region"},       {"push", "gateway"}, {"push", "coordinator"},   {"push", "bearer"},
	{"query", "coordinator"}, {"query", "reader"},   {"query", "gateway"},     {"query", "bearer"},
	{"feed", "coordinator"},  {"feed", "reader"},    {"feed", "region"},       {"stream", "service"},
};

static bool may_enter(const char *domain, const char *role)
{
	for (size_t i = 0; i < ARRAY_COUNT(DOMAIN_RULES); i++) {
		if (text_equal(DOMAIN_RULES[i].domain, domain) && text_equal(DOMAIN_RULES[i].role, role))
			return true;
	}
	return false;
}

static enum status find_role(struct db *db, const char *public_key, char role[32])
{
	static const char SQL[] = "SELECT role FROM effreg.client_key WHERE public_key = $1 AND revoked_time IS NULL";
	const struct db_param params[] = {db_text(public_key)};
	struct db_rows *rows;
	enum status status = db_begin(db);
	if (status != STATUS_OK)
		return status;
	status = db_query(db, SQL, params, 1, &rows);
	if (status == STATUS_OK) {
		if (db_rows_count(rows) == 1)
			snprintf(role, 32, "%s", db_get_text(rows, 0, 0));
		else
			status = STATUS_FORBIDDEN;
		db_rows_destroy(&rows);
	}
	db_rollback(db);
	return status;
}

enum status service_authorise(void *context, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	struct service *service = context;
	char role[32] = "";
	enum status status = find_role(service->db, public_key, role);
	service_note_database(service, status);
	if (status == STATUS_OK && !may_enter(domain, role))
		status = STATUS_FORBIDDEN;
	if (status == STATUS_FORBIDDEN) {
		telemetry_count("effreg_keys_refused_total", "Connections refused by the ZAP handler.", "", 1);
		log_write(LOG_EVENT_key_refused, "domain", domain, "key", public_key, "role", role, NULL);
	}
	return status;
}

static void on_zap(void *context)
{
	struct service *service = context;
	bus_zap_serve(service->bus);
}

/* A key nobody has added must be refused, or this process would let everybody in: proven, not assumed. */
static enum status prove_refusal(struct service *service, struct fault *fault)
{
	struct bus_keypair server, stranger;
	struct bus_socket *listener = NULL, *client = NULL;
	bool refused = false, let_in = false;
	bus_keypair_new(&server);
	bus_keypair_new(&stranger);
	enum status status = bus_bind(service->bus, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &server, &listener, fault);
	if (status == STATUS_OK)
		status = bus_connect(service->bus, BUS_DEALER, bus_endpoint(listener), server.public_key, &stranger, &client, fault);
	int64_t until_ms = ambient_monotonic_ms() + SELF_TEST_MS;
	while (status == STATUS_OK && !refused && !let_in && ambient_monotonic_ms() < until_ms) {
		struct bus_poll_item items[] = {{.socket = bus_zap_socket(service->bus)}};
		status = bus_poll(items, ARRAY_COUNT(items), 10);
		bus_zap_serve(service->bus);
		struct bus_link link = bus_link_state(client);
		refused = link.handshakes_refused > 0;
		let_in = link.connected;
	}
	bus_close(&client);
	bus_close(&listener);
	if (status != STATUS_OK)
		return status;
	return refused ? STATUS_OK
	               : fault_set(fault, STATUS_FORBIDDEN, "zap", "", -1, "the self-test failed: an unknown key was not refused");
}

enum status service_start_zap(struct service *service, struct fault *fault)
{
	enum status status = bus_zap_start(service->bus, service_authorise, service, fault);
	if (status == STATUS_OK)
		status = prove_refusal(service, fault);
	if (status == STATUS_OK)
		loop_on_socket(service->loop, bus_zap_socket(service->bus), on_zap, service);
	return status;
}

/* ---- The database ---- */

static enum status connect_database(struct service *service, const struct service_spec *spec, struct fault *fault)
{
	struct arena *arena = arena_new(SECRET_BYTES_MAX * 4);
	const char *dsn = config_text(service->config, "dsn");
	const char *file = config_text(service->config, "dsn_file");
	enum status status = STATUS_OK;
	if (file[0] != '\0') {
		struct span text = {0};
		status = ambient_read_file(arena, file, SECRET_BYTES_MAX, &text, fault);
		if (status == STATUS_OK)
			dsn = text.at;
	}
	char name[64];
	snprintf(name, sizeof name, "effreg-%s", spec->name);
	int64_t until_ms = ambient_monotonic_ms() + DATABASE_WAIT_MS;
	bool told = false;
	while (status == STATUS_OK) {
		status = db_connect(dsn, name, &service->db, fault);
		if (status != STATUS_UNAVAILABLE || ambient_monotonic_ms() > until_ms)
			break;
		if (!told)
			log_write(LOG_EVENT_database_lost, "error", fault->text, NULL);
		told = true;
		status = bus_poll(NULL, 0, 200);
	}
	arena_destroy(&arena);
	return status;
}

/* ---- Start and stop ---- */

static size_t gather_options(const struct service_spec *spec, struct config_option options[OPTIONS_MAX])
{
	size_t database_count = spec->needs_db ? ARRAY_COUNT(DATABASE_OPTIONS) : 0;
	size_t count = spec->options_count + database_count + ARRAY_COUNT(COMMON_OPTIONS);
	ASSERT(count <= OPTIONS_MAX);
	memcpy(options, spec->options, spec->options_count * sizeof options[0]);
	memcpy(options + spec->options_count, DATABASE_OPTIONS, database_count * sizeof options[0]);
	memcpy(options + spec->options_count + database_count, COMMON_OPTIONS, sizeof COMMON_OPTIONS);
	return count;
}

static bool is_given(int argc, char **argv, const char *flag)
{
	for (int i = 1; i < argc; i++) {
		if (text_equal(argv[i], flag))
			return true;
	}
	return false;
}

/* What is answered without a configuration. */
static bool answer_at_once(const struct service_spec *spec, const struct config_option *options, size_t count, int argc, char **argv)
{
	char program[64];
	snprintf(program, sizeof program, "effreg-%s", spec->name);
	if (is_given(argc, argv, "--version"))
		printf("%s %s\n", program, EFFREG_VERSION);
	else if (is_given(argc, argv, "--help") || is_given(argc, argv, "-h"))
		config_help(options, count, program, spec->purpose);
	else
		return false;
	return true;
}

/* ---- The service manager */

/* From the loop, so that a turn that never ends is noticed: the manager hears nothing and starts the process again. */
static void on_watchdog(void *context)
{
	(void)context;
	(void)notify_socket_tell("WATCHDOG=1");
}

/* Ready is what /readyz says; asked again until it is so for the first time. */
static void on_ready_ask(void *context)
{
	struct operations *operations = context;
	if (is_ready(operations))
		(void)notify_socket_tell("READY=1");
	else
		loop_after(operations->service->loop, READY_ASK_MS, on_ready_ask, operations);
}

static void tell_manager(struct operations *operations)
{
	if (!notify_socket_is_named())
		return;
	long watchdog_ms = notify_socket_watchdog_ms();
	if (watchdog_ms > 0)
		loop_every(operations->service->loop, watchdog_ms, on_watchdog, NULL);
	on_ready_ask(operations);
}

static void log_failure(const struct fault *fault)
{
	log_write(LOG_EVENT_service_failed, "code", fault->code, "error", fault->text, NULL);
}

static int run(struct service *service, const struct service_spec *spec)
{
	struct fault fault = {.offset = -1};
	struct http_server *operations_server = NULL;
	struct operations operations = {.service = service, .spec = spec};
	const char *address = config_text(service->config, "ops_http");
	enum status status = crypto_init();
	if (status == STATUS_OK && spec->needs_db)
		status = connect_database(service, spec, &fault);
	if (status == STATUS_OK)
		status = spec->start(service, &fault);
	if (status == STATUS_OK && address[0] != '\0')
		status = http_server_new(service->loop, address, on_operations_request, &operations, &operations_server, &fault);
	if (status == STATUS_OK) {
		log_write(LOG_EVENT_service_started, "version", EFFREG_VERSION, NULL);
		tell_manager(&operations);
		loop_run(service->loop);
		(void)notify_socket_tell("STOPPING=1");
		log_write(LOG_EVENT_service_stopping, NULL);
	} else {
		log_failure(&fault);
	}
	http_server_destroy(&operations_server);
	if (service->state != NULL && spec->stop != NULL)
		spec->stop(service);
	return status == STATUS_OK ? EXIT_STOPPED : EXIT_FAILED;
}

int service_main(const struct service_spec *spec, int argc, char **argv)
{
	struct config_option options[OPTIONS_MAX];
	size_t count = gather_options(spec, options);
	struct fault fault = {.offset = -1};
	struct service service = {0};
	log_init(spec->name);
	if (answer_at_once(spec, options, count, argc, argv))
		return EXIT_STOPPED;
	if (config_load(options, count, argc, argv, &service.config, &fault) != STATUS_OK) {
		log_failure(&fault);
		return EXIT_BAD_CONFIG;
	}
	int exit_code = EXIT_STOPPED;
	if (config_flag(service.config, "print_config")) {
		config_print(service.config);
	} else if (!config_flag(service.config, "check_config")) {
		service.loop = loop_new();
		service.bus = bus_new();
		exit_code = run(&service, spec);
		db_disconnect(&service.db);
		bus_destroy(&service.bus);
		loop_destroy(&service.loop);
	}
	config_destroy(&service.config);
	return exit_code;
}
