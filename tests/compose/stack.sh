# The stack of tests/compose/run, driven through the ports that its edge publishes on 127.0.0.1. Sourced by it.
# shellcheck shell=bash
: "${root:?}" "${work:?}" "${image:?}" "${period:?}" "${effreg:?}" "${regions:?}" "${demo_regions:?}"

health_tries=240

compose() {
	docker-compose -f "$root/deploy/docker-compose.yml" "$@"
}

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 10000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

configure() {
	export EFFREG_IMAGE=$image EFFREG_POSTGRES_IMAGE=effreg-postgres:test EFFREG_HAPROXY_IMAGE=effreg-haproxy:test EFFREG_SECRETS=$work/secrets
	export EFFREG_PROMETHEUS_IMAGE=effreg-prometheus:test EFFREG_POSTGRES_EXPORTER_IMAGE=effreg-exporter:test EFFREG_DEMO_REGIONS="$demo_regions"
	choose_ports
	"$root/deploy/secrets"
}

choose_ports() {
	EFFREG_PUSH_PORT=$(free_port) EFFREG_QUERY_PORT=$(free_port) EFFREG_FEED_PORT=$(free_port) EFFREG_HTTPS_PORT=$(free_port)
	EFFREG_GRAFANA_PORT=$(free_port)
	export EFFREG_PUSH_PORT EFFREG_QUERY_PORT EFFREG_FEED_PORT EFFREG_HTTPS_PORT EFFREG_GRAFANA_PORT
}

containers() {
	compose ps -q "$1"
}

health() {
	docker inspect -f '{{.State.Health.Status}}' "$1"
}

all_healthy() {
	local id
	for id in $(containers "$1"); do
		[[ $(health "$id") == healthy ]] || return 1
	done
}

# until_true COMMAND...: at most 120 s.
until_true() {
	local try
	for ((try = 0; try < health_tries; try++)); do
		! "$@" || return 0
		sleep 0.5
	done
	return 1
}

# compose waits for what a service depends on; the last in the chain is waited for here.
start_stack() {
	compose up -d "$@" || return 1
	until_true all_healthy edge || {
		compose ps
		compose logs --tail 20
		return 1
	}
}

in_container() {
	compose run --rm --no-deps -T migrate "$@"
}

run_hardened() {
	local id limits
	id=$(containers "$1" | head -n 1)
	limits=$(docker inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.SecurityOpt}} {{.HostConfig.CapDrop}} {{gt (printf "%d" .HostConfig.Memory) "0"}} {{ne (printf "%v" .HostConfig.PidsLimit) "<nil>"}} {{.HostConfig.LogConfig.Config}}' "$id")
	echo "$limits"
	[[ $limits == 'true [no-new-privileges:true] [ALL] true true map[max-file:3 max-size:10m]' ]] &&
		[[ $(docker exec "$id" id -u) != 0 ]] &&
		! docker exec "$id" touch /usr/local/bin/x &&
		[[ $(docker exec "$id" grep CapBnd /proc/self/status) == *0000000000000000 ]] &&
		[[ $(docker exec "$id" grep NoNewPrivs /proc/self/status) == *1 ]]
}

publishes_alone() {
	local id name
	for id in $(compose ps -q); do
		name=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{len .HostConfig.PortBindings}}' "$id")
		echo "$name"
		[[ $name == edge\ * || $name == *\ 0 ]] || return 1
	done
}

# The world outside: a network of its own behind this machine, which knows no way back to the containers' addresses but through it.
outside_address=198.18.77.2

lay_outside() {
	unshare --net python3 -c "
import os, socket, subprocess, sys
print(os.getpid(), flush=True)
sys.stdin.readline()
subprocess.run('ip link set lo up; ip address add $outside_address/30 dev out$$; ip link set out$$ up', shell=True, check=True)
listener = socket.create_server(('$outside_address', 8000))
print('ready', flush=True)
while True:
    listener.accept()[0].close()
" <"$work/outside.in" >"$work/outside.out" 2>"$work/outside.log" &

	exec 7>"$work/outside.in"
	until_true grep -q . "$work/outside.out"
	ip link add "in$$" type veth peer name "out$$" netns "$(head -n 1 "$work/outside.out")" && ip address add 198.18.77.1/30 dev "in$$" && ip link set "in$$" up
	echo go >&7
	until_true grep -q ready "$work/outside.out"
}

leads_out() {
	docker exec "$(containers "$1" | head -n 1)" timeout 2 bash -c "exec 3<>/dev/tcp/$outside_address/8000"
}

only_notify_leads_out() {
	local service
	leads_out notify || return 1
	for service in postgres intake metrics ranking gateway edge; do
		! leads_out "$service" || { echo "$service leads out"; return 1; }
	done
}

secrets_are_its_own() {
	local id=$1 file
	for file in $(docker exec "$id" ls /run/secrets); do
		docker exec "$id" test -r "/run/secrets/$file" || return 1
	done
	[[ $(docker exec "$id" ls /run/secrets | sort | paste -sd ' ') == "$2" ]]
}

configuration_of_edge_is_sound() {
	compose run --rm --no-deps -T edge haproxy -c -f /etc/effreg/haproxy.cfg
}

# ---- the story

push_region() {
	"$effreg" push --endpoint "tcp://127.0.0.1:$EFFREG_PUSH_PORT" --key "$work/keys/$1" \
		--server-key "$EFFREG_SECRETS/public/intake.pub" "$work/events/$1.ndjson"
}

admit_region() {
	"$effreg" keys new "$work/keys/$1" &&
		in_container effreg keys add --role region --region "$1" --public "$(<"$work/keys/$1.pub")" \
			--note "test region $1" --dsn-file /run/secrets/dsn_owner
}

as_coordinator() {
	"$effreg" "$@" --endpoint "tcp://127.0.0.1:$EFFREG_QUERY_PORT" --key "$EFFREG_SECRETS/keys/coordinator" \
		--server-key "$EFFREG_SECRETS/public/ranking.pub"
}

rates_the_regions() {
	local region
	as_coordinator rating get --period "$period" --format json >"$work/rating.json" || return 1
	as_coordinator rating get --period "$period" --format csv >"$work/rating.csv" || return 1
	for region in "${regions[@]}"; do
		grep -E "^$region,[^,]*,[0-9]+," "$work/rating.csv" || return 1
	done
}

digest_of() {
	jq -r '.. | .result_digest? // empty' "$1" | head -n 1
}

# The digest that was published, once more.
serves_the_same() {
	local before
	before=$(digest_of "$work/published.json")
	rates_the_regions && [[ -n $before && $(digest_of "$work/rating.json") == "$before" ]]
}

ask_gateway() {
	curl -sS -m 20 --cacert "$work/edge.pem" -o "$work/answer" -w '%{http_code}' "https://localhost:$EFFREG_HTTPS_PORT/api/v1/ratings/$period"
}

gateway_answers() {
	openssl x509 -in "$EFFREG_SECRETS/edge_certificate" -out "$work/edge.pem" && [[ $(ask_gateway) == 200 ]]
}

settle() {
	in_container effreg status --wait-settled --timeout 180 --dsn-file /run/secrets/dsn_owner
}

# More connections than an address may have: some are closed before a byte is read. The stand-in for an attacker is this shell.
edge_limits_connections() {
	local refused=0 fd fds=() _
	for _ in $(seq 200); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$EFFREG_FEED_PORT" && fds+=("$fd")
	done
	for fd in "${fds[@]}"; do
		# A ZeroMQ server greets first with ten bytes; a connection that was refused ends.
		[[ $(timeout 2 head -c 1 <&"$fd" | wc -c) == 1 ]] || refused=$((refused + 1))
		exec {fd}>&-
	done
	echo "$refused of ${#fds[@]} refused"
	((refused >= 50 && refused < 200))
}

sql() {
	docker exec "$(containers postgres)" psql -XAtq -h /var/run/postgresql -U effreg -d effreg -c "$1"
}
