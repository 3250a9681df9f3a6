#!/usr/bin/env python3
"""json_python PROGRAM: common/json against Python's json, on a generated corpus: what it accepts, and every value.

Python is read as strictly as it can be asked to (no NaN, no duplicate name, UTF-8 decoded beforehand); what our limits refuse
besides is looked for in its result: \\u0000, lone surrogates, integers beyond 2^53, infinities, long numbers, depth, names.
EFFREG_TEST_SEED takes a seed back, EFFREG_TEST_ROUNDS another number of texts.
"""

import json
import os
import random
import re
import struct
import subprocess
import sys

TEXTS = int(os.environ.get("EFFREG_TEST_ROUNDS", "40000"))
SEED = int(os.environ.get("EFFREG_TEST_SEED", random.randrange(2**31)))
BYTES_MAX, DEPTH_MAX, NAMES_MAX, NUMBER_MAX = 64 * 1024, 32, 256, 63


class Refused(Exception):
    pass


def read_number(text):
    if len(text) > NUMBER_MAX:
        raise Refused("long number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Refused("infinite")
    if re.fullmatch(r"-?[0-9]+", text) and abs(int(text)) > 2**53:
        raise Refused("beyond 2^53")
    return value


def read_constant(text):
    raise Refused(text)


def read_members(pairs):
    names = [name for name, _ in pairs]
    if len(names) > NAMES_MAX or len(set(names)) < len(names):
        raise Refused("names")
    return dict(pairs)


def show_text(text):
    if "\0" in text:
        raise Refused("zero")
    try:
        return "s" + text.encode("utf-8").hex()
    except UnicodeEncodeError:
        raise Refused("surrogate") from None


def show(value, depth=0):
    """As json_lines.c prints it."""
    if value is None:
        return "N"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, float):
        return "n" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return show_text(value)
    if depth == DEPTH_MAX:
        raise Refused("depth")
    if isinstance(value, list):
        return "[" + "".join(show(item, depth + 1) for item in value) + "]"
    return "{" + "".join(show_text(name) + show(item, depth + 1) for name, item in value.items()) + "}"


def expected(text):
    """The value as it is shown, or None."""
    if len(text) > BYTES_MAX:
        return None
    try:
        value = json.loads(text.decode("utf-8"), parse_int=read_number, parse_float=read_number,
                           parse_constant=read_constant, object_pairs_hook=read_members)
        return show(value)
    except (ValueError, Refused, RecursionError):
        return None


# ---- The corpus ----

PIECES = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\u0000", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\n",
          b"\\/", b"\\x", b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity", b"nul", b"0", b"-0", b"00", b"01", b"-",
          b"+1", b".5", b"1.", b"1e", b"1e5", b"1E+5", b"1e-5", b"1e308", b"1e309", b"-1e400", b"1e-400", b"1e99999999999999999999",
          b"4.9e-324", b"2.2250738585072011e-308", b"1.7976931348623157e308", b"1.7976931348623159e308", b"0.1", b"123456789.123456789",
          b"9007199254740992", b"9007199254740993", b"-9007199254740993", b"9007199254740993.0", b"1" * 63, b"0." + b"1" * 61,
          b"0." + b"1" * 62, b" ", b"\n", b"\t", b"\r", b"\x00", b"\x0b", b"\x0c", b"\x1f", b"\x7f", b"\xa0", b"//", b"/**/", b"'",
          b"\xef\xbb\xbf", "я".encode(), "😀".encode(), b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80",
          b"\xed\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\x80", b"\xc3", b"\xe2\x82",
          b"\xc2\x85", b"\xe2\x80\xa8", b'"a":1', b'"a":1,"a":2', b'"\\u0061":1']


class Corpus:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self):
        pick = self.random
        return pick.choice([
            lambda: str(pick.randrange(-1000, 1000)),
            lambda: str(pick.randrange(-(2**54), 2**54)),
            lambda: repr(pick.uniform(-1e6, 1e6)),
            lambda: repr(struct.unpack("<d", pick.randbytes(8))[0]),
            lambda: f"{pick.randrange(1000)}.{pick.randrange(10**18)}e{pick.randrange(-340, 320)}",
            lambda: f"{pick.randrange(1, 10**20)}E{pick.choice(['', '+', '-'])}{pick.randrange(330)}",
        ])()

    def string(self):
        pick = self.random
        points = [pick.choice([pick.randrange(32, 127), pick.randrange(0x80, 0xD800), pick.randrange(0xE000, 0x110000),
                               pick.randrange(1, 128)]) for _ in range(pick.choice([0, 1, 3, 12]))]
        return json.dumps("".join(map(chr, points)), ensure_ascii=pick.random() < 0.5)

    def value(self, depth):
        kind = self.random.randrange(7 if depth > 0 else 5)
        if kind < 2:
            return self.number()
        if kind < 4:
            return self.string()
        if kind == 4:
            return self.random.choice(["null", "true", "false"])
        space = self.random.choice(["", " ", "\n\t", "\r\n"])
        items = range(self.random.choice([0, 1, 2, 5, 20 if depth > 1 else 3]))
        if kind == 5:
            return "[" + space + ("," + space).join(self.value(depth - 1) for _ in items) + space + "]"
        return "{" + space + ("," + space).join(f"{self.string()}{space}:{self.value(depth - 1)}" for _ in items) + "}"

    def document(self):
        return self.value(self.random.randrange(5)).encode("utf-8")

    def mutated(self):
        text = bytearray(self.document()[:2000])
        for _ in range(self.random.choice([1, 1, 2, 4])):
            at = self.random.randrange(len(text) + 1)
            end = min(len(text), at + self.random.choice([0, 0, 1, 2]))
            text[at:end] = self.random.choice([self.random.choice(PIECES), self.random.randbytes(1), b""])
        return bytes(text)

    def jumble(self):
        return b"".join(self.random.choice(PIECES) for _ in range(self.random.randrange(1, 8)))

    def quoted(self):
        return b'"' + self.jumble() + b'"'

    def in_array(self):
        return b"[" + self.jumble() + b"]"

    def at_limit(self):
        near = self.random.choice([-1, 0, 1])
        depth, names = DEPTH_MAX + near, NAMES_MAX + near
        return self.random.choice([
            b"[" * depth + b"]" * depth,
            b'{"a":' * depth + b"1" + b"}" * depth,
            b"{" + b",".join(b'"%d":%d' % (i, i) for i in range(names)) + b"}",
            b"[" + b" " * (BYTES_MAX - 2 + near) + b"]",
        ])

    def text(self):
        make = self.random.choices([self.document, self.mutated, self.jumble, self.quoted, self.in_array, self.at_limit],
                                   [30, 40, 10, 10, 10, 0.2])[0]
        return make()


# ---- The comparison ----

def answers(program, texts):
    stdin = b"".join(b"%d\n%s" % (len(text), text) for text in texts)
    run = subprocess.run([program], input=stdin, stdout=subprocess.PIPE, check=False, timeout=600)
    return run.returncode, run.stdout.decode("ascii").splitlines()


def disagreement(text, answer):
    """What is wrong with the answer, or None."""
    value = expected(text)
    if value is not None:
        return None if answer == "ok " + value else f"Python reads ok {value[:200]}"
    match = re.fullmatch(r"no (bad_json|bad_utf8|duplicate_key|too_large) ([0-9]+)", answer)
    if match is None:
        return "Python and the limits refuse it"
    if match[1] == "bad_utf8" and is_utf8(text):
        return "it is UTF-8"
    return None if int(match[2]) <= len(text) else "the offset lies behind the text"


def is_utf8(text):
    try:
        text.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def main():
    print(f"# json_python: EFFREG_TEST_SEED={SEED}")
    corpus = Corpus(SEED)
    texts = [b"", *PIECES, *(corpus.text() for _ in range(TEXTS))]
    status, lines = answers(sys.argv[1], texts)
    wrong = [f"{text[:300]!r}: {answer[:200]}, but {why}" for text, answer in zip(texts, lines)
             if (why := disagreement(text, answer)) is not None]
    accepted = sum(line.startswith("ok") for line in lines)
    balanced = TEXTS / 5 < accepted < TEXTS * 4 / 5
    print(f"{'ok' if balanced else 'not ok'} - the corpus has texts to accept and to refuse"
          + ("" if balanced else f": {accepted} accepted"))
    agreed = status == 0 and len(lines) == len(texts) and not wrong
    print(f"{'ok' if agreed else 'not ok'} - common/json and Python's json agree on {len(texts)} texts"
          + ("" if agreed else f": seed {SEED}, exit {status}, {len(lines)} answers, {len(wrong)} wrong"))
    for line in wrong[:5]:
        print(f"# {line}")
    return 0 if agreed and balanced else 1


sys.exit(main())
