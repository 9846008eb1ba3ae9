# SPDX-License-Identifier: Apache-2.0
"""Counts of observations by bin and minute, and the conditions of ModelFeatureDrift on them in every minute.

`quiet` tries thresholds, `rules` other rules, `sizes` other baselines and traffic, `missing` missing values: all without any change.
`shift` moves a feature and waits for the alert. `golden` compares with Evidently's values. docs/drift-alarms.md has what they print.
"""
import argparse
import multiprocessing
import sys
from collections import Counter

import numpy as np
from scipy.stats import norm

HOUR = 60
DAYS = 30
WINDOWS = {"1h": HOUR, "6h": 6 * HOUR, "24h": 24 * HOUR}
MIN_OBSERVATIONS, RECOVERED_Z, Z, PSI = 100, 1.0, 4.75, 0.1
# 20 features: quantile bins of numbers, and values of categories by their true shares.
NUMERIC = [10] * 10 + [20] * 4
ZIPF = [1 / k for k in range(1, 11)]
CATEGORIES = [[0.5, 0.5], [0.99, 0.01], [0.9, 0.05, 0.03, 0.01, 0.006, 0.003, 0.001], ZIPF, [0.998, 0.002],
              [1 / k**2 for k in range(1, 21)]]
MISSING = [0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5]


def quantile_baseline(random, bins, size, shift=0.0):
    """Counts of a baseline of `size` numbers in its own quantile bins, and the true shares of these bins, before and after a shift."""
    ends = np.arange(1, bins) * size // bins
    edges = np.sort(random.random(size))[ends]
    counts = np.diff(np.concatenate([[0], ends, [size]]))
    moved = norm.cdf(norm.ppf(edges) - shift)
    shares = [np.diff(np.concatenate([[0.0], e, [1.0]])) for e in (edges, moved)]
    return counts, shares[0], shares[1]


def category_baseline(random, shares, size):
    shares = np.array(shares) / np.sum(shares)
    return random.multinomial(size, shares), shares


def xlogx(x):
    return np.where(x > 0, x * np.log(np.maximum(x, 1)), 0.0)


class Logarithms:
    """x ln x of whole numbers, from a table."""

    def __init__(self, limit):
        self.table = xlogx(np.arange(limit + 1, dtype=float))

    def __call__(self, x):
        return self.table[x]


def wilson_hilferty(x, freedom):
    return (np.cbrt(x / freedom) - (1 - 2 / (9 * freedom))) / np.sqrt(2 / (9 * freedom))


def measure(now, baseline, logs, everything=False):
    """z of the G test and PSI without bias of rows of counts; with `everything` also raw PSI and the z of two chi squares."""
    n, m = now.sum(axis=1), baseline.sum()
    some = np.maximum(n, 1)
    union = (baseline > 0).sum() + ((now > 0) & (baseline == 0)).sum(axis=1)
    freedom = np.maximum(union - 1, 1)
    g = 2 * (logs(now).sum(axis=1) + xlogx(baseline.astype(float)).sum() - logs(now + baseline).sum(axis=1)
             - logs(n) - xlogx(float(m)) + logs(n + m))
    p, r = now / some[:, None], baseline / m
    smallest = np.where(p > 0, p, 1).min(axis=1)
    fill = np.where(smallest > 1e-4, 1e-4, smallest / 1e6)
    least = r[r > 0].min()
    filled = np.where(r > 0, r, 1e-4 if least > 1e-4 else least / 1e6)
    shares = np.where(p > 0, p, fill[:, None])
    psi = ((filled - shares) * np.log(filled / shares)).sum(axis=1)
    unbiased = np.maximum(psi - (union - 1) * (1 / some + 1 / m), 0)
    result = {"n": n, "g": wilson_hilferty(np.maximum(g, 0), freedom), "psi": unbiased}
    if everything:
        pooled = (now + baseline) / (n + m)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            two = np.nansum((p - r) ** 2 / pooled, axis=1) / (1 / some + 1 / m)
            one = some * np.nansum((p - r) ** 2 / r, axis=1)
        result |= {"raw": psi, "two": wilson_hilferty(two, freedom), "one": wilson_hilferty(one, freedom)}
    return result


def windows(counts):
    """Sums over the windows that end with each minute; before their start there is nothing."""
    total = np.concatenate([np.zeros((1, counts.shape[1]), np.int64), np.cumsum(counts, axis=0)])
    minutes = np.arange(1, len(total))
    return {name: total[minutes] - total[np.maximum(minutes - length, 0)] for name, length in WINDOWS.items()}


def measured(counts, baseline, everything=False):
    logs = Logarithms(int(counts.sum() + baseline.sum()))
    return {name: measure(now, baseline, logs, everything) for name, now in windows(counts).items()}


def condition(of, key, z, psi, minimum=MIN_OBSERVATIONS, size="psi", recovered=True):
    """In which minutes a window shows a drift."""
    fires = np.zeros(len(of["1h"]["n"]), bool)
    for name, newest in (("1h", None), ("6h", "1h"), ("24h", "6h")):
        w = of[name]
        here = (w[key] > z) & (w[size] > psi) & (w["n"] >= minimum)
        if newest and recovered:
            part = of[newest]
            here &= ~((part["g"] < RECOVERED_Z) & (part["n"] >= minimum))
        fires |= here
    return fires


def alarms(fires):
    """Alarms that are less than an hour apart are one: keep_firing_for."""
    at = np.flatnonzero(fires)
    return 0 if len(at) == 0 else 1 + int((np.diff(at) > HOUR).sum())


def features(random, size):
    for bins in NUMERIC:
        counts, shares, _ = quantile_baseline(random, bins, size)
        yield counts, shares
    for shares in CATEGORIES:
        yield category_baseline(random, shares, size)


def quiet_feature(task):
    """Alarms by rule of all 20 features of one seed."""
    seed, size, rate, rules, everything = task
    random = np.random.default_rng([seed, size, rate])
    found = Counter()
    for baseline, shares in features(random, size):
        counts = random.poisson(rate / HOUR * shares, size=(DAYS * 24 * HOUR, len(shares)))
        of = measured(counts, baseline, everything)
        for name, arguments in rules.items():
            found[name] += alarms(condition(of, **arguments))
    return found


def quiet(pool, seeds, size, rate, rules, everything=False):
    """Mean alarms of all features in 30 days, the most in one seed, and the seeds with more than one, by rule."""
    found = pool.map(quiet_feature, [(seed, size, rate, rules, everything) for seed in range(seeds)], chunksize=1)
    return {name: (np.mean([f[name] for f in found]), max(f[name] for f in found), sum(f[name] > 1 for f in found)) for name in rules}


def show_quiet(pool, seeds):
    print("\nquiet: 20 features, 30 days, baseline of 5,000; alarms a month by z and PSI (most in a seed, seeds with more than one)")
    for rate in (50, 200):
        rules = {f"{z} {psi}": dict(key="g", z=z, psi=psi) for z in (4.0, 4.5, 4.75, 5.0, 5.5) for psi in (0.0, 0.05, 0.1, 0.2)}
        found = quiet(pool, seeds, 5000, rate, rules)
        for name, (mean, most, several) in found.items():
            print(f"  {rate}/h  z, psi > {name}: {mean:.2f} ({most}, {several} of {seeds})", flush=True)


def show_rules(pool, seeds):
    rules = {
        "raw PSI > 0.1": dict(key="raw", z=0.1, psi=0.1, size="raw", recovered=False),
        "raw PSI > 0.2": dict(key="raw", z=0.2, psi=0.2, size="raw", recovered=False),
        "unbiased PSI > 0.1": dict(key="psi", z=0.1, psi=0.1, recovered=False),
        "unbiased PSI > 0.2": dict(key="psi", z=0.2, psi=0.2, recovered=False),
        "chi square of the baseline's shares, z > 4.75": dict(key="one", z=Z, psi=-1, recovered=False),
        "and PSI > 0.1": dict(key="one", z=Z, psi=PSI, recovered=False),
        "chi square of two samples, z > 4.75": dict(key="two", z=Z, psi=-1, recovered=False),
        "chi square and unbiased PSI > 0.1": dict(key="two", z=Z, psi=PSI, recovered=False),
        "G, z > 4.75": dict(key="g", z=Z, psi=-1, recovered=False),
        "G and unbiased PSI > 0.1": dict(key="g", z=Z, psi=PSI, recovered=False),
        "G and unbiased PSI > 0.1 and not recovered: as shipped": dict(key="g", z=Z, psi=PSI),
    }
    print("\nrules: 20 features, 200 observations an hour, alarms in 30 days")
    for size in (1000, 5000, 50000):
        for name, (mean, most, several) in quiet(pool, seeds, size, 200, rules, True).items():
            print(f"  {size}  {name}: {mean:.2f} ({most}, {several} of {seeds})", flush=True)


def show_sizes(pool, seeds):
    print("\nsizes: 20 features, z, PSI > 0.1; alarms in 30 days by baseline and traffic")
    rules = {f"{z}": dict(key="g", z=z, psi=PSI) for z in (4.0, 4.5, 4.75, 5.0)}
    for rate in (20, 50, 200, 1000, 5000):
        for size in (1000, 5000, 50000):
            found = quiet(pool, seeds, size, rate, rules)
            print(f"  {rate}/h  {size}: " + ", ".join(f"z {n}: {a:.2f} ({b}, {c})" for n, (a, b, c) in found.items()), flush=True)


def missing_seed(task):
    seed, rate, size, rules = task
    random = np.random.default_rng([seed, rate, 7])
    found = Counter()
    for share in MISSING:
        was = random.binomial(size, share)
        counts = np.stack([random.poisson(rate / HOUR * q, DAYS * 24 * HOUR) for q in (share, 1 - share)], axis=1)
        of = {}
        for name, now in windows(counts).items():
            n = np.maximum(now.sum(axis=1), 1)
            pooled = (now[:, 0] + was) / (n + size)
            change = now[:, 0] / n - was / size
            with np.errstate(divide="ignore", invalid="ignore"):
                z = np.nan_to_num(change / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / size)))
            of[name] = {"n": n, "z": z, "change": change}
        for name, (z, change) in rules.items():
            fires = np.zeros(len(counts), bool)
            for window, newest in (("1h", None), ("6h", "1h"), ("24h", "6h")):
                w = of[window]
                here = (w["z"] > z) & (w["change"] > change) & (w["n"] >= MIN_OBSERVATIONS)
                if newest:
                    here &= ~(of[newest]["change"] < change / 2)
                fires |= here
            found[name, share] += alarms(fires)
    return found


def show_missing(pool, seeds):
    print(f"\nmissing: alarms in 30 days of one feature that misses {MISSING}, baseline of 5,000")
    rules = {f"z {z}, {c}": (z, c) for z in (4.0, 4.5, 5.0) for c in (0.05, 0.1)}
    for rate in (50, 200, 1000):
        found = sum(pool.map(missing_seed, [(seed, rate, 5000, rules) for seed in range(seeds)]), Counter())
        for name in rules:
            print(f"  {rate}/h  {name}: " + ", ".join(f"{found[name, share] / seeds:.3f}" for share in MISSING), flush=True)


def shift_run(task):
    """Minutes from the shift to the first alert; infinite when there is none within a day."""
    seed, bins, size, rate, shift, history, z, psi = task
    random = np.random.default_rng([seed, bins, size, rate, int(shift * 100), history])
    baseline, before, after = quantile_baseline(random, bins, size, shift)
    counts = np.concatenate([random.poisson(rate / HOUR * before, (history * HOUR, bins)), random.poisson(rate / HOUR * after, (24 * HOUR, bins))])
    fires = condition(measured(counts, baseline), "g", z, psi)[history * HOUR:]
    return np.argmax(fires) + 1.0 if fires.any() else np.inf


def show_shift(pool, runs):
    print("\nshift: minutes to the alert (10 %, 50 %, 90 %, 99 %), within 3 h, within 24 h")

    def row(bins, size, rate, shift, history=48, z=Z, psi=PSI):
        delay = np.array(pool.map(shift_run, [(seed, bins, size, rate, shift, history, z, psi) for seed in range(runs)], chunksize=20))
        at = np.quantile(delay, [0.1, 0.5, 0.9, 0.99], method="higher")
        print(f"  shift {shift}, {rate}/h, {bins} bins, baseline {size}, z {z}, psi {psi}: " + " ".join(f"{a:.0f}" for a in at)
              + f"  {np.mean(delay <= 180):.1%}  {np.isfinite(delay).mean():.1%}", flush=True)

    for rate in (20, 50, 200, 1000):
        for bins in (10, 20):
            for size in (1000, 5000, 50000):
                row(bins, size, rate, 0.5)
    for shift in (0.25, 0.3, 0.4, 1.0):
        row(10, 5000, 200, shift)
    for z in (4.0, 4.5, 5.0):
        row(10, 5000, 200, 0.5, z=z)
    for psi in (0.05, 0.2):
        row(10, 5000, 200, 0.5, psi=psi)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["quiet", "rules", "sizes", "missing", "shift", "golden"])
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=1000)
    options = parser.parse_args()
    with multiprocessing.Pool() as pool:
        for part in options.parts:
            if part == "quiet":
                show_quiet(pool, options.seeds)
            elif part == "rules":
                show_rules(pool, options.seeds)
            elif part == "sizes":
                show_sizes(pool, options.seeds)
            elif part == "missing":
                show_missing(pool, options.seeds)
            elif part == "shift":
                show_shift(pool, options.runs)
            elif part == "golden":
                import drift_golden
                drift_golden.show()
            else:
                sys.exit(f"unknown part: {part}")


if __name__ == "__main__":
    main()
