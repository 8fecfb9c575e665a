//! Branches and tags whose names have a slash that the client did not encode: `…/branches/feat/x/versions/1`.
//!
//! Some clients of the Pact Broker send such addresses (`pact broker create-or-update-version`). They are made what they
//! mean before they are routed: the name ends where one of the known endings begins. A branch that is itself called like
//! an ending (`feat/versions`) can only be told apart when it is encoded.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// What may follow a branch of a service; `*` stands for one name.
const AFTER_BRANCH: [&[&str]; 6] = [
    &["latest-version", "can-i-deploy", "to-environment", "*", "badge"],
    &["latest-version", "can-i-deploy", "to-environment", "*"],
    &["versions", "*"],
    &["versions"],
    &["latest-version"],
    &[],
];
/// What may follow a branch of pacts.
const AFTER_PACT_BRANCH: [&[&str]; 2] = [&["latest"], &[]];
/// What may follow a tag of a version.
const AFTER_TAG: [&[&str]; 1] = [&[]];

/// The request with the slashes of names encoded.
pub(crate) fn encoded(mut request: Request) -> Request {
    if let Some(path) = encode(request.uri().path()) {
        let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
        let mut parts = request.uri().clone().into_parts();
        // Slashes became `%2F`; what was an address still is one.
        parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// The path with the slashes of a name encoded; `None` where there is nothing to encode.
fn encode(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let (begin, endings): (usize, &[&[&str]]) = match parts.as_slice() {
        ["", "pacticipants", _, "branches", _, _, ..] => (4, &AFTER_BRANCH),
        ["", "pacticipants", _, "versions", _, "tags", _, _, ..] => (6, &AFTER_TAG),
        ["", "pacts", "provider", _, "branch", _, _, ..] => (5, &AFTER_PACT_BRANCH),
        ["", "pacts" | "pact", "provider", _, "consumer", _, "branch", _, _, ..] => (7, &AFTER_PACT_BRANCH),
        _ => return None,
    };
    let rest = &parts[begin..];
    let fits = |ending: &&[&str]| {
        rest.len() > ending.len()
            && rest[rest.len() - ending.len()..].iter().zip(*ending).all(|(part, word)| *word == "*" || part == word)
    };
    let ending = endings.iter().copied().find(fits)?;
    let name = &rest[..rest.len() - ending.len()];
    if name.len() < 2 {
        return None;
    }
    let mut encoded = parts[..begin].join("/");
    encoded.push('/');
    encoded.push_str(&name.join("%2F"));
    for part in &rest[name.len()..] {
        encoded.push('/');
        encoded.push_str(part);
    }
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_where_a_known_ending_begins() {
        for (given, meant) in [
            ("/pacticipants/A/branches/feat/x", "/pacticipants/A/branches/feat%2Fx"),
            ("/pacticipants/A/branches/feat/x/versions/1", "/pacticipants/A/branches/feat%2Fx/versions/1"),
            ("/pacticipants/A/branches/a/b/c/versions", "/pacticipants/A/branches/a%2Fb%2Fc/versions"),
            (
                "/pacticipants/A/branches/a/b/latest-version/can-i-deploy/to-environment/p/badge",
                "/pacticipants/A/branches/a%2Fb/latest-version/can-i-deploy/to-environment/p/badge",
            ),
            ("/pacticipants/A/versions/1/tags/feat/x", "/pacticipants/A/versions/1/tags/feat%2Fx"),
            ("/pacts/provider/P/branch/feat/x/latest", "/pacts/provider/P/branch/feat%2Fx/latest"),
            ("/pact/provider/P/consumer/C/branch/feat/x", "/pact/provider/P/consumer/C/branch/feat%2Fx"),
        ] {
            assert_eq!(encode(given).as_deref(), Some(meant));
        }
        for plain in [
            "/pacticipants/A/branches/main/versions/1",
            "/pacticipants/A/branches/main/latest-version",
            "/pacticipants/A/branches/feat%2Fx/versions/1",
            "/pacts/provider/P/branch/latest",
            "/pacticipants/A/versions/1/tags/t",
            "/",
        ] {
            assert_eq!(encode(plain), None, "{plain}");
        }
    }
}
