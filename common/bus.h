/* bus: ZeroMQ sockets with CURVE, the ZAP handler and polling; the only door to zmq.h.
 *
 * One context per process, one thread per socket. Every socket that takes peers refuses to exist without the ZAP
 * handler: libzmq 4.3.4 accepts every key where there is none. Socket options are set here, before bind or connect;
 * heartbeats stay off (they abort the process on 4.3.4), PING and PONG are the protocol's own. */
#ifndef EFFREG_BUS_H
#define EFFREG_BUS_H

#include "common/arena.h"
#include "common/status.h"

#define BUS_KEY_TEXT    41  /* a CURVE key in Z85, terminated */
#define BUS_FRAMES_MAX  8
#define BUS_MESSAGE_MAX ((size_t)1024 * 1024)  /* one frame: ZMQ_MAXMSGSIZE */

struct bus;         /* the process's context */
struct bus_socket;
struct bus_message; /* received frames; reused from receive to receive */

struct bus_keypair {
	char public_key[BUS_KEY_TEXT];
	char secret_key[BUS_KEY_TEXT];
};

struct bus *bus_new(void);
void bus_destroy(struct bus **bus);            /* after all its sockets */

void bus_keypair_new(struct bus_keypair *ret_keypair);
/* The public key of a secret one; false when the text is no Z85 key. */
bool bus_public_key(const char *secret_key, char public_key[BUS_KEY_TEXT]) MUST_CHECK;
/* A key file holds one Z85 key and a newline. */
enum status bus_read_key(const char *path, char key[BUS_KEY_TEXT], struct fault *fault) MUST_CHECK;

/* ---- ZAP: who gets a session ---- */

/* Decides for a domain ("push", "query", "feed", "stream") and a client's public key: OK lets it in, FORBIDDEN answers
 * 400, a transient status 300 (the client is dropped without a verdict and tries again). */
typedef enum status bus_authorise_fn(void *context, const char *domain, const char public_key[BUS_KEY_TEXT]);

/* Binds inproc://zeromq.zap.01. Must stand before the first bus_bind. */
enum status bus_zap_start(struct bus *bus, bus_authorise_fn *authorise, void *context, struct fault *fault) MUST_CHECK;
struct bus_socket *bus_zap_socket(struct bus *bus);  /* to poll; answer with bus_zap_serve */
/* Answers what waits, for 3 ms at most: the decision may ask a database, and who opens a hundred connections is not served before
 * everybody else. The socket stays readable while there are more. */
void bus_zap_serve(struct bus *bus);

/* ---- Sockets ---- */

enum bus_type { BUS_ROUTER, BUS_DEALER, BUS_PUB, BUS_SUB };

/* A CURVE server on endpoint ("tcp://127.0.0.1:5570"; a * stands for any address or a free port). FORBIDDEN without the ZAP handler. */
enum status bus_bind(struct bus *bus, enum bus_type type, const char *endpoint, const char *zap_domain,
                     const struct bus_keypair *server, struct bus_socket **ret_socket, struct fault *fault) MUST_CHECK;
/* A CURVE client. An endpoint's host name may stand for several addresses: a SUB connects to each, a DEALER to one. */
enum status bus_connect(struct bus *bus, enum bus_type type, const char *endpoint, const char *server_public_key,
                        const struct bus_keypair *client, struct bus_socket **ret_socket, struct fault *fault) MUST_CHECK;
/* Inside this machine, without CURVE: "ipc:///run/effreg/agent.sock". Whoever may open the socket's file may speak: it is made for its
 * owner and group alone, and its folder can say less. INVALID for an endpoint that is not ipc://. */
enum status bus_bind_local(struct bus *bus, enum bus_type type, const char *endpoint, struct bus_socket **ret_socket,
                           struct fault *fault) MUST_CHECK;
enum status bus_connect_local(struct bus *bus, enum bus_type type, const char *endpoint, struct bus_socket **ret_socket,
                              struct fault *fault) MUST_CHECK;
/* To be called now and then (it does something at most once a second): looks the name up again, and tries again where a handshake broke,
 * which libzmq does not. A SUB connects to new addresses and leaves those that the name no longer stands for. A DEALER without a connection
 * goes to where the name points now, and after 6 s to the next of several; the caller waits for a look-up: one that
 * took long is repeated after twenty times as long, a minute at most. */
void bus_connect_again(struct bus_socket *socket);
void bus_close(struct bus_socket **socket);
const char *bus_endpoint(const struct bus_socket *socket);  /* as bound: the real port in place of * */
void bus_subscribe(struct bus_socket *socket, const char *topic_prefix);

/* Never blocks. NOT_FOUND: nothing waiting. Frames are valid until the next receive into message. A ROUTER's first frame is
 * the routing id. More than BUS_FRAMES_MAX frames: INVALID (the message was read to its end; its first
 * BUS_FRAMES_MAX frames are there). */
enum status bus_receive(struct bus_socket *socket, struct bus_message *message) MUST_CHECK;
struct bus_message *bus_message_new(void);
void bus_message_destroy(struct bus_message **message);
size_t bus_message_frames(const struct bus_message *message);
struct span bus_message_frame(const struct bus_message *message, size_t index);
/* The public key the sender proved to have, taken from a payload frame; "" when there is none: drop such a message. */
const char *bus_message_user(const struct bus_message *message);

/* ---- The line that a message came over ---- */

/* The TCP connection of one peer. The kernel gives its descriptor to another once it is closed: the cookie tells. */
struct bus_line {
	int fd;
	uint64_t cookie;
	int buffer_bytes;             /* what the kernel receives ahead, before it was narrowed */
};
/* -1 when libzmq does not tell. It may be closed by now, or be another peer's. */
int bus_message_fd(const struct bus_message *message);
/* From now on the line takes in so little at a time that its sender waits for the kernel's probes: some ten KB a second, and neither libzmq
 * nor anybody else has work with more. False: nothing was done, for fd is no open connection that socket, which is bound, has accepted. */
bool bus_line_narrow(const struct bus_socket *socket, int fd, struct bus_line *ret_line);
/* As wide again as it was before, at most as the kernel lets a program ask for (net.core.rmem_max); the kernel does not tune it any more.
 * Its sender goes on with its next probe. Harmless when the line is gone. */
void bus_line_widen(const struct bus_line *line);

/* Never blocks. Nothing was sent: NOT_FOUND when a ROUTER has no such peer (any more), UNAVAILABLE when its queue is full. */
enum status bus_send(struct bus_socket *socket, const struct span *frames, size_t count) MUST_CHECK;

/* What became of the connections of a client socket since the last call. */
struct bus_link {
	bool connected;               /* at least one handshake done and not lost */
	unsigned handshakes_refused;  /* the server's ZAP handler answered 400: our key is unknown or revoked */
	unsigned handshakes_failed;   /* broke otherwise: no ZAP answer for now, or the server's key is not the one expected */
	unsigned disconnects;
};
struct bus_link bus_link_state(struct bus_socket *socket);

/* ---- Polling ---- */

struct bus_poll_item {
	struct bus_socket *socket;    /* or NULL: fd */
	int fd;
	bool want_write;              /* for an fd: wait for writable instead of readable */
	bool ready;                   /* result */
};
/* Waits at most timeout_ms (-1 = for ever). OK also when interrupted or nothing is ready. */
enum status bus_poll(struct bus_poll_item *items, size_t count, long timeout_ms) MUST_CHECK;

#endif
