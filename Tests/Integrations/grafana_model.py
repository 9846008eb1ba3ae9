# SPDX-License-Identifier: Apache-2.0
"""Reads dashboards with Grafana's own model of them, and tells what of them is not in it.

    python grafana_model.py FILE...

The model is the package grafana-foundation-sdk, which is generated from Grafana's schemas. It drops what it does not know, so
that what does not come back is unknown to Grafana, or is one of the few things that the schemas leave out. Exits 1 when
there is more than those.
"""

import collections
import json
import re
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# What Grafana writes and reads itself, and its schemas do not have: the text of a variable's query a second time, and the
# fields of an annotation's query that belong to the plug-in of the data source.
LEFT_OUT = {
    "/templating/list/*/definition",
    "/annotations/list/*/step",
    "/annotations/list/*/titleFormat",
    "/annotations/list/*/textFormat",
    "/annotations/list/*/tagKeys",
}


def lost(before, after, path=""):
    """Paths of what is in the one and not, or not the same, in the other."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{path}/{index}")
    elif before != after:
        yield path


def missing(dashboard):
    """Of one dashboard, how often each path does not come back; places in lists as `*`."""
    after = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    paths = (re.sub(r"/\d+", "/*", path) for path in lost(dashboard, after))
    return collections.Counter(path for path in paths if path not in LEFT_OUT)


def main():
    register_default_plugins()
    failed = False
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            dashboard = json.load(file)
        found = missing(dashboard)
        for path, count in found.items():
            print(f"{name}: {path}, {count} times, is not in Grafana's model")
        failed = failed or bool(found)
        # What Grafana would not know has to be noticed.
        dashboard["panels"][1]["fieldConfig"]["defaults"]["colour"] = "red"
        dashboard["refreshing"] = "5m"
        if set(missing(dashboard)) - set(found) != {"/panels/*/fieldConfig/defaults/colour", "/refreshing"}:
            print(f"{name}: a damaged one passes")
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
