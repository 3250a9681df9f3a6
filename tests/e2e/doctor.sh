#!/usr/bin/env bash
# effreg doctor over a real centre: nothing to say of a healthy one, and for each thing that is broken, in turn, one finding
# that names it and how to mend it.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_needs_own_server "it changes its settings"

effreg=$centre_bin/effreg
config=$test_work/config

# What each service is set to, as a file in the folder that doctor is given.
write_config() {
	local service options
	mkdir -p "$config"
	for service in "${centre_services[@]}"; do
		mapfile -t options < <(centre_options "$service")
		"$centre_bin/effreg-$service" "${options[@]}" --print-config >"$config/$service.json"
	done
}

doctor() {
	"$effreg" doctor --config "$config" --dsn "$centre_dsn" --endpoint "$(centre_endpoint query)" \
		--key "$centre_home/keys/coordinator" --server-key "$centre_home/keys/centre.pub" "$@"
}

# says STATUS WORD [OPTION...]: ends with this code and says the word.
says() {
	local status=0
	doctor "${@:3}" >"$test_work/said" 2>&1 || status=$?
	cat "$test_work/said"
	[[ $status == "$1" ]] && grep -F -- "$2" "$test_work/said"
}

# Exactly one failure, that says the word, and a line after it how to mend it.
finds() {
	says 1 "$1" && grep -F '1 failures' "$test_work/said" && grep -A 1 -F '✗' "$test_work/said" | grep -F '→' | grep -F -- "$2"
}

# Every option of a service that names a file with a key stands in doctor's table: no service is looked at in part.
every_key_is_looked_at() {
	local service option
	for service in "${centre_services[@]}"; do
		grep -oE '"[a-z_]*(key|dsn|token)_file"' "$config/$service.json" | tr -d '"' | while read -r option; do
			grep -qF "{\"$service\", \"$option\"" "$centre_root/services/cli/cli_doctor_core.c" || echo "$service $option"
		done
	done
}

# json_findings STATE: how many.
json_findings() {
	doctor --json | grep -oE "\"state\":\"$1\"" | wc -l
}

as_sql() {
	ask "$1" >/dev/null
}

test_projects=2
test_generate
test_regions=("${test_regions[0]}")
test_start_centre
write_config

check "of a healthy centre nothing has failed" says 0 "0 failures"
check_equal "every option that names a key is looked at" "none" "$(every_key_is_looked_at | grep . || echo none)"
for service in "${centre_services[@]}"; do
	check "$service: its configuration was read" says 0 "$config/$service.json"
	check "$service: its version is ours" says 0 "effreg-$service "
done
for pair in 'metrics → ' 'ranking → ' 'notify → ' 'gateway → ' 'effreg → '; do
	check "the socket of $pair lets the key in" grep -E "^✓ .*$pair.*lets the key in" <(doctor)
done
export EFFREG_KEY_FILE=$centre_home/keys/coordinator
check "what the caller has set for itself does not stand for a service" says 0 "$centre_home/keys/notify: role service"
unset EFFREG_KEY_FILE
check "it speaks Russian" says 0 "отказов: 0" --lang ru
check_equal "in JSON as many findings are good" "$(doctor | grep -c '^✓')" "$(json_findings ok)"
check "and JSON says that it is well" grep -F '"ok":true' <(doctor --json)

chmod 644 "$centre_home/keys/metrics"
check "a key that others can read" finds "can be read by others (mode 644)" "chmod 600 $centre_home/keys/metrics"
chmod 600 "$centre_home/keys/metrics"

cp "$centre_home/keys/metrics.pub" "$test_work/kept.pub"
cp "$centre_home/keys/ranking.pub" "$centre_home/keys/metrics.pub"
check "a public key that belongs to another" finds "metrics.pub is not the public half" "write "
cp "$test_work/kept.pub" "$centre_home/keys/metrics.pub"

key=$(<"$centre_home/keys/notify.pub")
as_sql "UPDATE effreg.client_key SET revoked_time = pg_catalog.clock_timestamp() WHERE public_key = '$key'"
check "a key that was revoked" says 1 "keys/notify was revoked"
check "the socket refuses it too" grep -F "refuses the key" "$test_work/said"
as_sql "UPDATE effreg.client_key SET revoked_time = NULL, role = 'reader' WHERE public_key = '$key'"
check "a key of another role" says 1 "has the role reader, and service is needed"
as_sql "UPDATE effreg.client_key SET role = 'service' WHERE public_key = '$key'"
check "all is well again" says 0 "0 failures"

sed -i 's/"watch_seconds": *[0-9]*/"watch_seconds": "soon"/' "$config/notify.json"
check "a configuration that is wrong" says 1 "watch_seconds"
write_config
as_sql "DELETE FROM effreg.migration WHERE name = '0007_quota.sql'"
check "a migration that is due" finds "1 migrations are due" "effreg migrate up"
as_sql "INSERT INTO effreg.migration (name, checksum) VALUES ('0007_quota.sql', 'other')"
check "a migration that was edited" finds "0007_quota.sql" "it was edited"
check "and JSON says that it is not well" grep -F '"ok":false' <(doctor --json || true)
as_sql "UPDATE effreg.migration SET checksum = '$(sha256sum <"$centre_root/deploy/migrations/0007_quota.sql" | cut -d ' ' -f 1)' WHERE name = '0007_quota.sql'"

as_sql "INSERT INTO effreg.event_archive VALUES ('${test_regions[0]}', 1, 1, '${test_regions[0]}.000000000001-000000000001.ledger.gz', 0, 10, pg_catalog.sha256('1'))"
check "archived events whose folder metrics was not told" finds "name its folder" "effreg log verify DIR"
sed -i "s|\"log_archive\": *\"\"|\"log_archive\": \"$test_work\"|" "$config/metrics.json"
check "a file of the log archive that is gone" finds "No such file" "effreg log verify DIR"
printf 0123456789 >"$test_work/${test_regions[0]}.000000000001-000000000001.ledger.gz"
check "a log archive that is all there" says 0 "files of the log archive are all there"
as_sql "DELETE FROM effreg.event_archive"
write_config

as_sql "ALTER SYSTEM SET full_page_writes = off"
as_sql "SELECT pg_catalog.pg_reload_conf()"
check "a setting that could tear pages" finds "full_page_writes = off" "ALTER SYSTEM SET full_page_writes = on"
as_sql "ALTER SYSTEM RESET full_page_writes"
as_sql "SELECT pg_catalog.pg_reload_conf()"
as_sql "ALTER DATABASE effreg SET synchronous_commit = off"
check "a setting that is worth a warning" says 0 "synchronous_commit = off"
as_sql "ALTER DATABASE effreg RESET synchronous_commit"

centre_stop ranking
check "a service that is down is found by who connects to it" says 1 "gateway → $(centre_endpoint query): does not answer"
centre_start ranking
centre_wait_ready ranking
cp "$centre_home/keys/centre.pub" "$test_work/centre.pub"
cp "$centre_home/keys/coordinator.pub" "$centre_home/keys/wrong.pub"
sed -i "s|\"query_server_key_file\": *\"[^\"]*\"|\"query_server_key_file\": \"$centre_home/keys/wrong.pub\"|" "$config/gateway.json"
check "a server whose key is another" says 1 "gateway → $(centre_endpoint query): breaks the handshake off"
write_config

centre_stop_all
centre_stop_database
check "a database that is down" says 1 "is PostgreSQL up"
