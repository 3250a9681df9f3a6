#!/usr/bin/env bash
# The bytes of old events in files instead of the database: ids keep their one effect, chains hold, figures are made of them as before;
# without the folder whoever needs it says so and loses nothing, and a file that was changed is found.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

archive=$test_work/archive

alone() {
	env -u EFFREG_DSN -u EFFREG_LOG_ARCHIVE LC_ALL=C "$centre_bin/effreg" "$@"
}

# fails_with EXIT PATTERN COMMAND...: ends with this code and says the pattern.
fails_with() {
	local status=0
	"${@:3}" >"$test_work/refusal" 2>&1 || status=$?
	cat "$test_work/refusal"
	[[ $status == "$1" ]] && grep -E -- "$2" "$test_work/refusal"
}

archive_log() {
	LC_ALL=C centre_effreg log archive --log-archive "$archive" "$@"
}

with_folder() {
	LC_ALL=C EFFREG_LOG_ARCHIVE=$archive centre_effreg "$@"
}

now() {
	date -u +%Y-%m-%dT%H:%M:%S.%6NZ
}

without_bytes() {
	ask "SELECT pg_catalog.count(*) FROM effreg.event WHERE body IS NULL AND digest IS NOT NULL"
}

parked() {
	ask "SELECT pg_catalog.count(*) FROM effreg.attempt WHERE parked_time IS NOT NULL"
}

# Half of each region's story, so that the other half speaks of projects whose beginning is archived.
halve_story() {
	local code
	mkdir -p "$test_work/half"
	for code in "${test_regions[@]}"; do
		head -n $((($(wc -l <"$test_story/$code.ndjson") + 1) / 2)) "$test_story/$code.ndjson" >"$test_work/half/$code.ndjson"
	done
	half=$(cat "$test_work"/half/*.ndjson | wc -l)
}

# Waits for the line that says so.
asks_for_folder() {
	local attempt
	for ((attempt = 0; attempt < 600; attempt++)); do
		! grep -F 'name its folder' "$centre_home/log/metrics.log" || return 0
		read -rt 0.1 <> <(:) || true
	done
	return 1
}

restart_metrics() {
	centre_stop metrics
	: >"$centre_home/log/metrics.log"
	EFFREG_LOG_ARCHIVE=$1 centre_start metrics
	centre_wait_ready metrics
}

# The first parts alone, against a checkpoint of all.
later_checkpoint() {
	mkdir "$test_work/first"
	cp "$archive"/*.000000000001-*.ledger.gz "$test_work/first"
	centre_effreg log checkpoint --sign-key "$test_work/sign" --out "$test_work/later.json"
	alone log verify "$test_work/first" --checkpoint "$test_work/later.json" --public-key "$test_work/sign.pub"
}

# damage FILE: one byte in the middle becomes another.
damage() {
	local at=$(($(stat -c %s "$1") / 2))
	printf '%b' "$(printf '\\x%02x' $((0x$(xxd -s $at -l 1 -p "$1") ^ 255)))" | dd of="$1" bs=1 seek=$at conv=notrunc status=none
}

test_generate
halve_story
region=${test_regions[40]}
test_start_centre
"$centre_bin/effreg" keys new --signing "$test_work/sign" >/dev/null
centre_push_all "$test_work/half" "$test_work/push" 4 "${test_regions[@]}" >/dev/null
centre_settle
centre_effreg log export --out "$test_work/early" >/dev/null 2>&1

# ---- what is refused, and what would be done

check "a folder that is not there is not made: its disk may be missing" fails_with 2 'No such file' archive_log --before "$(now)"
mkdir "$archive"
check "what is to come cannot be archived" fails_with 2 'only what is past' archive_log --before 2999-01-01T00:00:00Z
check "a moment is a moment" fails_with 2 'is no moment' archive_log --before yesterday
check "only the owner may" fails_with 2 'owner' archive_log --before "$(now)" --dsn "$(centre_dsn_of metrics)"
check "events of this year stay, unless asked otherwise" fails_with 0 '^0 events of 0 regions archived' archive_log
check "a dry run says what would be done" fails_with 0 "^$half events of 83 regions would be archived" archive_log --before "$(now)" --dry-run
check_equal "and does none of it" "0 0" "$(without_bytes) $(find "$archive" -name '*.gz' | wc -l)"
first=$region.000000000001-$(printf %012d "$(wc -l <"$test_work/half/$region.ndjson")").ledger.gz
echo 'another file' >"$archive/$first"
check "a file of another origin is not written over" fails_with 1 "$first: what is on disk is not what the log has" archive_log --region "$region" --before "$(now)"
check_equal "and the log stays whole" 0 "$(without_bytes)"
rm "$archive/$first"

# ---- done

ask "CREATE TABLE public.saved AS SELECT seq, body FROM effreg.event WHERE region_id = '$region'" >/dev/null
check "a region is archived" archive_log --region "$region" --before "$(now)"
written=$(stat -c %y "$archive/$first")
ask "UPDATE effreg.event e SET body = saved.body, digest = NULL FROM public.saved WHERE e.region_id = '$region' AND e.seq = saved.seq;
	DELETE FROM effreg.event_archive WHERE region_id = '$region'; DROP TABLE public.saved" >/dev/null
ended=$region.000000000001-000000000002.ledger.gz
echo 'of a kill' >"$archive/$ended"
check "what was killed before it was recorded is done again, with all the others" fails_with 0 "^$half events of 83 regions archived" archive_log --before "$(now)"
check_equal "and with the same file" "$written" "$(stat -c %y "$archive/$first")"
check_equal "the file of an attempt that ended elsewhere is put aside" "$(printf 'of a kill\n' | sha256sum)" "$(sha256sum <"$archive/$ended.unrecorded")"
check_equal "no event has its bytes in the database" "$half" "$(without_bytes)"
check "programs of before would refuse the schema" test -n "$(ask "SELECT 1 FROM effreg.migration WHERE name > '0001_log.sql' AND name < '0002'")"
check "these do not" centre_effreg migrate status
mkdir "$test_work/another"
check "another folder is not taken for the archive's" fails_with 2 'put the file back' archive_log --before "$(now)" --log-archive "$test_work/another"
check "there is nothing more to do" fails_with 0 '^0 events of 0 regions archived' archive_log --before "$(now)"
check "a file unpacks to what log export wrote" cmp "$test_work/early/$region.ledger" <(gunzip -c "$archive/$first")
check "the files verify without a database" fails_with 0 "^$half events of 83 regions, 0 chains broken" alone log verify "$archive"
centre_effreg log checkpoint --sign-key "$test_work/sign" --out "$test_work/checkpoint.json" 2>/dev/null
check "and against a checkpoint" alone log verify "$archive" --checkpoint "$test_work/checkpoint.json" --public-key "$test_work/sign.pub"
check "so does one of them" alone log verify "$archive/$first"
check "the chains hold by the digests" fails_with 0 "$half archived events were followed by their digests" centre_effreg log verify
check "and by the bytes" fails_with 0 "^$half events of 83 regions, 0 chains broken" with_folder log verify
check "an export needs the folder" fails_with 2 'name its folder' centre_effreg log export --out "$test_work/none"
with_folder log export --out "$test_work/late" >/dev/null 2>&1
check "with it, it is the same as before, to the byte" diff -r "$test_work/early" "$test_work/late"

# ---- ids have one effect for ever

centre_push_all "$test_work/half" "$test_work/push" 4 "${test_regions[@]}" >/dev/null
check_equal "pushed again, all are duplicates" "0 $half" "$(test_pushed stored) $(test_pushed duplicate)"
head -n 1 "$test_work/half/$region.ndjson" >"$test_work/original.ndjson"
sed -E 's/("time": ?")20/\121/' "$test_work/original.ndjson" >"$test_work/conflict.ndjson"
centre_push "$region" "$test_work/conflict.ndjson" >"$test_work/conflict.json" || true
check "other bytes under an archived id are a conflict" grep -q '"conflict"' "$test_work/conflict.json"
check_equal "in quarantine with the digest of what is archived" "$(tr -d '\n' <"$test_work/original.ndjson" | sha256sum | cut -d ' ' -f 1)" \
	"$(ask "SELECT pg_catalog.encode(stored_digest, 'hex') FROM effreg.quarantine WHERE region_id = '$region' AND code = 'conflict'")"

# ---- figures

restart_metrics ""
test_push_all
check_equal "the rest of the story is stored" "$((test_events - half)) $half" "$(test_pushed stored) $(test_pushed duplicate)"
check "metrics without the folder says what it needs" asks_for_folder
check_equal "and parks nothing" 0 "$(parked)"
restart_metrics "$archive"
check "with the folder it goes on" centre_settle
check_equal "and nothing was parked" 0 "$(parked)"
check "what stands follows from the log" fails_with 0 'follows from the log' with_folder rebuild --check
check "a rebuild needs the folder" fails_with 2 'name its folder' centre_effreg rebuild --check
check "and can put itself in place" with_folder rebuild
test_publish 2023 >/dev/null
published=$(centre_digest 2023)
with_folder log export --out "$test_work/late" >/dev/null 2>&1
check_equal "from the exported logs comes the published digest" "$published" \
	"$(alone rating recompute --logs "$test_work/late" --methodology "$centre_root/deploy/config/methodology.json" --period 2023 --format json 2>/dev/null |
		centre_text result_digest)"
code=$(ask "SELECT code FROM effreg.figure WHERE region_id = '$region' AND subject = '' AND period = '2023' AND value > 0 ORDER BY code LIMIT 1")
check "lineage goes down to archived events" fails_with 0 ' effreg\.[a-z_]+\.[a-z_]+\.v1 ' with_folder indicator "$region" "$code" --period 2023 --lineage

# ---- the next part

check "the next part goes on behind the first" archive_log --before "$(now)"
check_equal "all is archived" "$test_events" "$(without_bytes)"
check "the first parts do not contradict a later checkpoint" fails_with 0 ', 0 chains broken' later_checkpoint
check "the parts verify together" fails_with 0 "^$test_events events of 83 regions, 0 chains broken" alone log verify "$archive"
check "the log verifies" fails_with 0 "^$test_events events of 83 regions, 0 chains broken" with_folder log verify
check "and what stands follows from it" with_folder rebuild --check

# ---- what happens to files

cp "$archive/$first" "$test_work/kept.gz"
damage "$archive/$first"
check "a changed byte is found in the folder" fails_with 1 "^$region seq " alone log verify "$archive"
check "and by the log" fails_with 1 'was changed' with_folder log verify
check "a rebuild stops at it" fails_with 2 'was changed' with_folder rebuild --check
check "nothing is exported from it" fails_with 2 'was changed' with_folder log export --out "$test_work/fresh"
rm "$archive/$first"
check "a part that is gone is missed in the folder" fails_with 1 "^$region seq .*goes on behind seq [0-9]+, and the part before it ends at 0" alone log verify "$archive"
check "and named by who needs it" fails_with 2 "$first: No such file" with_folder rebuild --check
cp "$test_work/kept.gz" "$archive/$first"
check "put back, all is well" with_folder log verify
