# SPDX-License-Identifier: Apache-2.0
"""Dashboards as Grafana's JSON has them: variables, annotations, links, and where each panel stands."""

from .panels import DATASOURCE

WIDTH = 24  # Columns of Grafana's grid.

# Every dashboard, in the order of the links between them.
DASHBOARDS = [
    ("tidemark-campaigns", "Campaigns"),
    ("tidemark-models", "Models"),
    ("tidemark-quality", "Data quality and alerts"),
    ("tidemark-self", "Tidemark itself"),
]


def variable(name, label, metric, matchers="", description=""):
    """The values that a label has, some or all of them."""
    expr = f"label_values({metric}{{{matchers}}}, {name})" if matchers else f"label_values({metric}, {name})"
    return {
        "type": "query",
        "name": name,
        "label": label,
        "description": description,
        "datasource": DATASOURCE,
        "definition": expr,
        "query": expr,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        # Also what has no such label.
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"], "selected": True},
        "regex": "",
        "hide": 0,
        "skipUrlSync": False,
        "options": [],
    }


def dashboard(uid, description, tags, variables, alerts, links, rows):
    """A dashboard.

    `alerts`: matchers of the alerts that are marked in the charts. `rows`: tuples of a title, whether it is closed until it
    is asked for, and panels, which stand from left to right and then below.
    """
    title = dict(DASHBOARDS)[uid]
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["tidemark", *tags],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "time": {"from": "now-7d", "to": "now"},
        "timepicker": {},
        "refresh": "5m",
        "fiscalYearStartMonth": 0,
        "links": [
            {
                "title": other,
                "type": "link",
                "url": f"/d/{link}?${{datasource:queryparam}}",
                "icon": "dashboard",
                "tooltip": f"Go to {other}",
                "keepTime": True,
                "includeVars": False,
                "targetBlank": False,
                "asDropdown": False,
                "tags": [],
            }
            for link, other in DASHBOARDS
            if link != uid
        ]
        + [
            {
                "title": name,
                "type": "link",
                "url": url,
                "icon": "doc",
                "tooltip": f"What to do: {name}",
                "keepTime": False,
                "includeVars": False,
                "targetBlank": True,
                "asDropdown": False,
                "tags": [],
            }
            for name, url in links
        ],
        "templating": {
            "list": [
                {
                    "type": "datasource",
                    "name": "datasource",
                    "label": "Data source",
                    "description": "A Prometheus that scrapes Tidemark, or Tidemark itself.",
                    "query": "prometheus",
                    "regex": "",
                    "refresh": 1,
                    "hide": 0,
                    "multi": False,
                    "includeAll": False,
                    "skipUrlSync": False,
                    "options": [],
                    "current": {},
                },
                *variables,
            ]
        },
        "annotations": {
            "list": [
                {
                    "name": "Alerts",
                    "datasource": DATASOURCE,
                    "enable": True,
                    "hide": False,
                    "iconColor": "red",
                    "expr": f'ALERTS{{alertstate="firing",{alerts}}}',
                    "step": "60s",
                    "titleFormat": "{{alertname}}",
                    "textFormat": "{{campaign}} {{model}} {{version}} {{feature}}",
                    "tagKeys": "severity",
                }
            ]
        },
        "panels": laid_out(rows),
    }


def laid_out(rows):
    """The panels with their numbers and places. Those of a closed row are within it, as Grafana has it."""
    placed, top, number = [], 0, 0
    for title, is_closed, panels in rows:
        number += 1
        row = {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": is_closed,
            "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": top},
            "panels": [],
        }
        placed.append(row)
        top += 1
        home = row["panels"] if is_closed else placed
        left, height, bottom = 0, 0, top
        for item in panels:
            place = item["gridPos"]
            if left + place["w"] > WIDTH:
                left, bottom, height = 0, bottom + height, 0
            number += 1
            home.append({"id": number, **item, "gridPos": {**place, "x": left, "y": bottom}})
            left += place["w"]
            height = max(height, place["h"])
        top = bottom + height if not is_closed else top
    return placed
