#!/bin/sh
# Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
#
# Regenerates the Java bindings from native/include/kan/kan.h. Needs jextract on PATH or in $JEXTRACT; the build itself
# never does, its output is committed. A new function, constant or struct of kan.h goes into includes.txt first.
# LIBCLANG_VERSION says which libclang jextract runs on, where `jextract --version` cannot tell.
set -eu

gen=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$gen/../.." && pwd)
header=$root/native/include/kan/kan.h
out=$root/bindings/src/main/java
package=$out/org/kan4j/ffi
jextract=${JEXTRACT:-jextract}

libclang=${LIBCLANG_VERSION:-$("$jextract" --version 2>&1 | sed -n 's/^LibClang version .*clang version \([0-9.]*\).*/\1/p')}
[ -n "$libclang" ] || { echo "set LIBCLANG_VERSION: $jextract --version does not tell it" >&2; exit 2; }

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
"$jextract" -t org.kan4j.ffi --header-class-name Kan --symbols-class-name KanSymbols --output "$staging" \
    "@$gen/includes.txt" "$header"

# - Symbols come from NativeLoader, which knows how the library was loaded; and SymbolLookup.findOrThrow is newer than
#   the Java this project compiles for.
# - LIBRARY_ARENA, an automatic arena nobody uses without -l, goes.
for file in "$staging"/org/kan4j/ffi/*.java; do
    sed -i -e 's/SYMBOL_LOOKUP\.findOrThrow(/NativeLoader.find(/' \
        -e '/static final Arena LIBRARY_ARENA = /,+1d' \
        -e '/static final SymbolLookup SYMBOL_LOOKUP = /,/;$/d' \
        -e 's/[ \t]*$//' "$file"
done

rm -f "$package"/Kan.java "$package"/KanSymbols.java "$package"/kan_*.java
cp "$staging"/org/kan4j/ffi/*.java "$package"/

sha256=$(sha256sum "$header" | cut -d' ' -f1)
cat > "$gen/generated.properties" <<END
# Written by regenerate.sh: what the committed bindings were made from and with.
header.sha256=$sha256
libclang.version=$libclang
END
