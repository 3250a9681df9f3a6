#!/usr/bin/env bash
# What is told to Prometheus, over real services: promtool on every /metrics, on the rules and their tests; every query of every dashboard
# and alert asked of a real Prometheus that scrapes intake, metrics, ranking, notify, gateway, haproxy and PostgreSQL; a runbook paragraph
# for every alert.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
folder=$centre_root/deploy/observability
helpers=()

end() {
	local pid status=$?
	for pid in "${helpers[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	test_end_with "$status"
}
trap end EXIT

for tool in promtool prometheus prometheus-postgres-exporter haproxy curl jq openssl; do
	command -v "$tool" >/dev/null || {
		echo "skip - what is told to Prometheus: $tool is not installed (deploy/install test)"
		exit 0
	}
done

# ---- without any service

each_alert() {
	sed -n 's/^ *- alert: //p' "$folder/rules.yml"
}

alerts_have_tests() {
	local alert
	for alert in $(each_alert); do
		awk -v alert="alertname: $alert" '$0 ~ alert "$" { of = 1; next } of && /exp_alerts:$/ { found = 1 } { of = of && !/alertname/ } END { exit !found }' \
			"$folder/rules_test.yml" || { echo "$alert is never seen to fire"; return 1; }
	done
}

# A paragraph that opens with the alert's name in the section "Alerts", and says more than a line's worth.
alerts_have_paragraphs() {
	local alert
	for alert in $(each_alert); do
		awk '/^## /{ of = $0 ~ /^## Alerts/ } of' "$centre_root/deploy/README.md" | grep -qE "^\*\*$alert\*\*\. .{80}" ||
			{ echo "$alert has no paragraph"; return 1; }
	done
	diff <(each_alert | sort) <(sed -n 's/^\*\*\([A-Z][A-Za-z]*\)\*\*\. .*/\1/p' "$centre_root/deploy/README.md" | sort)
}

# Every panel says what it shows, in what unit, from what; names are not used twice.
dashboards_are_whole() {
	local file
	for file in "$folder"/grafana/dashboards/*.json; do
		jq -e '(.uid | startswith("effreg-")) and .title and (.panels | length > 0)
			and all(.panels[]; .title and .description and .fieldConfig.defaults.unit and (.targets | length > 0)
				and all(.targets[]; .expr and .legendFormat and .refId) and .datasource.uid == "prometheus")
			and ([.panels[].title] | length == (unique | length)) and ([.panels[].id] | length == (unique | length))' "$file" >/dev/null ||
			{ echo "$file is not whole"; return 1; }
	done
	[[ $(jq -r .uid "$folder"/grafana/dashboards/*.json | sort | paste -sd ' ') == "effreg-deliveries effreg-intake effreg-overview effreg-postgres effreg-ranking effreg-streams" ]]
}

# ---- with a centre

free_port() {
	local port
	until port=$((31000 + RANDOM % 8000)) && centre_port_is_free "$port"; do :; done
	echo "$port"
}

# until_true COMMAND...: for about half a minute.
until_true() {
	local try
	for ((try = 0; try < 150; try++)); do
		"$@" && return 0
		read -r -t 0.1 <> <(:) || true
	done
	return 1
}

# helper LOG COMMAND...
helper() {
	"${@:2}" >"$test_work/$1.log" 2>&1 9>&- &
	helpers+=($!)
}

start_edge() {
	edge_port=$(free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout "$test_work/edge.key" -out "$test_work/edge.crt" 2>/dev/null
	cat "$test_work/edge.crt" "$test_work/edge.key" >"$test_work/edge.pem"
	sed -e "s,/run/secrets/edge_certificate,$test_work/edge.pem," -e "s,bind :8404,bind 127.0.0.1:$edge_port," \
		-e "s,bind :\([0-9]*\),bind unix@$test_work/edge.\1," "$centre_root/deploy/haproxy.cfg" >"$test_work/haproxy.cfg"
	export EFFREG_EDGE_CONNECTIONS_MAX=128 EFFREG_EDGE_CONNECTIONS_RATE=200 EFFREG_EDGE_REQUESTS_RATE=500
	haproxy -c -q -f "$test_work/haproxy.cfg" || return 1
	helper haproxy haproxy -db -f "$test_work/haproxy.cfg"
}

start_exporter() {
	exporter_port=$(free_port)
	DATA_SOURCE_NAME="$(centre_dsn_of monitor) sslmode=disable" \
		helper exporter prometheus-postgres-exporter --web.listen-address="127.0.0.1:$exporter_port"
}

# The same jobs as deploy/observability/prometheus.yml, at the addresses of this centre.
write_configuration() {
	local job port
	echo "global: {scrape_interval: 1s, evaluation_interval: 1s}"
	echo "rule_files: [$folder/rules.yml]"
	echo "scrape_configs:"
	while read -r job; do
		case $job in
		edge) port=$edge_port ;;
		postgres) port=$exporter_port ;;
		*) port=$(centre_port "ops_$job") ;;
		esac
		printf '  - {job_name: %s, static_configs: [{targets: ["127.0.0.1:%s"]}]}\n' "$job" "$port"
	done < <(sed -n 's/^ *- job_name: //p' "$folder/prometheus.yml")
}

start_prometheus() {
	prometheus_port=$(free_port)
	write_configuration >"$test_work/prometheus.yml"
	promtool check config "$test_work/prometheus.yml" || return 1
	helper prometheus prometheus --config.file="$test_work/prometheus.yml" --storage.tsdb.path="$test_work/tsdb" \
		--web.listen-address="127.0.0.1:$prometheus_port" --query.lookback-delta=1m
}

# query EXPR: the number of series of the answer; fails when it is an error.
query() {
	curl -sS --data-urlencode "query=$1" "http://127.0.0.1:$prometheus_port/api/v1/query" 2>/dev/null >"$test_work/answer" &&
		jq -e 'if .status == "success" then (.data.result | length) else error(.error) end' "$test_work/answer"
}

all_are_up() {
	[[ $(query 'up == 1') == 7 ]]
}

# Rates need two scrapes after the story.
has_rates() {
	(($(query 'sum(rate(effreg_intake_events_total{outcome="stored"}[1m])) > 0') == 1))
}

metrics_are_sound() {
	curl -fsS "http://127.0.0.1:$1/metrics" | promtool check metrics
}

# What has nothing to say in a healthy centre that lives for seconds.
may_be_empty='batches_postponed|refusals_total|keys_refused|haproxy_server|stalls_total|histogram_quantile|last_archive_age'

# On a given server the database of a test has another name.
every_query_is_answered() {
	local expr count database
	database=$(ask "SELECT pg_catalog.current_database()")
	while IFS= read -r expr; do
		expr=${expr//datname=\"effreg\"/datname=\"$database\"}
		count=$(query "$expr") || { echo "$expr: $(cat "$test_work/answer")"; return 1; }
		if ((count == 0)) && ! grep -qE "$may_be_empty" <<<"$expr"; then
			echo "$expr has no answer"
			return 1
		fi
	done < <(jq -r '.panels[].targets[].expr' "$1")
}

# The alerts are loaded, none is in error, and none fires in a healthy centre; but the edge has no containers behind it here.
alerts_are_quiet() {
	curl -fsS "http://127.0.0.1:$prometheus_port/api/v1/rules" >"$test_work/rules"
	jq -r '.data.groups[].rules[] | select(.health != "ok" or (.state == "firing" and .name != "NothingBehindTheEdge")) | .name + " " + .health + " " + .state + " " + (.lastError // "")' "$test_work/rules" | tee /dev/stderr | grep -q . && return 1
	[[ $(jq '[.data.groups[].rules[]] | length' "$test_work/rules") == "$(each_alert | wc -l)" ]]
}

check "promtool finds no fault in the rules" promtool check rules "$folder/rules.yml"
check "promtool finds no fault in the configuration" promtool check config "$folder/prometheus.yml"
check "the rules do what their tests say" promtool test rules "$folder/rules_test.yml"
check "each alert is seen to fire by one of them" alerts_have_tests
check "each alert has a paragraph in the runbook, and no other has" alerts_have_paragraphs
check "each panel of each dashboard has a title, a description, a unit and queries" dashboards_are_whole

test_projects=4
test_generate
test_start_centre
check "haproxy runs with the configuration of the edge" start_edge
check "the exporter of PostgreSQL's figures runs" start_exporter
check "Prometheus runs" start_prometheus
check "and reaches every service" until_true all_are_up
check "the story is pushed" test_push_all
check "every service has processed every event" centre_settle
check "a rating is published" test_publish 2023
for port in $(seq 3); do
	curl -fsS "http://127.0.0.1:$(centre_port http)/api/v1/ratings/2023" >/dev/null || echo "not ok - the gateway answers ($port)"
done
check "rates can be told" until_true has_rates
for service in "${centre_services[@]}"; do
	check "promtool finds no fault in the figures of $service" metrics_are_sound "$(centre_port "ops_$service")"
done
for dashboard in "$folder"/grafana/dashboards/*.json; do
	name=${dashboard##*/}
	check "every query of the dashboard ${name%.json} is answered" until_true every_query_is_answered "$dashboard"
done
check "the alerts are computed, and none fires" alerts_are_quiet
