// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

/// Lets a request through to its endpoint when its sender may ask for that.
///
/// | status | when |
/// |---|---|
/// | 401 | no credentials, or wrong ones; `WWW-Authenticate` says which kinds are taken |
/// | 403 | the user or token is known, and has not the scope of the endpoint; or a page in a browser asks for what is `admin` |
/// | 429 | the rate limit of the web configuration |
/// | 503 | too many passwords wait to be checked |
///
/// It answers before a body is read.
struct AccessMiddleware: RouterMiddleware {
    let access: AccessControl

    func handle(
        _ request: Request,
        context: ConnectionContext,
        next: (Request, ConnectionContext) async throws -> Response
    ) async throws -> Response {
        let rules = context.rules
        guard access.limiter.allows(rules.rateLimit) else {
            throw APIError(.tooManyRequests, "too many requests", retryAfter: 1)
        }
        let route = RouteAccess(path: context.endpointPath)
        var context = context
        do throws(APIError) {
            context.principal = try await principal(of: request, rules)
        } catch {
            // What is open to everyone is open when too many passwords wait to be checked, too.
            guard route == .open else { throw error }
        }
        switch (route, context.principal) {
        case (.open, _), (.anyScope, _?): break
        case (.needs(let scope), let principal?):
            guard principal.scopes.contains(scope) else { throw refusal(of: principal, scope: scope, rules) }
            try refusePages(request, scope)
        case (_, nil): throw challenge(request, rules)
        }
        return try await next(request, context)
    }

    // MARK: - Who it is

    /// Nil when nobody, or nobody that is known.
    private func principal(of request: Request, _ rules: AccessRules) async throws(APIError) -> Principal? {
        guard rules.needsCredentials else { return .anyone }
        guard let header = request.headers[.authorization] else { return nil }
        switch PresentedCredentials(header) {
        case .basic(let name, let password)?:
            // Without users there is no password to be checked.
            guard !rules.users.isEmpty else { return nil }
            let isRight = try await access.passwords.isRight(
                password,
                of: name,
                hash: rules.users[name],
                decoyCost: rules.decoyCost
            )
            return isRight ? Principal(name: name, scopes: rules.scopes(ofUser: name)) : nil
        case .bearer(let text)?:
            return rules.token(text).map { Principal(name: $0.name, scopes: $0.scopes) }
        case nil:
            return nil
        }
    }

    // MARK: - Refusals

    /// A page of anybody's may have a browser send requests, with the password that it remembers; a token it has not.
    private func refusePages(_ request: Request, _ scope: Scope) throws(APIError) {
        guard scope == .admin, request.headers[.origin] != nil else { return }
        if case .bearer? = request.headers[.authorization].flatMap(PresentedCredentials.init) { return }
        throw APIError(.forbidden, "a page in a browser may not ask for this")
    }

    private func challenge(_ request: Request, _ rules: AccessRules) -> APIError {
        let isWrong = request.headers[.authorization] != nil
        var error = APIError(
            .unauthorized,
            isWrong ? "the credentials are not right" : "this needs a user and password, or a token"
        )
        if !rules.users.isEmpty { error.headers.append(Self.field(#"Basic realm="Tidemark", charset="UTF-8""#)) }
        if rules.hasTokens {
            error.headers.append(Self.field(#"Bearer realm="Tidemark""# + (isWrong ? #", error="invalid_token""# : "")))
        }
        return error
    }

    private func refusal(of principal: Principal, scope: Scope, _ rules: AccessRules) -> APIError {
        var error = APIError(
            .forbidden,
            "this needs the scope '\(scope.rawValue)', which '\(principal.name ?? "")' has not"
        )
        if rules.hasTokens {
            error.headers.append(
                Self.field(#"Bearer realm="Tidemark", error="insufficient_scope", scope="\#(scope.rawValue)""#)
            )
        }
        return error
    }

    private static func field(_ value: String) -> HTTPField { HTTPField(name: .wwwAuthenticate, value: value) }
}
