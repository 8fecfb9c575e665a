//! The clock that sunsets are held against.

use jiff::Span;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

/// A day, and how long what was announced goes on to be promised after its own last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SunsetClock {
    /// Today.
    pub today: Date,
    /// Days between a sunset and the removal that it announces.
    pub grace: GraceDays,
}

/// Days of grace by the level of what was promised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GraceDays {
    /// `x-stability-level: draft`.
    pub draft: u16,
    /// `x-stability-level: alpha`; protobuf packages like `v1alpha1` and `v1test`.
    pub alpha: u16,
    /// `x-stability-level: beta`; protobuf packages like `v1beta1`.
    pub beta: u16,
    /// `x-stability-level: stable`, and whatever names no level.
    pub stable: u16,
}

impl GraceDays {
    /// The same for every level.
    #[must_use]
    pub const fn all(days: u16) -> Self {
        Self { draft: days, alpha: days, beta: days, stable: days }
    }

    fn of(self, level: Option<&str>) -> u16 {
        match level {
            Some("draft") => self.draft,
            Some("alpha") => self.alpha,
            Some("beta") => self.beta,
            _ => self.stable,
        }
    }
}

impl SunsetClock {
    /// A clock without grace.
    #[must_use]
    pub const fn new(today: Date) -> Self {
        Self { today, grace: GraceDays::all(0) }
    }

    /// Whether a last day is over, and the grace for what has this `x-stability-level` too.
    #[must_use]
    pub fn has_passed(&self, sunset: Date, level: Option<&str>) -> bool {
        sunset < self.today.saturating_sub(Span::new().days(i64::from(self.grace.of(level))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grace_is_that_of_the_level_and_no_level_is_a_full_promise() {
        let grace = GraceDays { draft: 0, alpha: 0, beta: 31, stable: 180 };
        let clock = SunsetClock { today: jiff::civil::date(2026, 6, 1), grace };
        let rows = [
            ("2026-05-31", Some("alpha"), true),
            ("2026-06-01", Some("alpha"), false),
            ("2026-05-01", Some("beta"), false),
            ("2026-04-30", Some("beta"), true),
            ("2026-04-30", None, false),
            ("2025-12-01", None, true),
            ("2025-12-04", Some("stable"), false),
            ("2025-12-04", Some("ga"), false),
        ];
        for (sunset, level, expected) in rows {
            let day = sunset.parse().expect("a date");
            assert_eq!(clock.has_passed(day, level), expected, "{sunset} {level:?}");
        }
    }
}
