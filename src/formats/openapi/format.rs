//! The format: from two trees to the changes of all their contracts.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::change::{Change, ChangeKind, Facts, Subject};
use crate::finding::{Problem, Retirement};
use crate::formats::openapi::pair::{self, Identity};
use crate::formats::openapi::view::Api;
use crate::formats::openapi::{check, diff, discover, identical, kinds};
use crate::formats::schema::retirements;
use crate::formats::{
    CompareOptions, Comparison, Contract, ContractComparison, DeclaredVersion, Discovery, Format, Side,
};
use crate::source::{FileId, Span, Tree};
use crate::syntax::{Cursor, Library};

/// OpenAPI 3.0 to 3.2 and Swagger 2.0.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenApi;

impl Format for OpenApi {
    fn name(&self) -> &'static str {
        "openapi"
    }

    fn kinds(&self) -> Vec<&'static ChangeKind> {
        kinds::ALL.iter().chain(crate::formats::schema::kinds::ALL).copied().collect()
    }

    fn discover(&self, tree: &dyn Tree, options: &CompareOptions) -> Discovery {
        discover::discover(tree, options)
    }

    fn compare(&self, old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> Comparison {
        compare(old, new, options)
    }

    fn retirements(&self, side: &Side<'_>, options: &CompareOptions) -> Vec<Retirement> {
        retirements(side, options.clock)
    }
}

/// A contract of each side, or of one side only.
type Pair<'a> = (Option<&'a Contract>, Option<&'a Contract>);

fn compare(old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> Comparison {
    let mut comparison = Comparison::default();
    let mut pairs = Vec::new();
    for pair in by_path(old, new) {
        match pair {
            // What was named file by file is read even when it is equal, so that a broken file is told.
            (Some(before), Some(after))
                if !new.tree.is_single_file() && identical::is_identical((old.tree, before), (new.tree, after)) =>
            {
                comparison.contracts.push(unchanged(old, new, before, after));
            }
            pair => pairs.push(pair),
        }
    }
    if let [(Some(before), Some(after))] = pairs[..]
        && let Some(equal) = equal_files(old, new, (before, after), options)
    {
        return equal;
    }
    let (old_library, new_library) = rayon::join(
        || load(old, pairs.iter().filter_map(|pair| pair.0), options),
        || load(new, pairs.iter().filter_map(|pair| pair.1), options),
    );
    let (before, after) = rayon::join(
        || Loaded::new(&old_library, pairs.iter().filter_map(|pair| pair.0)),
        || Loaded::new(&new_library, pairs.iter().filter_map(|pair| pair.1)),
    );
    let pairs = with_moved(pairs, &before, &after);
    let sides = Sides { old, new, before: &before, after: &after, options };
    let mut compared: Vec<ContractComparison> = pairs.par_iter().map(|pair| sides.compare(*pair)).collect();
    comparison.contracts.append(&mut compared);
    comparison.contracts.sort_by(|one, other| one.path.cmp(&other.path));
    comparison.old_problems = before.into_problems();
    comparison.new_problems = after.into_problems();
    comparison.old_sources = old_library.into_sources();
    comparison.new_sources = new_library.into_sources();
    comparison
}

/// Two files of the same bytes, which are read once: what is wrong with one is wrong with the other. `None` where they
/// differ, or where something is wrong that both sides have to tell.
fn equal_files(
    old: &Side<'_>,
    new: &Side<'_>,
    (before, after): (&Contract, &Contract),
    options: &CompareOptions,
) -> Option<Comparison> {
    let is_single = old.tree.is_single_file() && new.tree.is_single_file();
    if !is_single || !identical::has_equal_bytes((old.tree, before), (new.tree, after)) {
        return None;
    }
    let library = load(new, std::iter::once(after), options);
    let loaded = Loaded::new(&library, std::iter::once(after));
    loaded.sound(after)?;
    let contracts = vec![unchanged(old, new, before, after)];
    drop(loaded);
    Some(Comparison { contracts, new_sources: library.into_sources(), ..Comparison::default() })
}

fn load<'a>(side: &Side<'_>, contracts: impl Iterator<Item = &'a Contract>, options: &CompareOptions) -> Library {
    let mut library = Library::new(options.allow_network_refs);
    let paths: Vec<&str> = contracts.flat_map(|contract| &contract.files).map(String::as_str).collect();
    library.load(side.tree, &paths);
    library
}

fn unchanged(old: &Side<'_>, new: &Side<'_>, before: &Contract, after: &Contract) -> ContractComparison {
    ContractComparison {
        path: new.tree.display_path(&after.path),
        old_version: identical::declared_version(old.tree, before),
        new_version: identical::declared_version(new.tree, after),
        is_identical: true,
        ..ContractComparison::default()
    }
}

/// Pairs contracts by their paths. Two inputs of which one is a single file are one contract whatever their names.
fn by_path<'a>(old: &Side<'a>, new: &Side<'a>) -> Vec<Pair<'a>> {
    let is_single = old.tree.is_single_file() || new.tree.is_single_file();
    if let (true, [before], [after]) = (is_single, old.contracts, new.contracts) {
        return vec![(Some(before), Some(after))];
    }
    let mut pairs: BTreeMap<&str, Pair<'a>> = BTreeMap::new();
    for contract in old.contracts {
        pairs.entry(&contract.path).or_default().0 = Some(contract);
    }
    for contract in new.contracts {
        pairs.entry(&contract.path).or_default().1 = Some(contract);
    }
    pairs.into_values().collect()
}

/// Joins lone contracts that are one contract under another path.
fn with_moved<'a>(pairs: Vec<Pair<'a>>, before: &Loaded<'_>, after: &Loaded<'_>) -> Vec<Pair<'a>> {
    let (mut whole, lone): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|(before, after)| before.is_some() && after.is_some());
    let gone: Vec<&Contract> = lone.iter().filter_map(|pair| pair.0).collect();
    let come: Vec<&Contract> = lone.iter().filter_map(|pair| pair.1).collect();
    if gone.is_empty() || come.is_empty() {
        whole.extend(lone);
        return whole;
    }
    let moved = pair::by_content(&before.identities(&gone), &after.identities(&come));
    whole.extend(moved.iter().map(|&(left, right)| (Some(gone[left]), Some(come[right]))));
    let stayed = |position, side: fn(&(usize, usize)) -> usize| !moved.iter().any(|pair| side(pair) == position);
    whole.extend((0..gone.len()).filter(|&at| stayed(at, |pair| pair.0)).map(|at| (Some(gone[at]), None)));
    whole.extend((0..come.len()).filter(|&at| stayed(at, |pair| pair.1)).map(|at| (None, Some(come[at]))));
    whole
}

/// The contracts of one side, read and checked, by their paths.
struct Loaded<'a> {
    contracts: BTreeMap<String, (Option<Api<'a>>, Vec<Problem>)>,
}

impl<'a> Loaded<'a> {
    fn new<'c>(library: &'a Library, contracts: impl Iterator<Item = &'c Contract>) -> Self {
        let contracts: Vec<&Contract> = contracts.collect();
        let contracts = contracts
            .into_par_iter()
            .map(|contract| (contract.path.clone(), read(library, contract)))
            .collect::<Vec<_>>()
            .into_iter()
            .collect();
        Self { contracts }
    }

    fn api(&self, contract: &Contract) -> Option<&Api<'a>> {
        self.contracts.get(&contract.path)?.0.as_ref()
    }

    /// The contract if nothing is wrong with it.
    fn sound(&self, contract: &Contract) -> Option<&Api<'a>> {
        let (api, problems) = self.contracts.get(&contract.path)?;
        api.as_ref().filter(|_| problems.is_empty())
    }

    fn identities(&self, contracts: &[&Contract]) -> Vec<Identity> {
        contracts.iter().map(|contract| Identity::new(&contract.path, self.api(contract))).collect()
    }

    fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.contracts.into_values().flat_map(|(_, problems)| problems).collect();
        check::sort(&mut problems);
        problems
    }
}

fn read<'a>(library: &'a Library, contract: &Contract) -> (Option<Api<'a>>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut roots: Vec<FileId> = Vec::new();
    for path in &contract.files {
        match library.file(path) {
            Some(file) => roots.push(file),
            None => problems.extend(library.load_error(path).map(|error| {
                Problem::new("unreadable", error.to_string()).with_help("make the file readable, or leave it out")
            })),
        }
    }
    if roots.is_empty() {
        return (None, problems);
    }
    let api = Api::new(library, &roots);
    problems.extend(check::problems(&api));
    (Some(api), problems)
}

/// What is needed to compare a pair.
struct Sides<'a> {
    old: &'a Side<'a>,
    new: &'a Side<'a>,
    before: &'a Loaded<'a>,
    after: &'a Loaded<'a>,
    options: &'a CompareOptions,
}

impl Sides<'_> {
    fn compare(&self, (before, after): Pair<'_>) -> ContractComparison {
        let old_path = before.map(|contract| self.old.tree.display_path(&contract.path));
        let new_path = after.map(|contract| self.new.tree.display_path(&contract.path));
        let mut comparison = ContractComparison {
            path: new_path.or(old_path).unwrap_or_default(),
            old_version: before.and_then(|contract| declared(self.before.api(contract)?)),
            new_version: after.and_then(|contract| declared(self.after.api(contract)?)),
            ..ContractComparison::default()
        };

        match (before, after) {
            (Some(before), Some(after)) => {
                if let (Some(one), Some(other)) = (self.before.sound(before), self.after.sound(after)) {
                    comparison.is_identical = has_same_files(one, other);
                    if !comparison.is_identical {
                        comparison.changes = diff::compare(one, other, self.options);
                    }
                }
            }
            (Some(before), None) => {
                if let Some(api) = self.before.sound(before) {
                    comparison.changes.push(contract_change(
                        &kinds::CONTRACT_REMOVED,
                        &comparison.path,
                        Some(api),
                        None,
                    ));
                }
            }
            (None, Some(after)) => {
                if let Some(api) = self.after.sound(after) {
                    comparison.changes.push(contract_change(&kinds::CONTRACT_ADDED, &comparison.path, None, Some(api)));
                }
            }
            (None, None) => {}
        }
        comparison
    }
}

/// Whether two contracts consist of the same files under the same names, byte for byte.
fn has_same_files(old: &Api<'_>, new: &Api<'_>) -> bool {
    old.files().len() == new.files().len()
        && old.files().iter().zip(new.files()).enumerate().all(|(at, (&one, &other))| {
            // The root may be called what it likes; what it refers to is found by name.
            (at == 0 || old.library().path(one) == new.library().path(other))
                && old.library().sources().file(one).text() == new.library().sources().file(other).text()
        })
}

fn declared(api: &Api<'_>) -> Option<DeclaredVersion> {
    let info = api.info()?;
    let text = info.version()?.to_owned();
    Some(DeclaredVersion { text, span: info.cursor().get("version").map(Cursor::span) })
}

/// A whole contract came or went.
fn contract_change(kind: &'static ChangeKind, path: &str, old: Option<&Api<'_>>, new: Option<&Api<'_>>) -> Change {
    let start = |api: &Api<'_>| Span::start_of(api.files()[0]);
    let pointer = |api: Option<&Api<'_>>| api.map(|_| String::new());
    let subject =
        Subject { kind: "contract", name: path.to_owned(), old_pointer: pointer(old), new_pointer: pointer(new) };
    Change::new(kind, Facts::default(), subject, old.map(start), new.map(start)).with_value("name", path)
}
