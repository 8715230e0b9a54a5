#!/usr/bin/env bash
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Makes what native/tests/gpu_all.sh needs on a machine that has no JDK and no Maven: a run-time image of Java, the
# classes with their tests and the command line, and, where given, the sources of the PyTorch implementations to be
# measured against. To be run on a machine with a JDK, after `mvn verify` (or `mvn package -DskipTests`).
#
#   native/tests/gpu_image.sh [--peers DIR] [FOLDER]
#
# FOLDER is .gpu by default, which git ignores. DIR holds work trees as bench/peers/peers.py says.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
peers=
folder=$root/.gpu
while [ $# -gt 0 ]; do
  case $1 in
    --peers) peers=${2:?--peers needs a folder}; shift 2 ;;
    -*) sed -n '4,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) folder=$1; shift ;;
  esac
done
fail() { echo "gpu_image: $*" >&2; exit 1; }

jlink=
for home in "${JAVA_HOME:-}" "$(readlink -f "$(command -v jlink)" 2>/dev/null | sed 's|/bin/jlink$||')" /usr/lib/jvm/*; do
  [ -x "$home/bin/jlink" ] || continue
  major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null) || continue
  if [ "${major:-0}" -ge 22 ]; then jlink=$home/bin/jlink; break; fi
done
[ -n "$jlink" ] || fail 'no JDK 22 or later with jlink in JAVA_HOME, on PATH or in /usr/lib/jvm'
for part in bindings java; do
  [ -d "$root/$part/target/classes" ] || fail "$root/$part/target/classes is missing; run mvn package first"
done
[ -d "$root/java/target/test-classes" ] || fail 'java/target/test-classes is missing; run mvn package first'
[ -d "$root/cli/target/app" ] || fail 'cli/target/app is missing; run mvn package first'

rm -rf "$folder"
mkdir -p "$folder/lib"
"$jlink" --add-modules java.base,java.logging,java.management,java.net.http,java.xml,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --compress zip-0 --output "$folder/java"

# The command line with what bench and the training of MNIST depend on: plots (and java.desktop) and Parquet stay behind, a third
# of it all; the native libraries are carried beside.
for jar in "$root"/cli/target/app/*.jar; do
  case ${jar##*/} in kan4j-natives* | xchart* | zstd-jni* | snappy-java* | lz4-java* | hardwood*) ;; *) cp "$jar" "$folder/lib/" ;; esac
done
mkdir -p "$folder/tests"
cp -r "$root/java/target/test-classes/." "$folder/tests/"
rm -rf "$folder/tests/golden"
repository=${MAVEN_REPO:-$HOME/.m2/repository}
version=$(sed -n 's|.*<junit.version>\(.*\)</junit.version>.*|\1|p' "$root/pom.xml")
for artifact in "org/junit/jupiter/junit-jupiter-api/$version" "org/junit/jupiter/junit-jupiter-params/$version" \
    "org/junit/jupiter/junit-jupiter-engine/$version" "org/junit/platform/junit-platform-commons/1.${version#5.}" \
    "org/junit/platform/junit-platform-engine/1.${version#5.}" "org/junit/platform/junit-platform-launcher/1.${version#5.}" \
    org/opentest4j/opentest4j/1.3.0 org/apiguardian/apiguardian-api/1.1.2; do
  name=$(basename "$(dirname "$artifact")")
  jar=$repository/$artifact/$name-${artifact##*/}.jar
  [ -f "$jar" ] || fail "$jar is missing; mvn verify fetches it"
  cp "$jar" "$folder/tests/"
done

if [ -n "$peers" ]; then
  mkdir -p "$folder/peers"
  for repository in Blealtan+efficient-kan ZiyaoLi+fast-kan AthanasiosDelis+faster-kan SynodicMonth+ChebyKAN \
      GistNoesis+FourierKAN; do
    [ -d "$peers/$repository" ] || { echo "gpu_image: no $peers/$repository, it will not be measured" >&2; continue; }
    find -L "$peers/$repository/" -name '*.py' -not -path '*/.git/*' -printf "$repository/%P\\0" \
      | tar -C "$peers" --null -chf - -T - | tar -C "$folder/peers" -xf -
  done
fi
# The working tree and this folder may travel together within 64 MiB: packed here, and not by jlink, whose own packing xz could not
# undo, the image is a third.
XZ_OPT="-6 -T0" tar -C "$folder" -cJf "$folder.tar.xz" .
rm -rf "$folder"
mkdir -p "$folder"
mv "$folder.tar.xz" "$folder/image.tar.xz"
echo "gpu_image: $folder/image.tar.xz, $(du -h "$folder/image.tar.xz" | cut -f1)"
