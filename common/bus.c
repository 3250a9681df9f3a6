/* bus: see bus.h. Options are set in one function, before bind or connect: libzmq takes most of them only for later
 * connections, and a socket that was bound first would take peers without them. */
#include "common/bus.h"

#include "common/ambient.h"
#include "common/buf.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <zmq.h>

#define ENDPOINT_SIZE     256
#define ADDRESSES_MAX     32
#define ZAP_ENDPOINT      "inproc://zeromq.zap.01"
#define ZAP_FRAMES_MAX    BUS_FRAMES_MAX
#define CURVE_KEY_BYTES   32
#define POLL_ITEMS_MAX    128
#define CONNECT_AGAIN_MS  1000
#define TAKE_TURNS_MS     6000  /* longer than a handshake may take */
#define LOOK_UP_AGAIN_MAX_MS 60000
#define LOOK_UP_SHARE     20    /* about a twentieth of a caller's time goes into waiting for look-ups that are slow */

/* A draft option of 4.3: without it, a domain without a handler still lets everybody in. */
#define OPTION_ZAP_ENFORCE_DOMAIN 93

struct bus {
	void *context;
	void *zap;                        /* REP on ZAP_ENDPOINT, or NULL */
	struct bus_socket *zap_watch;     /* the same socket, for polling */
	bus_authorise_fn *authorise;
	void *authorise_context;
	unsigned monitors;                /* numbers the inproc names */
};

struct bus_socket {
	void *handle;
	enum bus_type type;
	void *monitor;                    /* PAIR with the connection's events; clients only */
	char endpoint[ENDPOINT_SIZE];
	char addresses[ADDRESSES_MAX][ENDPOINT_SIZE];
	size_t addresses_count;
	struct bus_link link;
	bool given_up;                    /* a handshake broke: libzmq does not try this address again */
	int64_t connected_ms;             /* the last try at connecting, monotonic */
	int64_t look_up_ms;               /* the name is looked up again from then on */
	int64_t unconnected_ms;           /* a DEALER was seen without a connection first; 0 = it has one */
	bool owned;                       /* the ZAP socket's watch closes nothing */
};

struct bus_message {
	zmq_msg_t frames[BUS_FRAMES_MAX];
	size_t count;
};

static const int ZMQ_TYPES[] = {
	[BUS_ROUTER] = ZMQ_ROUTER, [BUS_DEALER] = ZMQ_DEALER, [BUS_PUB] = ZMQ_PUB, [BUS_SUB] = ZMQ_SUB};

/* ---- Context and keys ---- */

struct bus *bus_new(void)
{
	struct bus *bus = calloc(1, sizeof *bus);
	ASSERT(bus != NULL);
	bus->context = zmq_ctx_new();
	ASSERT(bus->context != NULL);
	ASSERT(zmq_ctx_set(bus->context, ZMQ_BLOCKY, 0) == 0);
	return bus;
}

void bus_destroy(struct bus **bus)
{
	if (*bus == NULL)
		return;
	if ((*bus)->zap != NULL)
		zmq_close((*bus)->zap);
	free((*bus)->zap_watch);
	zmq_ctx_term((*bus)->context);
	free(*bus);
	*bus = NULL;
}

void bus_keypair_new(struct bus_keypair *ret_keypair)
{
	ASSERT(zmq_curve_keypair(ret_keypair->public_key, ret_keypair->secret_key) == 0);
}

bool bus_public_key(const char *secret_key, char public_key[BUS_KEY_TEXT])
{
	return strlen(secret_key) == BUS_KEY_TEXT - 1 && zmq_curve_public(public_key, secret_key) == 0;
}

static bool is_z85_key(const char *text)
{
	uint8_t bytes[CURVE_KEY_BYTES];
	return strlen(text) == BUS_KEY_TEXT - 1 && zmq_z85_decode(bytes, text) != NULL;
}

enum status bus_read_key(const char *path, char key[BUS_KEY_TEXT], struct fault *fault)
{
	char line[BUS_KEY_TEXT + 2] = "";
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return fault_set(fault, STATUS_NOT_FOUND, "key", "", -1, "cannot read the key file %s: %s", path, strerror(errno));
	bool read = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	if (!read || !is_z85_key(line))
		return fault_set(fault, STATUS_INVALID, "key", "", -1, "%s does not hold a CURVE key (40 characters of Z85); make one with: effreg keys new FILE",
		                 path);
	memcpy(key, line, BUS_KEY_TEXT);
	return STATUS_OK;
}

/* ---- Options ---- */

static bool set_integer(void *handle, int option, int value)
{
	return zmq_setsockopt(handle, option, &value, sizeof value) == 0;
}

static bool set_text(void *handle, int option, const char *text)
{
	return zmq_setsockopt(handle, option, text, strlen(text)) == 0;
}

/* IMMEDIATE: a DEALER must not queue for a connection that is not there. A SUB has nothing to queue, and libzmq 4.3.4 ends the process
 * ("!_more", fq.cpp) when such a socket loses its publisher between two frames of a message that it is reading. */
static bool set_common_options(void *handle, enum bus_type type)
{
	int64_t message_max = (int64_t)BUS_MESSAGE_MAX;
	return set_integer(handle, ZMQ_LINGER, 0) && set_integer(handle, ZMQ_IMMEDIATE, type != BUS_SUB) && set_integer(handle, ZMQ_IPV6, 1) &&
	       set_integer(handle, ZMQ_HANDSHAKE_IVL, 5000) && set_integer(handle, ZMQ_RECONNECT_IVL, 200) &&
	       set_integer(handle, ZMQ_RECONNECT_IVL_MAX, 10000) && set_integer(handle, ZMQ_TCP_KEEPALIVE, 1) &&
	       set_integer(handle, ZMQ_TCP_KEEPALIVE_IDLE, 30) && set_integer(handle, ZMQ_TCP_KEEPALIVE_INTVL, 10) &&
	       set_integer(handle, ZMQ_TCP_KEEPALIVE_CNT, 3) &&
	       zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max) == 0;
}

static bool set_server_options(void *handle, enum bus_type type, const char *zap_domain, const struct bus_keypair *server)
{
	return set_integer(handle, ZMQ_CURVE_SERVER, 1) && set_text(handle, ZMQ_CURVE_SECRETKEY, server->secret_key) &&
	       set_text(handle, ZMQ_ZAP_DOMAIN, zap_domain) && set_integer(handle, OPTION_ZAP_ENFORCE_DOMAIN, 1) &&
	       (type != BUS_ROUTER || set_integer(handle, ZMQ_ROUTER_MANDATORY, 1));
}

static bool set_client_options(void *handle, const char *server_public_key, const struct bus_keypair *client)
{
	return set_text(handle, ZMQ_CURVE_SERVERKEY, server_public_key) && set_text(handle, ZMQ_CURVE_PUBLICKEY, client->public_key) &&
	       set_text(handle, ZMQ_CURVE_SECRETKEY, client->secret_key);
}

static struct bus_socket *socket_new(struct bus *bus, enum bus_type type)
{
	struct bus_socket *socket = calloc(1, sizeof *socket);
	ASSERT(socket != NULL);
	socket->type = type;
	socket->owned = true;
	socket->handle = zmq_socket(bus->context, ZMQ_TYPES[type]);
	ASSERT(socket->handle != NULL);
	return socket;
}

void bus_close(struct bus_socket **socket)
{
	if (*socket == NULL)
		return;
	if ((*socket)->monitor != NULL) {
		zmq_socket_monitor((*socket)->handle, NULL, 0);
		zmq_close((*socket)->monitor);
	}
	if ((*socket)->owned)
		zmq_close((*socket)->handle);
	free(*socket);
	*socket = NULL;
}

/* ---- Bind ---- */

enum status bus_bind(struct bus *bus, enum bus_type type, const char *endpoint, const char *zap_domain,
                     const struct bus_keypair *server, struct bus_socket **ret_socket, struct fault *fault)
{
	if (bus->zap == NULL)
		return fault_set(fault, STATUS_FORBIDDEN, "zap", "", -1, "no socket is bound before the ZAP handler stands: every key would be let in");
	struct bus_socket *socket = socket_new(bus, type);
	size_t size = sizeof socket->endpoint;
	if (!set_common_options(socket->handle, type) || !set_server_options(socket->handle, type, zap_domain, server) ||
	    zmq_bind(socket->handle, endpoint) != 0 ||
	    zmq_getsockopt(socket->handle, ZMQ_LAST_ENDPOINT, socket->endpoint, &size) != 0) {
		int cause = zmq_errno();
		bus_close(&socket);
		return fault_set(fault, STATUS_UNAVAILABLE, "endpoint", "", -1, "cannot listen on %s: %s", endpoint, zmq_strerror(cause));
	}
	*ret_socket = socket;
	return STATUS_OK;
}

const char *bus_endpoint(const struct bus_socket *socket)
{
	return socket->endpoint;
}

/* ---- Connect ---- */

static bool open_monitor(struct bus *bus, struct bus_socket *socket)
{
	char name[64];
	snprintf(name, sizeof name, "inproc://monitor-%u", bus->monitors++);
	int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
	             ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED;
	if (zmq_socket_monitor(socket->handle, name, events) != 0)
		return false;
	socket->monitor = zmq_socket(bus->context, ZMQ_PAIR);
	return socket->monitor != NULL && set_integer(socket->monitor, ZMQ_LINGER, 0) && zmq_connect(socket->monitor, name) == 0;
}

/* Splits "tcp://host:port"; an IPv6 host stands in brackets. */
static bool split_endpoint(const char *endpoint, char *host, size_t host_size, const char **ret_port)
{
	if (strncmp(endpoint, "tcp://", 6) != 0)
		return false;
	const char *at = endpoint + 6;
	const char *colon = strrchr(at, ':');
	if (colon == NULL || colon == at)
		return false;
	size_t len = (size_t)(colon - at);
	if (at[0] == '[' && at[len - 1] == ']') {
		at++;
		len -= 2;
	}
	if (len >= host_size)
		return false;
	memcpy(host, at, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return true;
}

struct addresses {
	char at[ADDRESSES_MAX][ENDPOINT_SIZE];
	size_t count;
};

static bool is_among(const char *address, char (*addresses)[ENDPOINT_SIZE], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(addresses[i], address))
			return true;
	}
	return false;
}

/* False: the endpoint is none. What the name stands for now; nothing when it cannot be found out. */
static bool look_up(const struct bus_socket *socket, struct addresses *addresses)
{
	char host[ENDPOINT_SIZE], numeric[128];
	const char *port;
	struct addrinfo *found = NULL;
	const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	addresses->count = 0;
	if (!split_endpoint(socket->endpoint, host, sizeof host, &port))
		return false;
	if (getaddrinfo(host, port, &wanted, &found) != 0)
		return true;
	for (const struct addrinfo *at = found; at != NULL && addresses->count < ADDRESSES_MAX; at = at->ai_next) {
		if (getnameinfo(at->ai_addr, at->ai_addrlen, numeric, sizeof numeric, NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		bool is_v6 = at->ai_family == AF_INET6;
		snprintf(addresses->at[addresses->count++], ENDPOINT_SIZE, "tcp://%s%s%s:%s", is_v6 ? "[" : "", numeric, is_v6 ? "]" : "", port);
	}
	freeaddrinfo(found);
	return true;
}

static void connect_address(struct bus_socket *socket, const char *address)
{
	if (socket->addresses_count < ADDRESSES_MAX && !is_among(address, socket->addresses, socket->addresses_count) &&
	    zmq_connect(socket->handle, address) == 0)
		snprintf(socket->addresses[socket->addresses_count++], ENDPOINT_SIZE, "%s", address);
}

static void leave_address(struct bus_socket *socket, size_t index)
{
	if (zmq_disconnect(socket->handle, socket->addresses[index]) != 0 && zmq_errno() != ENOENT)
		return;
	socket->addresses_count--;
	memmove(socket->addresses[index], socket->addresses[socket->addresses_count], ENDPOINT_SIZE);
}

/* An instance that is gone had an address that somebody else may get; and the list must not fill up with such. */
static void leave_absent(struct bus_socket *socket, struct addresses *found)
{
	for (size_t i = socket->addresses_count; i > 0; i--) {
		if (!is_among(socket->addresses[i - 1], found->at, found->count))
			leave_address(socket, i - 1);
	}
}

/* Of several addresses that stay, another one: this one did not answer for a while. */
static void take_turns(struct bus_socket *socket, struct addresses *found)
{
	for (size_t i = 0; i < found->count && found->count > 1; i++) {
		if (text_equal(found->at[i], socket->addresses[0])) {
			leave_address(socket, 0);
			connect_address(socket, found->at[(i + 1) % found->count]);
			return;
		}
	}
}

static void connect_found(struct bus_socket *socket, struct addresses *found)
{
	if (found->count > 0)
		leave_absent(socket, found);
	/* A session of a DEALER lives on one connection; a SUB wants every instance. */
	for (size_t i = 0; i < found->count && (socket->type != BUS_DEALER || socket->addresses_count == 0); i++)
		connect_address(socket, found->at[i]);
}

static bool connect_all(struct bus_socket *socket)
{
	struct addresses found;
	if (!look_up(socket, &found))
		return false;
	connect_found(socket, &found);
	return true;
}

/* Whoever calls waits for the answer, and where no resolver answers that is tens of seconds: the longer it took, the later again. */
static void note_look_up(struct bus_socket *socket, int64_t began_ms)
{
	int64_t now_ms = ambient_monotonic_ms();
	int64_t wait_ms = (now_ms - began_ms) * LOOK_UP_SHARE;
	wait_ms = wait_ms < CONNECT_AGAIN_MS ? CONNECT_AGAIN_MS : wait_ms;
	socket->look_up_ms = now_ms + (wait_ms < LOOK_UP_AGAIN_MAX_MS ? wait_ms : LOOK_UP_AGAIN_MAX_MS);
}

/* A SUB: instances behind its name come and go. */
static void seek_publishers(struct bus_socket *socket, int64_t now_ms)
{
	if (now_ms < socket->look_up_ms)
		return;
	(void)connect_all(socket);
	note_look_up(socket, now_ms);
}

/* A DEALER without a connection: its server may be at another address now. */
static void seek_server(struct bus_socket *socket, int64_t now_ms)
{
	struct addresses found;
	if (socket->link.connected)
		socket->unconnected_ms = 0;
	else if (socket->unconnected_ms == 0)
		socket->unconnected_ms = now_ms;
	if (socket->link.connected || now_ms < socket->look_up_ms || !look_up(socket, &found))
		return;
	connect_found(socket, &found);
	if (socket->addresses_count > 0 && now_ms - socket->unconnected_ms > TAKE_TURNS_MS) {
		take_turns(socket, &found);
		socket->unconnected_ms = now_ms;
	}
	note_look_up(socket, now_ms);
}

enum status bus_connect(struct bus *bus, enum bus_type type, const char *endpoint, const char *server_public_key,
                        const struct bus_keypair *client, struct bus_socket **ret_socket, struct fault *fault)
{
	struct bus_socket *socket = socket_new(bus, type);
	snprintf(socket->endpoint, sizeof socket->endpoint, "%s", endpoint);
	if (!set_common_options(socket->handle, type) || !set_client_options(socket->handle, server_public_key, client) ||
	    !open_monitor(bus, socket)) {
		int cause = zmq_errno();
		bus_close(&socket);
		return fault_set(fault, STATUS_INVALID, "endpoint", "", -1, "cannot prepare a connection to %s: %s", endpoint, zmq_strerror(cause));
	}
	if (!connect_all(socket)) {
		bus_close(&socket);
		return fault_set(fault, STATUS_INVALID, "endpoint", "", -1, "%s is no endpoint; it looks like tcp://host:port", endpoint);
	}
	*ret_socket = socket;
	return STATUS_OK;
}

/* ---- Inside the machine ---- */

static enum status local_socket(struct bus *bus, enum bus_type type, const char *endpoint, struct bus_socket **ret_socket, struct fault *fault)
{
	if (strncmp(endpoint, "ipc://", 6) != 0 || strlen(endpoint) >= ENDPOINT_SIZE)
		return fault_set(fault, STATUS_INVALID, "endpoint", "", -1, "%s is no endpoint inside this machine; it looks like ipc:///run/effreg/agent.sock",
		                 endpoint);
	struct bus_socket *socket = socket_new(bus, type);
	snprintf(socket->endpoint, sizeof socket->endpoint, "%s", endpoint);
	ASSERT(set_common_options(socket->handle, type) && (type != BUS_ROUTER || set_integer(socket->handle, ZMQ_ROUTER_MANDATORY, 1)));
	*ret_socket = socket;
	return STATUS_OK;
}

enum status bus_bind_local(struct bus *bus, enum bus_type type, const char *endpoint, struct bus_socket **ret_socket, struct fault *fault)
{
	struct bus_socket *socket;
	enum status status = local_socket(bus, type, endpoint, &socket, fault);
	if (status != STATUS_OK)
		return status;
	mode_t before = umask(0117);  /* the file is made by this call, in this thread */
	bool bound = zmq_bind(socket->handle, endpoint) == 0;
	int cause = zmq_errno();
	umask(before);
	if (!bound) {
		bus_close(&socket);
		return fault_set(fault, STATUS_UNAVAILABLE, "endpoint", "", -1, "cannot listen on %s: %s", endpoint, zmq_strerror(cause));
	}
	*ret_socket = socket;
	return STATUS_OK;
}

enum status bus_connect_local(struct bus *bus, enum bus_type type, const char *endpoint, struct bus_socket **ret_socket, struct fault *fault)
{
	struct bus_socket *socket;
	enum status status = local_socket(bus, type, endpoint, &socket, fault);
	if (status != STATUS_OK)
		return status;
	if (zmq_connect(socket->handle, endpoint) != 0) {
		int cause = zmq_errno();
		bus_close(&socket);
		return fault_set(fault, STATUS_INVALID, "endpoint", "", -1, "cannot connect to %s: %s", endpoint, zmq_strerror(cause));
	}
	*ret_socket = socket;
	return STATUS_OK;
}

void bus_subscribe(struct bus_socket *socket, const char *topic_prefix)
{
	ASSERT(set_text(socket->handle, ZMQ_SUBSCRIBE, topic_prefix));
}

#define ZAP_DENIED 400

static void note_link_event(struct bus_socket *socket, uint16_t event, uint32_t value)
{
	struct bus_link *link = &socket->link;
	link->connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
	switch (event) {
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		break;
	case ZMQ_EVENT_DISCONNECTED:
		link->disconnects++;
		break;
	default:
		socket->given_up = true;
		if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && value == ZAP_DENIED)
			link->handshakes_refused++;
		else
			link->handshakes_failed++;
		break;
	}
}

/* Adds what the monitor has to say to socket->link. */
static void drain_monitor(struct bus_socket *socket)
{
	zmq_msg_t message;
	zmq_msg_init(&message);
	while (socket->monitor != NULL && zmq_msg_recv(&message, socket->monitor, ZMQ_DONTWAIT) >= 0) {
		uint16_t event = 0;
		uint32_t value = 0;
		bool first = zmq_msg_more(&message) != 0;  /* frame 1: event and value; frame 2: the address */
		if (first && zmq_msg_size(&message) >= sizeof event + sizeof value) {
			memcpy(&event, zmq_msg_data(&message), sizeof event);
			memcpy(&value, (const char *)zmq_msg_data(&message) + sizeof event, sizeof value);
			note_link_event(socket, event, value);
		}
	}
	zmq_msg_close(&message);
}

struct bus_link bus_link_state(struct bus_socket *socket)
{
	drain_monitor(socket);
	struct bus_link link = socket->link;
	socket->link = (struct bus_link){.connected = link.connected};
	return link;
}

/* libzmq connects again by itself after a lost connection, but not after a handshake that broke: a key that is added a
 * minute later, or a server that could not decide for a moment, would be locked out for ever. */
static void connect_given_up(struct bus_socket *socket)
{
	socket->given_up = false;
	for (size_t i = 0; i < socket->addresses_count; i++) {
		/* Fails for an address that libzmq has dropped already: then connecting is all that is needed. */
		if (zmq_disconnect(socket->handle, socket->addresses[i]) != 0 && zmq_errno() != ENOENT)
			continue;
		if (zmq_connect(socket->handle, socket->addresses[i]) != 0)
			socket->given_up = true;
	}
}

void bus_connect_again(struct bus_socket *socket)
{
	int64_t now_ms = ambient_monotonic_ms();
	if (now_ms - socket->connected_ms < CONNECT_AGAIN_MS)
		return;
	socket->connected_ms = now_ms;
	drain_monitor(socket);
	if (socket->given_up)
		connect_given_up(socket);
	if (socket->type == BUS_DEALER)
		seek_server(socket, now_ms);
	else
		seek_publishers(socket, now_ms);
}

/* ---- Receive ---- */

struct bus_message *bus_message_new(void)
{
	struct bus_message *message = calloc(1, sizeof *message);
	ASSERT(message != NULL);
	return message;
}

static void message_reset(struct bus_message *message)
{
	for (size_t i = 0; i < message->count; i++)
		zmq_msg_close(&message->frames[i]);
	message->count = 0;
}

void bus_message_destroy(struct bus_message **message)
{
	if (*message == NULL)
		return;
	message_reset(*message);
	free(*message);
	*message = NULL;
}

static void drop_rest(void *handle)
{
	zmq_msg_t frame;
	int more = 1;
	zmq_msg_init(&frame);
	while (more != 0 && zmq_msg_recv(&frame, handle, ZMQ_DONTWAIT) >= 0)
		more = zmq_msg_more(&frame);
	zmq_msg_close(&frame);
}

static enum status receive_frames(void *handle, struct bus_message *message)
{
	int more = 1;
	message_reset(message);
	while (more != 0) {
		if (message->count == BUS_FRAMES_MAX) {
			drop_rest(handle);
			return STATUS_INVALID;
		}
		zmq_msg_t *frame = &message->frames[message->count];
		zmq_msg_init(frame);
		int rc;
		do
			rc = zmq_msg_recv(frame, handle, ZMQ_DONTWAIT);
		while (rc < 0 && zmq_errno() == EINTR);
		if (rc < 0) {
			zmq_msg_close(frame);
			return zmq_errno() == EAGAIN ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
		}
		more = zmq_msg_more(frame);
		message->count++;
	}
	return STATUS_OK;
}

enum status bus_receive(struct bus_socket *socket, struct bus_message *message)
{
	return receive_frames(socket->handle, message);
}

size_t bus_message_frames(const struct bus_message *message)
{
	return message->count;
}

struct span bus_message_frame(const struct bus_message *message, size_t index)
{
	ASSERT(index < message->count);
	/* zmq_msg_data takes a pointer to non-const, and changes nothing. */
	zmq_msg_t *frame = (zmq_msg_t *)(uintptr_t)&message->frames[index];
	return span_of(zmq_msg_data(frame), zmq_msg_size(frame));
}

const char *bus_message_user(const struct bus_message *message)
{
	/* The last frame is a payload frame always; a ROUTER's first one carries no properties. */
	const char *user = message->count == 0 ? NULL : zmq_msg_gets(&message->frames[message->count - 1], "User-Id");
	return user == NULL ? "" : user;
}

/* ---- The line that a message came over ---- */

int bus_message_fd(const struct bus_message *message)
{
	if (message->count == 0)
		return -1;
	zmq_msg_t *frame = (zmq_msg_t *)(uintptr_t)&message->frames[message->count - 1];
	return zmq_msg_get(frame, ZMQ_SRCFD);
}

static bool get_number(int fd, int option, void *ret_number, size_t size)
{
	socklen_t len = (socklen_t)size;
	return getsockopt(fd, SOL_SOCKET, option, ret_number, &len) == 0;
}

/* The port of this side, as "1234"; "" when there is none. */
static void read_local_port(int fd, char port[NI_MAXSERV])
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;
	port[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&address, &len) == 0 && (address.ss_family == AF_INET || address.ss_family == AF_INET6))
		(void)getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, NI_MAXSERV, NI_NUMERICSERV);
}

static bool is_line(const struct bus_line *line)
{
	uint64_t cookie;
	return get_number(line->fd, SO_COOKIE, &cookie, sizeof cookie) && cookie == line->cookie;
}

static void set_buffer(int fd, int bytes)
{
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

/* A smaller buffer makes the window that is offered smaller than a segment, and a sender waits rather than send such a piece. libzmq may
 * close the line meanwhile, and its descriptor become anything: what was set is looked at again. */
bool bus_line_narrow(const struct bus_socket *socket, int fd, struct bus_line *ret_line)
{
	char port[NI_MAXSERV];
	const char *bound = strrchr(socket->endpoint, ':');
	*ret_line = (struct bus_line){.fd = fd};
	if (!get_number(fd, SO_COOKIE, &ret_line->cookie, sizeof ret_line->cookie) ||
	    !get_number(fd, SO_RCVBUF, &ret_line->buffer_bytes, sizeof ret_line->buffer_bytes))
		return false;
	read_local_port(fd, port);
	if (bound == NULL || !text_equal(port, bound + 1))
		return false;
	set_buffer(fd, 1);
	if (is_line(ret_line))
		return true;
	set_buffer(fd, ret_line->buffer_bytes / 2);
	return false;
}

/* The kernel doubles what it is told. */
void bus_line_widen(const struct bus_line *line)
{
	if (is_line(line))
		set_buffer(line->fd, line->buffer_bytes / 2);
}

/* ---- Send ---- */

enum status bus_send(struct bus_socket *socket, const struct span *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
		int rc;
		do
			rc = zmq_send(socket->handle, frames[i].at, frames[i].len, flags);
		while (rc < 0 && zmq_errno() == EINTR);
		if (rc < 0)
			return zmq_errno() == EHOSTUNREACH ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
	}
	return STATUS_OK;
}

/* ---- ZAP ---- */

enum status bus_zap_start(struct bus *bus, bus_authorise_fn *authorise, void *context, struct fault *fault)
{
	ASSERT(bus->zap == NULL);
	void *zap = zmq_socket(bus->context, ZMQ_REP);
	ASSERT(zap != NULL);
	if (!set_integer(zap, ZMQ_LINGER, 0) || zmq_bind(zap, ZAP_ENDPOINT) != 0) {
		zmq_close(zap);
		return fault_set(fault, STATUS_FORBIDDEN, "zap", "", -1, "cannot bind the ZAP handler: %s", zmq_strerror(zmq_errno()));
	}
	bus->zap = zap;
	bus->zap_watch = calloc(1, sizeof *bus->zap_watch);
	ASSERT(bus->zap_watch != NULL);
	bus->zap_watch->handle = zap;
	bus->authorise = authorise;
	bus->authorise_context = context;
	return STATUS_OK;
}

struct bus_socket *bus_zap_socket(struct bus *bus)
{
	return bus->zap_watch;
}

/* RFC 27 (ZAP). Frames: version, request id, domain, address, identity, mechanism, credentials. */
static enum status decide(struct bus *bus, const struct bus_message *request, char user[BUS_KEY_TEXT])
{
	char domain[64];
	if (bus_message_frames(request) != 7)
		return STATUS_FORBIDDEN;
	struct span domain_frame = bus_message_frame(request, 2);
	struct span mechanism = bus_message_frame(request, 5);
	struct span key = bus_message_frame(request, 6);
	if (!span_equal(mechanism, span_of_text("CURVE")) || key.len != CURVE_KEY_BYTES || domain_frame.len >= sizeof domain)
		return STATUS_FORBIDDEN;
	memcpy(domain, domain_frame.at, domain_frame.len);
	domain[domain_frame.len] = '\0';
	if (zmq_z85_encode(user, (const uint8_t *)key.at, CURVE_KEY_BYTES) == NULL)
		return STATUS_FORBIDDEN;
	return bus->authorise(bus->authorise_context, domain, user);
}

static void answer(struct bus *bus, const struct bus_message *request, enum status status, const char *user)
{
	/* 300 makes libzmq drop the connection without a word, and the client tries again; after 400 and 500 it would not. */
	const char *code = status == STATUS_OK ? "200" : status_group(status) == STATUS_GROUP_TRANSIENT ? "300" : "400";
	struct span request_id = bus_message_frames(request) > 1 ? bus_message_frame(request, 1) : span_of("", 0);
	struct bus_socket zap = {.handle = bus->zap};
	const struct span frames[] = {
		span_of_text("1.0"), request_id, span_of_text(code), span_of_text(status_text(status)),
		span_of_text(status == STATUS_OK ? user : ""), span_of("", 0)};
	ASSERT(bus_send(&zap, frames, ARRAY_COUNT(frames)) == STATUS_OK);
}

/* Requests are answered for so long, then the other sockets get their turn. */
#define ZAP_ROUND_MS 3

void bus_zap_serve(struct bus *bus)
{
	struct bus_message *request = bus_message_new();
	int64_t until_ms = ambient_monotonic_ms() + ZAP_ROUND_MS;
	enum status received = receive_frames(bus->zap, request);
	while (received == STATUS_OK || received == STATUS_INVALID) {
		char user[BUS_KEY_TEXT] = "";
		enum status status = received == STATUS_OK ? decide(bus, request, user) : STATUS_FORBIDDEN;
		answer(bus, request, status, user);
		received = ambient_monotonic_ms() < until_ms ? receive_frames(bus->zap, request) : STATUS_NOT_FOUND;
	}
	bus_message_destroy(&request);
}

/* ---- Poll ---- */

enum status bus_poll(struct bus_poll_item *items, size_t count, long timeout_ms)
{
	zmq_pollitem_t wanted[POLL_ITEMS_MAX];
	ASSERT(count <= POLL_ITEMS_MAX);
	for (size_t i = 0; i < count; i++) {
		wanted[i] = (zmq_pollitem_t){
			.socket = items[i].socket == NULL ? NULL : items[i].socket->handle,
			.fd = items[i].fd,
			.events = items[i].want_write ? ZMQ_POLLOUT : ZMQ_POLLIN,
		};
	}
	int rc = zmq_poll(wanted, (int)count, timeout_ms);
	for (size_t i = 0; i < count; i++)
		items[i].ready = rc > 0 && wanted[i].revents != 0;
	return rc >= 0 || zmq_errno() == EINTR ? STATUS_OK : STATUS_BUG;
}
