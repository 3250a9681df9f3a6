#!/usr/bin/env bash
# An indicator that nobody wrote C for: a line in the file of definitions, a line in the methodology, and it is computed for every
# region, told with the events it comes from, and counts in the rating. Then another definition of it, over the same log.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_projects=12
region=20000000
definitions=$test_work/indicators.json
methodology=$test_work/methodology.json

# define FILTER: the shipped definitions and one more.
define() {
	node -e '
		const fs = require("fs"), [shipped, made, filter] = process.argv.slice(1);
		const file = JSON.parse(fs.readFileSync(shipped));
		file.indicators.push({code: "service_projects", title: {ru: "Проекты услуг", en: "Projects of services"}, unit: "count",
			direction: "higher", kind: "flow", source: "project", date: "opened_on", filter: JSON.parse(filter), measure: {count: true}});
		fs.writeFileSync(made, JSON.stringify(file));' "$centre_root/deploy/config/indicators.json" "$definitions" "$1"
}

# The placeholder with the new indicator in it.
weigh() {
	node -e '
		const fs = require("fs"), [shipped, made] = process.argv.slice(1);
		const file = JSON.parse(fs.readFileSync(shipped));
		file.indicators.push({code: "service_projects", parent: "delivery", weight: 5});
		file.version += 1;
		fs.writeFileSync(made, JSON.stringify(file));' "$centre_root/deploy/config/methodology.json" "$methodology"
}

# start_with SERVICE OPTION...: as centre_start, with more options behind its own.
start_with() {
	local service=$1 options
	mapfile -t options < <(centre_options "$service")
	setsid "$centre_bin/effreg-$service" "${options[@]}" "${@:2}" >>"$centre_home/log/$service.log" 2>&1 </dev/null 9>&- &
	echo "$! $(centre_start_time $! || true)" >"$centre_home/run/$service.pid"
	centre_wait_ready "$service"
}

figure() {
	centre_effreg indicator "$region" service_projects --period 2023 --format json --dsn "$centre_dsn" "$@"
}

# What the events themselves say: projects of the region opened in 2023 whose kind is the given one.
counted() {
	ask "SELECT pg_catalog.count(*) FROM effreg.event WHERE region_id = '$region' AND body->>'type' = 'effreg.project.opened.v1'
		AND body->>'time' LIKE '2023%' AND body->'data'->>'kind' = '$1'"
}

stored() {
	ask "SELECT value FROM effreg.figure WHERE region_id = '$region' AND subject = '' AND period = '2023' AND code = 'service_projects'"
}

rated_with_it() {
	test_publish 2023 >"$test_work/publish.json" &&
		[[ $(ask "SELECT inputs->>'service_projects' FROM effreg.rating_row WHERE region_id = '$region' AND authority = '' AND period = '2023'") == "$(stored)" ]]
}

# Until no region's figures follow other definitions than those in force.
wait_fresh() {
	local tries
	for ((tries = 0; tries < 600; tries++)); do
		[[ $(ask "SELECT pg_catalog.count(*) FROM effreg.region_horizon WHERE definitions <>
			(SELECT digest FROM effreg.indicator_definitions ORDER BY loaded_time DESC LIMIT 1)") == 0 ]] && return 0
		read -r -t 0.1 <> <(:) || true
	done
	return 1
}

lineage_leads_to_events() {
	figure --lineage | node -e '
		const said = JSON.parse(require("fs").readFileSync(0));
		const opened = said.lineage.filter((entity) => entity.events.some((event) => event.type === "effreg.project.opened.v1"));
		if (said.lineage.length !== Number(said.value) || opened.length !== said.lineage.length) { console.log(JSON.stringify(said)); process.exit(1); }'
}

define '[{"attribute": "kind", "is": "external_service"}]'
weigh
test_generate
test_start_centre
centre_stop metrics
centre_stop ranking
start_with metrics --indicators-file "$definitions"
start_with ranking --methodology-file "$methodology"
check "every event is accepted" test_push_all
check "every consumer reaches every head" centre_settle
check_equal "the new indicator is what the events say" "$(counted external_service)" "$(stored)"
check "it leads to the events it comes from" lineage_leads_to_events
check "it counts in the rating" rated_with_it
define '[{"attribute": "kind", "is": "internal_process"}]'
centre_stop metrics
start_with metrics --indicators-file "$definitions"
check "another definition makes the figures of every region anew" wait_fresh
check_equal "the indicator is what the new definition says" "$(counted internal_process)" "$(stored)"
