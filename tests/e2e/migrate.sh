#!/usr/bin/env bash
# effreg migrate: what is applied is remembered, tried without a trace, applied once by many, and refused when file and
# database have parted ways; services that know nothing of a later migration go on.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

effreg=$centre_bin/effreg
starters=8

migrate() {
	"$effreg" migrate "$@" --dsn "$centre_dsn"
}

# ends_with STATUS WORD COMMAND...: ends with this code and says the word.
ends_with() {
	local status=0
	"${@:3}" >"$test_work/said" 2>&1 || status=$?
	cat "$test_work/said"
	[[ $status == "$1" ]] && grep -F -- "$2" "$test_work/said"
}

# says_nothing COMMAND...: succeeds without a word.
says_nothing() {
	"$@" >"$test_work/said" 2>&1 && [[ ! -s $test_work/said ]]
}

due() {
	migrate status --format json | grep -oE '"due":[0-9]+' || true
}

# Everything in the schema, and the roles: nothing of a trial is left.
everything() {
	ask "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.to_regnamespace('effreg')"
	ask "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname LIKE 'effreg\\_%' ORDER BY 1"
}

many_starters() {
	local i pids=()
	for ((i = 0; i < starters; i++)); do
		"$effreg" migrate --dsn "$centre_dsn" 2>"$test_work/starter.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
}

applied_by_starters() {
	cat "$test_work"/starter.* | sed -n 's/^applied //p' | sort
}

# with_row SQL UNDO STATUS WORD COMMAND...: the table of migrations as it would be; then as it was.
with_row() {
	local status=0
	ask "$1"
	ends_with "${@:3}" || status=$?
	ask "$2"
	return "$status"
}

# A reader that holds a lock on a table, until its line is closed.
hold_lock() {
	holder_PID=""
	coproc holder { psql -XAtq -v ON_ERROR_STOP=1 -d "$centre_dsn"; }
	echo "BEGIN; LOCK TABLE effreg.migration IN SHARE MODE; SELECT 'held';" >&"${holder[1]}"
	read -r -t 20 -u "${holder[0]}" _
}

somebody_waits_for_a_lock() {
	local try
	for ((try = 0; try < 300; try++)); do
		[[ $(ask "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE NOT granted") == 0 ]] || return 0
		sleep 0.05
	done
	return 1
}

let_go() {
	local pid=$holder_PID
	echo "COMMIT; \\q" >&"${holder[1]}"
	wait "$pid"
}

# What the migrate job of the containers is given. The roles are the whole server's: on a given one they keep the passwords they have.
prepare_folders() {
	local name kept
	mkdir -p "$test_work/passwords" "$test_work/public"
	for name in intake metrics ranking notify ops monitor; do
		kept=$(sed -n "s/^\*:\*:\*:effreg_$name://p" "${PGPASSFILE:-/dev/null}")
		echo "${kept:-of-$name}" >"$test_work/passwords/effreg_$name"
	done
	for name in metrics ranking notify gateway coordinator; do
		"$effreg" keys new "$test_work/$name" >/dev/null && cp "$test_work/$name.pub" "$test_work/public/"
	done
	(umask 077 && echo "$centre_dsn" >"$test_work/dsn")
}

prepare() {
	PATH=$centre_bin:$PATH EFFREG_DSN_FILE=$test_work/dsn EFFREG_ROLE_PASSWORDS=$test_work/passwords EFFREG_PUBLIC_KEYS=$test_work/public \
		"$centre_root/deploy/prepare"
}

# With a salt that is new each time it is set.
kept_passwords() {
	ask "SELECT rolname, rolpassword FROM pg_catalog.pg_authid WHERE rolname LIKE 'effreg\\_%' AND rolcanlogin ORDER BY 1"
}

mkdir -p "$centre_home"
centre_start_database

count=$(find "$centre_root/deploy/migrations" -name '*.sql' | wc -l)
check_equal "on an empty database every migration is due" "\"due\":$count" "$(due)"
check "and the exit code says so" ends_with 1 "effreg migrate up" migrate status
before=$(everything)
check "a dry run tries them all" ends_with 0 "would be applied: 0001_log.sql" migrate up --dry-run
check_equal "as many as there are" "$count" "$(grep -c '^would be applied' "$test_work/said")"
check_equal "and leaves nothing behind" "$before" "$(everything)"

check "$starters starters at once all succeed" many_starters
check_equal "each migration was applied once among them" "$(cd "$centre_root/deploy/migrations" && printf '%s\n' *.sql | sort)" \
	"$(applied_by_starters)"
check "then nothing is due" ends_with 0 "up to date" migrate status
check "in Russian too" ends_with 0 "схема обновлена" migrate status --lang ru
check "a dry run has nothing to try" says_nothing migrate up --dry-run
check "migrate up and migrate are the same" says_nothing migrate up

sum=$(ask "SELECT checksum FROM effreg.migration WHERE name = '0003_rating.sql'")
edit="UPDATE effreg.migration SET checksum = pg_catalog.repeat('0', 64) WHERE name = '0003_rating.sql'"
mend="UPDATE effreg.migration SET checksum = '$sum' WHERE name = '0003_rating.sql'"
check "an edited migration is refused" with_row "$edit" "$mend" 1 "0003_rating.sql: it was edited" migrate
check "its dry run too" with_row "$edit" "$mend" 1 "0003_rating.sql: it was edited" migrate up --dry-run
check "and shown" with_row "$edit" "$mend" 1 "edited" migrate status
remove="INSERT INTO effreg.migration (name, checksum) VALUES ('0002_gone.sql', '00')"
check "a missing migration is refused" with_row "$remove" "DELETE FROM effreg.migration WHERE name = '0002_gone.sql'" \
	1 "0002_gone.sql: it was applied to this database and is missing" migrate
newer="INSERT INTO effreg.migration (name, checksum) VALUES ('9999_later.sql', '00')"
forget="DELETE FROM effreg.migration WHERE name = '9999_later.sql'"
check "an older program leaves a newer database as it is, and its exit code says so" with_row "$newer" "$forget" \
	5 "9999_later.sql: the database is newer than this program" migrate
check "its dry run too" with_row "$newer" "$forget" 5 "9999_later.sql: the database is newer" migrate up --dry-run
check "not when one was edited besides" with_row "$newer; $edit" "$forget; $mend" 1 "0003_rating.sql: it was edited" migrate
lack="DELETE FROM effreg.migration WHERE name = '0003_rating.sql'"
restore="$forget; INSERT INTO effreg.migration (name, checksum) VALUES ('0003_rating.sql', '$sum')"
check "nor when it lacks one that is here" with_row "$newer; $lack" "$restore" 1 "9999_later.sql: the database is newer" migrate

# The way back: the migrate job of an older image on a newer database.
prepare_folders
check "the migrate job prepares a database" prepare
passwords=$(kept_passwords)
check "that of an older image takes a newer database as it is, and says so" with_row "$newer" "$forget" 0 "the passwords are set" prepare
check "every password was set" test "$(comm -12 <(echo "$passwords") <(kept_passwords) | grep -c .)" == 0
check_equal "of the six roles" 6 "$(kept_passwords | grep -c SCRAM-SHA-256)"
check "but not one with an edited migration" with_row "$newer; $edit" "$forget; $mend" 1 "0003_rating.sql: it was edited" prepare
check "nor one where one is missing" with_row "$newer; $remove" "$forget; DELETE FROM effreg.migration WHERE name = '0002_gone.sql'" \
	1 "0002_gone.sql: it was applied to this database and is missing" prepare

# One that may be repeated once more, while somebody holds what it needs: it waits, and goes through when that one is done.
again=$(ask "DELETE FROM effreg.migration WHERE name = '0016_keys.sql' RETURNING name")
hold_lock
"$effreg" migrate --dsn "$centre_dsn" 2>"$test_work/waiter" &
waiter=$!
check "a migration waits for who works with the table" somebody_waits_for_a_lock
let_go
check "and is applied when the work is done" wait "$waiter"
check_equal "once" "$again" "$(sed -n 's/^applied //p' "$test_work/waiter")"

# Services of before a later migration: the schema grows under them while they are at work.
test_projects=3
test_generate
mapfile -t test_regions < <(printf '%s\n' "${test_regions[@]}" | head -n 3)
test_start_centre
check "services are at work" test_push_all
stored=$(stored_events)
grow="ALTER TABLE effreg.event_head ADD COLUMN later_text text; ALTER TABLE effreg.cursor ADD COLUMN later_count bigint NOT NULL DEFAULT 0;
CREATE TABLE effreg.later (region_id text PRIMARY KEY); $newer"
check "a later program adds columns and a table" ask "BEGIN; $grow; COMMIT"
"$effreg" generate --out "$test_story" --projects 6 --seed 8 >/dev/null 2>&1
check "the services take events as before" test_push_all
check "and count them" centre_settle
check "more than before" test "$(stored_events)" -gt "$stored"
check_equal "without an error in their logs" 0 "$(cat "$centre_home"/log/*.log | grep -cE '"event":"(database_error|service_failed)"' || true)"

# Migration 20 puts the figures of a subject in a period into one row: each as it stood, to the byte.
centre_stop_all
ask "CREATE TABLE public.kept AS TABLE effreg.figures; INSERT INTO effreg.indicator_value TABLE effreg.figure; DROP VIEW effreg.figure; DROP TABLE effreg.figures"
check "migration 20 over figures of before" ask "$(<"$centre_root/deploy/migrations/0020_figures.sql")"
check "there are some" test "$(ask "SELECT pg_catalog.count(*) FROM public.kept")" -gt 100
check_equal "not one is lost, or another" 0 "$(ask "SELECT pg_catalog.count(*) FROM ((TABLE public.kept EXCEPT ALL TABLE effreg.figures)
	UNION ALL (TABLE effreg.figures EXCEPT ALL TABLE public.kept)) AS other")"
