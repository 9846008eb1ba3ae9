# SPDX-License-Identifier: Apache-2.0
"""Tidemark beside DuckDB, mtail and Pushgateway on the same input in the same run; prints rates and ratios.

Workloads
  ingest   a file of EVENTS lean events (default 2,000,000): `tidemark ingest` (deduplicated, durable) against DuckDB's
           read_json + GROUP BY + count(DISTINCT id) (not durable) and mtail (no deduplication), pinned to one core
           each, then Tidemark and DuckDB with both cores
  http     the same file in batches of 1,000 lines over loopback, sender and server on the same cores
  scrape   a page of 100,000 series, uncompressed, against Pushgateway with the same series
Each is run ROUNDS times (default 3), peers taking turns; the best of each counts, because noise only ever adds.
"""
import http.client
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

EVENTS = int(os.environ.get("EVENTS", 2_000_000))
ROUNDS = int(os.environ.get("ROUNDS", 3))
SERIES = 100_000
TIDEMARK = ".build/release/tidemark"
FOLDER = os.environ.get("BENCH_FOLDER") or tempfile.mkdtemp(prefix="tidemark-bench-")

DUCKDB = """
import duckdb, sys, time
threads, path = int(sys.argv[1]), sys.argv[2]
con = duckdb.connect()
con.execute(f"SET threads={threads}")
con.execute("SET enable_progress_bar=false")
start = time.perf_counter()
rows = con.execute(f'''
    SELECT type, campaign, channel, device, region, count(*), count(DISTINCT id), sum(cost)
    FROM read_json('{path}', format='newline_delimited', columns={{type: 'VARCHAR', id: 'VARCHAR', time: 'TIMESTAMP',
        source: 'VARCHAR', campaign: 'VARCHAR', channel: 'VARCHAR', device: 'VARCHAR', region: 'VARCHAR', cost: 'DECIMAL(18,6)'}})
    GROUP BY ALL''').fetchall()
print(time.perf_counter() - start)
"""


def pinned(cores):
    return ["taskset", "-c", ",".join(map(str, range(cores)))]


def measured(arguments):
    """Wall seconds, peak resident bytes, and standard output of a command."""
    output = tempfile.TemporaryFile()
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    output.seek(0)
    text = output.read().decode()
    if status != 0:
        sys.exit(f"{' '.join(arguments)} ended with status {status}")
    return seconds, usage.ru_maxrss * 1024, text


def best(name, results):
    value = min(results)
    print(f"    {name:44} best {value:8.3f} s   all {' '.join(f'{x:.3f}' for x in results)}")
    return value


def events_file():
    path = f"{FOLDER}/events-{EVENTS}.ndjson"
    if not os.path.exists(path):
        with open(path, "wb") as file:
            subprocess.run(
                [TIDEMARK, "events", "generate", "--seed", "7", "--events", str(EVENTS), "--profile", "lean"],
                stdout=file, stderr=subprocess.DEVNULL, check=True)
    return path


def rate(seconds):
    return EVENTS / seconds / 1e6


def ingest():
    path = events_file()
    print(f"ingest: {EVENTS} events, {os.path.getsize(path) / EVENTS:.0f} bytes each")
    peaks = []

    def tidemark(cores):
        data = f"{FOLDER}/data"
        shutil.rmtree(data, ignore_errors=True)
        seconds, peak, text = measured(pinned(cores) + [TIDEMARK, "ingest", "--data", data, path])
        summary = json.loads(text.splitlines()[-1])
        assert summary["accepted"] == EVENTS and summary["duplicates"] == 0, summary
        peaks.append(peak)
        return seconds

    def duckdb(cores):
        _, _, text = measured(pinned(cores) + [sys.executable, "-c", DUCKDB, str(cores), path])
        return float(text)

    def mtail(cores):
        logs = f"{FOLDER}/mtail.ndjson"
        lines = EVENTS // 10
        if not os.path.exists(logs):
            with open(path, "rb") as source, open(logs, "wb") as target:
                for _ in range(lines):
                    target.write(source.readline())
        seconds, _, _ = measured(
            pinned(cores) + ["mtail", "--one_shot", "--progs", "Benchmarks/events.mtail", "--logs", logs,
                             "--one_shot_format", "json"])
        return seconds * 10

    for cores in (1, 2):
        times = {"tidemark": [], "duckdb": [], "mtail": []}
        for _ in range(ROUNDS):
            times["tidemark"].append(tidemark(cores))
            times["duckdb"].append(duckdb(cores))
        print(f"  on {cores} core{'s' * (cores - 1)}")
        ours = best("tidemark ingest, durable", times["tidemark"])
        theirs = best("DuckDB, not durable", times["duckdb"])
        line = f"    tidemark {rate(ours):.2f} M events/s, DuckDB {rate(theirs):.2f} M: {theirs / ours:.2f} times DuckDB"
        if cores == 1 and shutil.which("mtail"):
            other = best("mtail (a tenth of the file, times ten)", [mtail(cores)])
            line += f", {other / ours:.1f} times mtail ({rate(other):.2f} M)"
        print(line)
    print(f"    tidemark's peak memory {max(peaks) / 1e6:.0f} MB")


class Server:
    def __init__(self, data, arguments=()):
        self.process = subprocess.Popen(
            [TIDEMARK, "serve", "--data", data, "--listen", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", self.process.stdout.readline()).group(1))

    def peak(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) * 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def http_ingest():
    path = events_file()
    print(f"http: {EVENTS} events in batches of 1,000, sender and server on both cores")
    times, peak = [], 0
    for _ in range(ROUNDS):
        data = f"{FOLDER}/data"
        shutil.rmtree(data, ignore_errors=True)
        server = Server(data)
        seconds, _, text = measured([TIDEMARK, "ingest", "--url", f"http://127.0.0.1:{server.port}", path])
        summary = json.loads(text.splitlines()[-1])
        assert summary["accepted"] == EVENTS, summary
        times.append(seconds)
        peak = max(peak, server.peak())
        server.stop()
    ours = best("tidemark ingest --url", times)
    print(f"    {rate(ours):.2f} M events/s; the server's peak memory {peak / 1e6:.0f} MB")


def get(port, path="/metrics"):
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    body = connection.getresponse().read()
    return time.perf_counter() - start, body


def scrape():
    print(f"scrape: a page of {SERIES} series, uncompressed")
    labels = [(f"campaign-{i % 50}", f"ad-{i // 50}", ("search", "social", "video")[i % 3]) for i in range(SERIES)]
    data = f"{FOLDER}/scrape"
    shutil.rmtree(data, ignore_errors=True)
    events = f"{FOLDER}/series.ndjson"
    with open(events, "w") as file:
        for i, (campaign, ad, channel) in enumerate(labels):
            file.write(f'{{"type":"click","id":"{i}","campaign":"{campaign}","ad":"{ad}","channel":"{channel}"}}\n')
    measured([TIDEMARK, "ingest", "--data", data, events])
    server = Server(data)
    times = []
    for _ in range(ROUNDS * 5):
        seconds, body = get(server.port)
        times.append(seconds)
    assert body.count(b"\ncampaign_clicks_total{") == SERIES
    server.stop()
    ours = best(f"tidemark, {len(body) / 1e6:.1f} MB", times)
    pushgateway = shutil.which("prometheus-pushgateway")
    if not pushgateway:
        return
    port = 19_091
    peer = subprocess.Popen(
        [pushgateway, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = "# TYPE campaign_clicks_total counter\n" + "".join(
            f'campaign_clicks_total{{campaign="{c}",ad="{a}",channel="{h}"}} 1\n' for c, a, h in labels)
        for _ in range(100):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port)
                connection.request("PUT", "/metrics/job/bench", page)
                connection.getresponse().read()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        times = [get(port)[0] for _ in range(ROUNDS * 2)]
        theirs = best("pushgateway", times)
        print(f"    {theirs / ours:.1f} times pushgateway")
    finally:
        peer.terminate()
        peer.wait()


WORKLOADS = {"ingest": ingest, "http": http_ingest, "scrape": scrape}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(WORKLOADS)
    for name in chosen:
        if name not in WORKLOADS:
            sys.exit(f"unknown workload {name}; there are {', '.join(WORKLOADS)}")
    try:
        for name in chosen:
            WORKLOADS[name]()
    finally:
        if "BENCH_FOLDER" not in os.environ:
            shutil.rmtree(FOLDER, ignore_errors=True)
