//! Who answers for what changed: the project file's `owner`, then CODEOWNERS.

use crate::cli::project::Place;
use crate::config::{CODEOWNERS_PATHS, CodeOwners};
use crate::finding::Report;
use crate::source::load::Repository;

/// Larger files are no CODEOWNERS; GitHub reads none past three megabytes.
const MAX_BYTES: u64 = 3 << 20;

/// Names the owners of every finding.
pub(crate) fn add(report: &mut Report, place: &Place) {
    let root = place.repository.as_ref().map_or(place.root.as_path(), Repository::root);
    let text = CODEOWNERS_PATHS.iter().find_map(|path| {
        let path = root.join(path);
        let is_read = std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES);
        if is_read { std::fs::read_to_string(path).ok() } else { None }
    });
    let owners = text.map(|text| CodeOwners::parse(&text)).unwrap_or_default();
    for finding in &mut report.findings {
        let configured = place.section_of(&finding.contract).and_then(|section| section.owner.clone());
        let path = finding.place().map_or(finding.contract.as_str(), |place| place.path.as_str());
        let of_file = owners.of(path);
        finding.owners = configured.into_iter().chain(of_file).collect();
        finding.owners.dedup();
    }
}
