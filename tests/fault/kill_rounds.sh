#!/usr/bin/env bash
# Rounds of SIGKILL at random instants over all processes while events flow. In the end every acknowledged event is stored once
# under the seq its answer named, the logs are contiguous and their chains valid, and the state equals a rebuild from seq 0.
#
# tests/fault/kill_rounds.sh [ROUNDS [SEED]]: 40 rounds by default; EFFREG_TEST_ROUNDS=1000 for the long run.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_needs_own_server "it kills it"

rounds=${1:-${EFFREG_TEST_ROUNDS:-40}}
seed=${2:-${EFFREG_TEST_SEED:-$((EPOCHSECONDS % 32768))}}
rate=120 # events a second of a region: what the consumers can follow, so that every kill finds them at work
test_regions=(20000000 27000000 40000000 60000000 71000000 97000000)
receipts=$test_work/receipts
stop_file=$test_work/stop
done_folder=$test_work/done

echo "# $rounds rounds, seed $seed"
RANDOM=$seed

# ---- regions that push without end: each pass a new story of the same projects, so that there is always something fresh

generate_pass() {
	mkdir -p "$test_story"
	"$centre_bin/effreg" generate --out "$test_story/$1" --seed "$1" --regions "$(IFS=,; echo "${test_regions[*]}")" >/dev/null 2>&1
}

# Again until all of the file is acknowledged: a client is killed now and then, too.
push_file() {
	local try
	for ((try = 0; try < 100; try++)); do
		if "$centre_bin/effreg" push --rate "$rate" --endpoint "$(centre_endpoint push)" --key "$centre_home/keys/region/$2" \
			--server-key "$centre_home/keys/centre.pub" --receipts "$receipts/$2" "$test_story/$1/$2.ndjson" >/dev/null 2>&1; then
			return 0
		fi
	done
	echo "region $2 could not push pass $1" >&2
	return 1
}

push_region() {
	local pass
	for ((pass = 1; pass <= passes_max; pass++)); do
		push_file "$pass" "$1" || return 1
		[[ ! -e $stop_file ]] || return 0
	done
	return 0
}

start_pushers() {
	local region
	mkdir -p "$done_folder"
	for region in "${test_regions[@]}"; do
		{ push_region "$region" >>"$test_work/pushers.log" 2>&1 && touch "$done_folder/$region"; } &
	done
}

all_through() {
	(($(find "$done_folder" -type f | wc -l) == ${#test_regions[@]}))
}

# A file each says that it is through: after so many children a shell no longer knows how its first ones ended.
wait_for_pushers() {
	local try
	for ((try = 0; try < 600; try++)); do
		! all_through || return 0
		sleep 0.2
	done
	cat "$test_work/pushers.log"
	return 1
}

# ---- rounds

victims=(intake intake intake metrics metrics metrics ranking ranking notify gateway client client client database)

# In bytes: counting lines of millions of answers would take longer than a round.
count_receipts() {
	find "$receipts" -type f -printf '%s\n' | awk '{ bytes += $1 } END { print int(bytes / 60) }'
}

# A round begins when a random number of events was answered since the last; or at once when nothing moves any more.
wait_for_flow() {
	local from wanted try
	from=$(count_receipts)
	wanted=$((from + RANDOM % 800))
	for ((try = 0; try < 100; try++)); do
		(($(count_receipts) < wanted)) || return 0
		all_through && return 0
		sleep 0.02
	done
}

kill_one_client() {
	local process words
	for process in /proc/[0-9]*; do
		if mapfile -d '' -t words 2>/dev/null <"$process/cmdline" && [[ ${words[1]:-} == push && ${words[3]:-} == "$(centre_endpoint push)" ]] &&
			((RANDOM % 2 == 0)); then
			kill -KILL "${process#/proc/}" 2>/dev/null || true
			return 0
		fi
	done
}

play_round() {
	local victim=${victims[RANDOM % ${#victims[@]}]}
	echo "round $1: $victim" >>"$test_work/rounds.log"
	case $victim in
	client) kill_one_client ;;
	database)
		centre_kill_database
		centre_start_database
		;;
	*)
		centre_kill "$victim" || true # it may have fallen with the database, and is started again all the same
		centre_start "$victim"
		;;
	esac
	revive
}

# A service ends by itself when its start finds no database for too long; somebody starts it again.
revive() {
	local service
	for service in "${centre_services[@]}"; do
		centre_pid "$service" >/dev/null || centre_start "$service"
	done
}

# ---- the ledger

# Answers that the log contradicts: file, line, seq → id of that line → the row with this id has this seq, and is one row.
load_ledger() {
	cat "$receipts"/* | awk -F '\t' -v OFS='\t' '
		{
			file = $1
			if (!(file in loaded)) {
				loaded[file] = 1
				while ((getline text < file) > 0) {
					count[file]++
					match(text, /"id":"[0-9a-f-]+"/)
					id[file, count[file]] = substr(text, RSTART + 6, 36)
				}
				close(file)
			}
			n = split(file, part, "/")
			print substr(part[n], 1, 8), id[file, $2], $3, $4
		}' >"$test_work/ledger.tsv"
	ask "CREATE TABLE public.ledger (region_id text, id uuid, outcome text, seq bigint)" &&
		psql -XAtq -v ON_ERROR_STOP=1 -d "$centre_dsn" -c "\\copy public.ledger FROM '$test_work/ledger.tsv'"
}

contradictions() {
	ask "SELECT pg_catalog.count(*) FROM public.ledger l
		LEFT JOIN effreg.event e ON e.region_id = l.region_id AND e.id = l.id AND e.seq = l.seq
		WHERE e.seq IS NULL OR l.outcome = 'rejected'"
}

acknowledged_twice() {
	ask "SELECT pg_catalog.count(*) FROM (SELECT 1 FROM public.ledger GROUP BY region_id, id
		HAVING pg_catalog.count(DISTINCT seq) > 1) AS twice"
}

gaps() {
	ask "SELECT pg_catalog.count(*) FROM (SELECT h.region_id FROM effreg.event_head h JOIN effreg.event e USING (region_id)
		GROUP BY h.region_id, h.last_seq HAVING pg_catalog.count(*) <> h.last_seq OR pg_catalog.max(e.seq) <> h.last_seq) AS broken"
}

# ---- the rebuild

# Every row that metrics has made, each with what it says.
dump_state() {
	local table
	for table in entity correction region_horizon figures; do
		echo "== $table"
		ask "SELECT t::text FROM effreg.$table t ORDER BY 1"
	done
}

# ---- play

passes_max=$((rounds / 6 + 2))
for ((pass = 1; pass <= passes_max; pass++)); do
	generate_pass "$pass"
done
mkdir -p "$receipts"
test_start_centre
start_pushers
for ((round = 1; round <= rounds; round++)); do
	wait_for_flow
	play_round "$round"
done
touch "$stop_file"
revive
check "every region gets all its events acknowledged in the end" wait_for_pushers
for service in "${centre_services[@]}"; do
	centre_wait_ready "$service"
done
check "every consumer reaches every head" centre_settle
check "the answers can be held against the log" load_ledger
echo "# $(cat "$receipts"/* | wc -l) answers, $(stored_events) events stored"
check_equal "every acknowledged event is stored under the seq its answer named" 0 "$(contradictions)"
check_equal "no event was acknowledged under two seqs" 0 "$(acknowledged_twice)"
check_equal "every log is contiguous" 0 "$(gaps)"
check "every chain is valid" centre_effreg log verify
check_equal "nothing was parked" 0 "$(ask "SELECT pg_catalog.count(*) FROM effreg.attempt WHERE parked_time IS NOT NULL")"
dump_state >"$test_work/state"
check "the state follows from the log" centre_effreg rebuild --check
check "the state is rebuilt from seq 0" centre_effreg rebuild
dump_state >"$test_work/rebuilt"
check "the state equals a rebuild from seq 0" cmp "$test_work/state" "$test_work/rebuilt"
