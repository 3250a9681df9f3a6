#!/usr/bin/env bash
# What an analyst does with `effreg rank` over files: no database, no bus.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

effreg=$centre_bin/effreg

# refused EXPECTED COMMAND...: exit 2, and what it says holds the text.
refused() {
	local expected=$1 status=0
	shift
	"$@" --lang en >"$test_work/refused" 2>&1 || status=$?
	cat "$test_work/refused"
	((status == 2)) && grep -qF -- "$expected" "$test_work/refused"
}

# field FILE UNIT COLUMN: from a CSV whose columns are found by their heads.
field() {
	awk -F , -v unit="$2" -v name="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$1 == unit { print $column[name] }' "$1"
}

# ---- confidence

# b and c are close, a is far above, d has no estimate.
printf 'unit,estimate,se\na,30,1\nb,11,2\nc,10,1.5\nd,NA,\n' >"$test_work/estimates.csv"

test_confidence() {
	local out=$test_work/confidence.csv
	"$effreg" rank confidence --estimates "$test_work/estimates.csv" --shrink reml >"$out"
	check_equal "rank confidence has its columns" \
		unit,estimate,se,rank,marginal_lo,marginal_hi,simultaneous_lo,simultaneous_hi,shrunken,shrunken_se "$(head -1 "$out")"
	check_equal "a place that nobody else can have is certain" 1,1,1,1,1 "$(cut -d , -f 4-8 <<<"$(grep '^a,' "$out")")"
	check_equal "two that are close may have each other's place" "2,2,3,2,3 3,2,3,2,3" \
		"$(grep '^[bc],' "$out" | cut -d , -f 4-8 | paste -sd ' ')"
	check_equal "a unit without an estimate takes no part" d,NA,NA,NA,NA,NA,NA,NA,NA,NA "$(grep '^d,' "$out")"
	check_equal "the same seed draws the same sets" "$(cat "$out")" \
		"$("$effreg" rank confidence --estimates "$test_work/estimates.csv" --shrink reml --seed 1)"
	check "as JSON it says how it was done" grep -q '"shrinkage":{"method":"pm","tau2":' \
		<("$effreg" rank confidence --estimates "$test_work/estimates.csv" --shrink pm --format json)
	printf 'unit,estimate,se\na,30,1\nb,11,0\n' >"$test_work/no_error.csv"
	check "an error of 0 is refused with its line" refused "no_error.csv:3: column \"se\": a standard error above 0" \
		"$effreg" rank confidence --estimates "$test_work/no_error.csv"
	printf 'unit,estimate\na,30\n' >"$test_work/no_column.csv"
	check "a missing column is named" refused 'no_column.csv:1: there is no column "se"' \
		"$effreg" rank confidence --estimates "$test_work/no_column.csv"
	check "a level beyond its range is refused" refused "--level is a share from 0.5 to 0.9999, not 1.5" \
		"$effreg" rank confidence --estimates "$test_work/estimates.csv" --level 1.5
}

test_confidence
