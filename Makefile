# The verbs of Tidemark. `make demo` and `make test` do all the set-up that a fresh machine needs.

.PHONY: demo test test-integrations test-pages build serve bench lint format fuzz crash

# A seconds-long look at everything: a simulated day over HTTP into a server, and what came of it.
demo: build
	@deploy/demo

# Tests that measure time, or wait for other programs: one after the other, so that they have the machine.
alone = AlertDeliveryTests|WebhookDeliveryTests|EndpointClientTests|TLSTests|DeliveryLogTests|AlertmanagerTests|PrometheusLiveAlertsTests|PrometheusAlertsTests|PrometheusModelRulesTests|PrometheusRemoteTests|PrometheusDashboardsTests|RemoteWritePeersTests|SecureServerTests|ServerTLSTests|FirstStepsTests|HistogramBound|Histograms at their bounds

# Every test.
test:
	@.ci/setup test
	swift test --disable-xctest --skip '$(alone)'
	swift test --skip-build --disable-xctest --no-parallel --filter '$(alone)'

# The Python examples against a server, and the dashboards in Grafana's own model. Keras, JAX, scikit-learn and the model come from PyPI.
test-integrations: build
	@.ci/setup integrations
	@Tests/Integrations/run

# The built-in page in Debian's Chromium. playwright and axe come from PyPI.
test-pages: build
	@.ci/setup pages
	@Tests/Pages/run

# The release binary, .build/release/tidemark.
build:
	@.ci/setup build
	swift build -c release --product tidemark

# The server on its default port, 127.0.0.1:9590.
serve: build
	.build/release/tidemark serve

# Side by side with the peers that can be installed; prints ratios.
bench: build
	@.ci/setup bench
	@Benchmarks/run

# The format, and rules that hold for the whole tree.
lint:
	swift format lint --strict --recursive Package.swift Sources Tests
	@.ci/tidy

format:
	swift format --in-place --recursive Package.swift Sources Tests

# Random text into the decoders and the query parser, for a minute each: `make fuzz SECONDS=600`.
fuzz:
	@.ci/setup build
	@Tests/Fuzz/run $(or $(SECONDS),60)

# A sender retries over HTTP while the server is killed, many times over, and every step of the disk fails in every way:
# `make crash KILLS=200`.
crash:
	@.ci/setup test
	TIDEMARK_KILLS=$(or $(KILLS),60) swift test --disable-xctest --filter 'KilledServerTests|FaultInjectionTests'
