#!/usr/bin/env bash
# The rating is computed from the events: without the leading region's events of 2023 its place is lower, and with
# them, pushed afterwards, the rating is what it would have been.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

# place_of CODE PERIOD: from the CSV, whose columns it finds by their heads; "none" for a region without a place.
place_of() {
	centre_effreg rating get --period "$2" --format csv | awk -F , -v code="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$column["region"] == code { print $column["place"] == "" ? "none" : $column["place"] }'
}

leader_of() {
	centre_effreg rating get --period "$1" --format csv | awk -F , '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$column["place"] == 1 { print $column["region"] }'
}

# A region with no project measured in the year may lose not only its place but the right to one.
is_lower() {
	[[ $1 == none || $1 -gt 1 ]]
}

test_generate
test_start_centre
test_push_all
centre_settle
test_publish 2023 >/dev/null
whole=$(centre_digest 2023)
leader=$(leader_of 2023)
check_equal "the leading region of 2023 has the first place" 1 "$(place_of "$leader" 2023)"
test_drop_centre

cp "$test_story/$leader.ndjson" "$test_work/leader.ndjson"
grep -v '"time": *"2023-' "$test_work/leader.ndjson" >"$test_story/$leader.ndjson"
test_start_centre
test_push_all
centre_settle
test_publish 2023 >/dev/null
lower=$(place_of "$leader" 2023)
check "without its events of 2023 its place is lower, or it has none ($lower)" is_lower "$lower"
check "and the digest is another" test "$(centre_digest 2023)" != "$whole"

centre_push "$leader" "$test_work/leader.ndjson" >/dev/null
centre_settle
test_publish 2023 >/dev/null
check_equal "with the events pushed afterwards the place is the first again" 1 "$(place_of "$leader" 2023)"
check_equal "and the digest is the first one" "$whole" "$(centre_digest 2023)"
