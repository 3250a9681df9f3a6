/* A peer that speaks ZMTP 3.0 with CURVE (ZeroMQ RFC 23 and 26) by hand, byte by byte over a TCP connection. libzmq's own sockets put nothing
 * on the wire before a message is whole, so what an attacker sends cannot be sent with them. */
#ifndef EFFREG_TEST_CURVE_PEER_H
#define EFFREG_TEST_CURVE_PEER_H

#include "common/bus.h"

#include <sodium.h>
#include <sys/socket.h>
#include <zmq.h>

#define CURVE_KEY     32
#define CURVE_MAC     16
#define CURVE_PAYLOAD ((size_t)1000 * 1000)

struct curve_peer {
	int fd;                                    /* connected; the owner's */
	uint64_t nonce;
	uint8_t shared[crypto_box_BEFORENMBYTES];  /* after the handshake */
};

/* How it waits for the other side: serves what has to be served, false when it was too long. */
typedef bool curve_wait(void);

static inline bool curve_write(const struct curve_peer *peer, const uint8_t *at, size_t len, curve_wait *wait)
{
	while (len > 0) {
		ssize_t sent = send(peer->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent <= 0 && !wait())
			return false;
		at += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

static inline bool curve_read(const struct curve_peer *peer, uint8_t *at, size_t len, curve_wait *wait)
{
	while (len > 0) {
		ssize_t got = recv(peer->fd, at, len, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && !wait()))
			return false;
		at += got > 0 ? got : 0;
		len -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

static inline void curve_nonce(uint8_t nonce[crypto_box_NONCEBYTES], const char *prefix, const uint8_t *rest)
{
	size_t len = strlen(prefix);
	memcpy(nonce, prefix, len);
	memcpy(nonce + len, rest, crypto_box_NONCEBYTES - len);
}

static inline void curve_count(struct curve_peer *peer, uint8_t short_nonce[8])
{
	peer->nonce++;
	for (int i = 0; i < 8; i++)
		short_nonce[i] = (uint8_t)(peer->nonce >> (56 - 8 * i));
}

/* 4: a short command; 2: a long message; 6: a long command. */
static inline bool curve_write_frame(const struct curve_peer *peer, uint8_t flags, const uint8_t *body, size_t len, curve_wait *wait)
{
	uint8_t head[9] = {flags};
	for (int i = 0; i < 8; i++)
		head[1 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	if ((flags & 2) == 0)
		head[1] = (uint8_t)len;
	return curve_write(peer, head, (flags & 2) == 0 ? 2 : 9, wait) && curve_write(peer, body, len, wait);
}

/* HELLO and WELCOME: the server's short-term key and its cookie. */
static inline bool curve_hello(struct curve_peer *peer, const uint8_t server[CURVE_KEY], const uint8_t short_public[CURVE_KEY],
                               const uint8_t short_secret[CURVE_KEY], uint8_t ret_welcome[128], curve_wait *wait)
{
	static const uint8_t GREETING[64] = {0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0, 'C', 'U', 'R', 'V', 'E'};
	uint8_t hello[200] = "\5HELLO\1", zeros[64] = {0}, nonce[crypto_box_NONCEBYTES], answer[170], greeting[64];
	memcpy(hello + 80, short_public, CURVE_KEY);
	curve_count(peer, hello + 112);
	curve_nonce(nonce, "CurveZMQHELLO---", hello + 112);
	return crypto_box_easy(hello + 120, zeros, sizeof zeros, nonce, server, short_secret) == 0 && curve_write(peer, GREETING, sizeof GREETING, wait) &&
	       curve_read(peer, greeting, sizeof greeting, wait) && curve_write_frame(peer, 4, hello, sizeof hello, wait) &&
	       curve_read(peer, answer, sizeof answer, wait) && memcmp(answer + 2, "\7WELCOME", 8) == 0 &&
	       (curve_nonce(nonce, "WELCOME-", answer + 10), crypto_box_open_easy(ret_welcome, answer + 26, 128 + CURVE_MAC, nonce, server, short_secret) == 0);
}

/* INITIATE: who we are, vouched for by our long-term key; READY is read and not looked at. */
static inline bool curve_initiate(struct curve_peer *peer, const uint8_t server[CURVE_KEY], const uint8_t own_public[CURVE_KEY],
                                  const uint8_t own_secret[CURVE_KEY], const uint8_t short_public[CURVE_KEY], const uint8_t welcome[128], curve_wait *wait)
{
	static const uint8_t METADATA[] = "\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0";  /* with the last zero of its length */
	uint8_t plain[128 + sizeof METADATA], vouched[64], nonce[crypto_box_NONCEBYTES], head[2], ready[255];
	uint8_t body[9 + 96 + 8 + CURVE_MAC + sizeof plain] = "\10INITIATE";
	memcpy(plain, own_public, CURVE_KEY);
	randombytes_buf(plain + 32, 16);
	memcpy(vouched, short_public, CURVE_KEY);
	memcpy(vouched + 32, server, CURVE_KEY);
	curve_nonce(nonce, "VOUCH---", plain + 32);
	if (crypto_box_easy(plain + 48, vouched, sizeof vouched, nonce, welcome, own_secret) != 0)
		return false;
	memcpy(plain + 128, METADATA, sizeof METADATA);
	memcpy(body + 9, welcome + 32, 96);
	curve_count(peer, body + 105);
	curve_nonce(nonce, "CurveZMQINITIATE", body + 105);
	if (crypto_box_easy_afternm(body + 113, plain, sizeof plain, nonce, peer->shared) != 0)
		return false;
	bool is_long = sizeof body > 255;
	return curve_write_frame(peer, is_long ? 6 : 4, body, sizeof body, wait) && curve_read(peer, head, sizeof head, wait) && head[0] == 4 &&
	       curve_read(peer, ready, head[1], wait) && memcmp(ready, "\5READY", 6) == 0;
}

/* Z85 keys; fd is connected. True when the server has let us in. */
static inline bool curve_shake_hands(struct curve_peer *peer, int fd, const char *server_public, const struct bus_keypair *own, curve_wait *wait)
{
	uint8_t server[CURVE_KEY], own_public[CURVE_KEY], own_secret[CURVE_KEY], short_public[CURVE_KEY], short_secret[CURVE_KEY], welcome[128];
	*peer = (struct curve_peer){.fd = fd};
	return crypto_box_keypair(short_public, short_secret) == 0 && zmq_z85_decode(server, server_public) != NULL &&
	       zmq_z85_decode(own_public, own->public_key) != NULL && zmq_z85_decode(own_secret, own->secret_key) != NULL &&
	       curve_hello(peer, server, short_public, short_secret, welcome, wait) && crypto_box_beforenm(peer->shared, welcome, short_secret) == 0 &&
	       curve_initiate(peer, server, own_public, own_secret, short_public, welcome, wait);
}

/* A frame of len zeros, at most CURVE_PAYLOAD, and more to come. */
static inline bool curve_send_more(struct curve_peer *peer, size_t len, curve_wait *wait)
{
	static uint8_t plain[1 + CURVE_PAYLOAD], body[16 + CURVE_MAC + sizeof plain];
	uint8_t nonce[crypto_box_NONCEBYTES];
	plain[0] = 1;
	memcpy(body, "\7MESSAGE", 8);
	curve_count(peer, body + 8);
	curve_nonce(nonce, "CurveZMQMESSAGEC", body + 8);
	return crypto_box_easy_afternm(body + 16, plain, 1 + len, nonce, peer->shared) == 0 &&
	       curve_write_frame(peer, 2, body, 16 + CURVE_MAC + 1 + len, wait);
}

#endif
