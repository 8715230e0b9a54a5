#!/bin/sh
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# The C++ tests under AddressSanitizer with UndefinedBehaviorSanitizer, and under ThreadSanitizer, each as a build of its
# own beside the ordinary one. Usage: native/tests/sanitize.sh [address] [thread]   (default: both)
# clang compiles them: in less time than gcc, and so its code, too, is run (CXX names another compiler).
# One tier stands for all, and under ThreadSanitizer the kernels of f32 for those of f64, being one source each; what is undefined is
# trapped in kernels of f64 beside AddressSanitizer, in those of f32 beside ThreadSanitizer. The ordinary build's guard pages watch
# every tier and dtype.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
jobs=$(nproc)
export CC=${CC:-clang} CXX=${CXX:-clang++}
check() {
  build=$root/build/sanitize-$1
  # The guard-page and large-memory tests bring their own checks; ctest -L picks what a sanitizer can add to.
  cmake -S "$root" -B "$build" -DKAN_SANITIZE="$1" -DKAN_UNITY=ON >/dev/null || return
  cmake --build "$build" --parallel "$jobs" --target sanitized >"$build/compile.log" 2>&1 || { cat "$build/compile.log" >&2; return 1; }
  # Memory given back is not used again for the next 16 MB: more of it is page faults, here a fifth of the time.
  ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:quarantine_size_mb=16:malloc_context_size=8 \
  UBSAN_OPTIONS=print_stacktrace=1 \
  TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 \
    ctest --test-dir "$build" -L sanitize --output-on-failure --no-tests=error -j "$jobs"
}

# At once: neither has work for all processors all the time.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
running= status=0
for sanitizer in ${*:-address thread}; do
  check "$sanitizer" >"$logs/$sanitizer" 2>&1 &
  running="$running $sanitizer=$!"
done
for one in $running; do
  wait "${one#*=}" || status=1
  cat "$logs/${one%=*}"
done
exit $status
