#!/usr/bin/env bash
# The primary is taken away under load, and its synchronous standby promoted: the services follow by their dsn (two hosts,
# target_session_attrs=read-write), and by the ledger every event that was acknowledged is stored once. Prints how long it took.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/cluster.sh
source "$(dirname "$0")/../harness/cluster.sh"
test_needs_own_server "it stops it and promotes another"
load_bin=${EFFREG_BUILD:-$centre_root/build}/tests/bench_intake_load
standby=$test_work/standby
load_pid=""
rate=2000
count=60000
test_regions=(20000000 27000000 45000000 66000000)

end() {
	local status=$?
	[[ -z $load_pid ]] || kill -TERM "$load_pid" 2>/dev/null || true
	centre_stop_all
	"$centre_root/deploy/postgres" remove "$standby" || true
	test_end_with "$status"
}
trap end EXIT

# until_true COMMAND...: at most 60 s.
until_true() {
	local try
	for ((try = 0; try < 1200; try++)); do
		"$@" && return 0
		read -r -t 0.05 <> <(:) || true
	done
	return 1
}

# of CONNINFO SQL
of() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "$2" 2>/dev/null
}

is_synchronous() {
	[[ $(of "$primary_dsn" "SELECT sync_state FROM pg_catalog.pg_stat_replication WHERE application_name = 'standby'") == sync ]]
}

make_standby() {
	standby_dsn=$(cluster_standby "$standby" "$primary_dsn" standby) || return 1
	of "$primary_dsn" "ALTER SYSTEM SET synchronous_standby_names = 'standby'" && of "$primary_dsn" "SELECT pg_catalog.pg_reload_conf()" && until_true is_synchronous
}

# Both hosts in one conninfo; only the one that takes writes is wanted.
both_hosts() {
	local one other
	one=$(sed -E 's/.*host=([^ ]+).*/\1/' <<<"$primary_dsn")
	other=$(sed -E 's/.*host=([^ ]+).*/\1/' <<<"$standby_dsn")
	echo "host=$one,$other port=5432,5432 dbname=effreg user=effreg target_session_attrs=read-write"
}

stored_on() {
	of "$1" "SELECT COALESCE(pg_catalog.sum(last_seq), 0) FROM effreg.event_head"
}

stored_on_are() {
	(($(stored_on "$1") >= $2))
}

start_load() {
	"$load_bin" --endpoint "$(centre_endpoint push)" --server-key "$centre_home/keys/centre.pub" --keys "$centre_home/keys/region" \
		--regions "$(IFS=,; echo "${test_regions[*]}")" --events "$count" --rate "$rate" >"$test_work/load" 2>"$test_work/load.log" &
	load_pid=$!
	until_true stored_on_are "$primary_dsn" $((count / 10))
}

promote() {
	[[ $(of "$standby_dsn" "SELECT pg_catalog.pg_promote(true, 30)") == t ]]
}

load_ends_well() {
	local status=0
	wait "$load_pid" || status=$?
	load_pid=""
	cat "$test_work/load" "$test_work/load.log"
	((status == 0))
}

ready_again() {
	local service
	for service in "${centre_services[@]}"; do
		[[ $(centre_http_status "$(centre_port "ops_$service")" /readyz) == 200 ]] || return 1
	done
}

mkdir -p "$centre_home"
centre_start_database
primary_dsn=$centre_dsn
centre_migrate >/dev/null
centre_keys
centre_region_keys "${test_regions[@]}"
centre_choose_ports
check "a standby streams, and a COMMIT waits for it" make_standby
centre_dsn=$(both_hosts)
centre_start_all
check "events come, $rate a second" start_load

lost_at=$EPOCHREALTIME
check "the primary is gone at once" "$centre_root/deploy/postgres" kill "$centre_home/pg"
at_loss=$(stored_on "$standby_dsn")
check "the standby is promoted" promote
promoted_at=$EPOCHREALTIME
check "events are stored there" until_true stored_on_are "$standby_dsn" $((at_loss + 1))
stored_at=$EPOCHREALTIME
check "the load was under way throughout" kill -0 "$load_pid"
check "it ends: every event was acknowledged" load_ends_well
check "every service is ready again" until_true ready_again

expected=$((count + ${#test_regions[@]})) # the first of each region opens its session
check_equal "every acknowledged event is stored once" "$expected $expected" \
	"$(of "$standby_dsn" "SELECT pg_catalog.count(*) || ' ' || pg_catalog.count(DISTINCT (region_id, id)) FROM effreg.event")"
check_equal "and no source's numbers have a gap" "${#test_regions[@]}" \
	"$(of "$standby_dsn" "SELECT pg_catalog.count(*) FROM effreg.source WHERE received = pg_catalog.int8multirange(pg_catalog.int8range(1, $((count / ${#test_regions[@]} + 2))))")"
check "the chains hold" centre_effreg log verify
check "every service has processed every event" centre_settle
check "what stands follows from the log" centre_effreg rebuild --check
awk -v lost="$lost_at" -v promoted="$promoted_at" -v stored="$stored_at" 'BEGIN {
	printf "# from the loss to the promotion: %.1f s; to the first event stored on the new primary: %.1f s; events lost: 0\n", promoted - lost, stored - lost }'
