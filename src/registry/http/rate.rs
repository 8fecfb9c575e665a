//! A bucket of tokens per caller, so that one client in a loop does not starve the others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How many callers are remembered at most; beyond that those that are at rest are forgotten.
const CALLERS: usize = 10_000;

/// Buckets by caller.
pub(crate) struct RateLimit {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl RateLimit {
    /// So many requests a second on average, and ten times as many at once.
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, burst: per_second * 10.0, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes a token; otherwise gives back how many seconds to wait for one.
    pub(crate) fn take(&self, caller: &str, now: Instant) -> Result<(), u64> {
        if self.per_second <= 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS && !buckets.contains_key(caller) {
            buckets.retain(|_, bucket| bucket.refilled(now, self.per_second) < self.burst);
            if buckets.len() >= CALLERS {
                return Err(1);
            }
        }
        let bucket = buckets.entry(caller.to_owned()).or_insert(Bucket { tokens: self.burst, filled: now });
        bucket.tokens = bucket.refilled(now, self.per_second).min(self.burst);
        bucket.filled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err((((1.0 - bucket.tokens) / self.per_second).ceil() as u64).max(1))
    }
}

impl Bucket {
    fn refilled(&self, now: Instant, per_second: f64) -> f64 {
        now.saturating_duration_since(self.filled).as_secs_f64().mul_add(per_second, self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_caller_that_used_its_burst_waits_and_others_do_not() {
        let limit = RateLimit::new(1);
        let start = Instant::now();
        assert!((0..10).all(|_| limit.take("a", start).is_ok()));
        assert_eq!(limit.take("a", start), Err(1));
        assert_eq!(limit.take("b", start), Ok(()));
        assert_eq!(limit.take("a", start + Duration::from_secs(2)), Ok(()));
    }
}
