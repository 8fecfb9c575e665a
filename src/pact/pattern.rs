//! Regular expressions of matching rules: whole values, with bounded work.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use rustc_hash::FxHashMap;

/// A compiled expression that has to match a whole value.
///
/// Pact's expressions are written for backtracking engines. Those that a linear engine understands run on it; the rest
/// (look-around, back-references) run with a limit on backtracking, so that an expression that explodes becomes an
/// error instead of a hang.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Linear(regex::Regex),
    /// With how often it has exploded.
    Backtracking(fancy_regex::Regex, Arc<AtomicU32>),
}

/// Steps of backtracking; a few hundred milliseconds at worst.
const BACKTRACK_LIMIT: usize = 1_000_000;

/// An expression that has exploded this often is not tried on further values: a list has many.
const EXPLOSIONS: u32 = 3;

/// Bytes of a compiled expression.
const SIZE_LIMIT: usize = 4 << 20;

/// Compiled expressions that are kept; a pact has far fewer.
const CACHE_LIMIT: usize = 1024;

static CACHE: LazyLock<Mutex<FxHashMap<String, Pattern>>> = LazyLock::new(Mutex::default);

impl Pattern {
    /// Compiles an expression so that it has to match a whole value, or takes it from the cache.
    pub(crate) fn whole(expression: &str) -> Result<Self, String> {
        // A poisoned lock only means that another thread died between two complete states of the map.
        let mut cache = CACHE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(pattern) = cache.get(expression) {
            return Ok(pattern.clone());
        }
        let pattern = Self::compile(&format!(r"\A(?:{expression})\z"))
            .map_err(|reason| format!("`{expression}` is not a regular expression that can be used: {reason}"))?;
        if cache.len() >= CACHE_LIMIT {
            cache.clear();
        }
        cache.insert(expression.to_owned(), pattern.clone());
        Ok(pattern)
    }

    fn compile(expression: &str) -> Result<Self, String> {
        if let Ok(linear) = regex::RegexBuilder::new(expression).size_limit(SIZE_LIMIT).build() {
            return Ok(Self::Linear(linear));
        }
        fancy_regex::RegexBuilder::new(expression)
            .backtrack_limit(BACKTRACK_LIMIT)
            .delegate_size_limit(SIZE_LIMIT)
            .build()
            .map(|regex| Self::Backtracking(regex, Arc::default()))
            .map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())
    }

    /// Whether the whole value matches; an error when it could not be decided within the limit.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, String> {
        match self {
            Self::Linear(regex) => Ok(regex.is_match(text)),
            Self::Backtracking(_, exploded) if exploded.load(Ordering::Relaxed) >= EXPLOSIONS => {
                Err("the regular expression took too many steps on other values, and is not tried any more".to_owned())
            }
            Self::Backtracking(regex, exploded) => regex.is_match(text).map_err(|_| {
                exploded.fetch_add(1, Ordering::Relaxed);
                "the regular expression takes too many steps on this value".to_owned()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(expression: &str, text: &str) -> bool {
        Pattern::whole(expression).and_then(|pattern| pattern.is_match(text)).expect("the expression is fine")
    }

    #[test]
    fn the_whole_value_has_to_match() {
        assert!(is_match(r"\d{1,4}", "1000"));
        assert!(!is_match(r"\d{1,4}", "1000X"));
        assert!(is_match(r"\/\w{3}\/\d{3}", "/XYZ/123"));
        assert!(is_match("red|blue", "blue"));
    }

    #[test]
    fn look_around_works_and_explosions_end() {
        assert!(is_match(r"(?!admin).*", "user"));
        let pattern = Pattern::whole(r"(?=a)(a|a|aa)+\1b").expect("the expression is fine");
        for _ in 0..10_000 {
            assert!(pattern.is_match(&"a".repeat(60)).is_err());
        }
    }
}
