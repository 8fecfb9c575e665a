//! Conventional commits: they may raise what the difference requires, never lower it.

use crate::finding::Bump;

/// The largest bump that commit messages claim (Conventional Commits 1.0.0): `feat` is a minor, `fix` and `perf` a patch,
/// `!` or a `BREAKING CHANGE` footer a major. Messages in any other form claim nothing.
#[must_use]
pub fn raised_by_commits<'a>(messages: impl IntoIterator<Item = &'a str>) -> Bump {
    messages.into_iter().map(claim).max().unwrap_or_default()
}

fn claim(message: &str) -> Bump {
    let Some((head, _)) = message.lines().next().and_then(|subject| subject.split_once(": ")) else {
        return Bump::None;
    };
    let (head, is_breaking) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
    let kind = head.split_once('(').map_or(head, |(kind, _)| kind);
    let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    let has_closed_scope = !head.contains('(') || head.ends_with(')');
    if !is_kind || !has_closed_scope {
        return Bump::None;
    }
    let has_footer = message
        .lines()
        .skip(1)
        .any(|line| line.starts_with("BREAKING CHANGE: ") || line.starts_with("BREAKING-CHANGE: "));
    match kind.to_ascii_lowercase().as_str() {
        _ if is_breaking || has_footer => Bump::Major,
        "feat" => Bump::Minor,
        "fix" | "perf" => Bump::Patch,
        _ => Bump::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_claim_what_their_form_says_and_nothing_otherwise() {
        let rows = [
            ("feat: orders can be returned", Bump::Minor),
            ("fix(api): typo", Bump::Patch),
            ("refactor(api)!: drop v1", Bump::Major),
            ("chore: x\n\nBREAKING CHANGE: y is gone", Bump::Major),
            ("Merge: something", Bump::None),
            ("https://example.org: a link", Bump::None),
            ("just words", Bump::None),
        ];
        for (message, expected) in rows {
            assert_eq!(raised_by_commits([message]), expected, "{message}");
        }
    }
}
