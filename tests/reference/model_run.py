#!/usr/bin/env python3
"""model_run PROGRAM [--keep DIR] [--tamper] [--large]: `effreg rank` against model.py on random cases.

EFFREG_TEST_SEED takes a seed back, EFFREG_TEST_ROUNDS another number of cases. Scores are compared within 1e-9 relative; places must
be those of the printed scores by model.py's rule, and those of model.py's own scores unless two of them are closer than 1e-9. Nor
are scores compared that count who is ahead of whom (Copeland) where two children's are so close.
--keep: the files of a case that differs go to DIR. --tamper changes one digit of what was printed: then every case must be found
out. --large: cases of 33,000 units.
"""

import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile

import model
import model_cases
import model_confidence

SEED = int(os.environ.get("EFFREG_TEST_SEED", random.randrange(2**31)))
CASES = int(os.environ.get("EFFREG_TEST_ROUNDS", "400"))
TAMPER = "--tamper" in sys.argv
LARGE = "--large" in sys.argv
TOLERANCE = 1e-9
ITERATED = 1e-7  # where either side goes towards a root by steps


class Differs(Exception):
    pass


def write(path, columns, source):
    """RFC 4180 in one of its spellings."""
    end, mark, every = source.choice(["\n", "\r\n"]), source.choice(["", "\ufeff"]), source.random() < 0.3
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL)
    table.writerow(columns)
    table.writerows(zip(*columns.values()))
    whole = text.getvalue()
    if source.random() < 0.2:
        whole = whole[: -len(end)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(mark + whole)


def files_of(folder):
    return "--methodology", folder + "/m.json", "--values", folder + "/v.csv"


def run(*arguments):
    done = subprocess.run([PROGRAM, "rank", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def tamper(printed):
    """The first digit of the last number there is; without one nothing can be found out."""
    cells = [(column, row) for name, column in printed.items() if name not in ("unit", "Time") for row in range(len(column))]
    column, row = next(((c, r) for c, r in reversed(cells) if c[r] != "NA"), (None, 0))
    if column is None:
        raise Differs("there is no number")
    at = next(i for i, letter in enumerate(column[row]) if letter.isdigit())
    column[row] = column[row][:at] + str((int(column[row][at]) + 1) % 10) + column[row][at + 1 :]


def parse(output):
    rows = list(csv.reader(io.StringIO(output)))
    printed = {name: list(column) for name, column in zip(rows[0], zip(*rows[1:]))}
    if TAMPER:
        tamper(printed)
    return printed


def number(text):
    return None if text == "NA" else float(text)


def near(a, b, size, tolerance):
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * max(abs(a), abs(b), size)


def compare_column(name, ours, theirs, tolerance=TOLERANCE):
    size = max([abs(v) for v in ours if v is not None], default=0) * 1e-3
    for row, (a, b) in enumerate(zip(ours, theirs)):
        if not near(a, b, size, tolerance):
            raise Differs("%s, row %d: the model says %r, effreg %r" % (name, row, a, b))


def compare_order(made, header, tree):
    panel = [made["panel"]["column"]] if made.get("panel") else []
    at = {name: i for i, name in enumerate(header)}
    if header[: 1 + len(panel)] != ["unit"] + panel or header[-2:] != [tree.root, "rank"]:
        raise Differs("columns are %s" % header)
    if set(header) != {"unit", "rank", *panel, *tree.nodes}:
        raise Differs("columns are %s" % header)
    for code, children in tree.children.items():
        if any(child in at and at[child] > at[code] for child in children):
            raise Differs("a child stands after its parent: %s" % header)


def close_pair(scores):
    """Whether two scores are so close, and not equal, that a last digit decides their order."""
    ordered = sorted(s for s in scores if s is not None)
    size = max(map(abs, ordered), default=0)
    return any(a != b and b - a <= TOLERANCE * size for a, b in zip(ordered, ordered[1:]))


def compare_places(rating, printed, scores=()):
    """scores: what was printed; two that are equal to the model may be apart there by a last digit."""
    places = [None if text == "NA" else int(text) for text in printed]
    if rating.place == places:
        return
    ours = rating.scores[rating.tree.root]
    decimals = (rating.m.get("ranking") or {}).get("decimals")
    spread = [None if s is None or decimals is None else s * 10**decimals % 1 - 0.5 for s in ours]
    if not close_pair(ours) and not close_pair(scores) and not any(s is not None and abs(s) < 1e-6 for s in spread):
        raise Differs("places: the model says %s, effreg %s" % (rating.place, places))


def compare_printed_places(rating, printed, scores):
    if rating.rank(scores) != [None if text == "NA" else int(text) for text in printed]:
        raise Differs("places are not those of the printed scores")


def decided_by_a_digit(rating, printed):
    """Nodes whose scores count who is ahead of whom, where a last digit decides that; and what is made of these."""
    decided = set()
    for code in rating.tree.order:
        children = rating.tree.children[code]
        pairs = [rating.scores[child] for child in children]
        pairs += [[number(text) for text in printed[child]] for child in children if child in printed]
        counts = rating.tree.aggregate(code)["method"] == "copeland"
        if decided & set(children) or (counts and any(close_pair(scores) for scores in pairs)):
            decided.add(code)
    return decided


def compare(made, columns, result):
    status, output, errors = result
    try:
        rating = model.Rating(made, columns).rate()
    except model.Refused as refused:
        if status != 2 or "/" not in errors:
            raise Differs("the model refuses (%s), effreg ends with %d: %s" % (refused, status, errors)) from None
        return "refused"
    if status != 0:
        raise Differs("effreg ends with %d: %s" % (status, errors))
    printed = parse(output)
    compare_order(made, list(printed), rating.tree)
    if printed["unit"] != rating.units:
        raise Differs("units are %s" % printed["unit"])
    decided = decided_by_a_digit(rating, printed)
    for code in rating.tree.order:
        if code not in decided:
            compare_column(code, rating.scores[code], [number(text) for text in printed[code]])
    scores = [number(text) for text in printed[rating.tree.root]]
    compare_printed_places(rating, printed["rank"], scores)
    if rating.tree.root not in decided:
        compare_places(rating, printed["rank"], scores)
    return "rated"


def compare_sets_of_weights(made, columns, source, folder):
    """Some sets of weights at once: the places of each are those of a methodology that has them."""
    names = [each["code"] for each in made["indicators"] + made["nodes"]]
    sets = [{name: source.choice([1, 2, 0.75, 10]) for name in names} for _ in range(3)]
    table = {"set": ["s%d" % i for i in range(len(sets))]}
    table.update((name, [each[name] for each in sets]) for name in names)
    write(folder + "/w.csv", table, source)
    status, _, errors = run(*files_of(folder), "--weight-sets", folder + "/w.csv", "--ranks-out", folder + "/r.csv")
    if status != 0:
        raise Differs("with sets of weights effreg ends with %d: %s" % (status, errors))
    with open(folder + "/r.csv", encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    years = columns["Time"] if made.get("panel") else None
    if header != ["set"] + [unit if years is None else unit + ":" + years[i] for i, unit in enumerate(columns["unit"])]:
        raise Differs("places of sets stand under %s" % header)
    for weights, row in zip(sets, rows):
        other = json.loads(json.dumps(made))
        for each in other["indicators"] + other["nodes"]:
            each["weight"] = weights[each["code"]]
        rating = model.Rating(other, columns).rate()
        if rating.tree.root not in decided_by_a_digit(rating, {}):
            compare_places(rating, row[1:])


def pipeline_case(source, folder):
    made, columns = model_cases.case(source)
    if source.random() < 0.1:
        model_cases.spoil(source, made)
    outcome = rank(made, columns, source, folder)
    if outcome == "rated" and source.random() < 0.2 and not TAMPER:
        compare_sets_of_weights(made, columns, source, folder)
    return outcome


def large_case(source, folder):
    return rank(*model_cases.large(source, 33000), source, folder)


def rank(made, columns, source, folder):
    with open(folder + "/m.json", "w", encoding="utf-8") as file:
        json.dump(made, file)
    write(folder + "/v.csv", columns, source)
    return compare(made, columns, run(*files_of(folder)))


def confidence_case(source, folder):
    count = source.choice([1, 2, 3, 4, 6])
    values = [source.choice([source.gauss(0, 3), source.randrange(4)]) for _ in range(count)]
    ses = [source.choice([source.uniform(0.2, 1.5), 0.5]) for _ in range(count)]
    write(folder + "/e.csv", {"unit": ["u%d" % i for i in range(count)], "estimate": values, "se": ses}, source)
    level, method = source.choice([0.9, 0.95, 0.5, 0.99]), source.choice(["dl", "reml", "ml", "pm"])
    status, output, errors = run("confidence", "--estimates", folder + "/e.csv", "--level", str(level), "--shrink", method, "--format", "csv")
    if status != 0:
        raise Differs("effreg ends with %d: %s" % (status, errors))
    printed = {name: [number(text) for text in column] for name, column in parse(output).items() if name != "unit"}
    expected = "estimate se rank marginal_lo marginal_hi simultaneous_lo simultaneous_hi shrunken shrunken_se".split()
    if list(printed) != expected:
        raise Differs("columns are %s" % list(printed))
    ours = model_confidence.Estimates(values, ses)
    compare_sets(ours, printed, level, source)
    compare_column("rank", ours.places(), printed["rank"])
    compare_column("estimate", values, printed["estimate"])
    compare_column("se", ses, printed["se"])
    shrunken = model_confidence.shrink(method, values, ses)
    compare_column("shrunken by " + method, [s for s, _ in shrunken], printed["shrunken"], ITERATED)
    compare_column("shrunken_se by " + method, [s for _, s in shrunken], printed["shrunken_se"], ITERATED)
    return "estimated"


def compare_sets(ours, printed, level, source):
    marginal = list(zip(printed["marginal_lo"], printed["marginal_hi"]))
    expected = [ours.marginal(unit, level) for unit in range(ours.n)]
    if marginal != expected:
        raise Differs("marginal sets at %s: the model says %s, effreg %s" % (level, expected, marginal))
    narrow, wide = ours.simultaneous(level, 2000, 0.2, source)
    for unit, (lo, hi) in enumerate(zip(printed["simultaneous_lo"], printed["simultaneous_hi"])):
        if not wide[unit][0] <= lo <= narrow[unit][0] or not narrow[unit][1] <= hi <= wide[unit][1]:
            raise Differs("simultaneous set of %d: %s to %s, effreg %s" % (unit, narrow[unit], wide[unit], (lo, hi)))


def main():
    print("# seed %d, %d cases" % (SEED, CASES))
    told = {}
    with tempfile.TemporaryDirectory() as folder:
        for number_of_case in range(CASES):
            source = random.Random("%d/%d" % (SEED, number_of_case))
            kind = large_case if LARGE else confidence_case if number_of_case % 10 == 9 else pipeline_case
            try:
                outcome = kind(source, folder)
            except Differs as differs:
                outcome = "differs"
                if not TAMPER:
                    keep(folder, number_of_case, differs)
            told[outcome] = told.get(outcome, 0) + 1
    print("# " + ", ".join("%d %s" % (count, outcome) for outcome, count in sorted(told.items())))
    rated = told.get("rated", 0) + told.get("estimated", 0)
    if TAMPER:
        return 0 if rated == 0 and told.get("differs", 0) > 0 else 1
    return 0 if told.get("differs", 0) == 0 and rated > CASES / 3 else 1


def keep(folder, number_of_case, differs):
    print("# case %d: %s" % (number_of_case, differs))
    if "--keep" in sys.argv:
        place = sys.argv[sys.argv.index("--keep") + 1]
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file, open("%s/%d-%s" % (place, number_of_case, name), "wb") as copy:
                copy.write(file.read())


PROGRAM = sys.argv[1]
if __name__ == "__main__":
    sys.exit(main())
