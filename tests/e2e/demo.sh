#!/usr/bin/env bash
# The demo from nothing to a printed rating, and once more over the same state.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_needs_own_server "it starts and stops it"

run_demo() {
	EFFREG_HOME=$centre_home LC_ALL=C "$centre_root/deploy/demo" --once --projects 20 --seed 7 >"$1.out" 2>"$1.err"
}

# The published digests, as the demo prints them.
digests() {
	grep -E '^  20[0-9]{2}  result_digest .' "$1.err"
}

second_run_stores_nothing() {
	grep -E '^  stored 0, duplicates [1-9][0-9]*$' "$test_work/second.err"
}

same_digests() {
	[[ $(digests "$test_work/first" | wc -l) == 6 ]] &&
		diff <(digests "$test_work/first") <(digests "$test_work/second")
}

same_effects() {
	diff "$test_work/effects.first" "$test_work/effects.second"
}

# Everything an event or a publication may have caused, counted.
count_effects() {
	centre_start_database
	local table
	for table in event metric rating rating_run notice cursor quarantine; do
		echo "$table $(ask "SELECT pg_catalog.count(*) FROM effreg.$table")"
	done
	centre_stop_database
}

no_service_is_left() {
	local service
	for service in "${centre_services[@]}"; do
		! centre_pid "$service" || return 1
	done
	! "$centre_root/deploy/postgres" dsn "$centre_home/pg"
}

mkdir -p "$centre_home"
check "the demo runs to the printed rating and ends with 0" run_demo "$test_work/first"
check_equal "the rating of 2023 has 83 regions" 83 "$(grep -cE '^ *([0-9]+|–) .* RU-[A-Z]+ ' "$test_work/first.out")"
check "every service and PostgreSQL are stopped" no_service_is_left
count_effects >"$test_work/effects.first"
check "the demo runs again over the same state" run_demo "$test_work/second"
check "every event of the second run is a duplicate" second_run_stores_nothing
check "the digests of all years are the same" same_digests
count_effects >"$test_work/effects.second"
check "the second run has no second effect" same_effects
check "both runs print the same rating" diff "$test_work/first.out" "$test_work/second.out"
