#!/usr/bin/env bash
# The same result_digest from gcc and clang, unoptimised and optimised, and on processors without AVX2 and FMA, whose libm is
# another one. Each build has only what the engine needs.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-compilers.XXXXXX")
trap 'rm -rf "$work"' EXIT
older_processor=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4

if ! command -v clang >/dev/null; then
	echo "skip - digests of two compilers: clang is not installed"
	exit 77
fi

# digests COMPILER OPTIMISATION: builds, runs twice -> $work/COMPILER-OPTIMISATION, and with .older
digests() {
	local name=$1$2
	if ! {
		cmake -S "$root" -B "$work/build$name" -G Ninja -DCMAKE_C_COMPILER="$1" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$2" &&
			cmake --build "$work/build$name" --target rank_digest
	} >"$work/log" 2>&1; then
		tail -20 "$work/log"
		return 1
	fi
	"$work/build$name/tests/rank_digest" >"$work/$name"
	GLIBC_TUNABLES=$older_processor "$work/build$name/tests/rank_digest" >"$work/$name.older"
	rm -rf "$work/build$name"
}

# compare SENTENCE FILE: with those of gcc -O0.
compare() {
	if [[ -s $work/gcc-O0 ]] && cmp -s "$work/gcc-O0" "$work/$2"; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		diff "$work/gcc-O0" "$work/$2" | sed 's/^/  /' || true
	fi
}

for compiler in gcc clang; do
	for optimisation in -O0 -O3; do
		if ! digests "$compiler" "$optimisation"; then
			echo "not ok - $compiler $optimisation builds the engine"
			continue
		fi
		compare "$compiler $optimisation: the digests of gcc -O0" "$compiler$optimisation"
		compare "$compiler $optimisation: also without AVX2 and FMA" "$compiler$optimisation.older"
	done
done

# A comparison that cannot fail shows nothing: six methodologies have six digests.
if [[ $(sort -u "$work/gcc-O0" | wc -l) == 6 ]]; then
	echo "ok - each methodology has a digest of its own"
else
	echo "not ok - each methodology has a digest of its own"
fi
