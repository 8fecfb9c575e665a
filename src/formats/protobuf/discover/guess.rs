//! Guesses import roots where nobody says them: the directory that makes most imports resolve, and failing that the
//! one above the directories that spell the package.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::formats::protobuf::load::outlines::heads;
use crate::source::{ContentId, Tree};

/// How many files are read to guess: in a large tree they are taken evenly from all over it.
const SAMPLE: usize = 512;

/// The root of each file, in the order of `files` (which are sorted).
pub(super) fn roots(tree: &dyn Tree, files: &[&str]) -> Vec<(String, String)> {
    let step = files.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&str> = files.iter().step_by(step).copied().collect();
    let mut by_name: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for file in files {
        by_name.entry(file.rsplit('/').next().unwrap_or(file)).or_default().push(file);
    }
    let mut votes = Votes::default();
    // What a package's name says counts only where no import says anything.
    let mut package_votes = Votes::default();
    let ids: FxHashMap<&str, &ContentId> =
        tree.entries().iter().filter_map(|entry| Some((entry.path.as_str(), entry.id.as_ref()?))).collect();
    let asked: Vec<(&str, Option<&ContentId>)> = sample.iter().map(|file| (*file, ids.get(file).copied())).collect();
    for (file, outline) in sample.iter().zip(heads(tree, &asked)) {
        let Some(outline) = outline else { continue };
        for (_, import) in outline.imports() {
            let named = by_name.get(import.rsplit('/').next().unwrap_or(import)).map_or(&[][..], Vec::as_slice);
            let shared = |path: &str| path.split('/').zip(file.split('/')).take_while(|(a, b)| a == b).count();
            let target = named.iter().filter(|path| root_of(path, import).is_some()).max_by_key(|path| shared(path));
            if let Some((target, root)) = target.and_then(|path| Some((path, root_of(path, import)?))) {
                votes.add(directory(target), root);
                votes.add(directory(file), root);
            }
        }
        let package = outline.package().replace('.', "/");
        if let Some(root) = root_of(directory(file), &package).filter(|_| !package.is_empty()) {
            package_votes.add(directory(file), root);
        }
    }
    let root = |here: &str| votes.root(here).or_else(|| package_votes.root(here)).unwrap_or(".").to_owned();
    // Files stand in far fewer directories.
    let mut roots: FxHashMap<&str, String> = FxHashMap::default();
    let mut found = Vec::with_capacity(files.len());
    for &file in files {
        let known = roots.entry(directory(file)).or_insert_with_key(|here| root(here));
        found.push((file.to_owned(), known.clone()));
    }
    found
}

/// Whether bytes read like a protobuf file.
pub(super) fn looks_like_proto(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let starts = ["syntax", "edition", "package ", "import ", "message ", "enum ", "service ", "option ", "extend "];
    lines.next().is_some_and(|line| starts.iter().any(|start| line.starts_with(start)))
        && (text.contains('{') || text.contains(';'))
}

/// What is left of a path without its ending: `.` when nothing is.
fn root_of<'p>(path: &'p str, ending: &str) -> Option<&'p str> {
    if path == ending {
        return Some(".");
    }
    path.strip_suffix(ending).and_then(|rest| rest.strip_suffix('/'))
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(directory, _)| directory)
}

/// Votes for roots, by directory. Each vote counts for the directory and all above it up to the root voted for.
#[derive(Default)]
struct Votes {
    counts: BTreeMap<String, BTreeMap<String, u32>>,
}

impl Votes {
    fn add(&mut self, directory: &str, root: &str) {
        let mut here = directory;
        // A vote from outside of the root says nothing about the files around the voter.
        while here == root || root == "." || here.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')) {
            *self.counts.entry(here.to_owned()).or_default().entry(root.to_owned()).or_default() += 1;
            if here == root || here == "." {
                return;
            }
            here = here.rsplit_once('/').map_or(".", |(above, _)| above);
        }
    }

    /// The root with most votes at the nearest directory that has any; of equals the shortest.
    fn root(&self, directory: &str) -> Option<&str> {
        let mut here = directory;
        loop {
            if let Some(counts) = self.counts.get(here) {
                let best = counts.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.len().cmp(&a.0.len())));
                if let Some((root, _)) = best {
                    return Some(root);
                }
            }
            if here == "." {
                return None;
            }
            here = here.rsplit_once('/').map_or(".", |(above, _)| above);
        }
    }
}
