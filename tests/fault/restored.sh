#!/usr/bin/env bash
# The centre loses its newest events: an older copy of the database is restored. The agent's witness notices, nothing goes on until
# the restore is acknowledged, and then what the copy lacks comes back from the region: nothing is missing.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/agent.sh
source "$(dirname "$0")/../harness/agent.sh"
trap 'agent_stop; test_end' EXIT

stored_are() {
	[[ $(stored_events) == "$1" ]]
}

alarm_is() {
	[[ $(agent_status --format json | grep -oE '"alarm":(null|\{"code":"[a-z_]*")' | head -n 1) == "$1" ]]
}

stop_centre() {
	centre_stop_all
}

start_centre() {
	centre_start_all
}

# The ids of the log, against those of the lines given.
log_holds_exactly() {
	diff <(sed -E 's/.*"id": ?"([^"]*)".*/\1/' "$1" | sort) <(ask "SELECT id FROM effreg.event WHERE region_id = '$region'" | sort)
}

numbers() {
	ask "SELECT received::text FROM effreg.source WHERE region_id = '$region'"
}

witness_of_hello() {
	grep -c '"event":"witness_mismatch"' "$centre_home/log/intake.log" || true
}

test_projects=3
test_generate
region=${test_regions[0]}
sed -E 's/"sequence": ?"[0-9]+", ?//' "$test_story/$region.ndjson" >"$test_work/lines"
total=$(wc -l <"$test_work/lines")
before=$((total / 3)) lost=$((total / 3))
test_regions=("$region")
test_start_centre
agent_prepare "$region"
agent_start

sed -n "1,${before}p" "$test_work/lines" | agent_drop first.ndjson
check "the first events are stored" agent_until stored_are "$before"
pg_dump -Fc -d "$centre_dsn" >"$test_work/copy"
sed -n "$((before + 1)),$((before + lost))p" "$test_work/lines" | agent_drop second.ndjson
check "the later ones too" agent_until stored_are "$((before + lost))"
check "and the agent knows" agent_until agent_has_sent

stop_centre
check "the older copy is restored" pg_restore --clean --if-exists --exit-on-error -d "$centre_dsn" "$test_work/copy"
check_equal "the log is short" "$before" "$(stored_events)"
start_centre
check "the agent raises an alarm" agent_until alarm_is '"alarm":{"code":"witness_mismatch"'
sed -n "$((before + lost + 1)),${total}p" "$test_work/lines" | agent_drop third.ndjson
taken() {
	[[ -e $agent_home/inbox/done/third.ndjson ]]
}
check "it still takes events" agent_until taken
check_equal "it sends none of them" "$before" "$(stored_events)"

# Another witness: a head that the shorter log does not reach is unknown, another hash at a seq it reaches is a mismatch.
agent_kill
agent_start
check "an agent that starts anew remembers the head, and raises the alarm too" agent_until alarm_is '"alarm":{"code":"witness_mismatch"'
check_equal "the log is as it was" "$before" "$(stored_events)"

check "the coordinator acknowledges the restore" centre_effreg log reopen --name "the copy of the drill" --dsn "$(centre_dsn_of ops)"
check_equal "which is audited" "the copy of the drill" \
	"$(ask "SELECT detail->>'name' FROM effreg.audit WHERE act = 'log.reopened'")"
check "then all is stored again" agent_until stored_are "$total"
check "the agent has nothing left" agent_until agent_has_sent
check "and no alarm" agent_until alarm_is '"alarm":null'
check "nothing is missing, nothing is twice" log_holds_exactly "$test_work/lines"
check_equal "the source's numbers have no gap" "{[1,$((total + 1)))}" "$(numbers)"
check "the chain holds" centre_effreg log verify
check "the agent says what it sent again" grep -F '"event":"log_reopened"' "$agent_home/log"
check "the consumers reach the heads" centre_settle

# Others have written in the restored log meanwhile: the agent's head is no longer unknown but another.
agent_stop
stop_centre
pg_restore --clean --if-exists --exit-on-error -d "$centre_dsn" "$test_work/copy" || echo "not ok - the copy is restored once more"
start_centre
sed -n "$((before + 1)),${total}p" "$test_work/lines" | sed -E 's/"id": ?"([0-9a-f]{8})/"id":"ffffffff/' >"$test_work/others.ndjson"
centre_push "$region" "$test_work/others.ndjson" >/dev/null || echo "not ok - others write meanwhile"
mismatches=$(witness_of_hello)
agent_start
check "with others' events in its place, the head is a mismatch" agent_until alarm_is '"alarm":{"code":"witness_mismatch"'
check_equal "and the intake says so too" yes "$(if (($(witness_of_hello) > mismatches)); then echo yes; fi)"
check "the coordinator acknowledges that, too" centre_effreg log reopen --name "the copy of the drill, again" --dsn "$(centre_dsn_of ops)"
check "all of both is stored" agent_until stored_are "$((2 * total - before))"
check "the chain holds again" centre_effreg log verify
