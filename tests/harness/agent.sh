# The agent of a region as a process of one test, beside the centre of harness/centre.sh. Sourced after it; the agent ends with the
# script. Everything of it is in $agent_home.
# shellcheck shell=bash

agent_home=${test_work:?}/agent
: "${centre_bin:?}" "${centre_home:?}"
agent_pid=""
agent_prefix=() # what runs the agent: nsenter with its arguments

agent_free_port() {
	local port
	for ((;;)); do
		port=$((30000 + RANDOM % 10000))
		if centre_port_is_free "$port"; then
			echo "$port"
			return
		fi
	done
}

# agent_prepare REGION: once, before the first start; the centre's ports and the region's key must be there.
agent_prepare() {
	agent_region=$1
	mkdir -p "$agent_home/inbox"
	agent_http=$(agent_free_port)
	agent_ops=$(agent_free_port)
	while [[ $agent_ops == "$agent_http" ]]; do
		agent_ops=$(agent_free_port)
	done
	agent_socket=ipc://$agent_home/socket
	agent_endpoint=$(centre_endpoint push)
}

# agent_start [OPTION...]
agent_start() {
	"${agent_prefix[@]}" "$centre_bin/effreg-agent" --region "$agent_region" --push-endpoint "$agent_endpoint" --server-key-file "$centre_home/keys/centre.pub" \
		--key-file "$centre_home/keys/region/$agent_region" --spool "${agent_spool:-$agent_home/spool}" --inbox "$agent_home/inbox" \
		--local-http "127.0.0.1:$agent_http" --local-socket "$agent_socket" --ops-http "127.0.0.1:$agent_ops" "$@" \
		>>"$agent_home/log" 2>&1 9>&- &
	agent_pid=$!
	agent_wait "$agent_pid" agent_is_ready || {
		tail -n 5 "$agent_home/log" >&2
		return 1
	}
}

agent_is_ready() {
	[[ $(centre_http_status "$agent_ops" /readyz) == 200 ]]
}

# agent_wait PID COMMAND...: until it succeeds, at most 60 s, and while the process PID lives.
agent_wait() {
	local try
	for ((try = 0; try < 1200; try++)); do
		if "${@:2}"; then
			return 0
		fi
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# agent_until COMMAND...
agent_until() {
	agent_wait $$ "$@"
}

agent_stop() {
	[[ -n $agent_pid ]] || return 0
	kill -TERM "$agent_pid" 2>/dev/null || true
	wait "$agent_pid" 2>/dev/null || true
	agent_pid=""
}

agent_kill() {
	kill -KILL "$agent_pid"
	wait "$agent_pid" 2>/dev/null || true
	agent_pid=""
}

agent_status() {
	"$centre_bin/effreg" agent status --socket "$agent_socket" "$@"
}

# agent_count FIELD: a number of the status: waiting, stored, refused, bytes.
agent_count() {
	agent_status --format json | grep -oE "\"$1\":[0-9]+" | head -n 1 | cut -d : -f 2
}

agent_has_sent() {
	[[ $(agent_count waiting) == 0 ]]
}

# agent_drop NAME: a file of stdin into the inbox, complete when it appears.
agent_drop() {
	cat >"$agent_home/inbox/.$1"
	mv "$agent_home/inbox/.$1" "$agent_home/inbox/$1"
}

# agent_post TYPE BODY_FILE [CURL OPTION...]: prints the status code; the answer is in $agent_home/answer.
agent_post() {
	curl -sS -o "$agent_home/answer" -w '%{http_code}' -H "Content-Type: $1" --data-binary "@$2" "${@:3}" "http://127.0.0.1:$agent_http/events"
}
