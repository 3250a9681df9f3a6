#!/usr/bin/env bash
# The drill of a restore: the database is lost with everything after a base backup but the archive of its log; it is restored to a moment
# before the newest acknowledged events (deploy/backup). The chains hold up to that moment, the witness of the agent stops it until the
# restore is acknowledged, and then the agent and the regions send again what they hold: by the ledger nothing is missing and nothing
# twice, and the rating that is published again has the digest it had. Then what was restored is lost as well, and comes back to its newest
# end. Prints how long it took.
# shellcheck disable=SC2119 # agent_start takes options of the agent, not of this script
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/agent.sh
source "$(dirname "$0")/../harness/agent.sh"
# shellcheck source=tests/harness/cluster.sh
source "$(dirname "$0")/../harness/cluster.sh"
test_needs_own_server "it loses and restores it"
trap 'agent_stop; test_end' EXIT
archive=$test_work/archive
period=2023

stored_of_region_are() {
	[[ $(ask "SELECT COALESCE(pg_catalog.max(seq), 0) FROM effreg.event WHERE region_id = '$region'") == "$1" ]]
}

alarm_is() {
	[[ $(agent_status --format json | grep -oE '"alarm":(null|\{"code":"[a-z_]*")' | head -n 1) == "$1" ]]
}

push_others() {
	local code
	for code in "${others[@]}"; do
		centre_push "$code" "$test_work/$1.$code" || return 1
	done
}

ids_of() {
	cat "$@" | sed -E 's/.*"id": ?"([^"]*)".*/\1/' | sort
}

# The ledger: every event that was ever acknowledged, against the log.
log_holds_the_ledger() {
	diff <(ids_of "$test_work/lines" "$test_work"/all.*) <(ask "SELECT id FROM effreg.event" | sort) | head -n 5
	[[ ${PIPESTATUS[0]} == 0 ]]
}

is_archived() {
	[[ $(ask "SELECT last_archived_wal >= '$1' FROM pg_catalog.pg_stat_archiver") == t ]]
}

archive_the_end() {
	local segment
	segment=$(ask "SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_switch_wal())")
	agent_until is_archived "$segment"
}

lose_database() {
	centre_stop_all
	centre_kill_database
	find "$(cluster_data "$centre_home/pg")" -mindepth 1 -delete
}

backup() {
	cluster_as_owner "$centre_root/deploy/backup" "$@"
}

# restore_database [--time MOMENT]: into the place of the lost one.
restore_database() {
	backup restore "$archive" "$(cluster_data "$centre_home/pg")" "$@" || return 1
	centre_start_database
	agent_until is_primary
}

is_primary() {
	[[ $(ask "SELECT pg_catalog.pg_is_in_recovery()") == f ]]
}

segments_are_compressed() {
	compgen -G "$archive/wal/*.gz" && ! compgen -G "$archive/wal/*[0-9A-F]" && gzip -t "$archive"/wal/*.gz
}

# segments_are WORDS: how large a segment is, as it is and compressed.
segments_are() {
	gzip -l "$archive"/wal/????????????????????????.gz | awk -v words="$1" '
		$1 ~ /^[0-9]+$/ && $4 != "(totals)" { count++; plain += $2; small += $1; if ($1 > most) most = $1; if (least == "" || $1 < least) least = $1 }
		END { printf "# %d segments of %.1f MB %s: compressed %.2f MB on average, %.2f to %.2f\n", count, plain / count / 1e6, words, small / count / 1e6, least / 1e6, most / 1e6 }'
}

decompress_one() {
	local one
	one=$(compgen -G "$archive/wal/????????????????????????.gz" | sort | tail -n 1)
	cluster_as_owner gzip -d "$one" && [[ -s ${one%.gz} && ! -e $one ]]
}

# restores SEGMENT: what PostgreSQL is told to do for it, as it is written into the folder that was restored; its exit code.
restores() {
	local command status=0
	command=$(sed -n "s/^restore_command = '\(.*\)'$/\1/p" "$(cluster_data "$centre_home/pg")/postgresql.auto.conf" | tail -n 1)
	command=${command//%f/$1}
	sh -c "${command//%p/$test_work/segment}" >&2 || status=$?
	echo "$status"
}

# PostgreSQL takes a code up to 125 for the end of the log, and a higher one for a reason to stop.
a_broken_segment_is_not_the_end() {
	local segment=0000000F0000000000000001 missing broken
	missing=$(restores "$segment")
	head -c 1000 /dev/urandom >"$archive/wal/$segment.gz"
	broken=$(restores "$segment")
	rm "$archive/wal/$segment.gz"
	((missing > 0 && missing <= 125 && broken > 125))
}

archives_only_the_same_again() {
	local name copy=$archive/copy
	for name in "$(compgen -G "$archive/wal/*[0-9A-F].gz" | sort | head -n 1)" "$(compgen -G "$archive/wal/*[0-9A-F]" | sort | tail -n 1)"; do
		zcat -f "$name" >"$copy"
		name=${name##*/} && name=${name%.gz}
		backup archive "$archive" "$copy" "$name" || return 1
		echo >>"$copy"
		! backup archive "$archive" "$copy" "$name" || return 1
	done
	rm "$copy"
}

refuses_what_is_not_empty() {
	! backup restore "$archive" "$(cluster_data "$centre_home/pg")"
}

copies() {
	backup list "$archive" | sed -n 's/^base //p'
}

# chosen_for MOMENT: the copy that a restore to this moment begins with.
chosen_for() {
	local place=$archive/elsewhere
	backup restore "$archive" "$place" --time "$1"
	rm -rf "$place"
}

# manifest_written BASE WHEN: as though the copy had taken until then.
manifest_written() {
	touch -d "$2" "$archive/base/$1/backup_manifest"
}

test_projects=6
test_generate
region=${test_regions[0]}
others=("${test_regions[@]:1:3}")
sed -E 's/"sequence": ?"[0-9]+", ?//' "$test_story/$region.ndjson" >"$test_work/lines"
total=$(wc -l <"$test_work/lines")
before=$((total / 2))
for code in "${others[@]}"; do
	lines=$(wc -l <"$test_story/$code.ndjson")
	cp "$test_story/$code.ndjson" "$test_work/all.$code"
	head -n "$((lines / 2))" "$test_work/all.$code" >"$test_work/early.$code"
done
test_regions=("$region" "${others[@]}")
test_start_centre
cluster_archive "$centre_home/pg" "$archive"
centre_stop_all
centre_dsn=$("$centre_root/deploy/postgres" restart "$centre_home/pg" 9>&-)
centre_start_all
agent_prepare "$region"
agent_start

check "a base backup is taken of an empty centre" backup base "$archive" "$centre_dsn"
check "some regions push" push_others early
sed -n "1,${before}p" "$test_work/lines" | agent_drop first.ndjson
check "and the agent of one" agent_until stored_of_region_are "$before"
check "every service has processed every event" centre_settle
moment=$(ask "SELECT pg_catalog.clock_timestamp()")
check "after that moment more is pushed" push_others all
sed -n "$((before + 1)),${total}p" "$test_work/lines" | agent_drop second.ndjson
check "and acknowledged" agent_until stored_of_region_are "$total"
check "and the agent knows" agent_until agent_has_sent
check "every service has processed every event again" centre_settle
check "a rating is published" test_publish "$period"
digest=$(centre_digest "$period")
events=$(stored_events)
check "the end of the log is archived" archive_the_end
check "over a database nothing is restored" refuses_what_is_not_empty

check "its segments are compressed" segments_are_compressed
segments_are "with this drill"
check "one is as an archive of before has it" decompress_one

lost_at=$EPOCHREALTIME
check "the database is lost" lose_database
check "and restored to the moment" restore_database --time "$moment"
restored_at=$EPOCHREALTIME
check_equal "the log ends there" "$before" "$(ask "SELECT last_seq FROM effreg.event_head WHERE region_id = '$region'")"
check "the chains hold up to there" centre_effreg log verify
centre_start_all
check "the witness of the agent raises the alarm" agent_until alarm_is '"alarm":{"code":"witness_mismatch"'
check_equal "and it sends nothing meanwhile" "$before" "$(ask "SELECT last_seq FROM effreg.event_head WHERE region_id = '$region'")"
check "the coordinator acknowledges the restore" centre_effreg log reopen --name "restore drill" --dsn "$(centre_dsn_of ops)"
check "the agent sends again what it holds" agent_until stored_of_region_are "$total"
first=$(copies)
check "a copy is taken of what was restored" backup base "$archive" "$centre_dsn"
second=$(copies | grep -vx "$first")
check "the regions that have no agent send again too" push_others all
whole_at=$EPOCHREALTIME
check_equal "there are as many events as before" "$events" "$(stored_events)"
check "by the ledger nothing is missing and nothing twice" log_holds_the_ledger
check "the chains hold" centre_effreg log verify
check "the agent has no alarm left" agent_until alarm_is '"alarm":null'
check "every service has processed every event once more" centre_settle
check "what stands follows from the log" centre_effreg rebuild --check
check "the rating is published again" test_publish "$period"
check_equal "with the digest it had" "$digest" "$(centre_digest "$period")"
check "the end of its log is archived" archive_the_end

check "what was restored is lost" lose_database
check_equal "a moment after the second copy is restored from it" "$second" "$(chosen_for "$(date -u '+%F %T')+00")"
check "it might have taken an hour" manifest_written "$second" "1 hour"
check_equal "then a moment within it is restored from the one before" "$first" "$(chosen_for "$(date -u -d '10 minutes' '+%F %T')+00")"
check "without a moment it is restored to the newest end, whatever the restore before was told" restore_database
check_equal "nothing is missing" "$events" "$(stored_events)"
check "by the ledger nothing is missing and nothing twice at the newest end" log_holds_the_ledger
check "the chains hold up to the newest end" centre_effreg log verify
check "a segment that is missing ends the log, one that is broken stops the restore" a_broken_segment_is_not_the_end
check "a segment is archived again with the same bytes, not with others" archives_only_the_same_again
check "old copies are pruned, the newest stays" backup prune "$archive" 1
check_equal "alone" "$second" "$(copies)"
needed=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\)).*/\1/p' "$archive/base/$second/backup_label")
check_equal "with the segments that it needs, the oldest" "$needed" \
	"$(find "$archive/wal" -regextype posix-extended -regex '.*/[0-9A-F]{24}(\.gz)?' -printf '%f\n' | sort | head -n 1 | sed 's/\.gz$//')"
awk -v lost="$lost_at" -v restored="$restored_at" -v whole="$whole_at" 'BEGIN {
	printf "# from the loss to a database that serves: %.1f s; to everything sent again: %.1f s; events lost: 0\n", restored - lost, whole - lost }'
