//! What somebody typed as `INPUT`, taken apart.

use crate::finding::Problem;

/// The kinds of input, before anything is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// `-`.
    Stdin,
    /// `git:REV[:PATH]`.
    Git {
        /// Anything `git rev-parse` takes.
        revision: &'a str,
        /// From the repository root; from the working directory if it starts with `./` or `../`.
        path: Option<&'a str>,
    },
    /// `registry:REFERENCE`.
    Registry(&'a str),
    /// `https://…`, or `http://` on the local machine.
    Url(&'a str),
    /// A file, a directory or an archive.
    Path(&'a str),
}

impl<'a> Input<'a> {
    /// Takes an argument apart by its form alone.
    ///
    /// # Errors
    /// For forms that can mean nothing: an empty argument, `git:` without a revision, `http://` to another machine.
    pub fn parse(text: &'a str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(usage("an empty input names nothing", "pass a file, a directory or `git:REV`"));
        }
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if let Some(rest) = text.strip_prefix("git:") {
            let (revision, path) = split_revision(rest);
            if revision.is_empty() {
                return Err(usage(&format!("`{text}` names no revision"), "write `git:REV` or `git:REV:PATH`"));
            }
            return Ok(Self::Git { revision, path: path.filter(|path| !path.is_empty()) });
        }
        if let Some(reference) = text.strip_prefix("registry:") {
            return Ok(Self::Registry(reference));
        }
        if text.starts_with("https://") {
            return Ok(Self::Url(text));
        }
        if let Some(rest) = text.strip_prefix("http://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            return if is_loopback(host) {
                Ok(Self::Url(text))
            } else {
                // An address may hold a password, which no message repeats.
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                Err(usage(
                    &format!("`http://{rest}` would be read over an unencrypted connection"),
                    &format!("use `https://{rest}`"),
                ))
            };
        }
        if let Some((scheme, _)) = text.split_once("://")
            // One letter is a drive of Windows.
            && scheme.len() > 1
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            return Err(usage(
                &format!("`{text}` is an address, and `{scheme}` is not read"),
                "use `https://`, or fetch it first and name the file",
            ));
        }
        Ok(Self::Path(text))
    }
}

fn usage(message: &str, help: &str) -> Problem {
    Problem::new("bad-input", message).with_help(help)
}

fn is_loopback(host: &str) -> bool {
    // Credentials before the host would make `localhost@elsewhere` look local.
    if host.contains('@') {
        return false;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Splits `REV:PATH` at the first colon that cannot belong to the revision: `HEAD^{/fix: it}` and `main@{12:00}` keep
/// theirs, and `:/text` is a revision as a whole.
fn split_revision(text: &str) -> (&str, Option<&str>) {
    if text.starts_with(":/") {
        return (text, None);
    }
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_keeps_its_own_colons() {
        let git = |text| match Input::parse(text) {
            Ok(Input::Git { revision, path }) => (revision, path),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(git("git:main"), ("main", None));
        assert_eq!(git("git:main:"), ("main", None));
        assert_eq!(git("git:v1.0:api/a:b.yaml"), ("v1.0", Some("api/a:b.yaml")));
        assert_eq!(git("git:HEAD^{/fix: it}:x"), ("HEAD^{/fix: it}", Some("x")));
        assert_eq!(git("git:main@{2026-01-01 10:00}"), ("main@{2026-01-01 10:00}", None));
        assert_eq!(git("git::/fix: it"), (":/fix: it", None));
    }

    #[test]
    fn plain_http_is_taken_from_the_local_machine_only() {
        assert!(matches!(Input::parse("http://127.0.0.1:8080/a"), Ok(Input::Url(_))));
        assert!(matches!(Input::parse("http://[::1]/a"), Ok(Input::Url(_))));
        let problem = Input::parse("http://localhost@example.org/a").expect_err("refused");
        assert_eq!(problem.help.as_deref(), Some("use `https://example.org/a`"));
        assert!(Input::parse("").is_err());
        assert!(Input::parse("git:").is_err());
    }

    #[test]
    fn other_addresses_are_no_paths() {
        let problem = Input::parse("ftp://example.org/a.yaml").expect_err("refused");
        assert_eq!(problem.message, "`ftp://example.org/a.yaml` is an address, and `ftp` is not read");
        assert!(matches!(Input::parse("odd name://a.yaml"), Ok(Input::Path(_))));
    }
}
