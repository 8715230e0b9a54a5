#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# The library for AArch64 Linux, cross-compiled, and its C++ tests under qemu's user mode: right and wrong, not fast and slow.
# Usage: native/tests/aarch64.sh [brief|quick|all]    brief (what .ci/run does): reads every source of the library and runs `simd`, the
# words in which NEON's tier differs from the others; quick (the default): builds it, runs parity's quick part; all: parity
# whole. Prints the processor time of each program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
part=${1:-quick}
case $part in
  brief | quick | all) ;;
  *) echo "aarch64.sh: expected brief, quick or all, given $part" >&2; exit 2 ;;
esac

need() {  # $1: program, $2: Debian's package
  command -v "$1" >/dev/null && return
  echo "aarch64.sh: there is no $1 on PATH: install Debian's package $2" >&2
  exit 2
}
need aarch64-linux-gnu-g++ g++-aarch64-linux-gnu
need aarch64-linux-gnu-nm binutils-aarch64-linux-gnu
need qemu-aarch64-static qemu-user-static

build=build-aarch64
TIMEFORMAT='   %U s of processor time (user)'
failures=0
check() {  # a test program and its arguments; one that skips itself (77) is a failure here
  echo "-- $*"
  time qemu-aarch64-static -L /usr/aarch64-linux-gnu "$build/native/tests/$1" "${@:2}" || {
    echo "aarch64.sh: $* ended with status $?" >&2
    failures=$((failures + 1))
  }
}
compile() {  # $1...: targets
  time cmake --build "$build" --parallel "$(nproc)" --target "$@" >"$build/compile.log" 2>&1 || { cat "$build/compile.log" >&2; exit 1; }
}
cmake -S . -B "$build" -DCMAKE_TOOLCHAIN_FILE=native/cmake/aarch64-linux-gnu.cmake -DKAN_CUDA=OFF -DKAN_WERROR=ON \
  -DKAN_UNITY=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null

if [ "$part" = brief ]; then
  # The compile commands of the library, with -fsyntax-only in place of the object.
  commands=$(sed -n 's/^ *"command": "\(.*\)",*$/\1/p' "$build/compile_commands.json" | grep -v 'native/tests\|KAN_REF_NS' \
    | sed -e 's/\\"/"/g' -e 's/\\\\/\\/g' -e 's/ -o [^ ]* -c / -fsyntax-only /')
  count=$(grep -h '^#include "' "$build"/CMakeFiles/*/Unity/*.cxx | wc -l)
  [ "$count" -ge 30 ] || { echo "aarch64.sh: only $count sources" >&2; exit 1; }
  echo "aarch64.sh: reading $count sources in $(wc -l <<<"$commands") units"
  time xargs -P "$(nproc)" -d '\n' -I{} bash -c '{}' <<<"$commands"
else
  echo "aarch64.sh: compiling into $build"
  compile simd_baseline basis math gradient parity host
fi

[ "$part" != brief ] || compile simd_baseline
check simd_baseline
if [ "$part" != brief ]; then
  cmake -DHEADER=native/include/kan/kan.h -DLIBRARY="$build/libkan4j.so" -DNM="$(command -v aarch64-linux-gnu-nm)" -DFLOOR=ON \
    -P native/tests/abi_symbols.cmake
  check gradient
  check basis baseline
  for dtype in f32 f64; do
    check math baseline "$dtype"
    check parity baseline "$dtype" $([ "$part" = all ] || echo quick)
  done
  check host
fi
[ "$failures" -eq 0 ] || { echo "aarch64.sh: $failures programs failed" >&2; exit 1; }
echo "aarch64.sh: all passed under qemu"
