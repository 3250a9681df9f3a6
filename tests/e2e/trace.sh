#!/usr/bin/env bash
# effreg trace: the life of an event with its times, from when it happened to the notice that its region is sent; of one that was refused,
# why; the traceparent that came with it is shown.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
trace_parent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01

id_of() {
	grep -oE '"id": ?"[0-9a-f-]{36}"' <<<"$1" | head -n 1 | grep -oE '[0-9a-f-]{36}'
}

steps_of() {
	centre_effreg trace "$1" --format json --dsn "$(centre_dsn_of ops)" | jq -r '.steps[].step' | uniq | paste -sd ' '
}

notices_are_sent() {
	[[ $(ask "SELECT pg_catalog.count(*) FROM effreg.notice WHERE sent_time IS NULL") == 0 && $(ask "SELECT pg_catalog.count(*) FROM effreg.notice") != 0 ]]
}

until_true() {
	local try
	for ((try = 0; try < 600; try++)); do
		"$@" && return 0
		read -r -t 0.1 <> <(:) || true
	done
	return 1
}

times_do_not_go_back() {
	centre_effreg trace "$1" --format json --dsn "$(centre_dsn_of ops)" | jq -e '[.steps[].time] == ([.steps[].time] | sort)'
}

exits_with() {
	local status=0
	"${@:2}" || status=$?
	((status == $1))
}

test_projects=6
test_generate
region=20000000
# Closed in 2023, so that it counts in that year's rating; with a traceparent as a system would send it.
line=$(grep -m 1 -E '"type": ?"effreg.project.closed.v1".*"time": ?"2023' "$test_story/$region.ndjson")
traced=$(id_of "$line")
sed -i "s/\"id\": \?\"$traced\"/&,\"traceparent\":\"$trace_parent\"/" "$test_story/$region.ndjson"
test_start_centre
check "the story is pushed" test_push_all
check "every service has processed every event" centre_settle
check_equal "before a publication: happened, stored, counted, rated" "happened stored counted computed" "$(steps_of "$traced")"
check "a rating is published" test_publish 2023
check "the notices are sent" until_true notices_are_sent
check_equal "then also published, noticed and sent" "happened stored counted computed published noticed sent" \
	"$(steps_of "$traced" | tr ' ' '\n' | awk '!seen[$0]++' | paste -sd ' ')"
check "in order of time" times_do_not_go_back "$traced"
check_equal "with the traceparent that came with it" "$trace_parent" "$(centre_effreg trace "$traced" --format json | jq -r .traceparent)"
check_equal "its region, type and seq" "$region effreg.project.closed.v1 $(ask "SELECT seq FROM effreg.event WHERE id = '$traced'")" \
	"$(centre_effreg trace "$traced" --format json | jq -r '.region + " " + .type + " " + (.seq | tostring)')"
check "people read it in words" sh -c '"$@" | grep -E "\+[0-9.]+ s +counted"' sh env "EFFREG_DSN=$centre_dsn" "$centre_bin/effreg" trace "$traced" --lang en
check "and in Russian" sh -c '"$@" | grep -F "учтено"' sh env "EFFREG_DSN=$centre_dsn" "$centre_bin/effreg" trace "$traced" --lang ru

# ---- from the event to the notice: an instruction of which the due day was yesterday
instruction=01900000-0000-7000-8000-00000000f00d
printf '{"specversion":"1.0","id":"%s","source":"%s/trace","type":"effreg.instruction.issued.v1","subject":"%s/instruction/I-TRACE","time":"%s","datacontenttype":"application/json","traceparent":"%s","data":{%s}}\n' \
	"$instruction" "$region" "$region" "$(date -u -d '3 days ago' +%FT%TZ)" "${trace_parent/4bf9/5bf9}" \
	"\"instruction\":\"I-TRACE\",\"title\":{\"ru\":\"Провести замеры\"},\"issued_on\":\"$(date -u -d "3 days ago" +%F)\",\"due_on\":\"$(date -u -d yesterday +%F)\",\"issued_by\":\"p-0002\"" >"$test_work/instruction.ndjson"
check "an instruction is overdue" centre_push "$region" "$test_work/instruction.ndjson"
check "every service has processed it" centre_settle
centre_stop notify
centre_start notify # which looks at its start
check "notify is ready" centre_wait_ready notify
notice_of_instruction() {
	[[ $(ask "SELECT details->>'traceparent' FROM effreg.notice WHERE details->>'instruction' = 'I-TRACE' AND sent_time IS NOT NULL") == "${trace_parent/4bf9/5bf9}" ]]
}
check "its notice carries the traceparent of the event" until_true notice_of_instruction
check "so does the line of the log that tells of it" grep -F "\"traceparent\":\"${trace_parent/4bf9/5bf9}\"" "$centre_home/log/notify.log"
check_equal "and the trace of the event ends with it" "noticed sent" "$(steps_of "$instruction" | grep -oE 'noticed sent$')"

refused=01900000-0000-7000-8000-00000000dead
sed "s/$traced/$refused/; s/\"data\": \?{/\"data\":{\"nonsense\":1,/" <<<"$line" >"$test_work/refused.ndjson"
check "an event that is refused" exits_with 3 centre_push "$region" "$test_work/refused.ndjson"
check_equal "has one step" "refused" "$(steps_of "$refused")"
check "with the code and the place of the fault" sh -c '"$@" | grep -E "schema|/data"' sh env "EFFREG_DSN=$centre_dsn" "$centre_bin/effreg" trace "$refused"
check "an id that nobody sent is told" exits_with 1 centre_effreg trace 01900000-0000-7000-8000-00000000beef
check "what is no id is told" exits_with 2 centre_effreg trace project-1
