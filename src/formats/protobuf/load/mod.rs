//! From two trees to two linked schemas, reading only what a change can touch.
//!
//! A file that changed is parsed with everything that it imports, however far. Files that are the same on both sides
//! are parsed beside those only if they import, however far, something that changed (then their names may mean
//! something else now, and their RPCs may reach what changed); what else such a file imports is known by its outline,
//! as far as names go: it is as it was. Where a name of such a file means something else than before, and one of the two
//! is known by its outline only, all of it is parsed after all. Whether files are the same is known from content ids
//! where the inputs have them; else the bytes are compared.

mod content;
mod cycles;
mod difference;
mod files;
mod outlined;
pub(super) mod outlines;
mod resolve;
mod side;

#[cfg(test)]
mod tests;

use crate::finding::Problem;
use crate::formats::protobuf::load::difference::{CHECKED_ANYWAY, Difference};
use crate::formats::protobuf::load::files::ContractFiles;
use crate::formats::protobuf::load::side::SideLoader;
use crate::formats::protobuf::model::{Schema, UnreadFile};
use crate::formats::{CompareOptions, Side};
use crate::source::SourceMap;

/// One side, linked.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The files that were read.
    pub(crate) schema: Schema,
    /// Their texts, for positions.
    pub(crate) sources: SourceMap,
    /// What is wrong, in the order of the files.
    pub(crate) problems: Vec<Problem>,
}

/// Both sides.
#[derive(Debug, Default)]
pub(crate) struct LoadedPair {
    /// The old side.
    pub(crate) old: Loaded,
    /// The new side.
    pub(crate) new: Loaded,
}

/// Reads and links both sides as far as a change can touch them, or completely where that is little work.
pub(crate) fn load(old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> LoadedPair {
    load_beyond(old, new, options, CHECKED_ANYWAY)
}

/// The same, reading up to `checked_anyway` equal files that nothing touches.
pub(crate) fn load_beyond(
    old: &Side<'_>,
    new: &Side<'_>,
    options: &CompareOptions,
    checked_anyway: usize,
) -> LoadedPair {
    let (old_files, new_files) = rayon::join(|| ContractFiles::of(old, options), || ContractFiles::of(new, options));
    let mut difference = Difference::find(&old_files, &new_files, checked_anyway);
    if difference.is_empty() {
        let unread: Vec<UnreadFile> = new_files.paths().map(|path| difference.unread(&new_files, path)).collect();
        let schema = || Schema::new(Vec::new(), unread.clone());
        return LoadedPair {
            old: Loaded { schema: schema(), ..Loaded::default() },
            new: Loaded { schema: schema(), ..Loaded::default() },
        };
    }
    // Both inputs are one file each: one contract, whatever the names.
    let renamed = if old.tree.is_single_file() && new.tree.is_single_file() { new_files.only_path() } else { None };
    let pair = load_sides(&old_files, &new_files, &difference, renamed.as_deref());
    if !outlined::hide_a_change(&pair.old.schema, &pair.new.schema) {
        return pair;
    }
    difference.read_importers_whole();
    load_sides(&old_files, &new_files, &difference, renamed.as_deref())
}

fn load_sides(
    old: &ContractFiles<'_>,
    new: &ContractFiles<'_>,
    difference: &Difference,
    renamed: Option<&str>,
) -> LoadedPair {
    let mut old = SideLoader::new(old, difference, true, renamed);
    let mut new = SideLoader::new(new, difference, false, None);
    // A file that is equal on both sides and that only one side's changes lead to would look removed or added.
    loop {
        rayon::join(|| old.read(), || new.read());
        let (for_old, for_new) = (old.lacks(&new), new.lacks(&old));
        if for_old.is_empty() && for_new.is_empty() {
            break;
        }
        old.want_equal(for_old);
        new.want_equal(for_new);
    }
    let (old, new) = rayon::join(|| old.finish(), || new.finish());
    LoadedPair { old, new }
}

/// Reads and links all contracts of one side.
pub(crate) fn load_all(side: &Side<'_>, options: &CompareOptions) -> Loaded {
    let files = ContractFiles::of(side, options);
    let difference = Difference::everything(&files);
    let mut side = SideLoader::new(&files, &difference, false, None);
    side.read();
    side.finish()
}
