#!/usr/bin/env bash
# The edge names the address that it turns away: haproxy on haproxy.cfg, asked in the words of deploy/README.md. Only ports and certificate
# are others than in the container.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
haproxy=$(command -v haproxy || command -v /usr/sbin/haproxy) || {
	echo "skip - the edge names whom it turns away: haproxy is not installed"
	exit
}
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-edge.XXXXXX")
pid=""
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
export EFFREG_EDGE_CONNECTIONS_MAX=100 EFFREG_EDGE_CONNECTIONS_RATE=30 EFFREG_EDGE_REQUESTS_RATE=500
ports=(5570 5573 5575 8443 3000 8404 8405)
declare -A port

check() {
	if "${@:2}" >"$work/said" 2>&1; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		sed 's/^/  /' "$work/said"
	fi
}

choose_ports() {
	local one taken=" "
	for one in "${ports[@]}"; do
		until [[ -n ${port[$one]:-} && $taken != *" ${port[$one]} "* ]] && ! (exec 3<>"/dev/tcp/127.0.0.1/${port[$one]}") 2>/dev/null; do
			port[$one]=$((20000 + RANDOM % 10000))
		done
		taken+="${port[$one]} "
	done
}

# Text with the ports of the container, as it is here.
moved() {
	local one words=(-e "s#/run/secrets/edge_certificate#$work/certificate#")
	for one in "${ports[@]}"; do
		words+=(-e "s#(bind |127\\.0\\.0\\.1)[:/]$one\\b#\\1:${port[$one]}#" -e "s#^( *bind ):#\\1127.0.0.1:#" -e "s#(/dev/tcp/127\\.0\\.0\\.1):#\\1/#")
	done
	sed -E "${words[@]}"
}

is_up() {
	until (exec 3<>"/dev/tcp/127.0.0.1/${port[8405]}") 2>/dev/null; do
		kill -0 "$pid" || { cat "$work/log"; return 1; }
		read -r -t 0.05 <> <(:) || true
	done
}

connect() {
	local i
	for ((i = 0; i < $1; i++)); do
		(exec 3<>"/dev/tcp/127.0.0.1/${port[5570]}") 2>/dev/null || true
	done
}

ask_as_the_readme_says() {
	bash -c "$(sed -nE "s/^ +'(exec 3<>.*show table push.*)'$/\\1/p" "$root/deploy/README.md" | moved)"
}

names_nobody() {
	ask_as_the_readme_says | tee "$work/table" && grep -q "table: push" "$work/table" && ! grep -q "key=" "$work/table"
}

# key=::ffff:127.0.0.1 use=0 exp=59940 conn_rate(10000)=40 conn_cur=0
names_the_address() {
	ask_as_the_readme_says | tee "$work/table" && grep -qE 'key=(::ffff:)?127\.0\.0\.1 .*conn_rate\(10000\)=[1-9][0-9]' "$work/table"
}

# It has to have happened, and is counted where the alert looks.
turned_away() {
	local answer
	exec 3<>"/dev/tcp/127.0.0.1/${port[8404]}"
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	answer=$(cat <&3)
	exec 3>&-
	grep -E '^haproxy_frontend_denied_connections_total\{proxy="push"\} [1-9]' <<<"$answer"
}

changes_nothing() {
	local answer
	exec 3<>"/dev/tcp/127.0.0.1/${port[8405]}"
	echo "disable frontend push" >&3
	answer=$(cat <&3)
	exec 3>&-
	[[ $answer == *"Permission denied"* ]]
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout - -out - >"$work/certificate" 2>/dev/null
choose_ports
moved <"$root/deploy/haproxy.cfg" >"$work/haproxy.cfg"
check "the configuration is sound" "$haproxy" -c -f "$work/haproxy.cfg"
"$haproxy" -db -f "$work/haproxy.cfg" >"$work/log" 2>&1 &
pid=$!
check "the edge runs" is_up
check "it names nobody who keeps to the limits" names_nobody
connect 40
check "who opens too many connections is turned away" turned_away
check "and named, in the words of the runbook" names_the_address
check "who may ask that may not shut the edge" changes_nothing
