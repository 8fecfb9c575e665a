//! Which file an import means.

use crate::formats::protobuf::builtin;
use crate::formats::protobuf::load::files::{ContractFiles, file_name};

/// How far above the tree a file is looked for (inside of what the tree may read).
const FOLDERS_ABOVE: usize = 8;

/// The file that an import means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A file that the tree lists, by its path.
    Listed(String),
    /// A file that the tree does not list but has, by its path.
    Unlisted(String),
    /// A built-in file.
    BuiltIn(&'static str),
    /// Nothing.
    Missing,
}

impl ContractFiles<'_> {
    /// The file that `import` means in the file at `from` (a path inside the tree).
    ///
    /// The roots, in order: the own contract, other contracts (the nearest first), import directories, what is built
    /// in, any listed file whose path ends like the import (vendored dependencies), and the folders above.
    /// `first_readable` is asked for paths that the tree does not list.
    pub(super) fn resolve(
        &self,
        from: &str,
        import: &str,
        mut first_readable: impl FnMut(&[String]) -> Option<String>,
    ) -> Target {
        let answering = self.answering(import);
        if let [only] = answering {
            return Target::Listed((*only).to_owned());
        }
        let own = self.contract(from);
        let in_own = answering.iter().find(|path| own.is_some() && self.contract(path) == own);
        if let Some(path) = in_own.or_else(|| nearest(answering, from)) {
            return Target::Listed((*path).to_owned());
        }
        let named = self.named(file_name(import));
        let directories: Vec<String> =
            self.options.import_dirs.iter().map(|directory| join(directory.as_str(), import)).collect();
        if let Some(path) = directories.iter().find(|path| named.contains(&path.as_str())) {
            return Target::Listed(path.clone());
        }
        if !directories.is_empty()
            && let Some(path) = first_readable(&directories)
        {
            return Target::Unlisted(path);
        }
        if let Some(built_in) = builtin::path(import) {
            return Target::BuiltIn(built_in);
        }
        let ending: Vec<&str> =
            named.iter().copied().filter(|path| *path == import || ends_with_path(path, import)).collect();
        if let Some(path) = nearest(&ending, from) {
            return Target::Listed((*path).to_owned());
        }
        // The tree may start below the root: `diff old/acme new/acme` where files import `acme/v1/x.proto`.
        let above = named.iter().copied().filter(|path| ends_with_path(import, path)).max_by_key(|path| path.len());
        if let Some(path) = above {
            return Target::Listed(path.to_owned());
        }
        let mut above = vec![import.to_owned()];
        for _ in 0..FOLDERS_ABOVE {
            let higher = format!("../{}", above[above.len() - 1]);
            above.push(higher);
        }
        first_readable(&above).map_or(Target::Missing, Target::Unlisted)
    }

    /// The dependencies that the `buf.lock` at the top of the tree names; none without one.
    pub(super) fn locked_dependencies(&self) -> Vec<String> {
        let Some(Ok(bytes)) = self.tree.read(&["buf.lock"]).pop() else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let value = |line: &str, key: &str| {
            let line = line.trim().trim_start_matches("- ");
            Some(line.strip_prefix(key)?.trim().trim_matches('"').to_owned())
        };
        // Version 2 has the whole name in a line, version 1 its parts in three.
        let whole = text.lines().filter_map(|line| value(line, "name:"));
        let mut names: Vec<String> = whole.collect();
        let mut owner = String::new();
        for line in text.lines() {
            if let Some(found) = value(line, "owner:") {
                owner = found;
            } else if let Some(repository) = value(line, "repository:") {
                names.push(format!("buf.build/{owner}/{repository}"));
            }
        }
        names
    }

    /// The roots that were searched, for people.
    pub(super) fn searched(&self) -> String {
        let contracts = self.contracts.iter().map(|contract| contract.path.as_str());
        let directories = self.options.import_dirs.iter().map(|directory| directory.as_str());
        let shown = |root: &str| {
            let shown = self.tree.display_path(if root == "." { "" } else { root });
            if shown.is_empty() { ".".to_owned() } else { shown }
        };
        let mut roots: Vec<String> = contracts.chain(directories).map(shown).collect();
        roots.sort();
        roots.dedup();
        let shown: Vec<String> = roots.iter().take(8).map(|root| format!("`{root}`")).collect();
        let more = if roots.len() > 8 { format!(" and {} more", roots.len() - 8) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    }
}

/// The path that shares most leading folders with `from`; of equals the first in order.
fn nearest<'s, 'p>(paths: &'s [&'p str], from: &str) -> Option<&'s &'p str> {
    let shared = |path: &str| path.split('/').zip(from.split('/')).take_while(|(a, b)| a == b).count();
    paths.iter().max_by(|a, b| shared(a).cmp(&shared(b)).then_with(|| b.cmp(a)))
}

fn ends_with_path(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|rest| rest.ends_with('/'))
}

/// A path in a directory of the tree, `.` and `a/./b` simplified.
pub(super) fn join(directory: &str, path: &str) -> String {
    let directory = directory.trim_start_matches("./").trim_end_matches('/');
    if directory.is_empty() || directory == "." { path.to_owned() } else { format!("{directory}/{path}") }
}
