#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a stranger does with an installed Strata: a project made by new-service, and one of their own hand.

usage: package_test.py SOURCE_FOLDER BUILD_FOLDER CXX"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD, CXX = sys.argv[1:4]
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(rot13 LANGUAGES CXX)
find_package(Strata CONFIG REQUIRED)
strata_add_service(rot13 SOURCES Rot13.cpp)
"""


def run(*command, code=0, cwd=None, env=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True,
                          timeout=100)
    if done.returncode != code:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.stratad = cls.prefix / "bin/stratad"

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def build(self, project):
        run("cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={CXX}", cwd=project)
        run("cmake", "--build", "build", cwd=project)

    def test_a_new_service_builds_passes_its_test_and_is_checked(self):
        run(Path(SOURCE, "tools/new-service/new-service"), "hello_world", cwd=self.folder)
        project = self.folder / "hello_world"
        self.build(project)
        self.assertIn("100% tests passed", run("ctest", "--test-dir", "build", "--output-on-failure", cwd=project))
        run(self.stratad, "-c", "hello_world.yaml", "--check", cwd=project)
        told = run(self.stratad, "-c", "hello_world.yaml", "-o", "services.hello_world.greting=x", "--check",
                   cwd=project, code=78)
        self.assertIn('unknown key "greting"; did you mean "greeting"?', told)
        run(Path(SOURCE, "tools/new-service/new-service"), "hello_world", cwd=self.folder, code=73)
        run(Path(SOURCE, "tools/new-service/new-service"), "Hello World", cwd=self.folder, code=64)

    def test_a_service_of_ones_own_is_a_plugin_and_a_subcommand(self):
        project = self.folder / "rot13"
        project.mkdir()
        shutil.copy(Path(SOURCE, "docs/examples/rot13/Rot13.cpp"), project)
        (project / "CMakeLists.txt").write_text(PROJECT)
        self.build(project)
        plugins = ("--plugins", project / "build")
        kinds = run(self.stratad, *plugins, "--list-kinds")
        self.assertRegex(kinds, r"(?m)^rot13\n(  .*\n)+  shift +integer +13 +how far")
        check = (self.stratad, *plugins, "rot13", "--listen", "tcp://127.0.0.1:0", "--check", "--shift")
        run(*check, "3")
        told = run(*check, "33", code=78)
        self.assertIn('"33" is not within 0 and 25', told)
        self.assertIn('"const": "rot13"', run(self.stratad, *plugins, "--schema"))
        shutil.copy(project / "build/librot13.so", self.prefix / "lib/strata")  # where none has to be named
        run(self.stratad, "rot13", "--listen", "tcp://127.0.0.1:0", "--check")

    def test_a_handler_is_tested_in_the_simulator(self):
        folder = self.folder / "simulated"
        shutil.copytree(Path(SOURCE, "docs/examples/simulated"), folder)
        project = folder / "installed"
        self.build(project)
        self.assertIn("the peers got", run(project / "build/tickets", code=1))
        self.assertIn("each number is given once", run(project / "build/tickets", "--locked"))

    def test_the_services_of_the_tree_are_installed_as_plugins(self):
        for kind in ("chargen", "daytime", "discard", "echo", "time"):
            told = run(self.stratad, "echo", "--name", "x", "--listen", "tcp://127.0.0.1:0", "--check", "-o",
                       f"services.x.kind={kind}", "-o", f"services.x.library={self.prefix}/lib/strata/lib{kind}.so")
            self.assertEqual(told, "")

    def test_pkg_config_gives_what_a_compiler_needs(self):
        env = dict(os.environ, PKG_CONFIG_PATH=str(self.prefix / "lib/pkgconfig"))
        words = run("pkg-config", "--cflags", "--libs", "strata", env=env).split()
        source = self.folder / "program.cpp"
        source.write_text("#include <strata/os/Socket_Address.h>\n"
                          "#include <strata/reactor/Reactor.h>\n"
                          "int main() {\n"
                          "  const strata::os::Socket_Address none;\n"
                          "  return strata::Reactor::open() && none == strata::os::Socket_Address{} ? 0 : 1;\n"
                          "}\n")
        run(CXX, "-std=c++23", source, *words, f"-Wl,-rpath,{self.prefix}/lib", "-o", self.folder / "program")
        run(self.folder / "program")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
