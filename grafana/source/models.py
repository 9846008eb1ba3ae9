# SPDX-License-Identifier: Apache-2.0
"""The dashboard of models: are they right, are they fast, and do they see what they were made for?"""

from .dashboard import dashboard, variable
from .panels import (
    ALLOWED, BLUE, CHANGE_OF_AMOUNT, CHANGE_OF_COST, GREEN, GREY, ORANGE, RED, RUNBOOKS, WEEK_BEFORE, YELLOW,
    numbers, query, stat, table, thresholds, timeline, trend, words,
)

CHOSEN = 'model=~"$model",version=~"$version"'
FEATURE = CHOSEN + ',feature=~"$feature"'

USABLE = words(
    usable=("usable", GREEN),
    error_rate_high=("wrong too often", RED),
    kept_usable=("usable, by older labels", YELLOW),
    kept_error_rate_high=("wrong too often, by older labels", ORANGE),
    insufficient_labels=("too few labels to say", GREY),
    regression=("predicts numbers", GREY),
)
DRIFT = words(
    drift=("has drifted", RED),
    ok=("as in the baseline", GREEN),
    insufficient_observations=("too few values to say", GREY),
    no_baseline=("no baseline", GREY),
)


def counted(what, window="24h", by="", offset=""):
    by = f" by ({by})" if by else ""
    return f'sum{by} (model_version_window:{what}:increase{{{CHOSEN},window="{window}"}}{offset})'


def ratio(one, other, window="24h", by="", offset=""):
    return f"{counted(one, window, by, offset)} / ({counted(other, window, by, offset)} > 0)"


def change(now, before):
    return f"{now} / ({before} > 0) - 1"


def of_version(series):
    """A recorded number of each model and version over 24 hours."""
    return f'max by (model, version) (model_version_window:{series}{{{CHOSEN},window="24h"}})'


def of_feature(series):
    return f'max by (model, version, feature) (model_feature_window:{series}{{{FEATURE},window="24h"}})'


def latency(quantile, range_, by="", offset=""):
    by = f", {by}" if by else ""
    return f"histogram_quantile({quantile}, sum by (le{by}) (rate(model_prediction_latency_seconds_bucket{{{CHOSEN}}}[{range_}]{offset})))"


def models():
    week = "Against the week before"
    day_latency = [latency(0.95, "1d", offset=offset) for offset in ("", " offset 1w")]
    headline = [
        stat("Predictions", "Predictions of the last 24 hours.",
             [query(counted("predictions"), "Last 24 hours"),
              query(change(counted("predictions"), counted("predictions", offset=" offset 1w")), week)],
             "short", decimals=0, overrides=[CHANGE_OF_AMOUNT], color=BLUE),
        stat("Wrong predictions", "Of the predictions of the last 24 hours whose outcome is known, so many were wrong. Models of classes only.",
             [query(ratio("errors", "outcomes"), "Last 24 hours"),
              query(change(f"({ratio('errors', 'outcomes')})", f"({ratio('errors', 'outcomes', offset=' offset 1w')})"), week)],
             "percentunit", decimals=2, overrides=[CHANGE_OF_COST], steps=thresholds((None, GREEN), (0.1, RED)), empty="no labels"),
        stat("Predictions with an outcome", "Of the predictions of the last 24 hours, so many have their outcome already.",
             [query(ratio("labels", "predictions"), "Last 24 hours"),
              query(change(f"({ratio('labels', 'predictions')})", f"({ratio('labels', 'predictions', offset=' offset 1w')})"), week)],
             "percentunit", decimals=1, overrides=[CHANGE_OF_AMOUNT], color=BLUE),
        stat("Time of a prediction", "95 of 100 predictions of the last 24 hours took at most this long.",
             [query(day_latency[0], "95 %"), query(change(*day_latency), week)],
             "s", decimals=1, overrides=[CHANGE_OF_COST], color=BLUE),
        stat("Features that have drifted", "Features whose values are not distributed any more as in the model's baseline, in any window.",
             [query(f'count(model_feature:drift:state{{{FEATURE},state="drift"}}) or vector(0)', "now")],
             "none", decimals=0, steps=thresholds((None, GREEN), (1, RED)), mappings=numbers((0, ("none", GREEN)))),
        stat("Models with an alert", "Models that something is wrong with now.",
             [query('count(count by (model) (ALERTS{alertstate="firing",model!="",model=~"$model"})) or vector(0)', "now")],
             "none", decimals=0, steps=thresholds((None, GREEN), (1, RED)), mappings=numbers((0, ("all quiet", GREEN)))),
    ]
    lines = [
        trend("Wrong predictions", "Wrong predictions divided by labels, over the six hours before each point. Dashed: a week before. "
              "Dotted: what is allowed.",
              [query(ratio("errors", "outcomes", "6h", "model, version"), "{{model}} {{version}}", step="5m"),
               query(ratio("errors", "outcomes", "6h", "model, version", " offset 1w"), "{{model}} {{version}} week before", step="5m"),
               query('max(tidemark:threshold{name="model_error_rate"})', "allowed", step="5m")],
              "percentunit", overrides=[WEEK_BEFORE, ALLOWED], minimum=0, decimals=1),
        trend("Predictions by the hour", "Predictions of the hour before each point. Dashed: a week before.",
              [query(counted("predictions", "1h", "model"), "{{model}}", step="5m"),
               query(counted("predictions", "1h", "model", " offset 1w"), "{{model}} week before", step="5m")],
              "short", overrides=[WEEK_BEFORE], minimum=0, decimals=0),
        trend("Time of a prediction", "So many of 100 predictions took at most this long.",
              [query(latency(quantile, "$__rate_interval"), text, step="5m")
               for quantile, text in ((0.5, "50 %"), (0.95, "95 %"), (0.99, "99 %"))],
              "s", minimum=0),
        trend("Features that are far from their baseline", "Population stability index over six hours, without the bias of small samples, "
              "where it is above 0.05: 0.1 is little, 0.25 is much.",
              [query(f'max by (model, version, feature) (model_feature_window:psi_unbiased:value{{{FEATURE},window="6h"}}) > 0.05',
                     "{{feature}} of {{model}} {{version}}", step="5m")],
              "none", minimum=0, decimals=2, empty="every feature is near its baseline"),
        timeline("Alerts of models", "When which alert of the chosen models fired.",
                 [query('max by (alertname, model, version, feature) (ALERTS{alertstate="firing",model!="",model=~"$model"})',
                        "{{model}} {{version}} {{feature}}: {{alertname}}", step="5m")],
                 numbers((1, ("firing", RED)))),
    ]
    whole = [
        table("Models of classes", "The last 24 hours. Without a model: how often always saying the most frequent class is wrong. Area "
              "under the curve: 0.5 is chance, 1 is perfect. Brier skill: 0 is no better than the base rate, 1 is perfect. Calibration: "
              "1.2 promises 20 % too much.",
              [
                  ("Predictions", counted("predictions", by="model, version"), {"unit": "short", "decimals": 0, "bar": BLUE}),
                  ("Labels", counted("outcomes", by="model, version") + " > 0", {"unit": "short", "decimals": 0}),
                  ("Wrong", ratio("errors", "outcomes", by="model, version"), {"unit": "percentunit", "decimals": 2, "bar": RED}),
                  ("Without a model", of_version("trivial_error:ratio"), {"unit": "percentunit", "decimals": 2}),
                  ("Area under the curve", of_version("auc:ratio"), {"unit": "none", "decimals": 3}),
                  ("Brier skill", of_version("brier_skill:ratio"), {"unit": "none", "decimals": 3}),
                  ("Calibration", of_version("calibration:ratio"), {"unit": "none", "decimals": 2}),
                  ("State", f"max by (model, version, state) (model_version:usable:state{{{CHOSEN}}})", {"text": "state", "mappings": USABLE}),
              ],
              [("model", "Model"), ("version", "Version")], height=8, sort=("Predictions", True)),
        table("Models of numbers", "The last 24 hours. Bias above 0 says too much. R² is 1 when perfect, and 0 when always saying the mean "
              "would be as good.",
              [
                  ("Labels", counted("regression_outcomes", by="model, version"), {"unit": "short", "decimals": 0, "bar": BLUE}),
                  ("Mean absolute error", of_version("absolute_error:mean"), {"unit": "none", "decimals": 3}),
                  ("Root mean squared error", of_version("squared_error:root_mean"), {"unit": "none", "decimals": 3}),
                  ("Bias", of_version("regression_error:mean"), {"unit": "none", "decimals": 3}),
                  ("R²", of_version("r2:ratio"), {"unit": "none", "decimals": 3, "bar": GREEN}),
              ],
              [("model", "Model"), ("version", "Version")], width=12, height=7),
        table("What was said and what was so", "Predictions of the last 24 hours with an outcome, by predicted and actual class.",
              [("Predictions", "sum by (model, version, predicted, actual) (model_version_predicted_actual_window:outcomes:increase"
                f'{{{CHOSEN},window="24h"}})', {"unit": "short", "decimals": 0, "bar": BLUE})],
              [("model", "Model"), ("version", "Version"), ("predicted", "Predicted"), ("actual", "Actual")], width=12, height=7),
        table("Features", "The last 24 hours against the model's baseline, and how many values are missing. The distance of Jensen and "
              "Shannon is 0 when both are distributed alike, and 1 when they share nothing.",
              [
                  ("Stability index", of_feature("psi_unbiased:value"), {"unit": "none", "decimals": 3, "bar": ORANGE}),
                  ("Distance", of_feature("jensenshannon:distance"), {"unit": "none", "decimals": 3}),
                  ("Missing", of_feature("missing:ratio"), {"unit": "percentunit", "decimals": 2}),
                  ("State", f"max by (model, version, feature, state) (model_feature:drift:state{{{FEATURE}}})",
                   {"text": "state", "mappings": DRIFT}),
              ],
              [("model", "Model"), ("version", "Version"), ("feature", "Feature")], height=11, sort=("Stability index", True)),
    ]
    training = [table(
        "Training runs", "The newest metrics of each training run that was reported.",
        [("Value", 'max by (model, version, run, metric) (last_over_time(model_training_metric{model=~"$model",version=~"$version"}[7d]))',
          {"unit": "none", "decimals": 3})],
        [("model", "Model"), ("version", "Version"), ("run", "Run"), ("metric", "Metric")], height=8, empty="no training runs")]
    return dashboard(
        "tidemark-models",
        "Whether models are right, fast, and see what they were made for.",
        ["models"],
        [
            variable("model", "Model", "model_predictions_total"),
            variable("version", "Version", "model_predictions_total", 'model=~"$model"'),
            variable("feature", "Feature", "model_feature_observations_total", CHOSEN),
        ],
        'model!="",model=~"$model"',
        [("Runbook: wrong too often", f"{RUNBOOKS}/ModelErrorRateHigh.md"),
         ("Runbook: a feature has drifted", f"{RUNBOOKS}/ModelFeatureDrift.md"),
         ("Runbook: no better than no model", f"{RUNBOOKS}/ModelNoBetterThanTrivial.md"),
         ("Runbook: a version is worse", f"{RUNBOOKS}/ModelVersionWorse.md")],
        [
            ("The last 24 hours", False, headline),
            ("How it went", False, lines),
            ("Model by model", False, whole),
            ("Training", True, training),
        ],
    )
