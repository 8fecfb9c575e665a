//! `SERVICE[@VERSION|@branch:NAME|@environment:NAME]`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A service with the version that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) service: String,
    pub(crate) at: At,
}

/// Which version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    /// The newest: of the main branch, if it has one.
    Newest,
    /// This one.
    Version(String),
    /// The newest of a branch.
    Branch(String),
    /// What runs in an environment.
    Environment(String),
}

impl Reference {
    /// Reads a reference; `None` where the service or what follows the `@` is empty.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // The last `@`: names of npm packages begin with one.
        let (service, at) = match text.rsplit_once('@') {
            Some((service, at)) if !service.is_empty() => (service, at),
            _ => return (!text.is_empty()).then(|| Self { service: text.to_owned(), at: At::Newest }),
        };
        let at = match at.split_once(':') {
            Some(("branch", name)) if !name.is_empty() => At::Branch(name.to_owned()),
            Some(("environment", name)) if !name.is_empty() => At::Environment(name.to_owned()),
            _ if at.is_empty() || at.ends_with(':') => return None,
            _ => At::Version(at.to_owned()),
        };
        Some(Self { service: service.to_owned(), at })
    }

    /// The address that says which versions it stands for.
    pub(crate) fn resolve_path(&self) -> String {
        let service = encode(&self.service);
        match &self.at {
            At::Newest => format!("/api/v1/resolve?service={service}"),
            At::Version(number) => format!("/api/v1/resolve?service={service}&version={}", encode(number)),
            At::Branch(name) => format!("/api/v1/resolve?service={service}&branch={}", encode(name)),
            At::Environment(name) => format!("/api/v1/resolve?service={service}&environment={}", encode(name)),
        }
    }

    /// The address of a version.
    pub(crate) fn version_path(service: &str, version: &str) -> String {
        format!("/api/v1/services/{}/versions/{}", encode(service), encode(version))
    }
}

/// One part of an address.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_reference_is_read() {
        let at = |text: &str| Reference::parse(text).map(|reference| (reference.service, reference.at));
        assert_eq!(at("orders"), Some(("orders".into(), At::Newest)));
        assert_eq!(at("orders@1.4.0"), Some(("orders".into(), At::Version("1.4.0".into()))));
        assert_eq!(at("orders@branch:feat/a"), Some(("orders".into(), At::Branch("feat/a".into()))));
        assert_eq!(
            at("@acme/web@environment:production"),
            Some(("@acme/web".into(), At::Environment("production".into())))
        );
        assert_eq!(at("orders@"), None);
        assert_eq!(at(""), None);
    }
}
