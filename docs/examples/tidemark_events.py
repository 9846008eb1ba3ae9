# SPDX-License-Identifier: Apache-2.0
"""Posts events to Tidemark from a program that has something better to do. Nothing but the standard library."""

import collections
import json
import logging
import math
import threading
import time
import urllib.error
import urllib.request
import uuid

log = logging.getLogger("tidemark")

# Answers that another attempt would not change.
_FINAL = (400, 415)


class EventPoster:
    """Posts events in batches, from a thread of its own.

    `post` returns at once and never raises for the server's sake. An event gets its identity and its time when it is handed over, and is
    written down then: however often a batch is sent again, it is the same bytes, and Tidemark counts it once. While the server is away,
    events wait in memory, at most `capacity` of them; beyond that the oldest are dropped and counted.

    Counts: `accepted`, `duplicates` and `rejected` as the server tells them, `dropped` what was given up.
    """

    def __init__(self, url="http://127.0.0.1:9590", source="python", batch=500, interval=1.0, timeout=5.0, capacity=100_000, headers=None):
        self.accepted = self.duplicates = self.rejected = self.dropped = 0
        self._endpoint = url.rstrip("/") + "/api/v1/events"
        self._headers = {"Content-Type": "application/x-ndjson", **(headers or {})}
        self._source, self._batch, self._interval, self._timeout, self._capacity = source, batch, interval, timeout, capacity
        self._waiting = collections.deque()
        self._sending = []
        self._urgent = self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="tidemark-events", daemon=True)
        self._thread.start()

    def post(self, event):
        """Hands an event over. `id`, `source` and `time` (Unix seconds) are filled in when it has none."""
        event = {"id": str(uuid.uuid4()), "source": self._source, "time": round(time.time(), 3), **event}
        line = json.dumps(finite(event), separators=(",", ":"), allow_nan=False).encode()
        with self._changed:
            if self._closed:
                self.dropped += 1
                return
            if len(self._waiting) >= self._capacity:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(line)
            self._changed.notify_all()

    def flush(self, timeout=10.0):
        """Waits until everything is answered, at most `timeout` seconds. False when something is still waiting."""
        with self._changed:
            self._urgent = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting and not self._sending, timeout)

    def close(self, timeout=10.0):
        """Flushes, at most `timeout` seconds, and ends. What is not answered by then is dropped, and what is posted after it."""
        done = self.flush(timeout)
        with self._changed:
            self._closed = True
            left = len(self._waiting) + len(self._sending)
            self.dropped += left
            self._waiting.clear()
            self._changed.notify_all()
        if left:
            log.warning("%d events were not delivered", left)
        return done

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    # The thread. Only it takes from `_waiting` into `_sending`, and only it empties `_sending`.

    def _run(self):
        pause = 0.5
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._closed and not self._urgent:
                    self._changed.wait_for(lambda: len(self._waiting) >= self._batch or self._urgent or self._closed, self._interval)
                if self._closed:
                    return
                while self._waiting and len(self._sending) < self._batch:
                    self._sending.append(self._waiting.popleft())
            while True:
                retry_after = self._send(self._sending)
                if retry_after is None:
                    break
                with self._changed:
                    if self._changed.wait_for(lambda: self._closed, max(pause, retry_after)):
                        return
                pause = min(2 * pause, 30.0)
            pause = 0.5
            with self._changed:
                self._sending = []
                if not self._waiting:
                    self._urgent = False
                self._changed.notify_all()

    def _send(self, lines):
        """One attempt. None when it is settled, else in how many seconds to try again, at the earliest."""
        request = urllib.request.Request(self._endpoint, b"\n".join(lines) + b"\n", self._headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as response:
                self._take(json.load(response))
            return None
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 413:
                    return self._send_halves(lines)
                if error.code in _FINAL:
                    log.warning("%d events were refused: %s", len(lines), error)
                    self.rejected += len(lines)
                    return None
                log.warning("Tidemark answers %s; trying again", error)
                after = error.headers.get("Retry-After", "")
                return float(after) if after.isdigit() else 0.0
        except Exception as error:  # whatever it is, the program goes on
            log.warning("Tidemark does not answer (%s); trying again", error)
            return 0.0

    def _send_halves(self, lines):
        if len(lines) == 1:
            log.warning("an event of %d bytes is too large", len(lines[0]))
            self.rejected += 1
            return None
        middle = len(lines) // 2
        # A half that has to be sent again goes with the other: what was counted is recognised.
        first, second = self._send(lines[:middle]), self._send(lines[middle:])
        waits = [wait for wait in (first, second) if wait is not None]
        return max(waits) if waits else None

    def _take(self, answer):
        self.accepted += answer.get("accepted", 0)
        self.duplicates += answer.get("duplicates", 0)
        self.rejected += answer.get("rejected", 0) + answer.get("conflicts", 0)
        for fault in answer.get("errors", [])[:3]:
            log.warning("event refused: %s, %s", fault.get("reason"), fault.get("message"))
        if answer.get("unmatched"):
            log.warning("%d events are of no use to the server's definitions", answer["unmatched"])


def finite(value):
    """The same without NaN and infinities, which JSON does not have: they become null, which Tidemark counts as missing."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()  # of numpy, jax or torch
    return None if isinstance(value, float) and not math.isfinite(value) else value
