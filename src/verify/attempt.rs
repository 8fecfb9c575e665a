//! Sending one request until there is an answer, over the provider's instances.

use std::sync::atomic::{AtomicUsize, Ordering};

use url::Url;

use crate::pact::HttpResponse;
use crate::verify::exchange::WireRequest;
use crate::verify::http::{ExchangeFailure, exchange};
use crate::verify::options::Options;
use crate::verify::outcome::FailureKind;
use crate::verify::retry::waits;

/// The provider's instances; the one that answered last is asked first.
#[derive(Debug)]
pub(crate) struct Instances {
    urls: Vec<Url>,
    current: AtomicUsize,
}

/// What came of all attempts.
pub(crate) struct Attempted<T> {
    pub(crate) outcome: Result<T, ExchangeFailure>,
    pub(crate) attempts: u32,
}

impl Instances {
    pub(crate) fn new(urls: Vec<Url>) -> Self {
        Self { urls, current: AtomicUsize::new(0) }
    }

    /// The instance to ask, if there is any.
    pub(crate) fn current(&self) -> Option<&Url> {
        self.urls.get(self.current.load(Ordering::Relaxed) % self.urls.len().max(1))
    }

    fn next(&self) {
        self.current.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.urls.len()
    }
}

/// Runs `send` against the current instance until there is an answer or the policy is exhausted. Only crash, omission and
/// timing are tried again; after a crash another instance is asked at once.
pub(crate) async fn until_answered<T, F>(
    instances: &Instances,
    options: &Options,
    mut send: impl FnMut(Url) -> F,
) -> Attempted<T>
where
    F: Future<Output = Result<T, ExchangeFailure>>,
{
    let mut waits = waits(&options.retry);
    let mut attempts = 0;
    let mut untried = instances.len().saturating_sub(1);
    loop {
        let Some(url) = instances.current() else {
            let failure = ExchangeFailure::new(FailureKind::Crash, "the provider has no address");
            return Attempted { outcome: Err(failure), attempts };
        };
        attempts += 1;
        let failure = match send(url.clone()).await {
            Ok(answer) => return Attempted { outcome: Ok(answer), attempts },
            Err(failure) if !failure.kind.is_unreachable() => return Attempted { outcome: Err(failure), attempts },
            Err(failure) => failure,
        };
        if instances.len() > 1 {
            instances.next();
        }
        if failure.kind == FailureKind::Crash && untried > 0 {
            untried -= 1;
            continue;
        }
        match waits.next() {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Attempted { outcome: Err(failure), attempts },
        }
    }
}

/// Sends an HTTP request that is built for the instance that is asked.
pub(crate) async fn send(
    client: &reqwest::Client,
    instances: &Instances,
    options: &Options,
    build: impl Fn(&Url) -> Result<WireRequest, String>,
) -> Attempted<HttpResponse> {
    until_answered(instances, options, |base| {
        let built = build(&base);
        async move {
            let request = built.map_err(|reason| ExchangeFailure::new(FailureKind::Arbitrary, reason))?;
            exchange(client, &request, options).await
        }
    })
    .await
}
