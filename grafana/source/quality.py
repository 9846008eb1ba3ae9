# SPDX-License-Identifier: Apache-2.0
"""The dashboard of data quality and alerts: can the other dashboards be believed, and what is wrong now?"""

from .dashboard import dashboard, variable
from .panels import (
    ALLOWED, BLUE, CHANGE, CHANGE_OF_AMOUNT, CHANGE_OF_COST, GREEN, GREY, ORANGE, RED, RUNBOOKS, WEEK_BEFORE, YELLOW,
    numbers, query, stat, table, thresholds, timeline, trend, words,
)

RECEIVED = 'result=~"accepted|duplicate|conflict|rejected|unmatched"'
WEEK = "Against the week before"

LABELS = words(
    missing=("labels stay away", RED),
    ok=("labels come as usual", GREEN),
    insufficient_predictions=("too few predictions to say", GREY),
    unlabelled=("usually has none", GREY),
    no_history=("too new to say", GREY),
)
ALERT = words(firing=("firing", RED), pending=("pending", YELLOW))


def events(matchers, offset="", window="24h"):
    return f"sum(increase(tidemark_events_total{{{matchers}}}[{window}]{offset}))"


def share(result, offset="", of=RECEIVED):
    """Part of the events of 24 hours."""
    one = f'result="{result}"'
    return f"{events(one, offset)} / ({events(of, offset)} > 0)"


def shared(title, description, result, steps, of=RECEIVED):
    now, before = share(result, of=of), share(result, " offset 1w", of)
    return stat(title, description, [query(now, "Last 24 hours"), query(f"({now}) - ({before})", WEEK)],
                "percentunit", decimals=2, overrides=[CHANGE_OF_COST], steps=steps, empty="no events")


def limit(name):
    return query(f'max(tidemark:threshold{{name="{name}"}})', "allowed", step="5m")


def quality():
    accepted = 'result="accepted"'
    headline = [
        stat("Events", "Events that were taken and counted in the last 24 hours.",
             [query(events(accepted), "Last 24 hours"),
              query(f'{events(accepted)} / ({events(accepted, " offset 1w")} > 0) - 1', WEEK)],
             "short", decimals=0, overrides=[CHANGE], color=BLUE, empty="no events"),
        shared("Rejected", "Of the events of the last 24 hours, so many could not be read: they count nowhere. The second number is "
               "the difference in percentage points.", "rejected", thresholds((None, GREEN), (0.01, ORANGE), (0.05, RED))),
        shared("Sent again", "Of the events of the last 24 hours, so many had been counted before. They count once. The second number "
               "is the difference in percentage points.", "duplicate", thresholds((None, GREEN), (0.05, ORANGE), (0.1, RED))),
        shared("Late", "Of the events that were taken, so many came after their time had been written. They are counted all the same. "
               "The second number is the difference in percentage points.", "late", thresholds((None, GREEN), (0.1, ORANGE)), accepted),
        stat("Newest event", "How old the newest event is: numbers are as new as this.",
             [query("time() - max(tidemark_watermark_timestamp_seconds)", "age"),
              query("max(tidemark:watermark_lag:seconds offset 1w)", "the week before")],
             "s", decimals=0, steps=thresholds((None, GREEN), (300, ORANGE), (900, RED)), empty="no events"),
        stat("Alerts", "Alerts that fire now. The table below says which, and what to do.",
             [query('count(ALERTS{alertstate="firing"}) or vector(0)', "now")],
             "none", decimals=0, steps=thresholds((None, GREEN), (1, RED)), mappings=numbers((0, ("all quiet", GREEN)))),
    ]
    to_runbook = {"links": [{
        "title": "What to do, for the alerts that come with Tidemark",
        "url": RUNBOOKS + "/${__value.raw}.md",
        "targetBlank": True,
    }]}
    alerts = [
        table("Alerts now", "Alerts that fire, and those that will if it goes on. The name leads to the page that says what to do, "
              "for the alerts that come with Tidemark.",
              [("State", "max by (alertname, alertstate, severity, campaign, model, version, feature) (ALERTS)",
                {"text": "alertstate", "mappings": ALERT})],
              [("alertname", "Alert", to_runbook), ("severity", "Severity"), ("campaign", "Campaign"), ("model", "Model"),
               ("version", "Version"), ("feature", "Feature")], height=8, sort=("Alert", False), empty="no alerts"),
        timeline("Alerts before", "When which alert fired.",
                 [query('max by (alertname, campaign, model, version, feature) (ALERTS{alertstate="firing"})',
                        "{{alertname}} {{campaign}} {{model}} {{version}} {{feature}}", step="5m")],
                 numbers((1, ("firing", RED))), height=10),
    ]
    lines = [
        trend("Events in a quarter of an hour", "Events that were taken in the 15 minutes before each point. Dashed: a week before.",
              [query(events(accepted, window="15m"), "this week", step="5m"),
               query(events(accepted, " offset 1w", "15m"), "week before", step="5m")],
              "short", overrides=[WEEK_BEFORE], minimum=0, decimals=0),
        trend("Age of the newest event", "How far the store is behind. Dotted: where the alert begins.",
              [query("max(tidemark:watermark_lag:seconds)", "age", step="1m"), limit("ingest_stalled_lag_seconds")],
              "s", overrides=[ALLOWED], minimum=0),
        trend("Events by what became of them", "Events a second. Late ones are among those that were accepted.",
              [query("sum by (result) (rate(tidemark_events_total[$__rate_interval]))", "{{result}}", step="1m")],
              "eps", minimum=0, decimals=2),
        trend("Why events were rejected", "Rejected events of the 15 minutes before each point, by reason.",
              [query('sum by (reason) (increase(tidemark_events_total{result="rejected"}[15m]))', "{{reason}}", step="5m")],
              "short", minimum=0, decimals=0),
        trend("Part of the events that was rejected or sent again", "Of the 15 minutes before each point. Dotted: where the alerts begin.",
              [query('sum(increase(tidemark_events_total{result="rejected"}[15m])) '
                     f'/ (sum(increase(tidemark_events_total{{{RECEIVED}}}[15m])) > 0)', "rejected", step="5m"),
               query('sum(increase(tidemark_events_total{result="duplicate"}[15m])) '
                     f'/ (sum(increase(tidemark_events_total{{{RECEIVED}}}[15m])) > 0)', "sent again", step="5m"),
               query('max(tidemark:threshold{name="event_rejects_ratio"})', "allowed to be rejected", step="5m"),
               query('max(tidemark:threshold{name="event_duplicates_ratio"})', "allowed to be sent again", step="5m")],
              "percentunit", overrides=[ALLOWED], minimum=0, decimals=1),
        trend("Samples by what became of them", "Samples a second that are not made of events: what rules record, what Tidemark says about "
              "itself, and what others send by remote write.",
              [query("sum by (result) (rate(tidemark_samples_total[$__rate_interval]))", "{{result}}", step="1m")],
              "cps", minimum=0, decimals=2),
    ]
    labels = [
        table("Labels of models", "Whether outcomes come as they usually do, what became of those of the last 24 hours, and how many "
              "predictions wait for theirs.",
              [
                  ("Joined", 'sum by (model) (increase(model_labels_total{result="joined",model=~"$model"}[24h]))',
                   {"unit": "short", "decimals": 0, "bar": BLUE}),
                  ("Corrected", 'sum by (model) (increase(model_labels_total{result="corrected",model=~"$model"}[24h]))',
                   {"unit": "short", "decimals": 0}),
                  ("Sent again", 'sum by (model) (increase(model_labels_total{result="duplicate",model=~"$model"}[24h]))',
                   {"unit": "short", "decimals": 0}),
                  ("Waiting", 'sum by (model) (model_predictions_pending{model=~"$model"})', {"unit": "short", "decimals": 0}),
                  ("State", 'max by (model, state) (model:labels:state{model=~"$model"})', {"text": "state", "mappings": LABELS}),
              ],
              [("model", "Model")], width=12, height=8),
        trend("How long outcomes take", "Half of the outcomes, and 95 of 100, of the six hours before each point came within this time.",
              [query(f'histogram_quantile({quantile}, sum by (le, model) (increase(model_label_delay_seconds_bucket{{model=~"$model"}}[6h])))',
                     "{{model}} " + text, step="30m") for quantile, text in ((0.5, "50 %"), (0.95, "95 %"))],
              "s", minimum=0),
    ]
    limits = [table("Thresholds", "The numbers that the alerts compare with. They are in the first lines of the rule files, each with a "
                    "sentence.",
                    [("Value", "max by (name) (tidemark:threshold)", {"unit": "none"})], [("name", "Threshold")], height=12,
                    sort=("Threshold", False))]
    return dashboard(
        "tidemark-quality",
        "Whether the other dashboards can be believed, and what is wrong now.",
        ["quality", "alerts"],
        [variable("model", "Model", "model_predictions_total", description="Counts in “Labels of models”.")],
        'alertname!=""',
        [("Runbook: no new events", f"{RUNBOOKS}/IngestStalled.md"),
         ("Runbook: many rejects", f"{RUNBOOKS}/EventRejectsHigh.md"),
         ("Runbook: many duplicates", f"{RUNBOOKS}/EventDuplicatesHigh.md"),
         ("Runbook: labels are missing", f"{RUNBOOKS}/ModelLabelsMissing.md")],
        [
            ("Now and in the last 24 hours", False, headline),
            ("Alerts", False, alerts),
            ("Events", False, lines),
            ("Labels", False, labels),
            ("Thresholds", True, limits),
        ],
    )
