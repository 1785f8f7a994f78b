#!/usr/bin/env python3
"""corpus.py COUNT: command lines for every verb, good ones and spoilt ones, from the verbs' own patterns.

Reads `explain VERB format=json` objects, one per line, on stdin.  Writes a line per command line, its
words separated by \\x1f.  The same ones every time.
"""
import json
import random
import re._parser as parser
import sys

random.seed(20)
PRINTABLE = [chr(c) for c in range(33, 127)]


def choose(op, argument):
    """A text that one element of a parsed pattern matches."""
    name = str(op)
    if name == "LITERAL":
        return chr(argument)
    if name == "NOT_LITERAL":
        return random.choice([c for c in PRINTABLE if c != chr(argument)])
    if name == "ANY":
        return random.choice(PRINTABLE)
    if name == "IN":
        chosen = []
        for kind, value in argument:
            chosen += [chr(value)] if str(kind) == "LITERAL" else \
                [chr(c) for c in range(value[0], value[1] + 1)] if str(kind) == "RANGE" else []
        return random.choice(chosen)
    if name == "MAX_REPEAT":
        low, high, part = argument
        times = random.randint(low, min(int(high), low + random.choice((0, 1, 2, 5, 12))))
        return "".join(generate(part) for _ in range(times))
    if name == "SUBPATTERN":
        return generate(argument[3])
    if name == "BRANCH":
        return generate(random.choice(argument[1]))
    raise ValueError(name)


def generate(parsed):
    return "".join(choose(op, argument) for op, argument in parsed)


def good(verb):
    words = [verb["verb"]]
    for operand in verb["operands"]:
        times = 1
        if operand["optional"]:
            times = random.randint(0, 1)
        if operand["repeated"]:
            times += random.randint(0, 2)
        key = operand["name"] if operand["name"].endswith("=") else ""
        words += [key + generate(parser.parse(operand["pattern"])) for _ in range(times)]
    return words


def spoil(words):
    words = list(words)
    i = random.randrange(len(words))
    word = words[i]
    at = random.randint(0, len(word))
    how = random.randrange(12)
    if how == 0:
        words[i] = word[:at] + random.choice(PRINTABLE + [" ", "\t", "\x1b", "\x7f", "\xe9"]) + word[at:]
    elif how == 1:
        words[i] = word[:at] + word[at + 1:]
    elif how == 2:
        words[i] = word.upper()
    elif how == 3:
        words.insert(i, random.choice(words))
    elif how == 4:
        del words[i]
    elif how == 5:
        words[i] = word + random.choice(["/..", "/", "/.", "//a", "%d", "*", "+", "a" * 20, "\\x2f", "$(id)", "'"])
    elif how == 6:
        words[i:i + 2] = [" ".join(words[i:i + 2])]
    elif how == 7:
        random.shuffle(words)
    elif how == 8:
        words.append(random.choice(["", "-", "--", "--help", "uid=0", "-u", "root", "nosuch=1"]))
    elif how == 9:
        words[i] = random.choice(["0", "-1", "4294967296", "007", "1e3", "0x10", "127.1", "010.0.0.1", "/etc/shadow",
                                  "/var/lib/banger/../x", "/var/lib/banger/jail/x", "eth0", "lo", ".", ".."])
    elif how == 10:
        words[i] = word[::-1]
    else:
        words[i] = word[:at] + word
    return words or [""]


verbs = [json.loads(line) for line in sys.stdin]
lines = set()
while len(lines) < int(sys.argv[1]):
    words = good(random.choice(verbs))
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        words = spoil(words)
    line = "\x1f".join(words)
    if "\n" not in line and len(line) < 20000:
        lines.add(line)
for line in sorted(lines):
    sys.stdout.buffer.write(line.encode("latin-1", "replace") + b"\n")
