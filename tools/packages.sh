# SPDX-License-Identifier: Apache-2.0
# Which Debian packages Strata needs, by purpose, and how what is missing is installed. Sourced by tools/run, tools/test,
# tools/dev and .ci/run; docs/DEPENDENCIES.md says what each library is for.

packages_of() {
  case $1 in
    build) echo g++ cmake ninja-build pkg-config libpoco-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libfmt-dev ;;
    test) echo libcppunit-dev python3 netcat-openbsd ;;
    ci) echo ccache clang-19 libclang-rt-19-dev ;;
    bench) echo libace-dev libevent-dev libuv1-dev libasio-dev strace valgrind ;;
    *) echo "no group of packages is named $1" >&2; return 1 ;;
  esac
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need GROUP…: installs what is missing of these groups; says so, and asks nothing. Where there is no apt-get, the
# packages' content must be there already, and CMake names what is not.
need() {
  command -v apt-get >/dev/null || return 0
  local group package missing=() as_root=()
  for group in "$@"; do
    for package in $(packages_of "$group"); do
      is_installed "$package" || missing+=("$package")
    done
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "+ apt-get install ${missing[*]}" >&2
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >&2 && "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
}
