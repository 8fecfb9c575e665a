//! Servers: where the paths are found.

use std::collections::BTreeSet;

use crate::change::Facts;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector};
use crate::formats::openapi::diff::facets;
use crate::formats::openapi::kinds;
use crate::formats::openapi::path_template::shape;
use crate::formats::openapi::view::{Api, Operation, Server};
use crate::syntax::Cursor;

/// A URL template taken apart at the path; relative URLs have no origin.
fn split(url: &str) -> (&str, &str) {
    let from = url.find("://").map_or_else(|| if url.starts_with("//") { 2 } else { 0 }, |at| at + 3);
    if from == 0 {
        return ("", url);
    }
    match url[from..].find('/') {
        Some(at) => url.split_at(from + at),
        None => (url, ""),
    }
}

/// The path that all paths of a contract begin with, by its first server.
pub(super) fn base_path(api: &Api<'_>) -> String {
    api.root()
        .servers()
        .first()
        .map(|server| split(server.url()).1.trim_end_matches('/').to_owned())
        .unwrap_or_default()
}

/// Compares the servers of the documents.
pub(super) fn compare_documents(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.root().servers(), collector.new.root().servers());
    let cursors = (collector.old.root().cursor(), collector.new.root().cursor());
    let paths = |api: &Api<'_>, base: &str| -> BTreeSet<String> {
        api.paths().iter().map(|path| shape(&format!("{base}{}", path.name()))).collect()
    };
    let (old_base, new_base) = (base_path(collector.old), base_path(collector.new));
    let moved_into_paths =
        old_base != new_base && paths(collector.old, &old_base).is_subset(&paths(collector.new, &new_base));
    let lists = Lists { call: None, around: cursors, ignores_path: moved_into_paths };
    lists.compare(collector, &old, &new);
}

/// Compares servers that an operation or its path sets for itself.
pub(super) fn compare_operations(collector: &mut Collector<'_>, call: &Call, old: Operation<'_>, new: Operation<'_>) {
    if !old.has_own_servers() && !new.has_own_servers() {
        return;
    }
    let (before, after) = (old.servers(), new.servers());
    let lists = Lists { call: Some(call), around: (old.cursor(), new.cursor()), ignores_path: false };
    lists.compare(collector, &before, &after);
}

struct Lists<'c, 'k> {
    call: Option<&'k Call>,
    around: (Cursor<'c>, Cursor<'c>),
    ignores_path: bool,
}

impl Lists<'_, '_> {
    fn key<'u>(&self, server: &'u Server<'_>) -> &'u str {
        let url = server.url().trim_end_matches('/');
        if self.ignores_path { split(url).0 } else { url }
    }

    fn compare(&self, collector: &mut Collector<'_>, old: &[Server<'_>], new: &[Server<'_>]) {
        // Nothing said means `/`: where the document was fetched from (OpenAPI 3.1.1 §4.8.1).
        let is_in = |server: &Server<'_>, list: &[Server<'_>]| {
            let key = self.key(server);
            list.iter().any(|other| self.key(other) == key) || (list.is_empty() && key.is_empty())
        };
        let gone: Vec<_> = old.iter().filter(|server| !is_in(server, new)).collect();
        let come: Vec<_> = new.iter().filter(|server| !is_in(server, old)).collect();
        for server in old {
            if let Some(counterpart) = new.iter().find(|other| self.key(other) == self.key(server)) {
                self.variables(collector, server, counterpart);
                let about = self.about(server.url(), Some(server), Some(counterpart));
                collector.documentation(
                    self.call.map(|call| (call, Part::Whole)),
                    about,
                    &facets::documentation(facets::SERVER),
                );
            }
        }
        // One address for another, with the same path: an environment that moved.
        let is_replaced = match (&gone[..], &come[..]) {
            ([one], [other]) => {
                let path = |server: &Server<'_>| split(server.url().trim_end_matches('/')).1.to_owned();
                old.len() == new.len() && path(one) == path(other)
            }
            _ => false,
        };
        if let ([one], [other], true) = (&gone[..], &come[..], is_replaced) {
            let facts = Facts::default().with_bool("replaced", true);
            let about = self.about(one.url(), Some(one), Some(other));
            let change = self.push(collector, &kinds::SERVER_REMOVED, facts, about);
            change.values.insert("name", one.url().to_owned());
            change.values.insert("new", other.url().to_owned());
            change.identity = (one.url().to_owned(), other.url().to_owned());
            return;
        }
        for server in gone {
            let facts = Facts::default().with_bool("replaced", false);
            let about = self.about(server.url(), Some(server), None);
            self.push(collector, &kinds::SERVER_REMOVED, facts, about).values.insert("name", server.url().to_owned());
        }
        for server in come {
            let about = self.about(server.url(), None, Some(server));
            self.push(collector, &kinds::SERVER_ADDED, Facts::default(), about)
                .values
                .insert("name", server.url().to_owned());
        }
    }

    fn about<'s>(&self, name: &str, old: Option<&Server<'s>>, new: Option<&Server<'s>>) -> About<'s>
    where
        Self: 's,
    {
        About {
            kind: "server",
            name: name.to_owned(),
            old: old.map(Server::cursor),
            new: new.map(Server::cursor),
            around: None,
        }
    }

    fn push<'v>(
        &self,
        collector: &'v mut Collector<'_>,
        kind: &'static crate::change::ChangeKind,
        facts: Facts,
        about: About<'_>,
    ) -> &'v mut crate::change::Change {
        let around = self.around.1;
        let place = around.get("servers").unwrap_or(around).name_span();
        let is_gone = about.new.is_none();
        let change = match self.call {
            Some(call) => collector.push_in(call, Part::Whole, kind, facts, about),
            None => collector.push(kind, facts, about),
        };
        if is_gone {
            change.new = Some(place);
        }
        change
    }

    fn variables(&self, collector: &mut Collector<'_>, old: &Server<'_>, new: &Server<'_>) {
        let (before, after) = (old.variables(), new.variables());
        for was in &before {
            let Some(is) = after.iter().find(|other| other.name() == was.name()) else { continue };
            let mut found: Vec<(&'static str, String, String)> = Vec::new();
            let (old_values, new_values) = (was.allowed(), is.allowed());
            // Without a list every value is allowed.
            if !new_values.is_empty() {
                for value in old_values.iter().filter(|value| !new_values.contains(value)) {
                    found.push(("value-removed", (*value).to_owned(), String::new()));
                }
            }
            if !old_values.is_empty() {
                for value in new_values.iter().filter(|value| !old_values.contains(value)) {
                    found.push(("value-added", String::new(), (*value).to_owned()));
                }
            }
            if was.default() != is.default() {
                let text = |value: Option<&str>| value.unwrap_or("nothing").to_owned();
                found.push(("default", text(was.default()), text(is.default())));
            }
            for (edit, before, after) in found {
                let name = format!("{} {}", new.url(), was.name());
                let about = About {
                    kind: "server variable",
                    name,
                    old: Some(was.cursor()),
                    new: Some(is.cursor()),
                    around: None,
                };
                let facts = Facts::default().with("edit", edit);
                let change = self.push(collector, &kinds::SERVER_VARIABLE_CHANGED, facts, about);
                change.values.insert("name", was.name().to_owned());
                change.values.insert("server", new.url().to_owned());
                change.identity = (before.clone(), after.clone());
                change.values.insert("old", before);
                change.values.insert("new", after);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_its_origin_and_its_path() {
        assert_eq!(split("https://a.example.com/v1"), ("https://a.example.com", "/v1"));
        assert_eq!(split("https://a.example.com"), ("https://a.example.com", ""));
        assert_eq!(split("//a/v1"), ("//a", "/v1"));
        assert_eq!(split("/v1"), ("", "/v1"));
    }
}
