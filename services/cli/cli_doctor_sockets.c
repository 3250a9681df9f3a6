#include "services/cli/cli_doctor_sockets.h"

#include "common/ambient.h"
#include "common/bus.h"

enum outcome { LET_IN, KEY_REFUSED, HANDSHAKE_BROKEN, NO_ANSWER };

static enum outcome wait_for_handshake(struct bus_socket *socket)
{
	int64_t until_ms = ambient_monotonic_ms() + DOCTOR_HANDSHAKE_MS;
	bool broken = false;
	while (ambient_monotonic_ms() < until_ms) {
		struct bus_poll_item items[] = {{.socket = socket}};
		struct bus_link link = bus_link_state(socket);
		if (link.connected)
			return LET_IN;
		if (link.handshakes_refused > 0)
			return KEY_REFUSED;
		broken = broken || link.handshakes_failed > 0;
		if (bus_poll(items, ARRAY_COUNT(items), 20) != STATUS_OK)
			break;
	}
	return broken ? HANDSHAKE_BROKEN : NO_ANSWER;
}

static void tell(struct diagnosis *diagnosis, const struct doctor_call *call, enum outcome outcome)
{
	enum cli_lang lang = diagnosis->lang;
	static const char *const EN[] = {[LET_IN] = "lets the key in", [KEY_REFUSED] = "refuses the key",
	                                 [HANDSHAKE_BROKEN] = "breaks the handshake off", [NO_ANSWER] = "does not answer"};
	static const char *const RU[] = {[LET_IN] = "принимает ключ", [KEY_REFUSED] = "не принимает ключ",
	                                 [HANDSHAKE_BROKEN] = "обрывает рукопожатие", [NO_ANSWER] = "не отвечает"};
	const char *mend = NULL;
	if (outcome == KEY_REFUSED)
		mend = cli_text(lang, "the key is unknown there, revoked, or of another role: effreg keys list, then effreg keys add",
		                "ключ там неизвестен, отозван или с другой ролью: effreg keys list, затем effreg keys add");
	if (outcome == HANDSHAKE_BROKEN)
		mend = arena_printf(diagnosis->arena, cli_text(lang, "%s is not the public key of who listens there, or it has no database: see its log",
		                                               "%s — не открытый ключ того, кто там слушает, или у него нет базы: см. его журнал"), call->server_key_file);
	if (outcome == NO_ANSWER)
		mend = cli_text(lang, "is the service up, the address right, the port open in the firewall?", "запущена ли служба, верен ли адрес, открыт ли порт в межсетевом экране?");
	diagnosis_add(diagnosis, outcome == LET_IN ? FINDING_OK : FINDING_FAILURE, "sockets",
	              arena_printf(diagnosis->arena, "%s → %s: %s", call->who, call->endpoint, cli_text(lang, EN[outcome], RU[outcome])), mend);
}

void doctor_call(struct diagnosis *diagnosis, const struct doctor_call *call)
{
	struct fault fault = {.offset = -1};
	struct bus_keypair client;
	char server_key[BUS_KEY_TEXT];
	if (bus_read_key(call->key_file, client.secret_key, NULL) != STATUS_OK || bus_read_key(call->server_key_file, server_key, NULL) != STATUS_OK ||
	    !bus_public_key(client.secret_key, client.public_key))
		return;
	struct bus *bus = bus_new();
	struct bus_socket *socket = NULL;
	enum status status = bus_connect(bus, call->subscribes ? BUS_SUB : BUS_DEALER, call->endpoint, server_key, &client, &socket, &fault);
	if (status == STATUS_OK)
		tell(diagnosis, call, wait_for_handshake(socket));
	else
		diagnosis_add(diagnosis, FINDING_FAILURE, "sockets", arena_printf(diagnosis->arena, "%s → %s: %s", call->who, call->endpoint, fault.text),
		              cli_text(diagnosis->lang, "the address must be as tcp://host:port, and its name known", "адрес имеет вид tcp://имя:порт, имя должно разрешаться"));
	bus_close(&socket);
	bus_destroy(&bus);
}
