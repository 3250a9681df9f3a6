#!/usr/bin/env bash
# The ledger of a region: every event that its agent acknowledged is stored at the centre exactly once, the source's numbers and the
# log have no gap, and the chain holds, whatever was killed, cut off, slowed down or full on the way.
#
# tests/fault/ledger.sh [--events N] [--seed N]: 20,000 events by default; --events 1000000 for the long run. The agent is in a
# network namespace of its own, behind a line that is cut (the link is down) and delayed (netem, or where the kernel has none a
# narrow token bucket); its spool is on a small tmpfs that fills up. Needs root for both.
set -euo pipefail

events=20000 seed=$((EPOCHSECONDS % 32768)) inside=no
arguments=("$@")
while (($# > 0)); do
	case $1 in
	--events) events=$2 && shift ;;
	--seed) seed=$2 && shift ;;
	--inside) inside=yes ;;
	*)
		sed -n '2,8s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	esac
	shift
done
if [[ $inside == no ]]; then
	if ! unshare --net --mount true 2>/dev/null; then
		echo "skip - the ledger of a region: network and mount namespaces need root"
		exit 0
	fi
	if ! /usr/bin/python3 -c 'import zmq' 2>/dev/null; then
		echo "skip - the ledger of a region: python3-zmq is not installed"
		exit 0
	fi
	exec unshare --net --mount "$0" --inside "${arguments[@]}" --seed "$seed"
fi

# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/agent.sh
source "$(dirname "$0")/../harness/agent.sh"
RANDOM=$seed
echo "# $events events, seed $seed"
faults=$((events / 20000 < 12 ? 12 : events / 20000))
acked=$test_work/acked turned_away=$test_work/turned_away goal=$test_work/goal
holder="" feeder=""

end() {
	local pid status=$?
	agent_stop
	for pid in $feeder $holder; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	umount "$agent_home/disk" 2>/dev/null || true
	test_end_with "$status"
}
trap end EXIT

# ---- the line: veth between this namespace (10.77.0.1, the centre) and that of the agent (10.77.0.2)

centre_endpoint() {
	echo "tcp://10.77.0.1:$(centre_port "$1")"
}

in_agents_namespace() {
	nsenter --target "$holder" --net "$@"
}

has_own_namespace() {
	[[ $(readlink "/proc/$holder/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

lay_line() {
	ip link set lo up
	unshare --net sleep infinity &
	holder=$!
	disown "$holder" # so that the shell does not announce its end
	agent_until has_own_namespace
	ip link add line type veth peer name uplink
	ip link set uplink netns "$holder"
	ip address add 10.77.0.1/30 dev line
	ip link set line up
	in_agents_namespace ip link set lo up
	in_agents_namespace ip address add 10.77.0.2/30 dev uplink
	in_agents_namespace ip link set uplink up
	agent_prefix=(nsenter --target "$holder" --net)
}

delay_line() {
	tc qdisc replace dev line root netem delay 80ms 40ms loss 2% 2>/dev/null ||
		tc qdisc replace dev line root tbf rate 4mbit burst 16kb latency 300ms
	in_agents_namespace tc qdisc replace dev uplink root netem delay 80ms 40ms loss 2% 2>/dev/null ||
		in_agents_namespace tc qdisc replace dev uplink root tbf rate 4mbit burst 16kb latency 300ms
}

mend_line() {
	ip link set line up
	tc qdisc delete dev line root 2>/dev/null || true
	in_agents_namespace tc qdisc delete dev uplink root 2>/dev/null || true
}

# ---- what happens on the way

lines_of() {
	wc -l <"$1"
}

has_ended() {
	! centre_start_time "$feeder" >/dev/null
}

# acked_are N: the feeder has so many, or has ended.
acked_are() {
	(($(lines_of "$acked") >= $1)) || has_ended
}

turned_away_are() {
	(($(lines_of "$turned_away") >= $1)) || has_ended
}

# The feeder goes on to the event N and waits there: no strike comes when all is over.
feed_to() {
	echo "$1" >"$goal.new"
	mv "$goal.new" "$goal"
}

fill_disk() {
	local before
	before=$(lines_of "$turned_away")
	feed_to "$events" # the write-ahead log has room for a while
	dd if=/dev/zero of="$agent_home/disk/filler" bs=64k 2>/dev/null || true
	agent_until turned_away_are "$((before + 2))"
	rm -f "$agent_home/disk/filler"
}

agent_is_ready() {
	local status=0
	agent_status --timeout 1 >/dev/null 2>&1 || status=$?
	((status < 2))
}

start_again() {
	agent_start --keep-days 0
}

declare -A happened=()
strike() {
	happened[$1]=$((${happened[$1]:-0} + 1))
	case $1 in
	agent) agent_kill && start_again ;;
	intake) centre_kill intake && centre_start intake ;;
	postgres) centre_kill_database && centre_start_database ;;
	cut) ip link set line down ;;
	delay) delay_line ;;
	disk) fill_disk ;;
	esac
}

# Each kind comes, the order is random. A line that was cut or slowed down stays so until the next strike.
run_faults() {
	local kinds=(agent intake postgres cut delay disk) fault kind
	for ((fault = 1; fault <= faults; fault++)); do
		feed_to "$((events * (fault + 1) / (faults + 1)))"
		agent_until_long acked_are "$((events * fault / (faults + 1)))"
		mend_line
		kind=${kinds[RANDOM % ${#kinds[@]}]}
		if ((fault <= ${#kinds[@]})); then
			kind=${kinds[fault - 1]}
		fi
		strike "$kind"
	done
	feed_to "$events"
	mend_line
}

# As agent_until, for as long as something moves.
agent_until_long() {
	local last now
	last=$(lines_of "$acked")
	while ! agent_until "$@"; do
		now=$(lines_of "$acked")
		((now > last)) || return 1
		last=$now
	done
}

stored_is_all() {
	[[ $(stored_events) == "$events" ]]
}

settle() {
	local last now
	last=$(stored_events)
	while ! agent_until stored_is_all; do
		now=$(stored_events)
		((now > last)) || return 1
		last=$now
	done
}

each_acked_is_stored_once() {
	diff <(sort "$acked") <(ask "SELECT id FROM effreg.event WHERE region_id = '$region'" | sort) | head -n 5
	[[ ${PIPESTATUS[0]} == 0 ]]
}

test_projects=20
test_generate
region=${test_regions[0]}
test_regions=("$region")
if [[ -n $test_server && ! $test_server =~ host=/ ]]; then
	echo "skip - the ledger of a region: its namespace reaches a given PostgreSQL by a Unix socket only (--dsn 'host=/folder …')"
	exit 77
fi
lay_line
mkdir -p "$centre_home" "$agent_home/disk"
centre_start_database
centre_migrate >/dev/null
centre_keys
centre_region_keys "$region"
centre_choose_ports
mount -t tmpfs -o "size=$((24 + events / 500))m" spool "$agent_home/disk"
centre_start intake
centre_wait_ready intake
agent_prepare "$region"
agent_spool=$agent_home/disk/spool
touch "$acked" "$turned_away"
feed_to 0
start_again
"$centre_root/tests/harness/agent_feeder.py" "$agent_socket" "$test_story/$region.ndjson" "$events" "$acked" "$turned_away" "$goal" >"$test_work/feeder.log" 2>&1 &
feeder=$!

run_faults
agent_until_long has_ended || true
status=0
wait "$feeder" || status=$?
check_equal "every event was acknowledged by the agent, whatever it took" "0 $events" "$status $(lines_of "$acked")"
check "every kind of fault happened" test "${#happened[@]}" = 6
check "a full disk turned input away" grep -q . "$turned_away"
check "the centre stores as many" settle
check "each acknowledged event is stored exactly once" each_acked_is_stored_once
check_equal "the sources' numbers have no gap" "0" \
	"$(ask "SELECT pg_catalog.count(*) FROM effreg.source WHERE pg_catalog.lower(received) <> 1 OR (SELECT pg_catalog.count(*) FROM pg_catalog.unnest(received)) <> 1")"
check_equal "and count every event" "$events" "$(ask "SELECT pg_catalog.sum(pg_catalog.upper(received) - 1) FROM effreg.source")"
check "the log is contiguous and its chain holds" centre_effreg log verify
check_equal "nothing was refused" 0 "$(ask 'SELECT pg_catalog.count(*) FROM effreg.quarantine')"
for kind in "${!happened[@]}"; do
	echo "# $kind: ${happened[$kind]} times"
done
