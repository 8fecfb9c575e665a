//! From parsed files to a linked schema: names looked up, options read, features resolved, everything checked.
//!
//! The work on one file reads the others and changes only that file, so each step runs over all files in parallel:
//! first types, then options (whose definitions are types of other files), then features and what follows from
//! them, then the checks.

mod defaults;
mod duplicates;
mod features;
mod interpret;
mod options;
mod reference;
mod scope;

mod validate;
mod value;

use rayon::prelude::*;

use crate::formats::protobuf::descriptor::ExtensionNumbers;
use crate::formats::protobuf::fault::Fault;
use crate::formats::protobuf::link::scope::Visibility;
use crate::formats::protobuf::model::{File, FileIndex, Schema, Symbols, UnreadFile};
use crate::formats::protobuf::parse::Parsed;

/// A linked schema with what is wrong in it.
pub(crate) struct Linked {
    /// Whatever could be understood.
    pub(crate) schema: Schema,
    /// One list per file, in the order found.
    pub(crate) faults: Vec<Vec<Fault>>,
}

/// Links files whose imports are already known by index.
///
/// `descriptor` is the file that defines the standard options. `groups` says for each file which workspace it belongs
/// to: within one, a name is declared once.
pub(crate) fn link(parsed: Vec<Parsed>, descriptor: FileIndex, groups: &[u32], unread: Vec<UnreadFile>) -> Linked {
    let mut files: Vec<File> = Vec::with_capacity(parsed.len());
    let mut faults: Vec<Vec<Fault>> = Vec::with_capacity(parsed.len());
    let mut settings = Vec::with_capacity(parsed.len());
    for one in parsed {
        files.push(one.file);
        faults.push(one.faults);
        settings.push((one.options, one.encoded, one.defaults));
    }
    let broken = behind_syntax_errors(&files, &faults);
    let symbols = Symbols::of(&files);
    let visibility: Vec<Visibility> =
        (0..files.len()).into_par_iter().map(|index| Visibility::of(&files, FileIndex(index as u32))).collect();

    let resolved: Vec<reference::Resolved> = (0..files.len())
        .into_par_iter()
        .map(|index| {
            if files[index].is_outline {
                reference::Resolved::default()
            } else {
                reference::resolve(&files, &symbols, &visibility[index], FileIndex(index as u32))
            }
        })
        .collect();
    let mut semantic: Vec<Vec<Fault>> = Vec::with_capacity(files.len());
    let mut used = Vec::with_capacity(files.len());
    for (file, resolved) in files.iter_mut().zip(resolved) {
        let (faults, uses) = resolved.apply(file);
        semantic.push(faults);
        used.push(uses);
    }

    let has_encoded = settings.iter().any(|(_, encoded, _)| !encoded.is_empty());
    let extensions = if has_encoded { ExtensionNumbers::of(&files) } else { ExtensionNumbers::default() };
    // What is written is dropped file by file, as soon as it is understood: it takes as much memory as the rest.
    let interpreted: Vec<options::Interpreted> = settings
        .into_par_iter()
        .enumerate()
        .map(|(index, (options, encoded, defaults))| {
            let context = options::Context {
                files: &files,
                symbols: &symbols,
                visibility: &visibility[index],
                index: FileIndex(index as u32),
                descriptor,
            };
            let mut interpreted = options::interpret(&context, &options, &defaults);
            interpreted.add_encoded(&context, &extensions, &encoded);
            interpreted
        })
        .collect();
    drop(extensions);
    for (((file, interpreted), semantic), used) in files.iter_mut().zip(interpreted).zip(&mut semantic).zip(&mut used) {
        interpreted.apply(file, semantic, used);
    }
    files.par_iter_mut().for_each(features::resolve);
    for (index, used) in used.iter().enumerate() {
        scope::mark_used_imports(&mut files, FileIndex(index as u32), used);
    }

    let checked: Vec<Vec<Fault>> = (files.par_iter().enumerate())
        .map(
            |(index, file)| {
                if file.is_outline { Vec::new() } else { validate::validate(&files, FileIndex(index as u32)) }
            },
        )
        .collect();
    for (semantic, checked) in semantic.iter_mut().zip(checked) {
        semantic.extend(checked);
    }
    duplicates::find(&files, groups, &mut semantic);
    for ((faults, semantic), is_broken) in faults.iter_mut().zip(semantic).zip(broken) {
        // Behind a syntax error names are missing that the author did declare: what follows would be noise.
        if !is_broken {
            faults.extend(semantic);
        }
    }
    Linked { schema: Schema::from_parts(files, symbols, unread), faults }
}

/// Which files have a syntax error in themselves or in a file that they import, however far.
fn behind_syntax_errors(files: &[File], faults: &[Vec<Fault>]) -> Vec<bool> {
    let mut broken: Vec<bool> = faults.iter().map(|faults| !faults.is_empty()).collect();
    if !broken.contains(&true) {
        return broken;
    }
    let mut importers: Vec<Vec<usize>> = vec![Vec::new(); files.len()];
    for (index, file) in files.iter().enumerate() {
        for imported in file.imports.iter().filter_map(|import| import.file) {
            importers[imported.0 as usize].push(index);
        }
    }
    let mut work: Vec<usize> = (0..files.len()).filter(|&index| broken[index]).collect();
    while let Some(index) = work.pop() {
        for &importer in &importers[index] {
            if !broken[importer] {
                broken[importer] = true;
                work.push(importer);
            }
        }
    }
    broken
}
