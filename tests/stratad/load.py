# SPDX-License-Identifier: Apache-2.0
"""Load: many connections of one process, each of which follows a script and looks at every byte that comes back. What
a script may meet (a file that shrinks, a daemon that ends) is said in it; all else is a failure."""
import fcntl
import multiprocessing
import random
import selectors
import socket
import struct
import sys
import termios
import time
from collections import Counter
from dataclasses import dataclass, field

PATIENCE = 120  # seconds in which nothing has moved: it hangs
RECEIVED = 262_144
LONGEST_HEAD = 4_096


CLEARED = bytes(1) + b"\xff" * 255


def equal_but_zeros(came, wanted):
    """In `wanted` is none. As numbers, for they may be long."""
    mask, came, wanted = (int.from_bytes(each, sys.byteorder) for each in (came.translate(CLEARED), came, wanted))
    return wanted & mask == came


class Wrong(Exception):
    """Told by the script's name."""


@dataclass
class Reply:
    """A first line, and what then follows it; without a line, `body` alone."""
    answers: object = None      # the body of a first line, None: there is no such answer
    body: object = b""
    may_shrink: bool = False    # the file may be cut while it is sent: the stream may end, and bytes may be 0
    is_end: bool = False        # there is none: the stream ends
    _head: bytearray = field(default_factory=bytearray)
    _place: int = 0

    @property
    def begun(self):
        return self._place > 0 or len(self._head) > 0

    def is_empty(self):
        return self.answers is None and len(self.body) == 0 and not self.is_end

    def take(self, view):
        """How many bytes of `view` are of this; and whether it is complete."""
        if self.is_end:
            raise Wrong(f"bytes instead of the end: {bytes(view[:80])!r}")
        used = 0
        if self.answers is not None:
            used = self._take_head(view)
            if self.answers is not None:
                return used, False
        size = min(len(view) - used, len(self.body) - self._place)
        came = bytes(view[used:used + size])  # views are slow to compare
        wanted = bytes(self.body[self._place:self._place + size])
        if came != wanted and not (self.may_shrink and equal_but_zeros(came, wanted)):
            raise Wrong(f"wrong bytes in {bytes(self._head)!r} behind {self._place}")
        self._place += size
        return used + size, self._place == len(self.body)

    def _take_head(self, view):
        end = bytes(view[:LONGEST_HEAD]).find(b"\n") + 1
        self._head += view[:end or len(view)]
        if not end:
            if len(self._head) > LONGEST_HEAD:
                raise Wrong(f"no first line: {bytes(self._head[:80])!r}")
            return len(view)
        body = self.answers(bytes(self._head))
        if body is None:
            raise Wrong(f"no such answer: {bytes(self._head)!r}")
        self.body, self.answers = body, None
        return end


@dataclass
class Script:
    """What one connection does. `end`: "await" (the server ends it), "fin" (all is asked, then a FIN; the server ends
    it), "close" (when all has come), "reset" (after `after` bytes), "away" (when all is sent)."""
    name: str
    steps: list                # (bytes, Reply or None)
    end: str = "close"
    pipelined: bool = True
    send_most: int = 1 << 20
    receive_most: int = RECEIVED
    every: int = 1             # of the loop's turns
    after: int = 0
    stream: bool = False       # it has no replies that are whole: a daemon that ends may have read a part of one


class Peer:
    def __init__(self, load, script, address):
        self.load, self.script = load, script
        self.steps, self.replies = iter(script.steps), []
        self.out, self.all_sent = memoryview(b""), False
        self.received, self.done = 0, False
        self.socket = socket.socket()
        if script.every > 1:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what was sent has come
        self.socket.setblocking(False)
        self.connected = self.socket.connect_ex(address) == 0
        self.interest = 0
        self.watch()

    def watch(self):
        wanted = selectors.EVENT_READ
        if self.out or self.may_ask() or not self.connected:
            wanted |= selectors.EVENT_WRITE
        if wanted != self.interest:
            change = self.load.selector.modify if self.interest else self.load.selector.register
            change(self.socket, wanted, self)
            self.interest = wanted

    def may_ask(self):
        if self.all_sent or self.load.held:
            return False
        return self.script.pipelined or not self.replies

    def all_has_come(self):
        """To the other end's system: what was sent is acknowledged (tcp(7), SIOCOUTQ)."""
        return not self.out and int.from_bytes(fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4)), sys.byteorder) == 0

    def turn(self, events):
        try:
            if events & selectors.EVENT_WRITE:
                self.connected = True
                self.send()
            if events & selectors.EVENT_READ and not self.done:
                self.receive()
            if not self.done:
                self.watch()
        except BlockingIOError:
            pass  # the selector was wrong, or more was asked for than of what it spoke
        except OSError as error:
            self.lost(error)
        except Wrong as error:
            self.fail(str(error))

    def send(self):
        if not self.out and self.may_ask():
            self.ask()
        if self.out:
            self.out = self.out[self.socket.send(self.out[:self.script.send_most]):]
        if self.all_sent and not self.out:
            self.has_sent_all()

    def ask(self):
        step = next(self.steps, None)
        if step is None:
            self.all_sent = True
            return
        self.out = memoryview(step[0])
        if step[1] is not None:
            self.replies.append(step[1])

    def has_sent_all(self):
        if self.script.end == "fin":
            self.socket.shutdown(socket.SHUT_WR)
        elif self.script.end == "away" or (self.script.end in ("close", "reset") and not self.replies):
            self.finish()

    def receive(self):
        size = min(self.script.receive_most, RECEIVED)
        if self.script.end == "reset":
            size = min(size, self.script.after - self.received + 1)
        count = self.socket.recv_into(self.load.buffer, size)
        if count == 0:
            return self.ended()
        self.received += count
        self.load.bytes += count
        self.look_at(self.load.view[:count])
        if self.script.end == "reset" and self.received >= self.script.after:
            self.finish(reset=True)
        elif self.script.end in ("close", "reset") and self.all_sent and not self.out and not self.replies:
            self.finish()

    def look_at(self, view):
        while view:
            if not self.replies:
                raise Wrong(f"bytes that nobody asked for: {bytes(view[:80])!r}")
            used, complete = self.replies[0].take(view)
            view = view[used:]
            if not complete and not view:
                return
            self.replies.pop(0)
            self.load.replies += 1
        while self.replies and self.replies[0].is_empty():
            self.replies.pop(0)

    def ended(self):
        """By a FIN: between replies, and when all is answered but where the daemon ends."""
        first = self.replies[0] if self.replies else None
        if first is not None and (first.is_end or (first.begun and first.may_shrink)):
            return self.finish("cut")
        in_order = first is None or not (self.load.held or (first.begun and not self.script.stream))
        if self.load.ending and in_order:
            return self.finish("ended")
        asked_all = self.all_sent or self.load.held  # nobody has looked since the last was sent
        if first is not None or not asked_all or self.out or self.script.end not in ("await", "fin"):
            return self.fail(f"ended with {len(self.replies)} replies to come, begun: {first and first.begun}")
        self.finish()

    def lost(self, error):
        """By a reset, or never made."""
        first = self.replies[0] if self.replies else None
        begun = first is not None and first.begun
        crossed = self.load.ending and not self.load.held and (self.script.pipelined or self.script.stream or not begun)
        turned_away = self.load.rules.get("turned_away") and self.received == 0
        if crossed or turned_away:
            return self.finish("lost")
        self.fail(f"{error!r} after {self.received} bytes, {len(self.replies)} replies to come, begun: {begun}")

    def fail(self, why):
        self.load.failures.append(f"{self.script.name} ({self.script.end}): {why}")
        self.finish("failed")

    def finish(self, how="done", reset=False):
        self.done = True
        self.load.ends[f"{self.script.name}: {how}"] += 1
        self.load.selector.unregister(self.socket)
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        self.load.peers.discard(self)


class Load:
    """`scripts(dice)` yields (address, Script) for as long as it is asked; `count` of them, `at_once` at a time."""

    def __init__(self, scripts, seed, count, at_once, control, **rules):
        self.scripts, self.dice = scripts, random.Random(seed)
        self.left, self.at_once, self.control, self.rules = count, at_once, control, rules
        self.half = count // 2
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ, None)
        self.buffer = bytearray(RECEIVED)
        self.view = memoryview(self.buffer)
        self.peers, self.failures, self.ends = set(), [], Counter()
        self.held = self.ending = self.told = self.told_half = False
        self.bytes = self.replies = self.turns = 0

    def run(self):
        last, moved = time.monotonic(), (0, 0)
        while (self.left or self.peers) and not self.failures:
            self.fill()
            self.one_turn()
            now = (self.bytes, sum(self.ends.values()))
            if now != moved:
                last, moved = time.monotonic(), now
            elif time.monotonic() - last > PATIENCE:
                self.failures.append("nothing moves: " + ", ".join(sorted(self.state_of(one) for one in self.peers)))
        return {"failures": self.failures, "ends": self.ends, "bytes": self.bytes, "replies": self.replies}

    @staticmethod
    def state_of(one):
        return (f"{one.script.name} ({one.script.end}; sent: {one.all_sent and not one.out}, came: {one.received}, "
                f"to come: {len(one.replies)}, {one.socket.getsockname()})")

    def fill(self):
        while self.left and len(self.peers) < self.at_once and not (self.held or self.ending):
            self.left -= 1
            address, script = self.scripts(self.dice)
            self.peers.add(Peer(self, script, address))
        if self.ending:
            self.left = 0
        if not self.told_half and sum(self.ends.values()) >= self.half:
            self.told_half = True
            self.control.send("half")
        if self.held and not self.told and all(one.connected and one.all_has_come() for one in self.peers):
            self.told = True
            self.control.send("held")

    def one_turn(self):
        self.turns += 1
        for key, events in self.selector.select(0.01 if self.held and not self.told else 1):
            if key.data is None:
                self.obey(self.control.recv())
            elif not key.data.done and (self.turns % key.data.script.every == 0 or self.ending):
                key.data.turn(events)

    def obey(self, word):
        if word == "hold":
            self.held = True
            for one in self.peers:
                one.all_sent = one.all_sent or not one.out
                one.watch()
        elif word == "end":
            self.ending = True
            self.control.send("ending")
            for one in self.peers:
                one.watch()


def work(make_scripts, arguments, control, settings):
    """A process of its own."""
    try:
        control.send(Load(make_scripts(*arguments), control=control, **settings).run())
    except (EOFError, BrokenPipeError):
        pass  # the test has failed


class Crew:
    """Processes that load, told what to do together."""

    def __init__(self, make_scripts, arguments, processes, **settings):
        context = multiprocessing.get_context("fork")
        self.controls, self.processes, self.found = [], [], {}
        seed = settings.pop("seed")
        for number in range(processes):
            here, there = context.Pipe()
            one = context.Process(target=work, args=(make_scripts, (number, *arguments), there,
                                                     {"seed": seed * 100 + number, **settings}))
            one.start()
            there.close()
            self.controls.append(here)
            self.processes.append(one)

    def tell(self, word):
        for control in self.controls:
            try:
                control.send(word)
            except BrokenPipeError:
                pass  # it has done all

    def await_all(self, word, meanwhile=lambda: None):
        """Until each has said `word`, or that it has done all."""
        for control in self.controls:
            said = None
            while said != word and control not in self.found:
                while not control.poll(0.002):
                    meanwhile()
                said = control.recv()
                if isinstance(said, dict):
                    self.found[control] = said

    def results(self, meanwhile=lambda: None):
        self.await_all("results", meanwhile)
        for one in self.processes:
            one.join()
        return list(self.found.values())

    def close(self):
        for control in self.controls:
            control.close()
        for one in self.processes:
            one.kill()
            one.join()
            one.close()
