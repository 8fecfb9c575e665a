//! Trying again, and knowing when to stop: back-off with jitter, and a circuit breaker.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::verify::options::RetryPolicy;

/// The waits before each further attempt: doubling, each with up to as much again at random.
pub(crate) fn waits(policy: &RetryPolicy) -> impl Iterator<Item = Duration> {
    let longest = policy.longest_wait;
    ExponentialBuilder::default()
        .with_min_delay(policy.first_wait)
        .with_max_delay(longest)
        .with_max_times(policy.retries)
        .with_jitter()
        .build()
        .map(move |wait| wait.min(longest))
}

/// Opens when so many interactions in a row had no answer; then nothing is sent any more.
#[derive(Debug)]
pub(crate) struct Breaker {
    limit: usize,
    in_a_row: AtomicUsize,
}

impl Breaker {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, in_a_row: AtomicUsize::new(0) }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.limit > 0 && self.in_a_row.load(Ordering::Relaxed) >= self.limit
    }

    pub(crate) fn answered(&self) {
        self.in_a_row.store(0, Ordering::Relaxed);
    }

    pub(crate) fn was_silent(&self) {
        self.in_a_row.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stay_below_the_longest() {
        let policy = RetryPolicy {
            retries: 4,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_millis(500),
            give_up_after: 2,
        };
        let waits: Vec<Duration> = waits(&policy).collect();
        assert_eq!(waits.len(), 4);
        assert!(waits[0] >= Duration::from_millis(100) && waits[0] <= Duration::from_millis(200), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(500)), "{waits:?}");
    }

    #[test]
    fn the_breaker_opens_after_silence_in_a_row_only() {
        let breaker = Breaker::new(2);
        breaker.was_silent();
        breaker.answered();
        breaker.was_silent();
        assert!(!breaker.is_open());
        breaker.was_silent();
        assert!(breaker.is_open());
    }
}
