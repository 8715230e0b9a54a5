#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Checks and measures the CUDA backend on a machine that is lent for minutes: it needs a GPU with its driver, and for the
# table Python 3 with PyTorch; no compiler, no JDK, no network. All it runs is built elsewhere and carried in one folder.
#
#   native/tests/gpu_all.sh --pack [--image FOLDER] [--peers DIR]     where nvcc, a JDK and the classes are (mvn package -DskipTests)
#   native/tests/gpu_all.sh [--image FOLDER] [--out FOLDER] [--stages LIST] [--limits STAGE=SECONDS,...] [--emulated BUILD]
#
# Stages, in order of value; each has a limit in seconds, all together 8 minutes:
#   parity       every kernel against the float64 reference, gradients included, forced one after the other; the device's C
#                interface; tf32 and bf16 products
#   table        kan4j bench and bench/peers/peers.py at the shapes of docs/cuda.md, fp32, tf32 and bf16, on the same GPU
#   determinism  100 runs of passes and trainings, the same bits each time, from C and from Java
#   mnist        [784, 64, 10] at batch 64 from Java: MNIST where --pack found it, and rows of random numbers of its size
#   sanitizer    compute-sanitizer's memcheck, racecheck and initcheck over the smallest cases of every kernel
#   tuning       B-splines by each of their kernels over grids and batches, beside what the list chooses
#
# --stages picks some of them, in the order given. A stage that overruns its limit is killed and named; a stage that fails
# does not stop the others; the exit status is 1 then. Whatever happens, --out ($OUT, or build-gpu/report) has after each
# stage STAGE.json (result, seconds, limit, and what its programs wrote until then) and report.json of all of them; log.txt
# has all output. --emulated BUILD runs the programs of a CPU build with its emulated device, to try this script without a GPU.
set -uo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(cd "$(dirname "$self")/../.." && pwd)
cd "$root"
declare -A limits=([parity]=100 [table]=130 [determinism]=45 [mnist]=55 [sanitizer]=70 [tuning]=60)  # 460 of 480 s
known='parity table determinism mnist sanitizer tuning'
stages=$known
image=$root/.gpu
out=${OUT:-$root/build-gpu/report}
emulated= pack= peers=
refuse() { echo "gpu_all: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --pack) pack=yes; shift ;;
    --emulated) emulated=$(readlink -f "${2:?--emulated needs the folder of a build}"); shift 2 ;;
    --stages) stages=${2:?--stages needs names}; stages=${stages//,/ }; shift 2 ;;
    --limits) pairs=${2:?--limits needs STAGE=SECONDS}; shift 2
      for pair in ${pairs//,/ }; do
        [[ " $known " == *" ${pair%%=*} "* && ${pair#*=} =~ ^[1-9][0-9]*$ ]] \
          || refuse "--limits: expected STAGE=SECONDS with a stage of ${known// /, }, given '$pair'"
        limits[${pair%%=*}]=${pair#*=}
      done ;;
    --image) image=$(readlink -m "${2:?--image needs a folder}"); shift 2 ;;
    --out) out=${2:?--out needs a folder}; shift 2 ;;
    --peers) peers=${2:?--peers needs a folder}; shift 2 ;;
    *) refuse "unknown option '$1', known are --pack, --image, --peers, --out, --stages, --limits and --emulated" ;;
  esac
done
for stage in $stages; do
  [[ " $known " == *" $stage "* ]] || refuse "--stages: no stage '$stage'; they are ${known// /, }"
done

# ---------------------------------------------------------------------------------------------------------- what is carried

if [ -n "$pack" ]; then
  set -e
  build=$root/build-gpu
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DKAN_CUDA=ON -DKAN_CUDA_ARCHS="${KAN_CUDA_ARCHS:-90}" -DKAN_TIERS=avx2
  cmake --build "$build" -j "$(nproc)" --target kan4j kan4j_cuda parity device cuda_products
  rm -rf "$image"
  stage=$build/carried
  rm -rf "$stage" && mkdir -p "$stage/native" "$stage/programs"
  cp -L "$build"/libkan4j.so "$build"/libkan4j_cuda.so "$build"/libcudart.so.* "$stage/native/"
  ln -s libkan4j.so "$stage/native/libkan4j.so.1"
  cp "$build"/native/tests/{parity,device,cuda_products} "$stage/programs/"
  strip --strip-unneeded "$stage"/native/libkan4j.so "$stage"/native/libkan4j_cuda.so "$stage"/programs/*
  native/tests/gpu_image.sh ${peers:+--peers "$peers"} "$stage/java"
  cache=${KAN4J_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kan4j/data}
  if [ -d "$cache/mnist" ]; then mkdir "$stage/data" && cp -r "$cache/mnist" "$stage/data/"; else echo "gpu_all: no MNIST in $cache"; fi
  mkdir -p "$image"
  XZ_OPT='-6 -T0' tar -C "$stage" -cJf "$image/carried.tar.xz" .
  size=$(stat -c %s "$image/carried.tar.xz")
  echo "gpu_all: $image/carried.tar.xz, $size bytes, $(((size + 1048575) / 1048576)) MiB"
  [ "$size" -lt $((60 * 1048576)) ] || { echo 'gpu_all: more than the 60 MiB that may be carried' >&2; exit 1; }
  exit
fi

mkdir -p "$out"
out=$(readlink -f "$out")
work=$out/.work
if [ -n "$emulated" ]; then
  programs=$emulated/native/tests native=$emulated java=$image/unpacked/java
  export KAN4J_CUDA_PLUGIN=$emulated/emulation/libkan4j_cuda.so KAN4J_CUBLAS=$emulated/emulation/libkan4j_cuda.so
  part=small reps=1 repeats=2 shapes='6,5,2:8' grids=5 batches=16 layers=70,65 rows=100  # what emulated threads do in seconds
  jobs=1 device=cpu
else
  programs=$image/unpacked/programs native=$image/unpacked/native java=$image/unpacked/java
  part=quick reps=30 repeats=100 shapes='1000,1000,1:100 1024,1024,1024:8192 784,64,10:64' grids='5 20 50 100 200' batches='100 8192'
  layers=1000,1000 rows=60000
  jobs=$(($(nproc) < 8 ? $(nproc) : 8)) device=cuda
  export LD_LIBRARY_PATH=$native${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  # cuBLAS of CUDA, or of PyTorch's wheels.
  [ -n "${KAN4J_CUBLAS:-}" ] || for file in /usr/local/cuda/lib64/libcublas.so.13 \
      "$(python3 -c 'import nvidia.cu13 as m; print(list(m.__path__)[0])' 2>/dev/null)/lib/libcublas.so.13"; do
    if [ -f "$file" ]; then export KAN4J_CUBLAS=$file; break; fi
  done
fi

# What gpu_all is made of: `keep NAME COMMAND… FILE` runs a command that writes JSON to its last argument and keeps the file
# once it is whole.
keep() {
  local name=$1 status
  shift
  "$@" "$mine/$name.tmp"
  status=$?
  [ ! -s "$mine/$name.tmp" ] || mv "$mine/$name.tmp" "$mine/$name.json"
  return $status
}
no_java() { [ -x "$java/java/bin/java" ] || { echo "no image of Java in $java"; return 0; }; return 1; }
run_java() { # ARGUMENT…
  "$java/java/bin/java" --enable-native-access=ALL-UNNAMED -Dkan4j.native.path="$native" -Dkan4j.root="$root" "$@"
}
kan4j() { run_java -Djava.awt.headless=true -cp "$java/lib/*" org.kan4j.cli.Main "$@"; }
tests() { run_java -cp "$java/tests:$java/tests/*:$java/lib/*" "$@"; }
bench() { kan4j bench --device cuda --reps "$reps" "${@:1:$#-1}" --json "${!#}"; }

# A C++ test program as JSON: its last line says "NAME: N checks, M failures".
program() { # ARGUMENT… FILE
  local text status
  text=$("${@:1:$#-1}" 2>&1)
  status=$?
  printf '%s\n' "$text" | tail -n 15
  printf '{"status": %d, "summary": "%s", "worst": "%s"}\n' $status "$(tail -n 1 <<<"$text" | tr -cd '[:alnum:] ,:._-')" \
    "$(sed -n 's/^worst error: \([0-9.e+-]*\).*/\1/p' <<<"$text" | tail -n 1)" >"${!#}"
  return $status
}
cases='dense_mma.bspline bspline_taps.bspline dense_cublas.bspline dense_mma.rbf dense_mma.chebyshev dense_mma.fourier
  dense_mma.linear dense_mma.relu dense_mma.jacobi dense_mma.bsrbf dense_mma.rswaf dense_mma.sine dense_mma.rational
  dense_fma.rbf dense_fma.jacobi dense_cublas.rbf dense_cublas.fourier edge.wavelet reference.bspline chosen.layernorm
  chosen.batchnorm chosen.affine chosen.activation chosen.multiply'
[ -z "$emulated" ] || cases='dense_mma.linear edge.wavelet chosen.affine'

stage_parity() {
  local case running=0 status=0
  keep device program "$programs/device" || status=1
  keep products program "$programs/cuda_products" || status=1
  for case in $cases; do
    keep "$case" program "$programs/parity" cuda f32 $part ${case/./ } &
    [ $((++running)) -lt "$jobs" ] || { wait -n || status=1; running=$((running - 1)); }
  done
  while [ $((running--)) -gt 0 ]; do wait -n || status=1; done
  return $status
}
stage_table() {
  local shape status=0 products name
  no_java && return 77
  for shape in $shapes; do
    for products in fp32 tf32 bf16; do
      name=kan4j-${shape%%:*}-${shape##*:}-$products
      keep "${name//,/x}" bench --products $products --layers "${shape%%:*}" --batch "${shape##*:}" \
        ${emulated:+--models bspline} || status=1
    done
  done
  [ -d "$java/peers" ] || { echo 'no sources of peers; --pack takes --peers DIR'; return $status; }
  keep peers python3 bench/peers/peers.py --src "$java/peers" --device $device --reps "$reps" \
    --models mlp,efficient-kan,fastkan,chebykan,fourierkan --shapes "$shapes" --precision fp32,tf32,bf16 --json || status=1
  return $status
}
stage_determinism() {
  local status=0
  keep device program "$programs/device" $repeats || status=1
  no_java && return $status
  # What is skipped here has not been seen.
  run_tests() { tests -Dkan4j.cuda.repeats=$repeats application.RunTests "$1.json" org.kan4j.device.CudaTest org.kan4j.device.CudaServingTest \
    org.kan4j.train.CudaEdgesTest org.kan4j.train.CudaTrainingTest && mv "$1.json" "$1" && grep -q '"skipped": 0' "$1"; }
  keep java run_tests || status=1
  return $status
}
stage_mnist() {
  local status=0
  no_java && return 77
  keep random tests -Dkan4j.cuda.rows=$rows application.CudaEpoch || status=1
  if [ -d "$image/unpacked/data" ] && [ -z "$emulated" ]; then
    export KAN4J_CACHE=$image/unpacked/data
    keep mnist kan4j train mnist --device cuda --plot none --out "$mine/mnist.safetensors" --json || status=1
  fi
  return $status
}
stage_sanitizer() {
  local tool case status=0
  [ -z "$emulated" ] || { echo 'compute-sanitizer needs a GPU'; return 77; }
  command -v compute-sanitizer >/dev/null || { echo 'compute-sanitizer is not on PATH'; return 1; }
  for tool in memcheck racecheck initcheck; do
    for case in 'dense_mma linear' 'bspline_taps bspline order 3 outside 0 knots 3 about 0' 'dense_mma bspline order 3 outside 0 knots 3 about 0' \
        'edge wavelet 0 flags 0' 'chosen layernorm'; do
      keep "$tool-${case// /_}" program timeout --foreground 20 compute-sanitizer --tool $tool --error-exitcode 1 "$programs/parity" cuda f32 small \
        "${case%% *}" "${case#* }" || status=1
    done
  done
  return $status
}
stage_tuning() {
  local grid batch name entry status=0
  no_java && return 77
  for batch in $batches; do
    for grid in $grids; do
      for entry in '' bspline_taps dense_mma; do
        name=${entry:-chosen}-grid$grid-batch$batch
        keep "$name" bench --models bspline --layers $layers --grid "$grid" --batch "$batch" ${entry:+--implementation $entry} || status=1
      done
    done
  done
  return $status
}

if [ -n "${GPU_ALL_STAGE:-}" ]; then  # the child of a stage
  mine=$work/$GPU_ALL_STAGE
  mkdir -p "$mine"
  "stage_$GPU_ALL_STAGE"
  exit
fi

# ------------------------------------------------------------------------------------------------------------- the stages

# STAGE.json: the result, and each whole JSON file of the stage by its name.
write_stage() { # STAGE RESULT SECONDS
  local file first=
  {
    printf '{"stage": "%s", "result": "%s", "seconds": %d, "limit": %d, "data": {' "$1" "$2" "$3" "${limits[$1]}"
    for file in "$work/$1"/*.json; do
      [ -f "$file" ] || continue
      printf '%s\n"%s": ' "$first" "$(basename "$file" .json)"
      cat "$file"
      first=,
    done
    printf '}}\n'
  } >"$out/$1.json.tmp"
  mv "$out/$1.json.tmp" "$out/$1.json"
}
write_report() {
  local stage first=
  {
    printf '['
    for stage in $known; do
      [ -f "$out/$stage.json" ] || continue
      printf '%s' "$first"
      cat "$out/$stage.json"
      first=,
    done
    printf ']\n'
  } >"$out/report.json.tmp"
  mv "$out/report.json.tmp" "$out/report.json"
}

rm -rf "$work"
mkdir -p "$work"
: >"$out/log.txt"
if [ -z "$emulated" ]; then
  [ -f "$image/carried.tar.xz" ] || refuse "no $image/carried.tar.xz; make it with --pack where nvcc and a JDK are"
  [ -d "$image/unpacked" ] || { mkdir -p "$image/unpacked" && tar -C "$image/unpacked" -xJf "$image/carried.tar.xz"; } || exit 1
  if [ -f "$java/image.tar.xz" ] && [ ! -d "$java/java" ]; then tar -C "$java" -xJf "$java/image.tar.xz" || exit 1; fi
  { nvidia-smi || echo 'nvidia-smi failed'; } 2>&1 | tee -a "$out/log.txt"
fi
failed=0
summary=
for stage in $stages; do
  begin=$SECONDS
  echo "== $stage, at most ${limits[$stage]} s =="
  GPU_ALL_STAGE=$stage timeout --kill-after=5 "${limits[$stage]}" "$self" --image "$image" --out "$out" \
    ${emulated:+--emulated "$emulated"} >"$work/$stage.log" 2>&1
  status=$?
  cat "$work/$stage.log"
  { echo "== $stage =="; cat "$work/$stage.log"; } >>"$out/log.txt"
  case $status in 0) result=passed ;; 77) result='not run' ;; 124 | 137) result=overran ;; *) result=failed ;; esac
  [ $status -eq 0 ] || [ $status -eq 77 ] || failed=1
  write_stage "$stage" "$result" $((SECONDS - begin))
  write_report
  summary+=$(printf '%-12s %-8s %4d s of %d' "$stage" "$result" $((SECONDS - begin)) "${limits[$stage]}")$'\n'
done
! command -v python3 >/dev/null || python3 native/tests/gpu_report.py "$out/report.json"
printf '%s' "$summary"
rm -rf "$work"
exit $failed
