//! A registry as large as the figures ask for, as the archive that `registry restore` reads.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The administrator's token of a generated registry.
pub(crate) const TOKEN: &str = "cpt_bench";

/// How much of everything.
pub(crate) struct Shape {
    pub(crate) services: usize,
    /// Of each service.
    pub(crate) versions: usize,
    /// With so many others each service has pacts as their consumer.
    pub(crate) providers: usize,
    /// So many versions have the same pact.
    pub(crate) unchanged: usize,
    pub(crate) results: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self { services: 200, versions: 100, providers: 5, unchanged: 10, results: 1_000_000 }
    }
}

impl Shape {
    /// The name of a service.
    pub(crate) fn service(number: usize) -> String {
        format!("s{number:03}")
    }

    /// A service that a consumer has pacts with.
    pub(crate) fn provider(&self, consumer: usize, which: usize) -> usize {
        (consumer + 1 + which * which * 7) % self.services
    }

    /// Writes the whole archive.
    pub(crate) fn write_archive(&self, out: &mut impl Write) -> io::Result<()> {
        let mut log = Log { out, hash: [0; 32], seq: 0, blobs: Vec::new() };
        writeln!(log.out, "{}", json!({"format": "counterpart/registry/1"}))?;
        log.record(&json!({"token-issued": {"id": "t", "hash": hex(TOKEN.as_bytes()),
            "grant": {"name": "admin", "scopes": ["admin"], "services": []}}}))?;
        for environment in ["staging", "production"] {
            let uuid = format!("{environment}-uuid");
            log.record(&json!({"environment-saved": {"uuid": uuid, "name": environment, "production": environment == "production"}}))?;
        }
        for number in 0..self.versions {
            for service in 0..self.services {
                self.version(&mut log, service, number)?;
            }
        }
        self.results(&mut log)?;
        for service in 0..self.services {
            for (environment, version) in [("staging", self.versions - 1), ("production", self.versions - 2)] {
                log.record(&json!({"deployed": {"uuid": format!("d-{environment}-{service}"), "service": Self::service(service),
                    "version": format!("1.{version}.0"), "environment": environment}}))?;
            }
        }
        log.end()
    }

    fn version(&self, log: &mut Log<'_, impl Write>, service: usize, number: usize) -> io::Result<()> {
        let (name, version) = (Self::service(service), format!("1.{number}.0"));
        log.record(&json!({"version-recorded": {"service": name, "version": version}}))?;
        log.record(&json!({"branch-assigned": {"service": name, "version": version, "branch": "main"}}))?;
        let (bytes, contract) = contract(service);
        let blob = log.keep(contract);
        log.record(&json!({"contract-published": {"service": name, "version": version,
            "files": [{"path": "openapi.json", "blob": blob, "size": bytes}]}}))?;
        for which in 0..self.providers {
            let provider = Self::service(self.provider(service, which));
            let revision = number / self.unchanged;
            let blob = log.keep(pact(&name, &provider, revision));
            log.record(&json!({"pact-published": {"consumer": name, "version": version, "provider": provider,
                "content": content(service, which, revision), "blob": blob}}))?;
        }
        let provider = Self::service(self.provider(service, 0));
        log.record(&json!({"consumed": {"service": name, "version": version, "provider": provider, "provider_version": version}}))
    }

    /// Results come in the order in which builds would send them: every provider version verifies every pact.
    fn results(&self, log: &mut Log<'_, impl Write>) -> io::Result<()> {
        let mut left = self.results;
        let revisions = self.versions.div_ceil(self.unchanged);
        // Newest first, so that a smaller registry has the results of what runs.
        for number in (0..self.versions).rev() {
            for revision in (0..revisions).rev() {
                for consumer in 0..self.services {
                    for which in 0..self.providers {
                        if left == 0 {
                            return Ok(());
                        }
                        left -= 1;
                        let (name, provider) = (Self::service(consumer), Self::service(self.provider(consumer, which)));
                        log.record(&json!({"verified": {"consumer": name, "provider": provider,
                            "content": content(consumer, which, revision), "provider_version": format!("1.{number}.0"),
                            // Old pacts fail with new providers now and then.
                            "success": (consumer + revision + number) % 50 != 0 || revision + 1 == revisions,
                            "verified_by": {"implementation": "pact-js", "version": "16.0.0"}}}))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A small `OpenAPI` document, with its length.
pub(crate) fn contract(number: usize) -> (usize, String) {
    let text = json!({"openapi": "3.1.0", "info": {"title": format!("Service {number}"), "version": "1.0.0"},
        "paths": {"/things/{id}": {"get": {"operationId": "getThing",
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "a thing", "content": {"application/json": {"schema": {
                "type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, format!("p{number}"): {"type": "integer"}}}}}}}}}}})
    .to_string();
    (text.len(), text)
}

/// A small pact.
pub(crate) fn pact(consumer: &str, provider: &str, revision: usize) -> String {
    json!({"consumer": {"name": consumer}, "provider": {"name": provider},
        "interactions": [{"description": format!("a thing {revision}"), "request": {"method": "GET", "path": format!("/things/{revision}")},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"id": "7"}}}],
        "metadata": {"pactSpecification": {"version": "3.0.0"}}})
    .to_string()
}

/// What the broker would call the content: any name of this length does, because nobody computes it again.
fn content(consumer: usize, which: usize, revision: usize) -> String {
    format!("{:040x}", (consumer * 100 + which) * 1000 + revision + 1)
}

fn hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

struct Log<'a, W> {
    out: &'a mut W,
    hash: [u8; 32],
    seq: u64,
    blobs: Vec<([u8; 32], String)>,
}

impl<W: Write> Log<'_, W> {
    fn record(&mut self, event: &Value) -> io::Result<()> {
        self.seq += 1;
        // A result every two minutes, over some years.
        let at = 1_600_000_000_000 + self.seq * 120_000;
        let body =
            json!({"seq": self.seq, "at": at, "actor": "ci", "request": "0a1b2c3d-bench", "event": event}).to_string();
        let mut hasher = Sha256::new();
        hasher.update(self.hash);
        hasher.update(body.as_bytes());
        self.hash = hasher.finalize().into();
        writeln!(self.out, "{}", json!({"seq": self.seq, "body": body, "hash": hex::encode(self.hash)}))
    }

    fn keep(&mut self, text: String) -> String {
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let name = hex::encode(digest);
        self.blobs.push((digest, text));
        name
    }

    fn end(mut self) -> io::Result<()> {
        self.blobs.sort_unstable();
        self.blobs.dedup();
        for (digest, text) in &self.blobs {
            writeln!(self.out, "{}", json!({"blob": hex::encode(digest), "content": STANDARD.encode(text)}))?;
        }
        writeln!(self.out, "{}", json!({"end": {"records": self.seq, "hash": hex::encode(self.hash)}}))
    }
}
