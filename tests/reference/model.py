"""RATING.md sections 1 and 2 once more, in plain Python, written from that page alone: what `effreg rank` is held against.

A second reading of the rules, not a second engine: every value is kept in lists, sums are exact (math.fsum), weights are fractions,
and nothing is shared with the C code. rate(methodology, header, rows) gives {node: [score]}, the places, and the units; a
methodology that RATING.md refuses raises Refused. The stages are in the order of the page. None is a missing value.
"""

import math
from fractions import Fraction

from model_stages import Refused, impute, logarithm, mean, normalise_values, present, treat_outliers, without_infinity

UNBOUNDED = ("z-score", "none", "distance-to-reference")


# ---- the tree


class Tree:
    def __init__(self, methodology):
        self.methodology = methodology
        self.nodes = {node["code"]: node for node in methodology["nodes"]}
        self.indicators = {indicator["code"]: indicator for indicator in methodology["indicators"]}
        self.children = {code: [] for code in self.nodes}
        for child in methodology["nodes"] + methodology["indicators"]:
            if child.get("parent") is not None:
                if child["parent"] not in self.children:
                    raise Refused("unknown parent")
                self.children[child["parent"]].append(child["code"])
        roots = [code for code, node in self.nodes.items() if node.get("parent") is None]
        if len(roots) != 1:
            raise Refused("roots: %d" % len(roots))
        self.root = roots[0]
        self.order = []
        self.visit(self.root)
        if len(self.order) != len(self.nodes):
            raise Refused("a cycle")

    def visit(self, code):
        if not self.children[code]:
            raise Refused("an empty node")
        for child in self.children[code]:
            if child in self.nodes:
                self.visit(child)
        self.order.append(code)

    def height(self, code):
        return 1 + max((self.height(c) for c in self.children[code] if c in self.nodes), default=0)

    def weight(self, code):
        member = self.nodes.get(code) or self.indicators[code]
        return Fraction(str(member.get("weight", 1)))

    def aggregate(self, code):
        listed = self.methodology["aggregate"]
        return self.nodes[code].get("aggregate") or listed[min(self.height(code), len(listed)) - 1]

    def normalise(self, code):
        return self.indicators[code].get("normalise") or self.methodology["normalise"]

    def may_be_negative(self, code):
        if code in self.indicators:
            rule = self.normalise(code)
            return rule["method"] in UNBOUNDED or rule["method"] in ("min-max", "goalposts") and min(rule["range"]) < 0
        method = self.aggregate(code)["method"]
        return method == "copeland" or any(self.may_be_negative(child) for child in self.children[code])

    def check(self):
        for code in self.order:
            if all(self.weight(child) == 0 for child in self.children[code]):
                raise Refused("no weight below " + code)
            rule = self.aggregate(code)
            needs = rule["method"] in ("geometric", "harmonic") or rule["method"] == "power" and rule["power"] < 0
            if needs and any(self.may_be_negative(child) for child in self.children[code]):
                raise Refused("a mean that its range forbids at " + code)
        for code, indicator in self.indicators.items():
            method = self.normalise(code)["method"]
            if method == "goalposts" and not indicator.get("goalposts"):
                raise Refused("goalposts missing")
            if method == "distance-to-target" and indicator.get("target") is None:
                raise Refused("target missing")


# ---- aggregation


def available(scores, rule):
    """Whether enough children are there; of none there is no mean."""
    there = sum(1 for s in scores if s is not None)
    threshold = Fraction(str(rule.get("min_available") or 0))
    return there > 0 and Fraction(there, len(scores)) >= threshold


def weighted_median(pairs):
    half, before = sum(w for _, w in pairs) / 2, Fraction(0)
    ordered = sorted(pair for pair in pairs if pair[1] > 0)
    for i, (x, w) in enumerate(ordered):
        before += w
        if before == half:
            return (x + ordered[i + 1][0]) / 2
        if before > half:
            return x


def combine(scores, weights, rule):
    if not available(scores, rule):
        return None
    pairs = [(s, w) for s, w in zip(scores, weights) if s is not None]
    total = sum(w for _, w in pairs)
    if total == 0:
        return None
    method = rule["method"]
    if method == "median":
        return weighted_median(pairs)
    pairs = [(s, float(w / total)) for s, w in pairs if w > 0]
    low, high = min(s for s, _ in pairs), max(s for s, _ in pairs)
    if low == high and (low >= 0 or method == "arithmetic"):
        return low
    if method == "arithmetic":
        return math.fsum(w * s for s, w in pairs)
    power = {"geometric": 0, "harmonic": -1}.get(method, rule.get("power"))
    if low < 0 and (power <= 0 or power % 1 != 0):
        return None
    if power <= 0 and low == 0:
        return 0.0
    if power == 0:
        return math.exp(math.fsum(w * math.log(s) for s, w in pairs))
    total = math.fsum(w * s**power for s, w in pairs)
    return math.copysign(abs(total) ** (1 / power), total)


def copeland(columns, weights, rule):
    rows = list(zip(*columns))
    weighed = [sum(w for x, w in zip(row, weights) if x is not None) > 0 for row in rows]
    scores = [0 if heavy and available(row, rule) else None for row, heavy in zip(rows, weighed)]
    for a in range(len(rows)):
        for b in range(a):
            if scores[a] is None or scores[b] is None:
                continue
            both = [(x, y, w) for x, y, w in zip(rows[a], rows[b], weights) if x is not None and y is not None]
            lead = sum((w if x > y else -w if x < y else 0) for x, y, w in both)
            sign = (lead > 0) - (lead < 0)
            scores[a] += sign
            scores[b] -= sign
    return scores


def places(scores, ties, decimals):
    """1 = best; of one pool."""
    rounded = [None if s is None else s if decimals is None else round(s, decimals) for s in scores]
    ordered = sorted(present(rounded), reverse=True)
    if ties == "dense":
        ordered = sorted(set(ordered), reverse=True)
    first = {}
    for i, value in enumerate(ordered):
        first.setdefault(value, i + 1)
    return [None if r is None else first[r] for r in rounded]


# ---- the whole


class Rating:
    """columns {name: [text]} of one file, "" and NA being missing; rate() fills scores and place."""

    def __init__(self, methodology, columns):
        self.m, self.columns = methodology, columns
        self.tree = Tree(methodology)
        self.tree.check()
        first = next(iter(columns))
        self.units = columns[first]
        panel = methodology.get("panel")
        years = columns[panel["column"]] if panel else [""] * len(self.units)
        every = range(len(self.units))
        self.years = [[i for i in every if years[i] == year] for year in dict.fromkeys(years)]
        self.pools = self.years if panel and panel["scope"] == "local" else [list(every)]

    def numbers(self, name):
        if name not in self.columns:
            raise Refused("no column " + name)
        return [None if text in ("", "NA") else float(text) for text in self.columns[name]]

    def by_pool(self, values, function, pools=None):
        result = [None] * len(values)
        for pool in pools or self.pools:
            for i, value in zip(pool, function([values[i] for i in pool], pool)):
                result[i] = value
        return result

    def fill(self, values, rule):
        groups = self.columns[rule["group"]] if rule["method"] == "group-mean" else [None] * len(values)
        groups = [None if g in ("", "NA") else g for g in groups]
        return self.by_pool(values, lambda v, pool: impute(v, rule, [groups[i] for i in pool]))

    def rules(self, code=None):
        listed = self.m.get("impute") or []
        return [r for r in listed if (r["at"] == "indicators" if code is None else r["at"] != "indicators" and code in r["at"])]

    def indicator(self, code):
        own, rule = self.tree.indicators[code], self.tree.normalise(code)
        if rule["method"] == "distance-to-reference" and self.units and rule["reference"] not in self.units:
            raise Refused("no unit " + rule["reference"])
        change = logarithm if own.get("transform") == "log" else lambda x: x
        sign = -1 if own.get("direction") == "lower" else 1
        values = [None if v is None else change(v) for v in self.numbers(code)]
        values = without_infinity(values, rule["method"])
        if own.get("denominator"):
            below = self.numbers(own["denominator"])
            values = [None if v is None or not d else v / d for v, d in zip(values, below)]
        for each in self.rules():
            values = self.fill(values, each)
        goals = [None if g is None else change(g) for g in (own.get("goalposts") or [None, None]) + [own.get("target")]]

        def frame(v, pool):
            held = list(goals)
            v = [None if x is None else sign * x for x in treat_outliers(v, self.m.get("outliers"), held)]
            held = [None if goal is None else sign * goal for goal in held]
            references = self.references(v, pool, rule["reference"]) if rule["method"] == "distance-to-reference" else None
            return normalise_values(v, rule, held[:2][::sign], held[2], references)

        return self.by_pool(values, frame)

    def references(self, values, pool, unit):
        """The value of the reference unit in the year of each."""
        year_of = {i: number for number, year in enumerate(self.years) for i in year}
        known = {year_of[i]: v for i, v in zip(pool, values) if self.units[i] == unit}
        return [known.get(year_of[i]) for i in pool]

    def parent_means(self, scores):
        for code in self.tree.order:
            siblings = [c for c in self.tree.children[code] if c in self.tree.indicators]
            rows = [present(row) for row in zip(*(scores[c] for c in siblings))]
            for c in siblings:
                scores[c] = [mean(row) if s is None and row else s for s, row in zip(scores[c], rows)]

    def rate(self):
        scores = {code: self.indicator(code) for code in self.tree.indicators}
        if any(rule["method"] == "parent-mean" for rule in self.rules()):
            self.parent_means(scores)
        for code in self.tree.order:
            rule, children = self.tree.aggregate(code), self.tree.children[code]
            weights = [self.tree.weight(child) for child in children]
            columns = [scores[child] for child in children]
            if rule["method"] == "copeland":
                rows = list(zip(*columns))
                scores[code] = self.by_pool(rows, lambda v, pool: copeland(list(zip(*v)), weights, rule), self.years)
            else:
                scores[code] = [combine(row, weights, rule) for row in zip(*columns)]
            for each in self.rules(code):
                scores[code] = self.fill(scores[code], each)
        self.scores = scores
        self.place = self.rank(scores[self.tree.root])
        return self

    def rank(self, scores):
        ranking = self.m.get("ranking") or {}
        rule = (ranking.get("ties") or "competition", ranking.get("decimals"))
        return self.by_pool(scores, lambda v, pool: places(v, *rule), self.years)
