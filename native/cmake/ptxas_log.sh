#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Runs a compile command of nvcc's; what ptxas says of each kernel's registers, spills and shared memory goes to OBJECT.ptxas, which
# `bench/sass --built` reads, and all else to the terminal.
for ((i = 1; i < $#; i++)); do
  [ "${!i}" != -o ] || { next=$((i + 1)) && object=${!next}; }
done
"$@" 2>"$object.ptxas"
status=$?
grep -vE '^ptxas info|^ +[0-9]+ bytes stack frame' "$object.ptxas" >&2
exit $status
