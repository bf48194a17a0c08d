#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Plays transcripts of telnet sessions against a process and compares what it says.

A transcript (*.session) is what a session looks like:

    # lines that begin with '#' are comments, empty ones are ignored
    torii-control> show version
    torii-control 0.1.0
    torii-control> show sessions
    imsi  ...
    ...
    /total +[0-9]+ sessions/
    torii-control> clear session imsi 001?
      <imsi>  ...

A line with the prompt is typed, the lines up to the next one are expected. In expected lines
'...' alone stands for any number of lines, '...' inside for any characters, /.../ is a regular
expression for the whole line, and runs of blanks count as one. A typed line that ends in '?'
asks for help. $NAME is replaced in all lines by --set NAME=value.
"""

import argparse
import difflib
import re
import socket
import sys
import time

IAC, SB, SE = 255, 250, 240


class Telnet:
    """A connection that understands options just enough to leave them out."""

    def __init__(self, host, port, timeout):
        self.timeout = timeout
        self.socket = socket.create_connection((host, port), timeout)
        self.raw = b""
        self.text = ""

    def close(self):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())

    def _decode(self):
        """Moves whole characters from raw to text; options are dropped."""
        out, i, raw = bytearray(), 0, self.raw
        while i < len(raw):
            if raw[i] != IAC:
                out.append(raw[i])
                i += 1
            elif i + 1 < len(raw) and raw[i + 1] == SB:
                end = raw.find(bytes((IAC, SE)), i)
                if end < 0:
                    break
                i = end + 2
            elif i + 2 < len(raw):
                i += 3
            else:
                break
        self.raw = raw[i:]
        self.text += out.decode("utf-8", "replace").replace("\r", "").replace("\a", "")

    def read_until_prompt(self, prompt):
        """What came before the next prompt at a line's beginning; None if the peer closed."""
        end = time.monotonic() + self.timeout
        while True:
            at = 0 if self.text.startswith(prompt) else self.text.find("\n" + prompt) + 1
            if at > 0 or self.text.startswith(prompt):
                said, self.text = self.text[:at], self.text[at + len(prompt):]
                return said
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                more = self.socket.recv(65536)
            except (socket.timeout, TimeoutError):
                raise TimeoutError("no prompt within %g s, heard: %r"
                                   % (self.timeout, self.text[-200:]))
            if not more:
                return None
            self.raw += more
            self._decode()


class Step:
    def __init__(self, line_number, command):
        self.line_number = line_number
        self.command = command
        self.expected = []


def parse(path, prompt, variables):
    """The steps of a transcript."""
    steps = []
    with open(path, encoding="utf-8") as transcript:
        for number, line in enumerate(transcript, 1):
            line = line.rstrip("\n")
            if line.startswith("#") or (not line.strip() and not steps):
                continue
            for name, value in variables.items():
                line = line.replace("$" + name, value)
            if line.startswith(prompt) or line == prompt.rstrip():
                steps.append(Step(number, line[len(prompt):]))
            elif line.strip():
                if not steps:
                    raise ValueError("%s:%d: a transcript begins with the prompt \"%s\""
                                     % (path, number, prompt))
                steps[-1].expected.append(line)
    return steps


def squeeze(line):
    return " ".join(line.split())


def line_matches(expected, line):
    if len(expected) > 2 and expected.startswith("/") and expected.endswith("/"):
        return re.fullmatch(expected[1:-1], line.rstrip()) is not None
    parts = [re.escape(part) for part in squeeze(expected).split("...")]
    return re.fullmatch(".*".join(parts), squeeze(line)) is not None


def matches(expected, lines):
    """Whether the lines are as expected; '...' alone takes as many as it must."""
    reachable = {0}
    for want in expected:
        following = set()
        for at in reachable:
            if want.strip() == "...":
                following.update(range(at, len(lines) + 1))
            elif at < len(lines) and line_matches(want, lines[at]):
                following.add(at + 1)
        reachable = following
    return len(lines) in reachable


def play_step(telnet, step, prompt):
    """Types one line; returns what the process said to it, None if it closed the connection."""
    asks_for_help = step.command.endswith("?")
    telnet.send(step.command + ("" if asks_for_help else "\r\n"))
    said = telnet.read_until_prompt(prompt)
    if asks_for_help and said is not None:
        telnet.send("\x15\r\n")  # forget the line that was asked about
        telnet.read_until_prompt(prompt)
    return said


def play(path, options, variables):
    """Plays one transcript; returns a list of what was wrong."""
    steps = parse(path, options.prompt, variables)
    telnet = Telnet(options.host, options.port, options.timeout)
    faults = []
    try:
        if telnet.read_until_prompt(options.prompt) is None:
            return ["the connection was closed before the first prompt"]
        for step in steps:
            said = play_step(telnet, step, options.prompt)
            if said is None:
                if step is not steps[-1]:
                    faults.append("%s:%d: the connection was closed after \"%s\""
                                  % (path, step.line_number, step.command))
                break
            lines = [line for line in said.split("\n") if line.strip()]
            if options.show:
                print("%s%s\n%s" % (options.prompt, step.command, "\n".join(lines)))
            if not matches(step.expected, lines):
                difference = difflib.ndiff(step.expected, lines)
                faults.append("%s:%d: %s\n  %s" % (path, step.line_number, step.command,
                              "\n  ".join(d for d in difference if not d.startswith("?"))))
    finally:
        telnet.close()
    return faults


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2323)
    parser.add_argument("--prompt", default="torii-control> ", help="default: '%(default)s'")
    parser.add_argument("--timeout", type=float, default=20, help="seconds for an answer")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=value",
                        help="replaces $NAME in the transcripts")
    parser.add_argument("--show", action="store_true", help="print the session as it goes")
    parser.add_argument("files", nargs="+", metavar="file.session")
    options = parser.parse_args()
    variables = dict(pair.split("=", 1) for pair in options.set)
    n_failed = 0
    for path in options.files:
        try:
            faults = play(path, options, variables)
        except (OSError, ValueError, re.error) as fault:
            faults = [str(fault)]
        print("%-60s %s" % (path, "FAILED" if faults else "ok"))
        for fault in faults:
            print("  " + fault.replace("\n", "\n  "))
        n_failed += bool(faults)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
