#!/usr/bin/env bash
# What Citus will ask of the schema and of the hot path, without Citus, of which there is no Debian package: every table has its fate,
# keys contain the column they are distributed by, and every transaction of intake and metrics, as PostgreSQL's log has it
# after a real run, names one region.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
test_needs_own_server "it reads its log"

script=$centre_root/deploy/citus/distribute.sql

# name fate column, of the list in the script.
fates() {
	sed -nE "s/^    \('([a-z_]+)', '([a-z]+)', (NULL|'([a-z_]+)')\)[,;]$/\1 \2 \4/p" "$script"
}

fate_is() {
	fates | awk -v fate="$1" '$2 == fate { print $1 }'
}

# 'a', 'b' …: for SQL.
listed() {
	fate_is "$1" | sed "s/.*/'&'/" | paste -sd ,
}

refuses_without_citus() {
	local status=0
	"$centre_bin/effreg" migrate --citus --dsn "$centre_dsn" >"$test_work/said" 2>&1 || status=$?
	cat "$test_work/said"
	[[ $status == 1 ]] && grep -F "CREATE EXTENSION citus" "$test_work/said"
}

# Unique indexes of distributed tables that lack the column.
keys_that_span_regions() {
	local name by
	fates | awk '$2 == "distributed" { print $1, $3 }' | while read -r name by; do
		ask "SELECT i.relname FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
			WHERE x.indrelid = 'effreg.$name'::regclass AND x.indisunique AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
				WHERE a.attrelid = x.indrelid AND a.attname = '$by' AND a.attnum = ANY (x.indkey::smallint[]))"
	done
}

# Foreign keys of what is distributed that lead to what is neither reference nor beside it; and of what is copied to every node, elsewhere.
foreign_keys_that_lead_away() {
	ask "SELECT conname FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class f ON f.oid = c.conrelid JOIN pg_catalog.pg_class t ON t.oid = c.confrelid
		WHERE c.contype = 'f' AND c.connamespace = 'effreg'::regnamespace AND f.relname IN ($(listed distributed),$(listed reference))
		AND t.relname NOT IN ($(listed reference))"
}

# Columns that are to lie together have one type and one collation.
types_of_columns() {
	local name by
	fates | awk '$2 == "distributed" { print $1, $3 }' | while read -r name by; do
		ask "SELECT atttypid::regtype || ' ' || attcollation::regcollation FROM pg_catalog.pg_attribute WHERE attrelid = 'effreg.$name'::regclass AND attname = '$by'"
	done | sort -u
}

# The script over functions that write down what they are asked.
script_asks_for() {
	ask "CREATE SCHEMA recorder;
		CREATE TABLE recorder.pg_dist_partition (logicalrelid regclass);
		CREATE TABLE recorder.asked (place integer GENERATED ALWAYS AS IDENTITY, what text);
		CREATE FUNCTION recorder.create_reference_table(regclass) RETURNS void LANGUAGE sql AS
			'INSERT INTO recorder.asked (what) VALUES (\$1::text || '' reference ''); INSERT INTO recorder.pg_dist_partition VALUES (\$1)';
		CREATE FUNCTION recorder.create_distributed_table(regclass, text, colocate_with text DEFAULT NULL) RETURNS void LANGUAGE sql AS
			'INSERT INTO recorder.asked (what) VALUES (\$1::text || '' distributed '' || \$2); INSERT INTO recorder.pg_dist_partition VALUES (\$1)'"
	run_script && run_script # the second time there is nothing left to ask for
	ask "SELECT what FROM recorder.asked ORDER BY place" | sed 's/^effreg\.//'
	PGOPTIONS='-c client_min_messages=warning' ask "DROP SCHEMA recorder CASCADE"
}

run_script() {
	PGOPTIONS='-c search_path=pg_catalog,recorder' psql -Xq1 -v ON_ERROR_STOP=1 -d "$centre_dsn" -f "$script" >/dev/null
}

# A table that nobody thought of.
script_misses_a_table() {
	local status=0
	ask "CREATE TABLE effreg.forgotten (region_id text)"
	run_script 2>"$test_work/said" || status=$?
	ask "DROP TABLE effreg.forgotten"
	((status != 0)) && grep -F "says nothing of: forgotten" "$test_work/said"
}

# ---- the hot path: PostgreSQL's log, one line a statement: pid <TAB> role <TAB> text. Its lines that begin with a tab go on.
statements() {
	awk '
		function flush() { if (text != "") print pid "\t" role "\t" text; text = "" }
		/^\t/ { if (text != "") { sub(/^\t+/, ""); text = text " " $0 } next }
		{
			line = $0
			if (line !~ /\[[0-9]+\] effreg_(intake|metrics) (LOG|DETAIL): /) { flush(); next }
			match(line, /\[[0-9]+\]/)
			id = substr(line, RSTART + 1, RLENGTH - 2)
			if (line ~ / DETAIL: /) { sub(/^.* DETAIL: +/, "", line); text = text " -- " line; next }
			flush()
			pid = id
			role = line ~ /effreg_intake/ ? "intake" : "metrics"
			sub(/^.* LOG: +(statement|execute [^:]*): /, "", line)
			text = line
		}
		END { flush() }' "$centre_home/pg/server.log"
}

# Transactions, by pid from BEGIN to COMMIT or ROLLBACK, that name more than one region.
transactions_over_regions() {
	awk -F '\t' '
		function look(text,   found) {
			while (match(text, /(= |\()\047[0-9]{8}\047/) || match(text, /(= |\()\047[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]\047/)) {
				found = substr(text, RSTART, RLENGTH)
				gsub(/[^0-9]/, "", found)
				if (index(regions[$1], found) == 0) { regions[$1] = regions[$1] " " found; many[$1]++ }
				text = substr(text, RSTART + RLENGTH)
			}
		}
		$3 ~ /^BEGIN/ { regions[$1] = ""; many[$1] = 0; begun++ }
		{ look($3); if (many[$1] > 1) print $2 ":" regions[$1] }
		$3 ~ /^(COMMIT|ROLLBACK)/ { if (many[$1] == 1) single++; regions[$1] = ""; many[$1] = 0 }
		END { print single + 0 > counted }' counted="$test_work/single" "$test_work/statements"
}

# Statements over a distributed table that name no region by equality, each once.
statements_without_region() {
	awk -F '\t' -v tables="$(fate_is distributed | paste -sd '|')" '
		{
			sql = $3
			sub(/ -- parameters: .*/, "", sql)
			gsub(/\047effreg\.[a-z_]+\047/, "a name", sql)  # of a table, for the catalogue
			if (sql !~ "effreg\\.(" tables ")[^a-z_]") next
			if (sql ~ /(region_id|key) = (\$[0-9]+|\047[0-9]+\047|[a-z]\.region_id|[a-z]+\.region_id)/ && sql ~ /= (\$[0-9]+|\047[0-9]+\047)/) next
			if (sql ~ /INSERT INTO effreg\.[a-z_]+ (AS [a-z]+ )?\((region_id|consumer)/ && sql ~ /(VALUES \(|SELECT )\$1/) next
			if (sql ~ /^COPY effreg\.(event|entity)[a-z_]* \(region_id, /) next
			print $2 ": " sql
		}' "$test_work/statements" | sed -E "s/'[^']*'/'…'/g" | sort -u
}

# Of those, the reads that README.md allows: they stand alone, before the transaction that writes.
unexpected_statements() {
	statements_without_region | grep -vE '_head h LEFT JOIN effreg\.cursor c|FROM effreg\.region_horizon WHERE definitions <>' || true
}

reads_of_all_regions_that_write() {
	awk -F '\t' '
		$3 ~ /^BEGIN/ { wide[$1] = 0; writes[$1] = 0 }
		$3 ~ /_head h LEFT JOIN effreg\.cursor c|region_horizon WHERE definitions <>/ { wide[$1] = 1 }
		$3 ~ /(^|[^A-Z])(INSERT|UPDATE|DELETE|COPY) / && $3 !~ /FOR UPDATE/ { writes[$1] = 1 }
		$3 ~ /^(COMMIT|ROLLBACK)/ { if (wide[$1] && writes[$1]) print $2 ": " $3; wide[$1] = 0; writes[$1] = 0 }' "$test_work/statements"
}

test_projects=4
test_generate
test_regions=("${test_regions[@]:0:4}")
mkdir -p "$centre_home"
centre_start_database
check "without the extension --citus is refused, and says what is missing" refuses_without_citus
check_equal "nothing was changed" "0" "$(ask "SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'effreg'")"
centre_migrate 2>/dev/null

check_equal "every table has one fate, and no fate is without its table" \
	"$(ask "SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'effreg'::regnamespace AND relkind = 'r'" | sort)" "$(fates | cut -d ' ' -f 1 | sort)"
check_equal "no key of a distributed table spans regions" "none" "$(keys_that_span_regions | grep . || echo none)"
check_equal "no foreign key leads to another node" "none" "$(foreign_keys_that_lead_away | grep . || echo none)"
check_equal "what lies together is of one type" "1" "$(types_of_columns | wc -l)"
for name in $(fates | cut -d ' ' -f 1); do
	grep -qF "\`$name\`" "$centre_root/deploy/citus/README.md" || echo "not ok - deploy/citus/README.md names $name"
done
check_equal "the script asks Citus for just that, once" "$(fates | awk '$2 != "coordinator"' | sed 's/ $//')" "$(script_asks_for | sed 's/ $//')"
check "a table without a fate stops it" script_misses_a_table

export EFFREG_TOGETHER_MAX=1 # as deploy/citus/README.md says
ask "ALTER ROLE effreg_intake SET log_statement = 'all'; ALTER ROLE effreg_metrics SET log_statement = 'all'" >/dev/null
test_start_centre
check "four regions push" test_push_all
check "a second time, all duplicates" test_push_all
check "everything is counted" centre_settle
centre_stop_all
statements >"$test_work/statements"
check "the log has the appends" grep -q $'\tintake\tCOPY effreg.event\|intake.*EXECUTE append_lock' "$test_work/statements"
check "and the turns" grep -q $'\tmetrics\t.*effreg.figures' "$test_work/statements"
check_equal "no transaction names two regions" "none" "$(transactions_over_regions | sort -u | head -n 5 | grep . || echo none)"
check "and many name one" test "$(<"$test_work/single")" -gt 20
check_equal "each statement on a distributed table names its region by equality" "none" "$(unexpected_statements | head -n 8 | grep . || echo none)"
check_equal "what reads all regions writes nothing in the same transaction" "none" "$(reads_of_all_regions_that_write | head -n 5 | grep . || echo none)"
