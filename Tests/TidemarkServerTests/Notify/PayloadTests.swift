// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@testable import TidemarkServer

/// The two bodies, as text.
@Suite struct PayloadTests {
    @Test func `Alertmanager gets an array of alerts`() {
        let text = AlertsBody.text([
            alert("A", ["quote": "a\"b\n", "ü": "é"], annotations: ["summary": "CTR < 1 %"]),
            alert("B", at: .milliseconds(1_500), isResolved: true),
        ])
        #expect(
            text == #"[{"labels":{"alertname":"A","quote":"a\"b\n","ü":"é"},"annotations":{"summary":"CTR < 1 %"},"#
                + #""startsAt":"2026-01-05T12:00:00.000Z","endsAt":"2026-01-05T12:04:00.000Z","#
                + #""generatorURL":"http://tidemark/graph?g0.expr=up"},"#
                + #"{"labels":{"alertname":"B"},"annotations":{},"startsAt":"2026-01-05T12:00:00.000Z","#
                + #""endsAt":"2026-01-05T12:00:01.500Z","generatorURL":"http://tidemark/graph?g0.expr=up"}]"#
        )
        #expect(AlertsBody.text([]) == "[]")
    }

    @Test func `a webhook gets Alertmanager's payload`() {
        // What Alertmanager 0.25 has sent for the same alerts, but for receiver and externalURL.
        let body = WebhookBody(
            receiver: "hook",
            notice: notice(["a": "1"], ["a": "2"]),
            groupKey: #"{}:{alertname="X"}"#,
            externalURL: "http://tidemark:9590"
        )
        #expect(
            body.text == #"{"receiver":"hook","status":"firing","alerts":["#
                + #"{"status":"firing","labels":{"a":"1","alertname":"X"},"annotations":{"s":"t"},"#
                + #""startsAt":"2026-01-05T12:00:00Z","endsAt":"0001-01-01T00:00:00Z","#
                + #""generatorURL":"http://tidemark/graph?g0.expr=up","fingerprint":"8b7359a86873a7b6"},"#
                + #"{"status":"resolved","labels":{"a":"2","alertname":"X"},"annotations":{"s":"t"},"#
                + #""startsAt":"2026-01-05T12:00:00Z","endsAt":"2026-01-05T12:00:30Z","#
                + #""generatorURL":"http://tidemark/graph?g0.expr=up","fingerprint":"d6a790b9fd44e4e9"}],"#
                + #""groupLabels":{"alertname":"X"},"commonLabels":{"alertname":"X"},"commonAnnotations":{"s":"t"},"#
                + #""externalURL":"http://tidemark:9590","version":"4","groupKey":"{}:{alertname=\"X\"}","#
                + #""truncatedAlerts":0}"#
        )
    }

    @Test func `alerts beyond the bound are counted only`() {
        var body = WebhookBody(receiver: "r", notice: notice(["a": "1"], ["a": "2"]), groupKey: "", externalURL: "")
        body.maximumAlerts = 1
        #expect(body.text.contains(#""truncatedAlerts":1}"#))
        #expect(!body.text.contains(#""a":"2""#))
        #expect(body.text.contains(#""commonLabels":{"a":"1","alertname":"X"}"#))
        body.maximumAlerts = 2
        #expect(body.text.contains(#""truncatedAlerts":0}"#))
    }

    @Test func `a group's key is written as Alertmanager writes it`() {
        var notice = notice([:], [:])
        #expect(notice.key(match: [:]) == #"{}:{alertname="X"}"#)
        notice.group = ["alertname": "X", "campaign": "a\"b"]
        #expect(
            notice.key(match: ["severity": "page", "alertname": "X"])
                == #"{}/{alertname="X",severity="page"}:{alertname="X", campaign="a\"b"}"#
        )
        notice.group = [:]
        #expect(notice.key(match: [:]) == "{}:{}")
    }

    @Test func `the fingerprint of no labels is the offset basis`() {
        #expect(LabelFingerprint([:]).description == "cbf29ce484222325")
        #expect(sixteenDigits(10) == "000000000000000a")
    }

    private func notice(_ firing: [String: String], _ resolved: [String: String]) -> GroupNotice {
        GroupNotice(
            group: ["alertname": "X"],
            reason: .newResolved,
            members: [
                .init(notification: alert("X", firing, annotations: ["s": "t"]), isResolved: false),
                .init(
                    notification: alert("X", resolved, at: .seconds(30), isResolved: true, annotations: ["s": "t"]),
                    isResolved: true
                ),
            ],
            incident: noon
        )
    }
}
