//! What the registry accepts as a name.

/// What a name names, for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameKind {
    /// A service (a pacticipant, in the words of the Pact Broker).
    Service,
    /// A version number.
    Version,
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// A label.
    Label,
    /// An environment.
    Environment,
}

impl NameKind {
    fn word(self) -> &'static str {
        match self {
            Self::Service => "service name",
            Self::Version => "version number",
            Self::Branch => "branch name",
            Self::Tag => "tag name",
            Self::Label => "label",
            Self::Environment => "environment name",
        }
    }
}

/// Why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {problem}")]
pub(crate) struct NameError {
    what: &'static str,
    problem: &'static str,
}

impl NameError {
    /// What is wrong, as a fragment that follows the name of a field.
    pub(crate) fn problem(&self) -> &'static str {
        self.problem
    }
}

/// Names may be long and odd (a branch with `/`, a service with blanks), because the clients of the Pact Broker send
/// such names; they may not be empty, invisible or unbounded.
pub(crate) fn check_name(kind: NameKind, name: &str) -> Result<(), NameError> {
    let problem = if name.trim().is_empty() {
        "can't be blank"
    } else if name.len() > 255 {
        "is longer than 255 bytes"
    } else if name.chars().any(char::is_control) {
        "contains a control character"
    } else if name.trim() != name {
        "begins or ends with a blank"
    } else if matches!(name, "." | "..") {
        // No client can send an address with such a part.
        "is a path and no name"
    } else if kind == NameKind::Environment && name.contains(char::is_whitespace) {
        "contains a blank"
    } else {
        return Ok(());
    };
    Err(NameError { what: kind.word(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_existing_clients_pass_and_invisible_ones_do_not() {
        assert_eq!(check_name(NameKind::Branch, "feat/a b"), Ok(()));
        assert_eq!(check_name(NameKind::Service, "Web Shop/é"), Ok(()));
        for bad in ["", " ", "a\n", " a", "..", &"x".repeat(256)] {
            assert!(check_name(NameKind::Service, bad).is_err(), "{bad:?} should be refused");
        }
        assert!(check_name(NameKind::Environment, "a b").is_err());
    }
}
