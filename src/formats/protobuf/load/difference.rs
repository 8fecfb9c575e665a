//! Which files a change can touch.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::load::content::{self, BATCH, Content};
use crate::formats::protobuf::load::files::ContractFiles;
use crate::formats::protobuf::load::outlines;
use crate::formats::protobuf::load::resolve::Target;
use crate::formats::protobuf::model::{Declared, Outline, UnreadFile};
use crate::source::ContentId;

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
    /// Those of them that are touched only because they import, however far, something that changed: what else they
    /// import need not be read.
    importers: FxHashSet<String>,
    /// What equal files declare, by path; where all files are read, nobody asks.
    outlines: FxHashMap<String, Arc<Outline>>,
    /// Changed files that were read on the way; whoever parses them takes them out.
    old_contents: Mutex<FxHashMap<String, Content>>,
    new_contents: Mutex<FxHashMap<String, Content>>,
    /// The texts of equal files that are parsed, for both sides.
    texts: FxHashMap<String, Arc<str>>,
}

/// What the files that changed declare, on both sides together.
#[derive(Default)]
struct Declarations {
    /// By package.
    names: FxHashMap<String, FxHashSet<String>>,
    /// Packages with extensions, whose numbers must differ.
    extending: FxHashSet<String>,
    /// What one file declares can't be told without reading it as what it is; it may be anything.
    is_any: bool,
}

impl Declarations {
    fn add(&mut self, outline: Option<&Outline>) {
        let Some(outline) = outline else {
            self.is_any = true;
            return;
        };
        let names = self.names.entry(outline.package().to_owned()).or_default();
        names.extend(outline.top_names().map(str::to_owned));
        if outline.has(Declared::Extension) {
            self.extending.insert(outline.package().to_owned());
        }
    }

    /// Whether one of these could be declared by an equal file too: then both are read, and told.
    fn may_clash_with(&self, outline: &Outline) -> bool {
        let package = outline.package();
        self.is_any
            || self.names.get(package).is_some_and(|names| outline.top_names().any(|name| names.contains(name)))
            || (self.extending.contains(package) && outline.has(Declared::Extension))
    }
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
            difference.compare_bytes(old, new, batch, unknown.len() > checked_anyway);
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

    /// Whether a file is read only because it imports something that changed.
    pub(super) fn is_importer(&self, path: &str) -> bool {
        self.importers.contains(path)
    }

    /// From here on what importers import is read too, however far.
    pub(super) fn read_importers_whole(&mut self) {
        self.importers.clear();
    }

    /// What an equal file declares, where it is known.
    pub(super) fn outline(&self, path: &str) -> Option<&Arc<Outline>> {
        self.outlines.get(path)
    }

    /// A file of a side that is not read.
    pub(super) fn unread(&self, files: &ContractFiles<'_>, path: &str) -> UnreadFile {
        UnreadFile {
            path: path.to_owned(),
            contract: files.contract(path).unwrap_or_default(),
            outline: self.outlines.get(path).cloned(),
        }
    }

    /// The text of a file that is equal on both sides, if it was read already.
    pub(super) fn text(&self, path: &str) -> Option<Arc<str>> {
        self.texts.get(path).cloned()
    }

    /// Takes out the content of a file, if it was read already.
    pub(super) fn take(&self, path: &str, is_old: bool) -> Option<Content> {
        let contents = if is_old { &self.old_contents } else { &self.new_contents };
        contents.lock().unwrap_or_else(PoisonError::into_inner).remove(path)
    }

    /// Compares what has no content id. Where there are `many` files and some differ, outlines of equal ones are made on
    /// the way.
    fn compare_bytes(&mut self, old: &ContractFiles<'_>, new: &ContractFiles<'_>, paths: &[&str], many: bool) {
        let (old_read, new_read) = rayon::join(|| old.tree.read(paths), || new.tree.read(paths));
        let mut equal = Vec::new();
        for ((path, a), b) in paths.iter().zip(old_read).zip(new_read) {
            if let (Ok(a), Ok(b)) = (a, b) {
                if a == b {
                    equal.push((*path, a));
                } else {
                    self.old.insert((*path).to_owned());
                    self.new.insert((*path).to_owned());
                    unlocked(&mut self.old_contents).insert((*path).to_owned(), Content::of(a));
                    unlocked(&mut self.new_contents).insert((*path).to_owned(), Content::of(b));
                }
            } else {
                // Whoever reads it again tells why it can't be read.
                self.old.insert((*path).to_owned());
                self.new.insert((*path).to_owned());
            }
        }
        if many && !self.is_empty() {
            let outlines = equal
                .par_iter()
                .filter_map(|(path, bytes)| Some(((*path).to_owned(), outlines::outline(bytes).map(Arc::new)?)));
            self.outlines.par_extend(outlines);
        }
        self.equal.extend(equal.into_iter().map(|(path, _)| path.to_owned()));
    }

    /// Adds the equal files that a change touches: those that import something touched, however far, and those that
    /// may declare a name that a changed file declares, because a package declares each name once.
    fn add_touched(&mut self, old: &ContractFiles<'_>, new: &ContractFiles<'_>) {
        let mut equal: Vec<&str> = self.equal.iter().map(String::as_str).collect();
        equal.sort_unstable();
        let mut made = std::mem::take(&mut self.outlines);
        let missing = equal.iter().filter(|path| !made.contains_key(**path));
        let asked: Vec<(&str, Option<&ContentId>)> = missing.map(|path| (*path, new.id(path))).collect();
        // Whoever reads waits for others; meanwhile there is something to do.
        let ((before, after), read) = rayon::join(
            || rayon::join(|| self.outlines_of_changed(old, true), || self.outlines_of_changed(new, false)),
            || outlines::outlines(new.tree, &asked),
        );
        let mut declared = Declarations::default();
        before.iter().chain(&after).for_each(|outline| declared.add(outline.as_ref()));
        let read = asked.iter().zip(read);
        made.extend(read.filter_map(|((path, _), outline)| Some(((*path).to_owned(), outline?))));
        let outlines: Vec<(&str, Option<Arc<Outline>>)> =
            equal.into_iter().map(|path| (path, made.remove(path))).collect();
        let targets: Vec<Vec<String>> = (outlines.par_iter())
            .map(|(path, outline)| outline.as_ref().map_or_else(Vec::new, |outline| targets(path, outline, [old, new])))
            .collect();
        let mut importers: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        let mut whole: FxHashSet<&str> = FxHashSet::default();
        for ((path, outline), targets) in outlines.iter().zip(&targets) {
            if outline.as_ref().is_none_or(|outline| declared.may_clash_with(outline)) {
                whole.insert(path);
            }
            for target in targets {
                importers.entry(target).or_default().push(path);
            }
        }
        let mut work: Vec<&str> = self.old.union(&self.new).map(String::as_str).chain(whole.iter().copied()).collect();
        let mut importing: FxHashSet<&str> = FxHashSet::default();
        while let Some(path) = work.pop() {
            let found = importers.get(path).into_iter().flatten();
            work.extend(found.copied().filter(|importer| !whole.contains(importer) && importing.insert(importer)));
        }
        let owned = |paths: &FxHashSet<&str>| -> Vec<String> { paths.iter().map(|path| (*path).to_owned()).collect() };
        let (whole, importing) = (owned(&whole), owned(&importing));
        self.outlines =
            (outlines.into_iter()).filter_map(|(path, outline)| Some((path.to_owned(), outline?))).collect();
        for side in [&mut self.old, &mut self.new] {
            side.extend(whole.iter().chain(&importing).cloned());
        }
        self.importers = importing.into_iter().collect();
    }

    /// Reads the equal files that are parsed: once, for both sides. One that is no text is left to whoever tells so.
    fn read_equal(&mut self, new: &ContractFiles<'_>) {
        let is_wanted = |path: &&str| self.equal.contains(*path) && path.ends_with(".proto");
        let wanted: Vec<&str> = self.new.iter().map(String::as_str).filter(is_wanted).collect();
        let read = content::read(new.tree, &wanted).into_iter();
        let texts = wanted.iter().zip(read).filter_map(|(path, content)| match content {
            Ok(Content::Text(text)) => Some(((*path).to_owned(), text)),
            _ => None,
        });
        self.texts.extend(texts);
    }

    /// Reads what differs on a side, as far as it was not read yet. The outlines of all of it, in no order.
    fn outlines_of_changed(&self, files: &ContractFiles<'_>, is_old: bool) -> Vec<Option<Outline>> {
        let (changed, contents) =
            if is_old { (&self.old, &self.old_contents) } else { (&self.new, &self.new_contents) };
        let mut contents = contents.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<&str> =
            changed.iter().map(String::as_str).filter(|path| !contents.contains_key(*path)).collect();
        for (path, read) in missing.iter().zip(content::read(files.tree, &missing)) {
            if let Ok(read) = read {
                contents.insert((*path).to_owned(), read);
            }
        }
        contents.par_iter().map(|(_, content)| outlines::outline(content.as_bytes())).collect()
    }
}

/// The listed files that a file imports, on either side.
fn targets(from: &str, outline: &Outline, sides: [&ContractFiles<'_>; 2]) -> Vec<String> {
    let mut targets = Vec::new();
    for (_, import) in outline.imports() {
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
