# SPDX-License-Identifier: Apache-2.0
"""Panels as Grafana's JSON has them, from what differs between them."""

# Both are to be made yours; the alerts in rules/alerts/ name the same two.
RUNBOOKS = "https://tidemark.example/docs/runbooks"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "text"


def query(expr, legend="", instant=False, step=None, table=False):
    """One expression. `table`: each label becomes a column. `step`: the least time between two points."""
    target = {
        "datasource": DATASOURCE,
        "expr": " ".join(expr.split()),
        "legendFormat": legend or "__auto",
        "format": "table" if table else "time_series",
        "instant": instant or table,
        "range": not (instant or table),
        "editorMode": "code",
        "exemplar": False,
    }
    if step:
        target["interval"] = step
    return target


def thresholds(*steps):
    """Colours by value: pairs of a lower bound, None for the first, and a colour."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]}


def words(**states):
    """Says and colours texts: `drop=("CTR has dropped", RED)`."""
    options = {key: {"text": text, "color": color, "index": index} for index, (key, (text, color)) in enumerate(states.items())}
    return [{"type": "value", "options": options}]


def numbers(*pairs):
    """Says and colours numbers: pairs of a number and (text, colour)."""
    options = {str(key): {"text": text, "color": color, "index": index} for index, (key, (text, color)) in enumerate(pairs)}
    return [{"type": "value", "options": options}]


def override(name, regex=False, **properties):
    """What differs for one field. Underscores in a key stand for dots: `custom_lineStyle` is `custom.lineStyle`."""
    return {
        "matcher": {"id": "byRegexp" if regex else "byName", "options": name},
        "properties": [{"id": key.replace("_", ".", 1), "value": value} for key, value in properties.items()],
    }


# What was a week ago is dashed and without a fill.
WEEK_BEFORE = override(
    "/week before/",
    regex=True,
    custom_lineStyle={"fill": "dash", "dash": [8, 6]},
    custom_fillOpacity=0,
    custom_lineWidth=1,
)
# What is allowed is a thin red line of dots.
ALLOWED = override(
    "/^allowed/",
    regex=True,
    custom_lineStyle={"fill": "dash", "dash": [2, 6]},
    custom_fillOpacity=0,
    color={"mode": "fixed", "fixedColor": RED},
)
# More is good; the sign says it too.
CHANGE = override(
    "/week before/",
    regex=True,
    unit="percentunit",
    decimals=1,
    noValue="no week before",
    color={"mode": "thresholds"},
    thresholds=thresholds((None, RED), (-0.2, ORANGE), (-0.05, GREY), (0.05, GREEN)),
)
# More is bad.
CHANGE_OF_COST = override(
    "/week before/",
    regex=True,
    unit="percentunit",
    decimals=1,
    noValue="no week before",
    color={"mode": "thresholds"},
    thresholds=thresholds((None, GREEN), (-0.05, GREY), (0.05, ORANGE), (0.2, RED)),
)
# More is neither.
CHANGE_OF_AMOUNT = override(
    "/week before/",
    regex=True,
    unit="percentunit",
    decimals=1,
    noValue="no week before",
    color={"mode": "fixed", "fixedColor": GREY},
)


def panel(kind, title, description, queries, width, height, defaults, overrides, options):
    """A panel of any kind. Where there is nothing to show it says so in words."""
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "gridPos": {"h": height, "w": width, "x": 0, "y": 0},
        "targets": [{**target, "refId": chr(65 + index)} for index, target in enumerate(queries)],
        "fieldConfig": {"defaults": {"noValue": "no traffic", **defaults}, "overrides": list(overrides)},
        "options": options,
    }


def stat(title, description, queries, unit, width=4, height=5, overrides=(), color=GREY, steps=None, decimals=None, mappings=(),
         empty="no traffic"):
    """A number now; a second query stands below it."""
    defaults = {
        "unit": unit,
        "mappings": list(mappings),
        "noValue": empty,
        "color": {"mode": "thresholds"},
        "thresholds": steps or thresholds((None, color)),
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    return panel(
        "stat", title, description, [{**q, "instant": True, "range": False} for q in queries], width, height, defaults, overrides,
        {
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "auto",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    )


def trend(title, description, queries, unit, width=12, height=8, overrides=(), minimum=None, maximum=None, decimals=None, steps=None,
          empty="no traffic"):
    """Lines over time."""
    defaults = {
        "unit": unit,
        "noValue": empty,
        "color": {"mode": "palette-classic"},
        "custom": {
            "drawStyle": "line",
            "lineInterpolation": "linear",
            "lineWidth": 2,
            "fillOpacity": 8,
            "showPoints": "never",
            "spanNulls": False,
            "axisPlacement": "auto",
        },
    }
    for key, value in (("min", minimum), ("max", maximum), ("decimals", decimals), ("thresholds", steps)):
        if value is not None:
            defaults[key] = value
    return panel(
        "timeseries", title, description, queries, width, height, defaults, overrides,
        {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )


def table(title, description, columns, labels, width=24, height=10, sort=None, unit="short", empty="no traffic"):
    """Rows of what has the same labels.

    `columns` are tuples of heading, expression, and what is to be known of the field: unit, decimals, bar, mappings. One
    whose expression brings a label of its own to show is named by that label: (heading, expression, {"text": "state"}).
    `labels` are pairs of a label and its heading, or triples with what is to be known of it.
    """
    queries = [query(column[1], table=True) for column in columns]
    renamed, hidden, overrides, order = {}, {"Time": True}, [], {}
    for label in labels:
        renamed[label[0]] = label[1]
        order[label[0]] = len(order)
        if len(label) > 2:
            overrides.append(override(label[1], **label[2]))
    for index, (heading, _, *more) in enumerate(columns):
        field = dict(more[0]) if more else {}
        # Of one query the value has no letter.
        value = f"Value #{chr(65 + index)}" if len(columns) > 1 else "Value"
        text = field.pop("text", None)
        if text:
            hidden[value] = True
            value = text
        renamed[value] = heading
        order[value] = len(order)
        color = field.pop("bar", None)
        if color:
            field.update(
                custom_cellOptions={"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
                color={"mode": "fixed", "fixedColor": color},
                min=0,
            )
        if text and "mappings" in field:
            field["custom_cellOptions"] = {"type": "color-text"}
        if field:
            overrides.append(override(heading, **field))
    return panel(
        "table", title, description, queries, width, height,
        {"unit": unit, "noValue": empty, "custom": {"align": "auto", "filterable": False, "cellOptions": {"type": "auto"}}},
        overrides,
        {
            "showHeader": True,
            "cellHeight": "sm",
            "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
            "sortBy": [{"displayName": sort[0], "desc": sort[1]}] if sort else [],
        },
    ) | {
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": hidden, "indexByName": order, "renameByName": renamed}},
        ]
    }


def timeline(title, description, queries, mappings, width=24, height=8, empty="nothing fired"):
    """What was so, and when: a bar for each series."""
    return panel(
        "state-timeline", title, description, queries, width, height,
        {
            "unit": "none",
            "noValue": empty,
            "mappings": mappings,
            "color": {"mode": "thresholds"},
            "thresholds": thresholds((None, GREY), (1, RED)),
            "custom": {"fillOpacity": 70, "lineWidth": 0},
        },
        (),
        {
            "mergeValues": True,
            "showValue": "never",
            "alignValue": "left",
            "rowHeight": 0.8,
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
            "tooltip": {"mode": "single", "sort": "none"},
        },
    )
