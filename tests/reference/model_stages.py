"""The stages of RATING.md section 2 that work on one indicator, for model.py: log, impute, outliers, normalise.

None is a missing value; a pool is what a value is compared with: all years of a panel, or its own.
"""

import math
from bisect import bisect_left, bisect_right

BY_ORDER = ("rank", "borda", "percentile-rank", "exponential-rank", "goalposts")


class Refused(Exception):
    pass


def present(values):
    return [value for value in values if value is not None]


def mean(values):
    return math.fsum(values) / len(values)


def median(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


# ---- one column through its stages


def logarithm(x):
    """Of 0 it is below every goalpost and every other value; below 0 there is none."""
    if x > 0:
        return math.log(x)
    return -math.inf if x == 0 else None


def without_infinity(values, method):
    """Where differences are taken, the logarithm of 0 is no value."""
    if method in BY_ORDER:
        return values
    return [None if v == -math.inf else v for v in values]


def impute(values, rule, groups):
    """values of one pool; groups the group of each."""
    method = rule["method"]
    if method in ("none", "parent-mean"):
        return values
    filled = list(values)
    for i, value in enumerate(values):
        if value is None:
            donors = present(v for v, g in zip(values, groups) if method != "group-mean" or g == groups[i] and g is not None)
            if donors:
                filled[i] = median(donors) if method == "median" else mean(donors)
    return filled


def skewness(x):
    n, m = len(x), mean(x)
    sd = math.sqrt(math.fsum((v - m) ** 2 for v in x) / (n - 1))
    return n / ((n - 1) * (n - 2)) * math.fsum(((v - m) / sd) ** 3 for v in x)


def kurtosis(x):
    n, m = len(x), mean(x)
    sd = math.sqrt(math.fsum((v - m) ** 2 for v in x) / (n - 1))
    head = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * math.fsum(((v - m) / sd) ** 4 for v in x)
    return head - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def passes(values, rule):
    x = present(values)
    if len(x) < 4 or min(x) == max(x):
        return True
    return abs(skewness(x)) < rule["skew"] or kurtosis(x) < rule["kurtosis"]


def treat_outliers(values, rule, goals):
    """values of one pool; goals, what they are held against, change with them."""
    if rule is None or rule["method"] == "none":
        return values
    treated, changed = list(values), set()
    while not passes(treated, rule) and len(changed) < rule["max_points"]:
        x = present(treated)
        if skewness(x) < 0:
            edge = min(x)
            inner = min(v for v in x if v > edge)
        else:
            edge = max(x)
            inner = max(v for v in x if v < edge)
        for i, value in enumerate(treated):
            if value == edge:
                treated[i] = inner
                changed.add(i)
    if not passes(treated, rule) and rule["fallback"] == "log":
        x = present(values)
        low, high = min(x), max(x)
        goals[:] = [None if goal is None else math.log(max(0, goal - low) + 0.01 * (high - low)) for goal in goals]
        return [None if v is None else math.log(v - low + 0.01 * (high - low)) for v in values]
    return treated


# ---- normalising


def place_from_worst(x, ordered):
    return 1 + bisect_left(ordered, x)


def exponential_rank(x, ordered, rule):
    k, n = rule.get("k", 23), len(ordered)
    better = n - bisect_right(ordered, x)
    tied = bisect_right(ordered, x) - bisect_left(ordered, x)
    place = better + 1 if rule.get("ties", "mid") == "min" else better + (tied + 1) / 2
    share = (n + 1 - place) / n
    if share == 1:
        return 100.0  # what the formula is, but for its last digits
    return -k * math.log(1 - share * (1 - math.exp(-100 / k)))


def normalise_values(values, rule, goalposts, target, references):
    """values, goalposts, target, references (one for each value): signed and transformed."""
    method = rule["method"]
    x = sorted(present(values))
    if method == "none" or not x:
        return values
    low, high, constant = x[0], x[-1], x[0] == x[-1]
    if method in ("min-max", "goalposts"):
        start, end = rule["range"]
    if method == "z-score" and not constant:
        centre = mean(x)
        spread = math.sqrt(math.fsum((other - centre) ** 2 for other in x) / (len(x) - 1))

    def one(v):
        if method == "min-max":
            return (start + end) / 2 if constant else start + (end - start) * (v - low) / (high - low)
        if method == "goalposts":
            lo, hi = goalposts
            return start + (end - start) * min(1.0, max(0.0, (v - lo) / (hi - lo)))
        if method == "z-score":
            return rule.get("mean", 0) + (0 if constant else rule.get("sd", 1) * (v - centre) / spread)
        if method == "rank":
            return place_from_worst(v, x)
        if method == "borda":
            return place_from_worst(v, x) - 1
        if method == "percentile-rank":
            return (place_from_worst(v, x) - 1) / (len(x) - 1) if len(x) > 1 else 0.0
        if method == "exponential-rank":
            return exponential_rank(v, x, rule)
        if constant:
            return 1.0
        if method == "distance-to-target":
            return min(1.0, (v - low) / (target - low)) if target > low else 1.0
        if method == "distance-to-max":
            return 1 - (high - v) / (high - low)
        raise Refused("method " + method)

    if method == "distance-to-reference" and not constant:
        held = zip(values, references)
        return [None if v is None or r in (None, low) else 1 - (r - v) / (r - low) for v, r in held]
    known = {}
    for v in x:
        if v not in known:
            known[v] = one(v)
    return [None if v is None else known[v] for v in values]
