#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Every check and measurement of the CUDA backend, on a machine with a GPU: CUDA 13 (nvcc, compute-sanitizer), CMake, a
# C++20 compiler, and Python 3 with PyTorch for the comparison. No JDK: it takes the image that native/tests/gpu_image.sh
# made elsewhere.
#
#   native/tests/gpu_all.sh [--stages LIST] [--image FOLDER] [--out FOLDER] [--build FOLDER] [--emulated]
#
# Stages, all by default, in this order; where a command may only run for some minutes, a few at a time:
#   build        the libraries, plugin included, and the C++ tests
#   parity       every layer, basis, flag and awkward size on the device against the float64 reference, gradients included
#                (which `gradient` holds against finite differences)
#   java         the Java tests with Device.cuda(0); 100 runs of passes and of a training, the same bits each time
#   memcheck, racecheck, initcheck   parity, a part of it, under compute-sanitizer
#   bench        kan4j bench --device cuda at the shapes of docs/cuda.md, by products fp32, tf32, bf16; event times
#   peers        bench/peers/peers.py at the same shapes, in the same run
#   mnist        an epoch of [784, 64, 10] at batch 64 on rows of random numbers of MNIST's size
#
# FOLDER of --image holds image.tar.xz, .gpu by default. Results go to --out (otherwise $OUT, otherwise build-gpu/report):
# NAME.log and NAME.json of each stage, and report.json and report.txt of all stages whose results are there. A stage
# that fails does not stop the others; the exit status is 1 then.
# --emulated runs the kernels on the CPU instead (native/tests/cuda_emulation), to try this script where there is no GPU.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
stages=build,parity,java,memcheck,racecheck,initcheck,bench,peers,mnist
image=$root/.gpu
out=${OUT:-$root/build-gpu/report}
build=$root/build-gpu
emulated=
usage() { sed -n '4,27s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --stages) stages=${2:?}; shift 2 ;;
    --image) image=$(readlink -f "${2:?}"); shift 2 ;;
    --out) out=${2:?}; shift 2 ;;
    --build) build=${2:?}; shift 2 ;;
    --emulated) emulated=yes; shift ;;
    *) usage ;;
  esac
done
mkdir -p "$out" "$build"
out=$(readlink -f "$out")
build=$(readlink -f "$build")
jobs=$(nproc)

# With a GPU the plugin lies beside libkan4j.so; the emulation is a plugin that the environment names.
libraries=$build
small=
repeats=100
reps=30
models=
shapes='1000,1000,1:100 1024,1024,1024:8192 784,64,10:64'
if [ -n "$emulated" ]; then
  export KAN4J_CUDA_PLUGIN=$build/emulation/libkan4j_cuda.so KAN4J_CUBLAS=$build/emulation/libkan4j_cuda.so
  small=small
  repeats=3
  reps=2
  shapes='6,5,2:8 10,8,3:16'
  models='--models bspline' # emulated tensor cores take seconds
fi

java_home=$image/unpacked
unpack() {
  [ -x "$java_home/java/bin/java" ] && return
  [ -f "$image/image.tar.xz" ] || { echo "no $image/image.tar.xz; make it with native/tests/gpu_image.sh where a JDK is"; return 1; }
  mkdir -p "$java_home" && tar -C "$java_home" -xJf "$image/image.tar.xz"
}
run_java() { # ARGUMENT…
  "$java_home/java/bin/java" --enable-native-access=ALL-UNNAMED -Dkan4j.native.path="$libraries" -Dkan4j.root="$root" "$@"
}
kan4j() { run_java -Djava.awt.headless=true -cp "$java_home/lib/*" org.kan4j.cli.Main "$@"; }

stage_build() {
  cmake -S . -B "$build" -DKAN_CUDA=$([ -n "$emulated" ] && echo OFF || echo ON) && cmake --build "$build" -j "$jobs" || return
  [ -n "$emulated" ] || [ -f "$build/libkan4j_cuda.so" ] || { echo 'the build made no libkan4j_cuda.so'; return 1; }
  [ -n "$emulated" ] || nvidia-smi
}
stage_parity() {
  "$build/native/tests/gradient" && "$build/native/tests/parity" cuda f32 $small
}
stage_java() {
  unpack || return
  run_java -Dkan4j.cuda.repeats=$repeats -cp "$java_home/tests:$java_home/tests/*:$java_home/lib/*" \
    application.RunTests "$out/java.json" org.kan4j.device.CudaTest org.kan4j.device.CudaServingTest org.kan4j.train.CudaTrainingTest || return
  # What is skipped here has not been seen.
  python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["skipped"] != 0)' "$out/java.json"
}
sanitize() { # TOOL
  [ -z "$emulated" ] || { echo 'compute-sanitizer needs a GPU'; return 77; }
  command -v compute-sanitizer >/dev/null || { echo 'compute-sanitizer is not on PATH'; return 1; }
  compute-sanitizer --tool "$1" --error-exitcode 1 "$build/native/tests/parity" cuda f32 small
}
stage_memcheck() { sanitize memcheck; }
stage_racecheck() { sanitize racecheck; }
stage_initcheck() { sanitize initcheck; }
stage_bench() {
  unpack || return
  local shape status=0 name products
  for shape in $shapes; do
    for products in fp32 tf32 bf16; do
      name=bench-${shape%%:*}-${shape##*:}-$products
      kan4j bench --device cuda $models --products $products --layers "${shape%%:*}" --batch "${shape##*:}" --reps $reps \
        --json "$out/${name//,/x}.json" || status=1
    done
  done
  # The cost of a finer grid.
  for grid in 5 50; do
    kan4j bench --device cuda --models bspline --grid $grid --layers "${shapes%%:*}" --batch 100 --reps $reps \
      --json "$out/bench-grid$grid.json" || status=1
  done
  return $status
}
stage_peers() {
  unpack || return
  [ -d "$java_home/peers" ] || { echo 'the image holds no sources of peers; make it with gpu_image.sh --peers DIR'; return 77; }
  local shape status=0 widths name products device=cuda
  [ -z "$emulated" ] || device=cpu
  for shape in $shapes; do
    IFS=, read -r -a widths <<<"${shape%%:*}"
    for products in fp32 tf32 bf16; do
      name=peers-${shape%%:*}-${shape##*:}-$products
      python3 bench/peers/peers.py --src "$java_home/peers" --device $device --batch "${shape##*:}" --inp "${widths[0]}" \
        --hidden "${widths[1]}" --out "${widths[2]}" --models mlp,efficient-kan,fastkan,chebykan,fourierkan \
        --reps $reps --precision $products --json "$out/${name//,/x}.json" || status=1
    done
  done
  return $status
}
stage_mnist() {
  unpack || return
  run_java -Dkan4j.cuda.rows=$([ -n "$emulated" ] && echo 600 || echo 60000) \
    -cp "$java_home/tests:$java_home/tests/*:$java_home/lib/*" application.CudaEpoch "$out/mnist.json"
}

failed=0
for stage in ${stages//,/ }; do
  declare -F "stage_$stage" >/dev/null || { echo "gpu_all: no stage $stage" >&2; usage; }
  begin=$SECONDS
  echo "== $stage =="
  "stage_$stage" 2>&1 | tee "$out/$stage.log"
  status=${PIPESTATUS[0]}
  case $status in 0) result=passed ;; 77) result='not run' ;; *) result=failed; failed=1 ;; esac
  echo "== $stage: $result, $((SECONDS - begin)) s =="
  printf '%s\n' "$result $((SECONDS - begin))" >"$out/$stage.status"
done
python3 native/tests/gpu_report.py "$out"
exit $failed
