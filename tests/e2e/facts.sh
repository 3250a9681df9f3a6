#!/usr/bin/env bash
# Every fact that public reports name of the programme's regions, told as events through the real intake and asked back
# through the command line: the figure is the stated one. That Voronezh rose from the 18th place to the 5th in 2023 is
# told by story.sh, which needs all the regions for it.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/tell.sh
source "$centre_root/tests/harness/tell.sh"
# shellcheck source=tests/harness/facts.sh
source "$centre_root/tests/harness/facts.sh"
# shellcheck source=tests/harness/report.sh
source "$centre_root/tests/harness/report.sh"

all_valid() {
	"$centre_bin/effreg" validate "$test_story"/*.ndjson
}

# is SENTENCE EXPECTED REGION CODE PERIOD [OPTION...]
is() {
	check_equal "$1" "$2" "$(figure "${@:3}")"
}

tell_in "$test_story"
tell_facts
mapfile -t test_regions < <(cd "$test_story" && printf '%s\n' *.ndjson | sed 's/\.ndjson$//')
check "every event of the facts is valid" all_valid
test_start_centre
check "every event of the facts is accepted" test_push_all
centre_settle

is "Saint Petersburg joined in 2020" 1 RU-SPE joined 2020
is "of the years before nothing is known" null RU-SPE joined 2019
is "all its authorities take part" 100 RU-SPE authority_coverage 2024
is "it initiated 280 projects by 2024" 280 RU-SPE initiated_total 2024
check "more than 140 of them were completed" test "$(figure RU-SPE completed_total 2024)" -gt 140
load_report RU-SPE 2024 --lang en
check "and the report says that it agrees with what was said" has_row reconciliation "projects completed|more than 140|141|0|agrees" \
	what declared counted gap verdict
load_report RU-SPE 2021 --lang en
check "labour became 1.5 to 2 times less: 33.33 to 50 %" has_row declared "S20-0001|Labour per case|33.33–50%" project indicator figure

is "Kirovsky district completed 2 projects in 2022" 2 RU-SPE completed 2022 --authority kirovskiy
is "and had one active" 1 RU-SPE active 2022 --authority kirovskiy
is "repair programmes of schools: 7 to 3 days is 57.142857 %" 57.142857 RU-SPE lead_time_reduction 2022 --authority kirovskiy
load_report RU-SPE 2022 --authority kirovskiy --lang ru
check "its report names the change" has_row best "K-1|7 → 3 раб. дн.|57,14 %" project change improvement
check "control of legal acts: labour more than 2 times less" has_row declared "K-2|Трудоёмкость|не менее 50 %" project indicator figure
check "youth events are active in 2022" has_row projects "K-3|диагностика" project state
is "and digital, one of three" 33.333333 RU-SPE digital_share 2022 --authority kirovskiy
load_report RU-SPE 2022 --lang ru
for sphere in "Здравоохранение" "Культура" "Социальная защита"; do
	check "the practice is recommended to: $sphere" has_row replications "Быстрое согласование программ ремонта|$sphere|рекомендована" practice to step
done

is "Voronezh is in the Club in 2022" 1 RU-VOR club_member 2022
is "and was not in 2021" 0 RU-VOR club_member 2021
load_report RU-VOR 2024 --lang ru
check "it joined at the end of 2020" says "В программе с 01.10.2020"
check "almost 1,500 projects were said, and the events agree" has_row reconciliation "инициировано проектов|около 1500|1499|0|сходится" \
	what declared counted gap verdict
check "more than 2,500 people were trained" test "$(figure RU-VOR trained 2024)" -gt 2500
is "12 practices are on the platform" 12 RU-VOR practices_published 2024
is "it has 6 training centres" 6 RU-VOR training_centres 2024
check "it took place 5 in a contest" has_row contests "Лучшая региональная команда|5" title place
check "it took the chair over from Kaliningrad on 10 December 2024" says "Председательство в Клубе — у региона с 10.12.2024; предшественник: Калининградская область."
check "and the cup" says "Переходящий кубок — у региона с 10.12.2024; прежний хранитель: Калининградская область."
check "12 regions were present" has_row club_sessions "10.12.2024|12" held regions
load_report RU-KGD 2024 --lang ru
check "Kaliningrad, which told nothing of it, has handed the chair over" says "Председательство в Клубе передано 10.12.2024; преемник: Воронежская область."

is "Kaliningrad joined in 2022" 1 RU-KGD joined 2022
is "it completed 33 projects by July 2023" 33 RU-KGD completed_total 2023-07
is "its ministry of natural resources halved the time of review" 50 RU-KGD lead_time_reduction 2023 --authority natural-resources
is "without third parties" 100 RU-KGD independent_share 2022 --authority natural-resources
load_report RU-KGD 2023 --lang ru
check "the partner had left the ministry" has_row independence "Министерство природных ресурсов и экологии|ПСР-центр|01.08.2022" authority partner ended
check "a bonus scheme is announced" has_row bonus_schemes "Премирование команд изменений|10.07.2023" title adopted
is "two mentors are there" 2 RU-KGD mentors 2023
check "a leader is a mentor" has_row mentorships "M-1|руководитель|Орган власти № 1" mentor level mentored

is "Amur is a newcomer of the end of 2024" 1 RU-AMU joined 2024-Q4
is "of the summer before nothing is known" null RU-AMU joined 2024-Q3
load_report RU-AMU 2024 --authority A-01 --lang ru
check "it names time, errors and documents" has_row projects \
	"A-1|Время протекания процесса, Ошибки и возвраты, Документы, требуемые от заявителя" project indicators
is "its first standards are adopted" 2 RU-AMU standards 2025

is "Tyumen initiated 195 projects by December 2025" 195 RU-TYU initiated_total 2025-12
is "completed 141 of them" 141 RU-TYU completed_total 2025-12
is "and 54 are active" 54 RU-TYU active 2025-12
is "90 bodies take part" 90 RU-TYU authorities 2025

is "Rostov joined in 2019" 1 RU-ROS joined 2019
check "it has more than 600 projects by December 2024" test "$(figure RU-ROS initiated_total 2024-12)" -gt 600
load_report RU-ROS 2024 --lang en
check "29 authorities" has_row levels "executive bodies|29" code count
check "and 55 municipalities" has_row levels "municipal bodies|55" code count

is "Chuvashia has 89 projects from 2023 to 2025" 89 RU-CU initiated_total 2025
load_report RU-CU 2025 --lang en
check "about 90,000 hours were saved, it said" has_row reconciliation "hours saved|almost 90,000" what declared
check "for 400,000 residents" has_row reconciliation "residents who benefit|400,000" what declared
is "and every source sent what it numbered" 100 RU-CU completeness 2025
