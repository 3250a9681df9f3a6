# Every fact of the programme that public reports name, region by region, as the events a region would have sent. The
# figure each fact states stands beside it; what no report says (names, days within the year) is ours. Sourced after
# tell.sh; tell_facts writes one file a region.
# shellcheck shell=bash disable=SC2034 # the card's members are read by tell.sh

# day_of VARIABLE YEAR NUMBER: the NUMBER-th day (from 0, below 252) of nine months of 28 days, from March on.
day_of() {
	printf -v "$1" '%04d-%02d-%02d' "$2" $((3 + $3 / 28 % 9)) $((1 + $3 % 28))
}

# told_projects REGION PREFIX YEAR COUNT CLOSED CLOSED_YEAR AUTHORITIES: COUNT opened in the year, the first CLOSED of them
# closed in CLOSED_YEAR, one authority after the other (A-01 .. A-NN).
told_projects() {
	local i name day authority
	for ((i = 0; i < $4; i++)); do
		printf -v name '%s-%04d' "$2" $((i + 1))
		printf -v authority 'A-%02d' $((i % $7 + 1))
		day_of day "$3" $((i * 250 / $4))
		tell_opened "$1" "$name" "$day" "Проект $name" "$authority"
		((i < $5)) || continue
		day_of day "$6" $((i * 250 / $4))
		tell_closed "$1" "$name" "${day}T18:00:00Z"
	done
}

# told_authorities REGION COUNT LEVEL DATE FROM
told_authorities() {
	local i id
	for ((i = $5; i < $5 + $2; i++)); do
		printf -v id 'A-%02d' "$i"
		tell_authority "$1" "$id" "Орган власти № $i" "$3" "$4"
	done
}

# Saint Petersburg: joined 2020; 100 % of the authorities; 280 initiated, more than 140 completed by 2024; labour 1.5 to 2
# times less. Kirovsky district, 2022: 7 → 3 days, labour more than 2 times less, one active, digital; recommended to
# health, culture and social protection.
facts_saint_petersburg() {
	local region=40000000 sphere
	tell $region region.joined "" 2020-01-15 '"joined_on":"2020-01-01","precision":"year"'
	told_authorities $region 20 executive 2020-02-03 1
	tell_authority $region kirovskiy "Администрация Кировского района" executive 2020-02-03
	told_projects $region S20 2020 40 40 2021 20
	told_projects $region S21 2021 60 60 2022 20
	told_projects $region S22 2022 77 39 2023 20
	told_projects $region S24 2024 100 0 2024 20

	tell_sphere=education
	tell_opened $region K-1 2022-02-14 "Согласование программ ремонта школ" kirovskiy
	tell_planned $region K-1 2022-03-14 lead_time working_day 7 3 2022-07-15
	tell_measured $region K-1 2022-07-15 lead_time working_day 3
	tell_closed $region K-1 2022-07-20
	tell_sphere=municipal_government
	tell_opened $region K-2 2022-03-14 "Контроль исполнения правовых актов" kirovskiy
	tell $region effect.declared project/K-2 2022-08-22 \
		'"project":"K-2","indicator":"labour","declared_on":"2022-08-22","method":"Хронометраж","origin":"Карты рабочего дня","figure":{"way":"bound","unit":"times","value":"2","qualifier":"gt"}'
	tell_closed $region K-2 2022-08-26
	tell_sphere=youth tell_digital=true tell_kind=external_service
	tell_opened $region K-3 2022-09-12 "Организация молодёжных мероприятий" kirovskiy
	tell_stage $region K-3 2022-10-10 2
	tell_sphere=municipal_government tell_digital=false tell_kind=internal_process
	tell $region effect.declared project/S20-0001 2021-03-01 \
		'"project":"S20-0001","indicator":"labour","declared_on":"2021-03-01","method":"Хронометраж","origin":"Карты рабочего дня","figure":{"way":"range","unit":"times","value":"1.5","hi":"2","qualifier":"range"}'

	tell $region practice.registered practice/PR-K1 2022-09-01 \
		'"practice":"PR-K1","title":{"ru":"Быстрое согласование программ ремонта"},"sphere":"education","project":"K-1","authority":"kirovskiy","improves":["lead_time"]'
	for sphere in health culture social_protection; do
		tell $region replication.recommended "replication/R-$sphere" 2022-10-03 \
			"\"replication\":\"R-$sphere\",\"practice\":\"PR-K1\",\"from_region\":\"$region\",\"to\":{\"sphere\":\"$sphere\"}"
	done
	tell_declared $region projects_initiated 2024-12-31 exact 280
	tell_declared $region projects_completed 2024-12-31 gt 140
}

# Voronezh: since the end of 2020; the Club in 2022; almost 1,500 projects; more than 2,500 trained; 12 practices on the
# platform; 6 training centres; place 5 in a contest; chair and cup taken over from Kaliningrad on 10 December 2024 with 12
# regions present.
facts_voronezh() {
	local region=20000000 i id day
	tell $region region.joined "" 2020-12-14 '"joined_on":"2020-10-01","precision":"quarter"'
	tell $region club.joined "" 2022-03-01 '"joined_on":"2022-01-01","precision":"year"'
	told_authorities $region 30 executive 2020-12-15 1
	told_projects $region V21 2021 300 300 2022 30
	told_projects $region V22 2022 400 400 2023 30
	told_projects $region V23 2023 400 400 2024 30
	told_projects $region V24 2024 399 150 2025 30
	for ((i = 1; i <= 12; i++)); do
		printf -v id 'PR-%02d' "$i"
		day_of day 2024 $((i * 20))
		tell $region practice.published "practice/$id" "$day" \
			"\"practice\":\"$id\",\"title\":{\"ru\":\"Практика № $i\"},\"sphere\":\"municipal_government\",\"platform\":\"smarteka\""
	done
	for ((i = 1; i <= 6; i++)); do
		day_of day 2023 $((i * 30))
		tell $region training_centre.opened "training-centre/TC-$i" "$day" \
			"\"training_centre\":\"TC-$i\",\"title\":{\"ru\":\"Фабрика процессов № $i\"},\"opened_on\":\"$day\",\"precision\":\"day\""
	done
	tell $region headcount.reported "" 2024-01-20 '"as_of":"2024-01-01","civil_servants":5200'
	for ((i = 1; i <= 5; i++)); do
		day_of day 2024 $((i * 40))
		tell $region training.completed "training/T-$i" "$day" \
			"\"training\":\"T-$i\",\"course\":{\"ru\":\"Основы бережливого управления\"},\"provider\":\"Центр эффективности\",\"completed_on\":\"$day\",\"people\":505"
	done
	tell $region contest.result contest/C-2024 2024-06-20 \
		'"contest":"C-2024","title":{"ru":"Лучшая региональная команда"},"held_on":"2024-06-20","place":5,"entrants":40'
	tell $region club.session_held club-session/S-2024-12 2024-12-10 \
		'"session":"S-2024-12","held_on":"2024-12-10","regions_present":12'
	tell $region chair.transferred "" 2024-12-10T12:00:00Z \
		'"from_region":"27000000","to_region":"20000000","on":"2024-12-10","session":"S-2024-12"'
	tell $region cup.handed_over "" 2024-12-10T12:30:00Z \
		'"from_region":"27000000","to_region":"20000000","on":"2024-12-10","session":"S-2024-12"'
	tell_declared $region projects_initiated 2024-12-31 approx 1500
	tell_declared $region people_trained 2024-12-31 gt 2500
}

# Kaliningrad: since 2022; 33 completed by July 2023; the ministry of natural resources: the review takes 2 times less,
# without third parties; a bonus scheme announced; leaders as mentors.
facts_kaliningrad() {
	local region=27000000
	tell $region region.joined "" 2022-01-17 '"joined_on":"2022-01-01","precision":"year"'
	told_authorities $region 10 executive 2022-01-20 1
	tell_authority $region natural-resources "Министерство природных ресурсов и экологии" executive 2022-01-20
	told_projects $region G22 2022 32 0 2022 10
	local i name day
	for ((i = 1; i <= 32; i++)); do
		printf -v name 'G22-%04d' "$i"
		printf -v day '2023-06-%02d' $((1 + i % 28))
		tell_closed $region "$name" "$day"
	done
	told_projects $region G23 2023 20 0 2023 10
	tell_sphere=natural_resources tell_support=independent tell_kind=external_service
	tell_opened $region N-1 2022-08-15 "Предоставление водных объектов в пользование" natural-resources
	tell $region effect.declared project/N-1 2023-01-20 \
		'"project":"N-1","indicator":"lead_time","declared_on":"2023-01-20","method":"Медиана","origin":"Реестр заявлений","figure":{"way":"factor","factor":"2"}'
	tell_closed $region N-1 2023-01-25
	tell_sphere=municipal_government tell_support=partner tell_kind=internal_process
	tell $region support.ended authority/natural-resources 2022-08-01 \
		'"authority":"natural-resources","partner":"ПСР-центр","ended_on":"2022-08-01","independent":true'
	tell $region bonus_scheme.adopted bonus-scheme/B-1 2023-07-10 \
		'"scheme":"B-1","title":{"ru":"Премирование команд изменений"},"adopted_on":"2023-07-10"'
	tell $region mentor.appointed mentor/M-1 2023-03-01 '"mentor":"M-1","appointed_on":"2023-03-01","level":"leader"'
	tell $region mentor.appointed mentor/M-2 2023-03-01 '"mentor":"M-2","appointed_on":"2023-03-01","level":"leader"'
	tell $region mentorship.started mentorship/MS-1 2023-04-03 \
		'"mentorship":"MS-1","mentor":"M-1","mentored":"authority","authority":"A-01","started_on":"2023-04-03"'
	tell_declared $region projects_completed 2023-07-31 exact 33
}

# Amur: a newcomer; it names the time of a service, errors and documents; first standards in some departments.
facts_amur() {
	local region=10000000
	tell $region region.joined "" 2024-10-07 '"joined_on":"2024-10-01","precision":"quarter"'
	told_authorities $region 6 executive 2024-10-10 1
	tell_opened $region A-1 2024-11-11 "Назначение пособий" A-01
	tell_planned $region A-1 2024-12-02 lead_time working_day 12 8 2025-06-02
	tell_planned $region A-1 2024-12-02T10:00:00Z errors percent 15 5 2025-06-02
	tell_planned $region A-1 2024-12-02T11:00:00Z documents count 7 4 2025-06-02
	tell $region standard.adopted standard/ST-1 2025-03-03 \
		'"standard":"ST-1","title":{"ru":"Стандарт рабочего места"},"sphere":"internal_processes","adopted_on":"2025-03-03","authority":"A-01"'
	tell $region standard.adopted standard/ST-2 2025-04-07 \
		'"standard":"ST-2","title":{"ru":"Стандарт приёма граждан"},"sphere":"social_protection","adopted_on":"2025-04-07","authority":"A-02"'
}

# Tyumen: since 2021; by December 2025 195 initiated = 141 completed + 54 active; 90 bodies.
facts_tyumen() {
	local region=71000000
	tell $region region.joined "" 2021-01-18 '"joined_on":"2021-01-01","precision":"year"'
	told_authorities $region 90 executive 2021-02-01 1
	told_projects $region T22 2022 70 70 2023 90
	told_projects $region T23 2023 71 71 2024 90
	told_projects $region T25 2025 54 0 2025 90
	tell_declared $region projects_initiated 2025-12-01 exact 195
	tell_declared $region projects_completed 2025-12-01 exact 141
	tell_declared $region projects_active 2025-12-01 exact 54
	tell_declared $region authorities 2025-12-01 exact 90
}

# Rostov: since 2019; more than 600 by December 2024; 29 authorities, 55 municipalities.
facts_rostov() {
	local region=60000000
	tell $region region.joined "" 2019-03-01 '"joined_on":"2019-01-01","precision":"year"'
	told_authorities $region 29 executive 2019-03-04 1
	told_authorities $region 55 municipal 2019-03-05 30
	told_projects $region R20 2020 150 150 2021 84
	told_projects $region R21 2021 150 150 2022 84
	told_projects $region R22 2022 160 160 2023 84
	told_projects $region R24 2024 151 0 2024 84
	tell_declared $region projects_initiated 2024-12-01 gt 600
	tell_declared $region authorities 2024-12-01 exact 84
}

# Chuvashia: 2023 to 2025: 89 projects, about 90,000 hours saved, 400,000 residents.
facts_chuvashia() {
	local region=97000000
	tell $region region.joined "" 2023-01-16 '"joined_on":"2023-01-01","precision":"year"'
	told_authorities $region 20 executive 2023-01-20 1
	told_projects $region C23 2023 24 24 2024 20
	told_projects $region C24 2024 37 37 2025 20
	told_projects $region C25 2025 28 0 2025 20
	tell_declared $region projects_initiated 2025-12-31 exact 89 '"since":"2023-01-01"'
	tell_declared $region hours_saved 2025-12-31 approx 90000 '"since":"2023-01-01"'
	tell_declared $region residents 2025-12-31 exact 400000 '"since":"2023-01-01"'
}

tell_facts() {
	facts_saint_petersburg
	facts_voronezh
	facts_kaliningrad
	facts_amur
	facts_tyumen
	facts_rostov
	facts_chuvashia
	tell_number
}
