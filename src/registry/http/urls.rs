//! Absolute addresses of everything, with every part of a path percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 calls unreserved stays; everything else is encoded, `/` in a branch's name too.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Addresses below the registry's own, which has no slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    pub(crate) base: String,
}

impl Urls {
    /// The address of a path that begins with a slash; the path is taken as it is.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn pacticipant(&self, name: &str) -> String {
        format!("{}/pacticipants/{}", self.base, segment(name))
    }

    pub(crate) fn version(&self, name: &str, number: &str) -> String {
        format!("{}/versions/{}", self.pacticipant(name), segment(number))
    }

    pub(crate) fn tag(&self, name: &str, number: &str, tag: &str) -> String {
        format!("{}/tags/{}", self.version(name, number), segment(tag))
    }

    pub(crate) fn branch(&self, name: &str, branch: &str) -> String {
        format!("{}/branches/{}", self.pacticipant(name), segment(branch))
    }

    pub(crate) fn branch_version(&self, name: &str, branch: &str, number: &str) -> String {
        format!("{}/versions/{}", self.branch(name, branch), segment(number))
    }

    pub(crate) fn label(&self, name: &str, label: &str) -> String {
        format!("{}/labels/{}", self.pacticipant(name), segment(label))
    }

    pub(crate) fn provider_pacts(&self, provider: &str) -> String {
        format!("{}/pacts/provider/{}", self.base, segment(provider))
    }

    pub(crate) fn pair(&self, provider: &str, consumer: &str) -> String {
        format!("{}/consumer/{}", self.provider_pacts(provider), segment(consumer))
    }

    pub(crate) fn pact(&self, provider: &str, consumer: &str, number: &str) -> String {
        format!("{}/version/{}", self.pair(provider, consumer), segment(number))
    }

    pub(crate) fn pact_content(&self, provider: &str, consumer: &str, content: &str) -> String {
        format!("{}/pact-version/{content}", self.pair(provider, consumer))
    }

    pub(crate) fn result(&self, provider: &str, consumer: &str, content: &str, number: u32) -> String {
        format!("{}/verification-results/{number}", self.pact_content(provider, consumer, content))
    }

    pub(crate) fn environment(&self, uuid: &str) -> String {
        format!("{}/environments/{}", self.base, segment(uuid))
    }

    pub(crate) fn webhook(&self, uuid: &str) -> String {
        format!("{}/webhooks/{}", self.base, segment(uuid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_blanks_in_names_are_encoded() {
        let urls = Urls { base: "http://r".into() };
        assert_eq!(urls.branch("Web Shop", "feat/é"), "http://r/pacticipants/Web%20Shop/branches/feat%2F%C3%A9");
    }
}
