//! The outlines of many files: those that earlier runs noted down, and else read.

use std::sync::Arc;

use rayon::prelude::*;

use crate::formats::protobuf::descriptor;
use crate::formats::protobuf::model::Outline;
use crate::formats::protobuf::parse;
use crate::source::{ContentId, Notes, Tree};

/// What is noted down, and in which form: another form needs another name.
const TOPIC: &str = "protobuf-outlines-1";
/// How many files are held at once while they are read.
const BATCH: usize = 256;
/// Fewer new outlines than this are sooner read again than written down.
const WORTH_KEEPING: usize = 64;

/// What a file declares and imports; `None` for what is no text, such as a descriptor set.
pub(super) fn outline(bytes: &[u8]) -> Option<Outline> {
    parse::outline(text_of(bytes)?)
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|_| !descriptor::is_descriptor_set(bytes))
}

/// Files with their ids.
type Asked<'a> = [(&'a str, Option<&'a ContentId>)];

/// The outlines of files, in the order asked; `None` where there is no outline or no file.
pub(in crate::formats::protobuf) fn outlines(tree: &dyn Tree, files: &Asked<'_>) -> Vec<Option<Arc<Outline>>> {
    let mut found = noted(tree, files);
    let missing = read_missing(tree, files, &mut found, outline);
    let fresh: Vec<(&str, &str)> =
        (missing.iter()).filter_map(|&at| Some((git_id(files[at].1)?, found[at].as_ref()?.as_str()))).collect();
    if let Some(notebook) = tree.notebook().filter(|_| fresh.len() >= WORTH_KEEPING) {
        notebook.keep(TOPIC, &fresh);
    }
    found
}

/// The same for those who ask for packages and imports only: what nobody noted down is not read to its end.
pub(in crate::formats::protobuf) fn heads(tree: &dyn Tree, files: &Asked<'_>) -> Vec<Option<Arc<Outline>>> {
    let mut found = noted(tree, files);
    read_missing(tree, files, &mut found, |bytes| parse::head(text_of(bytes)?));
    found
}

fn noted(tree: &dyn Tree, files: &Asked<'_>) -> Vec<Option<Arc<Outline>>> {
    let notes: Arc<Notes> = tree.notebook().map(|notebook| notebook.recall(TOPIC)).unwrap_or_default();
    files.par_iter().map(|(_, id)| Some(Arc::new(Outline::from_text(notes.get(git_id(*id)?)?)))).collect()
}

/// Fills in what is not found yet; the positions of that.
fn read_missing(
    tree: &dyn Tree,
    files: &Asked<'_>,
    found: &mut [Option<Arc<Outline>>],
    read: impl Fn(&[u8]) -> Option<Outline> + Sync,
) -> Vec<usize> {
    let missing: Vec<usize> = (0..files.len()).filter(|&at| found[at].is_none()).collect();
    for batch in missing.chunks(BATCH) {
        let paths: Vec<&str> = batch.iter().map(|&at| files[at].0).collect();
        let outlines: Vec<Option<Outline>> =
            tree.read(&paths).into_par_iter().map(|bytes| read(&bytes.ok()?)).collect();
        for (&at, outline) in batch.iter().zip(outlines) {
            found[at] = outline.map(Arc::new);
        }
    }
    missing
}

fn git_id(id: Option<&ContentId>) -> Option<&str> {
    match id {
        Some(ContentId::Git(id)) => Some(id),
        _ => None,
    }
}
