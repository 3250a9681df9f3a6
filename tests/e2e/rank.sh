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

# ---- uncertainty

write_table() {
	cat >"$test_work/methodology.json" <<-'JSON'
	{"code": "m", "version": 1, "nodes": [{"code": "index"}, {"code": "a", "parent": "index", "weight": 2},
	   {"code": "b", "parent": "index"}],
	 "indicators": [{"code": "w", "parent": "a"}, {"code": "x", "parent": "a", "direction": "lower"},
	   {"code": "y", "parent": "b", "weight": 3}, {"code": "z", "parent": "b"}],
	 "normalise": {"method": "min-max"}, "aggregate": [{"method": "arithmetic"}],
	 "groups": {"leading": 0.25, "lagging": 0.25}}
	JSON
	sed 's/"groups"/"alternatives": {"normalise": [{"method": "rank"}], "aggregate": [[{"method": "geometric"}]]}, &/' \
		"$test_work/methodology.json" >"$test_work/alternatives.json"
	sed 's/"groups"/"panel": {"column": "year", "scope": "global"}, &/' "$test_work/methodology.json" >"$test_work/panel.json"
	cat >"$test_work/values.csv" <<-'CSV'
	unit,w,x,y,z
	north,10,3,100,0.5
	south,60,9,140,0.2
	east,35,1,90,0.9
	west,80,7,200,NA
	coast,42,5,170,0.7
	hills,55,8,130,0.1
	CSV
	printf 'unit,w,y\nnorth,4,10\nsouth,4,\neast,4,10\nwest,4,10\ncoast,4,10\n' >"$test_work/errors.csv"
	awk -F , 'NR == 1 { print "unit,year,w,x,y,z"; next }
		{ print $1 ",2022," $2 "," $3 "," $4 "," $5; print $1 ",2023," ($1 == "north" ? 95 : $2) "," $3 "," $4 "," $5 }' \
		"$test_work/values.csv" >"$test_work/years.csv"
}

# rank METHODOLOGY OPTION...: on the table, notes left aside.
rank() {
	"$effreg" rank --methodology "$test_work/$1.json" --values "$test_work/values.csv" "${@:2}" 2>/dev/null
}

# The rows of two runs, by unit: the order of the values must not show.
rank_turned() {
	{ head -1 "$test_work/values.csv" && tail -n +2 "$test_work/values.csv" | sort -r; } >"$test_work/turned.csv"
	"$effreg" rank --methodology "$test_work/methodology.json" --values "$test_work/turned.csv" "$@" 2>/dev/null | sort
}

test_uncertainty() {
	local all=(--replicates 200 --errors "$test_work/errors.csv" --sensitivity --format json)
	write_table
	check_equal "replicates leave the csv its columns" unit,a,b,index,rank,rank_mean,rank_median,rank_q05,rank_q95 \
		"$(rank alternatives --replicates 50 | head -1)"
	check_equal "one thread or two: the same bytes" "$(rank alternatives "${all[@]}" --threads 1)" \
		"$(rank alternatives "${all[@]}" --threads 2)"
	check "another seed, other draws" test "$(rank alternatives "${all[@]}")" != "$(rank alternatives "${all[@]}" --seed 2)"
	check_equal "the order of the units does not show in replicates" "$(rank methodology --replicates 100 | sort)" \
		"$(rank_turned --replicates 100)"
	rank methodology --replicates 40 --parameters-out "$test_work/parameters.csv" --ranks-out "$test_work/drawn.csv" >"$test_work/out"
	rank methodology --weight-sets "$test_work/parameters.csv" --ranks-out "$test_work/given.csv" >"$test_work/out"
	check_equal "the parameters of every replicate, given as sets, rank as it did" "$(cat "$test_work/drawn.csv")" \
		"$(cat "$test_work/given.csv")"
	rank alternatives --replicates 40 --parameters-out "$test_work/parameters.csv" >"$test_work/out"
	check_equal "they name the alternatives that were taken" set,normalise,aggregate,w,x,y,z,index,a,b \
		"$(head -1 "$test_work/parameters.csv")"
	rank alternatives "${all[@]}" >"$test_work/all.json"
	check "probabilities of places, groups and beating the neighbour" grep -qE \
		'"place_probabilities":\{"[0-9]+":[0-9.]+.*"beats_next":[0-9.]+,"groups":\{"leading":[0-9.]+,"middle":[0-9.]+,"lagging":[0-9.]+\}' \
		"$test_work/all.json"
	check "sensitivity names every factor" grep -qF \
		'"factors":["weights:index","weights:a","weights:b","normalise","aggregate","errors","missing"]' "$test_work/all.json"
	check "and shares the variance out" grep -qE '"variance_split":\{"variance":[-0-9.e]+,"choices":[-0-9.e]+,"errors":[-0-9.e]+,"missing":' \
		"$test_work/all.json"
}

test_errors() {
	check_equal "standard errors have their columns" \
		unit,a,b,index,rank,score_se,error_rank_mean,error_rank_median,error_rank_q05,error_rank_q95,marginal_lo,marginal_hi,simultaneous_lo,simultaneous_hi,shrunken,shrunken_se \
		"$(rank methodology --errors "$test_work/errors.csv" | head -1)"
	rank methodology --errors "$test_work/errors.csv" >"$test_work/errors.out"
	# north: w has 1/3 of the weight over 70, y a quarter over 110; hills has no error.
	check_equal "of a linear score the error is exact" 3.0 \
		"$(awk -v se="$(field "$test_work/errors.out" north score_se)" 'BEGIN { printf "%.1f", se }')"
	check_equal "who has no error adds none" 0 "$(field "$test_work/errors.out" hills score_se)"
	"$effreg" rank --methodology "$test_work/panel.json" --values "$test_work/years.csv" --replicates 300 --perturb 0.05 \
		--format json >"$test_work/panel.out" 2>/dev/null
	check "a great move is told from noise" grep -qE \
		'"unit":"north","year":"2023".*"move":\{"from":"2022","gained":[1-9][0-9]*,"interval":\[[-0-9.,]+\],"distinguishable":true\}' \
		<(grep -oE '\{"unit":"north","year":"2023"[^}]*\}[^{]*\{[^}]*\}[^{]*\{[^}]*\}' "$test_work/panel.out")
	printf 'unit,w\nnobody,1\n' >"$test_work/stranger.csv"
	check "errors of an unknown unit are refused with their line" refused 'stranger.csv:2: the values have no unit "nobody"' \
		"$effreg" rank --methodology "$test_work/methodology.json" --values "$test_work/values.csv" --errors "$test_work/stranger.csv"
	printf 'unit,q\nnorth,1\n' >"$test_work/stranger.csv"
	check "and a column that is no indicator" refused 'stranger.csv:1: "q" is no indicator' \
		"$effreg" rank --methodology "$test_work/methodology.json" --values "$test_work/values.csv" --errors "$test_work/stranger.csv"
	sed 's/"rank"/"z-score"/' "$test_work/alternatives.json" >"$test_work/broken.json"
	check "an alternative that a mean cannot bear is refused at its place" refused "(/alternatives/aggregate/0/0/method)" \
		"$effreg" rank --methodology "$test_work/broken.json" --values "$test_work/values.csv"
}

test_confidence
test_uncertainty
test_errors
