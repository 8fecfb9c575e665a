//! Deprecation, sunset and stability of anything that a document describes.

use jiff::civil::Date;

use crate::formats::SunsetClock;
use crate::syntax::{Document, NodeId};

/// The date in `x-sunset`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sunset {
    /// There is none.
    #[default]
    None,
    /// The last day, with the text as written.
    On(Date, String),
    /// Something that is no date.
    Unreadable(String),
}

impl Sunset {
    /// Reads a date (`2027-06-30`) or a date and time (RFC 3339), of which the day counts.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let trimmed = text.trim();
        let day = match trimmed.get(10..11) {
            Some("T" | "t" | " ") => &trimmed[..10],
            _ => trimmed,
        };
        // `Date` also reads other forms of ISO 8601; only this one is asked for.
        let is_plain = day.len() == 10 && day.as_bytes()[4] == b'-';
        match day.parse::<Date>() {
            Ok(date) if is_plain => Self::On(date, trimmed.to_owned()),
            _ => Self::Unreadable(text.to_owned()),
        }
    }

    /// As written; empty without one.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::None => "",
            Self::On(_, text) | Self::Unreadable(text) => text,
        }
    }
}

/// How something stands in its life.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lifecycle {
    /// Whether it should no longer be used.
    pub is_deprecated: bool,
    /// Until when it works.
    pub sunset: Sunset,
    /// `x-stability-level`, as written.
    pub stability: Option<String>,
}

impl Lifecycle {
    /// Reads `deprecated`, `x-sunset` and `x-stability-level` of a mapping.
    #[must_use]
    pub fn read(document: &Document, node: NodeId) -> Self {
        let text = |key: &str| document.get(node, key).map(|value| document.text(value).to_owned());
        Self {
            is_deprecated: document.get_bool(node, "deprecated").unwrap_or(false),
            sunset: text("x-sunset").map_or(Sunset::None, |text| Sunset::parse(&text)),
            stability: text("x-stability-level"),
        }
    }

    /// How the removal of something in this state was announced: the values of the fact `announced`.
    #[must_use]
    pub fn announced(&self, clock: SunsetClock) -> &'static str {
        match &self.sunset {
            _ if !self.is_deprecated => "no",
            Sunset::None => "no-sunset",
            Sunset::Unreadable(_) => "invalid-sunset",
            Sunset::On(day, _) if clock.has_passed(*day, self.stability.as_deref()) => "after-sunset",
            Sunset::On(..) => "before-sunset",
        }
    }

    /// Whether the removal was announced and its day has passed.
    #[must_use]
    pub fn may_go(&self, clock: SunsetClock) -> bool {
        self.announced(clock) == "after-sunset"
    }

    /// With the level of what it is a part of, where it names none.
    #[must_use]
    pub fn within(mut self, whole: &Self) -> Self {
        self.stability = self.stability.or_else(|| whole.stability.clone());
        self
    }

    /// Whether nobody may rely on it: draft or alpha.
    #[must_use]
    pub fn is_unstable(&self) -> bool {
        matches!(self.stability.as_deref(), Some("draft" | "alpha"))
    }

    /// What happened between two states, at most one change of deprecation and one of stability.
    #[must_use]
    pub fn changes(&self, new: &Self, clock: SunsetClock) -> Vec<LifecycleChange> {
        let mut changes = Vec::new();
        match (self.is_deprecated, new.is_deprecated) {
            (false, true) => changes.push(LifecycleChange::Deprecated(match &new.sunset {
                Sunset::None => "none",
                Sunset::Unreadable(_) => "invalid",
                Sunset::On(day, _) if clock.has_passed(*day, new.stability.as_deref()) => "past",
                Sunset::On(..) => "future",
            })),
            (true, false) => changes.push(LifecycleChange::Reactivated),
            (true, true) if self.sunset != new.sunset => {
                changes.push(LifecycleChange::Sunset(match (&self.sunset, &new.sunset) {
                    (Sunset::None, Sunset::On(..)) => "added",
                    (_, Sunset::None) => "removed",
                    (Sunset::On(old, _), Sunset::On(new, _)) if new < old => "earlier",
                    (Sunset::On(..), Sunset::On(..)) => "later",
                    _ => "invalid",
                }));
            }
            _ => {}
        }
        if self.stability != new.stability {
            changes
                .push(LifecycleChange::Stability(stability_edit(self.stability.as_deref(), new.stability.as_deref())));
        }
        changes
    }
}

/// One step in a life; the texts are the values of the facts that state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleChange {
    /// Marked as deprecated: `sunset`.
    Deprecated(&'static str),
    /// No longer deprecated.
    Reactivated,
    /// Deprecated before and after: `edit`.
    Sunset(&'static str),
    /// `edit`.
    Stability(&'static str),
}

/// The levels from the weakest promise to the strongest. What has no level is taken as a full promise.
fn rank(level: Option<&str>) -> Option<u8> {
    match level {
        Some("draft") => Some(0),
        Some("alpha") => Some(1),
        Some("beta") => Some(2),
        Some("stable") => Some(4),
        None => Some(3),
        Some(_) => None,
    }
}

fn stability_edit(old: Option<&str>, new: Option<&str>) -> &'static str {
    match (rank(old), rank(new)) {
        (Some(old), Some(new)) if new < old => "decreased",
        (Some(_), Some(_)) => "increased",
        _ => "invalid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("the test writes a date")
    }

    #[test]
    fn a_sunset_is_a_day_or_the_day_of_a_time() {
        assert_eq!(Sunset::parse("2027-06-30"), Sunset::On(day("2027-06-30"), "2027-06-30".into()));
        assert!(matches!(Sunset::parse("2027-06-30T10:00:00Z"), Sunset::On(date, _) if date == day("2027-06-30")));
        assert_eq!(Sunset::parse("soon"), Sunset::Unreadable("soon".into()));
        let life = Lifecycle { is_deprecated: true, sunset: Sunset::parse("2027-06-30"), stability: None };
        assert!(!life.may_go(SunsetClock::new(day("2027-06-30"))), "the last day still counts");
    }

    #[test]
    fn stability_without_a_level_counts_as_more_than_beta_and_less_than_stable() {
        assert_eq!(stability_edit(None, Some("beta")), "decreased");
        assert_eq!(stability_edit(Some("stable"), None), "decreased");
        assert_eq!(stability_edit(None, Some("stable")), "increased");
        assert_eq!(stability_edit(Some("ga"), Some("stable")), "invalid");
    }
}
