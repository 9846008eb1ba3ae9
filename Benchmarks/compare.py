# SPDX-License-Identifier: Apache-2.0
"""Tidemark beside its peers on the same input in the same run; prints rates and ratios.

Workloads
  ingest   a file of EVENTS lean events (default 2,000,000): `tidemark ingest` (deduplicated, durable) against DuckDB's
           read_json + GROUP BY + count(DISTINCT id) (not durable) and mtail (no deduplication), pinned to one core
           each, then Tidemark and DuckDB with both cores
  http     the same file in batches of 1,000 lines over loopback, sender and server on the same cores
  scrape   a page of 100,000 series, uncompressed, against Pushgateway with the same series
  import   the samples of mix.py (5.76 M, Prometheus text): `tidemark import` against VictoriaMetrics
  size     what the samples of mix.py take on disk, index included, in Tidemark, VictoriaMetrics and Prometheus, and what
           the same traffic takes as events, for each sample that PromQL reads
  scan     decoding both into columns, on one core
  query    six queries of dashboards over the samples of mix.py, server to server over HTTP, against VictoriaMetrics (its
           cache of answers off) and Prometheus
  month    173 million samples of a month: one sum of rates, and the memory for it
  year     42 million samples of a year of events, in sealed days: daily graphs, beside one that looks at every sample
  rules    1,000 rules over 100,000 series every 15 s: how much of one core the server takes, and how long single events
           wait for their commit beside them
  models   predictions with ten features each and their outcomes: `tidemark ingest` (joined, deduplicated, durable) against
           DuckDB, which reads, joins and bins them (not durable), with both cores
  pending  ten million predictions that wait for their outcomes: memory, and opening the store
  spill    the same over 14 days with 256 MiB for records of joins, and then a million outcomes of any of them: rates with
           and without the bound, memory, and opening the store
  replay   a month of minutes of all shipped rules over the day of `make demo`
  open     a store of 1,000,000 series: opening it after SIGKILL, and its memory
Each is run ROUNDS times (default 3), peers taking turns; the best of each counts, because noise only ever adds.
"""
import concurrent.futures
import functools
import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

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


@functools.cache
def mix():
    """The folder with the files of mix.py, and what it says about them."""
    folder = f"{FOLDER}/mix"
    if not os.path.exists(f"{folder}/mix.json"):
        subprocess.run([sys.executable, "Benchmarks/mix.py", folder], stdout=subprocess.DEVNULL, check=True)
    with open(f"{folder}/mix.json") as file:
        return folder, json.load(file)


def bytes_under(*folders):
    return sum(
        os.path.getsize(os.path.join(path, name))
        for folder in folders for path, _, names in os.walk(folder) for name in names)


class VictoriaMetrics:
    """A server with storage of its own, on loopback. It takes any time of the last hundred years."""

    PROGRAM = shutil.which("victoria-metrics")
    PORT = 19_428
    DATA = f"{FOLDER}/victoria-metrics"

    def __init__(self, fresh=True):
        if fresh:
            shutil.rmtree(self.DATA, ignore_errors=True)
        self.process = subprocess.Popen(
            [self.PROGRAM, f"-storageDataPath={self.DATA}", f"-httpListenAddr=127.0.0.1:{self.PORT}",
             "-retentionPeriod=100y"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                get(self.PORT, "/health")
                return
            except ConnectionRefusedError:
                time.sleep(0.05)
        sys.exit("VictoriaMetrics does not answer")

    def send(self, path, begin, end):
        """Posts a part of a file, unread by us: the kernel copies it into the socket."""
        connection = http.client.HTTPConnection("127.0.0.1", self.PORT)
        connection.putrequest("POST", "/api/v1/import/prometheus")
        connection.putheader("Content-Length", str(end - begin))
        connection.endheaders()
        with open(path, "rb") as file:
            connection.sock.sendfile(file, begin, end - begin)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            sys.exit(f"VictoriaMetrics answers {answer.status}")

    def take(self, path, connections):
        """Seconds until it has answered for the whole file, sent in equal parts at the same time."""
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            cuts = [0]
            for part in range(1, connections):
                file.seek(size * part // connections)
                file.readline()
                cuts.append(file.tell())
        cuts.append(size)
        with concurrent.futures.ThreadPoolExecutor(connections) as pool:
            start = time.perf_counter()
            list(pool.map(self.send, [path] * connections, cuts, cuts[1:]))
            return time.perf_counter() - start

    def check(self, summary):
        """Everything sent can be queried."""
        get(self.PORT, "/internal/force_flush")
        query = {"query": 'sum(count_over_time({__name__=~"ad_.+"}[6h]))', "time": summary["end"], "nocache": 1}
        _, body = get(self.PORT, "/api/v1/query?" + urllib.parse.urlencode(query))
        assert float(json.loads(body)["data"]["result"][0]["value"][1]) == summary["samples"], body

    def merge(self):
        get(self.PORT, "/internal/force_merge")
        merging = True
        while merging:
            time.sleep(0.5)
            counts = re.findall(rb"^vm_active_(?:force_)?merges\S* (\d+)$", get(self.PORT)[1], re.MULTILINE)
            merging = any(int(count) for count in counts)

    peak = Server.peak
    stop = Server.stop

    def size(self):
        """Of a stopped server, without its caches."""
        return bytes_under(f"{self.DATA}/data", f"{self.DATA}/indexdb")


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def readable_samples(data, summary):
    _, _, text = measured([TIDEMARK, "scan", "--data", data, "--end", instant(summary["end"])])
    return json.loads(text)["samples"]


def check_sums(data, summary):
    for moment, sums in summary["sums"].items():
        for metric, expected in sums.items():
            at = instant(int(moment))
            _, _, text = measured(
                [TIDEMARK, "export", "--data", data, "--format", "csv", "--start", at, "--end", at,
                 "--match", f"__name__={metric}"])
            value = sum(float(line.split(",")[1]) for line in text.splitlines()[1:])
            assert abs(value - expected) <= 1e-9 * expected, (metric, moment, value, expected)


def compacted(data):
    """The directory's size once nothing is left in it that is not needed."""
    measured([TIDEMARK, "compact", "--data", data])
    return bytes_under(data)


def tidemark_import(data):
    """Seconds and peak memory."""
    folder, summary = mix()
    shutil.rmtree(data, ignore_errors=True)
    seconds, peak, text = measured([TIDEMARK, "import", "--data", data, f"{folder}/samples.prom"])
    report = json.loads(text.splitlines()[-1])
    assert report["accepted"] == summary["samples"] and report["refused"] == 0, report
    return seconds, peak


def import_samples():
    folder, summary = mix()
    path, samples = f"{folder}/samples.prom", summary["samples"]
    print(f"import: {samples} samples of {summary['series']} series, {os.path.getsize(path) / samples:.0f} bytes of text each")
    ours, peak, theirs, their_peak = [], 0, {1: [], 2: []}, 0
    for _ in range(ROUNDS):
        seconds, memory = tidemark_import(f"{FOLDER}/import")
        ours.append(seconds)
        peak = max(peak, memory)
        for connections, times in theirs.items() if VictoriaMetrics.PROGRAM else ():
            server = VictoriaMetrics()
            times.append(server.take(path, connections))
            server.check(summary)
            their_peak = max(their_peak, server.peak())
            server.stop()
    seconds = best("tidemark import, durable", ours)
    print(f"    {samples / seconds / 1e6:.2f} M samples/s; peak memory {peak / 1e6:.0f} MB")
    if VictoriaMetrics.PROGRAM:
        for connections, times in theirs.items():
            other = best(f"VictoriaMetrics, {connections} connection{'s' * (connections - 1)}, before it syncs", times)
            print(f"    {samples / other / 1e6:.2f} M samples/s: tidemark {other / seconds:.2f} times VictoriaMetrics")
        print(f"    VictoriaMetrics' peak memory {their_peak / 1e6:.0f} MB")


def victoria_metrics_size():
    """The smaller of what it leaves when stopped after the import, and after a forced merge."""
    folder, summary = mix()
    server = VictoriaMetrics()
    server.take(f"{folder}/samples.prom", 1)
    server.check(summary)
    server.stop()
    imported = server.size()
    server = VictoriaMetrics(fresh=False)
    server.merge()
    server.check(summary)
    server.stop()
    return min(imported, server.size())


def prometheus_size():
    """Of the blocks that promtool makes."""
    folder, _ = mix()
    blocks = f"{FOLDER}/blocks"
    shutil.rmtree(blocks, ignore_errors=True)
    measured(["promtool", "tsdb", "create-blocks-from", "openmetrics", f"{folder}/samples.om", blocks])
    return bytes_under(blocks)


def tidemark_events(name):
    """Size, and how many samples can be read, of the same traffic from events."""
    folder, summary = mix()
    data = f"{FOLDER}/events"
    shutil.rmtree(data, ignore_errors=True)
    _, _, text = measured(
        [TIDEMARK, "ingest", "--data", data, "--metrics", "Benchmarks/mix-metrics.yml", f"{folder}/{name}"])
    report = json.loads(text.splitlines()[-1])
    assert report["accepted"] == summary["events"], report
    size = compacted(data)
    check_sums(data, summary)
    return size, readable_samples(data, summary)


def size():
    _, summary = mix()
    samples = summary["samples"]
    print(f"size: {samples} samples of {summary['series']} series, and the {summary['events']} events that they count")

    def show(name, size, samples=samples):
        print(f"    {name:44} {size:11d} bytes {size / samples:6.3f} a sample")
        return size / samples

    tidemark_import(f"{FOLDER}/import")
    taken = compacted(f"{FOLDER}/import")
    check_sums(f"{FOLDER}/import", summary)
    assert readable_samples(f"{FOLDER}/import", summary) == samples
    ours = show("tidemark, samples", taken)
    events = show("tidemark, events", *tidemark_events("events-no-id.ndjson"))
    show("  with the identities of the last day", *tidemark_events("events.ndjson"))
    for name, program, measure in (
            ("VictoriaMetrics", VictoriaMetrics.PROGRAM, victoria_metrics_size),
            ("Prometheus", shutil.which("promtool"), prometheus_size)):
        if program:
            theirs = show(name, measure())
            print(f"    as samples {ours / theirs:.2f}, as events {events / theirs:.2f} times {name}'s size")


def scan():
    """Decoding into columns, on one core, from chunks in memory."""
    _, summary = mix()
    tidemark_import(f"{FOLDER}/import")
    compacted(f"{FOLDER}/import")
    tidemark_events("events-no-id.ndjson")
    for name, data in (("samples", "import"), ("event series", "events")):
        _, _, text = measured(
            pinned(1) + [TIDEMARK, "scan", "--data", f"{FOLDER}/{data}", "--repeat", "15", "--end", instant(summary["end"])])
        report = json.loads(text)
        print(f"scan: {name:14} {report['samples'] / report['seconds'] / 1e6:6.0f} M samples/s on one core")


def serving(data, arguments=()):
    """A server on the directory, once it is ready, and the seconds that took."""
    start = time.perf_counter()
    server = subprocess.Popen(
        [TIDEMARK, "serve", "--data", data, "--listen", "127.0.0.1:9591", *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", 9591, timeout=5)
            connection.request("GET", "/-/ready")
            if connection.getresponse().status == 200:
                return server, time.perf_counter() - start
        except OSError:
            time.sleep(0.005)


def opening():
    """A store of a million series, seven labels each: memory, and opening it after SIGKILL."""
    series, data, path = 1_000_000, f"{FOLDER}/million", f"{FOLDER}/million.prom"
    if not os.path.exists(path):
        with open(path, "w") as file:
            for number in range(series):
                file.write(
                    f'big_{number % 4}_total{{ad="ad-{number // 4}",campaign="campaign-{number // 400}",'
                    f'channel="{"search" if number % 3 else "social"}",device="{"mobile" if number % 5 else "desktop"}",'
                    f'placement="p{number % 11}",region="r{number % 17}",variant="{"ab"[number % 2]}"}} {number} 1763000000000\n')
    shutil.rmtree(data, ignore_errors=True)
    measured([TIDEMARK, "import", "--data", data, path])
    times, resident = [], 0
    for _ in range(ROUNDS + 1):
        server, seconds = serving(data)
        times.append(seconds)
        with open(f"/proc/{server.pid}/status") as status:
            resident = max(resident, int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024)
        server.kill()
        server.wait()
    best(f"open: {series} series after SIGKILL", times[1:])
    print(f"    resident {resident / series:.0f} bytes a series, every one with a sample in the journal")


class Prometheus:
    """A server over the blocks that promtool made."""

    PROGRAM = shutil.which("prometheus") and shutil.which("promtool")
    PORT = 19_090

    def __init__(self):
        prometheus_size()
        configuration = f"{FOLDER}/prometheus.yml"
        with open(configuration, "w") as file:
            file.write("global: {}\n")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={FOLDER}/blocks",
             f"--web.listen-address=127.0.0.1:{self.PORT}", "--storage.tsdb.retention.time=100y"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if b"Ready" in get(self.PORT, "/-/ready")[1]:
                    return
            except ConnectionRefusedError:
                pass
            time.sleep(0.05)
        sys.exit("Prometheus does not answer")

    peak = Server.peak
    stop = Server.stop


# What dashboards ask: over six hours, at a minute but for the last.
QUERIES = [
    ("sum by (rate)", "sum by (campaign) (rate(ad_impressions_total[5m]))", 60),
    ("avg by (avg_over_time)", "avg by (campaign,channel) (avg_over_time(ad_ctr[10m]))", 60),
    ("every series", "ad_impressions_total", 60),
    ("quantile by (rate)", "quantile by (campaign) (0.95, rate(ad_score_total[5m]))", 60),
    ("join", "sum by (campaign)(rate(ad_spend_total[5m])) / on(campaign) "
     "sum by (campaign)(rate(ad_impressions_total[5m]))", 60),
    ("one series", 'ad_impressions_total{ad="ad-0007"}', 15),
]


@functools.cache
def kept_connection(port):
    """One that is kept open, as Grafana keeps its own."""
    return http.client.HTTPConnection("127.0.0.1", port)


def ask(port, query, start, end, step, **more):
    """Seconds until the whole answer is there, and the answer."""
    parameters = {"query": query, "start": start, "end": end, "step": step, **more}
    path = "/api/v1/query_range?" + urllib.parse.urlencode(parameters)
    connection = kept_connection(port)
    begun = time.perf_counter()
    connection.request("GET", path)
    body = connection.getresponse().read()
    return time.perf_counter() - begun, body


def query():
    """The queries of dashboards, server to server over HTTP."""
    _, summary = mix()
    end = summary["end"]
    start = end - 6 * 3600 + 15
    tidemark_import(f"{FOLDER}/import")
    servers = {"tidemark": (Server(f"{FOLDER}/import"), {})}
    if VictoriaMetrics.PROGRAM:
        peer = VictoriaMetrics()
        peer.take(f"{mix()[0]}/samples.prom", 1)
        peer.check(summary)
        peer.port = peer.PORT
        servers["VictoriaMetrics"] = (peer, {"nocache": 1})
    if Prometheus.PROGRAM:
        peer = Prometheus()
        peer.port = peer.PORT
        servers["Prometheus"] = (peer, {})
    try:
        print(f"query: {summary['samples']} samples of {summary['series']} series, six hours, milliseconds")
        for name, text, step in QUERIES:
            times = {server: [] for server in servers}
            sizes = {}
            for _ in range(ROUNDS * 4 + 1):
                for server, (process, more) in servers.items():
                    seconds, body = ask(process.port, text, start, end, step, **more)
                    answer = json.loads(body)
                    assert answer["status"] == "success", body[:500]
                    times[server].append(seconds)
                    sizes[server] = len(body), len(answer["data"]["result"])
            ours = min(times["tidemark"][1:])
            line = f"    {name:24} {sizes['tidemark'][0] / 1e6:6.2f} MB  tidemark {ours * 1e3:7.2f}"
            for server in list(servers)[1:]:
                assert sizes[server][1] == sizes["tidemark"][1], (server, sizes)
                theirs = min(times[server][1:])
                line += f"   {server} {theirs * 1e3:7.2f} ({theirs / ours:.2f} times)"
            print(line)
        for server, (process, _) in servers.items():
            print(f"    peak memory of {server:20} {process.peak() / 1e6:.0f} MB")
    finally:
        for process, _ in servers.values():
            process.stop()


def month():
    """A month at 15 s of a thousand counters, 173 million samples: a sum of rates at steps of an hour."""
    series, samples, begin = 1_000, 30 * 86_400 // 15, 1_748_736_000  # 2025-06-01 00:00 UTC
    data = f"{FOLDER}/month"
    if not os.path.exists(data):
        feed = subprocess.Popen(
            [TIDEMARK, "import", "--data", data, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        random_walk = random.Random(7)
        for template in range(20):
            value, lines = 0, []
            for index in range(samples):
                value += random_walk.randrange(12)
                lines.append(f'month_total{{i="@"}} {value} {(begin + 15 * index) * 1000}\n')
            text = "".join(lines).encode()
            for number in range(template, series, 20):
                feed.stdin.write(text.replace(b"@", b"%d" % number))
        feed.stdin.close()
        if feed.wait() != 0:
            sys.exit("the import of the month fails")
    server = Server(data)
    try:
        before = server.peak()
        times = []
        for _ in range(ROUNDS):
            seconds, body = ask(server.port, "sum(rate(month_total[1h]))", begin + 3600, begin + 30 * 86_400, 3600)
            answer = json.loads(body)
            assert len(answer["data"]["result"][0]["values"]) == 720, body[:500]
            times.append(seconds)
        seconds = best(f"month: sum(rate(x[1h])), {series * samples / 1e6:.0f} M samples", times)
        print(f"    {series * samples / seconds / 1e6:.0f} M samples/s; peak memory {server.peak() / 1e6:.0f} MB, "
              f"{before / 1e6:.0f} MB of it before the query")
    finally:
        server.stop()


def year():
    """A year of 20 campaigns with 800 clicks a day each, in sealed days: graphs with a step of a day."""
    campaigns, days, clicks, begin = 20, 365, 800, 1_735_689_600  # 2025-01-01 00:00 UTC
    data = f"{FOLDER}/year"
    if not os.path.exists(data):
        feed = subprocess.Popen(
            [TIDEMARK, "ingest", "--data", data, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        chance = random.Random(7)
        for day in range(days):
            for second in sorted(chance.randrange(86_400) for _ in range(clicks)):
                at = begin + day * 86_400 + second
                for campaign in range(campaigns):
                    feed.stdin.write(f'{{"type":"click","id":"{campaign}-{at}-{chance.random()}","source":"bench",'
                                     f'"time":{at},"campaign":"c{campaign}"}}\n')
        summary = json.loads(feed.communicate()[0].splitlines()[-1])
        assert summary["accepted"] == campaigns * days * clicks, summary
        subprocess.run([TIDEMARK, "compact", "--data", data], stdout=subprocess.DEVNULL, check=True)
    server = Server(data)
    try:
        print(f"year: {campaigns} campaigns, {campaigns * days * 5_760 / 1e6:.0f} M samples, a step of a day")
        slowest = None
        for text in ("sum(avg_over_time(x[1d]))", "x", "sum(increase(x[1d] anchored))", "sum by (campaign) (increase(x[1d]))",
                     "sum(rate(x[1h]))"):
            times = []
            for _ in range(ROUNDS * 4 + 1):
                query = re.sub(r"\bx\b", "campaign_clicks_total", text)
                seconds, body = ask(server.port, query, begin + 86_400, begin + days * 86_400, 86_400)
                answer = json.loads(body)
                assert answer["status"] == "success" and len(answer["data"]["result"][0]["values"]) >= days - 1, body[:500]
                times.append(seconds)
            seconds = best(text, times[1:])
            slowest = slowest or seconds
            print(f"    {slowest / seconds:44.1f} times as fast as with every sample")
        print(f"    peak memory {server.peak() / 1e6:.0f} MB")
    finally:
        server.stop()


def rules():
    """1,000 rules, each over the 1,000 series of one campaign, half of them recording, every 15 s for a minute."""
    data, path, file = f"{FOLDER}/rules", f"{FOLDER}/rules.ndjson", f"{FOLDER}/rules.yml"
    begin = int(time.time()) - 240
    with open(path, "w") as events:
        for number in range(200_000):
            series, slot = number % 100_000, number // 100_000
            events.write(json.dumps({
                "type": "click", "id": str(number), "source": "bench", "time": begin + slot * 120,
                "campaign": f"c{series % 100}", "ad": f"a{series // 100}"}) + "\n")
    with open(file, "w") as groups:
        groups.write("groups:\n")
        for number in range(1_000):
            if number % 50 == 0:
                groups.write(f"- name: g{number // 50}\n  interval: 15s\n  rules:\n")
            expression = f'sum by (campaign) (rate(campaign_clicks_total{{campaign="c{number % 100}"}}[{number % 5 + 1}m]))'
            groups.write(f"  - {{record: 'rule{number}:clicks:rate', expr: '{expression}'}}\n" if number % 2 else
                         f"  - {{alert: Rule{number}, expr: '{expression} > 1000'}}\n")
    shutil.rmtree(data, ignore_errors=True)
    measured([TIDEMARK, "ingest", "--data", data, path])

    def processor(server):
        with open(f"/proc/{server.process.pid}/stat") as stat:
            return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def trickle(server, seconds):
        """Milliseconds until single events are durable, one every 50 ms."""
        connection, waits, end = http.client.HTTPConnection("127.0.0.1", server.port), [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            event = {"type": "click", "id": f"{server.process.pid}-{len(waits)}", "source": "trickle", "campaign": "c1", "ad": "a1"}
            start = time.perf_counter()
            connection.request("POST", "/api/v1/events", json.dumps(event), {"Content-Type": "application/x-ndjson"})
            connection.getresponse().read()
            waits.append((time.perf_counter() - start) * 1000)
            time.sleep(max(0, start + 0.05 - time.perf_counter()))
        waits.sort()
        return waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1]

    shares, waits = {}, {}
    for name, arguments in (("no rules", ["--rules", os.devnull]), ("rules", ["--rules", file])):
        server = Server(data, arguments)
        try:
            time.sleep(20)
            before = processor(server)
            waits[name] = trickle(server, 60)
            shares[name] = (processor(server) - before) / 60
        finally:
            server.stop()
    print(f"rules: 1,000 rules over 100,000 series every 15 s: {shares['rules']:.0%} of one core, "
          f"{shares['no rules']:.1%} without rules")
    for name in shares:
        print("    %s: a single event is durable after %.1f ms (median), %.1f (99 %%), %.1f (worst)" % (name, *waits[name]))


def ingest_from(writer, data):
    """A fresh directory with the events that a command writes, all of them accepted."""
    shutil.rmtree(data, ignore_errors=True)
    feed = subprocess.Popen(writer, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    subprocess.run([TIDEMARK, "ingest", "--data", data, "-"], stdin=feed.stdout, stdout=subprocess.DEVNULL, check=True)
    feed.stdout.close()
    if feed.wait() != 0:
        sys.exit(f"{writer[0]} fails")


def replay():
    """What `make demo` replays, for a month."""
    data = f"{FOLDER}/replay"
    ingest_from([TIDEMARK, "events", "generate", "--seed", "2", "--events", "1000000", "--scenario", "incident"], data)
    best("replay: a month of minutes of all shipped rules", [measured([
        TIDEMARK, "rules", "replay", "--data", data, "--start", "2026-01-05T00:00:00Z",
        "--end", "2026-02-04T00:00:00Z"])[0] for _ in range(ROUNDS)])


MODELS_IN_DUCKDB = """
import duckdb, sys, time
con = duckdb.connect()
con.execute("SET threads=2")
con.execute("SET enable_progress_bar=false")
start = time.perf_counter()
con.execute(f'''CREATE TABLE e AS SELECT * FROM read_json('{sys.argv[1]}', format='newline_delimited', columns={{type: 'VARCHAR',
    id: 'VARCHAR', time: 'BIGINT', model: 'VARCHAR', version: 'VARCHAR', prediction: 'VARCHAR', score: 'DOUBLE', label: 'INTEGER',
    features: 'MAP(VARCHAR, DOUBLE)'}})''')
con.execute('''SELECT p.model, p.version, p.score > 0.5, o.label, count(*) FROM e p JOIN e o ON o.prediction = p.prediction
    WHERE p.type = 'prediction' AND o.type = 'outcome' GROUP BY ALL''').fetchall()
con.execute('''SELECT model, version, f.key, floor(f.value * 4), count(*) FROM
    (SELECT model, version, unnest(map_entries(features)) f FROM e WHERE type = 'prediction') GROUP BY ALL''').fetchall()
print(time.perf_counter() - start)
"""


def models():
    """Predictions with ten features each and their outcomes, durable, against DuckDB, which joins and bins what it has read."""
    count = int(os.environ.get("PREDICTIONS", 500_000))
    path = f"{FOLDER}/models.ndjson"
    numbers = random.Random(1)
    with open(path, "w") as out:
        for first in range(0, count, 1_000):
            # Outcomes come in batches behind the predictions of the minutes before.
            for index in range(first, first + 1_000):
                features = ",".join(f'"f{n}":{numbers.gauss(0, 1):.4f}' for n in range(10))
                out.write(f'{{"type":"prediction","id":"p{index}","time":{1_795_000_000 + index // 500},"model":"m{index % 3}",'
                          f'"version":"v1","prediction":"p{index}","score":{numbers.random() ** 3:.6f},"features":{{{features}}}}}\n')
            for index in range(first, first + 1_000):
                out.write(f'{{"type":"outcome","id":"o{index}","time":{1_795_000_600 + index // 500},"prediction":"p{index}",'
                          f'"label":{numbers.randrange(2)}}}\n')
    peaks = []

    def tidemark():
        data = f"{FOLDER}/models"
        shutil.rmtree(data, ignore_errors=True)
        seconds, peak, text = measured(pinned(2) + [TIDEMARK, "ingest", "--data", data, path])
        assert json.loads(text.splitlines()[-1])["accepted"] == 2 * count, text
        peaks.append(peak)
        return seconds

    def duckdb():
        _, _, text = measured(pinned(2) + [sys.executable, "-c", MODELS_IN_DUCKDB, path])
        return float(text)

    times = {"tidemark": [], "duckdb": []}
    for _ in range(ROUNDS):
        times["tidemark"].append(tidemark())
        times["duckdb"].append(duckdb())
    print(f"models: {count} predictions with 10 features and their outcomes, {os.path.getsize(path) / count:.0f} bytes a pair, 2 cores")
    ours = best("tidemark ingest, durable", times["tidemark"])
    theirs = best("DuckDB, not durable", times["duckdb"])
    print(f"    tidemark {count / ours:,.0f} predictions/s = {11 * count / ours / 1e6:.2f} M observations/s with outcomes, peak "
          f"{max(peaks) / 1e6:.0f} MB; {theirs / ours:.2f} times DuckDB")


def pending():
    """Ten million predictions that wait for their outcomes: memory, and opening the store again."""
    count = int(os.environ.get("PENDING", 10_000_000))
    data = f"{FOLDER}/pending"
    write = ("import sys\nfor i in range(%d): sys.stdout.write('{\"type\":\"prediction\",\"time\":%%d,\"model\":\"m\",\"prediction\":\"p%%d\",\"score\":0.%%d}\\n'"
             " %% (1795000000 + i // 1000, i, i %% 1000))" % count)
    started = time.perf_counter()
    ingest_from([sys.executable, "-c", write], data)
    seconds = time.perf_counter() - started
    server, opened = serving(data)
    try:
        page = get(9591)[1].decode()
        value = {line.split()[0]: float(line.split()[1]) for line in page.splitlines() if line and line[0] != "#"}
        assert value["tidemark_join_records"] == count, value["tidemark_join_records"]
        print(f"pending: {value['tidemark_join_records']:,.0f} predictions wait in {value['tidemark_join_bytes'] / 1e6:.0f} MB, "
              f"{value['process_resident_memory_bytes'] / 1e6:.0f} MB resident; ingested in {seconds:.1f} s (written by Python), opened in "
              f"{opened:.1f} s, {value['tidemark_store_bytes'] / 1e6:.0f} MB on the disk")
    finally:
        server.kill()
        server.wait()


def spill():
    """Predictions of 14 days that do not fit in memory, and outcomes of any of them."""
    count = int(os.environ.get("PENDING", 10_000_000))
    start, seconds = 1_794_600_000, 14 * 86_400
    predictions, outcomes = f"{FOLDER}/predictions.ndjson", f"{FOLDER}/outcomes.ndjson"
    with open(predictions, "w") as file:
        for first in range(0, count, 10_000):
            file.write("".join(
                f'{{"type":"prediction","time":{start + i * seconds // count},"model":"m","prediction":"p{i}","score":0.{i % 1000}}}\n'
                for i in range(first, min(first + 10_000, count))))
    chance = random.Random(7)
    with open(outcomes, "w") as file:
        for _ in range(count // 10):
            i = chance.randrange(count)
            file.write(f'{{"type":"outcome","time":{start + i * seconds // count + 60},"prediction":"p{i}","label":1}}\n')
    for bound in ["256MiB", "4GiB"]:
        data = f"{FOLDER}/spill-{bound}"
        rates = []
        for path, events in [(predictions, count), (outcomes, count // 10)]:
            elapsed, peak, _ = measured([TIDEMARK, "ingest", "--data", data, "--join-memory", bound, path])
            rates.append(f"{events / elapsed:,.0f}/s in {elapsed:.1f} s with a peak of {peak / 1e6:.0f} MB")
        config = f"{FOLDER}/spill.yml"
        with open(config, "w") as file:
            file.write(f"join_memory: {bound}\n")
        server, opened = serving(data, ["--config", config])
        try:
            page = get(9591)[1].decode()
            value = {line.split()[0]: float(line.split()[1]) for line in page.splitlines() if line and line[0] != "#"}
            print(f"spill: {bound}: predictions {rates[0]}; outcomes {rates[1]}; opened in {opened:.2f} s, "
                  f"{value['process_resident_memory_bytes'] / 1e6:.0f} MB resident, {value['tidemark_join_bytes'] / 1e6:.0f} MB of records, "
                  f"{value['tidemark_join_records']:,.0f} in memory and {value['tidemark_join_paged_records']:,.0f} in pages, "
                  f"{value['tidemark_store_bytes'] / 1e6:.0f} MB on the disk")
        finally:
            server.kill()
            server.wait()


WORKLOADS = {"models": models, "pending": pending, "spill": spill, "rules": rules, "replay": replay, "query": query, "month": month, "year": year, "ingest": ingest, "http": http_ingest, "scrape": scrape, "import": import_samples, "size": size,
             "scan": scan, "open": opening}

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
