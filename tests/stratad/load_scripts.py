# SPDX-License-Identifier: Apache-2.0
"""What the connections of a load ask for, and what they may be told: of files that stay, and of such as change while
they are sent; of an echo and a cache. Wrong input stands among it."""
import os
import random
import socket
from pathlib import Path

from load import Reply, Script

PAGE = 4_096
SIZES = (0, 1, 4_095, 4_096, 4_097, 65_536, 300_001, 1_048_575, 1_048_577, 3_145_735)
LARGE = 24_000_000  # more than two sockets hold
MOST = 2 << 20  # of a file that changes
NO_REQUEST = b"error no such request\n"
SHORT = b"error Too many open files\n"
WRONG = (b"", b"\0", b"get", b"stat ", b"get a\0b", b"list \x01", b"quit now", b"GET /f1 HTTP/1.1", b"\xff" * 64,
         b" get f1", b"get " + b"n" * 4_096, b"\r")


def answer(table):
    """The body of each first line."""
    return table.get


class Tree:
    """The folder that is served. The contents of what changes in place are always the beginning of one and the same."""

    def __init__(self, folder, seed=5):
        dice = random.Random(seed)
        self.root, self.aside = Path(folder, "root"), Path(folder, "aside")
        (self.root / "stable").mkdir(parents=True)
        self.aside.mkdir()
        self.stable = {f"f{number}": dice.randbytes(size) for number, size in enumerate(SIZES)}
        for name, content in self.stable.items():
            (self.root / "stable" / name).write_bytes(content)
        self.versions = [dice.randbytes(size) for size in (10, 5_000, 70_000, 1_100_000)]  # a size is of one of them
        self.endless = memoryview(dice.randbytes(MOST).replace(b"\0", b"\1"))
        for name in ("replaced", "removed"):
            self.replace(name, self.versions[0])
        self.replace("grown", self.endless[:PAGE])
        self.replace("shrunk", self.endless)
        (self.root / "large").write_bytes(dice.randbytes(LARGE))
        os.mkfifo(self.root / "fifo")
        (self.root / "out").symlink_to("/etc")
        (self.root / "round").symlink_to("round")
        with socket.socket(socket.AF_UNIX) as named:
            named.bind(str(self.root / "socket"))
        self.stats = {name: os.stat(self.root / "stable" / name) for name in self.stable}
        self.listing = b"".join(name.encode() + b"\n" for name in sorted(self.stable))
        self.names = sorted(os.listdir(self.root))

    def replace(self, name, content):
        new = self.aside / "new"
        new.write_bytes(content)
        new.rename(self.root / name)

    def change(self, dice):
        """One of those that change; never by a thread but one."""
        kind = dice.choice(("replaced", "removed", "grown", "shrunk"))
        file = self.root / kind
        size = file.stat().st_size if file.exists() else 0
        if kind == "removed" and file.exists():
            file.unlink()
        elif kind in ("replaced", "removed"):
            self.replace(kind, dice.choice(self.versions))
        elif kind == "grown" and size >= MOST - PAGE:
            self.replace(kind, self.endless[:PAGE])
        elif kind == "shrunk" and size >= MOST:
            os.truncate(file, dice.randrange(size // PAGE) * PAGE)  # the kernel clears what is left of a page
        else:
            with file.open("r+b") as end:
                end.seek(size)
                end.write(self.endless[size:MOST if kind == "shrunk" else size + dice.randint(1, 99_999)])

    def beginning(self, head):
        """The answer to a get of what grows or shrinks."""
        word, _, size = head.partition(b" ")
        return self.endless[:int(size)] if word == b"ok" else None


class Files:
    """Requests, each with its Reply. `short`: descriptors are, and an open may fail for that."""

    def __init__(self, tree, short):
        self.tree, self.short = tree, short
        gone = {b"error No such file or directory\n": b""}
        versions = {b"ok %d\n" % len(one): memoryview(one) for one in tree.versions}
        self.changing = {b"replaced": versions, b"removed": {**versions, **gone}}
        error = lambda text: {b"error " + text + b"\n": b""}
        with_it = {b"ok %d\n" % len(names): "".join(name + "\n" for name in names).encode()
                   for names in (tree.names, [name for name in tree.names if name != "removed"])}
        self.fixed = [(b"get none", gone), (b"get ../aside/new", error(b"Invalid cross-device link")),
                      (b"get /etc/passwd", error(b"Invalid cross-device link")),
                      (b"list", with_it), (b"list .", with_it),
                      (b"get out/passwd", error(b"Invalid cross-device link")),
                      (b"stat round", error(b"Too many levels of symbolic links")),
                      (b"get " + b"n" * 300, error(b"File name too long")),
                      (b"get stable", error(b"not a regular file")),
                      (b"get fifo", error(b"not a regular file")), (b"get socket", error(b"No such device or address")),
                      (b"list stable/f1", error(b"Not a directory")),
                      (b"get stable/f1/x", error(b"Not a directory")),
                      (b"list stable", {b"ok %d\n" % len(tree.stable): tree.listing}),
                      *((one, {NO_REQUEST: b""}) for one in WRONG)]

    def reply(self, table, **more):
        if callable(table):
            return Reply(lambda head: b"" if self.short and head == SHORT else table(head), **more)
        return Reply(answer({**table, SHORT: b""} if self.short else table), **more)

    def request(self, dice):
        kind = dice.random()
        if kind < 0.6:
            name = dice.choice(list(self.tree.stable))
            content = self.tree.stable[name]
            way = b"stable/" if dice.random() < 0.8 else b"stable/../stable/./"
            return b"get " + way + name.encode(), self.reply({b"ok %d\n" % len(content): memoryview(content)})
        if kind < 0.75:
            name = dice.choice((b"replaced", b"removed"))
            return b"get " + name, self.reply(self.changing[name])
        if kind < 0.85:
            name = dice.choice((b"grown", b"shrunk"))
            return b"get " + name, self.reply(self.tree.beginning, may_shrink=name == b"shrunk")
        if kind < 0.9:
            name, known = dice.choice(list(self.tree.stats.items()))
            line = b"ok regular %d %d\n" % (known.st_size, int(known.st_mtime))
            return b"stat stable/" + name.encode(), self.reply({line: b""})
        line, table = dice.choice(self.fixed)
        return line, self.reply(table)

    def step(self, dice):
        line, reply = self.request(dice)
        return line + (b"\r\n" if dice.random() < 0.1 else b"\n"), reply

    def script(self, dice):
        steps = [self.step(dice) for _ in range(dice.randint(1, 12))]
        end = dice.choice(("await", "await", "fin", "close", "close", "reset", "away", "early", "oversize"))
        if end == "early":
            return Script("files", [], "fin")
        if end == "await":
            steps.append((b"quit\n", None))
        if end == "oversize":
            line = dice.choice((b"x" * 20_000, b"\0" * 8_400, b"get " + b"a/" * 3_000 + b"\n" * dice.randint(0, 1)))
            return Script("files", [*steps[:2], (line, Reply(is_end=True))], "fin", dice.random() < 0.5)
        return Script("files", steps, end, **manners(dice))


def manners(dice):
    how = {"pipelined": dice.random() < 0.5, "after": dice.choice((0, 1, 50, 5_000, 200_000))}
    if dice.random() < 0.1:
        how["send_most"] = dice.randint(1, 7)
    if dice.random() < 0.1:
        how |= {"receive_most": dice.choice((5_000, 30_000, 90_000)), "every": 2}
    return how


def echo_script(dice):
    data = [dice.randbytes(dice.choice((1, 7, 100, 4_096, 16_385, 65_537, 400_000))) for _ in range(dice.randint(0, 6))]
    how = manners(dice)
    if how.get("send_most"):
        data = [each[:500] for each in data]
    return Script("echo", [(each, Reply(body=memoryview(each))) for each in data],
                  dice.choice(("fin", "fin", "close", "reset", "away")), stream=True, **how)


class Cache:
    def __init__(self, number):
        self.number, self.count = number, 0

    def script(self, dice):
        self.count += 1
        key, value = b"%d:%d" % (self.number, self.count), dice.randbytes(dice.choice((0, 1, 100, 5_000, 70_000)))
        found = (b"get %s\r\n" % key, {b"VALUE %s 0 %d\r\n" % (key, len(value)): value + b"\r\nEND\r\n"})
        few = [found, (b"get none\r\n", {b"END\r\n": b""}), (b"\0\0\r\n", {b"ERROR\r\n": b""}),
               (b"get\r\n", {b"ERROR\r\n": b""}), (b"nonsense %s\r\n" % key, {b"ERROR\r\n": b""})]
        asked = [(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value), {b"STORED\r\n": b""}),
                 *(dice.choice(few) for _ in range(dice.randint(1, 8))),
                 (b"delete %s\r\n" % key, {b"DELETED\r\n": b""})]
        steps = [(line, Reply(answer(table))) for line, table in asked]
        end = dice.choice(("await", "fin", "close", "reset", "away"))
        if end == "await":
            steps.append((b"quit\r\n", None))
        return Script("cache", steps, end, **manners(dice))


def all_scripts(number, tree, addresses, short=False):
    """Of one process: what its next connection does, and where."""
    makers = {"files": Files(tree, short).script, "echo": echo_script, "cache": Cache(number).script}
    names = [name for name in ("files", "files", "files", "echo", "echo", "cache") if name in addresses]

    def script(dice):
        name = dice.choice(names)
        return addresses[name], makers[name](dice)

    return script
