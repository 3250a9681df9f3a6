"""Random methodologies and values for model.py and `effreg rank`: everything that RATING.md section 2 lets a file say.

A case is (methodology, header, rows of text). What the page leaves open is left out: the logarithm of 0 where values are imputed,
divided or pulled in, odd roots of what is negative.
"""

import math

NORMALISE = (
    "min-max z-score rank borda percentile-rank goalposts distance-to-target distance-to-max distance-to-reference "
    "exponential-rank none"
).split()
AGGREGATE = "arithmetic geometric harmonic power median copeland".split()


def normalise_rule(source, units):
    method = source.choice(NORMALISE)
    rule = {"method": method}
    if method in ("min-max", "goalposts"):
        rule["range"] = source.choice([[0, 100], [0, 1], [1, 100], [0.5, 10], [-1, 1]])
    if method == "z-score" and source.random() < 0.5:
        rule.update(mean=source.choice([0, 100, 5]), sd=source.choice([1, 10, 2.5]))
    if method == "distance-to-reference":
        rule["reference"] = source.choice(units)
    if method == "exponential-rank":
        if source.random() < 0.5:
            rule["k"] = source.choice([23, 10, 50.5])
        if source.random() < 0.7:
            rule["ties"] = source.choice(["mid", "min"])
    return rule


def aggregate_rule(source):
    rule = {"method": source.choice(AGGREGATE)}
    if rule["method"] == "power":
        rule["power"] = source.choice([2, -1, 0.5, 4, -2.5, 1])
    if source.random() < 0.6:
        rule["min_available"] = source.choice([0, 0.3, 1 / 3, 0.5, 0.6, 0.66, 0.67, 0.7, 0.75, 0.8, 1])
    return rule


def tree(source, indicators):
    nodes = [{"code": "root"}]
    for i in range(source.choice([0, 0, 1, 2, 3, 5])):
        nodes.append({"code": "n%d" % i, "parent": source.choice(nodes)["code"]})
    empty = [n["code"] for n in nodes if all(c.get("parent") != n["code"] for c in nodes)]
    parents = empty + [source.choice(nodes)["code"] for _ in indicators]
    source.shuffle(nodes)
    return nodes, parents


def indicator(source, code, parent):
    made = {"code": code, "parent": parent}
    if source.random() < 0.4:
        made["weight"] = source.choice([0, 1, 2, 3, 0.5, 35])
    if source.random() < 0.4:
        made["direction"] = source.choice(["lower", "higher"])
    if source.random() < 0.2:
        made["denominator"] = "people"
    if source.random() < 0.2:
        made["transform"] = "log"
    low = source.uniform(0.1, 30)
    made["goalposts"] = [low, low + source.uniform(1, 60)]
    made["target"] = source.uniform(1, 120)
    return made


def impute_rules(source, nodes):
    rules = []
    for _ in range(source.choice([0, 0, 1, 1, 2])):
        at = "indicators" if source.random() < 0.7 else source.sample([n["code"] for n in nodes], 1)
        method = source.choice(["none", "mean", "median", "group-mean"] + (["parent-mean"] if at == "indicators" else []))
        rules.append({"at": at, "method": method})
        if method == "group-mean":
            rules[-1]["group"] = "okrug"
    return rules


def methodology(source, units, panel):
    count = source.choice([1, 2, 3, 4, 6, 9, 20])
    codes = ["i%d" % i for i in range(max(count, 6))]
    nodes, parents = tree(source, codes)
    codes = ["i%d" % i for i in range(max(count, sum(1 for n in nodes)))]
    for node in nodes:
        if source.random() < 0.3:
            node["weight"] = source.choice([1, 2, 0.25, 10])
        if source.random() < 0.3:
            node["aggregate"] = aggregate_rule(source)
    made = {
        "code": "random",
        "version": 1,
        "nodes": nodes,
        "indicators": [indicator(source, code, parent) for code, parent in zip(codes, parents)],
        "normalise": normalise_rule(source, units),
        "aggregate": [aggregate_rule(source) for _ in range(source.choice([1, 1, 2, 3]))],
        "ranking": {"ties": source.choice(["competition", "dense"]), "decimals": source.choice([None, 1, 3, 6])},
    }
    for each in made["indicators"]:
        if source.random() < 0.3:
            each["normalise"] = normalise_rule(source, units)
    if source.random() < 0.6:
        tame(source, made)
    if source.random() < 0.6:
        made["impute"] = impute_rules(source, nodes)
    if source.random() < 0.3:
        made["outliers"] = {
            "method": "winsorise", "max_points": source.choice([0, 1, 3, 5]), "skew": source.choice([2, 1, 0.5]),
            "kurtosis": source.choice([3.5, 1, 0]), "fallback": source.choice(["log", "none"]),
        }
    if panel:
        made["panel"] = {"column": "Time", "scope": source.choice(["global", "local"])}
    return made


def tame(source, made):
    """Most random trees forbid their means: here the scales are such that every mean is allowed."""
    rule = {"method": source.choice(["min-max", "goalposts"]), "range": source.choice([[0, 100], [1, 100]])}
    made["normalise"] = source.choice([rule, {"method": source.choice(["rank", "exponential-rank", "distance-to-max"])}])
    for each in made["indicators"]:
        each.pop("normalise", None)
    for rule in made["aggregate"] + [n["aggregate"] for n in made["nodes"] if "aggregate" in n]:
        if rule["method"] == "copeland":
            rule["method"] = "geometric"


def column(source, count, log):
    kind = source.choice(["even", "whole", "tail", "constant", "signed", "few"])
    missing = source.choice([0, 0, 0.1, 0.4, 1] if source.random() < 0.1 else [0, 0.1, 0.3])
    texts = []
    for _ in range(count):
        value = {
            "even": lambda: source.uniform(0, 80),
            "whole": lambda: source.randrange(0, 6),
            "tail": lambda: math.exp(source.gauss(2, 1.5)),
            "constant": lambda: 7,
            "signed": lambda: source.gauss(0, 20),
            "few": lambda: source.choice([0, 10, 20.5]),
        }[kind]()
        if log == "positive":
            value = abs(value) + 0.5
        texts.append(source.choice(["", "NA"]) if source.random() < missing else repr(value))
    return texts


def case(source):
    names = ["u%d" % i for i in range(source.choice([1, 2, 3, 5, 8, 15, 30, 60]))]
    years = source.choice([None, None, ["2021", "2022", "2023"]])
    rows = [(name, year) for year in years or [""] for name in names if year in (None, "") or source.random() < 0.9]
    if years and len({year for _, year in rows}) < len(years):
        return case(source)
    source.shuffle(rows)
    made = methodology(source, names, years)
    plain = not any(rule["method"] not in ("none", "parent-mean") for rule in made.get("impute", [])) and "outliers" not in made
    columns = {"unit": [name for name, _ in rows]}
    rest = {"Time": [year for _, year in rows], "note": ["a, \"b\""] * len(rows)}
    rest["people"] = column(source, len(rows), "positive")
    rest["okrug"] = [source.choice(["north", "south", "east", ""]) for _ in rows]
    for each in made["indicators"]:
        whole = each.get("transform") != "log" or plain and "denominator" not in each
        rest[each["code"]] = column(source, len(rows), "any" if whole else "positive")
    order = list(rest)
    source.shuffle(order)
    columns.update((name, rest[name]) for name in order)
    return made, columns


def large(source, units):
    """Exponential ranks of many units, a third of them tied, a tenth missing."""
    indicators = [{"code": "i%d" % i, "parent": "root", "weight": i + 1} for i in range(7)]
    indicators[3]["direction"] = "lower"
    made = {
        "code": "large", "version": 1, "nodes": [{"code": "root"}], "indicators": indicators,
        "normalise": {"method": "exponential-rank", "k": 23, "ties": "mid"},
        "aggregate": [{"method": "arithmetic", "min_available": 0.5}],
    }
    columns = {"unit": ["u%d" % i for i in range(units)]}
    for each in indicators:
        digits = source.choice([1, 3, 12])
        values = [round(source.gauss(20, 8), digits) for _ in range(units)]
        columns[each["code"]] = ["NA" if source.random() < 0.1 else repr(value) for value in values]
    return made, columns


def spoil(source, made):
    """One fault that RATING.md refuses."""
    fault = source.choice(["roots", "cycle", "parent", "empty", "goalposts", "mean", "target"])
    first = made["indicators"][0]
    if fault == "roots":
        made["nodes"].append({"code": "second"})
        first["parent"] = "second"
    elif fault == "cycle":
        made["nodes"] += [{"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}]
        first["parent"] = "a"
    elif fault == "parent":
        first["parent"] = "nowhere"
    elif fault == "empty":
        made["nodes"].append({"code": "barren", "parent": "root"})
    elif fault == "goalposts":
        first["normalise"] = {"method": "goalposts", "range": [0, 1]}
        first.pop("goalposts")
    elif fault == "target":
        first["normalise"] = {"method": "distance-to-target"}
        first.pop("target")
    else:
        made["normalise"] = {"method": "z-score"}
        made["aggregate"] = [{"method": source.choice(["geometric", "harmonic"])}]
        for node in made["nodes"]:
            node.pop("aggregate", None)
        first.pop("normalise", None)
