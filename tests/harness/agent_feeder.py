#!/usr/bin/python3
"""agent_feeder SOCKET LINES COUNT ACKED TURNED_AWAY GOAL: hands COUNT events in at an agent's local socket, as a region's system would:
each batch again until it is answered. Every event is a line of LINES under an id of its own, without a sequence.

Into ACKED goes the id of each event when, and only when, the agent has said that it is accepted or was before; into TURNED_AWAY
one line for each batch that it turned away whole. The number in the file GOAL is how far it may go for now. Ends when all are acknowledged; any other answer is an error."""
import json
import os
import re
import sys
import time
import uuid

import zmq

BATCH = 200
ANSWER_MS = 2000
SPACE = uuid.UUID("6f2f7a4e-0b61-5d35-9b1e-3f0c6b8f6a11")


def event(lines, number):
    identity = str(uuid.uuid5(SPACE, str(number)))
    return identity, re.sub(r'"id": ?"[^"]*"', f'"id":"{identity}"', lines[number % len(lines)], count=1)


def ask(context, endpoint, frames):
    """The answer, or None when none came in time; then the socket is given up with all that may come over it."""
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(endpoint)
    try:
        socket.send_multipart(frames)
        return socket.recv_multipart() if socket.poll(ANSWER_MS) else None
    finally:
        socket.close()


def goal(path):
    with open(path, encoding="ascii") as file:
        return int(file.read())


def main():
    endpoint, lines_path, count, acked_path, turned_away_path, goal_path = sys.argv[1:]
    with open(lines_path, encoding="utf-8") as file:
        lines = [re.sub(r'"sequence": ?"[0-9]+", ?', "", line.rstrip("\n")) for line in file]
    context = zmq.Context()
    with open(acked_path, "a", encoding="ascii") as acked, open(turned_away_path, "a", encoding="ascii") as turned_away:
        for start in range(0, int(count), BATCH):
            while start >= goal(goal_path):
                time.sleep(0.02)
            batch = [event(lines, number) for number in range(start, min(start + BATCH, int(count)))]
            body = ("[" + ",".join(text for _, text in batch) + "]").encode()
            while True:
                answer = ask(context, endpoint, [b"application/cloudevents-batch+json", body])
                if answer is None:
                    continue
                code, document = int(answer[0]), json.loads(answer[1])
                if code == 200:
                    assert len(document["results"]) == len(batch), document
                    break
                if code not in (503, 507):
                    sys.exit(f"the agent answered {code}: {document}")
                print(document["error"]["code"], file=turned_away, flush=True)
                time.sleep(0.05)
            acked.writelines(identity + "\n" for identity, _ in batch)
            acked.flush()
            os.fsync(acked.fileno())


main()
