//! Which files a change can touch.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::load::files::ContractFiles;
use crate::formats::protobuf::load::resolve::Target;
use crate::formats::protobuf::load::scan;
use crate::source::ContentId;

/// How many files are held at once while bytes are compared.
const BATCH: usize = 256;

/// So many files are read and checked even if they are equal on both sides: that takes a few milliseconds, and what
/// was broken before is told too. Beyond it the report says how many files were not opened.
pub(super) const CHECKED_ANYWAY: usize = 256;

/// What differs between two sides, and what that touches.
#[derive(Default)]
pub(super) struct Difference {
    /// Contract files that only the old side has, or that differ; and equal ones that these touch.
    old: FxHashSet<String>,
    /// The same for the new side.
    new: FxHashSet<String>,
    /// Files that are equal on both sides.
    equal: FxHashSet<String>,
    /// The packages of equal files that nothing touches, by path.
    packages: FxHashMap<String, String>,
    /// Bytes of changed files that were read on the way; whoever parses them takes them out.
    old_bytes: Mutex<FxHashMap<String, Arc<[u8]>>>,
    new_bytes: Mutex<FxHashMap<String, Arc<[u8]>>>,
    /// The texts of equal files that are parsed, for both sides.
    texts: FxHashMap<String, Arc<str>>,
}

/// Where a file stands with the rest, as far as its first words tell.
struct Place<'p> {
    path: &'p str,
    /// The listed files that it imports on either side, and its package; `None` when only a parser can tell.
    outline: Option<(Vec<String>, String)>,
}

impl Difference {
    /// Nothing is left out.
    pub(super) fn everything(files: &ContractFiles<'_>) -> Self {
        let new: FxHashSet<String> = files.paths().map(str::to_owned).collect();
        Self { new, ..Self::default() }
    }

    /// Compares the contract files of two sides. Up to `checked_anyway` equal files count as touched.
    pub(super) fn find(old: &ContractFiles<'_>, new: &ContractFiles<'_>, checked_anyway: usize) -> Self {
        let mut difference = Self::default();
        let mut unknown = Vec::new();
        for path in old.paths() {
            let is_in_both = new.contract(path).is_some() && old.import_path(path) == new.import_path(path);
            match (is_in_both, old.id(path), new.id(path)) {
                (false, ..) => {
                    difference.old.insert(path.to_owned());
                }
                (true, Some(a), Some(b)) if is_one_kind(a, b) => {
                    if a == b {
                        difference.equal.insert(path.to_owned());
                    } else {
                        difference.old.insert(path.to_owned());
                        difference.new.insert(path.to_owned());
                    }
                }
                _ => unknown.push(path),
            }
        }
        for path in new.paths() {
            let is_in_both = old.contract(path).is_some() && old.import_path(path) == new.import_path(path);
            if !is_in_both {
                difference.new.insert(path.to_owned());
            }
        }
        for batch in unknown.chunks(BATCH) {
            difference.compare_bytes(old, new, batch);
        }
        if difference.equal.len() <= checked_anyway {
            difference.old.extend(difference.equal.iter().cloned());
            difference.new.extend(difference.equal.iter().cloned());
        } else if !difference.is_empty() {
            difference.add_touched(old, new);
        }
        difference.read_equal(new);
        difference
    }

    /// Whether both sides are the same.
    pub(super) fn is_empty(&self) -> bool {
        self.old.is_empty() && self.new.is_empty()
    }

    /// The contract files that must be read on a side.
    pub(super) fn touched(&self, is_old: bool) -> &FxHashSet<String> {
        if is_old { &self.old } else { &self.new }
    }

    /// Whether a file is the same on both sides.
    pub(super) fn is_equal(&self, path: &str) -> bool {
        self.equal.contains(path)
    }

    /// The packages that these files declare, sorted; files that were read need not be asked for.
    pub(super) fn packages(&self, paths: &[String]) -> Vec<String> {
        let mut packages: Vec<String> = paths.iter().filter_map(|path| self.packages.get(path)).cloned().collect();
        packages.sort();
        packages.dedup();
        packages
    }

    /// The text of a file that is equal on both sides, if it was read already.
    pub(super) fn text(&self, path: &str) -> Option<Arc<str>> {
        self.texts.get(path).cloned()
    }

    /// Takes out the bytes of a file, if they were read already.
    pub(super) fn take_bytes(&self, path: &str, is_old: bool) -> Option<Arc<[u8]>> {
        let take = |bytes: &Mutex<FxHashMap<String, Arc<[u8]>>>| {
            bytes.lock().unwrap_or_else(PoisonError::into_inner).remove(path)
        };
        take(if is_old { &self.old_bytes } else { &self.new_bytes })
    }

    fn compare_bytes(&mut self, old: &ContractFiles<'_>, new: &ContractFiles<'_>, paths: &[&str]) {
        let (old_read, new_read) = rayon::join(|| old.tree.read(paths), || new.tree.read(paths));
        for ((path, a), b) in paths.iter().zip(old_read).zip(new_read) {
            if let (Ok(a), Ok(b)) = (a, b) {
                if a == b {
                    self.equal.insert((*path).to_owned());
                } else {
                    self.old.insert((*path).to_owned());
                    self.new.insert((*path).to_owned());
                    unlocked(&mut self.old_bytes).insert((*path).to_owned(), a);
                    unlocked(&mut self.new_bytes).insert((*path).to_owned(), b);
                }
            } else {
                // Whoever reads it again tells why it can't be read.
                self.old.insert((*path).to_owned());
                self.new.insert((*path).to_owned());
            }
        }
    }

    /// Adds the equal files that a change touches: those that import something touched, however far, and those that
    /// share a package with something that changed, because a package declares each name once.
    fn add_touched(&mut self, old: &ContractFiles<'_>, new: &ContractFiles<'_>) {
        let mut changed_packages: FxHashSet<String> = FxHashSet::default();
        // Where the package of something that changed can't be told without parsing, it may be any.
        let mut is_any = false;
        for (files, is_old) in [(old, true), (new, false)] {
            self.read_changed(files, is_old);
            let bytes = unlocked(if is_old { &mut self.old_bytes } else { &mut self.new_bytes });
            for bytes in bytes.values() {
                let package = scan::package(bytes);
                is_any |= package.is_none();
                changed_packages.extend(package.map(str::to_owned));
            }
        }
        let mut equal: Vec<&str> = self.equal.iter().map(String::as_str).collect();
        equal.sort_unstable();
        let mut places: Vec<Place<'_>> = Vec::with_capacity(equal.len());
        for batch in equal.chunks(BATCH) {
            let read = new.tree.read(batch);
            places.par_extend(batch.par_iter().zip(read).map(|(&path, bytes)| {
                let outline = bytes.ok().and_then(|bytes| {
                    let package = scan::package(&bytes)?.to_owned();
                    Some((targets(path, &scan::imports(&bytes)?, [old, new]), package))
                });
                Place { path, outline }
            }));
        }
        let mut importers: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        let mut work: Vec<&str> = self.old.union(&self.new).map(String::as_str).collect();
        let mut touched: FxHashSet<&str> = FxHashSet::default();
        for place in &places {
            let is_touched = |(_, package): &(_, String)| is_any || changed_packages.contains(package);
            if place.outline.as_ref().is_none_or(is_touched) && touched.insert(place.path) {
                work.push(place.path);
            }
            for target in place.outline.iter().flat_map(|(targets, _)| targets) {
                importers.entry(target).or_default().push(place.path);
            }
        }
        while let Some(path) = work.pop() {
            for importer in importers.get(path).into_iter().flatten() {
                if touched.insert(importer) {
                    work.push(importer);
                }
            }
        }
        let touched: Vec<String> = touched.into_iter().map(str::to_owned).collect();
        self.packages =
            places.into_iter().filter_map(|place| Some((place.path.to_owned(), place.outline?.1))).collect();
        self.old.extend(touched.iter().cloned());
        self.new.extend(touched);
    }

    /// Reads the equal files that are parsed: once, for both sides. One that is no text is left to whoever tells so.
    fn read_equal(&mut self, new: &ContractFiles<'_>) {
        let is_wanted = |path: &&str| self.equal.contains(*path) && path.ends_with(".proto");
        let wanted: Vec<&str> = self.new.iter().map(String::as_str).filter(is_wanted).collect();
        for batch in wanted.chunks(BATCH) {
            let read: Vec<Option<Arc<str>>> = (new.tree.read(batch).into_par_iter())
                .map(|bytes| std::str::from_utf8(&bytes.ok()?).ok().map(Arc::from))
                .collect();
            let texts = batch.iter().zip(read).filter_map(|(path, text)| Some(((*path).to_owned(), text?)));
            self.texts.extend(texts);
        }
    }

    /// Reads what differs on a side, as far as it was not read yet.
    fn read_changed(&mut self, files: &ContractFiles<'_>, is_old: bool) {
        let (changed, bytes) = if is_old { (&self.old, &mut self.old_bytes) } else { (&self.new, &mut self.new_bytes) };
        let bytes = unlocked(bytes);
        let missing: Vec<&str> = changed.iter().map(String::as_str).filter(|path| !bytes.contains_key(*path)).collect();
        for (path, read) in missing.iter().zip(files.tree.read(&missing)) {
            if let Ok(read) = read {
                bytes.insert((*path).to_owned(), read);
            }
        }
    }
}

/// The listed files that these imports mean, on either side.
fn targets(from: &str, imports: &[&str], sides: [&ContractFiles<'_>; 2]) -> Vec<String> {
    let mut targets = Vec::with_capacity(imports.len());
    for import in imports {
        for side in sides {
            if let Target::Listed(target) = side.resolve(from, import, |_| None)
                && !targets.contains(&target)
            {
                targets.push(target);
            }
        }
    }
    targets
}

fn unlocked<T>(mutex: &mut Mutex<T>) -> &mut T {
    mutex.get_mut().unwrap_or_else(PoisonError::into_inner)
}

fn is_one_kind(a: &ContentId, b: &ContentId) -> bool {
    matches!((a, b), (ContentId::Git(_), ContentId::Git(_)) | (ContentId::Hash(_), ContentId::Hash(_)))
}
