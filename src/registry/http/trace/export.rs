//! Sending spans to a collector, many at once, and never in the way of a request.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::registry::http::trace::layer::TraceLayer;
use crate::registry::http::trace::otlp;
use crate::registry::http::trace::settings::TraceSettings;
use crate::registry::http::trace::span::Span;

/// How often a batch is sent at most; then it is dropped.
const ATTEMPTS: u32 = 3;

/// What is sent where.
pub(crate) struct Exporter {
    settings: TraceSettings,
    ended: mpsc::Receiver<Span>,
}

impl Exporter {
    /// An exporter, and the layer that feeds it.
    pub(crate) fn new(settings: TraceSettings) -> (Self, TraceLayer) {
        let (sender, ended) = mpsc::channel(settings.queue);
        let layer = TraceLayer { sampler: settings.sampler, ended: sender };
        (Self { settings, ended }, layer)
    }

    /// Sends until the server stops, and then what is left.
    pub(crate) async fn run(mut self, client: reqwest::Client, mut stop: watch::Receiver<bool>) {
        let mut waiting = Vec::new();
        let mut is_stopping = false;
        while !is_stopping {
            let deadline = Instant::now() + self.settings.delay;
            while waiting.len() < self.settings.batch {
                let room = self.settings.batch - waiting.len();
                tokio::select! {
                    count = self.ended.recv_many(&mut waiting, room) => {
                        if count == 0 {
                            is_stopping = true;
                            break;
                        }
                    }
                    () = tokio::time::sleep_until(deadline) => break,
                    _ = stop.changed() => {
                        is_stopping = true;
                        break;
                    }
                }
            }
            if is_stopping {
                while let Ok(span) = self.ended.try_recv() {
                    waiting.push(span);
                }
            }
            for batch in waiting.chunks(self.settings.batch) {
                self.send(&client, batch).await;
            }
            waiting.clear();
        }
    }

    async fn send(&self, client: &reqwest::Client, spans: &[Span]) {
        let (kind, body) = if self.settings.is_json {
            ("application/json", otlp::json(&self.settings.resource, spans))
        } else {
            ("application/x-protobuf", otlp::protobuf(&self.settings.resource, spans))
        };
        for attempt in 1..=ATTEMPTS {
            let mut request = client
                .post(&self.settings.endpoint)
                .timeout(self.settings.timeout)
                .header("content-type", kind)
                .body(body.clone());
            for (name, value) in &self.settings.headers {
                request = request.header(name, value);
            }
            let problem = match request.send().await {
                Ok(response) if response.status().is_success() => return,
                Ok(response) => {
                    let status = response.status();
                    // OTLP: these may be sent again, others may not.
                    if !matches!(status.as_u16(), 429 | 502 | 503 | 504) {
                        tracing::debug!(%status, "the collector refused traces");
                        return;
                    }
                    status.to_string()
                }
                Err(error) => error.without_url().to_string(),
            };
            if attempt == ATTEMPTS {
                tracing::warn!(problem, spans = spans.len(), "traces could not be sent and were dropped");
                return;
            }
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        }
    }
}
