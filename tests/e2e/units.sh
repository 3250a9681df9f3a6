#!/usr/bin/env bash
# The systemd units: systemd accepts them, each is exposed less than 2.0 of 10, every option they hand over exists, and a service says
# when it is ready, lives and stops in the words of the service manager.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

exposure_max=20 # tenths
units=$centre_root/deploy/systemd
tree=$test_work/root

if ! command -v systemd-analyze >/dev/null; then
	echo "skip - the units: systemd-analyze is not installed (deploy/install package)"
	exit 77
fi

# The units where systemd looks for them, with programs to start.
plant_tree() {
	mkdir -p "$tree/usr/lib/systemd/system" "$tree/usr/bin"
	cp /usr/lib/systemd/system/*.target "$tree/usr/lib/systemd/system/"
	cp -r "$units"/. "$tree/usr/lib/systemd/system/"
	cp "$centre_bin"/effreg* /usr/bin/install "$tree/usr/bin/"
}

is_accepted() {
	systemd-analyze verify --man=no --root="$tree" "$1" >"$test_work/verify" 2>&1 || { cat "$test_work/verify"; return 1; }
	cat "$test_work/verify"
	[[ ! -s $test_work/verify ]]
}

exposure_tenths() {
	systemd-analyze security --offline=true --root="$tree" "$1" | sed -nE 's/.*exposure level for .*: ([0-9]+)\.([0-9]).*/\1\2/p'
}

little_exposed() {
	local tenths
	tenths=$(exposure_tenths "$1")
	echo "exposure ${tenths:-unknown} tenths"
	[[ -n $tenths ]] && ((10#$tenths < exposure_max))
}

# Variables of the unit that are no options of its service, and required options that neither unit nor configuration gives.
options_that_do_not_fit() {
	local service=$1 option name
	"$centre_root/tests/unit/house/reference" --service-options "$service" >"$test_work/options"
	sed -nE 's/^Environment=EFFREG_([A-Z_]+)=.*/\1/p' "$units/effreg-$service.service" | while read -r name; do
		name=${name,,}
		grep -q "^${name//_/-}"$'\t' "$test_work/options" || echo "no option: $name"
	done
	awk -F '\t' '$2 == "(required)" { print $1 }' "$test_work/options" | while read -r option; do
		name=${option//-/_}
		grep -qE "EFFREG_${name^^}=" "$units/effreg-$service.service" ||
			grep -qs "\"$name\"" "$centre_root/deploy/package/config/$service.json" || [[ $service == agent ]] || echo "not given: $option"
	done
}

# What the packaged configuration says is accepted by its service.
configuration_is_accepted() {
	"$centre_bin/effreg-$1" --config "$centre_root/deploy/package/config/$1.json" --check-config
}

# listen_as_manager SOCKET FILE: writes each datagram as a line.
listen_as_manager() {
	/usr/bin/python3 - "$1" "$2" <<-'PYTHON' &
	import socket, sys
	manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	manager.bind(sys.argv[1])
	with open(sys.argv[2], "w", buffering=1) as heard:
	    while True:
	        heard.write(manager.recv(4096).decode() + "\n")
	PYTHON
	listener=$!
}

hears() {
	local try
	for ((try = 0; try < 300; try++)); do
		[[ $(grep -cx "$1" "$test_work/heard" || true) -lt ${2:-1} ]] || return 0
		sleep 0.05
	done
	cat "$test_work/heard"
	return 1
}

there_is() {
	local try
	for ((try = 0; try < 300; try++)); do
		[[ ! -e $1 ]] || return 0
		sleep 0.05
	done
	return 1
}

plant_tree
for unit in "$units"/effreg*.service "$units"/effreg.target; do
	check "systemd accepts ${unit##*/}" is_accepted "${unit##*/}"
done
for unit in "$units"/effreg*.service; do
	check "${unit##*/} is exposed less than 2.0" little_exposed "${unit##*/}"
done
for service in "${centre_services[@]}" agent; do
	check_equal "the unit of $service hands over what it takes" "nothing" "$(options_that_do_not_fit "$service" | grep . || echo nothing)"
done
for service in "${centre_services[@]}"; do
	check "the packaged configuration of $service is accepted" configuration_is_accepted "$service"
done

mkdir -p "$centre_home"
centre_start_database
centre_migrate 2>/dev/null
centre_keys
centre_choose_ports
listen_as_manager "$test_work/manager" "$test_work/heard"
check "a manager listens" there_is "$test_work/manager"
export NOTIFY_SOCKET=$test_work/manager WATCHDOG_USEC=100000
centre_start intake
unset NOTIFY_SOCKET WATCHDOG_USEC
check "a service says that it is ready" hears READY=1
check_equal "it is: /readyz" 200 "$(centre_http_status "$(centre_port ops_intake)" /readyz)"
check "and from its loop that it lives, again and again" hears WATCHDOG=1 3
kill -STOP "$(centre_pid intake)"
said=$(grep -c WATCHDOG=1 "$test_work/heard")
kill -CONT "$(centre_pid intake)"
check "one that stood still goes on" hears WATCHDOG=1 $((said + 2))
centre_stop intake
check "at its end it says that it stops" hears STOPPING=1
check_equal "ready once" 1 "$(grep -cx READY=1 "$test_work/heard")"
export NOTIFY_SOCKET=$test_work/manager
centre_start gateway
unset NOTIFY_SOCKET
check "the gateway says that it is ready although ranking is away" hears READY=1 2
centre_stop gateway
kill "$listener"
