#!/usr/bin/env bash
# The protocol is what proto/README.md says: a client in Python, written from that document alone, pushes and reads as ours does.
set -euo pipefail
if ! /usr/bin/python3 -c 'import zmq' 2>/dev/null; then
	echo "skip - a client in Python pushes and reads: python3-zmq is not installed"
	exit 0
fi
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
client=$centre_root/tests/interop/effreg_client.py

push_as() {
	"$client" push "$(centre_endpoint push)" "$centre_home/keys/centre.pub" "$centre_home/keys/$1" "${@:2}"
}

field() {
	grep -oE "\"$1\": ?(\"[^\"]*\"|[0-9]+)" "$2" | head -n 1 | sed -E 's/^"[^"]*": ?"?([^"]*)"?$/\1/'
}

# fails_saying WORD COMMAND...
fails_saying() {
	! "${@:2}" >"$test_work/refusal" 2>&1 && grep -F -- "$1" "$test_work/refusal"
}

test_projects=20
test_generate
region=${test_regions[0]}
file=$test_story/$region.ndjson
lines=$(wc -l <"$file")
source=$(head -n 1 "$file" | sed -E 's/.*"source": ?"([^"]*)".*/\1/')
test_start_centre

check "the other client pushes a region's events" push_as "region/$region" "$source" "$file"
cp "$test_work/check.log" "$test_work/pushed"
check_equal "each is stored" "$lines" "$(field stored "$test_work/pushed")"
check_equal "in the key's region" "$region" "$(field region "$test_work/pushed")"
check_equal "the head it was told is the log's" "$(ask "SELECT pg_catalog.encode(hash, 'hex') FROM effreg.event_head WHERE region_id = '$region'")" \
	"$(field head "$test_work/pushed")"
check "the chain holds" centre_effreg log verify
centre_effreg log export --out "$test_work/logs" >/dev/null 2>&1
check_equal "and is the one that the other client computes" "$(field head "$test_work/pushed")" \
	"$("$client" chain "$region" "$test_work/logs/$region.ledger")"
check_equal "the bytes are those of the file" "$(sha256sum <"$file")" \
	"$(ask "SELECT body FROM effreg.event WHERE region_id = '$region' ORDER BY seq" | sha256sum)"
check_equal "sent again by our client, each is a duplicate" "$lines" "$(centre_push "$region" "$file" | centre_sum duplicate)"
push_as "region/$region" "$source" "$file" >"$test_work/again"
check_equal "and by the other one" "$lines" "$(field duplicate "$test_work/again")"
check_equal "which learns how far its source is stored" "$(sed -E 's/.*"sequence": ?"([0-9]+)".*/\1/' "$file" | sort -n | tail -n 1)" \
	"$(field source_sequence "$test_work/again")"

{
	echo '{"type":"effreg.nothing.v1"}'
	echo 'no event'
	head -n 1 "$test_story/${test_regions[1]}.ndjson"
	head -n 1 "$file" | sed 's/"specversion"/ "specversion"/'
} >"$test_work/broken.ndjson"
push_as "region/$region" "$source" "$test_work/broken.ndjson" >"$test_work/broken"
check "it hears the codes of the document" grep -F '"codes": ["bad_json", "conflict", "forbidden_region", "unknown_type"]' "$test_work/broken"

centre_key coordinator coordinator
check "a coordinator may not push without a region" fails_saying forbidden_region push_as coordinator "$source" "$file"
centre_settle
year=2023
ask_rating() {
	"$client" query "$(centre_endpoint query)" "$centre_home/keys/centre.pub" "$centre_home/keys/$1" "$2" "$3"
}
check "it reads the rating" ask_rating coordinator rating.get "{\"period\":\"$year\"}"
cp "$test_work/check.log" "$test_work/rating"
check_equal "which is the one that ours reads" "$(centre_effreg rating get --period "$year" --format json | centre_text result_digest)" \
	"$(field result_digest "$test_work/rating")"
check "it hears why a question is refused" fails_saying unknown_method ask_rating coordinator rating.invent '{}'
