/* A handshake that broke is tried again: libzmq alone would leave such a client outside for ever. */
#include "common/ambient.h"
#include "common/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

/* The server's mind: what it answers to the next handshakes. */
struct door {
	enum status verdict;
	unsigned asked;
};

static enum status on_authorise(void *context, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	struct door *door = context;
	(void)domain;
	(void)public_key;
	door->asked++;
	return door->verdict;
}

struct pair {
	struct bus *bus;
	struct door door;
	struct bus_socket *server, *client;
};

static void open_pair(struct pair *pair, enum status verdict)
{
	struct bus_keypair server_keys, client_keys;
	*pair = (struct pair){.bus = bus_new(), .door = {.verdict = verdict}};
	bus_keypair_new(&server_keys);
	bus_keypair_new(&client_keys);
	assert_int_equal(STATUS_OK, bus_zap_start(pair->bus, on_authorise, &pair->door, NULL));
	assert_int_equal(STATUS_OK, bus_bind(pair->bus, BUS_ROUTER, "tcp://127.0.0.1:*", "push", &server_keys, &pair->server, NULL));
	assert_int_equal(STATUS_OK, bus_connect(pair->bus, BUS_DEALER, bus_endpoint(pair->server), server_keys.public_key, &client_keys,
	                                        &pair->client, NULL));
}

static void close_pair(struct pair *pair)
{
	bus_close(&pair->client);
	bus_close(&pair->server);
	bus_destroy(&pair->bus);
}

static void serve(struct pair *pair)
{
	struct bus_poll_item items[] = {{.socket = bus_zap_socket(pair->bus)}};
	assert_int_equal(STATUS_OK, bus_poll(items, ARRAY_COUNT(items), 20));
	bus_zap_serve(pair->bus);
}

static bool let_in(struct pair *pair)
{
	int64_t until_ms = ambient_monotonic_ms() + PATIENCE_MS;
	while (ambient_monotonic_ms() < until_ms) {
		serve(pair);
		bus_connect_again(pair->client);
		if (bus_link_state(pair->client).connected)
			return true;
	}
	return false;
}

static void a_client_that_met_an_undecided_server_gets_in_later(void **state)
{
	struct pair pair;
	(void)state;
	open_pair(&pair, STATUS_UNAVAILABLE);
	int64_t until_ms = ambient_monotonic_ms() + PATIENCE_MS;
	while (pair.door.asked < 3 && ambient_monotonic_ms() < until_ms) {
		serve(&pair);
		assert_int_equal(0, bus_link_state(pair.client).handshakes_refused);
	}
	assert_true(pair.door.asked >= 3);  /* with status 500 the client would have asked once and never again */
	pair.door.verdict = STATUS_OK;
	assert_true(let_in(&pair));
	close_pair(&pair);
}

static void a_refused_client_gets_in_once_its_key_is_known(void **state)
{
	struct pair pair;
	unsigned refused = 0;
	(void)state;
	open_pair(&pair, STATUS_FORBIDDEN);
	int64_t until_ms = ambient_monotonic_ms() + PATIENCE_MS;
	while (refused == 0 && ambient_monotonic_ms() < until_ms) {
		serve(&pair);
		refused += bus_link_state(pair.client).handshakes_refused;
	}
	assert_int_equal(1, refused);
	pair.door.verdict = STATUS_OK;
	assert_true(let_in(&pair));
	close_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_met_an_undecided_server_gets_in_later),
		cmocka_unit_test(a_refused_client_gets_in_once_its_key_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
