//! Whether a request shows who makes it, as the contract asks.

use crate::formats::openapi::view::{Operation, Requirement, SchemeKind};
use crate::pact::{HttpRequest, Mismatch};
use crate::verify::contract::finding;

/// What is missing of the credentials that an operation takes: any one of its alternatives is enough, and all schemes of
/// one belong together. A client certificate is not a part of a request, so it is taken as shown.
pub(crate) fn missing(operation: Operation<'_>, request: &HttpRequest) -> Option<Mismatch> {
    let alternatives = operation.security().filter(|alternatives| !alternatives.is_empty())?;
    let lacking: Vec<Vec<String>> = alternatives.iter().map(|alternative| lacks(alternative, request)).collect();
    if lacking.iter().any(Vec::is_empty) {
        return None;
    }
    let choices: Vec<String> = lacking.iter().map(|one| one.join(" and ")).collect();
    let message = format!(
        "the contract asks for credentials, and the request has none: {}. Add them to the pact, or for the run with \
         --header or a request filter",
        choices.join(", or ")
    );
    Some(finding("request.security", &choices.join(", or "), "", message))
}

/// Whether a query parameter carries a key that the operation may ask for.
pub(crate) fn is_key(operation: Operation<'_>, parameter: &str) -> bool {
    let alternatives = operation.security().unwrap_or_default();
    alternatives.iter().any(|alternative| {
        alternative.schemes().iter().filter_map(|(name, _)| alternative.scheme(name)).any(
            |scheme| matches!(scheme.kind(), SchemeKind::ApiKey { location: "query", parameter: key } if key == parameter),
        )
    })
}

/// The schemes of one alternative that the request shows nothing for, each in words.
fn lacks(alternative: &Requirement<'_>, request: &HttpRequest) -> Vec<String> {
    let schemes = alternative.schemes();
    let lacking = schemes.iter().filter_map(|(name, _)| {
        let scheme = alternative.scheme(name)?;
        match scheme.kind() {
            SchemeKind::ApiKey { location: "query", parameter } => {
                (!request.query.iter().any(|(key, _)| key == parameter))
                    .then(|| format!("the query parameter `{parameter}`"))
            }
            SchemeKind::ApiKey { location: "cookie", parameter } => {
                (!has_cookie(request, parameter)).then(|| format!("the cookie `{parameter}`"))
            }
            SchemeKind::ApiKey { parameter, .. } => {
                header(request, parameter).is_none().then(|| format!("the header `{parameter}`"))
            }
            SchemeKind::Http { scheme, .. } => {
                let is_shown = header(request, "authorization").is_some_and(|value| begins_with_word(value, scheme));
                (!is_shown).then(|| format!("the header `Authorization: {scheme} …`"))
            }
            SchemeKind::OAuth2 | SchemeKind::OpenIdConnect(_) => {
                let is_shown = header(request, "authorization").is_some_and(|value| begins_with_word(value, "bearer"));
                (!is_shown).then(|| "the header `Authorization: Bearer …`".to_owned())
            }
            SchemeKind::MutualTls | SchemeKind::Other(_) => None,
        }
    });
    lacking.collect()
}

fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    let (_, values) = request.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    values.first().map(String::as_str)
}

fn begins_with_word(value: &str, word: &str) -> bool {
    value.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

fn has_cookie(request: &HttpRequest, name: &str) -> bool {
    let cookies = header(request, "cookie").unwrap_or_default().split(';');
    cookies.filter_map(|cookie| cookie.split_once('=')).any(|(key, _)| key.trim() == name)
}
