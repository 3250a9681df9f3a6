#!/usr/bin/env bash
# What the coordinator records of a region, and what follows from the region's state today: in its report, and as news on the feed.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/tell.sh
source "$centre_root/tests/harness/tell.sh"
# shellcheck source=tests/harness/report.sh
source "$centre_root/tests/harness/report.sh"

region=36000000 # Samara
today=$(date -u +%F)
yesterday=$(date -u -d yesterday +%F)
tomorrow=$(date -u -d tomorrow +%F)
period=${today%%-*}
month=$(date -u -d "$(date -u +%Y-%m-01) -1 day" +%Y-%m)
calendar=$test_work/calendar.json

# On the first of January what happened yesterday is of the year before.
started=$period-01-01T00:00:01Z

tell_region() {
	tell $region region.joined "" 2023-02-01 '"joined_on":"2023-02-01","precision":"day"'
	tell_authority $region health "Министерство здравоохранения" executive 2023-02-06
	local project
	for project in P-1 P-2; do
		tell_opened $region $project 2024-02-01 "Запись к врачу, $project" health
		tell_planned $region $project 2024-02-05 lead_time working_minute 40 20 2024-06-30
		tell_measured $region $project 2024-07-01 lead_time working_minute 20
		tell_closed $region $project "$started"
	done
	tell $region instruction.issued instruction/I-1 2024-03-12 \
		"\"instruction\":\"I-1\",\"title\":{\"ru\":\"Провести замеры\",\"en\":\"Measure\"},\"issued_on\":\"2024-03-12\",\"due_on\":\"$yesterday\",\"issued_by\":\"governor\",\"authority\":\"health\""
	tell $region instruction.issued instruction/I-2 2024-03-13 \
		"\"instruction\":\"I-2\",\"title\":{\"ru\":\"Обучить команды\"},\"issued_on\":\"2024-03-13\",\"due_on\":\"$tomorrow\",\"issued_by\":\"governor\""
	tell $region instruction.issued instruction/I-3 2023-03-13 \
		'"instruction":"I-3","title":{"ru":"Давно просрочено"},"issued_on":"2023-03-13","due_on":"2023-05-01","issued_by":"governor"'
}

tell_coordinator() {
	tell_source=coordinator
	tell $region verification.recorded verification/V-1 "$started" \
		"\"verification\":\"V-1\",\"project\":\"P-1\",\"indicator\":\"lead_time\",\"verdict\":\"confirmed\",\"verified_on\":\"$today\",\"grounds\":{\"ru\":\"Журнал проверен\"}"
	tell $region verification.recorded verification/V-2 "$started" \
		"\"verification\":\"V-2\",\"project\":\"P-2\",\"indicator\":\"lead_time\",\"verdict\":\"refused\",\"verified_on\":\"$today\",\"grounds\":{\"ru\":\"Замеров нет\"}"
	tell $region dispute.opened dispute/D-1 "$(date -u +%FT00:00:00Z)" \
		'"dispute":"D-1","about":"verification","title":{"ru":"Регион не согласен с отказом"},"opened_by":"region","project":"P-2"'
	tell_source=facts
}

tell_resolution() {
	tell_in "$test_work/resolution"
	tell_source=coordinator
	tell $region dispute.resolved dispute/D-1 "$(date -u +%FT00:00:01Z)" \
		"\"dispute\":\"D-1\",\"outcome\":\"rejected\",\"resolved_on\":\"$today\""
	sed -i 's/"sequence":"0"/"sequence":"4"/' "$test_work/resolution/$region.ndjson"
}

push_as_coordinator() {
	centre_effreg push --region $region --endpoint "$(centre_endpoint push)" --key "$centre_home/keys/coordinator" \
		--server-key "$centre_home/keys/centre.pub" "$1/$region.ndjson"
}

# What was told for the region and what the coordinator tells, each into a folder of its own.
split_coordinators() {
	mkdir -p "$test_work/coordinator"
	grep '/coordinator"' "$test_story/$region.ndjson" >"$test_work/coordinator/$region.ndjson"
	sed -i '/\/coordinator"/d' "$test_story/$region.ndjson"
}

# notify with eyes that look every second, and a last day that is tomorrow.
start_notify() {
	local options rule
	# Other last days are half a month away.
	rule="{\"months_after\":1,\"day\":$((($(date -u +%-d) + 15) % 28 + 1))}"
	printf '{"cut_offs":{"month":%s,"quarter":%s,"half":%s,"year":%s},"exceptions":[{"period":"%s","until":"%s"}]}\n' \
		"$rule" "$rule" "$rule" "$rule" "$month" "$tomorrow" >"$calendar"
	mapfile -t options < <(centre_options notify)
	setsid "$centre_bin/effreg-notify" "${options[@]}" --watch-seconds 1 --calendar-file "$calendar" \
		>>"$centre_home/log/notify.log" 2>&1 </dev/null 9>&- &
	echo "$! $(centre_start_time $! || true)" >"$centre_home/run/notify.pid"
	centre_wait_ready notify
}

follow_feed() {
	centre_effreg feed "$@" --format json >"$test_work/feed.json" 2>"$test_work/feed.log" &
	follower=$!
	await grep -q connected "$test_work/feed.log"
}

await() {
	local tries
	for ((tries = 0; tries < 600; tries++)); do
		"$@" >/dev/null 2>&1 && return 0
		read -r -t 0.1 <> <(:) || true
	done
	"$@"
}

# told KIND TEXT: the feed has brought a notice of this kind that says so, in Russian; once.
told() {
	await has_told "$@"
}

has_told() {
	[[ $(jq -r --arg kind "$1" 'select(.kind == $kind) | .text.ru' "$test_work/feed.json" | grep -cFx -- "$2") == 1 ]] || {
		cat "$test_work/feed.json"
		return 1
	}
}

kinds_told() {
	jq -r .kind "$test_work/feed.json" | sort | uniq -c | awk '{ print $1 $2 }' | paste -sd ' '
}

gauge() {
	curl -fsS "http://127.0.0.1:$(centre_port ops_notify)/metrics" | awk -v name="$1" '$1 == name { print $2 + 0 }'
}

gauge_is() {
	[[ $(gauge "$1") == "$2" ]]
}

# The shell that runs it, and the program.
stop_feed() {
	[[ -n ${follower:-} ]] || return 0
	pkill -P "$follower" || true
	wait "$follower" || true
	follower=""
}

trap 'stop_feed; test_end' EXIT

tell_in "$test_story"
tell_region
tell_coordinator
tell_number
split_coordinators
test_regions=("$region")
check "every event is valid" "$centre_bin/effreg" validate "$test_story/$region.ndjson" "$test_work/coordinator/$region.ndjson"
test_start_centre
centre_stop notify
check "notify looks at the state of the regions" start_notify
check "a subscriber of the region's notices" follow_feed --region $region
check "the region tells its own" test_push_all
check "a region's key may not tell what is the coordinator's" test "$(
	centre_effreg push --endpoint "$(centre_endpoint push)" --key "$centre_home/keys/region/$region" --server-key "$centre_home/keys/centre.pub" \
		--format json "$test_work/coordinator/$region.ndjson" | centre_sum rejected
)" == 3
check "the coordinator tells what is the coordinator's" push_as_coordinator "$test_work/coordinator"
centre_settle

# ---- in the report
load_report $region "$period" --lang ru
check "a confirmed effect stands in the report with its grounds" has_row verifications "P-1|подтверждён|Журнал проверен" project verdict grounds
check "so does a refused one" has_row verifications "P-2|не подтверждён|Замеров нет" project verdict grounds
check "and an open dispute" has_row disputes "Регион не согласен с отказом|P-2" title project
check "the refused effect is flagged" has_row flags "1|нет|P-2" count excluded examples
check_equal "and does not count" "1 50" "$(centre_effreg indicator $region lead_time_reduction --period "$period" --format json | jq -r '"\(.observations) \(.value)"')"
check_equal "half of the effects are verified" 50 "$(figure $region verified_share "$period")"

# ---- as news
check "an overdue instruction of an authority is news" told instruction_overdue "Самарская область: просрочено поручение «Провести замеры», срок $(date -u -d yesterday +%d.%m.%Y)"
check "a confirmed effect is" told effect_verified "Самарская область: проект P-1: эффект подтверждён"
check "a refused one" told effect_verified "Самарская область: проект P-2: эффект не подтверждён"
check "a dispute" told dispute_opened "Самарская область: открыт спор: «Регион не согласен с отказом»"
check "a last day that is near" told cut_off_near "Самарская область: данные принимаются до $(date -u -d tomorrow +%d.%m.%Y) включительно: $month"
tell_resolution
check "the coordinator resolves the dispute" push_as_coordinator "$test_work/resolution"
check "which is news too" told dispute_resolved "Самарская область: спор завершён: «Регион не согласен с отказом», отклонён"
load_report $region "$period" --lang ru
check "and it is open no more" test -z "$(reported_rows disputes title)"

# ---- a source falls silent
check "every source is heard of" await gauge_is effreg_sources_silent 0
check_equal "two of them" 2 "$(gauge effreg_sources)"
check_equal "effreg status names nobody" "[]" "$(centre_effreg status --format json | jq -c .silent)"
ask "UPDATE effreg.entity SET attributes = pg_catalog.json_build_object('last_time', pg_catalog.to_char((CURRENT_TIMESTAMP AT TIME ZONE 'UTC') - '46 days'::interval,
	'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'months', attributes->'months') WHERE kind = 'source' AND entity = '$region/facts'"
check "a source without an event for 46 days is news" told source_silent "Самарская область: источник $region/facts молчит с $(date -u -d '46 days ago' +%d.%m.%Y)"
check "the gauge counts it" await gauge_is effreg_sources_silent 1
check_equal "effreg status names it" "$region/facts" "$(centre_effreg status --format json | jq -r '.silent[].source')"
check "in words too" grep -F "✗ $region  $region/facts" <(centre_effreg status --lang en)
check_equal "nothing else was told, and nothing twice" "1cut_off_near 1dispute_opened 1dispute_resolved 2effect_verified 1instruction_overdue 1source_silent" "$(kinds_told)"

# ---- and the federal side
stop_feed
check "a subscriber of the federal side" follow_feed --ratings
check "a rating is published" test_publish 2024
check "which the federal side is told" told rating_published "опубликован рейтинг за 2024 год (all): итоговый, редакция 1; изменилось мест: 0 из 83"
