#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# gpu_all.sh without a GPU: stages run on the emulated device, their JSON is there, a stage that overruns is killed and
# named without stopping the others, and what is not known is refused. Usage: gpu_all_test.sh BUILD
set -uo pipefail
script=$(dirname "${BASH_SOURCE[0]}")/gpu_all.sh
build=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failures=0
check() { # WHAT COMMAND…
  local what=$1
  shift
  "$@" || { echo "gpu_all_test: $what"; failures=$((failures + 1)); }
}
has() { grep -q -- "$2" "$out/$1" || { echo "$1 lacks: $2"; cat "$out/$1" 2>/dev/null; return 1; }; }

"$script" --emulated "$build" --image "$out/none" --out "$out" --stages parity,determinism,sanitizer,table \
  --limits determinism=1 >"$out/output" 2>&1
status=$?
check "exit status 1 where a stage overran, not $status" [ $status -eq 1 ]
check 'parity passes' has parity.json '"stage": "parity", "result": "passed"'
check 'parity holds what each program counted' has parity.json '"dense_mma.linear": {"status": 0, "summary": "parity: .* checks, 0 failures"'
check 'an overrunning stage is named' has determinism.json '"result": "overran", "seconds": [0-9]*, "limit": 1,'
check 'no part of a file is kept' has determinism.json '"data": {}'
check 'what cannot run says so' has sanitizer.json '"result": "not run"'
check 'a stage without Java says so' has table.json '"result": "not run"'
for stage in parity determinism sanitizer table; do check "report.json has $stage" has report.json "\"stage\": \"$stage\""; done
check 'the summary names the stage' has output 'determinism  overran'
check 'nothing else is left: eight files may travel back' [ "$(ls -A "$out" | grep -vc '^output$')" -le 8 ]
sleep 0.2
check 'the killed stage left no process' [ -z "$(pgrep -f "$out" | grep -v "^$$\$" | head -n 1)" ]

refused() { # TEXT ARGUMENT…
  local text=$1 said
  shift
  said=$("$script" --out "$out/refused" "$@" 2>&1)
  [ $? -eq 2 ] && [[ $said == *"$text"* ]] || { echo "$* said: $said"; return 1; }
}
check 'an unknown stage' refused "no stage 'parrot'; they are parity, table" --stages parity,parrot
check 'a limit of no stage' refused "expected STAGE=SECONDS" --limits parity=soon
check 'an unknown option' refused "unknown option '--all'" --all
check 'no image' refused 'make it with --pack' --image "$out/none"
[ $failures -eq 0 ] && echo 'gpu_all_test: passed'
exit $((failures > 0))
