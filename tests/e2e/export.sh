#!/usr/bin/env bash
# The logs outside the centre: exported, continued, held against a signed checkpoint, and counted again to the published
# rating; what was changed, left out or cut off is refused.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

methodology=$centre_root/deploy/config/methodology.json

# No database, no centre: whatever works here works anywhere.
alone() {
	env -u EFFREG_DSN LC_ALL=C "$centre_bin/effreg" "$@"
}

# fails_with EXIT PATTERN COMMAND...: ends with this code and says the pattern.
fails_with() {
	local status=0
	"${@:3}" >"$test_work/refusal" 2>&1 || status=$?
	cat "$test_work/refusal"
	[[ $status == "$1" ]] && grep -E -- "$2" "$test_work/refusal"
}

export_logs() {
	LC_ALL=C centre_effreg log export --out "$@"
}

checkpoint() {
	LC_ALL=C centre_effreg log checkpoint --sign-key "$test_work/sign" --out "$1"
}

# verify DIR CHECKPOINT [KEY]
verify_with() {
	alone log verify "$1" --checkpoint "$2" --public-key "${3:-$test_work/sign.pub}"
}

recomputed() {
	alone rating recompute --logs "$1" --methodology "$methodology" --period "$2" --format json 2>"$test_work/recompute.log" |
		centre_text result_digest
}

# The events of a ledger as they were pushed: each is one line here.
events_of() {
	grep -v -E '^\{"(seq":[0-9]+,"recorded_us|type":"effreg.ledger)' "$1"
}

# offset_of FILE SEQ: where the entry begins.
offset_of() {
	grep -b -m 1 -F "{\"seq\":$2,\"recorded_us\"" "$1" | cut -d : -f 1
}

# copy NAME: a fresh copy of the export to be broken.
copy() {
	rm -rf "$test_work/copy"
	cp -r "$test_work/logs" "$test_work/copy"
	broken=$test_work/copy/$region.ledger
}

# Changes one byte of the event with this seq.
change_byte() {
	local entry
	entry=$(grep -n -m 1 -F "{\"seq\":$2,\"recorded_us\"" "$1" | cut -d : -f 1)
	sed -E -i "$((entry + 1))s/(\"time\": ?\")2/\11/" "$1"
}

# without REGION: takes the region out of heads.json.
without() {
	sed -E -i "s/\{\"region\":\"$1\"[^}]*\},?//; s/,\]/]/" "$test_work/copy/heads.json"
}

test_generate
region=${test_regions[40]} other=${test_regions[0]}
head -n 20 "$test_story/$region.ndjson" >"$test_work/first.ndjson"
test_start_centre
"$centre_bin/effreg" keys new --signing "$test_work/sign" >/dev/null
"$centre_bin/effreg" keys new --signing "$test_work/another" >/dev/null

centre_push "$region" "$test_work/first.ndjson" >/dev/null
checkpoint "$test_work/early.json" 2>/dev/null
check "the first export takes what there is" fails_with 0 '^20 events added' export_logs "$test_work/logs"
cp -r "$test_work/logs" "$test_work/early"
test_push_all
checkpoint "$test_work/late.json" 2>/dev/null
check "the next one adds what is new" fails_with 0 "^$((test_events - 20)) events added" export_logs "$test_work/logs"
check "and one more adds nothing" fails_with 0 '^0 events added' export_logs "$test_work/logs"
check_equal "a continued ledger begins as it was" "$(sha256sum <"$test_work/early/$region.ledger")" \
	"$(head -c "$(stat -c %s "$test_work/early/$region.ledger")" "$test_work/logs/$region.ledger" | sha256sum)"
check "an export at one go is the same" fails_with 0 "^$test_events events added" export_logs "$test_work/whole"
check "to the byte" diff -r "$test_work/logs" "$test_work/whole"
check "a ledger holds the pushed bytes" diff <(find "$test_story" -name "$region.ndjson" -exec cat {} + | sort) \
	<(events_of "$test_work/logs/$region.ledger" | sort)
check "the exported logs verify without a database" fails_with 0 "^$test_events events of 83 regions, 0 chains broken" \
	alone log verify "$test_work/logs"
check "a single ledger does too" alone log verify "$test_work/logs/$region.ledger"
check "one region by its code" fails_with 0 ' of 1 regions' alone log verify "$test_work/logs" --region "$region"

check "the logs bear the checkpoint out" verify_with "$test_work/logs" "$test_work/late.json"
check "and the earlier one" verify_with "$test_work/logs" "$test_work/early.json"
check "so does the log in the database" centre_effreg log verify --checkpoint "$test_work/late.json" \
	--public-key "$test_work/sign.pub"
check "an earlier export is shorter than the checkpoint" fails_with 1 "$region seq 20 .*checkpoint has events after" \
	verify_with "$test_work/early" "$test_work/late.json"
check "and lacks regions that it names" fails_with 1 "$other seq 0 .*checkpoint has events after" \
	verify_with "$test_work/early" "$test_work/late.json"
check "a checkpoint of another key is refused" fails_with 1 'another key' \
	verify_with "$test_work/logs" "$test_work/late.json" "$test_work/another.pub"
sed -E "s/(\"region\":\"$region\",\"seq\":)[0-9]+/\11/" "$test_work/late.json" >"$test_work/forged.json"
check "a changed checkpoint is refused" fails_with 1 'signature does not hold' verify_with "$test_work/logs" "$test_work/forged.json"
check "a checkpoint without a key to trust is refused" fails_with 2 'public-key' \
	alone log verify "$test_work/logs" --checkpoint "$test_work/late.json" 2>/dev/null

centre_settle
test_publish 2023 >/dev/null
centre_effreg rating get --period 2023 --format json >"$test_work/rating.json"
published=$(centre_text result_digest <"$test_work/rating.json")
check_equal "from the logs alone comes the published digest" "$published" "$(recomputed "$test_work/logs" 2023)"
check "it equals the document" fails_with 0 'equal to the document' alone rating recompute --logs "$test_work/logs" \
	--methodology "$methodology" --document "$test_work/rating.json"
check "another year gives another digest" test "$(recomputed "$test_work/logs" 2022)" != "$published"
sed 's/"version": *[0-9]*/"version": 77/' "$methodology" >"$test_work/methodology.json"
check "a document of another methodology is refused" fails_with 2 'another methodology' alone rating recompute \
	--logs "$test_work/logs" --methodology "$test_work/methodology.json" --document "$test_work/rating.json"
sed -E 's/("result_digest": ?")[0-9a-f]{4}/\10000/' "$test_work/rating.json" >"$test_work/other.json"
check "a document with another digest is contradicted" fails_with 1 'another result_digest' alone rating recompute \
	--logs "$test_work/logs" --methodology "$methodology" \
	--document "$test_work/other.json"

# The document says how far each log was read: so it can be checked after the logs went on.
# A practice of its own, published in 2023: the count of practices is an indicator.
late=$(basename "$(grep -l -F '.practice.published.' "$test_story"/*.ndjson | sed -n 1p)" .ndjson)
grep -m 1 -F '.practice.published.' "$test_story/$late.ndjson" |
	sed -E 's/"id": ?"[0-9a-f]{8}/"id":"0badc0de/; s/"sequence": ?"[0-9]+"/"sequence":"999999"/
		s/"practice": ?"[^"]*"/"practice":"LATE-1"/; s,/practice/[^"]*",/practice/LATE-1",
		s/"time": ?"[0-9]{4}-[0-9]{2}-[0-9]{2}/"time":"2023-06-01/' >"$test_work/later.ndjson"
check_equal "an event arrives after the publication" 1 \
	"$(centre_push "$late" "$test_work/later.ndjson" | centre_sum stored)"
export_logs "$test_work/longer" >/dev/null 2>&1
check "with it the result is another" test "$(recomputed "$test_work/longer" 2023)" != "$published"
check "up to the seqs of the publication it is the published one" fails_with 0 'equal to the document' alone rating recompute \
	--logs "$test_work/longer" --methodology "$methodology" --document "$test_work/rating.json"
check "an export that does not reach so far is refused" fails_with 1 'it is not all here' alone rating recompute \
	--logs "$test_work/early" --methodology "$methodology" --document "$test_work/rating.json"

copy
change_byte "$broken" 5
check "one changed byte is found, with region, seq and offset" \
	fails_with 1 "^$region seq 5 [0-9a-f-]{36}: .*changed.*byte $(offset_of "$broken" 5)\)" alone log verify "$test_work/copy"
check "and as JSON" fails_with 1 "\"seq\":5,.*\"offset\":$(offset_of "$broken" 5)," alone log verify "$broken" --format json
check "no rating is computed from it" fails_with 1 "broken at seq 5" alone rating recompute --logs "$test_work/copy" \
	--methodology "$methodology" --period 2023

copy
sed -i "$(grep -n -m 1 -F '{"seq":7,' "$broken" | cut -d : -f 1),+1d" "$broken"
check "a missing event is found" fails_with 1 "^$region seq 7 .*missing" alone log verify "$test_work/copy"

copy
truncate -s -100 "$broken"
check "a ledger that was cut off is found" fails_with 1 "^$region seq [0-9]+ .*expected" alone log verify "$test_work/copy"

copy
rm "$broken"
check "a ledger that is gone is found" fails_with 1 "^$region seq 1 .*No such file" alone log verify "$test_work/copy"
without "$region"
check "without its head too, the folder verifies" alone log verify "$test_work/copy"
check "but contradicts the checkpoint" fails_with 1 "^$region seq 0 .*checkpoint has events" \
	verify_with "$test_work/copy" "$test_work/late.json"
left_out=$(recomputed "$test_work/copy" 2023)
check "and gives another digest" test -n "$left_out" -a "$left_out" != "$published"

copy
cp "$test_work/early/$region.ledger" "$broken"
sed -E -i "s/\{\"region\":\"$region\"[^}]*\}/$(grep -oE "\{\"region\":\"$region\"[^}]*\}" "$test_work/early/heads.json")/" \
	"$test_work/copy/heads.json"
check "a log cut back to an older head verifies by itself" alone log verify "$test_work/copy"
check "but not against the checkpoint" fails_with 1 "^$region seq 20 .*checkpoint has events after" \
	verify_with "$test_work/copy" "$test_work/late.json"

copy
printf '{"seq":9999,"recorded_us":17' >>"$broken"
check "an export that did not end leaves the folder valid and is told" fails_with 0 'did not end' \
	alone log verify "$test_work/copy"
check "the next export goes on" fails_with 0 '^1 events added' export_logs "$test_work/copy"
check "as if nothing had happened" diff -r "$test_work/copy" "$test_work/longer"

ask "UPDATE effreg.event SET hash = pg_catalog.sha256('another') WHERE region_id = '$region' AND seq = 20"
check "a log that is not the one exported before is not continued" fails_with 1 "$region seq 20 .*exported here before" \
	export_logs "$test_work/early"
check "a broken log is not exported" fails_with 1 "$region seq 20 .*chain is broken" export_logs "$test_work/fresh"
check_equal "the folder claims none of it" 0 "$(grep -c "$region" "$test_work/fresh/heads.json")"
