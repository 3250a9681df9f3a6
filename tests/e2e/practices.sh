#!/usr/bin/env bash
# Sharing: the catalogue of practices, how one spread between authorities, spheres and regions, and what would suit a region.
# Petersburg's school repairs (7 to 3 days) go to Voronezh by way of Kaliningrad, each reporting in its own log.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

spe=40000000 vor=20000000 kgd=27000000
number=0

# tell REGION TYPE THING TIME DATA: one event into the region's file.
tell() {
	number=$((number + 1))
	printf '{"specversion":"1.0","id":"00000000-0000-4000-8000-%012d","source":"region-%s/office","type":"effreg.%s.v1","subject":"%s%s","time":"%s","datacontenttype":"application/json","data":{%s}}\n' \
		"$number" "$1" "$2" "$1" "$3" "$4" "$5" >>"$test_story/$1.ndjson"
}

# tell_project REGION ID SPHERE PROCESS TIME: opened, with its indicator planned.
tell_project() {
	tell "$1" project.opened "/project/$2" "$5-01-20T09:00:00Z" "\"project\":\"$2\",\"title\":{\"ru\":\"Проект $2\"},\"sphere\":\"$3\",\"authorities\":[\"adm\"],\"kind\":\"internal_process\",\"digital\":false,\"support\":\"independent\",\"process\":{\"title\":{\"ru\":\"$4\"},\"from\":\"заявка\",\"to\":\"решение\"}"
	tell "$1" indicator.planned "/project/$2" "$5-02-01T09:00:00Z" "\"project\":\"$2\",\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"base\":{\"value\":\"7\",\"on\":\"$5-01-25\"},\"target\":{\"value\":\"3\",\"on\":\"$5-06-01\"},\"method\":\"Медиана\",\"origin\":\"Журнал\""
}

# tell_result REGION ID DAYS TIME: measured and closed.
tell_result() {
	tell "$1" measurement.recorded "/project/$2" "$4-06-01T09:00:00Z" "\"project\":\"$2\",\"indicator\":\"lead_time\",\"unit\":\"working_day\",\"value\":\"$3\",\"measured_on\":\"$4-06-01\""
	tell "$1" project.closed "/project/$2" "$4-06-10T09:00:00Z" "\"project\":\"$2\""
}

# replicate REGION VERB ID TIME MORE: a step of Petersburg's practice, told by the region.
replicate() {
	tell "$1" "replication.$2" "/replication/$3" "$4T09:00:00Z" "\"replication\":\"$3\",\"practice\":\"spb-pr-4\",\"from_region\":\"$spe\",$5"
}

mkdir -p "$test_story"
tell_project $spe kir-2022-03 education "Программа ремонта школ" 2022
tell_result $spe kir-2022-03 3 2022
tell $spe practice.registered /practice/spb-pr-4 2022-09-01T09:00:00Z '"practice":"spb-pr-4","title":{"ru":"Быстрое согласование ремонта школ","en":"Faster approval of school repairs"},"sphere":"education","project":"kir-2022-03","process":{"ru":"Программа ремонта школ"},"improves":["lead_time"]'
tell $spe practice.published /practice/spb-pr-4 2022-10-01T09:00:00Z '"practice":"spb-pr-4","title":{"ru":"Быстрое согласование ремонта школ","en":"Faster approval of school repairs"},"sphere":"education","project":"kir-2022-03","platform":"smarteka","url":"https://smarteka.com/practices/4"'
tell $spe practice.registered /practice/spb-pr-9 2022-11-01T09:00:00Z '"practice":"spb-pr-9","title":{"ru":"Единый диспетчер"},"sphere":"transport"'
replicate $spe recommended rp-1 2022-11-05 '"to":{"sphere":"health"}'
replicate $spe adopted rp-2 2022-12-01 '"authority":"kult","sphere":"culture","adopted_on":"2022-12-01"'
tell_project $kgd kgd-1 health "Запись к врачу" 2023
tell_result $kgd kgd-1 4 2023
replicate $kgd requested rp-1 2023-01-10 '"authority":"minpriroda"'
replicate $kgd adopted rp-1 2023-02-01 '"authority":"minpriroda","sphere":"natural_resources","adopted_on":"2023-02-01"'
replicate $kgd confirmed rp-1 2023-09-01 '"confirmed_on":"2023-08-25","effect":"as_in_source","indicator":"lead_time","figure":{"way":"factor","factor":"2"}'
tell_project $vor vrn-1 education "Программа ремонта школ" 2023
tell_result $vor vrn-1 6 2023
tell_project $vor vrn-2 transport "Выдача разрешений" 2023

test_regions=("$vor" "$kgd" "$spe")
test_start_centre
test_push_all
check_equal "every event is stored" "$number" "$(test_pushed stored)"
centre_settle

practices() {
	centre_effreg practices "$@"
}

# has FILE PATTERN: grep that shows the file when the pattern is not there.
has() {
	grep -E -- "$2" "$1" || {
		cat "$1"
		return 1
	}
}

# fails_with EXIT WORD COMMAND...
fails_with() {
	local status=0
	"${@:3}" >"$test_work/refusal" 2>&1 || status=$?
	cat "$test_work/refusal"
	[[ $status == "$1" ]] && grep -F -- "$2" "$test_work/refusal"
}

# json_of FILE PYTHON: the value of an expression over d.
json_of() {
	python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))" "$1" "$2"
}

practices list --lang en >"$test_work/list"
check "the catalogue has the published practice, adopted twice, with one confirmed effect" \
	has "$test_work/list" "^$spe/spb-pr-4 +2022-10-01 +2 +1  Faster approval of school repairs \\(Education\\)$"
check "and the one that is only registered" has "$test_work/list" "^$spe/spb-pr-9 +— +0 +0  Единый диспетчер"
practices list --format json --sphere transport >"$test_work/list.json"
check_equal "the catalogue can be cut to a sphere" "['spb-pr-9']" "$(json_of "$test_work/list.json" "[p['practice'] for p in d]")"
check_equal "a region without practices has an empty list" "[]" "$(practices list --region RU-VOR --format json)"

practices show RU-SPE/spb-pr-4 --lang ru >"$test_work/show"
check "the chain shows the recommendation to a sphere" has "$test_work/show" '2022-11-05  рекомендована: Здравоохранение'
check "an adoption in another sphere of the same region" has "$test_work/show" '2022-12-01  внедрена: kult \(Культура\)'
check "a request of another region" has "$test_work/show" '2023-01-10  запрошена: minpriroda'
check "its adoption" has "$test_work/show" '2023-02-01  внедрена: minpriroda \(Природные ресурсы и экология\)'
check "and the confirmed effect" has "$test_work/show" '2023-08-25  эффект проверен: как у источника'
practices show $spe/spb-pr-4 --format json >"$test_work/show.json"
check_equal "recommended, requested, adopted, confirmed; regions, spheres and authorities crossed" "1 1 2 1 1 2 2" \
	"$(json_of "$test_work/show.json" "' '.join(str(d[n]) for n in ('recommended','requested','adopted','confirmed','regions','spheres','authorities'))")"
check_equal "the result of the project it grew from: 7 to 3 days is 57.14 %" 57.142857 \
	"$(json_of "$test_work/show.json" "d['results']['lead_time']['reduction']")"

practices suggest RU-VOR --lang en >"$test_work/suggest"
check "the practice that fits Voronezh best is named first" has "$test_work/suggest" \
	"^1\\. $spe/spb-pr-4  Faster approval of school repairs"
check "because the region improves the same process" has "$test_work/suggest" '\+40 the region improves the same process: project vrn-1'
check "has a project in the sphere" has "$test_work/suggest" '\+25 projects of the region in the same sphere \(Education\): 1'
check "has a gap in the indicator" has "$test_work/suggest" '\+[0-9]+ there is a gap in «Lead time of the process»: its median reduction is 14.285714 %'
check "and the effect was confirmed elsewhere" has "$test_work/suggest" '\+10 effect confirmed elsewhere, adoptions: 1'
check "the other practice of its spheres comes after it" has "$test_work/suggest" "^2\\. $spe/spb-pr-9"
check_equal "--limit holds" 1 "$(practices suggest $vor --limit 1 | grep -cE '^[0-9]+\.')"
practices suggest RU-VOR --format json >"$test_work/suggest.json"
check_equal "as JSON it says the same, with codes and both languages" "2023 spb-pr-4 same_process регион" \
	"$(json_of "$test_work/suggest.json" "' '.join([d['period'], d['suggestions'][0]['practice'], d['suggestions'][0]['why'][0]['code'], d['suggestions'][0]['why'][0]['text']['ru'].split()[0]])")"
check_equal "the source region is not told of its own" "[]" "$(practices suggest RU-SPE --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["suggestions"])')"

replicate $vor adopted rp-7 2024-02-01 '"authority":"dep-obr","sphere":"education","adopted_on":"2024-02-01"'
test_push_all
centre_settle
check_equal "once adopted it is suggested no more" "['spb-pr-9']" \
	"$(practices suggest RU-VOR --format json | python3 -c 'import json,sys; print([s["practice"] for s in json.load(sys.stdin)["suggestions"]])')"
check_equal "and has crossed two regions" 2 "$(practices show RU-SPE/spb-pr-4 --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)["regions"])')"

check "an unknown practice is told" fails_with 1 "nobody has told of" practices show RU-SPE/none --lang en
check "an unknown region too" fails_with 1 "нет региона RU-XXX" practices suggest RU-XXX --lang ru
check "a practice is named with its region" fails_with 1 "REGION/PRACTICE" practices show spb-pr-4 --lang en
check "a period that is none is refused" fails_with 2 "is no period" practices suggest RU-VOR --period 2023-Q9 --lang en
