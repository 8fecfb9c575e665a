//! Counters for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: String,
}

/// Everything that is measured.
pub(crate) struct Metrics {
    exposition: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    deliveries: Family<[(&'static str, &'static str); 1], Counter>,
    services: Gauge<u64, AtomicU64>,
    versions: Gauge<u64, AtomicU64>,
    pacts: Gauge<u64, AtomicU64>,
    results: Gauge<u64, AtomicU64>,
    records: Gauge<u64, AtomicU64>,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sizes {
    pub(crate) services: u64,
    pub(crate) versions: u64,
    pub(crate) pacts: u64,
    pub(crate) results: u64,
    pub(crate) records: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut exposition = Registry::with_prefix("counterpart");
        let metrics = Self {
            requests: Family::default(),
            seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 15)),
            deliveries: Family::default(),
            services: Gauge::default(),
            versions: Gauge::default(),
            pacts: Gauge::default(),
            results: Gauge::default(),
            records: Gauge::default(),
            exposition: Registry::default(),
        };
        exposition.register("http_requests", "Requests by method, route and status", metrics.requests.clone());
        exposition.register("http_request_seconds", "How long requests took", metrics.seconds.clone());
        exposition.register("webhook_deliveries", "Webhook calls by outcome", metrics.deliveries.clone());
        exposition.register("services", "Services known", metrics.services.clone());
        exposition.register("versions", "Versions known", metrics.versions.clone());
        exposition.register("pacts", "Different pact contents known", metrics.pacts.clone());
        exposition.register("verification_results", "Verification results known", metrics.results.clone());
        exposition.register("log_records", "Records in the audit log", metrics.records.clone());
        Self { exposition, ..metrics }
    }
}

impl Metrics {
    /// Counts a request; `route` is the template, so that names do not become labels.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method: method.to_owned(), route: route.to_owned(), status: status.to_string() };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts a webhook call: `delivered`, `failed` or `dead`.
    pub(crate) fn delivery(&self, outcome: &'static str) {
        self.deliveries.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// The text that Prometheus reads.
    pub(crate) fn exposition(&self, sizes: Sizes) -> String {
        for (gauge, value) in [
            (&self.services, sizes.services),
            (&self.versions, sizes.versions),
            (&self.pacts, sizes.pacts),
            (&self.results, sizes.results),
            (&self.records, sizes.records),
        ] {
            gauge.inner().store(value, Ordering::Relaxed);
        }
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.exposition);
        text
    }
}
