//! The last release of every contract: services of one repository may have tags of their own.

use crate::cli::project::Place;
use crate::config::ContractSection;
use crate::finding::Problem;
use crate::policy::VersionScheme;
use crate::source::load::{Release, Repository, last_release, last_release_like};

/// One release, and what it is the last release of.
pub(crate) struct LastRelease {
    /// The input: `git:v1.4.0`.
    pub(crate) input: String,
    pub(crate) reason: String,
    /// The version in the release tag, if the release is one.
    pub(crate) version: Option<String>,
    pub(crate) tag: Option<String>,
}

/// The last releases of a project's contracts.
pub(crate) struct Releases {
    list: Vec<LastRelease>,
    /// For each entry of the project file its release, as an index.
    sections: Vec<Option<usize>>,
    /// The release of contracts without an entry.
    others: Option<usize>,
}

impl Releases {
    /// One release for all contracts.
    pub(crate) fn given(input: &str, reason: &str, place: &Place) -> Self {
        let release = LastRelease { input: input.to_owned(), reason: reason.to_owned(), version: None, tag: None };
        let sections = place.project.as_ref().map_or(0, |project| project.file.contracts.len());
        Self { list: vec![release], sections: vec![Some(0); sections], others: Some(0) }
    }

    /// No release for any contract.
    pub(crate) fn none() -> Self {
        Self { list: Vec::new(), sections: Vec::new(), others: None }
    }

    /// The releases that the tags in HEAD name.
    pub(crate) fn find(repository: &Repository, place: &Place) -> Result<Self, Problem> {
        let mut found = Self::none();
        let plain = last_release(repository, &[])?;
        found.others = plain.as_ref().map(|release| found.index(release));
        for section in place.project.iter().flat_map(|project| &project.file.contracts) {
            let release = release_of(repository, section)?;
            let index = release.map(|release| found.index(&release));
            found.sections.push(index);
        }
        Ok(found)
    }

    fn index(&mut self, release: &Release) -> usize {
        if let Some(known) = self.list.iter().position(|known| known.tag.as_ref() == Some(&release.tag)) {
            return known;
        }
        self.list.push(LastRelease {
            input: format!("git:{}", release.tag),
            reason: "newest version tag in HEAD".to_owned(),
            version: Some(release.version.clone()),
            tag: Some(release.tag.clone()),
        });
        self.list.len() - 1
    }

    /// Every release once.
    pub(crate) fn list(&self) -> &[LastRelease] {
        &self.list
    }

    /// The last release of a contract, as an index into [`Self::list`].
    pub(crate) fn of(&self, contract: &str, place: &Place) -> Option<usize> {
        let Some(section) = place.section_of(contract) else { return self.others };
        let sections = &place.project.as_ref()?.file.contracts;
        let index = sections.iter().position(|known| std::ptr::eq(known, section))?;
        *self.sections.get(index)?
    }
}

/// The last release of the contracts of one entry: by its own tags, else by plain ones.
fn release_of(repository: &Repository, section: &ContractSection) -> Result<Option<Release>, Problem> {
    let version = &section.version;
    match (version.scheme, &version.tag, &section.service) {
        (Some(VersionScheme::None), ..) => Ok(None),
        (Some(VersionScheme::Calver | VersionScheme::MajorMinor | VersionScheme::Integer), None, _)
        | (_, Some(_), _) => last_release_like(repository, &tag_name(section, "{version}")),
        (_, None, Some(service)) => last_release(repository, &[service]),
        (_, None, None) => last_release(repository, &[]),
    }
}

/// The tag of a version: `v{version}`, with a service `{service}/v{version}`, or as the entry says.
pub(crate) fn tag_name(section: &ContractSection, version: &str) -> String {
    let default = if section.service.is_some() { "{service}/v{version}" } else { "v{version}" };
    let template = section.version.tag.as_deref().unwrap_or(default);
    let version = version.strip_prefix('v').unwrap_or(version);
    template.replace("{service}", section.service.as_deref().unwrap_or_default()).replace("{version}", version)
}
