#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# clang-format (.clang-format) over all of C++, CUDA and C; clang-tidy (.clang-tidy) over the C interface, the core and the reference;
# and clang++ reads every source of the library, each kernel for its tier, without a warning. Nothing is linked. Several sources are
# read at once (KAN_UNITY), so that what they include is read once.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
native/tests/format.sh
build=build/clang
CC=clang CXX=clang++ cmake -S . -B "$build" -DKAN_CUDA=OFF -DKAN_TESTS=OFF -DKAN_WERROR=ON -DKAN_UNITY=ON \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -Wno-dev >/dev/null
together=$build/CMakeFiles/kan4j.dir/Unity/unity_0_cxx.cxx
mapfile -t alone < <(grep -oE "native/src/(abi|core|ref)/[a-z_]+\\.cpp\"" "$build/compile_commands.json" | tr -d "\"" | sort -u)
count=$(($(grep -c '^#include' "$together") + ${#alone[@]}))
[ "$count" -ge 16 ] || { echo "clang.sh: only $count sources" >&2; exit 1; }
clang-tidy --quiet -p "$build" --checks=-bugprone-suspicious-include "$together" "${alone[@]}"
# The compile commands, with -fsyntax-only in place of the object.
units=$(grep -c '"command":' "$build/compile_commands.json")
sed -n 's/^ *"command": "\(.*\)",*$/\1/p' "$build/compile_commands.json" \
  | sed -e 's/\\"/"/g' -e 's/\\\\/\\/g' -e 's/ -o [^ ]* -c / -fsyntax-only /' \
  | xargs -P "$(nproc)" -d '\n' -I{} bash -c '{}'
echo "clang.sh: $count sources by clang-tidy, $units units read by clang++"
