#!/usr/bin/env bash
# A rating published, signed, corrected and checked by somebody who has the document alone; leagues; intervals that the
# command line finds again from the document's own figures; a place explained; exports, a workbook recalculated among them.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

effreg=$centre_bin/effreg
methodology=$centre_root/deploy/config/methodology.json
weight=90 # of a node whose own is 15
document=$test_work/rating.json

# No centre, no database.
alone() {
	env -u EFFREG_DSN -u EFFREG_SIGN_KEY_FILE LC_ALL=C "$effreg" "$@"
}

get() {
	centre_effreg rating get --period 2023 --format json "$@"
}

# fails_with EXIT PATTERN COMMAND...
fails_with() {
	local status=0
	"${@:3}" >"$test_work/refusal" 2>&1 || status=$?
	cat "$test_work/refusal"
	[[ $status == "$1" ]] && grep -E -- "$2" "$test_work/refusal"
}

# json FILE EXPRESSION: what Python says of the document d.
json() {
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

# changed EXPRESSION: the document with one thing changed.
changed() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(d, open(sys.argv[3], "w"), ensure_ascii=False)' "$document" "$1" "$test_work/changed.json"
	alone rating verify "$test_work/changed.json" --public-key "$centre_home/keys/rating.pub"
}

# The figures of the rated, as a table that effreg rank reads.
write_values() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
codes = list(d["rows"][0]["figures"]["indicators"])
print("unit," + ",".join(codes))
for row in sorted((r for r in d["rows"] if r["place"]), key=lambda r: r["region"]):
    print(row["region"] + "," + ",".join(row["figures"]["indicators"][c] or "NA" for c in codes))' "$document" >"$test_work/values.csv"
}

# effreg rank says the same place, score and interval of every region.
ranks_alike() {
	local replicates seed perturb
	replicates=$(json "$document" 'd["interval_by"]["replicates"]')
	seed=$(json "$document" 'd["interval_by"]["seed"]')
	perturb=$(json "$document" 'd["interval_by"]["perturb"]')
	alone rank --methodology "$methodology" --values "$test_work/values.csv" --replicates "$replicates" --seed "$seed" \
		--perturb "$perturb" >"$test_work/ranks.csv" || return 1
	python3 -c 'import csv, json, math, sys
rows = {r["region"]: r for r in json.load(open(sys.argv[1]))["rows"]}
ranked = list(csv.DictReader(open(sys.argv[2])))
assert len(ranked) == sum(1 for r in rows.values() if r["place"]), "not all are there"
for line in ranked:
    row = rows[line["unit"]]
    interval = [math.floor(float(line["rank_q05"])), math.ceil(float(line["rank_q95"]))]
    assert int(line["rank"]) == row["place"] and interval == row["interval"], (line, row)
    assert abs(float(line["index"]) - row["score"]) <= 0.0005, (line, row)
wide = sum(1 for r in rows.values() if r["place"] and r["interval"][0] < r["interval"][1])
assert wide > 10, "intervals that tell nothing"' "$document" "$test_work/ranks.csv"
}

# The document's digests by another program: RFC 8785 is sorted members without blanks, numbers as JavaScript prints them.
python_agrees() {
	python3 -c 'import hashlib, json, sys
d = json.load(open(sys.argv[1]))
def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
def digest(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()
rows = sorted(d["rows"], key=lambda r: r["region"])
result = {"cohort": d["cohort"], "period": d["period"], "methodology": d["methodology"],
    "inputs": [{"region": r["region"], **{k: r["figures"][k] for k in ("joined", "measured", "indicators")}} for r in rows],
    "results": [{"region": r["region"], **{k: r[k] for k in ("place", "group", "eligible", "reason")},
        "score": r["figures"]["score"], "nodes": r["figures"]["nodes"]} for r in rows]}
assert digest(result) == d["result_digest"], "result_digest"
for row in d["rows"]:  # a whole number is printed without a point in JavaScript
    if row["score"] is not None and row["score"] == int(row["score"]):
        row["score"] = int(row["score"])
body = {k: v for k, v in d.items() if k not in ("document_digest", "signature")}
assert digest(body) == d["document_digest"], "document_digest"' "$document"
}

http_get() {
	env -u http_proxy python3 -c 'import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=20).read())' "http://127.0.0.1:$(centre_port http)$1"
}

# The same bytes from HTTP and from the query socket.
http_equals_query() {
	cmp <(http_get "/api/v1/ratings/2023?cohort=$1" | tr -d '\n') <(get --cohort "$1" | tr -d '\n')
}

page_shows_cohort_and_interval() {
	http_get "/ratings/2023?cohort=district-central&lang=ru" >"$test_work/page.html"
	grep -F 'Центральный федеральный округ' "$test_work/page.html" && grep -F 'class="interval"' "$test_work/page.html" &&
		grep -F 'среди всех регионов' "$test_work/page.html"
}

# Every member of a district has its place over all from the rating of all.
overall_places_agree() {
	python3 -c 'import json, sys
overall = {r["region"]: r["place"] for r in json.load(open(sys.argv[1]))["rows"]}
rows = json.load(open(sys.argv[2]))["rows"]
assert len(rows) == 18, len(rows)
assert all(r["overall_place"] == overall[r["region"]] for r in rows)
assert sorted(r["place"] for r in rows if r["place"]) != sorted(r["overall_place"] for r in rows if r["overall_place"])' \
		"$document" "$test_work/central.json"
}

test_generate
test_start_centre
test_push_all
centre_settle

# ---- published, signed, checked

test_publish 2022 >/dev/null
centre_settle
check "a final rating is published" test_publish 2023
get >"$document"
check "it is signed by the coordinator's key" test "$(centre_text public_key <"$document")" == "$(<"$centre_home/keys/rating.pub")"
check "anybody can verify it" alone rating verify "$document" --public-key "$centre_home/keys/rating.pub"
check "by its own key as well" alone rating verify "$document"
check "in Russian" fails_with 0 'подпись сходятся' "$effreg" rating verify "$document" --lang ru
check "another program computes the same digests" python_agrees
check "a changed place is found" fails_with 1 result_digest changed 'd["rows"][0]["place"] += 1'
check "a changed figure is found" fails_with 1 result_digest changed 'd["rows"][3]["figures"]["measured"] += 1'
check "a changed score is found" fails_with 1 result_digest changed 'd["rows"][3]["score"] += 0.001'
check "a changed interval is found" fails_with 1 document_digest changed 'd["rows"][3]["interval"][1] += 1'
check "a changed place of the year before is found" fails_with 1 document_digest changed 'd["rows"][3]["previous_place"] = 7'
check "a changed seq is found" fails_with 1 document_digest changed 'd["seqs"]["20000000"]["seq"] = "1"'
check "a changed signature is found" fails_with 1 'signature does not hold' changed \
	'd["signature"] = ("0" if d["signature"][0] != "0" else "1") + d["signature"][1:]'
check "a signature taken away is found" fails_with 1 'document_digest' changed 'd["public_key"] = d["signature"] = None'
"$effreg" keys new --signing "$test_work/stranger" >/dev/null
check "another key did not sign it" fails_with 1 'not signed by this key' alone rating verify "$document" \
	--public-key "$test_work/stranger.pub"
get --kind live >"$test_work/live.json"
check "a live rating is provisional" fails_with 1 'live rating' alone rating verify "$test_work/live.json"
check "what is no rating is told" fails_with 1 'no whole rating' alone rating verify "$methodology"
centre_effreg log export --out "$test_work/logs" >/dev/null 2>&1
check "the document names all that recompute needs" fails_with 0 'equal to the document' alone rating recompute \
	--logs "$test_work/logs" --methodology "$methodology" --document "$document"

# ---- intervals and leagues

write_values
check "effreg rank finds the same places and intervals from the document's figures" ranks_alike
check "the cohorts are listed" fails_with 0 '^district-volga +Приволжский' centre_effreg rating cohorts --lang ru
get --cohort district-central >"$test_work/central.json"
check "a district keeps the place over all beside its own" overall_places_agree
check "a league is published under its own name" fails_with 0 '"cohort":"size-medium"' centre_effreg rating publish --period 2023 \
	--kind interim --cohort size-medium --format json
get --cohort size-medium >"$test_work/medium.json"
check "and verifies like any other" alone rating verify "$test_work/medium.json" --public-key "$centre_home/keys/rating.pub"
check "HTTP answers the same document of a published league" http_equals_query size-medium
check "and of a live one" http_equals_query district-central
check "the page shows the league, the interval and the place over all" page_shows_cohort_and_interval
check "an unknown cohort is refused" fails_with 1 'no such cohort' centre_effreg rating get --period 2023 --cohort nobody

# ---- a place explained

# Contributions add up to the score, causes to the change of place.
explanation_adds_up() {
	centre_effreg rating explain RU-VOR --period 2023 --against 2022 --format json >"$test_work/account.json" || return 1
	python3 -c 'import json, sys
account = json.load(open(sys.argv[1]))
row = next(r for r in json.load(open(sys.argv[2]))["rows"] if r["iso"] == "RU-VOR")
parts = account["contributions"]
assert abs(parts["base"] + sum(i["part"] or 0 for i in parts["indicators"]) - parts["score"]) < 1e-9
assert abs(parts["score"] - row["score"]) <= 0.0005 and account["place"] == row["place"]
change = account["change"]
assert change["places"][1] == row["place"], change["places"]
assert abs(sum(c["places"] for c in change["causes"]) - (change["places"][0] - change["places"][1])) < 1e-9
assert abs(sum(c["score"] for c in change["causes"]) - (change["scores"][1] - change["scores"][0])) < 1e-9' \
		"$test_work/account.json" "$document"
}

check "the account of a place adds up" explanation_adds_up
check "it is told in Russian" fails_with 0 'По сравнению с 2022: место было [0-9]+, стало [0-9]+' centre_effreg rating explain RU-VOR \
	--period 2023 --against 2022 --lang ru
check "an unknown region is refused" fails_with 1 'not in this rating' centre_effreg rating explain RU-XXX --period 2023

# Each figure is the document's, and each event is in the log with that hash.
lineage_leads_to_events() {
	centre_effreg rating explain RU-VOR --period 2023 --lineage --format json >"$test_work/lineage.json" || return 1
	ask "SELECT seq || ' ' || id || ' ' || pg_catalog.encode(hash, 'hex') FROM effreg.event WHERE region_id = '20000000'" >"$test_work/hashes"
	python3 -c 'import json, sys
account = json.load(open(sys.argv[1]))
figures = next(r for r in json.load(open(sys.argv[2]))["rows"] if r["iso"] == "RU-VOR")["figures"]["indicators"]
known = set(line.strip() for line in open(sys.argv[3]))
entities = {(e["kind"], e["entity"]): e["events"] for e in account["lineage"]["entities"]}
counted = 0
for item in account["lineage"]["indicators"]:
    assert item["value"] == figures[item["indicator"]], item
    for entity in item["entities"]:
        assert entity["counts"], entity
        for event in entities[entity["kind"], entity["entity"]]:
            assert "%s %s %s" % (event["seq"], event["id"], event["hash"]) in known, event
            counted += 1
assert counted > 100 and any(kind == "project" for kind, _ in entities), counted' "$test_work/lineage.json" "$document" "$test_work/hashes"
}

lineage_from_logs_is_the_same() {
	centre_effreg rating explain RU-VOR --period 2023 --lineage --logs "$test_work/logs" --format json | cmp - "$test_work/lineage.json"
}

check "from a place to indicators, projects, events and their hashes" lineage_leads_to_events
check "the exported logs tell the same" lineage_from_logs_is_the_same

# ---- any period, and the authorities of a region

recomputes() {
	alone rating recompute --logs "$test_work/logs" --methodology "$methodology" --cohorts "$centre_root/deploy/config/cohorts.json" \
		--document "$1"
}

# publish_and_recompute PERIOD COHORT: what is published verifies, and comes from the logs too.
publish_and_recompute() {
	centre_effreg rating publish --period "$1" --kind final --cohort "$2" &&
		centre_effreg rating get --period "$1" --cohort "$2" --format json >"$test_work/any.json" &&
		alone rating verify "$test_work/any.json" --public-key "$centre_home/keys/rating.pub" && fails_with 0 'equal to the document' recomputes "$test_work/any.json"
}

authorities_are_rated() {
	centre_effreg rating get --period 2023 --cohort authorities.RU-VOR --format json >"$test_work/bodies.json" &&
		python3 -c 'import json, sys
rows = json.load(open(sys.argv[1]))["rows"]
rated = [r for r in rows if r["place"]]
assert len(rated) >= 3 and all(r["region"] == "20000000" and r["authority"] and r["name"]["ru"] for r in rows)
assert [r["place"] for r in rated] == sorted(r["place"] for r in rated)
assert any(r["bonus_eligible"] for r in rated) and not all(r["bonus_eligible"] for r in rows)' "$test_work/bodies.json"
}

check "a quarter is published, verifies and recomputes" publish_and_recompute 2023-Q3 all
check "so does a half" publish_and_recompute 2023-H1 all
check "so does a month" publish_and_recompute 2023-05 all
check "so does a federal district" publish_and_recompute 2023 district-volga
check "so do the newcomers" publish_and_recompute 2022 newcomers
check "so does a league by size" publish_and_recompute 2023 size-small
check "the authorities of a region are rated, and who has a right to a bonus" authorities_are_rated
check "they are published, verify and recompute" publish_and_recompute 2023 authorities.20000000
check "the table says who has a right to a bonus" fails_with 0 'лидеры, премия' centre_effreg rating get --period 2023 \
	--cohort authorities.RU-VOR --lang ru

# Kept are figures of years; the logs have the quarters.
quarter_is_asked_for() {
	fails_with 1 'rating recompute --cohort authorities.20000000 --period 2023-Q3' \
		centre_effreg rating get --period 2023-Q3 --cohort authorities.RU-VOR
}

# Their figures are those that effreg indicator has, and the places follow from them.
quarter_of_authorities_is_rated() {
	alone rating recompute --logs "$test_work/logs" --methodology "$methodology" --cohorts "$centre_root/deploy/config/cohorts.json" \
		--cohort authorities.20000000 --period 2023-Q3 --out "$test_work/quarter.json" &&
		alone rating export --document "$test_work/quarter.json" --format csv --out "$test_work/quarter.csv" || return 1
	local body figure compared=0
	while IFS=$'\t' read -r body figure; do
		[[ $(centre_effreg indicator RU-VOR digital_share --authority "$body" --period 2023-Q3 --format json |
			python3 -c 'import json, sys; print("%.6f" % float(json.load(sys.stdin)["value"]))') == "$figure" ]] || return 1
		compared=$((compared + 1))
	done < <(python3 -c 'import csv, sys
rows = [r for r in csv.DictReader(open(sys.argv[1], encoding="utf-8")) if r["digital_share"]]
assert any(r["place"] for r in rows)
for r in rows: print(r["authority"], "%.6f" % float(r["digital_share"]), sep="\t")' "$test_work/quarter.csv")
	((compared > 0))
}

check "authorities by quarter are told the way to them" quarter_is_asked_for
check "from the logs they are rated by quarter" quarter_of_authorities_is_rated

# ---- exports

export_as() {
	centre_effreg rating export --period 2023 --format "$1" --out "$test_work/export.$1" "${@:2}"
}

# export_alone FORMAT...: from the saved document, without a centre.
export_alone() {
	alone rating export --document "$document" --methodology "$methodology" --format "$1" --out "$test_work/alone.$1" "${@:2}"
}

csv_has_every_figure() {
	python3 -c 'import csv, json, sys
lines = list(csv.DictReader(open(sys.argv[1], newline="")))
rows = json.load(open(sys.argv[2]))["rows"]
assert len(lines) == len(rows)
for line, row in zip(lines, rows):
    figures = row["figures"]
    for code, value in list(figures["indicators"].items()) + list(figures["nodes"].items()):
        assert line[code] == (value or ""), (code, line)
    assert line["place"] == str(row["place"] or "") and line["score"] == (figures["score"] or "")' "$test_work/export.csv" "$document"
}

# recalculated FILE SHEET: the sheet as CSV after every formula was computed anew.
recalculated() {
	ssconvert --recalc --export-type=Gnumeric_stf:stf_assistant -O "sheet=$2 format=raw" "$1" "$test_work/sheet.csv" 2>/dev/null &&
		cat "$test_work/sheet.csv"
}

# The methodology with another weight, and the places by it.
heavier_sharing() {
	python3 -c 'import json, sys
m = json.load(open(sys.argv[1]))
next(n for n in m["nodes"] if n["code"] == "sharing")["weight"] = int(sys.argv[3])
json.dump(m, open(sys.argv[2], "w"))' "$methodology" "$test_work/heavier.json" "$weight" &&
		alone rank --methodology "$test_work/heavier.json" --values "$test_work/values.csv" --decimals 3 >"$test_work/heavier.csv"
}

# The same weight changed in the workbook: the same places.
workbook_follows_a_weight() {
	python3 -c 'import re, sys, zipfile
source, target, weight = sys.argv[1:]
with zipfile.ZipFile(source) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
    texts = re.findall(r"<si><t[^>]*>(.*?)</t></si>", book.read("xl/sharedStrings.xml").decode(), re.S)
    for item in book.infolist():
        data = book.read(item.filename)
        if item.filename == "xl/worksheets/sheet2.xml":
            sheet = data.decode()
            row = re.search(r"<c r=\"A(\d+)\"[^>]*><v>%d</v>" % texts.index("sharing"), sheet).group(1)
            sheet, count = re.subn(r"(<c r=\"D%s\"[^>]*><v>)[^<]*" % row, r"\g<1>" + weight, sheet)
            assert count == 1
            data = sheet.encode()
        changed.writestr(item.filename, data)' "$test_work/export.xlsx" "$test_work/changed.xlsx" "$weight" || return 1
	recalculated "$test_work/changed.xlsx" Rating >/dev/null || return 1
	python3 -c 'import csv, json, sys
codes = {r["iso"]: r["region"] for r in json.load(open(sys.argv[3]))["rows"]}
book = {codes[l["code"]]: l for l in csv.DictReader(open(sys.argv[1])) if l["place"]}
ranked = {l["unit"]: l for l in csv.DictReader(open(sys.argv[2])) if l["rank"] != "NA"}
assert book.keys() == ranked.keys() and len(book) > 10, (len(book), len(ranked))
moved = 0
for unit, line in ranked.items():
    assert abs(float(book[unit]["score"]) - float(line["index"])) <= 0.0011, (line, book[unit])
    assert abs(float(book[unit]["place"]) - int(line["rank"])) <= 0.5, (line, book[unit])
    moved += float(book[unit]["place"]) != float(book[unit]["as published"])
assert moved > 5, "the weight moves nobody"' "$test_work/sheet.csv" "$test_work/heavier.csv" "$document"
}

workbook_says_what_was_published() {
	recalculated "$test_work/export.xlsx" Rating | python3 -c 'import csv, sys
lines = [l for l in csv.DictReader(sys.stdin) if l["place"]]
assert len(lines) > 10 and all(float(l["place"]) == float(l["as published"]) for l in lines)
assert all(abs(float(l["score"]) - float(l["score as published"])) < 1e-9 for l in lines)'
}

# Over the table of all figures: who is rated and has the most, all of them, and nobody else.
laureates_have_the_best_figures() {
	python3 - "$test_work/export.csv" "$test_work/export.nominations" <<-'PYTHON'
	import csv, sys
	rows = [r for r in csv.DictReader(open(sys.argv[1], encoding="utf-8")) if r["place"]]
	won = list(csv.DictReader(open(sys.argv[2], encoding="utf-8")))
	codes = {r["nomination"] for r in won}
	assert len(codes) > 3, codes
	for code in codes:
	    column = "change" if code == "rise" else code
	    best = max(float(r[column]) for r in rows if r[column])
	    expected = {r["region"] for r in rows if r[column] and float(r[column]) == best}
	    assert {r["region"] for r in won if r["nomination"] == code} == expected, code
	PYTHON
}

check "a table is written" export_as csv
check "with every figure and every node" csv_has_every_figure
check "the document is written" export_as json
check "and verifies" alone rating verify "$test_work/export.json" --public-key "$centre_home/keys/rating.pub"
check "a press extract is written" export_as press --lang ru
check "it names the first" grep -F '1-е место — ' "$test_work/export.press"
check "and the best of each group of indicators" grep -F 'Лучшие в номинациях: «Результат для людей» — ' "$test_work/export.press"
check "nominations are written" export_as nominations
check "the best figure of a group wins its nomination" laureates_have_the_best_figures
check "a page about a region is written" export_as summary --region RU-VOR --against 2022 --lang ru
check "it tells why the place changed" grep -F 'Почему изменилось место' "$test_work/export.summary"
check "a workbook is written" export_as xlsx --lang en
check "from the saved document too" export_alone xlsx --lang en
check "so is the page" export_alone summary --region 20000000
changed 'd["rows"][0]["figures"]["indicators"]["practices_published"] = "999"' >/dev/null 2>&1 || true
check "a workbook of figures that were changed is refused" fails_with 1 'does not follow' alone rating export \
	--document "$test_work/changed.json" --methodology "$methodology" --format xlsx --out "$test_work/x.xlsx"
check "effreg rank takes another weight" heavier_sharing
if command -v ssconvert >/dev/null; then
	check "recalculated, the workbook says what was published" workbook_says_what_was_published
	check "and follows a changed weight, as effreg rank does" workbook_follows_a_weight
else
	echo "skip - recalculated, the workbook says what was published: there is no ssconvert"
	echo "skip - and follows a changed weight, as effreg rank does: there is no ssconvert"
fi

# ---- a draft methodology

lab_finds_the_shifts() {
	centre_effreg rating lab --draft "$test_work/heavier.json" --period 2022 --period 2023 --format json >"$test_work/lab.json" || return 1
	python3 -c 'import csv, json, sys
lab = json.load(open(sys.argv[1]))
assert [p["period"] for p in lab["periods"]] == ["2022", "2023"]
ranked = {l["unit"]: l["rank"] for l in csv.DictReader(open(sys.argv[2]))}
last = lab["periods"][1]
for row in last["rows"]:
    if row["places"][1] is not None:
        assert str(row["places"][1]) == ranked[row["region"]], row
    if None not in row["places"]:
        assert row["shift"] == row["places"][0] - row["places"][1]
shifts = [abs(r["shift"] or 0) for r in last["rows"]]
assert shifts == sorted(shifts, reverse=True) and last["moved"] == sum(1 for s in shifts if s) > 0
for period in lab["periods"]:
    whole = sum(w["effective"] or 0 for w in period["weights"]) + period["gaps_effective"]
    assert abs(whole - 1) < 1e-9, period["weights"]' \
		"$test_work/lab.json" "$test_work/heavier.csv"
}

check "the lab places regions as effreg rank does by the draft" lab_finds_the_shifts
check "it tells the biggest movers" fails_with 0 'сместились бы [0-9]+ из [0-9]+' centre_effreg rating lab --draft "$test_work/heavier.json" \
	--period 2023 --lang ru
check "a draft that is no methodology is refused" fails_with 2 'no such member' centre_effreg rating lab --draft "$document" --period 2023

# ---- a correction

late=$(basename "$(grep -l -F '.practice.published.' "$test_story"/*.ndjson | sed -n 1p)" .ndjson)
grep -m 1 -F '.practice.published.' "$test_story/$late.ndjson" |
	sed -E 's/"id": ?"[0-9a-f]{8}/"id":"0badc0de/; s/"sequence": ?"[0-9]+"/"sequence":"999999"/
		s/"practice": ?"[^"]*"/"practice":"LATE-1"/; s,/practice/[^"]*",/practice/LATE-1",
		s/"time": ?"[0-9]{4}-[0-9]{2}-[0-9]{2}/"time":"2023-06-01/' >"$test_work/later.ndjson"
check_equal "an event comes after the publication" 1 "$(centre_push "$late" "$test_work/later.ndjson" | centre_sum stored)"
check "the next publication is a revision" fails_with 0 '"revision":2' test_publish 2023
check "the first one stays as it was" cmp "$document" <(get --kind final --revision 1)
check "diff names the figure that moved" fails_with 0 "practices_published [0-9]+ → [0-9]+" centre_effreg rating diff --period 2023 \
	--kind final --from 1 --to 2
check "and how many logs went further" fails_with 0 'logs read further: 1' centre_effreg rating diff --period 2023 --lang en
centre_effreg rating diff --period 2023 --from 1 --to 2 --format json >"$test_work/diff.json"
get >"$test_work/second.json"
check_equal "the revision's own document holds the same difference" "$(json "$test_work/diff.json" 'd["rows"]')" \
	"$(json "$test_work/second.json" 'd["corrects"]["rows"]')"
check "and verifies" alone rating verify "$test_work/second.json" --public-key "$centre_home/keys/rating.pub"
check "there is nothing before the first" fails_with 1 'no earlier revision' centre_effreg rating diff --period 2023 --to 1 --lang en
