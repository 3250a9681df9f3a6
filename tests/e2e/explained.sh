#!/usr/bin/env bash
# Explanations over files: what a score is made of, why a place changed, what holds under all weights, what would do.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

effreg=$centre_bin/effreg
cd "$test_work"

# ends_with STATUS TEXT COMMAND...: what it says holds the text.
ends_with() {
	local status=0
	"${@:3}" --lang en >"$test_work/said" 2>&1 || status=$?
	cat "$test_work/said"
	(($1 == status)) && grep -qF -- "$2" "$test_work/said"
}

# column_sum FILE NAME [PATTERN]: of the rows that match, rounded to 9 decimals.
column_sum() {
	awk -F , -v name="$2" -v pattern="${3:-.}" '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$0 ~ pattern { sum += $column[name] }
		END { printf "%.9f\n", sum }' "$1"
}

# member FILE NAME: a number in JSON, rounded to 9 decimals.
member() {
	grep -oE "\"$2\":-?[0-9.e+-]+" "$1" | head -1 | cut -d : -f 2 | awk '{ printf "%.9f\n", $1 }'
}

is_valid() {
	"$effreg" validate --schema "$centre_root/proto/schemas/explanation.v1.json" --instance "$1"
}

cat >rules.json <<'JSON'
{"code": "m", "version": 2,
 "nodes": [{"code": "index"}, {"code": "people", "parent": "index", "weight": 2}, {"code": "work", "parent": "index"}],
 "indicators": [{"code": "x", "parent": "people"}, {"code": "y", "parent": "people", "weight": 3},
                {"code": "z", "parent": "work", "direction": "lower"}],
 "normalise": {"method": "min-max", "range": [0, 100]}, "aggregate": [{"method": "arithmetic"}]}
JSON
sed 's/"version": 2/"version": 1/; s/"weight": 3/"weight": 1/' rules.json >older.json
printf 'unit,x,y,z\na,10,40,7\nb,30,20,5\nc,20,30,1\nd,40,10,9\n' >before.csv
printf 'unit,x,y,z\na,30,45,4\nb,30,25,5\nc,20,,2\ne,50,50,1\n' >after.csv
rules=(--methodology rules.json --values after.csv)

"$effreg" rank "${rules[@]}" >plain.csv
"$effreg" rank explain "${rules[@]}" --unit a --format csv >parts.csv
check_equal "contributions add up to the score" "$(column_sum plain.csv index '^a,')" "$(column_sum parts.csv contribution)"

"$effreg" rank explain "${rules[@]}" --unit a --against before.csv --against-methodology older.json --format json >why.json
"$effreg" rank explain "${rules[@]}" --unit a --against before.csv --against-methodology older.json --format csv >why.csv
check "an explanation is what its schema says" is_valid why.json
check_equal "causes add up to the change of score" "$(awk -v a="$(member why.json score_to)" -v b="$(member why.json score_from)" \
	'BEGIN { printf "%.9f", a - b }')" "$(column_sum why.csv score)"
check_equal "causes add up to whole places" "$(member why.json places)" "$(column_sum why.csv places)"
check "it names who came before it, and why" grep -qF \
	'{"unit":"e","move":"entered","from":null,"to":1,"cause":"entrants"' why.json
check "a table speaks Russian" grep -qF "сдвиг шкалы нормирования" <("$effreg" rank explain "${rules[@]}" --unit a \
	--against before.csv --lang ru)
cp before.csv published.csv
sed -i 's/^a,10,40,7/a,35,60,1/' published.csv
"$effreg" rank explain "${rules[@]}" --unit a --against before.csv --against-published published.csv --format csv >corrected.csv
check "a correction is a cause of its own" grep -q '^corrected,NA,-' corrected.csv
check "a unit that is not there ends with 1" ends_with 1 'there is no unit "q"' "$effreg" rank explain "${rules[@]}" --unit q
check "one that was not there before ends with 1" ends_with 1 'the older run has no unit "e"' \
	"$effreg" rank explain "${rules[@]}" --unit e --against before.csv
check "an older methodology needs older values" ends_with 2 "go with --against" \
	"$effreg" rank explain "${rules[@]}" --unit a --against-methodology older.json

# b leads c by less than a quarter of the weights can turn; nothing turns e.
printf 'unit,x,y,z\na,30,45,4\nb,30,25,5\nc,26,30,6\ne,50,50,1\n' >full.csv
"$effreg" rank robust --methodology rules.json --values full.csv --format csv >ranges.csv
check_equal "the best of all stays first under all weights" e,1,1,exact,1,exact,0,3 "$(grep '^e,' ranges.csv)"
"$effreg" rank robust --methodology rules.json --values full.csv --unit c --format json >robust.json
check "a pair has the change that reverses it" grep -qE '"behind":"[bc]","robust":(true|false),"exact":true,"reversal":0\.[0-9]+' robust.json
check "a unit that is not rated ends with 1" ends_with 1 'no unit "q" is rated' \
	"$effreg" rank robust --methodology rules.json --values full.csv --unit q
check "a share of weights beyond 1 is refused" ends_with 2 "--perturb is a share from 0 to 1, not 2" \
	"$effreg" rank robust --methodology rules.json --values full.csv --perturb 2

printf 'indicator,step,most,cost\nx,1,20,1\ny,1,20,2\n' >steps.csv
"$effreg" rank what-if --methodology rules.json --values full.csv --unit c --place 2 --steps steps.csv --format json >what.json
check "the smallest change is found and proven" grep -q '"method":"exact".*"place_to":2' what.json
check "what cannot be reached ends with 1" ends_with 1 "do not reach it" "$effreg" rank what-if --methodology rules.json --values full.csv \
	--unit c --place 1 --steps steps.csv
printf 'indicator,step,most\nq,1,20\n' >wrong.csv
check "a step of nothing is refused with its line" ends_with 2 'wrong.csv:2: there is no indicator "q"' \
	"$effreg" rank what-if --methodology rules.json --values full.csv --unit c --place 2 --steps wrong.csv

# A panel of both years, its rows mixed: what is said of one of them is what its own file says.
sed 's/"version": 2/"version": 2, "panel": {"column": "year", "scope": "local"}/' rules.json >panel.json
{
	echo unit,year,x,y,z
	paste -d '\n' <(sed '1d; s/,/,2022,/' before.csv) <(sed '1d; s/,/,2023,/' after.csv)
} >years.csv
panel=(--methodology panel.json --values years.csv)
"$effreg" rank explain "${panel[@]}" --unit a --at 2023 --since 2022 --format json >panel_why.json
"$effreg" rank explain "${rules[@]}" --unit a --against before.csv --format json >file_why.json
check "a move within a panel is explained as between its files" cmp panel_why.json file_why.json
check_equal "the best and worst places of a period are its own" \
	"$("$effreg" rank robust "${rules[@]}" --format csv)" "$("$effreg" rank robust "${panel[@]}" --at 2023 --format csv)"
check_equal "and so is the smallest change to a place" \
	"$("$effreg" rank what-if --methodology rules.json --values before.csv --unit a --place 1 --format json)" \
	"$("$effreg" rank what-if "${panel[@]}" --at 2022 --unit a --place 1 --format json)"
check "a panel is asked for its period" ends_with 2 "such as --at 2022 (/panel)" "$effreg" rank robust "${panel[@]}"
check "a period that is not there is told" ends_with 2 'no row is of the period "2030"' \
	"$effreg" rank explain "${panel[@]}" --unit a --at 2030
check "what has no panel has no period" ends_with 2 "the methodology has no panel" "$effreg" rank robust "${rules[@]}" --at 2023
sed -i 's/"local"/"global"/' panel.json
check "a period that is measured by others is refused, with a way out" ends_with 2 'make the scope "local", or normalise by goalposts' \
	"$effreg" rank what-if "${panel[@]}" --at 2023 --unit a --place 1

# y and z are made of x: one says the same, the other, of which less is better, the contrary.
echo "unit,x,y,z" >twins.csv
for i in 1 2 3 4 5 6 7 8 9 10; do echo "u$i,$((i * 7 % 11)),$((i * 7 % 11 * 3 + 1)),$((i * 7 % 11 * 2))"; done >>twins.csv
"$effreg" rank audit --methodology rules.json --values twins.csv --format json >audit.json
check "an audit finds the pair that says the same" grep -qE '"a":"x","b":"y","r":(1|0\.99999)' audit.json
check "and the indicator that is silent" grep -qE '"indicator":"z".*"silent":true' audit.json
check "its table speaks Russian" grep -qF "на деле" <("$effreg" rank audit --methodology rules.json --values twins.csv --lang ru)

"$effreg" rank --methodology rules.json --values full.csv --compare older.json >compared.csv
"$effreg" rank lab --methodology rules.json --compare older.json --values full.csv --values after.csv --format csv >lab.csv
check_equal "the lab has the shifts of rank --compare" "$(awk -F , 'NR > 1 { print $1, $NF }' compared.csv | sort)" \
	"$(awk -F , '/^full/ { print $2, $5 + 0 }' lab.csv | sort)"
check_equal "and every unit of every file" 8 "$(($(wc -l <lab.csv) - 1))"
check "the lab tells weights and correlations of nodes" grep -qE '"weights":.*"nominal_other":.*"node_correlations":' \
	<("$effreg" rank lab --methodology rules.json --compare older.json --values full.csv --format json)
check "a draft needs what it is held against" ends_with 2 "--compare" "$effreg" rank lab --methodology rules.json --values full.csv
