#!/usr/bin/env bash
# Two real servers, a primary and a standby that takes no writes, in one connection string: the services find the one that
# writes, whichever stands first, and go on when it becomes read only and the other one is promoted, their connections intact.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_needs_own_server "it starts two"

standby=$test_work/standby
first=() rest=()

end_all() {
	local status=$?
	centre_stop_all || true
	"$centre_root/deploy/postgres" remove "$standby" || true
	(exit "$status") || true
	test_end
}
trap end_all EXIT

value_of() {
	sed -nE "s/.*\b$1=([^ ]*).*/\1/p" <<<"$2"
}

as_postgres() {
	if ((EUID == 0)); then
		(cd / && setpriv --reuid postgres --regid "$(id -g postgres)" --init-groups "$@")
	else
		"$@"
	fi
}

# A copy that follows the primary over its socket.
start_standby() {
	local bin data
	bin=$(dirname "$(printf '%s\n' /usr/lib/postgresql/*/bin/pg_ctl | sort -V | tail -n 1)")
	data=$(as_postgres mktemp -d /tmp/effreg-standby.XXXXXX)
	mkdir -p "$standby"
	ln -s "$data" "$standby/data"
	as_postgres "$bin/pg_basebackup" -d "$centre_dsn" -D "$data" -R -X stream --checkpoint=fast
	standby_dsn=$("$centre_root/deploy/postgres" start "$standby")
}

# Either server, the standby first: libpq asks one after the other.
both() {
	echo "host=$(value_of host "$standby_dsn"),$(value_of host "$1") port=5432 dbname=effreg user=$(value_of user "$1") target_session_attrs=read-write"
}

on() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

connected_to() {
	on "$1" "SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_stat_activity WHERE application_name LIKE 'effreg-%'"
}

await() {
	local try
	for ((try = 0; try < 600; try++)); do
		[[ $("${@:2}") != "$1" ]] || return 0
		sleep 0.1
	done
	return 1
}

behind() {
	on "$centre_dsn" "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication WHERE replay_lsn = pg_catalog.pg_current_wal_lsn()"
}

stored_on() {
	on "$1" "SELECT COALESCE(pg_catalog.sum(last_seq), 0) FROM effreg.event_head"
}

push_half() {
	local code
	for code in "${test_regions[@]}"; do
		centre_push "$code" "$test_work/$1/$code.ndjson" >"$test_work/pushed.json" || return 1
	done
}

# A new connection, whose key is looked up anew.
refused() {
	local status=0
	centre_push "$1" "$test_work/rest/$1.ndjson" >"$test_work/refused.log" 2>&1 || status=$?
	cat "$test_work/refused.log"
	((status == 4))
}

test_projects=4
test_generate
test_regions=("${test_regions[@]:0:3}")
for code in "${test_regions[@]}"; do
	mkdir -p "$test_work/first" "$test_work/rest"
	lines=$(wc -l <"$test_story/$code.ndjson")
	head -n $((lines / 2)) "$test_story/$code.ndjson" >"$test_work/first/$code.ndjson"
	tail -n +$((lines / 2 + 1)) "$test_story/$code.ndjson" >"$test_work/rest/$code.ndjson"
	first+=("$((lines / 2))") rest+=("$((lines - lines / 2))")
done
sum() {
	local total=0 one
	for one in "$@"; do total=$((total + one)); done
	echo "$total"
}

mkdir -p "$centre_home"
centre_start_database
centre_migrate 2>/dev/null
check "a standby follows the primary" start_standby
check_equal "and takes no writes" "t" "$(on "$standby_dsn" "SELECT pg_catalog.pg_is_in_recovery()")"
centre_keys
centre_region_keys "${test_regions[@]}"
centre_choose_ports
primary_dsn=$centre_dsn
centre_dsn_of() { both "${primary_dsn/user=effreg/user=effreg_$1}"; }
check "the services start on the string that names both" centre_start_all
check_equal "they are at the primary, though it stands second" "t f" "$(connected_to "$primary_dsn") $(connected_to "$standby_dsn")"
check "events are taken" push_half first
check_equal "all of them" "$(sum "${first[@]}")" "$(stored_on "$primary_dsn")"
check "the command line takes such a string too" "$centre_bin/effreg" status --wait-settled --timeout 120 --dsn "$(both "$primary_dsn")"
check "the standby has all of it" await 1 behind

on "$primary_dsn" "ALTER SYSTEM SET default_transaction_read_only = on" >/dev/null
on "$primary_dsn" "SELECT pg_catalog.pg_reload_conf()" >/dev/null
check "the standby has this too" await 1 behind
on "$standby_dsn" "SELECT pg_catalog.pg_promote()" >/dev/null
on "$standby_dsn" "SELECT pg_catalog.pg_reload_conf()" >/dev/null
check "the services go over to the new primary, and take events" push_half rest
check_equal "nothing is lost" "$(($(sum "${first[@]}") + $(sum "${rest[@]}")))" "$(stored_on "$standby_dsn")"
check "everything is counted there" "$centre_bin/effreg" status --wait-settled --timeout 200 --dsn "$(both "$primary_dsn")"
for service in "${centre_services[@]}"; do
	check "effreg-$service was never started again" centre_pid "$service"
done
on "$standby_dsn" "UPDATE effreg.client_key SET revoked_time = pg_catalog.clock_timestamp() WHERE public_key = '$(<"$centre_home/keys/region/${test_regions[0]}.pub")'" >/dev/null
check "a key revoked there is refused, though the old one knows it still" refused "${test_regions[0]}"
check "what was there and what came is one chain" "$centre_bin/effreg" log verify --dsn "$(both "$primary_dsn")"
