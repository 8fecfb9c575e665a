//! The format: from two trees to the changes of all their schemas.

use std::collections::BTreeMap;

use crate::change::{Change, ChangeKind, Facts, Subject};
use crate::finding::{Problem, Retirement};
use crate::formats::json_schema::Resources;
use crate::formats::schema::diff::{Carrier, Differ, Root, Use};
use crate::formats::schema::graph::DocumentId;
use crate::formats::schema::{Dialect, Engine, Role, SchemaGraph, SchemaId, Settings, kinds, retirements};
use crate::formats::{CompareOptions, Comparison, Contract, ContractComparison, Discovery, Format, Side};
use crate::source::{FileId, Span, Tree};
use crate::syntax::{Library, globs, survey};

/// What a schema file that names no dialect is read as: the newest.
const DEFAULT_DIALECT: Dialect = Dialect::Draft202012;

/// A schema came.
pub static CONTRACT_ADDED: ChangeKind = ChangeKind::new("json-schema", "contract-added", &[]);
/// A schema went.
pub static CONTRACT_REMOVED: ChangeKind = ChangeKind::new("json-schema", "contract-removed", &[]);

/// JSON Schema documents: each file is a contract of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonSchema;

impl Format for JsonSchema {
    fn name(&self) -> &'static str {
        "json-schema"
    }

    fn kinds(&self) -> Vec<&'static ChangeKind> {
        [&CONTRACT_ADDED, &CONTRACT_REMOVED].into_iter().chain(kinds::ALL.iter().copied()).collect()
    }

    fn discover(&self, tree: &dyn Tree, options: &CompareOptions) -> Discovery {
        discover(tree, options)
    }

    fn compare(&self, old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> Comparison {
        compare(old, new, options)
    }

    fn retirements(&self, side: &Side<'_>, options: &CompareOptions) -> Vec<Retirement> {
        retirements(side, options.clock)
    }
}

/// A document with a `$schema` of a dialect that is known, or a file that calls itself `*.schema.json`.
fn discover(tree: &dyn Tree, options: &CompareOptions) -> Discovery {
    let mut paths: Vec<String> = survey(tree, &options.exclude, &["$schema"])
        .into_iter()
        // Metaschemas are no contracts of anybody's data; a `$schema` that names some file is an editor's hint.
        .filter(|sighting| Dialect::from_schema_uri(&sighting.field.value).is_some_and(|dialect| !dialect.is_openapi()))
        .map(|sighting| sighting.path)
        .collect();
    let excluded = globs(&options.exclude);
    let named = tree.entries().iter().map(|entry| &entry.path);
    paths.extend(named.filter(|path| is_named_schema(path) && !excluded.is_match(path)).cloned());
    paths.sort_unstable();
    paths.dedup();
    let contracts = paths.into_iter().map(|path| Contract { files: vec![path.clone()], path }).collect();
    Discovery { contracts, problems: Vec::new() }
}

fn is_named_schema(path: &str) -> bool {
    [".schema.json", ".schema.yaml", ".schema.yml"].iter().any(|end| path.ends_with(end))
}

/// A contract of each side, or of one side only.
type Pair<'a> = (Option<&'a Contract>, Option<&'a Contract>);

fn compare(old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> Comparison {
    let (old_library, new_library) = (load(old, options), load(new, options));
    let mut comparison = compare_loaded(old, new, (&old_library, &new_library), options);
    comparison.contracts.sort_by(|one, other| one.path.cmp(&other.path));
    comparison.old_sources = old_library.into_sources();
    comparison.new_sources = new_library.into_sources();
    comparison
}

fn compare_loaded(
    old: &Side<'_>,
    new: &Side<'_>,
    (old_library, new_library): (&Library, &Library),
    options: &CompareOptions,
) -> Comparison {
    let (before, after) = (Loaded::new(old_library), Loaded::new(new_library));
    let (old_graph, new_graph) = (SchemaGraph::new(&before.resources), SchemaGraph::new(&after.resources));
    let settings = Settings { profile: options.profile, ..Settings::default() };
    let engine = Engine::new(&old_graph, &new_graph, settings);
    let differ = Differ { engine: &engine, clock: options.clock, renamed: BTreeMap::new() };
    let mut comparison = Comparison {
        old_problems: before.problems(old.contracts),
        new_problems: after.problems(new.contracts),
        ..Comparison::default()
    };
    let is_sound = comparison.old_problems.is_empty() && comparison.new_problems.is_empty();
    for (from, to) in pairs(old, new, (&before, &old_graph), (&after, &new_graph)) {
        let old_path = from.map(|contract| old.tree.display_path(&contract.path));
        let new_path = to.map(|contract| new.tree.display_path(&contract.path));
        let path = new_path.or(old_path).unwrap_or_default();
        let roots = (
            from.and_then(|contract| before.root(contract, &old_graph)),
            to.and_then(|contract| after.root(contract, &new_graph)),
        );
        let mut contract = ContractComparison { path, is_payload_only: true, ..ContractComparison::default() };
        match roots {
            (Some((_, old)), Some((_, new))) if engine.is_same(old, new) => {
                contract.is_identical = same_text((&before, from), (&after, to));
            }
            (Some((_, old)), Some((_, new))) if is_sound => {
                let root = Root {
                    old,
                    new,
                    role: Role::Payload,
                    carrier: Carrier::Document,
                    is_text: false,
                    uses: vec![Use { operation: None, is_unstable: false }],
                    sender: None,
                };
                contract.changes = differ.run(&[root]).changes;
            }
            (Some((file, _)), None) => {
                contract.changes.push(whole(&CONTRACT_REMOVED, &contract.path, Some(file), None));
            }
            (None, Some((file, _))) => {
                contract.changes.push(whole(&CONTRACT_ADDED, &contract.path, None, Some(file)));
            }
            _ => {}
        }
        comparison.contracts.push(contract);
    }
    comparison
}

fn load(side: &Side<'_>, options: &CompareOptions) -> Library {
    let mut library = Library::new(options.allow_network_refs);
    let paths: Vec<&str> = side.contracts.iter().flat_map(|contract| &contract.files).map(String::as_str).collect();
    library.load(side.tree, &paths);
    library
}

/// The schemas of one side.
struct Loaded<'a> {
    library: &'a Library,
    resources: Resources<'a>,
}

impl<'a> Loaded<'a> {
    fn new(library: &'a Library) -> Self {
        let files = library.sources().files().map(|(file, _)| (library.path(file).to_owned(), library.document(file)));
        Self { library, resources: Resources::new(files.collect(), DEFAULT_DIALECT) }
    }

    /// A contract's file and its root schema.
    fn root(&self, contract: &Contract, graph: &SchemaGraph<'_>) -> Option<(FileId, SchemaId)> {
        let file = self.library.file(&contract.path)?;
        // Documents are numbered as the library numbers its files.
        let place = self.resources.root(DocumentId(file.0));
        Some((file, graph.intern(place, self.resources.dialect(place))))
    }

    fn problems(&self, contracts: &[Contract]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for contract in contracts {
            let Some(file) = self.library.file(&contract.path) else {
                problems.extend(self.library.load_error(&contract.path).map(|error| {
                    Problem::new("unreadable", error.to_string()).with_help("make the file readable, or leave it out")
                }));
                continue;
            };
            let faults = self.library.faults(file);
            problems.extend(faults.iter().map(|fault| fault.to_problem(self.library.sources())));
        }
        problems
    }

    /// What a schema is known by when its file has moved: its `$id`, else its title.
    fn identity(&self, contract: &Contract) -> Option<String> {
        let document = self.library.document(self.library.file(&contract.path)?);
        let root = document.root();
        ["$id", "id", "title"].iter().find_map(|key| document.get_str(root, key)).map(str::to_owned)
    }
}

fn same_text(old: (&Loaded<'_>, Option<&Contract>), new: (&Loaded<'_>, Option<&Contract>)) -> bool {
    let text = |(side, contract): (&Loaded<'_>, Option<&Contract>)| {
        let file = side.library.file(&contract?.path)?;
        Some(side.library.sources().file(file).shared_text())
    };
    text(old).is_some_and(|old| text(new) == Some(old))
}

/// Two single files are one contract; else paths, then identities, then equal content.
fn pairs<'c>(
    old: &Side<'c>,
    new: &Side<'c>,
    (before, old_graph): (&Loaded<'_>, &SchemaGraph<'_>),
    (after, new_graph): (&Loaded<'_>, &SchemaGraph<'_>),
) -> Vec<Pair<'c>> {
    let is_single = old.tree.is_single_file() || new.tree.is_single_file();
    if let (true, [from], [to]) = (is_single, old.contracts, new.contracts) {
        return vec![(Some(from), Some(to))];
    }
    let mut by_path: BTreeMap<&str, Pair<'c>> = BTreeMap::new();
    for contract in old.contracts {
        by_path.entry(&contract.path).or_default().0 = Some(contract);
    }
    for contract in new.contracts {
        by_path.entry(&contract.path).or_default().1 = Some(contract);
    }
    let (mut found, lone): (Vec<_>, Vec<_>) =
        by_path.into_values().partition(|pair: &Pair<'c>| pair.0.is_some() && pair.1.is_some());
    let mut gone: Vec<&Contract> = lone.iter().filter_map(|pair| pair.0).collect();
    for to in lone.iter().filter_map(|pair| pair.1) {
        let identity = after.identity(to);
        let content = |loaded: &Loaded<'_>, graph: &SchemaGraph<'_>, contract: &Contract| {
            loaded.root(contract, graph).map(|(_, root)| graph.fingerprint(root))
        };
        let at = gone.iter().position(|from| identity.is_some() && before.identity(from) == identity).or_else(|| {
            let wanted = content(after, new_graph, to)?;
            gone.iter().position(|from| content(before, old_graph, from) == Some(wanted))
        });
        found.push((at.map(|at| gone.remove(at)), Some(to)));
    }
    found.extend(gone.into_iter().map(|from| (Some(from), None)));
    found
}

/// A whole contract came or went.
fn whole(kind: &'static ChangeKind, path: &str, old: Option<FileId>, new: Option<FileId>) -> Change {
    let pointer = |file: Option<FileId>| file.map(|_| String::new());
    let subject =
        Subject { kind: "contract", name: path.to_owned(), old_pointer: pointer(old), new_pointer: pointer(new) };
    Change::new(kind, Facts::default(), subject, old.map(Span::start_of), new.map(Span::start_of))
        .with_value("name", path)
}
