#!/usr/bin/env bash
# The second road of a region's agent: ZeroMQ is blocked, so it goes over HTTPS through a real nginx that ends TLS before the gateway,
# and back when ZeroMQ works again; every event is stored once, byte for byte the same over either road.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
# shellcheck source=tests/harness/agent.sh
source "$(dirname "$0")/../harness/agent.sh"
trap 'agent_stop; proxy_stop; test_end' EXIT

nginx=$(command -v nginx || command -v /usr/sbin/nginx || true)
if [[ -z $nginx ]]; then
	echo "skip - the agent's second road: nginx is not installed (deploy/install test)"
	exit 0
fi

# Events of the story without their own numbers, which the agent gives.
unnumbered() {
	sed -E 's/"sequence": ?"[0-9]+", ?//' "$test_story/$region.ndjson"
}

# proxy_certificates: an authority of the test's own, and a certificate for localhost by it.
proxy_certificates() {
	(
		cd "$proxy_home"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=effreg test authority"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj "/CN=localhost"
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile server.ext
	) >"$proxy_home/openssl.log" 2>&1
}

proxy_start() {
	proxy_home=$test_work/proxy
	proxy_port=$(agent_free_port)
	mkdir -p "$proxy_home"
	proxy_certificates
	sed -e "s,@STATE@,$proxy_home,g; s,@LISTEN@,127.0.0.1:$proxy_port,; s,@NAME@,localhost," \
		-e "s,@CERTIFICATE@,$proxy_home/server.pem,; s,@KEY@,$proxy_home/server.key,; s,@GATEWAY@,127.0.0.1:$(centre_port http)," \
		"$centre_root/deploy/nginx.conf" >"$proxy_home/nginx.conf"
	"$nginx" -c "$proxy_home/nginx.conf" -e "$proxy_home/error.log" -g 'daemon off; user root;' 9>&- &
	proxy_pid=$!
	agent_wait "$proxy_pid" proxy_answers
}

proxy_answers() {
	curl -fsS --cacert "$proxy_home/ca.pem" "https://localhost:$proxy_port/livez" >/dev/null 2>&1
}

proxy_stop() {
	[[ -n ${proxy_pid:-} ]] || return 0
	kill -TERM "$proxy_pid" 2>/dev/null || true
	wait "$proxy_pid" 2>/dev/null || true
	proxy_pid=""
}

# road_is NAME: of every source.
road_is() {
	[[ $(agent_status --format json | grep -oE '"road":("[a-z]+"|null)' | sort -u) == "\"road\":$1" ]]
}

has_alarm() {
	agent_status >"$test_work/status" 2>&1 && return 1
	grep -F "$1" "$test_work/status"
}

says_road_changed() {
	grep '"event":"road_changed"' "$agent_home/log" | grep -oE '"road":"[a-z]+"' | cut -d '"' -f 4 | paste -sd ' '
}

# The bytes of the log, and how often each id is in it.
stored_once() {
	[[ $(ask "SELECT pg_catalog.count(*) || ' ' || pg_catalog.count(DISTINCT id) FROM effreg.event WHERE region_id = '$region'") == "$1 $1" ]]
}

# answer_of CURL_OPTION...: status code and error code.
answer_of() {
	local http
	http=$(curl -sS --cacert "$proxy_home/ca.pem" -o "$test_work/answer" -w '%{http_code}' "$@")
	echo "$http $(grep -oE '"code":"[a-z_]+"' "$test_work/answer" | cut -d '"' -f 4)"
}

# With or without a rating: ranking said it.
is_answered() {
	local answer
	answer=$(answer_of "https://localhost:$proxy_port/api/v1/ratings/2021")
	[[ $answer == "200 " || $answer == "404 not_found" ]]
}

test_projects=6
test_generate
region=${test_regions[0]}
unnumbered | tail -n +2 >"$test_work/lines" # the first one is sent by hand
total=$(wc -l <"$test_work/lines")
test_start_centre
proxy_start
check "a token is made, into a file of its owner alone" centre_effreg keys token new --region "$region" --out "$test_work/token" --note "road"
check_equal "with mode 600" 600 "$(stat -c %a "$test_work/token")"
check_equal "the database has its digest only" "1 0" \
	"$(ask "SELECT pg_catalog.count(*) || ' ' || pg_catalog.count(*) FILTER (WHERE t::text LIKE '%' || pg_catalog.substr('$(cat "$test_work/token")', 10, 20) || '%') FROM effreg.token t")"
check "an audit row tells of it, without the token" \
	test "$(ask "SELECT act || ' ' || (subject = (SELECT pg_catalog.encode(digest, 'hex') FROM effreg.token)) FROM effreg.audit WHERE act LIKE 'token%'")" == "token.added true"

# ---- through nginx, by hand
head -n 1 "$test_story/$region.ndjson" | tr -d '\n' >"$test_work/one"
post=(-H "Content-Type: application/cloudevents+json" --data-binary "@$test_work/one" "https://localhost:$proxy_port/api/v1/events")
check_equal "without a token nothing goes through the proxy" "401 unauthorized" "$(answer_of "${post[@]}")"
check_equal "with it the event is stored" "200 " "$(answer_of -H "Authorization: Bearer $(cat "$test_work/token")" "${post[@]}")"
check "and has its seq" grep -F '{"results":[{"stored":1}],"last_seq":1,"head":"' "$test_work/answer"

# ---- ranking away: only questions need it
centre_stop ranking
centre_stop gateway
centre_start gateway
check "a gateway started without ranking becomes ready" centre_wait_ready gateway
check_equal "it says so to the public too" "200 " "$(answer_of "https://localhost:$proxy_port/readyz")"
check_equal "it serves what is static" "200 " "$(answer_of "https://localhost:$proxy_port/static/console.css")"
check_equal "a question has its own 503" "503 unavailable" "$(answer_of "https://localhost:$proxy_port/api/v1/ratings/2021")"
check_equal "an event is taken, and known again" "200 " "$(answer_of -H "Authorization: Bearer $(cat "$test_work/token")" "${post[@]}")"
centre_start ranking
centre_wait_ready ranking
check "and questions are answered when ranking is there" agent_until is_answered

check_equal "a body over the limit ends at the proxy" "413 " \
	"$(head -c 600000 /dev/zero | answer_of -H "Authorization: Bearer $(cat "$test_work/token")" -H "Content-Type: application/cloudevents+json" --data-binary @- "https://localhost:$proxy_port/api/v1/events")"

# ---- ZeroMQ is blocked: nothing listens where the agent looks for intake
agent_prepare "$region"
open_endpoint=$agent_endpoint
agent_endpoint=tcp://127.0.0.1:$(agent_free_port)
second_road=(--gateway-url "https://localhost:$proxy_port" --gateway-token-file "$test_work/token" --gateway-ca-file "$proxy_home/ca.pem" --gateway-after-s 1)
check "a token that is none is told at the start" \
	sh -c '! "$@" 2>&1 | grep -v "does not hold a token"' sh "$centre_bin/effreg-agent" --region "$region" --server-key-file "$centre_home/keys/centre.pub" \
	--key-file "$centre_home/keys/region/$region" --spool "$test_work/spare" --gateway-url https://localhost --gateway-token-file "$proxy_home/ca.pem"
check "an address without TLS is refused" \
	sh -c '"$@" 2>&1 | grep -F "https://HOST"' sh "$centre_bin/effreg-agent" --region "$region" --server-key-file "$centre_home/keys/centre.pub" \
	--key-file "$centre_home/keys/region/$region" --spool "$test_work/spare" --gateway-url http://gateway.example --gateway-token-file "$test_work/token"
agent_start "${second_road[@]}"
sed -n '1,20p' "$test_work/lines" | agent_drop first.ndjson
check "what waits goes over HTTPS, each event once" agent_until stored_once 21
check "the status names the road" agent_until road_is '"https"'
check "in words too" sh -c '"$@" | grep -F "over HTTPS"' sh "$centre_bin/effreg" agent status --socket "$agent_socket"
check "nothing waits any more" agent_until agent_has_sent

# An event with blanks around it is another event without them.
{ printf ' \n' && sed -n 21p "$test_work/lines"; } >"$test_work/blank"
check_equal "an event with blanks around it is taken" 200 "$(agent_post application/cloudevents+json "$test_work/blank")"
sed -n '22,30p' "$test_work/lines" | agent_drop second.ndjson
check "and goes over HTTPS beside others" agent_until stored_once 31
check_equal "with its blanks" 1 "$(ask "SELECT pg_catalog.count(*) FROM effreg.event WHERE region_id = '$region' AND body::text LIKE E' \n{%'")"

# ---- the gateway away: the agent waits, and nothing is lost
proxy_stop
sed -n '31,60p' "$test_work/lines" | agent_drop third.ndjson
check "without the proxy no road is open" agent_until road_is null
check_equal "what comes waits" 30 "$(agent_count waiting)"
check "and no alarm is raised for it" agent_status
agent_kill
agent_start "${second_road[@]}"
proxy_start_again() {
	"$nginx" -c "$proxy_home/nginx.conf" -e "$proxy_home/error.log" -g 'daemon off; user root;' 9>&- &
	proxy_pid=$!
	agent_wait "$proxy_pid" proxy_answers
}
check "the proxy is there again" proxy_start_again
check "an agent that was killed meanwhile sends what waited" agent_until stored_once 61

# ---- a certificate that nobody vouches for
agent_stop
before=$(($(wc -l <"$agent_home/log") + 1))
agent_start --gateway-url "https://localhost:$proxy_port" --gateway-token-file "$test_work/token" --gateway-after-s 1
sed -n '61,70p' "$test_work/lines" | agent_drop fourth.ndjson
certificate_refused() {
	tail -n +"$before" "$agent_home/log" | grep -F '"code":"unreachable"' | grep -i certificate
}
check "a certificate by an unknown authority ends the road" agent_until certificate_refused
check_equal "and nothing was sent over it" 10 "$(agent_count waiting)"
agent_stop

# ---- a revoked token is an alarm, another one mends it
agent_start "${second_road[@]}"
check "with the right certificates the road is open" agent_until stored_once 71
check "the token is revoked" centre_effreg keys token revoke --token-file "$test_work/token" --reason "moved"
sed -n '71,80p' "$test_work/lines" | agent_drop fifth.ndjson
check "the agent says so" agent_until has_alarm bad_token
check "a new token is made" centre_effreg keys token new --region "$region" --out "$test_work/token"
agent_stop
agent_start "${second_road[@]}"
check "with it what waited is sent" agent_until stored_once 81
check_equal "the list shows that one of two is revoked" "1 1" \
	"$(centre_effreg keys token list --region "$region" --format json | grep -oE '"revoked_time":(null|")' | sort | uniq -c | awk '{ print $1 }' | paste -sd ' ')"

agent_stop
other=${test_regions[1]}
source=$(head -n 1 "$test_work/lines" | sed -E 's/.*"source": ?"([^"]*)".*/\1/')
sed -n '81,85p' "$test_work/lines" | agent_drop more.ndjson
check "another region's token is made" centre_effreg keys token new --region "$other" --out "$test_work/other.token"
agent_start "${second_road[@]}" --gateway-token-file "$test_work/other.token"
check "with it nothing is sent, and the agent says so" agent_until has_alarm forbidden_region
agent_stop
check "a token for another source is made" centre_effreg keys token new --region "$region" --source "$source/other" --out "$test_work/narrow.token"
agent_start "${second_road[@]}" --gateway-token-file "$test_work/narrow.token"
check "with it the agent says so too" agent_until has_alarm forbidden_source
check_equal "and no event is given up for it" "5 0" "$(agent_count waiting) $(agent_count refused)"
agent_stop
agent_start "${second_road[@]}"
check "with the right one they are sent" agent_until stored_once 86
check "libcurl and TLS leave the agent under 30 MB" test "$(awk '/^VmHWM/ { print $2 }' "/proc/$agent_pid/status")" -lt 30720

# ---- ZeroMQ works again: something forwards to intake at the address where nothing was
check "another road is not taken yet" road_is '"https"'
python3 - "${agent_endpoint##*:}" "${open_endpoint##*:}" 9>&- <<'PYTHON' &
# A relay of TCP, so that the blocked address works.
import asyncio
import sys


async def pipe(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def relay(reader, writer):
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer), return_exceptions=True)


async def main():
    async with await asyncio.start_server(relay, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()

asyncio.run(main())
PYTHON
relay=$!
trap 'agent_stop; proxy_stop; kill "$relay" 2>/dev/null || true; test_end' EXIT
sed -n '86,$p' "$test_work/lines" | agent_drop sixth.ndjson
check "the agent goes back to ZeroMQ" agent_until road_is '"zeromq"'
check "every event that was accepted is stored, each once" agent_until stored_once "$((total + 1))"
check "and none waits" agent_until agent_has_sent
check_equal "the agent's log tells of both turns" "https zeromq" "$(says_road_changed | awk '{ print $(NF - 1), $NF }')"
proxy_stop
check "the chain of the log holds" centre_effreg log verify

# ---- and blocked once more, with a log that is not what it was: no road takes an event
agent_stop
kill "$relay"
wait "$relay" 2>/dev/null || true
ask "UPDATE effreg.event SET hash = pg_catalog.decode(pg_catalog.repeat('ab', 32), 'hex') WHERE region_id = '$region' AND seq = (SELECT last_seq FROM effreg.event_head WHERE region_id = '$region');
	UPDATE effreg.event_head SET hash = pg_catalog.decode(pg_catalog.repeat('ab', 32), 'hex') WHERE region_id = '$region'"
proxy_start_again
agent_start "${second_road[@]}"
sed -n 1p "$test_work/lines" | sed -E 's/"id": ?"[^"]*"/"id":"0197a000-0000-7000-8000-000000000001"/' | agent_drop seventh.ndjson
check "a log that was changed is an alarm over HTTPS too" agent_until has_alarm witness_mismatch
check_equal "and the event stays in the spool" 1 "$(agent_count waiting)"
