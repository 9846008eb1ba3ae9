// SPDX-License-Identifier: Apache-2.0

/// `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`: in the right shape, and empty, since there is no rule
/// engine yet.
struct RulesEndpoint: Sendable {
    /// All rule groups.
    func rules() -> AnswerBody { .success(json: #"{"groups":[]}"#) }

    /// The alerts that are pending or fire.
    func alerts() -> AnswerBody { .success(json: #"{"alerts":[]}"#) }

    /// Where alerts go.
    func alertmanagers() -> AnswerBody {
        .success(json: #"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#)
    }
}
