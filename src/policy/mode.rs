//! The settings that verdicts are weighed by.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::Direction;
use crate::policy::{Waiver, ZeroVersions};

/// What a change may do to others.
///
/// | mode | a capability gone | what breaks |
/// |---|---|---|
/// | `expansion-only` | error | error |
/// | `compatible` | warning | error |
/// | `backward` | warning | what breaks old consumers with the new provider |
/// | `forward` | note | what breaks new consumers with the old provider |
/// | `full` | warning | both |
///
/// The `-transitive` forms compare with every released version instead of the last one; the caller names them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A contract may only grow.
    #[default]
    ExpansionOnly,
    /// Only what breaks somebody by itself.
    Compatible,
    /// Old consumers with the new provider.
    Backward,
    /// As `backward`, over all released versions.
    BackwardTransitive,
    /// New consumers with the old provider.
    Forward,
    /// As `forward`, over all released versions.
    ForwardTransitive,
    /// Both.
    Full,
    /// As `full`, over all released versions.
    FullTransitive,
}

/// Which side is rolled out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    /// The provider: old consumers meet the new provider.
    Backward,
    /// The consumers: new consumers meet the old provider.
    Forward,
    /// Either.
    Full,
}

impl Mode {
    /// Every mode with its name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("expansion-only", Self::ExpansionOnly),
        ("compatible", Self::Compatible),
        ("backward", Self::Backward),
        ("backward-transitive", Self::BackwardTransitive),
        ("forward", Self::Forward),
        ("forward-transitive", Self::ForwardTransitive),
        ("full", Self::Full),
        ("full-transitive", Self::FullTransitive),
    ];

    /// Who meets whom.
    #[must_use]
    pub fn rollout(self) -> Rollout {
        match self {
            Self::ExpansionOnly | Self::Compatible | Self::Backward | Self::BackwardTransitive => Rollout::Backward,
            Self::Forward | Self::ForwardTransitive => Rollout::Forward,
            Self::Full | Self::FullTransitive => Rollout::Full,
        }
    }

    /// Whether every released version counts, not only the last.
    #[must_use]
    pub fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// The directions in which data of an exposure is read across versions.
    ///
    /// | rollout | requests | responses | payload only |
    /// |---|---|---|---|
    /// | backward | new reads old | old reads new | new reads old |
    /// | forward | old reads new | new reads old | old reads new |
    /// | full | both | both | both |
    ///
    /// The two API modes (`expansion-only`, `compatible`) count both directions of a payload-only contract, because
    /// nothing says whether its readers or its writers are deployed first.
    #[must_use]
    pub fn directions(self, in_requests: bool, in_responses: bool, is_payload_only: bool) -> Vec<Direction> {
        use Direction::{NewReadsOld, OldReadsNew};
        let (first, second) = match self.rollout() {
            Rollout::Full => return vec![NewReadsOld, OldReadsNew],
            Rollout::Backward => (NewReadsOld, OldReadsNew),
            Rollout::Forward => (OldReadsNew, NewReadsOld),
        };
        if is_payload_only {
            return match self {
                Self::ExpansionOnly | Self::Compatible => vec![NewReadsOld, OldReadsNew],
                _ => vec![first],
            };
        }
        let mut directions = Vec::with_capacity(2);
        if in_requests {
            directions.push(first);
        }
        if in_responses {
            directions.push(second);
        }
        directions
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, mode)| mode == self).map_or("", |(name, _)| name);
        formatter.write_str(name)
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|&(_, mode)| mode).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("there is no mode `{text}`; the modes are {}", names.join(", "))
        })
    }
}

/// An encoding or use of a contract that must keep working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The binary encoding.
    Wire,
    /// JSON. Always counts for formats that have no other encoding.
    Json,
    /// Code generated from the contract.
    Source,
}

/// A severity that a user gives a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeverityWord {
    /// Fails the gate.
    Error,
    /// Shown.
    Warning,
    /// Shown quietly.
    Note,
    /// Listed as suppressed, counted apart.
    Off,
}

/// How verdicts are weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What a change may do to others.
    pub mode: Mode,
    /// What must keep working; all three by default.
    pub layers: Vec<Layer>,
    /// Severities per rule id, or per `format/*`; the longer match wins.
    pub severities: BTreeMap<String, SeverityWord>,
    /// Findings accepted by hand.
    pub waivers: Vec<Waiver>,
    /// Whether breaks in unstable contracts and packages count like others.
    pub strict_unstable: bool,
    /// Whether `maybe` requires a major bump instead of a minor one.
    pub maybe_is_major: bool,
    /// How versions before 1.0 are counted.
    pub zero_versions: ZeroVersions,
    /// The clock, for waivers.
    pub today: jiff::civil::Date,
}

impl Policy {
    /// The defaults on a given day.
    #[must_use]
    pub fn new(today: jiff::civil::Date) -> Self {
        Self {
            mode: Mode::default(),
            layers: vec![Layer::Wire, Layer::Json, Layer::Source],
            severities: BTreeMap::new(),
            waivers: Vec::new(),
            strict_unstable: false,
            maybe_is_major: false,
            zero_versions: ZeroVersions::default(),
            today,
        }
    }

    /// The severity that the user gives a rule, if any.
    #[must_use]
    pub fn severity_of(&self, rule: &str) -> Option<SeverityWord> {
        let wildcard = || {
            let format = rule.split('/').next().unwrap_or_default();
            self.severities.get(&format!("{format}/*"))
        };
        self.severities.get(rule).or_else(wildcard).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_follow_the_rollout_and_the_exposure() {
        use Direction::{NewReadsOld, OldReadsNew};
        let rows = [
            (Mode::ExpansionOnly, (true, false, false), vec![NewReadsOld]),
            (Mode::Compatible, (false, true, false), vec![OldReadsNew]),
            (Mode::Backward, (true, true, false), vec![NewReadsOld, OldReadsNew]),
            (Mode::Forward, (true, false, false), vec![OldReadsNew]),
            (Mode::Forward, (false, true, false), vec![NewReadsOld]),
            (Mode::Full, (true, false, false), vec![NewReadsOld, OldReadsNew]),
            (Mode::Backward, (true, true, true), vec![NewReadsOld]),
            (Mode::ForwardTransitive, (true, true, true), vec![OldReadsNew]),
            (Mode::ExpansionOnly, (true, true, true), vec![NewReadsOld, OldReadsNew]),
        ];
        for (mode, (requests, responses, payload), expected) in rows {
            assert_eq!(mode.directions(requests, responses, payload), expected, "{mode}");
        }
    }

    #[test]
    fn an_unknown_mode_is_refused_with_the_names_of_all() {
        assert!("sideways".parse::<Mode>().unwrap_err().contains("expansion-only"));
    }
}
