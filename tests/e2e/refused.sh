#!/usr/bin/env bash
# What must be refused is refused, each with its code, and takes nothing else with it.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

# An unknown key gets no session, and the client says so.
push_with_unknown_key() {
	local status=0
	centre_key stranger
	"$centre_bin/effreg" push --endpoint "$(centre_endpoint push)" --key "$centre_home/keys/stranger" --timeout 5 \
		--server-key "$centre_home/keys/centre.pub" "$test_story/$region.ndjson" || status=$?
	((status == 4))
}

# broken_batch: three good events with six broken ones among them, each broken from a good one of its own.
# shellcheck disable=SC2001
broken_batch() {
	local good=() long
	mapfile -t good < <(grep -m 9 -F '.project.opened.' "$test_story/$region.ndjson")
	long=$(printf '%70000s' '' | tr ' ' x)
	{
		echo "${good[0]}"
		# \xd0 begins a sequence of two bytes
		LC_ALL=C sed 's/"ru": *"/&\xd0\x20/' <<<"${good[1]}"
		sed 's/"specversion"/"specversion":"1.0",&/' <<<"${good[2]}"
		echo "${good[3]}"
		sed "s/\"ru\": *\"/&$long/" <<<"${good[4]}"
		sed 's/"sphere": *"[a-z_]*"/"sphere":"astrology"/' <<<"${good[5]}"
		grep -m 1 -F '.project.opened.' "$test_story/$other.ndjson"
		echo '{"id": 1'
		echo "${good[6]}"
	} >"$test_work/broken.ndjson"
}

push_broken_batch() {
	local status=0
	centre_push "$region" "$test_work/broken.ndjson" >"$test_work/broken.json" 2>/dev/null || status=$?
	((status == 3))
}

refused_with() {
	grep -E "\"code\": *\"$1\"" "$test_work/broken.json" ||
		{ cat "$test_work/broken.json" && return 1; }
}

test_generate
region=20000000 other=68000000
test_start_centre

check "an unknown key gets no session and the client says so" push_with_unknown_key
check_equal "nothing is stored by an unknown key" 0 "$(stored_events)"

broken_batch
check "a batch with broken events ends with exit 3" push_broken_batch
for code in bad_utf8 duplicate_key too_large schema forbidden_region bad_json; do
	check "one event of the batch is refused as $code" refused_with "$code"
done
check_equal "the good events of the batch are stored" 3 "$(centre_sum stored <"$test_work/broken.json")"
check_equal "the log holds the good events only" 3 "$(stored_events)"
check_equal "each refused event is kept in quarantine" 6 "$(ask 'SELECT pg_catalog.count(*) FROM effreg.quarantine')"
check "the broken batch is pushed again" push_broken_batch
check_equal "its good events are duplicates now" 3 "$(centre_sum duplicate <"$test_work/broken.json")"
check_equal "the mended events of the region are stored under their ids" "$(wc -l <"$test_story/$region.ndjson")" \
	"$(centre_push "$region" "$test_story/$region.ndjson" >/dev/null && stored_events)"
