//! HTTP routes of RPCs: `google.api.http`.

use crate::change::{Exposure, Facts};
use crate::formats::protobuf::diff::context::{Context, facts};
use crate::formats::protobuf::diff::report::Report;
use crate::formats::protobuf::diff::service::RpcPair;
use crate::formats::protobuf::kinds::{RPC_ROUTE_ADDED, RPC_ROUTE_BODY_CHANGED, RPC_ROUTE_CHANGED, RPC_ROUTE_REMOVED};
use crate::formats::protobuf::model::{OptionValue, Options};

/// One binding of an RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    /// `GET /v1/orders/{id}` as written.
    text: String,
    /// The same with every variable's name dropped: names do not count, their patterns do.
    key: String,
    body: String,
    response_body: String,
}

/// Compares the routes of an RPC.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, pair: &RpcPair<'_>) {
    let (before, after) = (routes(&pair.before.options), routes(&pair.after.options));
    let mut gone: Vec<&Route> = before.iter().filter(|was| !after.iter().any(|is| is.key == was.key)).collect();
    let mut fresh: Vec<&Route> = after.iter().filter(|is| !before.iter().any(|was| was.key == is.key)).collect();
    let at =
        pair.after.options.extension("google.api.http").map(|entry| context.new_span(pair.new.file, entry.name_extent));
    if let ([was], [is]) = (gone.as_slice(), fresh.as_slice()) {
        let texts = (was.text.as_str(), is.text.as_str());
        let change = pair.change(context, &RPC_ROUTE_CHANGED, Facts::default(), at, texts);
        pair.report(context, report, change, Exposure::Both);
        gone.clear();
        fresh.clear();
    }
    for was in gone {
        let change = pair.change(context, &RPC_ROUTE_REMOVED, Facts::default(), at, (&was.text, ""));
        pair.report(context, report, change, Exposure::Both);
    }
    for is in fresh {
        let change = pair.change(context, &RPC_ROUTE_ADDED, Facts::default(), at, ("", &is.text));
        pair.report(context, report, change, Exposure::Both);
    }
    for was in &before {
        let Some(is) = after.iter().find(|is| is.key == was.key) else { continue };
        for (part, exposure, old, new) in [
            ("body", Exposure::Request, &was.body, &is.body),
            ("response-body", Exposure::Response, &was.response_body, &is.response_body),
        ] {
            if old == new {
                continue;
            }
            let shown = |text: &String| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
            let mut change = pair
                .change(context, &RPC_ROUTE_BODY_CHANGED, facts("part", part), at, (&shown(old), &shown(new)))
                .with_value("part", part.replace('-', "_"))
                .with_value("route", is.text.clone());
            change.identity = (format!("{} {old}", was.key), format!("{} {new}", is.key));
            pair.report(context, report, change, exposure);
        }
    }
}

fn routes(options: &Options) -> Vec<Route> {
    let mut routes = Vec::new();
    if let Some(OptionValue::Message(rule)) = options.extension("google.api.http").map(|entry| &entry.value) {
        add(&mut routes, rule, true);
    }
    routes
}

/// `additional_bindings` hold no further ones, says the annotation; deeper ones are not looked at.
fn add(routes: &mut Vec<Route>, rule: &Options, is_outer: bool) {
    let method = ["get", "put", "post", "delete", "patch"].iter().find_map(|method| {
        let path = rule.string(method)?;
        Some((method.to_ascii_uppercase(), path.to_owned()))
    });
    let custom = || {
        let custom = rule.message("custom")?;
        Some((custom.string("kind")?.to_owned(), custom.string("path")?.to_owned()))
    };
    if let Some((method, path)) = method.or_else(custom) {
        routes.push(Route {
            key: format!("{method} {}", without_names(&path)),
            text: format!("{method} {path}"),
            body: rule.string("body").unwrap_or_default().to_owned(),
            response_body: rule.string("response_body").unwrap_or_default().to_owned(),
        });
    }
    if !is_outer {
        return;
    }
    match rule.get("additional_bindings") {
        Some(OptionValue::List(bindings)) => {
            for (_, binding) in bindings {
                if let OptionValue::Message(binding) = binding {
                    add(routes, binding, false);
                }
            }
        }
        Some(OptionValue::Message(binding)) => add(routes, binding, false),
        _ => {}
    }
}

/// `/v1/{name=shelves/*}` becomes `/v1/{=shelves/*}`, `/v1/{id}` becomes `/v1/{=*}`.
fn without_names(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, variable)) = rest.split_once('{') {
        let (variable, after) = variable.split_once('}').unwrap_or((variable, ""));
        let pattern = variable.split_once('=').map_or("*", |(_, pattern)| pattern);
        out.push_str(before);
        out.push_str("{=");
        out.push_str(pattern);
        out.push('}');
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_path_variables_do_not_count() {
        assert_eq!(without_names("/v1/{name=shelves/*}/books/{id}:read"), "/v1/{=shelves/*}/books/{=*}:read");
    }
}
