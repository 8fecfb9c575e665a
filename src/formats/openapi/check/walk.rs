//! Walks a contract by the roles of its objects, across references, each object once.

use rustc_hash::FxHashSet;

use crate::finding::Problem;
use crate::formats::openapi::check::problem_at;
use crate::formats::openapi::check::shape::Role;
use crate::formats::openapi::version::{Declared, Version};
use crate::formats::openapi::view::Api;
use crate::source::FileId;
use crate::syntax::{Cursor, Kind, Place};

/// After this many problems the rest is noise.
const MAX_PROBLEMS: usize = 200;

/// Reports everything that has not the shape that its role asks for.
pub(super) fn walk(api: &Api<'_>, problems: &mut Vec<Problem>) {
    let mut walk = Walk {
        roots: api.roots().map(|root| root.cursor().place().file).collect(),
        seen: FxHashSet::default(),
        open: Vec::new(),
        problems,
    };
    for root in api.roots() {
        walk.open.push(Step {
            cursor: root.cursor(),
            role: Role::Root,
            is_remembered: root.cursor().document().has_shared_nodes(),
        });
        let version = root.version();
        // A list of work and not recursion: chains of references are as long as their authors like.
        while let Some(step) = walk.open.pop() {
            if walk.problems.len() >= MAX_PROBLEMS {
                return;
            }
            walk.visit(step, version);
        }
    }
}

#[derive(Clone, Copy)]
struct Step<'a> {
    cursor: Cursor<'a>,
    role: Role,
    /// Whether a second way may lead here: behind a reference, or in a document with aliases. Everything else is met
    /// once, and remembering it would take most of the time.
    is_remembered: bool,
}

struct Walk<'a, 'p> {
    roots: Vec<FileId>,
    seen: FxHashSet<(Place, Role)>,
    open: Vec<Step<'a>>,
    problems: &'p mut Vec<Problem>,
}

impl<'a> Walk<'a, '_> {
    fn visit(&mut self, step: Step<'a>, version: Version) {
        let Step { cursor, role, is_remembered } = step;
        let kind = cursor.kind();
        // An empty value means the same as a missing field, and syntax errors are told already.
        if kind == Kind::Null || !cursor.library().faults(cursor.place().file).is_empty() {
            return;
        }
        let shape = role.shape();
        if kind != shape.kind {
            self.wrong_kind(cursor, role, kind);
            return;
        }
        if kind == Kind::String || (is_remembered && !self.seen.insert((cursor.place(), role))) {
            return;
        }
        let then = |cursor, role| Step { cursor, role, is_remembered };
        if shape.can_refer && cursor.get("$ref").is_some() {
            // References that lead nowhere are told elsewhere; schemas of 3.1 may say more beside one.
            if let Ok(target) = cursor.follow()
                && target != cursor
                && !self.is_component(target)
            {
                self.open.push(Step { cursor: target, role, is_remembered: true });
            }
            if !matches!(role, Role::Schema | Role::PathItem) {
                return;
            }
        }
        if kind == Kind::Sequence {
            if let Some(rest) = shape.rest {
                self.open.extend(cursor.items().map(|item| then(item, rest)));
            }
            if role == Role::ParameterList {
                self.duplicate_parameters(cursor);
            }
            return;
        }
        for (key, value) in cursor.entries() {
            if let Some(rest) = shape.rest {
                if !(role.has_extensions() && key.starts_with("x-")) && key != "$ref" {
                    self.open.push(then(value, rest));
                }
            } else if let Some(&(_, field)) = shape.fields.iter().find(|(name, _)| *name == key) {
                if role.has_field(key, version) {
                    self.open.push(then(value, field));
                }
            } else if role == Role::Schema && key == "items" && value.kind() != Kind::Sequence {
                self.open.push(then(value, Role::Schema));
            } else if role == Role::PathItem && key == "additionalOperations" && version >= Version::V3_2 {
                self.open.extend(value.entries().map(|(_, operation)| then(operation, Role::Operation)));
            }
        }
        if role == Role::Parameter {
            self.parameter(cursor);
        }
    }

    /// Whether a node is a component of a root document, which is walked as such.
    fn is_component(&self, cursor: Cursor<'_>) -> bool {
        if !self.roots.contains(&cursor.place().file) {
            return false;
        }
        let Some(list) = cursor.parent() else { return false };
        let Some(holder) = list.parent() else { return false };
        if holder.parent().is_none() {
            return Version::declared(holder) == Declared::Known(Version::V2)
                && matches!(list.name(), Some("definitions" | "parameters" | "responses" | "securityDefinitions"));
        }
        holder.name() == Some("components") && holder.parent().is_some_and(|root| root.parent().is_none())
    }

    fn wrong_kind(&mut self, cursor: Cursor<'a>, role: Role, kind: Kind) {
        let wanted = role.shape().kind;
        let is_tolerated = match role {
            // Schemas may be booleans, in old documents too: `additionalProperties: true`.
            Role::Schema => kind == Kind::Bool,
            // `version: 1.0`, `tags: [2020]`: the text is what was meant.
            Role::Text => matches!(kind, Kind::Number | Kind::Bool),
            _ => false,
        };
        if is_tolerated {
            return;
        }
        let name = cursor.name().map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
        let message = format!("{name} must be {}, but is {}", wanted.described(), kind.described());
        let problem = problem_at(cursor.library(), cursor, "openapi-structure", message);
        self.problems.push(match role.example() {
            Some(help) => problem.with_help(help),
            None => problem,
        });
    }

    /// A parameter without a name cannot be recognized in another version. One without `in` still can, and published
    /// contracts have such.
    fn parameter(&mut self, cursor: Cursor<'a>) {
        if cursor.get("name").is_none_or(|name| name.text().is_empty()) {
            let message = "a parameter without `name` cannot be told from others";
            let problem = problem_at(cursor.library(), cursor, "openapi-structure", message);
            self.problems.push(problem.with_help("add its `name`"));
        }
    }

    fn duplicate_parameters(&mut self, list: Cursor<'a>) {
        let mut seen: Vec<(&str, &str, Cursor<'a>)> = Vec::new();
        for item in list.items() {
            let target = item.target();
            let (Some(name), Some(location)) = (target.get_str("name"), target.get_str("in")) else { continue };
            match seen.iter().find(|(known, place, _)| (*known, *place) == (name, location)) {
                // The same parameter listed twice says nothing new.
                Some((_, _, first)) if first.hash() == item.hash() => {}
                Some((_, _, first)) => {
                    let sources = list.library().sources();
                    let line = sources.location(first.span()).start_line;
                    let message = format!(
                        "the {location} parameter `{name}` is declared twice (first on line {line}), so it is unclear which one holds"
                    );
                    let place = sources.location(target_or_site(item, target).span());
                    self.problems
                        .push(Problem::new("openapi-structure", message).at(place).with_help("remove one of the two"));
                }
                None => seen.push((name, location, item)),
            }
        }
    }
}

/// The name's place where the parameter is written in the list, else the reference that brings it in.
fn target_or_site<'a>(site: Cursor<'a>, target: Cursor<'a>) -> Cursor<'a> {
    if site == target { target.get("name").unwrap_or(site) } else { site.get("$ref").unwrap_or(site) }
}
