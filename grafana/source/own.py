# SPDX-License-Identifier: Apache-2.0
"""The dashboard of who runs Tidemark: requests and queries by rate, errors and duration, then what it uses."""

from .dashboard import dashboard
from .panels import (
    ALLOWED, BLUE, CHANGE_OF_AMOUNT, CHANGE_OF_COST, GREEN, ORANGE, RED, RUNBOOKS, WEEK_BEFORE,
    numbers, query, stat, table, thresholds, timeline, trend,
)

WEEK = "Against the week before"
# The alerts of rules/alerts/tidemark.yml: those that lead here.
ALERTS = "|".join([
    "IngestStalled", "EventRejectsHigh", "EventDuplicatesHigh", "StoreUnhealthy", "RemoteWriteBehind", "DiskSpaceLow", "CommitsSlow",
    "StoreMaintenanceFailing", "BackupTooOld",
])


def of_tidemark(metric):
    """A metric that every process has, of Tidemark's only."""
    return f"sum({metric} and on (job, instance) tidemark_up)"


def processor(offset=""):
    return f"sum(rate(process_cpu_seconds_total[$__rate_interval]{offset}) and on (job, instance) tidemark_up{offset})"


def grown(metric):
    """0.1 is 10 % more than a week before."""
    return f"sum({metric}) / (sum({metric} offset 1w) > 0) - 1"


def quantiles(metric, interval="$__rate_interval"):
    return [query(f"histogram_quantile({quantile}, sum by (le) (rate({metric}_bucket[{interval}])))", text, step="1m")
            for quantile, text in ((0.5, "50 %"), (0.95, "95 %"), (0.99, "99 %"))]


def requests(offset=""):
    return f"sum(increase(tidemark_http_requests_total[24h]{offset}))"


def own():
    memory = of_tidemark("process_resident_memory_bytes")
    headline = [
        stat("Takes events", "Whether a write is possible: after a failed one nothing more is taken, and what was acknowledged is safe.",
             [query("min(tidemark_up)", "now")], "none", decimals=0, steps=thresholds((None, RED), (1, GREEN)),
             mappings=numbers((1, ("yes", GREEN)), (0, ("no", RED))), empty="no answer"),
        stat("Requests", "HTTP requests answered in the last 24 hours.",
             [query(requests(), "Last 24 hours"), query(f'{requests()} / ({requests(offset=" offset 1w")} > 0) - 1', WEEK)],
             "short", decimals=0, overrides=[CHANGE_OF_AMOUNT], color=BLUE, empty="no requests"),
        stat("Requests that failed here", "Of the requests of the last 24 hours, so many were answered with a code from 500 on.",
             [query(f'(sum(increase(tidemark_http_requests_total{{code=~"5.."}}[24h])) or vector(0)) / ({requests()} > 0)', "Last 24 hours")],
             "percentunit", decimals=2, steps=thresholds((None, GREEN), (0.001, ORANGE), (0.01, RED)), empty="no requests"),
        stat("Series", "Series in the store, of events and of samples.",
             [query("sum(tidemark_series)", "now"), query(grown("tidemark_series"), WEEK)],
             "short", decimals=1, overrides=[CHANGE_OF_AMOUNT], color=BLUE),
        stat("Disk", "Bytes of the store's files.",
             [query("sum(tidemark_store_bytes)", "now"), query(grown("tidemark_store_bytes"), WEEK)],
             "bytes", decimals=1, overrides=[CHANGE_OF_COST], color=BLUE),
        stat("Memory", "Memory of the process.",
             [query(memory, "now"),
              query(f'{memory} / (sum(process_resident_memory_bytes offset 1w and on (job, instance) tidemark_up offset 1w) > 0) - 1', WEEK)],
             "bytes", decimals=1, overrides=[CHANGE_OF_COST], color=BLUE),
    ]
    serving = [
        trend("Requests", "HTTP requests a second, by code. Codes from 500 on are failures of Tidemark, others from 400 on of who asks.",
              [query("sum by (code) (rate(tidemark_http_requests_total[$__rate_interval]))", "{{code}}", step="1m")],
              "reqps", minimum=0, decimals=2),
        table("Requests by endpoint", "HTTP requests of the last 24 hours.",
              [("Requests", "sum by (path, code) (increase(tidemark_http_requests_total[24h])) > 0", {"unit": "short", "decimals": 0, "bar": BLUE})],
              [("path", "Endpoint"), ("code", "Code")], width=12, height=8, sort=("Requests", True)),
        trend("Queries", "Queries a second, by how they ended.",
              [query("sum by (result) (rate(tidemark_queries_total[$__rate_interval]))", "{{result}}", step="1m")],
              "reqps", minimum=0, decimals=2),
        trend("Time of a query", "So many of 100 queries took at most this long, waiting included.", quantiles("tidemark_query_duration_seconds"),
              "s", minimum=0),
        trend("Queries under way", "Queries that run, and those that wait for a thread.",
              [query("sum(tidemark_queries_running)", "running", step="1m"), query("sum(tidemark_queries_waiting)", "waiting", step="1m")],
              "short", minimum=0, decimals=0),
        trend("Processor time", "Processors in use on average. Dashed: a week before.",
              [query(processor(), "this week", step="5m"), query(processor(" offset 1w"), "week before", step="5m")],
              "none", overrides=[WEEK_BEFORE], minimum=0, decimals=2),
    ]
    storing = [
        trend("Time of a commit", "So many of 100 commits took at most this long. An event is acknowledged after its commit.",
              quantiles("tidemark_commit_duration_seconds"), "s", minimum=0),
        trend("Commits", "Commits to the store a second.",
              [query("sum(rate(tidemark_commits_total[$__rate_interval]))", "commits", step="1m")], "ops", minimum=0, decimals=2),
        trend("Memory", "The process, and of it what is not in the files yet, identities and predictions that are remembered.",
              [query(memory, "process", step="1m"), query("sum(tidemark_head_bytes)", "head", step="1m"),
               query("sum(tidemark_identity_bytes)", "identities", step="1m"), query("sum(tidemark_join_bytes)", "joins", step="1m")],
              "bytes", minimum=0),
        trend("Disk", "Bytes of the store's files. Dashed: a week before.",
              [query("sum(tidemark_store_bytes)", "this week", step="5m"),
               query("sum(tidemark_store_bytes offset 1w)", "week before", step="5m")], "bytes", overrides=[WEEK_BEFORE], minimum=0),
    ]
    upkeep = [
        trend("Free on the disk", "Bytes that are free on the disk of the store. Dotted: where the alert begins.",
              [query("min(tidemark_disk_free_bytes)", "free", step="1m"),
               query('max(tidemark:threshold{name="disk_free_bytes"})', "allowed", step="5m")],
              "bytes", overrides=[ALLOWED], minimum=0),
        trend("Upkeep that failed", "Days that could not be sealed, exchanges of the database and backups that failed, in the hour before "
              "each point. What was to be kept is as it was, and it is tried again.",
              [query("sum(increase(tidemark_store_seal_failures_total[1h]))", "sealing a day", step="5m"),
               query("sum(increase(tidemark_store_rotation_failures_total[1h]))", "exchanging the database", step="5m"),
               query("sum(increase(tidemark_backup_failures_total[1h]))", "backup", step="5m")],
              "short", minimum=0, decimals=0),
        trend("Age of the last backup", "How old the last backup is that was made through the server. Dotted: where the alert begins.",
              [query("max(tidemark:backup_age:seconds)", "age", step="5m"),
               query('max(tidemark:threshold{name="backup_age_seconds"})', "allowed", step="5m")],
              "s", overrides=[ALLOWED], minimum=0, empty="no backup"),
        trend("Oldest day that can be read", "How long ago it began, once retention has dropped a day. A step down of more than a day: days were "
              "dropped for room, or retention was given a shorter time.",
              [query("time() - max(tidemark_retention_floor_timestamp_seconds)", "age", step="5m")],
              "s", minimum=0, empty="nothing dropped"),
    ]
    rules = [
        trend("Time of the rules", "So many of 100 evaluations of a group of rules took at most this long.",
              quantiles("tidemark_rule_evaluation_duration_seconds"), "s", minimum=0),
        trend("Rules that failed or were missed", "Failed rules, and evaluations there was no time for, in the 15 minutes before each point.",
              [query("sum(increase(tidemark_rule_evaluation_failures_total[15m]))", "failed", step="5m"),
               query("sum(increase(tidemark_rule_group_iterations_missed_total[15m]))", "missed", step="5m")],
              "short", minimum=0, decimals=0),
        timeline("Alerts about Tidemark", "When which alert about Tidemark itself fired.",
                 [query(f'max by (alertname, destination) (ALERTS{{alertstate="firing",alertname=~"{ALERTS}"}})',
                        "{{alertname}} {{destination}}", step="5m")],
                 numbers((1, ("firing", RED))), height=6),
    ]
    sending = [
        trend("Notifications", "Alerts told a second, by receiver and by how that ended.",
              [query("sum by (destination, result) (rate(tidemark_notifications_total[$__rate_interval]))", "{{destination}} {{result}}", step="1m")],
              "ops", minimum=0, decimals=3),
        trend("Remote write is behind", "How far each receiver of remote write is behind. Dotted: where the alert begins.",
              [query("max by (destination) (tidemark_remote_write_lag_seconds)", "{{destination}}", step="1m"),
               query('max(tidemark:threshold{name="remote_write_behind_seconds"})', "allowed", step="5m")],
              "s", overrides=[ALLOWED], minimum=0),
    ]
    return dashboard(
        "tidemark-self",
        "Whether Tidemark is well: requests, queries, storage, rules. For who runs it.",
        ["operations"],
        [],
        f'alertname=~"{ALERTS}"',
        [("Runbook: the store is unhealthy", f"{RUNBOOKS}/StoreUnhealthy.md"),
         ("Runbook: no new events", f"{RUNBOOKS}/IngestStalled.md"),
         ("Runbook: remote write is behind", f"{RUNBOOKS}/RemoteWriteBehind.md"),
         ("Runbook: the disk fills up", f"{RUNBOOKS}/DiskSpaceLow.md"),
         ("Runbook: commits are slow", f"{RUNBOOKS}/CommitsSlow.md"),
         ("Runbook: the store cannot be tidied up", f"{RUNBOOKS}/StoreMaintenanceFailing.md"),
         ("Runbook: there is no new backup", f"{RUNBOOKS}/BackupTooOld.md")],
        [
            ("Now and in the last 24 hours", False, headline),
            ("Requests and queries", False, serving),
            ("Storage", False, storing),
            ("Disk, upkeep and backups", False, upkeep),
            ("Rules", False, rules),
            ("Notifications and remote write", False, sending),
        ],
    )
