#!/usr/bin/env bash
# A region's agent: what it takes, by every door, is stored at the centre once, whoever was away meanwhile; what it cannot take it
# turns away and says why.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/agent.sh
source "$(dirname "$0")/../harness/agent.sh"
trap 'agent_stop; test_end' EXIT

# Events of the story without their own numbers, which the agent gives.
unnumbered() {
	sed -E 's/"sequence": ?"[0-9]+", ?//' "$test_story/$region.ndjson"
}

answered() {
	grep -F -- "$1" "$agent_home/answer" || { cat "$agent_home/answer" && return 1; }
}

in_folder() {
	[[ -e $agent_home/inbox/$1 ]]
}

# The numbers 1..N of the source, each once.
numbers_are_contiguous() {
	[[ $(ask "SELECT received::text FROM effreg.source WHERE region_id = '$region' AND source = '$source'") == "{[1,$(($1 + 1)))}" ]]
}

stored_are() {
	[[ $(stored_events) == "$1" ]]
}

has_alarm() {
	local status=0
	agent_status >"$test_work/status" || status=$?
	cat "$test_work/status"
	((status == 1)) && grep -F "$1" "$test_work/status"
}

test_projects=3
test_generate
region=${test_regions[0]}
unnumbered >"$test_work/lines"
source=$(head -n 1 "$test_work/lines" | sed -E 's/.*"source": ?"([^"]*)".*/\1/')
total=$(wc -l <"$test_work/lines")
mkdir -p "$centre_home"
centre_start_database
centre_migrate >/dev/null
centre_keys
centre_region_keys "$region"
centre_choose_ports
agent_prepare "$region"

sed "s/\"region\": \"[0-9]*\"/\"region\": \"$region\"/; s,ru-vor/projects,$source," "$centre_root/deploy/config/mapping.projects.json" >"$test_work/mapping"

check "the agent is ready while the centre is not there" agent_start
check "it says so" agent_status

# ---- by every door, the centre away
{
	sed -n 1,3p "$test_work/lines"
	sed -n 4p "$test_work/lines" | sed 's/"specversion": *"1.0"/"specversion":"0.3"/'
	echo "no event"
	sed -n 5p "$test_work/lines"
} | agent_drop mixed.ndjson
check "a file with a broken line goes aside" agent_until in_folder refused/mixed.ndjson
check_equal "its report names the lines" "4 5" \
	"$(grep -oE '"line":[0-9]+' "$agent_home/inbox/refused/mixed.ndjson.report.ndjson" | cut -d : -f 2 | paste -sd ' ')"
check "with code and pointer" grep -F '"rejected":"schema","pointer":"/specversion"' "$agent_home/inbox/refused/mixed.ndjson.report.ndjson"
check "in both languages" grep -F '"text_ru":' "$agent_home/inbox/refused/mixed.ndjson.report.ndjson"
check_equal "its good lines are taken" 4 "$(agent_count waiting)"
sed -n 1,5p "$test_work/lines" | agent_drop mended.ndjson
check "the mended file is done" agent_until in_folder done/mended.ndjson
check_equal "its other lines were duplicates" 5 "$(agent_count waiting)"

sed -n 6p "$test_work/lines" | tr -d '\n' >"$test_work/one" # a newline behind it would be other bytes
check_equal "an event by HTTP is accepted" 200 "$(agent_post application/cloudevents+json "$test_work/one")"
check "with its number" answered '{"results":[{"accepted":"6"}]}'
check_equal "the same once more is a duplicate" 200 "$(agent_post application/cloudevents+json "$test_work/one")"
check "and says so" answered '{"duplicate":"6"}'
sed 's/"specversion"/ &/' "$test_work/one" >"$test_work/changed"
check_equal "other bytes under its id are refused" 422 "$(agent_post application/cloudevents+json "$test_work/changed")"
check "as a conflict" answered '"rejected":"conflict","pointer":"/id"'
{
	echo "[$(sed -n 7p "$test_work/lines"),"
	echo "{\"type\":1},$(sed -n 8p "$test_work/lines")]"
} >"$test_work/batch"
check_equal "a batch with a broken event answers 422" 422 "$(agent_post application/cloudevents-batch+json "$test_work/batch")"
check "the others of the batch are accepted" answered '{"results":[{"accepted":"7"},{"rejected":"schema"'
check_equal "what is no batch is refused whole" 400 "$(agent_post application/cloudevents-batch+json "$test_work/one")"
check_equal "another media type is refused" 415 "$(agent_post text/plain "$test_work/one")"
sed -n 9p "$test_work/lines" >"$test_work/binary"
data=$(sed -E 's/.*"data": ?(\{.*\})\}$/\1/' "$test_work/binary")
headers=()
for name in specversion id source type subject time; do
	headers+=(-H "ce-$name: $(sed -E "s/.*\"$name\": ?\"([^\"]*)\".*/\1/" "$test_work/binary")")
done
printf '%s' "$data" >"$test_work/data"
check_equal "an event in binary mode is accepted" 200 "$(agent_post application/json "$test_work/data" "${headers[@]}")"
check_equal "nine events wait" 9 "$(agent_count waiting)"

# ---- the agent is killed, the centre comes
agent_kill
check "the agent comes back" agent_start
check_equal "with all that it had accepted" 9 "$(agent_count waiting)"
centre_start_all
check "they are stored when the centre is there" agent_until stored_are 9
check "and the agent knows" agent_until agent_has_sent
check "the source's numbers have no gap" numbers_are_contiguous 9
check "its status says that all is well" agent_status

# ---- kills on the way
sed 9d "$test_work/lines" | agent_drop all.ndjson # the ninth came in other bytes
agent_kill
agent_start
centre_kill intake
centre_start intake
agent_kill
agent_start
check "after kills of agent and intake everything is stored" agent_until stored_are "$total"
check "the file is done" agent_until in_folder done/all.ndjson
check "the numbers still have no gap" numbers_are_contiguous "$total"
check_equal "no event is stored twice" 0 "$(ask "SELECT pg_catalog.count(*) - pg_catalog.count(DISTINCT id) FROM effreg.event")"
check "the chain holds" centre_effreg log verify
check_equal "the agent lets in its owner and group alone" "srw-rw----" "$(stat -c %A "$agent_home/socket")"
check_equal "the agent takes less than 30 MB" yes \
	"$(awk '/^VmRSS:/ { print ($2 < 30000 ? "yes" : $2 " kB") }' "/proc/$agent_pid/status")"

# ---- a table
agent_stop
agent_start --mapping-file "$test_work/mapping"
{
	"$centre_bin/effreg" import --template --mapping "$test_work/mapping"
	echo 'T-1;05.02.2024;Выдача;строительство;minstroy;услуга;да;самостоятельно;Выдача;Заявление;Разрешение;;;'
	echo 'T-2;завтра;Запись;здравоохранение;minzdrav;услуга;нет;с партнёром;Запись;Обращение;Талон;;;'
} | agent_drop table.csv
check "a table with a wrong cell goes aside" agent_until in_folder refused/table.csv
check "its report names row and column" grep -F '{"line":3,"column":"Дата открытия","rejected":"bad_cell"' "$agent_home/inbox/refused/table.csv.report.ndjson"
total=$((total + 1))
check "its good row is stored" agent_until stored_are "$total"

# ---- what the centre refuses
other_source=$(sed -n 1p "$test_work/lines" | sed -E "s/\"id\": ?\"[^\"]*\"/\"id\":\"$(cat /proc/sys/kernel/random/uuid)\"/; s/\"sequence\"/\"x\"/")
ask "UPDATE effreg.client_key SET sources = '{nobody}' WHERE region_id = '$region'" >/dev/null
echo "$other_source" >"$test_work/forbidden"
check_equal "an event that the key may not write is accepted here" 200 "$(agent_post application/cloudevents+json "$test_work/forbidden")"
refused_is_counted() {
	[[ $(agent_count refused) == 1 ]]
}
check "the centre's refusal is kept" agent_until refused_is_counted
check "and shown" grep -F forbidden_source <(agent_status)
ask "UPDATE effreg.client_key SET sources = NULL WHERE region_id = '$region'" >/dev/null

# ---- a full spool
agent_stop
centre_stop intake
agent_start --spool-bytes-max 1048576
code=200
for ((n = 0; n < 200 && code == 200; n++)); do
	for ((i = 0; i < 50; i++)); do
		# shellcheck disable=SC2001
		sed -E "s/\"id\": ?\"[^\"]*\"/\"id\":\"$(printf '%08x-0000-4000-8000-%012x' "$n" "$i")\"/" "$test_work/one" && echo
	done | paste -sd , | sed 's/^/[/; s/$/]/' >"$test_work/many"
	code=$(agent_post application/cloudevents-batch+json "$test_work/many")
done
check_equal "a full spool turns input away" 507 "$code"
check "and says what to do" answered '"code":"spool_full"'
waiting=$(agent_count waiting)
check_equal "what it has it keeps" "$((50 * (n - 1)))" "$waiting"
before=$(stored_events)
centre_start intake
check "and brings it to the centre" agent_until stored_are "$((before + waiting))"

# ---- a log that is not what it was
agent_stop
centre_stop intake
ask "UPDATE effreg.event SET hash = pg_catalog.sha256('x') WHERE region_id = '$region' AND seq = (SELECT last_seq FROM effreg.event_head WHERE region_id = '$region')" >/dev/null
centre_start intake
centre_wait_ready intake
agent_start
check "a changed log raises an alarm" agent_until has_alarm witness_mismatch
check_equal "input is still taken" 200 "$(agent_post application/cloudevents+json "$test_work/one")"
alarm_is_in_the_metrics() {
	curl -sS "http://127.0.0.1:$agent_ops/metrics" | grep -x 'effreg_agent_sources_alarmed 1'
}
check "the alarm is in the metrics" agent_until alarm_is_in_the_metrics
