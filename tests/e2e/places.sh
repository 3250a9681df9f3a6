#!/usr/bin/env bash
# Places and what is done with them: interim and final, history and movement, why, newcomers among themselves, the
# authorities of a region, who may have a bonus, and what the federal side pulls; the report of a region says the same.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/report.sh
source "$centre_root/tests/harness/report.sh"

region=20000000
year=2023

# row_of COHORT MEMBER: of the region in the rating of the year.
row_of() {
	centre_effreg rating get --period $year --cohort "$1" --format json |
		jq -r --arg member "$2" --arg region "$region" '.rows[] | select(.region == $region) | .[$member]'
}

all_regions_stand_in_one_table() {
	local rows
	rows=$(centre_effreg rating get --period $year --format json | jq '.rows | length')
	[[ $rows == "${#test_regions[@]}" ]]
}

newcomers_are_fewer() {
	local newcomers all
	newcomers=$(centre_effreg rating get --period 2021 --cohort newcomers --format json | jq '[.rows[] | select(.place != null)] | length')
	all=$(centre_effreg rating get --period 2021 --format json | jq '[.rows[] | select(.place != null)] | length')
	echo "newcomers $newcomers of $all"
	((newcomers > 0 && newcomers < all))
}

parts_are_told() {
	reported_rows nodes part own place | grep -E '^Индекс эффективности\|[0-9,]+\|[0-9]+ из [0-9]+$' &&
		[[ $(reported_rows inputs part | wc -l) == "$(jq '.indicators | length' "$centre_root/deploy/config/methodology.json")" ]]
}

# The engine that rates regions, over figures of the authorities of one: as an analyst or the region itself does it.
authorities_are_rated() {
	local authority code count=0
	cat >"$test_work/inside.json" <<-'JSON'
	{"code": "inside", "version": 1, "nodes": [{"code": "index"}], "indicators": [{"code": "completed", "parent": "index"},
	 {"code": "independent_share", "parent": "index"}, {"code": "digital_share", "parent": "index"}],
	 "normalise": {"method": "min-max", "range": [0, 100]}, "aggregate": [{"method": "arithmetic"}]}
	JSON
	echo "authority,completed,independent_share,digital_share" >"$test_work/inside.csv"
	jq -r 'select(.type == "effreg.authority.registered.v1").data.authority' "$test_story/$region.ndjson" | head -n 6 >"$test_work/authorities"
	while read -r authority; do
		printf '%s' "$authority"
		for code in completed independent_share digital_share; do
			printf ',%s' "$(figure $region $code $year --authority "$authority" | sed 's/null/NA/')"
		done
		echo
	done <"$test_work/authorities" >>"$test_work/inside.csv"
	cat "$test_work/inside.csv"
	count=$("$centre_bin/effreg" rank --methodology "$test_work/inside.json" --values "$test_work/inside.csv" | tee "$test_work/ranked.csv" |
		awk -F , 'NR > 1 && $NF == 1' | wc -l)
	cat "$test_work/ranked.csv"
	((count >= 1))
}

eligibility_has_its_reason() {
	centre_effreg rating get --period 2021 --format json |
		jq -e '.rows | any(.eligible and .place != null) and any((.eligible | not) and .reason != null) and all(.eligible or .reason != null)'
}

is_a_number() {
	[[ $1 =~ ^[0-9]+(\.[0-9]+)?$ ]]
}

test_generate
test_start_centre
test_push_all
centre_settle

check "the year before is published" test_publish 2022
check "an interim rating is published" centre_effreg rating publish --period $year --kind interim
load_report $region $year --lang ru
check "a report then says so" says "Рейтинг: промежуточный, редакция 1."
check "and a final one after it" test_publish $year
load_report $region $year --lang ru
check "the report says that too" says "Рейтинг: итоговый, редакция 1."

check "the rating's history is told" grep -E "^2022 +final" <(centre_effreg rating history $region)
check_equal "the report has the place of the rating" "$(row_of all place)" "$(reported place)"
check_equal "and the one before" "$(row_of all previous_place)" "$(reported previous_place)"
check_equal "movement is their difference" "$(row_of all change)" "$(($(reported previous_place) - $(reported place)))"
check "the place is explained by its parts beside the median of all" parts_are_told
check "newcomers are compared among themselves" newcomers_are_fewer
check "the authorities of a region are rated by the same engine" authorities_are_rated
check "who is eligible is said, with the reason why not" eligibility_has_its_reason
check "the consolidated picture has every region" all_regions_stand_in_one_table

check "the federal side pulls by period" is_a_number "$(figure $region initiated $year-H1)"
check "by sphere" is_a_number "$(figure $region initiated $year --sphere health)"
check "by cohort" is_a_number "$(row_of district-central place)"
check "by region" is_a_number "$(figure $region initiated $year)"
