#!/usr/bin/env bash
# What a region can report and the centre can say again, capability by capability: register, portfolio, measurement, people,
# independence, replication, governance, silent sources. One region tells everything once; another takes a practice over.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/tell.sh
source "$centre_root/tests/harness/tell.sh"
# shellcheck source=tests/harness/report.sh
source "$centre_root/tests/harness/report.sh"

region=36000000  # Samara
other=73000000   # Ulyanovsk takes over what Samara began
period=2024

# ---- what is told

tell_register() {
	tell $region region.joined "" 2023-02-01 '"joined_on":"2023-02-01","precision":"day"'
	tell_authority $region health "Министерство здравоохранения" executive 2023-02-06
	tell_authority $region housing "Министерство ЖКХ" executive 2024-03-04
	tell_authority $region samara "Администрация города" municipal 2024-01-01 year
	tell $region authority.joined authority/housing 2024-03-05 \
		'"authority":"housing","joined_on":"2024-03-05","precision":"day","programme":"efficient_region"'
	tell $region authority.joined authority/health 2023-02-07 \
		'"authority":"health","joined_on":"2023-02-07","precision":"day","programme":"government_for_people"'
	tell $region institution.registered institution/clinic-1 2023-03-01 \
		'"institution":"clinic-1","authority":"health","title":{"ru":"Поликлиника № 1"},"sphere":"health","registered_on":"2023-03-01","precision":"day"'
	tell $region role.assigned role/R-1 2024-01-10 '"role_id":"R-1","role":"curator","person":"p-1","since":"2024-01-10"'
	tell $region role.assigned role/R-2 2024-01-10T10:00:00Z \
		'"role_id":"R-2","role":"responsible_deputy","person":"p-2","since":"2024-01-10","authority":"health"'
	tell $region centre.opened centre/CE-1 2023-04-03 \
		'"centre":"CE-1","title":{"ru":"Центр эффективности"},"opened_on":"2023-04-03","precision":"day"'
}

tell_portfolio() {
	tell_sphere=health tell_kind=external_service tell_digital=true tell_support=independent
	tell $region project.proposed project/P-1 2024-01-09 \
		'"project":"P-1","title":{"ru":"Запись к врачу"},"sphere":"health","authorities":["health","samara"],"justification":{"ru":"Очереди"}'
	tell $region project.card_submitted project/P-1 2024-01-15 \
		'"project":"P-1","title":{"ru":"Запись к врачу"},"sphere":"health","authorities":["health","samara"],"process":{"title":{"ru":"Запись к врачу"},"from":"обращение","to":"талон"},"institutions":["clinic-1"],"kind":"external_service","digital":true,"support":"independent","stages":[{"stage":4,"from":"2024-05-01","to":"2024-07-31"}],"planned_effect_rub":"900000"'
	tell $region project.card_approved project/P-1 2024-01-22 '"project":"P-1"'
	tell_opened $region P-1 2024-02-01 "Запись к врачу" health samara
	tell_stage $region P-1 2024-02-20 2
	tell_stage $region P-1 2024-04-01 3
	tell_stage $region P-1 2024-05-15 4
	tell_sphere=housing tell_kind=internal_process tell_digital=false tell_support=partner
	tell_opened $region P-2 2024-04-01 "Подготовка к отопительному сезону" housing
	tell_opened $region P-3 2024-05-06 "Приёмка ремонта домов" housing
	tell $region project.paused project/P-3 2024-09-02 '"project":"P-3","reason":{"ru":"Смена подрядчика"}'
	tell_opened $region P-4 2024-05-13 "Учёт заявок жителей" housing
	tell $region project.cancelled project/P-4 2024-06-03 '"project":"P-4","reason":{"ru":"Дублирует P-2"}'
	tell $region problem.raised problem/PB-1 2024-06-10 \
		'"problem":"PB-1","title":{"ru":"Нет доступа к данным"},"severity":"high","project":"P-2"'
	tell $region problem.raised problem/PB-2 2024-05-06 \
		'"problem":"PB-2","title":{"ru":"Нет методики замеров"},"severity":"low","project":"P-1"'
	tell $region problem.resolved problem/PB-2 2024-05-20 '"problem":"PB-2","outcome":"resolved"'
	tell $region risk.raised risk/RK-1 2024-03-04 \
		'"risk":"RK-1","project":"P-1","title":{"ru":"Смена регламента"},"likelihood":"medium","response":{"ru":"Согласовать заранее"}'
	tell $region loss.found loss/LS-1 2024-03-05 \
		'"loss":"LS-1","project":"P-1","kind":"waiting","title":{"ru":"Ожидание звонка"},"removed":true'
	tell $region lesson.recorded lesson/LN-1 2024-08-05 \
		'"lesson":"LN-1","project":"P-1","title":{"ru":"Замеры до старта"},"sphere":"health","advice":{"ru":"Начинать с хронометража"}'
}

tell_measures() {
	tell_planned $region P-1 2024-03-01 lead_time working_minute 40 10 2024-07-31
	tell_planned $region P-1 2024-03-01T09:01:00Z labour person_hour 4 2 2024-07-31
	tell_planned $region P-1 2024-03-01T09:02:00Z errors percent 20 5 2024-07-31
	tell_planned $region P-1 2024-03-01T09:03:00Z documents count 5 2 2024-07-31
	tell_planned $region P-1 2024-03-01T09:04:00Z material_cost sheet 12 3 2024-07-31
	tell_planned $region P-1 2024-03-01T09:05:00Z on_time percent 60 90 2024-07-31
	tell_measured $region P-1 2024-07-15 lead_time working_minute 16
	tell_measured $region P-1 2024-07-15T09:01:00Z labour person_hour 3
	tell_measured $region P-1 2024-07-15T09:02:00Z errors percent 5
	tell_measured $region P-1 2024-07-15T09:03:00Z documents count 3
	tell_measured $region P-1 2024-07-15T09:04:00Z material_cost sheet 3
	tell_measured $region P-1 2024-07-15T09:05:00Z on_time percent 93
	tell $region effect.declared project/P-1 2024-07-29 \
		'"project":"P-1","indicator":"economic_effect","declared_on":"2024-07-29","method":"Часы на ставку","origin":"Бухгалтерия","figure":{"way":"bound","unit":"rub","value":"800000","qualifier":"exact"}'
	tell $region effect.declared project/P-2 2024-08-01 \
		'"project":"P-2","indicator":"steps","declared_on":"2024-08-01","figure":{"way":"quality","text":{"ru":"Меньше хождения по кабинетам"}}'
	tell_closed $region P-1 2024-07-31
	tell $region project.monitoring_checked project/P-1 2024-11-05 \
		'"project":"P-1","checked_on":"2024-11-05","held":"held","final":true'
	tell $region survey.completed survey/SV-1 2024-08-15 \
		'"survey":"SV-1","topic":"satisfaction","group":"citizens","completed_on":"2024-08-15","respondents":310,"unit":"percent","value":"81","before":"64","project":"P-1"'
	tell $region survey.completed survey/SV-2 2024-08-16 \
		'"survey":"SV-2","topic":"trust","group":"staff","completed_on":"2024-08-16","respondents":40,"unit":"percent","value":"70","before":"66","project":"P-1"'
}

tell_people() {
	tell $region headcount.reported "" 2024-01-20 '"as_of":"2024-01-01","civil_servants":2000'
	tell $region training.planned training/T-1 2024-02-05 \
		'"training":"T-1","course":{"ru":"Основы"},"planned_on":"2024-03-01","people":50,"leaders":5'
	tell $region training.completed training/T-1 2024-03-04 \
		'"training":"T-1","course":{"ru":"Основы"},"provider":"Центр эффективности","completed_on":"2024-03-04","people":40,"nps":62'
	# The first version of the event does not tell who they were; the region's new system tells it in the second.
	tell_correction $region "$tell_id" training.completed 2024-04-08 \
		'"training":"T-1","course":{"ru":"Основы"},"provider":"Центр эффективности","completed_on":"2024-03-04","people":40,"civil_servants":30,"nps":62' 2
	tell $region training.planned training/T-2 2024-02-05T10:00:00Z \
		'"training":"T-2","course":{"ru":"Картирование"},"planned_on":"2024-10-01","people":30'
	tell $region team.formed team/TM-1 2024-02-12 \
		'"team":"TM-1","authority":"health","people":8,"leaders":2,"formed_on":"2024-02-12"'
	tell $region mentor.appointed mentor/M-1 2024-02-19 '"mentor":"M-1","appointed_on":"2024-02-19","level":"leader"'
	tell $region mentorship.started mentorship/MS-1 2024-03-11 \
		'"mentorship":"MS-1","mentor":"M-1","mentored":"authority","authority":"housing","started_on":"2024-03-11"'
	tell $region support.ended authority/health 2024-06-03 \
		'"authority":"health","partner":"ПСР-центр","ended_on":"2024-06-03","independent":true'
}

tell_sharing() {
	tell $region practice.registered practice/PR-1 2024-08-20 \
		'"practice":"PR-1","title":{"ru":"Талон без очереди"},"sphere":"health","project":"P-1","authority":"health","improves":["lead_time"]'
	tell $region practice.published practice/PR-1 2024-09-02 \
		'"practice":"PR-1","title":{"ru":"Талон без очереди"},"sphere":"health","project":"P-1","platform":"smarteka"'
	tell $region replication.recommended replication/R-1 2024-09-09 \
		"\"replication\":\"R-1\",\"practice\":\"PR-1\",\"from_region\":\"$region\",\"to\":{\"sphere\":\"social_protection\"}"
	tell $region replication.requested replication/R-2 2024-09-10 \
		"\"replication\":\"R-2\",\"practice\":\"PR-1\",\"from_region\":\"$region\",\"authority\":\"housing\""
	tell $region replication.adopted replication/R-2 2024-11-01 \
		"\"replication\":\"R-2\",\"practice\":\"PR-1\",\"from_region\":\"$region\",\"authority\":\"housing\",\"sphere\":\"housing\",\"adopted_on\":\"2024-11-01\""
	tell $other region.joined "" 2023-03-01 '"joined_on":"2023-03-01","precision":"day"'
	tell_authority $other health "Министерство здравоохранения" executive 2023-03-06
	tell $other replication.requested replication/R-9 2024-09-16 \
		"\"replication\":\"R-9\",\"practice\":\"PR-1\",\"from_region\":\"$region\",\"authority\":\"health\""
	tell $other replication.adopted replication/R-9 2024-10-14 \
		"\"replication\":\"R-9\",\"practice\":\"PR-1\",\"from_region\":\"$region\",\"authority\":\"health\",\"sphere\":\"health\",\"adopted_on\":\"2024-10-14\""
	tell $other replication.confirmed replication/R-9 2024-12-16 \
		"\"replication\":\"R-9\",\"practice\":\"PR-1\",\"from_region\":\"$region\",\"confirmed_on\":\"2024-12-16\",\"effect\":\"as_in_source\""
	# Ulyanovsk has a slow process in health: what Samara published would suit it.
	tell_sphere=health
	tell_opened $other U-1 2024-05-06 "Запись к врачу" health
	tell_planned $other U-1 2024-06-03 lead_time working_minute 60 20 2024-12-31
	tell_sphere=municipal_government
}

tell_governance() {
	tell $region club.joined "" 2024-02-01 '"joined_on":"2024-02-01","precision":"day"'
	tell $region meeting.held meeting/M-1 2024-03-12 \
		'"meeting":"M-1","level":"governor","held_on":"2024-03-12","topic":{"ru":"Ход проектов"}'
	tell $region meeting.held meeting/M-2 2024-04-12 \
		'"meeting":"M-2","level":"committee","held_on":"2024-04-12","topic":{"ru":"Отбор практик"}'
	tell $region instruction.issued instruction/I-1 2024-03-12T12:00:00Z \
		'"instruction":"I-1","title":{"ru":"Закрыть просроченные проекты"},"issued_on":"2024-03-12","due_on":"2024-04-30","issued_by":"governor","authority":"housing","meeting":"M-1"'
	tell $region instruction.fulfilled instruction/I-1 2024-04-25 '"instruction":"I-1","fulfilled_on":"2024-04-25"'
	tell $region instruction.issued instruction/I-2 2024-03-12T12:01:00Z \
		'"instruction":"I-2","title":{"ru":"Обучить команды"},"issued_on":"2024-03-12","due_on":"2024-05-31","issued_by":"governor","authority":"health","meeting":"M-1"'
	tell $region instruction.fulfilled instruction/I-2 2024-06-10 '"instruction":"I-2","fulfilled_on":"2024-06-10"'
	tell $region instruction.issued instruction/I-3 2024-10-01 \
		'"instruction":"I-3","title":{"ru":"Провести замеры"},"issued_on":"2024-10-01","due_on":"2024-12-01","issued_by":"governor"'
	tell $region bonus_scheme.adopted bonus-scheme/B-1 2024-05-20 \
		'"scheme":"B-1","title":{"ru":"Премирование команд"},"adopted_on":"2024-05-20"'
	tell $region bonus.awarded bonus/BA-1 2024-12-20 '"bonus":"BA-1","scheme":"B-1","awarded_on":"2024-12-20","people":12'
	tell $region contest.result contest/C-1 2024-06-20 \
		'"contest":"C-1","title":{"ru":"Лучшая команда"},"held_on":"2024-06-20","place":3,"entrants":20'
	tell $region club.session_held club-session/S-1 2024-10-10 '"session":"S-1","held_on":"2024-10-10","regions_present":15'
	tell $region chair.transferred "" 2024-10-10T12:00:00Z \
		"\"from_region\":\"$region\",\"to_region\":\"$other\",\"on\":\"2024-10-10\",\"session\":\"S-1\""
	tell $region cup.handed_over "" 2024-10-10T12:30:00Z \
		"\"from_region\":\"$region\",\"to_region\":\"$other\",\"on\":\"2024-10-10\",\"session\":\"S-1\""
}

# Two sources beside the first: one that numbers to 5 and never sent its number 3, one with a figure said in public.
tell_sources() {
	tell_source=statistics
	local i
	for i in 1 2 3 4 5; do
		tell $region meeting.held "meeting/ST-$i" "2024-0$i-15" "\"meeting\":\"ST-$i\",\"level\":\"authority\",\"held_on\":\"2024-0$i-15\""
	done
	tell_source=press
	tell_declared $region projects_initiated 2024-12-31 gt 10
	tell $region aggregate.declared "" 2024-12-31T10:00:00Z \
		'"what":"people_trained","as_of":"2024-12-31","precision":"day","amount":{"value":"35","hi":"45","qualifier":"range"}'
	tell_source=facts
}

drop_third_of_statistics() {
	grep -v "\"source\":\"$region/statistics\".*\"sequence\":\"3\"" "$test_story/$region.ndjson" >"$test_work/kept"
	mv "$test_work/kept" "$test_story/$region.ndjson"
}

ends_with() {
	local status=0
	"${@:2}" || status=$?
	(($1 == status))
}

page_is_self_contained() {
	local page=$test_work/report.html
	centre_effreg report $region --period $period --format html --lang ru >"$page" &&
		grep -q '<html lang="ru">' "$page" && grep -q "default-src 'none'" "$page" && ! grep -qE '<script|src=|href="[^#]' "$page"
}

tell_in "$test_story"
tell_register
tell_portfolio
tell_measures
tell_people
tell_sharing
tell_governance
tell_sources
tell_number
drop_third_of_statistics
test_regions=("$region" "$other")
check "every event is valid" "$centre_bin/effreg" validate "$test_story"/*.ndjson
test_start_centre
check "every event is accepted" test_push_all
centre_settle
load_report $region $period --lang ru

# ---- register
check "bodies stand in the register with their levels" has_row levels "исполнительные органы|2" code count
check "and with the date of joining, as exactly as it is known" has_row bodies "Администрация города|муниципальные органы|2024" title level joined
check "roles are assigned" has_row roles "ответственный заместитель|Министерство здравоохранения|p-2" role authority person
check_equal "change teams are counted" 1 "$(reported teams)"
check "partner support ends" has_row independence "Министерство здравоохранения|ПСР-центр|03.06.2024" authority partner ended
check "several programmes stand side by side" has_row programmes "«Государство для людей»|1" code count

# ---- portfolio
check "the portfolio is divided by sphere" has_row spheres "Жилищно-коммунальное хозяйство|3|0|2" sphere initiated completed active
check "and by state: on hold" has_row states "приостановлен|1" state count
check "cancelled" has_row states "прекращён|1" state count
check "and what is known to hold" has_row states "результат устойчив|1" state count
check "its dynamics are told over the years" has_row dynamics "2024|4|1" year opened closed
check "open problems are listed" has_row problems "Нет доступа к данным|высокая|P-2" title severity project
check "solved ones are not" test "$(reported problems_open)" == 1
check "lessons are kept" has_row lessons "Замеры до старта|Начинать с хронометража" title advice
check "risks too" has_row risks "Смена регламента|средняя" title likelihood
check "and losses" has_row losses "Ожидание звонка|да" title removed
check_equal "external services are told from internal processes: 1 of 4" 25 "$(reported external_share)"
check_equal "interdepartmental ownership: 1 of 4" 25 "$(reported interdepartmental_share)"
check_equal "institutions take part" 1 "$(reported institutions_involved)"
check_equal "digital projects: 1 of 4" 25 "$(reported digital_share)"
check_equal "the plan was kept" 100 "$(reported on_schedule_share)"

# ---- measurement
check_equal "time: 40 to 16 minutes is 60 %" 60 "$(reported lead_time_reduction)"
check_equal "labour: 4 to 3 hours is 25 %" 25 "$(reported labour_reduction)"
check_equal "errors: 20 to 5 % is 75 %" 75 "$(reported errors_reduction)"
check_equal "documents: 5 to 3 is 40 %" 40 "$(reported documents_reduction)"
check "materials: 12 to 3 sheets" has_row best "Материальные затраты|12 → 3 л.|75 %" indicator change improvement
check "discipline: 60 to 93 % in time" has_row best "Исполнено в срок|60 → 93 %|55 %" indicator change improvement
check_equal "satisfaction gained 17 points" 17 "$(reported satisfaction_gain)"
check "satisfaction of citizens" has_row surveys "удовлетворённость|граждане|64 %|81 %" topic group before value
check "trust of staff" has_row surveys "доверие|сотрудники|66 %|70 %" topic group before value
check_equal "a planned effect" 900000 "$(reported economic_effect_plan)"
check_equal "the effect that came of it" 800000 "$(reported economic_effect)"
check "an effect in words" has_row declared "P-2|Меньше хождения по кабинетам" project figure
check_equal "the result held" 100 "$(reported held_share)"
check_equal "the same per sphere" 60 "$(figure $region lead_time_reduction $period --sphere health)"

# ---- people
check "training planned and done" has_row trainings "Основы|50|40|62" course plan people nps
check_equal "the plan is fulfilled to a half" 50 "$(reported training_plan_fulfilled)"
check "what was planned and not done is said" says "Запланировано, но не проведено к концу периода: групп — 1, человек в них — 30."
check_equal "the share involved: 30 of 2,000 civil servants" 15 "$(reported trained_per_1000)"
check_equal "while everybody trained counts as trained" 40 "$(reported trained)"
check_equal "leaders involved: 2 of 8" 25 "$(reported team_leaders_share)"
check "mentors are paired" has_row mentorships "M-1|руководитель|Министерство ЖКХ" mentor level mentored

# ---- independence
check_equal "projects without third parties: 1 of 4" 25 "$(reported independent_share)"
check_equal "of the authority itself: all" 100 "$(figure $region independent_share $period --authority health)"

# ---- replication
check "a practice stands in the catalogue" has_row practices "PR-1|Талон без очереди|Здравоохранение|20.08.2024|02.09.2024" practice title sphere registered published
check "it is recommended to another sphere" has_row replications "Талон без очереди|Социальная защита|рекомендована" practice to step
check "adopted by another authority" has_row replications "Талон без очереди|Министерство ЖКХ|внедрена" practice to step
check "taken over by another region, with its follow-up" has_row replications_given "Талон без очереди|Ульяновская область|эффект подтверждён" practice to step
check_equal "which counts for the region it comes from" 1 "$(reported adoptions_given)"
check_equal "as does the confirmed effect" 1 "$(reported effects_confirmed_given)"

# ---- governance
check "instructions are followed: in time" has_row instructions "Закрыть просроченные проекты|30.04.2024|25.04.2024|в срок" title due fulfilled state
check "late" has_row instructions "Обучить команды|31.05.2024|10.06.2024|с опозданием" title due fulfilled state
check "overdue" has_row instructions "Провести замеры|01.12.2024|—|просрочено" title due fulfilled state
check_equal "a third was fulfilled in time" 33.333333 "$(reported instructions_on_time_share)"
check "meetings with the governor" has_row meetings "12.03.2024|у губернатора|Ход проектов" held level topic
check "and of the committee" has_row meetings "12.04.2024|комитета|Отбор практик" held level topic
check "the Club has a member" says "Участник Клуба бережливых губернаторов с 01.02.2024."
check "the chair is handed over" says "Председательство в Клубе передано 10.10.2024; преемник: Ульяновская область."
check "with the cup" says "Переходящий кубок передан 10.10.2024; новый хранитель: Ульяновская область."
check "a session of the Club" has_row club_sessions "10.10.2024|15" held regions
check "contests" has_row contests "Лучшая команда|3|20" title place entrants
check "bonuses" has_row bonus_schemes "Премирование команд|20.05.2024|12" title adopted awarded
check "a report of one authority on demand" load_report $region $period --authority health --lang ru
check "names its projects" has_row projects "P-1|Запись к врачу|результат устойчив|01.02.2024|31.07.2024" project title state opened closed
check "an unknown authority ends with 1" ends_with 1 centre_effreg report $region --period $period --authority nobody
check "a period that is none ends with 2" ends_with 2 centre_effreg report $region --period 2024-Q5
check "the report is one page that needs nothing else" page_is_self_contained
check "and reads as text" grep -F "Талон без очереди" <(centre_effreg report $region --period $period --lang ru)

# ---- the quality of the data
load_report $region 2024-06 --lang ru
check "what a source left out is seen" has_row sources "$region/statistics|4|1|с пропусками" source received missing state
load_report $region $period --lang ru
check "a figure said in public is held against the events" has_row reconciliation "инициировано проектов|более 10|4|−6|расходится" \
	what declared counted gap verdict
check "also one given as a range" has_row reconciliation "обучено, человек|35–45|40|0|сходится" what declared counted gap verdict
check "a source that says nothing for months is silent" has_row sources "$region/statistics|молчит" source state
load_report $region 2025 --lang ru
check "in the report of the year after, every source is" has_row sources "$region/facts|молчит" source state
check "and the report says so" says "Замолчавших источников: 3"
check "nobody is silent today: the events have just come" centre_effreg sources --silent
check "the alert ends with 1 when somebody is" ends_with 1 centre_effreg sources --silent --silent-days 0
check "and names the source" grep -F "$region,$region/statistics,4,1," <(centre_effreg sources --format csv)
