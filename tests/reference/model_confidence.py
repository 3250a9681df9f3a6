"""`effreg rank confidence` once more, in plain Python, from RATING.md section 1 and the papers it names.

Rank sets: Mogstad, Romano, Shaikh and Wilhelm (2024), both sides of every pair, stepping down. Marginal ones need an integral, taken
here by Simpson's rule: T is above the critical value where the probability at T is above the level. Simultaneous critical values are
drawn, so their sets are told as two: those of a value somewhat too small and of one too large. Shrinkage: the best linear
unbiased predictor of the random-effects model, tau² found by bisection of the score (or of Q - (k - 1)) beside the highest point of
the likelihood.
"""

import itertools
import math
import random


def normal(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def quantile7(ordered, level):
    at = level * (len(ordered) - 1)
    low = math.floor(at)
    return ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


def both_orders(first, others):
    return [(first, k) for k in others] + [(k, first) for k in others]


class Estimates:
    def __init__(self, values, ses):
        self.y, self.se = values, ses
        self.n = len(values)

    def statistic(self, pair):
        i, k = pair
        return (self.y[i] - self.y[k]) / math.hypot(self.se[i], self.se[k])

    def places(self):
        return [1 + sum(1 for other in self.y if other > y) for y in self.y]

    def step_down(self, pairs, is_rejected):
        """The pairs (larger, smaller) that are told apart; is_rejected(standing) gives the judge of one step."""
        standing, rejected = list(pairs), set()
        while standing:
            judge = is_rejected(standing)
            found = {pair for pair in standing if judge(self.statistic(pair))}
            if not found:
                break
            rejected |= found
            standing = [pair for pair in standing if pair not in rejected]
        return rejected

    def set_of(self, unit, rejected):
        larger = sum(1 for i, k in rejected if k == unit)
        smaller = sum(1 for i, k in rejected if i == unit)
        return 1 + larger, self.n - smaller

    # ---- one unit by itself

    def below(self, unit, standing, c):
        """P(every (Z_i - Z_k) / se_ik over standing is at most c), Z_unit = se * u being held."""
        steps, reach, total = 400, 9.0, 0.0
        for step in range(steps + 1):
            u = -reach + 2 * reach * step / steps
            product = math.exp(-u * u / 2) / math.sqrt(2 * math.pi)
            z = self.se[unit] * u
            upper, lower = {}, {}
            for i, k in standing:
                other = k if i == unit else i
                width = c * math.hypot(self.se[i], self.se[k])
                if i == unit:
                    lower[other] = (z - width) / self.se[other]
                else:
                    upper[other] = (z + width) / self.se[other]
            for other in set(upper) | set(lower):
                high = normal(upper[other]) if other in upper else 1.0
                product *= max(0.0, high - (normal(lower[other]) if other in lower else 0.0))
            total += product * (1 if step in (0, steps) else 4 if step % 2 else 2)
        return total * 2 * reach / steps / 3

    def marginal(self, unit, level):
        pairs = both_orders(unit, [k for k in range(self.n) if k != unit])

        def is_rejected(standing):
            return lambda statistic: statistic > 0 and self.below(unit, standing, statistic) > level

        return self.set_of(unit, self.step_down(pairs, is_rejected))

    # ---- all together

    def simultaneous(self, level, draws, slack, source=random):
        """Two lists of sets: by critical values lessened and raised by slack."""
        drawn = [[se * source.gauss(0, 1) for se in self.se] for _ in range(draws)]
        width = {(i, k): math.hypot(self.se[i], self.se[k]) for i in range(self.n) for k in range(self.n)}

        def largest(standing):
            return sorted(max((z[i] - z[k]) / width[i, k] for i, k in standing) for z in drawn)

        result = []
        for shift in (-slack, slack):

            def is_rejected(standing, shift=shift):
                critical = quantile7(largest(standing), level) + shift
                return lambda statistic: statistic > critical

            rejected = self.step_down(itertools.permutations(range(self.n), 2), is_rejected)
            result.append([self.set_of(unit, rejected) for unit in range(self.n)])
        return result


# ---- shrinkage


def weighted(y, v, tau2):
    w = [1 / (each + tau2) for each in v]
    mu = math.fsum(a * b for a, b in zip(w, y)) / math.fsum(w)
    return w, mu


def bisect(function, low, high):
    """Where a function that falls from above 0 reaches 0."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def tau2_likelihood(y, v, restricted):
    def likelihood(tau2):
        w, mu = weighted(y, v, tau2)
        value = 0.5 * math.fsum(math.log(a) for a in w) - 0.5 * math.fsum(a * (b - mu) ** 2 for a, b in zip(w, y))
        return value - (0.5 * math.log(math.fsum(w)) if restricted else 0)

    def score(tau2):
        w, mu = weighted(y, v, tau2)
        trace = math.fsum(w) - (math.fsum(a * a for a in w) / math.fsum(w) if restricted else 0)
        return math.fsum((a * (b - mu)) ** 2 for a, b in zip(w, y)) - trace

    top = 10 * ((max(y) - min(y)) ** 2 + max(v))
    grid = [0.0] + [top * 1.05**-i for i in range(600, -1, -1)]
    best = max(range(len(grid)), key=lambda i: likelihood(grid[i]))
    if best == 0 and score(0.0) <= 0:
        return 0.0
    return bisect(score, grid[max(best - 1, 0)], grid[best + 1])


def tau2_of(method, y, v):
    k = len(y)
    if k == 1 or max(y) == min(y):
        return 0.0

    def q(tau2):
        w, mu = weighted(y, v, tau2)
        return math.fsum(a * (b - mu) ** 2 for a, b in zip(w, y)) - (k - 1)

    if method == "dl":
        w, _ = weighted(y, v, 0.0)
        return max(0.0, q(0.0) / (math.fsum(w) - math.fsum(a * a for a in w) / math.fsum(w)))
    if method == "pm":
        return bisect(q, 0.0, 10 * k * ((max(y) - min(y)) ** 2 + max(v))) if q(0.0) > 0 else 0.0
    return tau2_likelihood(y, v, method == "reml")


def shrink(method, y, ses):
    """(shrunken, shrunken_se) of each."""
    v = [se * se for se in ses]
    tau2 = tau2_of(method, y, v)
    w, mu = weighted(y, v, tau2)
    if len(y) == 1:
        return [(y[0], ses[0])]
    keep = [tau2 / (tau2 + each) for each in v]
    return [
        (l * each + (1 - l) * mu, math.sqrt(l * own + (1 - l) ** 2 / math.fsum(w))) for l, each, own in zip(keep, y, v)
    ]
