#!/usr/bin/env bash
# Each process of the path killed while events are pushed, and started again: the same ratings as an undisturbed run.
#
# tests/fault/killed_while_pushing.sh [VICTIM...]: intake metrics ranking notify gateway client database
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_needs_own_server "it kills it"

victims=(intake metrics ranking notify gateway client database)
if (($# > 0)); then
	victims=("$@")
fi

# Pushing is what a region does: again until all of it is acknowledged, a bounded number of times.
push_until_done() {
	local try
	for ((try = 0; try < 20; try++)); do
		if test_push_all; then
			return 0
		fi
	done
	return 1
}

# wait_for_events N: the condition that times a kill; fails when the push ends first without having stored so many.
wait_for_events() {
	local stored
	while :; do
		stored=$(stored_events 2>/dev/null || echo 0)
		((stored < $1)) || return 0
		kill -0 "$pusher" 2>/dev/null || return 1
		sleep 0.05
	done
}

kill_clients() {
	local pid killed=1
	for pid in $(pids_of_clients 2>/dev/null); do
		if kill -KILL "$pid" 2>/dev/null; then
			killed=0
		fi
	done
	return $killed
}

# Only those that push to this centre: the test runs no other.
pids_of_clients() {
	local process words
	for process in /proc/[0-9]*; do
		if mapfile -d '' -t words 2>/dev/null <"$process/cmdline" &&
			[[ ${words[1]:-} == push && ${words[3]:-} == "$(centre_endpoint push)" ]]; then
			echo "${process#/proc/}"
		fi
	done
}

kill_and_restart() {
	case $1 in
	client)
		# between two clients there may be none for a moment
		until kill_clients; do
			kill -0 "$pusher" || return 1
		done
		;;
	database)
		centre_kill_database
		centre_start_database
		;;
	*)
		centre_kill "$1"
		centre_start "$1"
		centre_wait_ready "$1"
		;;
	esac
}

# Killed at a fifth, a half and four fifths of the story.
disturb() {
	local share
	for share in 20 50 80; do
		wait_for_events $((test_events * share / 100)) || return 1
		kill_and_restart "$1" || return 1
	done
}

# publish_all [VICTIM]: a service is killed once more after each publication, with its notices on their way.
publish_all() {
	local year
	centre_settle
	for year in 2021 2022 2023; do
		test_publish "$year" >/dev/null
		if [[ " ${centre_services[*]} " == *" ${1:-} "* ]]; then
			kill_and_restart "$1"
		fi
	done
	centre_settle
}

# What the publications have led to: the digests, and how many records, runs and notices there are.
outcome() {
	local year table
	for year in 2021 2022 2023; do
		centre_digest "$year"
	done
	for table in rating rating_run notice; do
		echo "$table $(ask "SELECT pg_catalog.count(*) FROM effreg.$table")"
	done
}

test_generate
test_start_centre
test_push_all
publish_all
undisturbed=$(outcome)
check_equal "the undisturbed run publishes three ratings" 3 "$(grep -cE '^[0-9a-f]{64}$' <<<"$undisturbed")"
test_drop_centre

for victim in "${victims[@]}"; do
	test_start_centre
	push_until_done >"$test_work/pusher.log" 2>&1 &
	pusher=$!
	check "$victim is killed three times while events are pushed" disturb "$victim"
	check "killed $victim: every region gets all its events acknowledged" wait "$pusher"
	check_equal "killed $victim: every event is stored once" "$test_events" "$(stored_events)"
	publish_all "$victim"
	check_equal "killed $victim: ratings and notices are those of the undisturbed run" "$undisturbed" "$(outcome)"
	check "killed $victim: the log verifies" centre_effreg log verify
	test_drop_centre
done
