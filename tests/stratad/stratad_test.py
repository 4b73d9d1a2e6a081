#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stratad shows to those who run it: exit codes, lines, signals.

usage: stratad_test.py STRATAD [CLASS…]"""
import json
import resource
import signal
import socket
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema
import yaml
from stratad_process import PATIENCE, Stratad, echoes, receive_exactly, run


def configuration(*services, head=""):
    entries = services or ("{ name: echo, kind: echo, listen: 'tcp://127.0.0.1:0' }",)
    return f"strata: 1\n{head}\nservices:\n" + "".join(f"  - {entry}\n" for entry in entries)


def check(text):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "a.yaml")
        file.write_text(text)
        code, out, told = run("-c", str(file), "--check")
        return code, out, told.replace(folder + "/", "")


class Command_Line(unittest.TestCase):
    def test_help_and_version_succeed(self):
        code, out, told = run("--help")
        self.assertEqual((code, told), (0, ""))
        for word in ("--config", "--set", "--check", "--list-kinds", "--schema", "--version", "echo"):
            self.assertIn(word, out)
        code, out, told = run("--version")
        self.assertEqual((code, told), (0, ""))
        self.assertRegex(out, r"^stratad \d+\.\d+\.\d+\n$")

    def test_kinds_are_listed_with_their_options(self):
        code, out, told = run("--list-kinds")
        self.assertEqual((code, told), (0, ""))
        self.assertRegex(out, r"(?m)^echo\n  listen +endpoint +required +\w")
        self.assertRegex(out, r"(?m)^  overflow +pause\|close\|shed +pause ")

    def test_a_wrong_command_line_is_64(self):
        for arguments in ((), ("-c",), ("--nonsense",), ("--check",), ("-c", "x", "--list-kinds"), ("x",),
                          ("-c", "x", "y"), ("-c", ""), ("--schema", "--list-kinds"), ("-o", "a=b"),
                          ("-c", "x", "-o", "a"), ("-c", "x", "-o", "=a"), ("-c", "x", "echo", "--listen", "tcp://*:0"),
                          ("echo",), ("echo", "--listen"), ("echo", "--listen", "tcp://*:0", "--nonsense")):
            code, out, told = run(*arguments)
            self.assertEqual((code, out), (64, ""), arguments)
            self.assertNotEqual(told, "", arguments)


class Flags(unittest.TestCase):
    def test_a_kind_is_served_without_a_file(self):
        with Stratad(None, "echo", "--listen", "tcp://127.0.0.1:0", "--idle-timeout", "30s") as daemon:
            self.assertEqual(list(daemon.ready()), ["echo"])
            with daemon.connect() as peer:
                self.assertTrue(echoes(peer, b"hello"))
            self.assertEqual(daemon.terminate()[0], 0)

    def test_a_flag_that_is_repeated_is_a_list(self):
        with tempfile.TemporaryDirectory() as folder:
            with Stratad(None, "echo", "--listen", "tcp://127.0.0.1:0", "--listen", f"unix://{folder}/a b") as daemon:
                self.assertRegex(daemon.wait_line(" ready: ").string,
                                 rf"^echo ready: echo tcp://127\.0\.0\.1:\d+, echo unix://{folder}/a b$")
                self.assertEqual(daemon.terminate()[0], 0)

    def test_its_help_has_every_option_with_its_default(self):
        code, out, told = run("echo", "--help")
        self.assertEqual((code, told), (0, ""))
        self.assertRegex(out, r"--listen endpoint \.\.\. REQUIRED")
        self.assertRegex(out, r"--idle-timeout duration=0s ")
        self.assertRegex(out, r"--overflow pause\|close\|shed=pause\s")
        self.assertRegex(out, r"--shed-when-full +out of")

    def test_a_flag_is_judged_like_the_key(self):
        code, out, told = run("echo", "--check", "--listen", "tcp://127.0.0.1:0", "--idle-timeout", "30",
                              "--low-water=2MiB", "--shed-when-full")
        self.assertEqual((code, out), (78, ""))
        self.assertEqual(told, '--idle-timeout: error: idle_timeout: "30" has no unit; write 30s or 30ms\n')

    def test_a_file_is_set_over(self):
        with Stratad(configuration(), "-o", "services.echo.name=second", "-o", "daemon.name=d") as daemon:
            self.assertRegex(daemon.wait_line(" ready: ").string, r"^d ready: second tcp://127\.0\.0\.1:\d+$")
            self.assertEqual(daemon.terminate()[0], 0)

    def test_what_is_set_and_wrong_is_told(self):
        with Stratad(configuration(), "-o", "services.ecko.listen=x", "-o", "daemon.spin=1s") as daemon:
            code, told = daemon.end()
        self.assertEqual(code, 78)
        self.assertEqual(told, "-o services.ecko.listen: error: nothing in \"services\" is called \"ecko\"; did you "
                               "mean \"echo\"?\n")


class Explanation(unittest.TestCase):
    def explained(self, text, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "a.yaml")
            file.write_text(text)
            code, out, told = run("-c", str(file), "--explain", *arguments)
            self.assertEqual((code, told), (0, ""))
            return out.replace(folder + "/", "")

    def test_every_value_has_its_origin(self):
        text = configuration("{ name: a, kind: echo, listen: 'tcp://*:7', idle_timeout: 30s }",
                             "{ name: b, kind: echo, listen: 'unix:///tmp/b' }",
                             head="environment: [NOBODY_SETS_THIS]\ndaemon: { name: '${NOBODY_SETS_THIS:-d}' }")
        out = self.explained(text, "-o", "services.b.overflow=shed")
        for line in (r"strata: 1 +# a.yaml:1:9", r"  name: d +# a.yaml:3:17", r"    drain: 10s +# default",
                     r"  - name: a +# a.yaml:5:13", r"    listen: tcp://\*:7 +# a.yaml:5:36",
                     r"    idle_timeout: 30s +# a.yaml:5:63", r"    idle_timeout: 0s +# default",
                     r"    overflow: shed +# -o services.b.overflow"):
            self.assertRegex(out, f"(?m)^{line}$")

    def test_it_reads_back_as_itself(self):
        values = lambda text: [line.split("  #")[0].rstrip() for line in text.splitlines()]
        first = self.explained(configuration(head="logging: { levels: { reactor: debug }, file: '/tmp/a b.log' }"))
        self.assertEqual(check(first), (0, "", ""))
        self.assertEqual(values(self.explained(first)), values(first))

    def test_mistakes_are_told_instead(self):
        self.assertEqual(run("echo", "--listen", "x", "--explain")[0], 78)


class Schema(unittest.TestCase):
    """The schema accepts what --check accepts, and refuses what it refuses, but for what holds between keys."""
    GOOD = ("idle_timeout: 30s", "high_water: 64KiB", "high_water: 65536", "overflow: shed", "shed_when_full: true",
            "max_connections: 10", "low_water: 1KiB", "backlog: 1", "listen: ['tcp://*:0']",
            "listen: ['tcp://127.0.0.1:0', 'unix:///tmp/b']")
    BAD = ("listen: []", "listen: [x]", "listen: 7", "idle_timeout: 30", "idle_timeout: [1s]", "high_water: -1",
           "high_water: 1 KiB", "overflow: maybe", "shed_when_full: yes please", "max_connections: many",
           "backlog: 0", "unknown: 1")

    def setUp(self):
        code, out, told = run("--schema")
        self.assertEqual((code, told), (0, ""))
        self.validator = jsonschema.Draft7Validator(json.loads(out))
        self.validator.check_schema(json.loads(out))

    def accepts(self, text):
        return self.validator.is_valid(yaml.safe_load(text))

    def expect(self, accepted, text):
        self.assertEqual(check(text)[0], 0 if accepted else 78, text)
        self.assertEqual(self.accepts(text), accepted, text)

    def test_of_a_service(self):
        for options, accepted in [(good, True) for good in self.GOOD] + [(bad, False) for bad in self.BAD]:
            listen = "" if options.startswith("listen") else "listen: 'tcp://127.0.0.1:0', "
            self.expect(accepted, configuration(f"{{ name: a, kind: echo, {listen}{options} }}"))
        self.expect(False, configuration("{ name: a, kind: ecko }"))
        self.expect(False, configuration("{ name: a, kind: echo }"))
        self.expect(False, configuration("{ name: 'a b', kind: echo, listen: 'tcp://*:0' }"))

    def test_of_the_daemon(self):
        for head in ("daemon: { name: d, demultiplexer: poll, spin: 50us, shutdown: { drain: 5s } }",
                     "logging: { level: debug, levels: { reactor: error }, format: json }"):
            self.expect(True, configuration(head=head))
        for head in ("daemon: { nam: d }", "daemon: { demultiplexer: kqueue }", "daemon: { shutdown: { drain: 5 } }",
                     "logging: { level: loud }", "logging: { levels: { reactor: loud } }", "more: 1"):
            self.expect(False, configuration(head=head))

    def test_the_file_of_it_is_up_to_date(self):
        file = Path(__file__).parents[2] / "config/schema/strata.schema.json"
        self.assertEqual(file.read_text(), run("--schema")[1], "stratad --schema > config/schema/strata.schema.json")

    def test_the_reference_of_kinds_is_up_to_date(self):
        file = Path(__file__).parents[2] / "docs/reference/kinds.md"
        listed = file.read_text().split("```text\n")[1].split("```")[0]
        self.assertEqual(listed, run("--list-kinds")[1], "stratad --list-kinds, into docs/reference/kinds.md")

    def test_of_the_example(self):
        example = Path(__file__).parents[2] / "config/examples/echo.yaml"
        self.assertTrue(self.accepts(example.read_text()))


class Configuration(unittest.TestCase):
    def test_a_good_file_passes_the_check_in_silence(self):
        self.assertEqual(check(configuration()), (0, "", ""))

    def test_the_example_passes_the_check(self):
        example = Path(__file__).parents[2] / "config/examples/echo.yaml"
        self.assertEqual(run("-c", str(example), "--check"), (0, "", ""))

    def test_all_mistakes_are_told_with_their_places_and_78(self):
        code, out, told = check("strata: 1\n"
                                "daemon: { concurrency: { model: half-sync } }\n"
                                "services:\n"
                                "  - { name: echo, kind: ecko, listen: 'tcp://127.0.0.1:7007' }\n"
                                "  - { name: b, kind: echo, listen: 'tcp://127.0.0.1:70070', idle_timeuot: 30 }\n"
                                "  - { name: c, kind: echo, listen: x, idle_timeout: 30 }\n")
        self.assertEqual((code, out), (78, ""))
        lines = told.splitlines()
        self.assertEqual(lines[0], "a.yaml:2:33: error: model: \"half-sync\" is not one of: single "
                         "worker-pool multi-reactor leader-followers")
        self.assertEqual(lines[1], "a.yaml:4:25: error: kind: no kind is called \"ecko\"; did you mean \"echo\"?")
        self.assertRegex(lines[2], r"^a.yaml:5:53: error: listen: ")
        self.assertEqual(lines[3],
                         "a.yaml:5:61: error: unknown key \"idle_timeuot\"; did you mean \"idle_timeout\"?")
        self.assertRegex(lines[4], r"^a.yaml:6:36: error: listen: ")
        self.assertEqual(lines[5], "a.yaml:6:53: error: idle_timeout: \"30\" has no unit; write 30s or 30ms")
        self.assertEqual(len(lines), 6)

    def test_a_run_refuses_what_the_check_refuses(self):
        with Stratad("strata: 1\nservices: [{ name: a }]\n") as daemon:
            code, told = daemon.end()
            self.assertEqual(code, 78)
            self.assertIn("a.yaml:2:12: error: the key \"kind\" is missing", told)

    def test_what_will_surprise_is_told_apart_and_is_no_mistake(self):
        text = configuration("{ name: a, kind: echo, listen: 'tcp://127.0.0.1:0', queue_limit: 64KiB }",
                             "{ name: b, kind: echo, listen: 'tcp://127.0.0.1:0', enabled: false }",
                             "{ name: c, kind: echo, listen: 'tcp://127.0.0.1:0', after: [b] }")
        self.assertEqual(check(text), (0, "", (
            "a.yaml:4:70: warning: queue_limit: is below the high-water mark of 1MiB, which is never reached\n"
            'a.yaml:6:65: warning: "b" is not enabled: there is nothing to wait for\n')))

    def test_what_is_no_yaml_is_told_with_its_place(self):
        self.assertEqual(check("strata: 1\nservices: [\n")[0], 78)
        self.assertRegex(check("strata: 'x\n")[2], r"^a.yaml:1:9: error: this quote is never closed\n$")

    def test_a_missing_file_is_78(self):
        self.assertEqual(run("-c", "/nowhere/a.yaml"),
                         (78, "", "/nowhere/a.yaml: error: No such file or directory\n"))


class Service(unittest.TestCase):
    def test_the_ready_line_says_where_each_service_listens(self):
        with tempfile.TemporaryDirectory() as folder:
            text = configuration("{ name: a, kind: echo, listen: 'tcp://127.0.0.1:0' }",
                                 f"{{ name: b, kind: echo, listen: 'unix://{folder}/b' }}",
                                 head="daemon: { name: two }")
            with Stratad(text) as daemon:
                self.assertRegex(daemon.wait_line(" ready: ").string,
                                 rf"^two ready: a tcp://127\.0\.0\.1:[1-9]\d*, b unix://{folder}/b$")
                for name in ("a", "b"):
                    with daemon.connect(name) as peer:
                        self.assertTrue(echoes(peer, b"hello"))
                self.assertEqual(daemon.terminate()[0], 0)
                self.assertFalse(Path(folder, "b").exists())

    def test_every_demultiplexer_serves(self):
        for name in ("auto", "epoll", "io_uring", "poll", "select"):
            with Stratad(configuration(head=f"daemon: {{ demultiplexer: {name} }}")) as daemon:
                with daemon.connect() as peer:
                    self.assertTrue(echoes(peer, b"x" * 100_000), name)
                self.assertEqual(daemon.terminate()[0], 0, name)

    def test_a_thousand_connections_are_served_at_once(self):
        with Stratad(configuration()) as daemon:
            peers = [daemon.connect() for _ in range(1000)]
            for number, peer in enumerate(peers):
                peer.sendall(b"%d says hello" % number)
            for number, peer in enumerate(peers):
                wanted = b"%d says hello" % number
                self.assertEqual(receive_exactly(peer, len(wanted)), wanted)
            self.assertEqual(daemon.terminate()[0], 0)
            for peer in peers:
                self.assertEqual(peer.recv(1), b"")
                peer.close()

    def test_a_taken_address_is_69_and_told_with_its_place(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            text = configuration("{ name: a, kind: echo, listen: 'tcp://127.0.0.1:0' }",
                                 f"{{ name: b, kind: echo, listen: 'tcp://127.0.0.1:{port}' }}")
            with Stratad(text) as daemon:
                code, told = daemon.end()
                self.assertEqual(code, 69)
                self.assertIn(f"a.yaml:5:36: error: service b: bind 127.0.0.1:{port}: Address already in use\n", told)
                self.assertNotIn(" ready: ", told)


    def test_a_socket_that_a_killed_daemon_left_is_replaced_and_has_its_mode(self):
        with tempfile.TemporaryDirectory() as folder:
            flags = ("echo", "--listen", f"unix://{folder}/socket", "--socket-mode", "0620")
            with Stratad(None, *flags) as daemon:
                daemon.ready()
                daemon.signal(signal.SIGKILL)
            self.assertTrue(Path(folder, "socket").is_socket())
            with Stratad(None, *flags) as daemon:
                with daemon.connect() as peer:
                    self.assertTrue(echoes(peer, b"hello"))
                self.assertEqual(Path(folder, "socket").stat().st_mode & 0o777, 0o620)
                with Stratad(None, *flags) as second:
                    self.assertEqual(second.end()[0], 69)
                self.assertEqual(daemon.terminate()[0], 0)
            self.assertFalse(Path(folder, "socket").exists())


class Activation(unittest.TestCase):
    """Sockets that the process was started with. What a service manager does is done by a shell: sd_listen_fds(3)."""

    YAML = "strata: 1\nservices:\n  - { name: echo, kind: echo, listen: %s }\n"
    UDP = "strata: 1\nservices:\n  - { name: echo, kind: echo-udp, listen: %s }\n"

    def listener(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        return listener

    def started(self, yaml, sockets, names):
        """With the sockets from descriptor 3 on."""
        moves = " ".join(f"{3 + i}<&{one.fileno()}" for i, one in enumerate(sockets))
        closes = " ".join(f"{one.fileno()}<&-" for one in sockets if one.fileno() >= 3 + len(sockets))
        variables = f"LISTEN_PID=$$ LISTEN_FDS={len(names)} LISTEN_FDNAMES={':'.join(names)}"
        shell = f'exec {moves} {closes}; {variables} exec "$@"'
        return Stratad(yaml, before=("bash", "-c", shell, "bash"), pass_fds=[one.fileno() for one in sockets])

    def test_a_descriptor_is_served(self):
        listener = self.listener()
        yaml = self.YAML % f"fd://{listener.fileno()}"
        with Stratad(yaml, pass_fds=[listener.fileno()]) as daemon:
            self.assertEqual(daemon.ready()["echo"], "tcp://127.0.0.1:%d" % listener.getsockname()[1])
            with daemon.connect() as peer:
                self.assertTrue(echoes(peer, b"inherited"))
            self.assertEqual(daemon.terminate()[0], 0)

    def test_connections_made_before_the_start_are_served(self):
        listener = self.listener()
        with socket.create_connection(listener.getsockname()) as peer:
            peer.settimeout(PATIENCE)
            with Stratad(self.YAML % f"fd://{listener.fileno()}", pass_fds=[listener.fileno()]):
                self.assertTrue(echoes(peer, b"early"))

    def test_sockets_are_found_by_their_names(self):
        first, second = self.listener(), self.listener()
        with self.started(self.YAML % "systemd://web", [first, second], ["mail", "web"]) as daemon:
            self.assertEqual(daemon.ready()["echo"], "tcp://127.0.0.1:%d" % second.getsockname()[1])
            with daemon.connect() as peer:
                self.assertTrue(echoes(peer, b"named"))

    def test_a_datagram_socket_is_served(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            server.bind(("127.0.0.1", 0))
            peer.settimeout(PATIENCE)
            with self.started(self.UDP % "systemd://dns", [server], ["dns"]) as daemon:
                daemon.ready()
                peer.sendto(b"question", server.getsockname())
                self.assertEqual(peer.recv(100), b"question")

    def test_what_was_not_passed_is_69_and_told_with_its_place(self):
        with self.started(self.YAML % "systemd://web", [self.listener()], ["mail"]) as daemon:
            code, told = daemon.end()
            self.assertEqual(code, 69)
            self.assertIn("a.yaml:3:39: error: service echo: systemd://web: the service manager has passed no such "
                          "socket, but mail", told)
        with Stratad(self.YAML % "fd://77") as daemon:
            code, told = daemon.end()
            self.assertEqual(code, 69)
            self.assertIn("fd://77: Bad file descriptor", told)


class Signals(unittest.TestCase):
    # A peer that sends and never reads: the service owes it bytes, so a drain waits for it.
    @staticmethod
    def stubborn(daemon):
        peer = daemon.connect()
        peer.setblocking(False)
        try:
            while True:
                peer.send(b"x" * 65536)
        except BlockingIOError:
            return peer

    def test_a_first_signal_drains_and_ends_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Stratad(configuration()) as daemon, daemon.connect() as peer:
                self.assertTrue(echoes(peer, b"hello"))
                daemon.signal(number)
                self.assertEqual(daemon.end()[0], 0)
                self.assertEqual(peer.recv(1), b"")

    def test_a_drain_ends_when_its_time_is_over(self):
        with Stratad(configuration(head="daemon: { shutdown: { drain: 300ms } }")) as daemon, self.stubborn(daemon):
            daemon.signal(signal.SIGTERM)
            code, told = daemon.end()
            self.assertEqual(code, 0)
            self.assertEqual(told.count("connections were cut off service=echo connections=1"), 1, told)

    def test_a_drain_that_all_have_heeded_cuts_off_nobody(self):
        with Stratad(configuration()) as daemon, daemon.connect() as peer:
            self.assertTrue(echoes(peer, b"hello"))
            daemon.signal(signal.SIGTERM)
            self.assertNotIn("cut off", daemon.end()[1])

    def test_a_second_signal_ends_at_once(self):
        with Stratad(configuration(head="daemon: { shutdown: { drain: 1h } }")) as daemon, self.stubborn(daemon):
            daemon.signal(signal.SIGTERM)
            daemon.wait_line("stopping drain=")
            daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.end()[0], 0)

    def test_while_it_drains_nobody_new_is_served(self):
        with Stratad(configuration(head="daemon: { shutdown: { drain: 1h } }")) as daemon, self.stubborn(daemon):
            daemon.signal(signal.SIGTERM)
            daemon.wait_line("stopping drain=")
            with self.assertRaises(OSError):
                daemon.connect().recv(1)
                raise ConnectionError  # accepted by the kernel, ended by the daemon
            daemon.signal(signal.SIGINT)
            self.assertEqual(daemon.end()[0], 0)

    def test_other_signals_do_not_end_it(self):
        with Stratad(configuration()) as daemon, daemon.connect() as peer:
            for number, name in ((signal.SIGHUP, "HUP"), (signal.SIGUSR2, "USR2")):
                daemon.signal(number)
                daemon.wait_line(f"signal={name}")
            daemon.signal(signal.SIGUSR1)
            daemon.wait_line(r"a reactor index=0 demultiplexer=\w+ accepted=1 closed=0 shed=0 turns=\d+ .* stalls=0")
            daemon.wait_line("a service name=echo state=running failures=0")
            self.assertTrue(echoes(peer, b"hello"))
            self.assertEqual(daemon.terminate()[0], 0)

    def test_times_that_nobody_took_are_not_told_as_0(self):
        with Stratad(configuration()) as daemon, daemon.connect() as peer:
            self.assertTrue(echoes(peer, b"hello"))  # one upcall in 64 is timed
            daemon.signal(signal.SIGUSR1)
            daemon.wait_line(r"a reactor index=0 .* upcall_p50=- upcall_p99=- upcall_longest=- ")
            for _ in range(64):
                self.assertTrue(echoes(peer, b"hello"))
            daemon.signal(signal.SIGUSR1)
            daemon.wait_line(r"a reactor index=0 .* upcall_p50=[0-9.]+[a-z]+ upcall_p99=[0-9.]+")
            self.assertEqual(daemon.terminate()[0], 0)

    def test_a_service_that_restarts_may_come_later(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            late = f"{{ name: late, kind: echo, listen: 'tcp://127.0.0.1:{port}', restart: on_failure }}"
            with Stratad(configuration("{ name: echo, kind: echo, listen: 'tcp://127.0.0.1:0' }", late)) as daemon:
                self.assertEqual(list(daemon.ready()), ["echo"])
                daemon.wait_line("a service failed service=late error=.*in use")
                taken.close()
                daemon.wait_line("a service runs again service=late")
                with socket.create_connection(("127.0.0.1", port)) as peer:
                    self.assertTrue(echoes(peer, b"at last"))
                self.assertEqual(daemon.terminate()[0], 0)

    def test_it_outlives_the_reader_of_its_log(self):
        with Stratad(configuration(head="logging: { level: debug }")) as daemon, daemon.connect() as peer:
            daemon.ready()
            daemon.process.stderr.close()
            daemon.signal(signal.SIGUSR1)  # makes it write
            self.assertTrue(echoes(peer, b"hello"))
            daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.process.wait(timeout=60), 0)


if __name__ == "__main__":
    Stratad.program = sys.argv.pop(1)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    unittest.main(verbosity=2)
