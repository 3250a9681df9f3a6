#!/usr/bin/env bash
# A project list kept in a table becomes events that the centre's own check accepts; what is wrong is named by row and column.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${EFFREG_BUILD:-$root/build}/bin
mapping=$root/deploy/config/mapping.projects.json
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-import.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset "${!EFFREG_@}"

check() {
	if "${@:2}" >"$work/check.log" 2>&1; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		sed 's/^/  /' "$work/check.log"
	fi
}

# import_exits EXIT ARGUMENT...: what it says is in $work/said.
import_exits() {
	local status=0
	"$bin/effreg" import --mapping "$mapping" --lang ru "${@:2}" >"$work/said" 2>&1 || status=$?
	cat "$work/said"
	((status == $1))
}

every_event_is_valid() {
	local n=0
	while read -r line; do
		n=$((n + 1))
		printf '%s' "$line" >"$work/event-$n.json"
	done <"$work/out.ndjson"
	((n == 3)) && "$bin/effreg" validate "$work"/event-*.json
}

check "a template is written" import_exits 0 --template --out "$work/template.csv"
check "it begins with a byte-order mark, for Excel" cmp <(head -c 3 "$work/template.csv") <(printf '\xEF\xBB\xBF')
check "it names each column once" [ "$(tail -c +4 "$work/template.csv" | tr -d '\r' | tr ';' '\n' | sort | uniq -d | wc -l)" = 0 ]
{
	cat "$work/template.csv"
	printf '%s\r\n' 'VOR-1;05.02.2024;Выдача разрешений;строительство;minstroy;услуга;да;самостоятельно;Выдача разрешения;Заявление;Разрешение;1 250 000,50;20.12.2024;"Срок; вдвое"'
	printf '%s\r\n' ';;;;;;;;;;;;;'
	printf '%s\r\n' 'VOR-2;2024-03-01;Запись к врачу;здравоохранение;minzdrav;услуга;нет;с партнёром;Запись;Обращение;Талон;;;'
} >"$work/table.csv"
check "the filled table is checked" import_exits 0 "$work/table.csv" --dry-run
check "and said to be two rows of three events" grep -F "строк 2, событий 3, отказов 0" "$work/said"
check "it becomes events" import_exits 0 "$work/table.csv" --out "$work/out.ndjson"
check "each passes the centre's check" every_event_is_valid
check "a sum keeps its kopecks" grep -F '"planned_effect_rub":"1250000.50"' "$work/out.ndjson"
check "imported again, it is the same to the byte" import_exits 0 "$work/table.csv" --out "$work/again.ndjson"
check "as it should be" cmp "$work/out.ndjson" "$work/again.ndjson"

sed -e 's/VOR-2;2024-03-01/VOR 2;2024-03-01/' -e 's/05\.02\.2024/5 февраля/' "$work/table.csv" >"$work/wrong.csv"
check "a table with mistakes is refused" import_exits 3 "$work/wrong.csv" --out "$work/none.ndjson"
check "a cell is named by row and column" grep -F 'строка 2, столбец «Дата открытия»: bad_cell' "$work/said"
check "so is what only the schema knows" grep -E 'строка 4, столбец «Код проекта»: schema /(subject|data/project)' "$work/said"
check "and nothing is written" [ ! -e "$work/none.ndjson" ]
sed '1s/Сфера/Область/' "$work/table.csv" >"$work/column.csv"
check "a column that is missing is named" import_exits 2 "$work/column.csv"
check "by its name" grep -F 'Сфера' "$work/said"
iconv -f UTF-8 -t CP1251 <(sed 's/^\xEF\xBB\xBF//' "$work/table.csv") >"$work/cp1251.csv"
check "another encoding is refused" import_exits 2 "$work/cp1251.csv"
