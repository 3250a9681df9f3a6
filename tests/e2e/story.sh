#!/usr/bin/env bash
# The story at its default seed and size, as the demo tells it: the sources say that Voronezh rose from the 18th place
# to the 5th in 2023, and the engine, which is told events only, finds the same.
#
# Prints the scores beside Voronezh's: a place that hangs on a hair is a defect of the story too.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
region=20000000
margin_min=0.05
previous_year=2022
year=2023

generate_story() {
	"$centre_bin/effreg" generate --out "$test_story" 2>/dev/null
	mapfile -t test_regions < <(cd "$test_story" && printf '%s\n' *.ndjson | sed 's/\.ndjson$//')
	test_events=$(cat "$test_story"/*.ndjson "$test_story"/coordinator/*.ndjson | wc -l)
}

save_rating() {
	test_publish "$1" >"$test_work/publish.json" && centre_effreg rating get --period "$1" --format csv >"$test_work/$1.csv"
}

# columns YEAR NAME...: these columns of the saved rating, found by their heads, without the first line.
columns() {
	local saved=$test_work/$1.csv
	shift
	awk -F , -v names="$*" '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; count = split(names, name, " "); next }
		{ for (i = 1; i <= count; i++) printf "%s%s", $column[name[i]], i == count ? "\n" : " " }' "$saved"
}

# figure_of YEAR NAME: of Voronezh.
figure_of() {
	columns "$1" region "$2" | awk -v region="$region" '$1 == region { print $2 }'
}

rated_in() {
	columns "$1" place | grep -c .
}

# Whether the neighbours' scores are further than margin_min away; prints both distances.
stands_apart() {
	columns "$1" place score region | sort -n | awk -v region="$region" -v min="$margin_min" '
		$1 == "" || $3 == "" { next } # not rated
		at { below = score[at] - $2; exit }
		{ score[++count] = $2 }
		$3 == region { at = count; above = score[at - 1] - $2 }
		END { print above, below; exit !(at > 1 && above > min && below > min) }'
}

tell_margins() {
	local above below
	read -r above below < <(stands_apart "$1")
	echo "# $1: the region before has $above points more, the next one $below less"
}

prints_the_rise() {
	centre_effreg rating get --period "$year" --lang ru >"$test_work/rating.txt" && grep -E '▲13 .*Воронежская' "$test_work/rating.txt"
}

started=$SECONDS
generate_story
test_start_centre
check "every event of the story is accepted" test_push_all
check_equal "the centre stores all of them" "$test_events" "$(test_pushed stored)"
centre_settle
check "the rating of $previous_year is published" save_rating "$previous_year"
check "the rating of $year is published" save_rating "$year"

check_equal "Voronezh's place in $previous_year is the one the sources name" 18 "$(figure_of "$previous_year" place)"
check_equal "Voronezh's place in $year is the one the sources name" 5 "$(figure_of "$year" place)"
check_equal "its change in $year is the one the sources name" 13 "$(figure_of "$year" change)"
check "the printed rating shows the rise" prints_the_rise
check "in $previous_year its neighbours' scores are not a hair away" stands_apart "$previous_year"
check "in $year its neighbours' scores are not a hair away" stands_apart "$year"
check "most regions are rated in $previous_year" test "$(rated_in "$previous_year")" -ge 65
check "nearly all regions are rated in $year" test "$(rated_in "$year")" -ge 78
tell_margins "$previous_year"
tell_margins "$year"
echo "# $test_events events in $((SECONDS - started)) s"
