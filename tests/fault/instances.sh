#!/usr/bin/env bash
# Several metrics processes share the regions; one that is killed, or stands still, in the middle of a turn holds nobody up for
# long, and nothing counts twice.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_projects=12
instances=4

# Ports that nobody listens on: below the range from which the kernel takes them.
instance_port() {
	echo $((20000 + ($$ * 8 + $1) % 10000))
}

instance_pid() {
	cat "$test_work/instance.$1.pid"
}

# instance_start N: as centre_start metrics, with a socket and a name of its own.
instance_start() {
	local options
	mapfile -t options < <(centre_options metrics)
	setsid "$centre_bin/effreg-metrics" "${options[@]}" --metric-endpoint "tcp://127.0.0.1:$(instance_port "$1")" \
		--ops-http "127.0.0.1:$(instance_port $(($1 + 4)))" --dsn "$(centre_dsn_of metrics) application_name=metrics_$1" \
		>>"$test_work/instance.$1.log" 2>&1 </dev/null 9>&- &
	echo $! >"$test_work/instance.$1.pid"
}

instance_ready() {
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		curl -fsS "http://127.0.0.1:$(instance_port $(($1 + 4)))/readyz" >/dev/null 2>&1 && return 0
		read -r -t 0.1 <> <(:) || true
	done
	cat "$test_work/instance.$1.log"
	return 1
}

instance_turns() {
	curl -fsS "http://127.0.0.1:$(instance_port $(($1 + 4)))/metrics" | awk '/^effreg_consumer_turns_total/ { print $2 + 0 }'
}

each_has_turns() {
	local n
	for ((n = 1; n <= instances; n++)); do
		(($(instance_turns "$n") > 0)) || { echo "instance $n has taken no turn"; return 1; }
	done
}

stop_instances() {
	local n pid
	for ((n = 1; n <= instances; n++)); do
		[[ -s $test_work/instance.$n.pid ]] || continue
		pid=$(instance_pid "$n")
		kill -CONT "$pid" 2>/dev/null || true
		kill -KILL "$pid" 2>/dev/null || true
	done
}

in_a_turn() {
	[[ $(ask "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = 'metrics_$1' AND xact_start IS NOT NULL") == 1 ]]
}

# hit SIGNAL N: stops the instance again and again until it stands in the middle of a turn; then the signal.
hit() {
	local pid tries
	pid=$(instance_pid "$2")
	for ((tries = 0; tries < 3000; tries++)); do
		kill -STOP "$pid"
		if in_a_turn "$2"; then
			kill "-$1" "$pid"
			return 0
		fi
		kill -CONT "$pid"
	done
	echo "instance $2 was never met in a turn"
	return 1
}

behind() {
	ask "SELECT COALESCE(pg_catalog.sum(h.last_seq - COALESCE(c.seq, 0)), 0) FROM effreg.event_head h
		LEFT JOIN effreg.cursor c ON c.consumer = 'metrics' AND c.stream = 'event' AND c.key = h.region_id"
}

all_counted() {
	local tries
	for ((tries = 0; tries < 600; tries++)); do
		[[ $(behind) == 0 ]] && return 0
		read -r -t 0.1 <> <(:) || true
	done
	echo "$(behind) events are left"
	return 1
}

# The state from seq 0 again, at once behind the back of everybody: regions are behind as after a night.
begin_again() {
	ask "DELETE FROM effreg.entity; DELETE FROM effreg.correction; DELETE FROM effreg.region_horizon; DELETE FROM effreg.indicator_value;
		UPDATE effreg.cursor SET seq = 0, updated_time = pg_catalog.clock_timestamp() WHERE consumer = 'metrics'"
}

twice() {
	ask "SELECT pg_catalog.count(*) FROM effreg.metric_head h WHERE h.last_seq <> (SELECT pg_catalog.count(*) FROM effreg.metric m WHERE m.region_id = h.region_id)"
}

# round SIGNAL SENTENCE: with everything to be counted again, one instance is hit, and the others finish.
round() {
	local started
	begin_again
	check "an instance is met in the middle of a turn and gets $1" hit "$1" 2
	started=$SECONDS
	check "$2" all_counted
	echo "# $((SECONDS - started)) s after it was hit every region was counted"
	check "what stands follows from the log" centre_effreg rebuild --check
}

trap 'stop_instances; test_end' EXIT
test_generate
test_start_centre
centre_stop metrics
check "every event is accepted" test_push_all
for ((n = 1; n <= instances; n++)); do
	instance_start "$n"
done
for ((n = 1; n <= instances; n++)); do
	check "instance $n is ready" instance_ready "$n"
done
check "$instances instances count every region" all_counted
begin_again
check "they do it again" all_counted
check "each of them has taken turns" each_has_turns
check "what stands follows from the log" centre_effreg rebuild --check
round STOP "while one stands still in a turn the others count every region"
kill -CONT "$(instance_pid 2)"
check "the one that stood still goes on without harm" instance_ready 2
round KILL "after one was killed in a turn the others count every region"
check_equal "no record of the metric stream is missing or doubled" 0 "$(twice)"
