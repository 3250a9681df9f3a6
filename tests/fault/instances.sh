#!/usr/bin/env bash
# Two and four metrics processes share the regions; of one that is killed, or stands still, in the middle of a turn the region goes on
# elsewhere soon, the others' regions do not wait, and nothing counts twice.
#
# On a machine of its own that is within 5 s: 2 s until PostgreSQL ends the session (STREAM_STALL_MS), 1 s until the others look again,
# their turn. Each instance is hit three times; each time is printed, and the median is held against 8 s: a busy machine is late, and
# without what is tested here it is 10 s at least (the limit that every session has), or for ever.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_projects=12
instances=0
within_ms=8000
hits=3
hit_regions=10 # behind at a time: a region waits for its turn behind the others, and what is measured is the failover

# Chosen with those of the centre, so that none is taken twice.
centre_ports+=(instance_{1..8})
instance_port() {
	centre_port "instance_$1"
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
	disown # so that the shell does not announce its end
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
	local n turns
	for ((n = 1; n <= instances; n++)); do
		turns=$(instance_turns "$n")
		echo "# instance $n of $instances has taken $turns turns" >&3
		((turns > 0)) || { echo "instance $n has taken no turn"; return 1; }
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

# The region whose cursor an instance holds; its server waits for it, so that nothing is on its way to being committed.
held_by() {
	ask "SELECT c.key, EXTRACT(epoch FROM pg_catalog.clock_timestamp()) FROM effreg.cursor c JOIN pg_catalog.pg_stat_activity a ON a.backend_xid = c.xmax
		WHERE c.consumer = 'metrics' AND a.application_name = 'metrics_$1' AND a.wait_event_type = 'Client'"
}

# hit SIGNAL N: stops the instance again and again until it stands in the middle of a turn; then the signal.
# Leaves "region|time" in the file hit.
hit() {
	local pid tries
	pid=$(instance_pid "$2")
	for ((tries = 0; tries < 3000; tries++)); do
		kill -STOP "$pid"
		held_by "$2" >"$test_work/hit"
		if [[ -s $test_work/hit ]]; then
			kill "-$1" "$pid"
			return 0
		fi
		kill -CONT "$pid"
		[[ $(behind) != 0 ]] || begin_again "$hit_regions"
	done
	echo "instance $2 was never met in a turn"
	return 1
}

# What each session does, and for whom it waits: for whoever asks why nothing moves.
sessions() {
	ask "SELECT application_name, pid, state, wait_event, pg_catalog.pg_blocking_pids(pid), pg_catalog.clock_timestamp() - state_change, pg_catalog.left(query, 80)
		FROM pg_catalog.pg_stat_activity WHERE application_name LIKE 'metrics_%' ORDER BY 1, 2"
}

# Waits until the region that was held has moved, and notes after how many milliseconds.
goes_on() {
	local region since tries ms
	IFS='|' read -r region since <"$test_work/hit"
	for ((tries = 0; tries < 600; tries++)); do
		ms=$(ask "SELECT ((EXTRACT(epoch FROM updated_time) - $since) * 1000)::bigint FROM effreg.cursor
			WHERE consumer = 'metrics' AND key = '$region' AND updated_time > pg_catalog.to_timestamp($since)")
		[[ -z $ms ]] || break
		read -r -t 0.05 <> <(:) || true
	done
	[[ -n $ms ]] || { echo "region $region stands still" && sessions; return 1; }
	echo "$ms" >>"$test_work/times"
	echo "# region $region went on after $ms ms" >&3
}

# While an instance stands still: does any other wait for its lock?
nobody_waits() {
	[[ $(ask "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity w, pg_catalog.pg_stat_activity h WHERE h.application_name = 'metrics_$1'
		AND w.application_name LIKE 'metrics_%' AND h.pid = ANY (pg_catalog.pg_blocking_pids(w.pid))") == 0 ]]
}

median_within() {
	local median
	median=$(sort -n "$test_work/times" | sed -n "$(((hits + 1) / 2))p")
	echo "$median ms"
	((median <= within_ms))
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

# begin_again [N]: the state of the N largest regions, or of all, from seq 0 again, at once behind the back of everybody: they are behind
# as after a night. In the order in which a turn takes its locks: the cursors first.
begin_again() {
	ask "BEGIN; CREATE TEMPORARY TABLE again ON COMMIT DROP AS SELECT region_id FROM effreg.event_head ORDER BY last_seq DESC LIMIT ${1:-100};
		SELECT FROM effreg.cursor WHERE consumer = 'metrics' AND key IN (SELECT region_id FROM again) FOR UPDATE;
		DELETE FROM effreg.entity WHERE region_id IN (SELECT region_id FROM again);
		DELETE FROM effreg.correction WHERE region_id IN (SELECT region_id FROM again);
		DELETE FROM effreg.region_horizon WHERE region_id IN (SELECT region_id FROM again);
		DELETE FROM effreg.figures WHERE region_id IN (SELECT region_id FROM again);
		UPDATE effreg.cursor SET seq = 0, updated_time = pg_catalog.clock_timestamp()
		WHERE consumer = 'metrics' AND key IN (SELECT region_id FROM again); COMMIT" >/dev/null
}

twice() {
	ask "SELECT pg_catalog.count(*) FROM effreg.metric_head h WHERE h.last_seq <> (SELECT pg_catalog.count(*) FROM effreg.metric m WHERE m.region_id = h.region_id)"
}

# round SIGNAL WHAT: with a few regions to be counted again, the last instance is hit, and the others go on.
round() {
	local time
	: >"$test_work/times"
	for ((time = 1; time <= hits; time++)); do
		begin_again "$hit_regions"
		check "of $instances instances one $2 in the middle of a turn ($time)" hit "$1" "$instances"
		check "nobody waits for its lock ($time)" nobody_waits "$instances"
		check "its region goes on elsewhere ($time)" goes_on
		check "and every other region is counted ($time)" all_counted
		again "$1"
	done
	check "of $instances instances one $2: its region goes on elsewhere within $((within_ms / 1000)) s" median_within
	check "what stands follows from the log" centre_effreg rebuild --check
}

# The one that was hit goes on.
again() {
	if [[ $1 == STOP ]]; then
		kill -CONT "$(instance_pid "$instances")"
	else
		instance_start "$instances"
	fi
	check "it joins the others again" instance_ready "$instances"
}

# with N: N instances, and what becomes of them.
with() {
	local n
	instances=$1
	for ((n = 1; n <= instances; n++)); do
		instance_start "$n"
	done
	for ((n = 1; n <= instances; n++)); do
		check "instance $n of $instances is ready" instance_ready "$n"
	done
	check "$instances instances count every region" all_counted
	begin_again
	check "$instances instances do it again" all_counted
	check "each of them has taken turns" each_has_turns
	check "what stands follows from the log" centre_effreg rebuild --check
	round STOP "stands still"
	round KILL "is killed"
	stop_instances
}

exec 3>&1
trap 'stop_instances; test_end' EXIT
test_generate
test_start_centre
centre_stop metrics
check "every event is accepted" test_push_all
with 2
with 4
check_equal "no record of the metric stream is missing or doubled" 0 "$(twice)"
