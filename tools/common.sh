# SPDX-License-Identifier: Apache-2.0
# What tools/run, tools/test, tools/dev and .ci/run share: the Debian packages by purpose (docs/DEPENDENCIES.md says
# what each library is for), how what is missing is installed, how a preset is built and tested. Sourced from the root.

packages_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config
      echo liburing-dev libpoco-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libxxhash-dev
      ;;
    test) echo libcppunit-dev python3 python3-jsonschema python3-yaml netcat-openbsd memcached libmemcached-tools ;;
    ci) echo ccache clang-19 libclang-rt-19-dev ;;
    bench) echo memcached libace-dev libevent-dev libuv1-dev libasio-dev strace valgrind ;;
    *) echo "no group of packages is named $1" >&2; return 1 ;;
  esac
}

# need GROUP…: installs what is missing of these groups; says so, and asks nothing. Where there is no apt-get the
# packages' content must be there already, and CMake names what is not.
need() {
  command -v apt-get >/dev/null || return 0
  local group package wanted="" installed missing=() as_root=()
  for group in "$@"; do
    wanted+=" $(packages_of "$group")"
  done
  installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' $wanted 2>/dev/null || true)"
  for package in $wanted; do
    [[ $installed == *" installed=$package "* ]] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "+ apt-get install ${missing[*]}" >&2
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
}

# run COMMAND…: shows the plain line, then runs it.
run() {
  echo "+ $*" >&2
  "$@"
}

# build_preset NAME [TARGET…]
build_preset() {
  local preset=$1 targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  run cmake --preset "$preset"
  run cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}"
}

# test_preset NAME [ctest's options…]: heavy counts (STRATA_FULL) need hours, not the preset's two minutes a test.
test_preset() {
  local preset=$1 patience=()
  shift
  [ -z "${STRATA_FULL:-}" ] || patience=(--timeout 10800)
  case $preset in asan* | clang) sanitizer_environment ;; esac
  run ctest --preset "$preset" -j "$(nproc)" "${patience[@]}" "$@"
}

# LeakSanitizer stops its process by ptrace, which some containers forbid: there leaks are not looked for.
sanitizer_environment() {
  local place
  place=$(mktemp -d)
  g++ -fsanitize=address -x c++ - -o "$place/probe" <<<'int main() {}'
  if ! ASAN_OPTIONS=detect_leaks=1 "$place/probe" 2>/dev/null; then
    echo "LeakSanitizer cannot work here (ptrace is forbidden): leaks are not looked for" >&2
    export ASAN_OPTIONS=detect_leaks=0
  fi
  rm -r "$place"
}
