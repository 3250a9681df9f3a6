#!/usr/bin/env bash
# A project list kept in a table, CSV or a workbook of Excel, becomes events that the centre's own check accepts; what is wrong is named by
# sheet, row and column. The template, filled in, is pushed and stands in the log.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"
bin=$centre_bin
mapping=$centre_root/deploy/config/mapping.projects.json
work=$test_work
region=20000000

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

# ---- workbooks

book() {
	/usr/bin/python3 "$centre_root/tests/e2e/import_book.py" "$@"
}

if ! /usr/bin/python3 -c 'import openpyxl' 2>/dev/null; then
	echo "skip - workbooks are read and written: python3-openpyxl is not installed"
	exit
fi

lists_are_those_of_the_mapping() {
	local found
	found=$(book lists "$work/template.xlsx" "$mapping")
	echo "$found"
	[[ -z $found ]]
}

says() {
	grep -F -- "$1" "$work/said"
}

check "a workbook to fill in is written, without a mapping that of projects" "$bin/effreg" import --template --out "$work/template.xlsx" --lang ru
check "its lists, dates and sums are checked while it is filled in" lists_are_those_of_the_mapping
check "it is empty: there is nothing to forget to delete" import_exits 0 "$work/template.xlsx" --dry-run
check "as it says" says "лист «Проекты»: строк 0, событий 0, отказов 0"
book fill "$work/template.xlsx" "$work/filled.xlsx"
check "the filled workbook is checked" import_exits 0 "$work/filled.xlsx" --dry-run
check "and said to be two rows of three events of its first sheet" says "лист «Проекты»: строк 2, событий 3, отказов 0"
check "with the sheets that were not read" says "не читались: «Как заполнять»"
check "it becomes events" import_exits 0 "$work/filled.xlsx" --out "$work/out.ndjson"
check "each passes the centre's check, too" every_event_is_valid
sed 's/1 250 000,50/1250000,5/' "$work/table.csv" >"$work/same.csv"
check "the same table as CSV" import_exits 0 "$work/same.csv" --out "$work/same.ndjson"
check "gives the same events to the byte" cmp "$work/out.ndjson" "$work/same.ndjson"
ssconvert "$work/filled.xlsx" "$work/saved.xlsx" >/dev/null 2>&1
check "saved by another program, it is read from a sheet that is named" import_exits 0 "$work/saved.xlsx" --sheet Проекты --out "$work/saved.ndjson"
check "to the same events" cmp "$work/out.ndjson" "$work/saved.ndjson"

book wrong "$work/template.xlsx" "$work/wrong.xlsx"
check "a workbook with mistakes is refused" import_exits 3 "$work/wrong.xlsx" --out "$work/none.ndjson"
check "and nothing is written of it" [ ! -e "$work/none.ndjson" ]
check "a cell is named by sheet, row and column" says 'лист «Проекты», строка 2, столбец B «Дата открытия»: bad_cell'
check "so is what only the schema knows of it" grep -E 'лист «Проекты», строка 3, столбец A «Код проекта»: schema /(subject|data/project)' "$work/said"
check "an error is no value" says 'строка 4, столбец C «Название»: bad_cell : #N/A: в ячейке ошибка'
check "nor is a formula that was never computed" says 'строка 5, столбец L «Планируемый эффект, руб.»: bad_cell : у формулы нет сохранённого значения'
check "nor a percentage" says 'строка 6, столбец L «Планируемый эффект, руб.»: bad_cell : 0.05: у ячейки процентный формат'
check "and every fault is counted" says "строк 5, событий 0, отказов 5"
"$bin/effreg" import "$work/wrong.xlsx" --mapping "$mapping" --lang en >"$work/said" 2>&1 || true
check "all of it in English as well" says 'sheet "Проекты", row 2, column B "Дата открытия": bad_cell : a date is expected'

check "a sheet that is not there is named" import_exits 2 "$work/filled.xlsx" --sheet Проект
check "beside one that is" says 'нет листа «Проект»; первый — «Проекты»'
check "a text file has no sheets" import_exits 2 "$work/table.csv" --sheet Проекты
check "a sheet without the columns is refused" import_exits 2 "$work/filled.xlsx" --sheet 'Списки значений'
ssconvert -T Gnumeric_Excel:excel_biff8 "$work/filled.xlsx" "$work/old.xls" >/dev/null 2>&1
check "an old workbook is refused" import_exits 2 "$work/old.xls"
check "with the way to mend it" says 'сохраните её как «Книга Excel (*.xlsx)»'
cp "$work/table.csv" "$work/text.xlsx"
check "a text named as a workbook is refused" import_exits 2 "$work/text.xlsx"
head -c 3000 "$work/filled.xlsx" >"$work/cut.xlsx"
check "a workbook that was cut off is refused" import_exits 2 "$work/cut.xlsx"
check "as damaged" says 'файл повреждён'

# ---- to the centre

pushed() {
	centre_push "$region" "$work/out.ndjson" >"$work/pushed.json"
}

# shellcheck disable=SC2034 # for the harness
test_regions=("$region")
test_start_centre
check "what was imported is pushed" pushed
check_equal "and stored" 3 "$(centre_sum stored <"$work/pushed.json")"
check_equal "it stands in the log, the sum with it" 1250000.5 \
	"$(ask "SELECT body->'data'->>'planned_effect_rub' FROM effreg.event WHERE body->>'subject' = '$region/project/VOR-1' AND body->>'type' LIKE '%.opened.v1'")"
import_exits 0 "$work/filled.xlsx" --out "$work/out.ndjson" >/dev/null
check "imported and pushed once more" pushed
check_equal "it is a duplicate" 3 "$(centre_sum duplicate <"$work/pushed.json")"
check_equal "and the log has no more events" 3 "$(stored_events)"
