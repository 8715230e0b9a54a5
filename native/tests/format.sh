#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Checks that C++, CUDA and C lie as .clang-format says; with --apply lays them out so. $CLANG_FORMAT is the program, by default
# clang-format; 14 is what the files were laid out with (other versions differ in places).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case ${1:-} in
  --apply) how=(-i) ;;
  '') how=(--dry-run -Werror) ;;
  *) echo "format.sh: expected nothing or --apply, given $1" >&2; exit 2 ;;
esac
files=$(git ls-files native examples bench | grep -E '\.(cpp|hpp|inl|cu|cuh|h|c)$')
[ -n "$files" ] || { echo 'format.sh: no files' >&2; exit 1; }
# shellcheck disable=SC2086
"${CLANG_FORMAT:-clang-format}" "${how[@]}" $files
echo "format.sh: $(echo "$files" | wc -l) files"
