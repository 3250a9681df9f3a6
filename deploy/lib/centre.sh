# The centre on one machine: its database, keys, ports and processes. Sourced by deploy/demo and the tests' harness.
#
# Everything lives in $centre_home (pg, keys, ports, log, run); binaries are taken from $centre_bin. A process is
# known by its pid and its start time, so a leftover of a killed run is found and a stranger with the same pid is
# never touched. Functions return a status; they print only why something failed.
# shellcheck shell=bash

: "${centre_home:?}" "${centre_bin:?}" "${centre_root:?}"

# In the order they are started; stopped in the other.
centre_services=(intake metrics ranking notify gateway)
centre_ports=(push stream metric query rating feed http ops_intake ops_metrics ops_ranking ops_notify ops_gateway)
centre_ready_tries=300
centre_stop_s=20
centre_settle_s=600

# ---- database

# The server must not inherit the caller's lock (descriptor 9).
centre_start_database() {
	centre_dsn=$("$centre_root/deploy/postgres" start "$centre_home/pg" 9>&-)
}

centre_stop_database() {
	"$centre_root/deploy/postgres" stop "$centre_home/pg"
}

centre_kill_database() {
	"$centre_root/deploy/postgres" kill "$centre_home/pg"
}

centre_dsn_of() {
	sed -E "s/\buser=[^ ]+/user=effreg_$1/" <<<"$centre_dsn"
}

centre_migrate() {
	"$centre_bin/effreg" migrate --dsn "$centre_dsn"
}

# ---- keys

# centre_key NAME [ROLE OPTION...]: makes the key pair once, and gives it its role in the database once.
centre_key() {
	local file=$centre_home/keys/$1
	mkdir -p "${file%/*}"
	chmod 700 "$centre_home/keys"
	if [[ ! -s $file || ! -s $file.pub ]]; then
		rm -f "$file" "$file.pub" "$file.added"
		"$centre_bin/effreg" keys new "$file" >/dev/null || return 1
	fi
	if (($# > 1)) && [[ ! -e $file.added ]]; then
		"$centre_bin/effreg" keys add --role "$2" "${@:3}" --public-file "$file.pub" --dsn "$centre_dsn" >/dev/null || return 1
		touch "$file.added"
	fi
}

centre_keys() {
	centre_key centre &&
		centre_key metrics service --note "metrics" &&
		centre_key ranking service --note "ranking" &&
		centre_key notify service --note "notify" &&
		centre_key gateway bearer --note "gateway" &&
		centre_key coordinator coordinator --note "federal coordinator" &&
		centre_signing_key rating
}

# centre_signing_key NAME: an Ed25519 key pair, once; the coordinator signs publications with it.
centre_signing_key() {
	[[ -s $centre_home/keys/$1 && -s $centre_home/keys/$1.pub ]] ||
		"$centre_bin/effreg" keys new --signing "$centre_home/keys/$1" >/dev/null
}

# centre_region_keys CODE...: a key for each region.
centre_region_keys() {
	local code
	for code in "$@"; do
		centre_key "region/$code" region --region "$code" --note "region $code" || return 1
	done
}

# ---- ports: free ones are chosen once and remembered in $centre_home/ports

centre_port() {
	sed -n "s/^$1=//p" "$centre_home/ports"
}

centre_port_is_free() {
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A remembered port taken by a stranger meanwhile is chosen again. Call while the services are stopped.
centre_choose_ports() {
	local name port chosen=" "
	touch "$centre_home/ports"
	for name in "${centre_ports[@]}"; do
		port=$(centre_port "$name")
		while [[ -z $port || $chosen == *" $port "* ]] || ! centre_port_is_free "$port"; do
			port=$((20000 + RANDOM % 10000))
		done
		chosen+="$port "
		echo "$name=$port"
	done >"$centre_home/ports.new"
	mv "$centre_home/ports.new" "$centre_home/ports"
}

centre_endpoint() {
	echo "tcp://127.0.0.1:$(centre_port "$1")"
}

# ---- processes

# Fails for a process that is no more, or only waits to be reaped.
centre_start_time() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	stat=${stat##*) }
	[[ $stat != Z* ]] && cut -d ' ' -f 20 <<<"$stat"
}

# Prints the pid of a running service.
centre_pid() {
	local pid start
	[[ -s $centre_home/run/$1.pid ]] || return 1
	read -r pid start <"$centre_home/run/$1.pid"
	[[ -n $start && $(centre_start_time "$pid") == "$start" ]] || return 1
	echo "$pid"
}

# The options of each service, one a line.
centre_options() {
	local keys=$centre_home/keys
	case $1 in
	intake) printf '%s\n' --push-endpoint "$(centre_endpoint push)" --stream-endpoint "$(centre_endpoint stream)" \
		--server-key-file "$keys/centre" ;;
	metrics) printf '%s\n' --stream-endpoint "$(centre_endpoint stream)" --stream-server-key-file "$keys/centre.pub" \
		--key-file "$keys/metrics" --metric-endpoint "$(centre_endpoint metric)" --server-key-file "$keys/centre" ;;
	ranking) printf '%s\n' --metric-endpoint "$(centre_endpoint metric)" --metric-server-key-file "$keys/centre.pub" \
		--key-file "$keys/ranking" --query-endpoint "$(centre_endpoint query)" \
		--rating-endpoint "$(centre_endpoint rating)" --server-key-file "$keys/centre" \
		--methodology-file "$centre_root/deploy/config/methodology.json" \
		--cohorts-file "$centre_root/deploy/config/cohorts.json" ;;
	notify) printf '%s\n' --rating-endpoint "$(centre_endpoint rating)" --rating-server-key-file "$keys/centre.pub" \
		--key-file "$keys/notify" --feed-endpoint "$(centre_endpoint feed)" --server-key-file "$keys/centre" ;;
	gateway) printf '%s\n' --http "127.0.0.1:$(centre_port http)" --query-endpoint "$(centre_endpoint query)" \
		--query-server-key-file "$keys/centre.pub" --key-file "$keys/gateway" \
		--push-endpoint "$(centre_endpoint push)" --push-server-key-file "$keys/centre.pub" ;;
	esac
	printf '%s\n' --ops-http "127.0.0.1:$(centre_port "ops_$1")"
	[[ $1 == gateway ]] || printf '%s\n' --dsn "$(centre_dsn_of "$1")"
}

# A session of its own keeps Ctrl-C of a terminal away: the demo stops the services in order.
centre_start() {
	local service=$1 options
	mkdir -p "$centre_home/log" "$centre_home/run"
	mapfile -t options < <(centre_options "$service")
	setsid "$centre_bin/effreg-$service" "${options[@]}" >>"$centre_home/log/$service.log" 2>&1 </dev/null 9>&- &
	echo "$! $(centre_start_time $! || true)" >"$centre_home/run/$service.pid"
}

# centre_http_status PORT PATH: prints the status code of a GET.
centre_http_status() {
	(
		exec 3<>"/dev/tcp/127.0.0.1/$1"
		printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
		read -r -t 5 -u 3 _ code _
		echo "$code"
	) 2>/dev/null
}

centre_wait_ready() {
	local service=$1 try port
	port=$(centre_port "ops_$service")
	for ((try = 0; try < centre_ready_tries; try++)); do
		if [[ $(centre_http_status "$port" /readyz) == 200 ]]; then
			return 0
		fi
		if ! centre_pid "$service" >/dev/null; then
			echo "effreg-$service ended at its start; the end of $centre_home/log/$service.log:" >&2
			tail -n 5 "$centre_home/log/$service.log" >&2
			return 1
		fi
		sleep 0.1
	done
	echo "effreg-$service is not ready; the end of $centre_home/log/$service.log:" >&2
	tail -n 5 "$centre_home/log/$service.log" >&2
	return 1
}

centre_start_all() {
	local service
	for service in "${centre_services[@]}"; do
		centre_start "$service"
	done
	for service in "${centre_services[@]}"; do
		centre_wait_ready "$service" || return 1
	done
}

centre_wait_end() {
	timeout "$2" tail --pid="$1" -s 0.05 -f /dev/null
}

# TERM, and KILL for one that does not hear it in time.
centre_stop() {
	local service=$1 pid
	if pid=$(centre_pid "$service"); then
		kill -TERM "$pid" 2>/dev/null || true
		if ! centre_wait_end "$pid" "$centre_stop_s"; then
			echo "effreg-$service did not stop in $centre_stop_s s, killed" >&2
			kill -KILL "$pid" 2>/dev/null || true
		fi
	fi
	rm -f "$centre_home/run/$service.pid"
}

centre_kill() {
	local pid
	pid=$(centre_pid "$1") || return 1
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true # when it is ours, so that the shell does not announce its end
	centre_wait_end "$pid" 10
}

centre_stop_all() {
	local i
	for ((i = ${#centre_services[@]} - 1; i >= 0; i--)); do
		centre_stop "${centre_services[i]}"
	done
}

# ---- the command line against this centre

# What effreg needs to speak to this centre as the coordinator, one NAME=VALUE a line.
centre_environment() {
	cat <<-TEXT
	EFFREG_DSN=$centre_dsn
	EFFREG_PUSH_ENDPOINT=$(centre_endpoint push)
	EFFREG_QUERY_ENDPOINT=$(centre_endpoint query)
	EFFREG_FEED_ENDPOINT=$(centre_endpoint feed)
	EFFREG_KEY_FILE=$centre_home/keys/coordinator
	EFFREG_SIGN_KEY_FILE=$centre_home/keys/rating
	EFFREG_SERVER_KEY_FILE=$centre_home/keys/centre.pub
	TEXT
}

# centre_effreg ARGUMENT...: effreg as the coordinator.
centre_effreg() {
	local environment
	mapfile -t environment < <(centre_environment)
	env "${environment[@]}" "$centre_bin/effreg" "$@"
}

# centre_push CODE FILE...: as the region CODE; prints the result as JSON.
centre_push() {
	"$centre_bin/effreg" push --endpoint "$(centre_endpoint push)" --key "$centre_home/keys/region/$1" \
		--server-key "$centre_home/keys/centre.pub" --format json "${@:2}"
}

# centre_push_coordinators CODE FILE...: what the coordinator tells of the region CODE.
centre_push_coordinators() {
	"$centre_bin/effreg" push --region "$1" --endpoint "$(centre_endpoint push)" --key "$centre_home/keys/coordinator" \
		--server-key "$centre_home/keys/centre.pub" --format json "${@:2}"
}

# As one word of xargs: leaves RESULTS/CODE.json and CODE.log, prints CODE when all was stored: what the region tells, and what the
# coordinator tells of it.
centre_push_region() {
	centre_push "$3" "$1/$3.ndjson" >"$2/$3.json" 2>"$2/$3.log" || {
		tail -n 3 "$2/$3.log" >&2
		return 1
	}
	if [[ -s $1/coordinator/$3.ndjson ]]; then
		centre_push_coordinators "$3" "$1/coordinator/$3.ndjson" >"$2/$3.coordinator.json" 2>>"$2/$3.log" || {
			tail -n 3 "$2/$3.log" >&2
			return 1
		}
	fi
	echo "$3"
}

# centre_push_all EVENTS RESULTS AT_ONCE CODE...: each region over its own connection and with its own key, several
# side by side; prints each region's code when it is through.
centre_push_all() {
	mkdir -p "$2"
	find "$2" -type f -delete
	export -f centre_push_region centre_push centre_push_coordinators centre_endpoint centre_port
	export centre_home centre_bin
	# shellcheck disable=SC2016 # for the inner bash
	printf '%s\n' "${@:4}" | xargs -P "$3" -I '{}' bash -c 'centre_push_region "$@"' _ "$1" "$2" '{}'
}

centre_settle() {
	centre_effreg status --wait-settled --timeout "$centre_settle_s" >/dev/null
}

# centre_sum NAME: the sum of a numeric field in JSON that our programs printed.
centre_sum() {
	grep -oE "\"$1\": ?[0-9]+" | grep -oE '[0-9]+$' | awk '{ sum += $1 } END { print sum + 0 }'
}

# centre_text NAME: the first value of a text field.
centre_text() {
	grep -oE "\"$1\": ?\"[^\"]*\"" | head -n 1 | sed -E 's/^"[^"]*": ?"(.*)"$/\1/'
}

# centre_digest PERIOD: the result_digest of the published final rating.
centre_digest() {
	centre_effreg rating get --period "$1" --format json | centre_text result_digest
}
