# A whole centre over real processes, for one end-to-end or fault test. Sourced as the first thing; everything it
# starts ends with the script. Set test_projects before to change the size of the story.
# shellcheck shell=bash
set -euo pipefail

centre_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
centre_bin=${EFFREG_BUILD:-$centre_root/build}/bin
test_work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-e2e.XXXXXX")
chmod 711 "$test_work" # PostgreSQL's user comes through
test_story=$test_work/events
centre_home=$test_work/centre
test_server=${EFFREG_TEST_SERVER:-}
unset "${!EFFREG_@}"
[[ -z $test_server ]] || export EFFREG_TEST_SERVER=$test_server
# shellcheck source=deploy/lib/centre.sh
source "$centre_root/deploy/lib/centre.sh"
centre_settle_s=400

# On a server that tests/run --dsn was given the database of a test is dropped, its sessions are ended, and the server goes on.
centre_start_database() {
	centre_dsn=$("$centre_root/tests/harness/postgres" start "$centre_home/pg" 9>&-)
}

centre_stop_database() {
	"$centre_root/tests/harness/postgres" stop "$centre_home/pg"
}

centre_kill_database() {
	"$centre_root/tests/harness/postgres" kill "$centre_home/pg"
}

# test_needs_own_server WHY: ends a test, skipped, that does with the server what only its owner may.
test_needs_own_server() {
	if [[ -n $test_server ]]; then
		echo "skip - ${0##*/}: it needs a PostgreSQL of its own: $1"
		exit 77
	fi
}

test_end() {
	test_end_with "$?"
}

# test_end_with STATUS: for a test with an end of its own, which has to keep the status it came with.
test_end_with() {
	local status=$1
	trap '' INT TERM
	test_drop_centre || true
	rm -rf "$test_work"
	exit "$status"
}
trap 'exit 130' INT TERM
trap test_end EXIT

test_drop_centre() {
	centre_stop_all
	"$centre_root/tests/harness/postgres" remove "$centre_home/pg"
	rm -rf "$centre_home"
}

# check SENTENCE COMMAND...: the sentence holds when the command succeeds.
check() {
	local sentence=$1
	shift
	if "$@" >"$test_work/check.log" 2>&1; then
		echo "ok - $sentence"
	else
		echo "not ok - $sentence"
		sed 's/^/  /' "$test_work/check.log"
	fi
}

# check_equal SENTENCE EXPECTED ACTUAL
check_equal() {
	if [[ -n $2 && $2 == "$3" ]]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '  expected "%s", found "%s"\n' "$2" "$3"
	fi
}

# The same story in every test that does not ask for another.
test_generate() {
	"$centre_bin/effreg" generate --out "$test_story" --projects "${test_projects:-20}" --seed 7 >/dev/null 2>&1
	mapfile -t test_regions < <(cd "$test_story" && printf '%s\n' *.ndjson | sed 's/\.ndjson$//')
	# shellcheck disable=SC2034 # for the tests
	test_events=$(cat "$test_story"/*.ndjson "$test_story"/coordinator/*.ndjson | wc -l)
}

# An empty centre, ready to take events.
test_start_centre() {
	mkdir -p "$centre_home"
	centre_start_database
	centre_migrate >"$test_work/migrate.log" 2>&1 || {
		cat "$test_work/migrate.log"
		return 1
	}
	centre_keys
	centre_region_keys "${test_regions[@]}"
	centre_choose_ports
	centre_start_all
}

test_push_all() {
	centre_push_all "$test_story" "$test_work/push" 4 "${test_regions[@]}" >/dev/null
}

# test_pushed FIELD: the sum over the last push (stored, duplicate, rejected).
test_pushed() {
	cat "$test_work"/push/*.json | centre_sum "$1"
}

test_publish() {
	centre_effreg rating publish --period "$1" --kind final --format json
}

# ask SQL: as the owner of the database.
ask() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$centre_dsn" -c "$1"
}

stored_events() {
	ask "SELECT COALESCE(pg_catalog.sum(last_seq), 0) FROM effreg.event_head"
}
