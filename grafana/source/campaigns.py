# SPDX-License-Identifier: Apache-2.0
"""The dashboard of the marketing manager: how do the campaigns do, and where?"""

from .dashboard import dashboard, variable
from .panels import (
    BLUE, CHANGE, CHANGE_OF_AMOUNT, GREEN, GREY, ORANGE, RED, RUNBOOKS, WEEK_BEFORE, YELLOW,
    numbers, override, query, stat, table, thresholds, timeline, trend, words,
)

CHOSEN = 'campaign=~"$campaign"'
# The counters themselves: every choice counts.
ALL_CHOICES = 'campaign=~"$campaign",channel=~"$channel",region=~"$region",device=~"$device",variant=~"$variant"'

STATES = words(
    drop=("CTR has dropped", RED),
    usual_for_these_hours=("low, as usual at this time", YELLOW),
    ok=("as expected", GREEN),
    insufficient_traffic=("too little traffic to say", GREY),
    no_baseline=("too new to say", GREY),
)
CURRENCIES = [override(f"/^{code}($| \\d)/", regex=True, unit=f"currency{code}") for code in ("USD", "EUR", "GBP", "JPY", "KRW")]


def day(what, by="", offset=""):
    """Events of the last 24 hours of the chosen campaigns."""
    by = f" by ({by})" if by else ""
    return f'sum{by} (campaign_window:{what}:increase{{{CHOSEN},window="24h"}}{offset})'


def hour(what, offset=""):
    return f'sum(campaign_window:{what}:increase{{{CHOSEN},window="1h"}}{offset})'


def money(what, offset="", by="currency"):
    return f'sum by ({by}) (campaign_currency_window:{what}:increase{{{CHOSEN},window="24h"}}{offset})'


def change(now, before):
    """0.1 is 10 % more than a week before."""
    return f"{now} / ({before} > 0) - 1"


def both(title, description, make, unit, decimals=0):
    """A number of the last 24 hours and what it was a week before."""
    return stat(
        title, description,
        [query(make(""), "Last 24 hours"), query(change(make(""), make(" offset 1w")), "Against the week before")],
        unit, decimals=decimals, overrides=[CHANGE], color=BLUE,
    )


def ratio(one, other):
    return lambda offset: f"{day(one, offset=offset)} / ({day(other, offset=offset)} > 0)"


def counted(what, by):
    return f"sum by ({by}) (increase(campaign_{what}_total{{{ALL_CHOICES}}}[24h]))"


def split(label, heading):
    """A table of where: by one label of the counters."""
    return table(
        f"By {label}",
        f"The last 24 hours by {label}, of what is chosen above. CTR is clicks divided by impressions of all of them.",
        [
            ("Impressions", counted("impressions", label), {"unit": "short", "decimals": 0, "bar": BLUE}),
            ("Clicks", counted("clicks", label), {"unit": "short", "decimals": 0}),
            ("CTR", f"{counted('clicks', label)} / ({counted('impressions', label)} > 0)",
             {"unit": "percentunit", "decimals": 2, "bar": GREEN}),
            ("Conversions", counted("conversions", label), {"unit": "short", "decimals": 0}),
        ],
        [(label, heading)], width=8, height=8, sort=("Impressions", True),
    )


def campaigns():
    to_campaign = {"links": [{
        "title": "Only this campaign",
        "url": "/d/tidemark-campaigns?var-campaign=${__value.raw:percentencode}&${datasource:queryparam}&${__url_time_range}",
        "targetBlank": False,
    }]}
    headline = [
        both("Impressions", "How often ads were shown in the last 24 hours.", lambda offset: day("impressions", offset=offset), "short"),
        both("Click-through rate", "Clicks divided by impressions of the last 24 hours: of 100 ads shown, so many were clicked.",
             ratio("clicks", "impressions"), "percentunit", 2),
        both("Conversions", "Purchases and the like after an ad, in the last 24 hours.", lambda offset: day("conversions", offset=offset),
             "short"),
        stat("Spend", "Money spent on ads in the last 24 hours, by currency.",
             [query(money("spend"), "{{currency}}"),
              query(change(money("spend"), money("spend", " offset 1w")), "{{currency}} against the week before")],
             "short", decimals=2, overrides=[*CURRENCIES, CHANGE_OF_AMOUNT], color=BLUE),
        stat("Return on ad spend", "Revenue divided by spend of the last 24 hours: above 1 an ad earns more than it costs.",
             [query(f"{money('revenue')} / ({money('spend')} > 0)", "{{currency}}"),
              query(change(f"({money('revenue')} / ({money('spend')} > 0))",
                           f"({money('revenue', ' offset 1w')} / ({money('spend', ' offset 1w')} > 0))"),
                    "{{currency}} against the week before")],
             "none", decimals=2, overrides=[CHANGE], steps=thresholds((None, RED), (1, GREEN))),
        stat("Campaigns with an alert", "Campaigns that something is wrong with now, and that somebody should look at.",
             [query(f'count(count by (campaign) (ALERTS{{alertstate="firing",campaign!="",{CHOSEN}}})) or vector(0)', "now")],
             "none", decimals=0, steps=thresholds((None, GREEN), (1, RED)), mappings=numbers((0, ("all quiet", GREEN)))),
    ]
    lines = [
        trend("Click-through rate by the hour", "Clicks divided by impressions of the hour before each point. Dashed: a week before.",
              [query(f"{hour('clicks')} / ({hour('impressions')} > 0)", "this week", step="5m"),
               query(f"{hour('clicks', ' offset 1w')} / ({hour('impressions', ' offset 1w')} > 0)", "week before", step="5m")],
              "percentunit", overrides=[WEEK_BEFORE], minimum=0, decimals=2),
        trend("Impressions by the hour", "Ads shown in the hour before each point. Dashed: a week before.",
              [query(hour("impressions"), "this week", step="5m"), query(hour("impressions", " offset 1w"), "week before", step="5m")],
              "short", overrides=[WEEK_BEFORE], minimum=0, decimals=0),
        trend("Click-through rate of the ten largest", "Of the ten chosen campaigns with the most impressions: clicks divided by "
              "impressions of the six hours before each point.",
              [query(f'campaign_window:ctr:ratio{{{CHOSEN},window="6h"}} and on (campaign) '
                     f'topk(10, campaign_window:impressions:increase{{{CHOSEN},window="24h"}})', "{{campaign}}", step="5m")],
              "percentunit", minimum=0, decimals=2),
        trend("Return on ad spend", "Revenue divided by spend of the 24 hours before each point. Dashed: a week before.",
              [query(f"{money('revenue')} / ({money('spend')} > 0)", "{{currency}}", step="5m"),
               query(f"{money('revenue', ' offset 1w')} / ({money('spend', ' offset 1w')} > 0)", "{{currency}} week before", step="5m")],
              "none", overrides=[WEEK_BEFORE], minimum=0, decimals=2),
        timeline("Alerts of campaigns", "When which alert of the chosen campaigns fired. The table of alerts is in “Data quality and alerts”.",
                 [query(f'max by (alertname, campaign) (ALERTS{{alertstate="firing",campaign!="",{CHOSEN}}})',
                        "{{campaign}}: {{alertname}}", step="5m")],
                 numbers((1, ("firing", RED))), height=6),
    ]
    whole = [
        table("Campaigns", "The last 24 hours of each chosen campaign, all channels and devices together. The true CTR is between "
              "the two bounds with 95 % confidence (Wilson). Expected: what the week before says.",
              [
                  ("Impressions", day("impressions", "campaign"), {"unit": "short", "decimals": 0, "bar": BLUE}),
                  ("Clicks", day("clicks", "campaign"), {"unit": "short", "decimals": 0}),
                  ("CTR", f"{day('clicks', 'campaign')} / ({day('impressions', 'campaign')} > 0)",
                   {"unit": "percentunit", "decimals": 2, "bar": GREEN}),
                  ("CTR at least", f'max by (campaign) (campaign_window:ctr:wilson_lower{{{CHOSEN},window="24h"}})',
                   {"unit": "percentunit", "decimals": 2}),
                  ("CTR at most", f'max by (campaign) (campaign_window:ctr:wilson_upper{{{CHOSEN},window="24h"}})',
                   {"unit": "percentunit", "decimals": 2}),
                  ("Expected CTR", f'max by (campaign) (campaign_window:ctr_baseline:ratio{{{CHOSEN},window="24h"}})',
                   {"unit": "percentunit", "decimals": 2}),
                  ("Conversions", day("conversions", "campaign"), {"unit": "short", "decimals": 0, "bar": ORANGE}),
                  ("State", f"max by (campaign, state) (campaign:ctr_drop:state{{{CHOSEN}}})", {"text": "state", "mappings": STATES}),
              ],
              [("campaign", "Campaign", to_campaign)], height=12, sort=("Impressions", True)),
        table("Money", "Spend, revenue and what they bought in the last 24 hours, by campaign and currency.",
              [
                  ("Spend", money("spend", by="campaign, currency"), {"decimals": 2, "bar": BLUE}),
                  ("Revenue", money("revenue", by="campaign, currency"), {"decimals": 2, "bar": GREEN}),
                  ("Return on ad spend",
                   f"{money('revenue', by='campaign, currency')} / ({money('spend', by='campaign, currency')} > 0)",
                   {"unit": "none", "decimals": 2}),
                  ("Cost of a click", f'max by (campaign, currency) (campaign_currency_window:cpc:ratio{{{CHOSEN},window="24h"}})',
                   {"decimals": 2}),
                  ("Cost of a conversion", f'max by (campaign, currency) (campaign_currency_window:cpa:ratio{{{CHOSEN},window="24h"}})',
                   {"decimals": 2}),
              ],
              [("campaign", "Campaign", to_campaign), ("currency", "Currency")], height=10, sort=("Spend", True)),
    ]
    where = [split("channel", "Channel"), split("device", "Device"), split("region", "Region")]
    where.append(trend(
        "Click-through rate by channel", "Clicks divided by impressions of the hour before each point, of what is chosen above.",
        [query(f"sum by (channel) (increase(campaign_clicks_total{{{ALL_CHOICES}}}[1h])) "
               f"/ (sum by (channel) (increase(campaign_impressions_total{{{ALL_CHOICES}}}[1h])) > 0)", "{{channel}}", step="30m")],
        "percentunit", width=24, minimum=0, decimals=2))
    tests = [table(
        "Variants against the control", "A/B tests over 28 days. The lift is the variant's CTR against the control's: 10 % is a tenth "
        "more. The true lift is between the bounds with 95 % confidence, however often you look. A p-value below 0.05: if the variants did "
        "not differ, fewer than 5 of 100 tests would show this. Both hold for tests of up to 28 days.",
        [
            ("CTR", f'max by (campaign, variant) (campaign_variant:ctr:ratio28d{{{CHOSEN},variant=~"$variant"}})',
             {"unit": "percentunit", "decimals": 2, "bar": GREEN}),
            ("Lift", f'max by (campaign, variant) (campaign_variant:ctr_lift:ratio{{{CHOSEN},variant=~"$variant"}})',
             {"unit": "percentunit", "decimals": 1}),
            ("Lift at least", f'max by (campaign, variant) (campaign_variant:ctr_lift:lower{{{CHOSEN},variant=~"$variant"}})',
             {"unit": "percentunit", "decimals": 1}),
            ("Lift at most", f'max by (campaign, variant) (campaign_variant:ctr_lift:upper{{{CHOSEN},variant=~"$variant"}})',
             {"unit": "percentunit", "decimals": 1}),
            ("p-value", f'max by (campaign, variant) (campaign_variant:ctr_lift:pvalue{{{CHOSEN},variant=~"$variant"}})',
             {"unit": "none", "decimals": 4}),
        ],
        [("campaign", "Campaign", to_campaign), ("variant", "Variant")], sort=("p-value", False))]
    metric = "campaign_impressions_total"
    return dashboard(
        "tidemark-campaigns",
        "How the campaigns do, against the week before, and where. For the marketing manager.",
        ["marketing"],
        [
            variable("campaign", "Campaign", metric),
            variable("channel", "Channel", metric, CHOSEN, "Counts in “By channel, device and region”."),
            variable("region", "Region", metric, CHOSEN, "Counts in “By channel, device and region”."),
            variable("device", "Device", metric, CHOSEN, "Counts in “By channel, device and region”."),
            variable("variant", "Variant", metric, CHOSEN, "Counts in “By channel, device and region” and in “A/B tests”."),
        ],
        f'campaign!="",{CHOSEN}',
        [("Runbook: CTR has dropped", f"{RUNBOOKS}/CampaignCTRDrop.md"),
         ("Runbook: traffic has stopped", f"{RUNBOOKS}/CampaignTrafficStopped.md")],
        [
            ("The last 24 hours", False, headline),
            ("How it went", False, lines),
            ("Campaign by campaign", False, whole),
            ("By channel, device and region", True, where),
            ("A/B tests", True, tests),
        ],
    )
