#!/usr/bin/env bash
# Every command of effreg, and what the gateway serves, against a real centre; --help of all in both languages.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

effreg=$centre_bin/effreg
unknown=nonsense

# The commands as effreg itself lists them: each gets its turn, none is forgotten.
list_commands() {
	"$effreg" --help --lang en | sed -n 's/^  \([a-z]\+\( [a-z-]\+\)\{0,2\}\)  .*/\1/p'
}

# help_shows COMMAND LANG EXAMPLE EXITS: the first line is an example, and the exit codes are told.
help_shows() {
	local text
	# shellcheck disable=SC2086 # a command may have two words
	text=$("$effreg" $1 --help --lang "$2") || return 1
	head -n 1 <<<"$text" | grep -F "$3: effreg $1" && grep -F "$4:" <<<"$text"
}

# ends_with STATUS COMMAND...
ends_with() {
	local status=0
	"${@:2}" || status=$?
	(($1 == status))
}

# http_get PATH [HEADER]: prints the body; fails unless the answer is 200.
http_get() {
	local status line
	exec 3<>"/dev/tcp/127.0.0.1/$(centre_port http)"
	printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n%s\r\n' "$1" "${2:+$2$'\r\n'}" >&3
	read -r -t 10 -u 3 _ status _
	while read -r -t 10 -u 3 line && [[ $line != $'\r' ]]; do :; done
	cat <&3
	exec 3<&-
	[[ $status == 200 ]]
}

# The API answers the very bytes that the command line gets.
api_equals_cli() {
	http_get /api/v1/ratings/2023 >"$test_work/api.json" &&
		centre_effreg rating get --period 2023 --format json | tr -d '\n' >"$test_work/cli.json" &&
		tr -d '\n' <"$test_work/api.json" | cmp - "$test_work/cli.json"
}

page_speaks() {
	http_get "/ratings/2023?lang=$1" >"$test_work/page.html" && grep -F "lang=\"$1\"" "$test_work/page.html" &&
		grep -F "$2" "$test_work/page.html"
}

follow_feed() {
	centre_effreg feed --format json --timeout 60 --count 1 >"$test_work/feed.json" 2>"$test_work/feed.log" &
	follower=$!
	until grep -q connected "$test_work/feed.log"; do
		kill -0 "$follower" 2>/dev/null || return 1
		sleep 0.05
	done
}

feed_brings_a_notice() {
	wait "$follower" && grep -F '"kind":"place_changed"' "$test_work/feed.json" && grep -F '"period":"2022"' "$test_work/feed.json"
}

changed_rows_are_noticed() {
	local changed noticed
	changed=$(centre_effreg rating get --period 2023 --format csv | awk -F , '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$column["place"] != $column["previous_place"]' | wc -l)
	noticed=$(ask "SELECT pg_catalog.count(*) FROM effreg.notice WHERE period = '2023'")
	echo "changed $changed, noticed $noticed"
	((changed > 0 && changed == noticed))
}

test_generate
test_start_centre

mapfile -t commands < <(list_commands)
check "effreg lists its commands" test "${#commands[@]}" -ge 12
for command in "${commands[@]}"; do
	check "effreg $command --help begins with an example" help_shows "$command" en Example "Exit codes"
	check "effreg $command --help speaks Russian" help_shows "$command" ru Пример "Коды завершения"
done
check "an unknown command is told and ends with 2" ends_with 2 "$effreg" nonsense
check "an unknown option is told and ends with 2" ends_with 2 "$effreg" status "--$unknown"
check "--version says which" "$effreg" --version

region=${test_regions[0]}
check "validate finds the generated events valid" "$effreg" validate "$test_story/$region.ndjson"
check "validate ends with 1 for an invalid event" ends_with 1 "$effreg" validate \
	"$centre_root/proto/examples/invalid/raw.control_byte.json"
check "status before the first event is settled" centre_effreg status --wait-settled --timeout 10
check "push of all regions" test_push_all
check "status --wait-settled" centre_effreg status --wait-settled --timeout 120
check_equal "status counts the events" "$test_events" "$(centre_effreg status --format json | centre_sum events)"
check "log verify" centre_effreg log verify --region RU-VOR
check "migrate again changes nothing" centre_effreg migrate
check "a rating that is not there ends with 1" ends_with 1 centre_effreg rating get --period 2031
check "a live rating is there before anything is published" centre_effreg rating get --period 2022 --kind live

check "publish 2021" test_publish 2021
centre_settle
check "feed connects" follow_feed
check "publish 2022" test_publish 2022
check "feed brings a notice of a changed place" feed_brings_a_notice
check "publish 2023" test_publish 2023
centre_settle
check "every changed place of 2023 has its notice" changed_rows_are_noticed
check "publishing the same again says so" grep -F '"unchanged":true' <(test_publish 2023)
check "rating history by ISO code" grep -E '^2023 +final +1 ' <(centre_effreg rating history RU-VOR)
check "rating get as CSV" grep -E '^20000000,RU-VOR,[0-9]+,' <(centre_effreg rating get --period 2023 --format csv)
check "rating get in Russian" grep -F 'Воронежская область' <(centre_effreg rating get --period 2023 --lang ru)
check "an unknown digest is not published" ends_with 1 centre_effreg rating publish --period 2023 --kind final \
	--digest "$(printf '0%.0s' {1..64})"
check "a reader's key may not publish" ends_with 4 env EFFREG_KEY_FILE="$centre_home/keys/gateway" "$effreg" rating publish \
	--period 2023 --kind final --endpoint "$(centre_endpoint query)" --server-key "$centre_home/keys/centre.pub"

check "the gateway serves the document of the command line" api_equals_cli
check "the page speaks Russian" page_speaks ru 'Воронежская область'
check "the page speaks English" page_speaks en 'Voronezh Oblast'
check "the gateway is alive" http_get /livez
check "the gateway is ready" http_get /readyz
for service in "${centre_services[@]}"; do
	check_equal "effreg-$service has metrics" 200 "$(centre_http_status "$(centre_port "ops_$service")" /metrics)"
done
