#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Holds the C interface to abi_baseline.txt, its declarations at the last version: constants and functions may be added, never
# changed or taken away; structs may only grow at their end. Exit status 1 names what broke.
#
#   abi_baseline.sh CC HEADER BASELINE            compares
#   abi_baseline.sh CC HEADER BASELINE --update   writes the baseline anew (with a new version of the interface)
set -euo pipefail
cc=$1 header=$2 baseline=$3

# One declaration a line: what stands in the header itself, comments and line breaks gone. A struct's closing is cut off, so that
# one that has only grown begins with its old line.
declarations() {
  "$cc" -E -dD -I"$(dirname "$(dirname "$header")")" "$header" | awk -v header="$header" '
    /^# [0-9]+ "/ { split($0, part, "\""); inside = part[2] == header; next }
    !inside || /^$/ { next }
    /^#define KAN_(KAN_H|API)/ || /^#define KAN_ABI_M/ { next }
    /^#/ { gsub(/[ \t]+/, " "); sub(/ $/, ""); print; next }
    {
      text = text " " $0
      depth += gsub(/{/, "{", $0) - gsub(/}/, "}", $0)
      if (depth <= (cplusplus ? 1 : 0) && text ~ /;[ \t]*$/) {
        gsub(/[ \t]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text)
        sub(/ ?} [a-z_]+;$/, "", text)
        print text
        text = ""
      }
    }'
}

if [ "${4:-}" = --update ]; then
  declarations >"$baseline"
  echo "abi_baseline: wrote $(wc -l <"$baseline") declarations"
  exit
fi
now=$(mktemp)
trap 'rm -f "$now"' EXIT
declarations >"$now"
[ "$(wc -l <"$now")" -ge 100 ] || { echo "abi_baseline: only $(wc -l <"$now") declarations found in $header" >&2; exit 1; }
awk 'NR == FNR { now[++n] = $0; next }
  {
    for (i = 1; i <= n; i++) if (substr(now[i], 1, length($0)) == $0 && ($0 ~ /{/ || now[i] == $0)) next
    printf "changed or gone: %s\n", $0
    bad++
  }
  END { printf "abi_baseline: %d of %d declarations changed or gone, %d now\n", bad + 0, FNR, n; exit bad > 0 }' "$now" "$baseline"
