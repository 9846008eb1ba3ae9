# SPDX-License-Identifier: Apache-2.0
"""The twelve cases that drift is compared with Evidently on, made from a linear congruential generator so that anyone can make them again.

`show` prints what the bins that Tidemark takes (quantiles of the baseline) give beside Evidently's values.
`python drift_golden.py > rules/tests/model_drift_golden.yml` writes the test with Evidently's own bins. docs/drift-alarms.md has the recipe.
"""
from collections import Counter

import numpy as np
from scipy import stats
from scipy.spatial import distance

METHODS = {
    "psi": "psi:value", "jensenshannon": "jensenshannon:distance", "kl_div": "kl:value", "hellinger": "hellinger:distance",
    "total_variation": "total_variation:distance", "gtest": "gtest:statistic", "chisquare": "chisquare:statistic", "ks": "ks:distance",
    "ks_pvalue": "ks:pvalue", "wasserstein": "wasserstein:distance",
}


def uniform(seed, count):
    x, out = seed, np.empty(count)
    for i in range(count):
        x = (x * 6364136223846793005 + 1442695040888963407) & ((1 << 64) - 1)
        out[i] = (x >> 11) / 2.0**53
    return out


def normal(seed, count):
    u = uniform(seed, 2 * count)
    return np.sqrt(-2 * np.log(1 - u[0::2])) * np.cos(2 * np.pi * u[1::2])


def cases():
    first, second = normal(1, 5000), normal(2, 3000)
    made = {f"normal5000_seed1_vs_normal3000_seed2_shift{s}": (first, second + float(s)) for s in ("0", "0.05", "0.1", "0.25", "0.5", "1.0")}
    made["normal5000_vs_scale1.5"] = first, second * 1.5
    made["exp5000_seed3_vs_exp3000_seed4_x1.2"] = -np.log(1 - uniform(3, 5000)), -np.log(1 - uniform(4, 3000)) * 1.2
    made["score_u2_5000_seed5_vs_u3_3000_seed6"] = uniform(5, 5000) ** 2, uniform(6, 3000) ** 3
    made["int0-99_5000_seed7_vs_int0-99sq_3000_seed8"] = (uniform(7, 5000) * 100).astype(int), (uniform(8, 3000) ** 1.2 * 100).astype(int)
    made["cat5_seed9_vs_seed10"] = (uniform(9, 5000) * 5).astype(int), (uniform(10, 3000) ** 1.1 * 5).astype(int)
    made["binary_ctr1pct_seed11_vs_1.2pct_seed12"] = (uniform(11, 20000) < 0.01).astype(int), (uniform(12, 10000) < 0.012).astype(int)
    return made


def evidently_bins(reference, current, of_unique_values=False):
    """Counts and edges; no edges when every value is a bin. Hellinger takes the edges of the unique values."""
    both = np.concatenate([reference, current])
    if len(np.unique(reference)) <= 20:
        values = np.unique(both)
        return np.array([(reference == v).sum() for v in values]), np.array([(current == v).sum() for v in values]), None
    edges = np.histogram_bin_edges(np.unique(both) if of_unique_values else both, bins="sturges")
    return np.histogram(reference, edges)[0], np.histogram(current, edges)[0], edges


def quantile_bins(reference, current, bins):
    """Counts by quantiles of the reference, upper ends inclusive, the first and the last bin open; and the mean of the reference in each."""
    ends = np.unique(np.quantile(reference, np.arange(1, bins) / bins, method="inverted_cdf"))
    of_reference, of_current = (np.searchsorted(ends, x, side="left") for x in (reference, current))
    counts = [np.bincount(x, minlength=len(ends) + 1) for x in (of_reference, of_current)]
    means = np.array([reference[of_reference == b].mean() for b in range(len(ends) + 1)])
    return counts[0], counts[1], means / reference.std()


def filled(shares):
    least = shares[shares > 0].min()
    return np.where(shares > 0, shares, least / 1e6 if least <= 1e-4 else 1e-4)


def values(reference, current, position=None):
    """All methods of two rows of counts, by scipy where it has them."""
    r, p = reference / reference.sum(), current / current.sum()
    some = reference + current > 0
    of = {
        "psi": ((filled(r) - filled(p)) * np.log(filled(r) / filled(p))).sum(),
        "jensenshannon": distance.jensenshannon(r, p),
        "kl_div": stats.entropy(filled(r), filled(p)),
        "hellinger": np.sqrt(1 - min(np.sqrt(r * p).sum(), 1)),
        "total_variation": np.abs(r - p).sum() / 2,
        "gtest": stats.chi2_contingency([reference[some], current[some]], correction=False, lambda_="log-likelihood").statistic,
    }
    if (reference > 0).all():
        of["chisquare"] = stats.chisquare(current, r * current.sum()).statistic
    if position is not None:
        root = np.sqrt(1 / (1 / reference.sum() + 1 / current.sum()))
        of["ks"] = np.abs(np.cumsum(p) - np.cumsum(r)).max()
        of["ks_pvalue"] = stats.kstwobign.sf((root + 0.12 + 0.11 / root) * of["ks"])
        of["wasserstein"] = stats.wasserstein_distance(position, position, p, r)
    return of


def unbinned(reference, current):
    """What Evidently 0.7 gives: PSI, Jensen-Shannon, KL and Hellinger in its own bins, KS and Wasserstein of the values themselves."""
    r, p, edges = evidently_bins(reference, current)
    of = {m: values(r, p)[m] for m in ("psi", "jensenshannon", "kl_div")}
    r, p, _ = evidently_bins(reference, current, True)
    of["hellinger"] = values(r, p)["hellinger"]
    if edges is not None:
        test = stats.ks_2samp(reference, current)
        of["ks"], of["ks_pvalue"] = test.statistic, test.pvalue
        of["wasserstein"] = stats.wasserstein_distance(reference, current) / max(reference.std(), 0.001)
    return of


def show():
    print("\ngolden: Evidently's value, 10 and 20 quantile bins")
    for name, (reference, current) in cases().items():
        evidently = unbinned(reference, current)
        if "ks" not in evidently:
            continue
        ten, twenty = (values(*quantile_bins(reference, current, bins)) for bins in (10, 20))
        print(f"  {name}")
        for method, value in evidently.items():
            print(f"    {method}: {value:.6g}" + "".join(f"  {of[method]:.6g} ({of[method] / value - 1:+.1%})" for of in (ten, twenty)))


def number(x):
    text = repr(float(x))
    return text[:-2] if text.endswith(".0") else text


def write():
    print("""# Drift of the twelve cases of Benchmarks/drift_golden.py, which writes this file, given Evidently's bins: PSI, Jensen-Shannon, KL and Hellinger
# are what Evidently gives; chi square, G, KS, Wasserstein and total variation what scipy gives for these bins. All agree to 1e-9.
rule_files:
  - ../recording/model.yml
evaluation_interval: 15m
group_eval_order: [model_drift]
tests:
  - name: Evidently's values, given its bins
    interval: 15m
    input_series:""")
    expected = []

    def line(metric, labels, text):
        print(f"      - {{series: '{metric}{{{labels}}}', values: {text}}}")

    def add(feature, reference, current, position, numeric):
        print(f"      # {feature}: {len(reference)} bins, {current.sum()} observations against {reference.sum()}.")
        for i in range(len(reference)):
            labels = f'model="golden",feature="{feature}",baseline="1",bin="{f"{i + 1:02d}" if numeric else i}"'
            line("model_feature_baseline_ratio", labels, number(reference[i] / reference.sum()) + "+0x4")
            if position is not None:
                line("model_feature_baseline_position", labels, number(position[i]) + "+0x4")
            line("model_feature_observations_total", labels + ',version="1"', f"0+{number(current[i] / 4)}x4")
        line("model_feature_baseline_observations", f'model="golden",feature="{feature}",baseline="1"', f"{reference.sum()}+0x4")

    infinite = 0
    for name, (reference, current) in cases().items():
        r, p, edges = evidently_bins(reference, current)
        position = None
        if edges is not None:
            at = np.clip(np.searchsorted(edges, reference, "right") - 1, 0, len(r) - 1)
            middle = (edges[1:] + edges[:-1]) / 2
            position = np.array([reference[at == b].mean() if r[b] else middle[b] for b in range(len(r))]) / reference.std()
        add(name, r, p, position, edges is not None)
        of = values(r, p, position) | {m: v for m, v in unbinned(reference, current).items() if m in ("psi", "jensenshannon", "kl_div", "hellinger")}
        infinite += "chisquare" not in of
        hr, hp, hedges = evidently_bins(reference, current, True)
        alike = len(hr) == len(r) and (hr == r).all() and (hp == p).all()
        if not alike:
            add(name + "_unique", hr, hp, None, hedges is not None)
        expected += [(m, name if alike or m != "hellinger" else name + "_unique", v) for m, v in of.items()]
    print("      # What is expected.")
    for method, feature, value in expected:
        line("expected", f'method="{method}",feature="{feature}"', number(value) + "+0x4")
    print("    promql_expr_test:")
    count = Counter(method for method, _, _ in expected)
    for method, series in METHODS.items():
        print(f"""      - expr: count(abs(model_feature_window:{series}{{window="1h"}} - on (feature) expected{{method="{method}"}}) < 1e-9)
        eval_time: 60m
        exp_samples: [{{labels: '{{}}', value: {count[method]}}}]""")
    print(f"""      # Bins that the baseline lacks.
      - expr: count(model_feature_window:chisquare:statistic{{window="1h"}} == Inf)
        eval_time: 60m
        exp_samples: [{{labels: '{{}}', value: {infinite}}}]""")


if __name__ == "__main__":
    write()
