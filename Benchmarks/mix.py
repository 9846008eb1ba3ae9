#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes six hours of advertising traffic twice: as samples every 15 s, and as the events those samples count.

    mix.py FOLDER [--seed N] [--impressions N]

FOLDER/samples.prom        Prometheus text with times in milliseconds: 4,000 series of 1,440 samples
FOLDER/samples.om          the same as OpenMetrics text, times in seconds
FOLDER/events.ndjson       the events, in the order of their times
FOLDER/events-no-id.ndjson the same without `id`: what the series alone take
FOLDER/mix.json            how much of everything there is; also printed

A thousand ads have four series each:
    ad_impressions_total   integer counter
    ad_spend_total         sum of the prices of the impressions, 5 decimals
    ad_score_total         sum of the scores of the impressions, 6 decimals; a score is the predicted chance of a click
    ad_ctr                 clicks to impressions of the last 15 minutes, 4 decimals
The sample at a boundary counts the events before it, so the first sample of a counter is 0, and the event series of
`Benchmarks/mix-metrics.yml` read the same at each boundary. Events make `ad_clicks_total` where samples have the ratio.

The traffic. Ads differ in volume by a log-normal factor (a few serve every second, the quiet ones every few minutes);
volume follows the hour of the day where the ad is shown, and every ad has an impression in the first slot. Prices are
log-normal around the ad's own level, cut off at its highest bid; a click has the chance that its score says and comes
some seconds later. The same bytes for the same arguments.
"""
import argparse
import itertools
import json
import math
import os
import random
import statistics
from array import array

ADS = 1_000
SAMPLES = 1_440
STEP = 15
START = 1_748_851_200  # 2025-06-02 08:00 UTC: three whole blocks of a Prometheus, one chunk of ours, one day of others
SLOTS = SAMPLES - 1  # events of the last slot would show at the next boundary
WINDOW = 15 * 60 // STEP  # slots that the ratio looks back

CHANNELS = {  # share of the ads, price of an impression, chance of a click
    "search": (0.3, 0.0090, 0.045),
    "social": (0.3, 0.0060, 0.013),
    "display": (0.3, 0.0022, 0.005),
    "video": (0.1, 0.0150, 0.007),
}
DEVICES = {"mobile": 0.6, "desktop": 0.3, "tablet": 0.1}
REGIONS = {"eu-west": 1, "eu-east": 2, "us-east": -4, "us-west": -7, "ap-south": 5.5}  # hours from UTC
VOLUME_SPREAD = 1.0  # of the natural logarithm, between ads
PRICE_SPREAD = 0.45  # within an ad
SCORE_SPREAD = 0.6  # within an ad


def log_normal_table(spread):
    """Values of a log-normal variable with mean 1 at 65,536 equally likely places."""
    normal = statistics.NormalDist(-spread * spread / 2, spread)
    return [math.exp(normal.inv_cdf((i + 0.5) / 65_536)) for i in range(65_536)]


def volume_by_slot(hours_from_utc):
    """Sums of the relative volume up to each slot: lowest at 4 in the morning, highest in the evening."""
    def volume(slot):
        hour = (START % 86_400 + (slot + 0.5) * STEP) / 3_600 + hours_from_utc
        return 1 - 0.6 * math.cos((hour - 4) / 24 * 2 * math.pi) - 0.2 * math.sin((hour - 4) / 12 * 2 * math.pi)
    return list(itertools.accumulate(volume(slot) for slot in range(SLOTS)))


class Ad:
    def __init__(self, number, rng):
        self.channel = rng.choices(list(CHANNELS), [share for share, _, _ in CHANNELS.values()])[0]
        device = rng.choices(list(DEVICES), list(DEVICES.values()))[0]
        self.region = rng.choice(list(REGIONS))
        self.fields = {
            "campaign": f"campaign-{number * 7919 % 50:02d}", "ad": f"ad-{number:04d}",
            "channel": self.channel, "device": device, "region": self.region}
        self.weight = rng.lognormvariate(0, VOLUME_SPREAD)
        _, price, chance = CHANNELS[self.channel]
        self.price = price * rng.lognormvariate(-0.08, 0.4)
        self.chance = min(0.2, chance * rng.lognormvariate(-0.125, 0.5))

    def labels(self):
        return "{" + ",".join(f'{name}="{value}"' for name, value in self.fields.items()) + "}"

    def members(self):
        return ",".join(f'"{name}":"{value}"' for name, value in self.fields.items())


class Traffic:
    """Samples of every series as integers in their last decimal, and the events as one sortable integer each.

    An event from the highest bit: milliseconds since START, ad (10 bits), click (1), price in 1e-5 (20), score in 1e-6 (20).
    """

    def __init__(self, seed, impressions):
        rng = random.Random(seed)
        self.ads = [Ad(number, rng) for number in range(ADS)]
        self.impressions, self.spend, self.score, self.ctr, self.events = [], [], [], [], []
        self.clicks = 0
        prices, scores = log_normal_table(PRICE_SPREAD), log_normal_table(SCORE_SPREAD)
        volumes = {region: volume_by_slot(hours) for region, hours in REGIONS.items()}
        # The same ad in the night of one region serves less than in the day of another.
        total = sum(ad.weight * volumes[ad.region][-1] for ad in self.ads)
        for number, ad in enumerate(self.ads):
            expected = impressions * ad.weight * volumes[ad.region][-1] / total
            count = max(0, round(rng.gauss(expected, math.sqrt(expected))) - 1)
            slots = [0] + rng.choices(range(SLOTS), cum_weights=volumes[ad.region], k=count)
            self.serve(rng, number, ad, slots, prices, scores)
        self.events.sort()

    def serve(self, rng, number, ad, slots, prices, scores):
        count = len(slots)
        places = array("H", rng.randbytes(6 * count))
        offsets = [place * STEP * 1_000 >> 16 for place in places[:count]]
        price, highest = ad.price * 1e5, ad.price * 2.5e5
        paid = [max(1, round(min(highest, price * prices[place]))) for place in places[count:2 * count]]
        chance = ad.chance * 1e6
        scored = [min(999_999, max(1, round(chance * scores[place]))) for place in places[2 * count:]]
        add = self.events.append
        shown, spent, rated, clicked = [0] * SLOTS, [0] * SLOTS, [0] * SLOTS, [0] * SLOTS
        draw = rng.random
        for slot, offset, cost, score in zip(slots, offsets, paid, scored):
            shown[slot] += 1
            spent[slot] += cost
            rated[slot] += score
            time = slot * STEP * 1_000 + offset
            add(((time << 10 | number) << 21 | cost) << 20 | score)
            if draw() * 1e6 < score:
                time += 800 + int(rng.expovariate(1 / 5_000))
                slot = time // (STEP * 1_000)
                if slot < SLOTS:
                    clicked[slot] += 1
                    add(((time << 10 | number) << 1 | 1) << 40)
        totals = [array("q", itertools.accumulate(values, initial=0)) for values in (shown, spent, rated, clicked)]
        self.impressions.append(totals[0])
        self.spend.append(totals[1])
        self.score.append(totals[2])
        self.clicks += totals[3][-1]
        # A window can have a click and not its impression.
        ratios = array("q")
        for end in range(SAMPLES):
            begin = max(0, end - WINDOW)
            seen = totals[0][end] - totals[0][begin]
            clicks = totals[3][end] - totals[3][begin]
            ratios.append(min(10_000, round(clicks * 10_000 / seen)) if seen else 0)
        self.ctr.append(ratios)

    def kinds(self):
        """Metric, help, OpenMetrics type, integers of each series, and what to divide them by."""
        return [
            ("ad_impressions_total", "Ad impressions served.", "counter", self.impressions, 1),
            ("ad_spend_total", "Money spent on impressions.", "counter", self.spend, 100_000),
            ("ad_ctr", "Clicks to impressions of the last 15 minutes.", "gauge", self.ctr, 10_000),
            ("ad_score_total", "Sum of the scores of the impressions.", "counter", self.score, 1_000_000),
        ]


def write_samples(traffic, prometheus, open_metrics):
    milliseconds = [f" {START + k * STEP}000\n" for k in range(SAMPLES)]
    seconds = [f" {START + k * STEP}\n" for k in range(SAMPLES)]
    for metric, help_text, kind, series, scale in traffic.kinds():
        prometheus.write(f"# HELP {metric} {help_text}\n# TYPE {metric} {kind}\n")
        family = metric.removesuffix("_total")
        open_metrics.write(f"# HELP {family} {help_text}\n# TYPE {family} {kind}\n")
        for ad, values in zip(traffic.ads, series):
            name = metric + ad.labels() + " "
            texts = [name + repr(value if scale == 1 else value / scale) for value in values]
            prometheus.write("".join(map(str.__add__, texts, milliseconds)))
            open_metrics.write("".join(map(str.__add__, texts, seconds)))
    open_metrics.write("# EOF\n")


def write_events(traffic, with_id, without_id):
    """Identities look random and are unique: an odd factor permutes the 64-bit numbers."""
    members = [ad.members() for ad in traffic.ads]
    named, plain = [], []
    for number, event in enumerate(traffic.events):
        ad = event >> 41 & 1023
        time = START * 1_000 + (event >> 51)
        if event >> 40 & 1:
            head, tail = '{"type":"click",', f'"time":{time},{members[ad]}}}\n'
        else:
            cost, score = event >> 20 & 0xFFFFF, event & 0xFFFFF
            head = '{"type":"impression",'
            tail = f'"time":{time},{members[ad]},"cost":0.{cost:05d},"score":0.{score:06d}}}\n'
        plain.append(head + tail)
        named.append(f'{head}"id":"{(number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}",{tail}')
        if len(plain) == 10_000:
            with_id.write("".join(named))
            without_id.write("".join(plain))
            named.clear()
            plain.clear()
    with_id.write("".join(named))
    without_id.write("".join(plain))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--impressions", type=int, default=2_800_000, help="about how many (default %(default)s)")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)

    def output(name):
        return open(os.path.join(arguments.folder, name), "w", encoding="ascii", buffering=1 << 20)

    traffic = Traffic(arguments.seed, arguments.impressions)
    with output("samples.prom") as prometheus, output("samples.om") as open_metrics:
        write_samples(traffic, prometheus, open_metrics)
    with output("events.ndjson") as with_id, output("events-no-id.ndjson") as without_id:
        write_events(traffic, with_id, without_id)
    quiet = sum(a == b for series in traffic.impressions for a, b in itertools.pairwise(series))
    summary = {
        "series": 4 * ADS, "samples": 4 * ADS * SAMPLES, "events": len(traffic.events), "clicks": traffic.clicks,
        "quiet_slots": round(quiet / (ADS * SLOTS), 4), "end": START + SLOTS * STEP,
        # What the sums over all ads must read at two boundaries, as samples and as events.
        "sums": {
            START + place * STEP: {
                metric: sum(values[place] for values in series) / scale
                for metric, _, kind, series, scale in traffic.kinds() if kind == "counter"}
            for place in (SAMPLES // 2, SLOTS)}}
    with output("mix.json") as file:
        json.dump(summary, file)
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
