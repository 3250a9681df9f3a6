#!/usr/bin/env bash
# Ranking comes back at another address under the same name, as a container does: the gateway asks it there, and a request that was open
# when it went is answered, not failed. Names are those of a hosts file in a mount namespace of its own, which needs root.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
	if ! unshare --mount true 2>/dev/null; then
		echo "skip - ranking at another address: a mount namespace needs root"
		exit 0
	fi
	exec unshare --mount "$0" --inside
fi
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
asker=""

# As ever, but ranking listens for questions at $address, and the gateway looks for it by its name.
centre_endpoint() {
	local host=127.0.0.1
	[[ $1 != query ]] || host=$address
	echo "tcp://$host:$(centre_port "$1")"
}
eval "$(declare -f centre_options | sed 's/^centre_options /plain_options /')"
centre_options() {
	plain_options "$1" | if [[ $1 == gateway ]]; then sed "s,^tcp://$address:,tcp://ranking.test:,"; else cat; fi
}

# name_points_to ADDRESS: written into the file that is mounted, not beside it.
name_points_to() {
	address=$1
	printf '127.0.0.1 localhost\n%s ranking.test\n' "$address" >"$test_work/hosts"
}

ask_rating() {
	curl -sS -m 20 -o "$test_work/answer" -w '%{http_code}\n' "http://127.0.0.1:$(centre_port http)/api/v1/ratings/2023"
}

# One request after the other, until the file stop is there.
ask_on() {
	until [[ -e $test_work/stop ]]; do
		ask_rating || true
	done >"$test_work/codes"
}

has_codes() {
	(($(wc -l <"$test_work/codes") >= $1))
}

until_true() {
	local try
	for ((try = 0; try < 600; try++)); do
		"$@" && return 0
		read -r -t 0.05 <> <(:) || true
	done
	return 1
}

# move ADDRESS: gone at once, and back elsewhere.
move() {
	centre_kill ranking
	name_points_to "$1"
	centre_start ranking
	centre_wait_ready ranking
	until_true has_codes $(($(wc -l <"$test_work/codes") + 20))
}

test_projects=3
test_generate
test_regions=("${test_regions[@]:0:4}")
name_points_to 127.0.0.2
mount --bind "$test_work/hosts" /etc/hosts
check_equal "the name stands for one address" "127.0.0.2" "$(getent ahostsv4 ranking.test | awk 'NR == 1 { print $1 }')"
test_start_centre
check "the regions push" test_push_all
check "every service has processed every event" centre_settle
check "a rating is published" test_publish 2023
check_equal "the gateway serves it" 200 "$(ask_rating)"
touch "$test_work/codes"
ask_on &
asker=$!
check "requests are under way" until_true has_codes 20
check "ranking moves to another address" move 127.0.0.3
check "and to a third" move 127.0.0.4
touch "$test_work/stop"
wait "$asker" || true
check_equal "no request of the gateway failed" 200 "$(sort -u "$test_work/codes" | paste -sd ' ')"
