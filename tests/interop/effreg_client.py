#!/usr/bin/python3
"""A client of effreg in another language, written from proto/README.md alone: it uses nothing of this project's code.

    effreg_client.py push  ENDPOINT SERVER_KEY KEY SOURCE FILE...   the lines of NDJSON files, byte for byte
    effreg_client.py query ENDPOINT SERVER_KEY KEY METHOD PARAMS    one question; prints the document

    effreg_client.py chain REGION LEDGER                            the head of an exported log (sections 6 and 6.1), computed anew

SERVER_KEY holds the public key, KEY the secret one, in Z85. push prints one JSON object: what became of the events, and the head of
the log as it was told."""
import hashlib
import json
import sys
import time

import zmq

EVENTS_MAX = 500            # section 5
BODY_BYTES_MAX = 256 * 1024
SILENCE_S = 30              # section 4.2
GO_ON = {"no_session", "retry", "shutting_down"}  # section 4.3: the codes of BYE after which HELLO is said again


def read_key(path):
    with open(path, "rb") as file:
        return file.read().strip()


def connect(context, endpoint, server_key, key):
    """Section 2: a DEALER with CURVE, without a routing id, without ZeroMQ's heartbeats, with TCP keepalive."""
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.curve_serverkey = read_key(server_key)
    secret = read_key(key)
    socket.curve_secretkey = secret
    socket.curve_publickey = zmq.curve_public(secret)
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.RECONNECT_IVL, 200)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 10000)
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.SNDTIMEO, SILENCE_S * 1000)
    socket.connect(endpoint)
    return socket


class Session:
    """Section 4: HELLO, batches within the credit, ACKs in order; after a NACK, a BYE or silence again from what is not acknowledged."""

    def __init__(self, socket, source, batches):
        self.socket, self.source, self.batches = socket, source, batches
        self.settled = 0       # batches acknowledged, over all sessions
        self.results = []
        self.witness = None    # (seq, head) heard last
        self.welcome = None

    def say(self, header, body=b""):
        self.socket.send_multipart([json.dumps(header).encode(), body])

    def hear(self):
        if not self.socket.poll(SILENCE_S * 1000):
            return None
        frames = self.socket.recv_multipart()
        assert len(frames) == 2, frames
        return json.loads(frames[0])

    def hello(self):
        header = {"type": "HELLO", "version": 1, "source": self.source}
        if self.witness:
            header["witness"] = {"seq": self.witness[0], "hash": self.witness[1]}
        self.say(header)

    def take(self, message):
        """Moves on by one message; False when the session is over."""
        kind = message["type"]
        if kind == "ACK":
            assert message["batch"] == self.first, "ACKs come in the order of the PUSHes"
            assert len(message["results"]) == len(self.batches[self.settled])
            self.results += message["results"]
            self.witness = (message["last_seq"], message["head"])
            self.settled += 1
            self.first += 1
            self.sent -= 1
        elif kind == "CREDIT":
            self.credit_batches += message["batches"]
            self.credit_bytes += message["bytes"]
        elif kind == "NACK":
            assert message["batch"] == self.first
            self.credit_batches = self.credit_bytes = self.sent = 0
        elif kind == "BYE":
            if message.get("code") not in GO_ON:
                sys.exit(f"the centre said BYE: {message}")
            return False
        return True

    def send(self):
        while self.settled + self.sent < len(self.batches):
            batch = self.batches[self.settled + self.sent]
            body = b"".join(batch)
            if self.credit_batches < 1 or self.credit_bytes < len(body):
                return
            self.say({"type": "PUSH", "batch": self.first + self.sent, "sizes": [len(event) for event in batch]}, body)
            self.credit_batches -= 1
            self.credit_bytes -= len(body)
            self.sent += 1

    def run(self):
        """One session; True when everything is acknowledged."""
        self.hello()
        message = self.hear()
        while message and message["type"] != "WELCOME":  # of an earlier session
            if message["type"] == "BYE" and message.get("code") not in GO_ON:
                sys.exit(f"the centre said BYE: {message}")
            message = self.hear()
        if not message:
            return False
        if self.witness and message["witness"] != "ok":
            sys.exit(f"the log is not what it was: {message}")
        self.welcome = self.welcome or message
        self.first, self.sent = 1, 0
        self.credit_batches, self.credit_bytes = message["credit"]["batches"], message["credit"]["bytes"]
        while self.settled < len(self.batches):
            self.send()
            message = self.hear()
            if not message or not self.take(message):
                return False
        self.say({"type": "PING"})
        while (message := self.hear()) and message["type"] != "PONG":
            self.take(message)
        self.say({"type": "BYE"})
        return True


def batches_of(paths):
    batch, size = [], 0
    for path in paths:
        with open(path, "rb") as file:
            for line in file:
                event = line.rstrip(b"\n")
                if len(batch) == EVENTS_MAX or size + len(event) > BODY_BYTES_MAX:
                    yield batch
                    batch, size = [], 0
                batch.append(event)
                size += len(event)
    if batch:
        yield batch


def push(endpoint, server_key, key, source, *paths):
    context = zmq.Context()
    socket = connect(context, endpoint, server_key, key)
    session = Session(socket, source, list(batches_of(paths)))
    while not session.run():
        time.sleep(1)
    counts = {name: sum(1 for result in session.results if name in result) for name in ("stored", "duplicate", "rejected")}
    codes = sorted({result["rejected"] for result in session.results if "rejected" in result})
    print(json.dumps({**counts, "codes": codes, "last_seq": session.witness[0], "head": session.witness[1],
                      "source_sequence": session.welcome["source_sequence"], "region": session.welcome["region"]}))


def query(endpoint, server_key, key, method, params):
    """Section 8: one frame asked, two frames answered."""
    context = zmq.Context()
    socket = connect(context, endpoint, server_key, key)
    socket.send(json.dumps({"id": "1", "method": method, "params": json.loads(params)}).encode())
    if not socket.poll(SILENCE_S * 1000):
        sys.exit("no answer")
    header, body = socket.recv_multipart()
    answer = json.loads(header)
    assert answer["id"] == "1", answer
    if answer["status"] != "ok":
        sys.exit(f"{answer['code']}: {answer['text']}")
    print(json.dumps(json.loads(body)))


def chain(region, path):
    head = bytes(32)
    with open(path, "rb") as file:
        assert json.loads(file.readline()) == {"type": "effreg.ledger.v1", "region": region}
        while line := file.readline():
            entry = json.loads(line)
            event = file.read(entry["bytes"])
            assert file.read(1) == b"\n"
            head = hashlib.sha256(b"effreg.chain.v1" + region.encode() + entry["seq"].to_bytes(8, "big")
                                  + entry["recorded_us"].to_bytes(8, "big") + head + hashlib.sha256(event).digest()).digest()
            assert head.hex() == entry["hash"], entry
    print(head.hex())


if __name__ == "__main__":
    {"push": push, "query": query, "chain": chain}[sys.argv[1]](*sys.argv[2:])
