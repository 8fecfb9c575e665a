//! Security: who is let in. Requirements are alternatives of which one suffices, each a set of schemes with scopes.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Facts;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector};
use crate::formats::openapi::diff::facets;
use crate::formats::openapi::kinds;
use crate::formats::openapi::path_template::shape;
use crate::formats::openapi::view::{Api, Flow, Operation, Requirement, Scheme, SchemeKind};
use crate::syntax::Cursor;

/// One way in: schemes with the scopes that each must grant.
type Alternative = BTreeMap<String, BTreeSet<String>>;

fn alternatives(requirements: Option<&[Requirement<'_>]>) -> Vec<Alternative> {
    requirements
        .unwrap_or_default()
        .iter()
        .map(|requirement| {
            requirement
                .schemes()
                .into_iter()
                .map(|(name, scopes)| (name.to_owned(), scopes.into_iter().map(str::to_owned).collect()))
                .collect()
        })
        .collect()
}

/// Whether whoever comes in one way has what another asks for.
fn suffices(has: &Alternative, needs: &Alternative) -> bool {
    needs.iter().all(|(scheme, scopes)| has.get(scheme).is_some_and(|granted| scopes.is_subset(granted)))
}

/// Whether everybody who came in before still does. No requirement at all lets everybody in.
fn keeps_everybody(old: &[Alternative], new: &[Alternative]) -> bool {
    let anonymous = Alternative::new();
    let ways = |list: &[Alternative]| -> Vec<Alternative> {
        if list.is_empty() { vec![anonymous.clone()] } else { list.to_vec() }
    };
    let new = ways(new);
    ways(old).iter().all(|old| new.iter().any(|new| suffices(old, new)))
}

/// Whether those who came in by one alternative still do.
fn keeps(alternative: &Alternative, new: &[Alternative]) -> bool {
    new.is_empty() || new.iter().any(|new| suffices(alternative, new))
}

/// Compares what two operations require, unless both take it from the document.
pub(super) fn compare_operations(collector: &mut Collector<'_>, call: &Call, old: Operation<'_>, new: Operation<'_>) {
    if !old.has_own_security() && !new.has_own_security() {
        return;
    }
    let (before, after) = (old.security(), new.security());
    let renamed = renamed_schemes(collector);
    let scope = Scope {
        call: Some(call),
        name: call.label(),
        old: old.cursor().get("security").unwrap_or(old.cursor()),
        new: new.cursor().get("security").unwrap_or(new.cursor()),
        calls: Vec::new(),
    };
    let before = in_new_names(alternatives(before.as_deref()), &renamed);
    scope.compare(collector, &before, &alternatives(after.as_deref()));
}

/// What is compared: an operation, or the document for all operations that inherit it.
struct Scope<'c, 'k> {
    call: Option<&'k Call>,
    name: String,
    old: Cursor<'c>,
    new: Cursor<'c>,
    calls: Vec<Call>,
}

impl Scope<'_, '_> {
    fn compare(&self, collector: &mut Collector<'_>, old: &[Alternative], new: &[Alternative]) {
        let mut gone: Vec<&Alternative> = old.iter().filter(|way| !new.contains(way)).collect();
        let mut come: Vec<&Alternative> = new.iter().filter(|way| !old.contains(way)).collect();
        let blocks = !keeps_everybody(old, new);
        // The same schemes with other scopes are one alternative that was edited.
        gone.retain(|way| {
            let same_schemes = |other: &&Alternative| other.keys().eq(way.keys()) && !way.is_empty();
            match come.iter().position(same_schemes) {
                Some(at) => {
                    let counterpart = come.remove(at);
                    self.scopes(collector, way, counterpart, !keeps(way, new));
                    false
                }
                None => true,
            }
        });
        // Where nothing was required, the first requirement says that anonymous callers are shut out; where a
        // requirement replaces another, both say so.
        for way in &come {
            let shuts_out = blocks && (old.is_empty() || !gone.is_empty());
            let fact = Facts::default().with_bool("blocks", shuts_out && !is_alternative(old, new));
            self.push(collector, &kinds::SECURITY_REQUIREMENT_ADDED, fact, &words(way), "", &words(way));
        }
        for way in &gone {
            let fact = Facts::default().with_bool("blocks", !keeps(way, new));
            self.push(collector, &kinds::SECURITY_REQUIREMENT_REMOVED, fact, &words(way), &words(way), "");
        }
    }

    fn scopes(&self, collector: &mut Collector<'_>, old: &Alternative, new: &Alternative, blocks: bool) {
        for (scheme, scopes) in old {
            let Some(now) = new.get(scheme) else { continue };
            for scope in now.difference(scopes) {
                let facts = Facts::default().with_bool("blocks", blocks);
                let change = self.push(collector, &kinds::SECURITY_SCOPE_ADDED, facts, scope, "", scope);
                change.values.insert("scheme", scheme.clone());
            }
            for scope in scopes.difference(now) {
                let change = self.push(collector, &kinds::SECURITY_SCOPE_REMOVED, Facts::default(), scope, scope, "");
                change.values.insert("scheme", scheme.clone());
            }
        }
    }

    fn push<'v>(
        &self,
        collector: &'v mut Collector<'_>,
        kind: &'static crate::change::ChangeKind,
        facts: Facts,
        name: &str,
        old: &str,
        new: &str,
    ) -> &'v mut crate::change::Change {
        let facts = facts.with_bool("global", self.call.is_none());
        let about =
            About { kind: "security", name: self.name.clone(), old: Some(self.old), new: Some(self.new), around: None };
        let change = match self.call {
            Some(call) => collector.push_in(call, Part::Whole, kind, facts, about),
            None => {
                let change = collector.push(kind, facts, about);
                change.operations = self.calls.iter().map(|call| call.operation(Part::Whole)).collect();
                change.operations.sort();
                change.unstable = !self.calls.is_empty() && self.calls.iter().all(|call| call.life.is_unstable());
                change
            }
        };
        let subject = if self.call.is_some() { format!("`{}`", self.name) } else { "the API".to_owned() };
        change.values.insert("subject", subject);
        change.values.insert("name", name.to_owned());
        change.identity = (old.to_owned(), new.to_owned());
        change
    }
}

/// Whether a new alternative stands beside old ones that all stayed.
fn is_alternative(old: &[Alternative], new: &[Alternative]) -> bool {
    !old.is_empty() && old.iter().all(|way| new.contains(way))
}

/// An alternative for people: `key` with `oauth` (read, write).
fn words(way: &Alternative) -> String {
    if way.is_empty() {
        return "no credentials".to_owned();
    }
    let scheme = |(name, scopes): (&String, &BTreeSet<String>)| {
        let scopes = scopes.iter().cloned().collect::<Vec<_>>().join(", ");
        if scopes.is_empty() { format!("`{name}`") } else { format!("`{name}` ({scopes})") }
    };
    way.iter().map(scheme).collect::<Vec<_>>().join(" with ")
}

/// Compares the document's own security, and the schemes.
pub(super) fn compare_schemes(collector: &mut Collector<'_>) {
    document(collector);
    let renamed = renamed_schemes(collector);
    let (before, after) = (schemes(collector.old), schemes(collector.new));
    let name_now = |scheme: &Scheme<'_>| renamed.get(scheme.name()).map_or(scheme.name(), String::as_str).to_owned();
    for &scheme in &before {
        match after.iter().find(|other| other.name() == name_now(&scheme)) {
            Some(&counterpart) => pair(collector, scheme, counterpart),
            None => {
                let about = About { around: schemes_of(collector), ..about(Some(scheme), None) };
                collector.push(&kinds::SECURITY_SCHEME_REMOVED, Facts::default(), about);
            }
        }
    }
    for &scheme in &after {
        if !before.iter().any(|other| name_now(other) == scheme.name()) {
            collector.push(&kinds::SECURITY_SCHEME_ADDED, Facts::default(), about(None, Some(scheme)));
        }
    }
}

fn schemes<'c>(api: &'c Api<'c>) -> Vec<Scheme<'c>> {
    api.roots().flat_map(|root| root.security_schemes()).collect()
}

/// Schemes that got another name, old to new: callers present the same, and never see the name.
fn renamed_schemes(collector: &Collector<'_>) -> BTreeMap<String, String> {
    let (old, new) = (schemes(collector.old), schemes(collector.new));
    let is_lone = |scheme: &Scheme<'_>, others: &[Scheme<'_>]| others.iter().all(|other| other.name() != scheme.name());
    let mut added: Vec<Scheme<'_>> = new.iter().copied().filter(|scheme| is_lone(scheme, &old)).collect();
    let mut renamed = BTreeMap::new();
    for scheme in old.iter().filter(|scheme| is_lone(scheme, &new)) {
        if let Some(at) = added.iter().position(|other| other.cursor().hash() == scheme.cursor().hash()) {
            renamed.insert(scheme.name().to_owned(), added.remove(at).name().to_owned());
        }
    }
    renamed
}

/// The same alternatives by the names that their schemes have now.
fn in_new_names(alternatives: Vec<Alternative>, renamed: &BTreeMap<String, String>) -> Vec<Alternative> {
    let name_now = |name: String| renamed.get(&name).cloned().unwrap_or(name);
    let translated = |way: Alternative| way.into_iter().map(|(name, scopes)| (name_now(name), scopes)).collect();
    alternatives.into_iter().map(translated).collect()
}

fn schemes_of<'c>(collector: &Collector<'c>) -> Option<Cursor<'c>> {
    let components = collector.new.root().cursor().get("components")?;
    Some(components.get("securitySchemes").unwrap_or(components))
}

fn document(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.root(), collector.new.root());
    let (before, after) = (old.security(), new.security());
    let before = in_new_names(alternatives(before.as_deref()), &renamed_schemes(collector));
    let after = alternatives(after.as_deref());
    if before == after {
        return;
    }
    let old_paths = collector.old.operations();
    let calls: Vec<Call> = collector
        .new
        .operations()
        .into_iter()
        .filter(|operation| !operation.has_own_security())
        .filter_map(|operation| {
            let counterpart = old_paths
                .iter()
                .copied()
                .find(|other| other.method() == operation.method() && shape(other.path()) == shape(operation.path()))?;
            (!counterpart.has_own_security())
                .then(|| Call::new(operation.path().to_owned(), operation, Some(counterpart)))
        })
        .collect();
    let scope = Scope {
        call: None,
        name: "security".to_owned(),
        old: old.cursor().get("security").unwrap_or(old.cursor()),
        new: new.cursor().get("security").unwrap_or(new.cursor()),
        calls,
    };
    scope.compare(collector, &before, &after);
}

fn about<'c>(old: Option<Scheme<'c>>, new: Option<Scheme<'c>>) -> About<'c> {
    About {
        kind: "security scheme",
        name: new.or(old).map(Scheme::name).unwrap_or_default().to_owned(),
        old: old.map(Scheme::cursor),
        new: new.map(Scheme::cursor),
        around: None,
    }
}

/// What a caller has to present, field by field.
fn fields(scheme: Scheme<'_>) -> Vec<(&'static str, String)> {
    match scheme.kind() {
        SchemeKind::ApiKey { location, parameter } => {
            vec![("type", "apiKey".into()), ("in", location.into()), ("name", parameter.into())]
        }
        SchemeKind::Http { scheme, .. } => vec![("type", "http".into()), ("scheme", scheme.to_ascii_lowercase())],
        SchemeKind::MutualTls => vec![("type", "mutualTLS".into())],
        SchemeKind::OAuth2 => vec![("type", "oauth2".into())],
        SchemeKind::OpenIdConnect(url) => {
            vec![("type", "openIdConnect".into()), ("open-id-connect-url", url.into())]
        }
        SchemeKind::Other(word) => vec![("type", word.into())],
    }
}

fn pair(collector: &mut Collector<'_>, old: Scheme<'_>, new: Scheme<'_>) {
    let (before, after) = (fields(old), fields(new));
    for (field, was) in &before {
        let Some((_, is)) = after.iter().find(|(other, _)| other == field) else { continue };
        // Header names are compared without regard to case.
        let is_header = before.contains(&("in", "header".to_owned()));
        if was == is || (is_header && *field == "name" && was.eq_ignore_ascii_case(is)) {
            continue;
        }
        let facts = Facts::default().with("field", field);
        let change = collector.push(&kinds::SECURITY_SCHEME_CHANGED, facts, about(Some(old), Some(new)));
        change.values.insert("field", (*field).to_owned());
        change.values.insert("old", was.clone());
        change.values.insert("new", is.clone());
        change.identity = (format!("{field}={was}"), format!("{field}={is}"));
    }
    let format = |scheme: Scheme<'_>| match scheme.kind() {
        SchemeKind::Http { bearer_format, .. } => bearer_format.unwrap_or("none").to_owned(),
        _ => "none".to_owned(),
    };
    if format(old) != format(new) && before == after {
        let kind = &kinds::BEARER_FORMAT_CHANGED;
        let change = collector.push(kind, Facts::default(), about(Some(old), Some(new)));
        change.values.insert("old", format(old));
        change.values.insert("new", format(new));
        change.identity = (format(old), format(new));
    }
    collector.documentation(None, about(Some(old), Some(new)), &facets::documentation(facets::SECURITY_SCHEME));
    flows(collector, old, new);
}

fn flows(collector: &mut Collector<'_>, old: Scheme<'_>, new: Scheme<'_>) {
    if !matches!((old.kind(), new.kind()), (SchemeKind::OAuth2, SchemeKind::OAuth2)) {
        return;
    }
    let (before, after) = (old.flows(), new.flows());
    for &flow in &before {
        let counterpart = after.iter().copied().find(|other| other.kind() == flow.kind());
        let Some(counterpart) = counterpart else {
            flow_edit(collector, (old, new), flow, "removed");
            continue;
        };
        urls(collector, (old, new), (flow, counterpart));
        scopes(collector, (old, new), (flow, counterpart));
    }
    for &flow in after.iter().filter(|flow| !before.iter().any(|other| other.kind() == flow.kind())) {
        flow_edit(collector, (old, new), flow, "added");
    }
}

fn flow_edit(collector: &mut Collector<'_>, (old, new): (Scheme<'_>, Scheme<'_>), flow: Flow<'_>, edit: &'static str) {
    let mut about = about(Some(old), Some(new));
    if edit == "added" {
        about.new = Some(flow.cursor());
    } else {
        about.old = Some(flow.cursor());
    }
    let facts = Facts::default().with("edit", edit);
    let change = collector.push(&kinds::OAUTH_FLOW_CHANGED, facts, about);
    change.values.insert("flow", flow.kind().name().to_owned());
    change.identity = (flow.kind().name().to_owned(), edit.to_owned());
}

/// The URLs with the words of the fact.
const URLS: [(&str, &str); 4] = [
    ("authorizationUrl", "authorization"),
    ("tokenUrl", "token"),
    ("refreshUrl", "refresh"),
    ("deviceAuthorizationUrl", "device-authorization"),
];

fn urls(collector: &mut Collector<'_>, (old, new): (Scheme<'_>, Scheme<'_>), (was, is): (Flow<'_>, Flow<'_>)) {
    for (field, word) in URLS {
        let (before, after) = (was.url(field), is.url(field));
        if before == after {
            continue;
        }
        let mut about = about(Some(old), Some(new));
        about.old = was.cursor().get(field).or(Some(was.cursor()));
        about.new = is.cursor().get(field).or(Some(is.cursor()));
        let facts = Facts::default().with("url", word);
        let change = collector.push(&kinds::OAUTH_URL_CHANGED, facts, about);
        let text = |url: Option<&str>| url.unwrap_or("none").to_owned();
        change.values.insert("url", word.to_owned());
        change.values.insert("flow", is.kind().name().to_owned());
        change.values.insert("old", text(before));
        change.values.insert("new", text(after));
        change.identity = (text(before), text(after));
    }
}

fn scopes(collector: &mut Collector<'_>, (old, new): (Scheme<'_>, Scheme<'_>), (was, is): (Flow<'_>, Flow<'_>)) {
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (was.scopes().into_iter().collect(), is.scopes().into_iter().collect());
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for name in names {
        let (before, after) = (before.get(name).copied(), after.get(name).copied());
        let edit = match (before, after) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (Some(before), Some(after)) if before.hash() != after.hash() => "described",
            _ => continue,
        };
        let mut about = about(Some(old), Some(new));
        about.old = before.or(Some(was.cursor()));
        about.new = after.or(Some(is.cursor()));
        let facts = Facts::default().with("edit", edit);
        let change = collector.push(&kinds::OAUTH_SCOPE_CHANGED, facts, about);
        change.values.insert("scope", name.to_owned());
        change.values.insert("flow", is.kind().name().to_owned());
        let text = |cursor: Option<Cursor<'_>>| cursor.map(|cursor| cursor.text().to_owned()).unwrap_or_default();
        change.identity = (format!("{name} {}", text(before)), format!("{name} {}", text(after)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(text: &[&[(&str, &[&str])]]) -> Vec<Alternative> {
        text.iter()
            .map(|way| {
                way.iter()
                    .map(|(name, scopes)| ((*name).to_owned(), scopes.iter().map(|&scope| scope.to_owned()).collect()))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn everybody_is_kept_when_each_old_way_has_what_some_new_way_asks_for() {
        let key = ways(&[&[("key", &[])]]);
        let key_or_nobody = ways(&[&[("key", &[])], &[]]);
        let read = ways(&[&[("oauth", &["read"])]]);
        let read_write = ways(&[&[("oauth", &["read", "write"])]]);
        assert!(keeps_everybody(&key, &key_or_nobody));
        assert!(!keeps_everybody(&key_or_nobody, &key), "anonymous callers are shut out");
        assert!(keeps_everybody(&read_write, &read));
        assert!(!keeps_everybody(&read, &read_write));
        assert!(keeps_everybody(&key, &[]), "no security lets everybody in");
        assert!(!keeps_everybody(&[], &key));
        assert!(!keeps_everybody(&key, &ways(&[&[("key", &[]), ("oauth", &[])]])), "a scheme more is asked for");
    }
}
