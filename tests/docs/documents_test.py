# SPDX-License-Identifier: Apache-2.0
"""The checks of the documents themselves: each must go red."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = "// SPDX-License-Identifier: Apache-2.0\nint main() {\n  int a = 1;\n  int b = 2;\n  return a + b;\n}\n"
DAEMON = """#!/bin/bash
# Stands in for stratad: listens where the YAML says, ends with 0 on Ctrl-C.
exec python3 -c '
import re, signal, socket, sys
port = int(re.search(r":(\\d+)", open(sys.argv[2]).read())[1])
s = socket.create_server(("127.0.0.1", port))
signal.signal(signal.SIGINT, lambda *_: (print("stopped", flush=True), sys.exit(%d)))
print("ready on", port, flush=True)
while True:
  c, _ = s.accept()
  c.sendall(b"hello\\n")
  c.close()
' "$@"
"""


class Documents_Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("main.cpp", SOURCE)
        self.write("config/examples/echo.yaml", 'listen: "tcp://127.0.0.1:7007"\n')
        self.write("compile_commands.json", json.dumps([{"file": str((self.root / "main.cpp").resolve())}]))
        self.daemon(0)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def daemon(self, code):
        self.write("bin/stratad", DAEMON % code)
        os.chmod(self.root / "bin/stratad", 0o755)

    def listing(self, text, info="cpp main.cpp"):
        self.write("README.md", f"```{info}\n{text}\n```\n")
        return self.ran("check_listings.py", self.root, self.root)

    def session(self, text):
        self.write("README.md", f"```console\n{text}\n```\n")
        return self.ran("run_sessions.py", self.root, self.root / "bin", "README.md")

    def ran(self, script, *arguments):
        words = [sys.executable, "-B", HERE / script, *arguments]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def expect_green(self, ran):
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def expect_red(self, ran, message):
        self.assertEqual(ran.returncode, 1, ran.stdout + ran.stderr)
        self.assertIn(message, ran.stdout)

    def test_an_excerpt_with_gaps_is_as_good_as_the_file(self):
        self.expect_green(self.listing("int main() {\n  // …\n  return a + b;\n}"))
        self.expect_green(self.listing("int a = 1;\nint b = 2;"))

    def test_a_listing_that_differs_is_found(self):
        self.expect_red(self.listing("int a = 2;"), "README.md:2: main.cpp does not say (any more): int a = 2;")

    def test_lines_in_another_order_are_found(self):
        self.expect_red(self.listing("int b = 2;\n…\nint a = 1;"), "does not say")

    def test_a_listing_without_its_file_is_found(self):
        self.expect_red(self.listing("int a = 1;", "cpp"), "must name its file")
        self.expect_red(self.listing("int a = 1;", "cpp lost.cpp"), "lost.cpp does not exist")

    def test_a_listed_source_that_nobody_compiles_is_found(self):
        self.write("other.cpp", SOURCE)
        self.expect_red(self.listing("int a = 1;", "cpp other.cpp"), "not compiled")

    def test_a_document_without_listings_is_no_proof(self):
        self.write("README.md", "nothing\n")
        self.assertEqual(self.ran("check_listings.py", self.root, self.root).returncode, 1)

    def test_a_daemon_serves_the_commands_that_follow(self):
        self.expect_green(self.session("$ tools/run\nready on 7007\n^C\nstopped\n"
                                       "$ exec 3<>/dev/tcp/127.0.0.1/7007; cat <&3\nhello"))

    def test_another_output_is_found(self):
        self.expect_red(self.session("$ echo hello\nbye"), "README.md:2: `echo hello` said:\nhello")

    def test_dots_stand_for_anything(self):
        self.expect_green(self.session("$ printf '1\\n2\\n3 and 4\\n'\n…\n3 … 4"))

    def test_a_failing_command_is_found(self):
        self.expect_red(self.session("$ false"), "`false` ended with 1")

    def test_a_daemon_that_ends_badly_is_found(self):
        self.daemon(70)
        self.expect_red(self.session("$ stratad -c config/examples/echo.yaml"), "ended with 70")

    def test_every_port_becomes_another(self):
        ports = " ".join(str(port) for port in range(7000, 7100))
        self.expect_green(self.session(f"$ echo {ports}\n{ports}"))

    def test_another_daemon_than_stratad_serves_as_well(self):
        os.rename(self.root / "bin/stratad", self.root / "bin/otherd")
        self.expect_green(self.session("$ otherd -c config/examples/echo.yaml\nready on 7007\n^C\nstopped\n"
                                       "$ exec 3<>/dev/tcp/127.0.0.1/7007; cat <&3\nhello"))

    def test_a_tool_that_is_gone_is_found(self):
        self.expect_red(self.session("$ tools/test"), "there is no tools/test")


if __name__ == "__main__":
    unittest.main()
