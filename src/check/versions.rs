//! What a contract's declared version says, against what its difference requires.

use crate::change::{Change, Facts, Subject};
use crate::check::kinds::{VERSION_LOWERED, VERSION_TOO_LARGE, VERSION_TOO_SMALL, VERSION_UNCHANGED};
use crate::finding::{Bump, ContractReport};
use crate::formats::ContractComparison;
use crate::policy::{VersionState, ZeroVersions, declared_bump, next_version, required_for, version_state};

/// The contract's line in the report, and a change about its declared version where there is something to say.
///
/// `required` is the largest bump of the contract's findings against the released version.
pub(crate) fn contract_report(
    comparison: &ContractComparison,
    format: &'static str,
    required: Bump,
    zero: ZeroVersions,
) -> (ContractReport, Option<Change>) {
    let old = comparison.old_version.as_ref().map(|version| version.text.as_str());
    let new = comparison.new_version.as_ref().map(|version| version.text.as_str());
    let is_package = comparison.names_majors_only;
    let required = required_for(required, old, is_package, zero);
    let report = ContractReport {
        path: comparison.path.clone(),
        format: format.to_owned(),
        old_version: old.map(str::to_owned),
        new_version: new.map(str::to_owned),
        required_bump: required,
        declared_bump: declared_bump(old, new, is_package),
        next_version: old.and_then(|old| next_version(old, required, is_package)),
    };
    let word = match required {
        Bump::None => "none",
        Bump::Patch => "patch",
        Bump::Minor => "minor",
        Bump::Major => "major",
    };
    let (kind, facts, next) = match version_state(old, new, required, is_package) {
        VersionState::Unchanged { next: Some(next) } => (&VERSION_UNCHANGED, Facts::default(), next),
        VersionState::TooSmall { next } => (&VERSION_TOO_SMALL, Facts::default().with("required", word), next),
        VersionState::TooLarge { next } => (&VERSION_TOO_LARGE, Facts::default(), next),
        VersionState::Lowered => (&VERSION_LOWERED, Facts::default(), report.next_version.clone().unwrap_or_default()),
        VersionState::Incomparable | VersionState::Enough | VersionState::Unchanged { next: None } => {
            return (report, None);
        }
    };
    let subject = Subject { kind: "version", name: comparison.path.clone(), ..Subject::default() };
    let span = |version: &Option<crate::formats::DeclaredVersion>| version.as_ref().and_then(|version| version.span);
    let change = Change::new(kind, facts, subject, span(&comparison.old_version), span(&comparison.new_version))
        .with_value("old", old.unwrap_or_default())
        .with_value("new", new.unwrap_or_default())
        .with_value("next", next)
        .with_value("required", word)
        .with_identity(old.unwrap_or_default(), new.unwrap_or_default());
    (report, Some(change))
}
