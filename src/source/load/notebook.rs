//! Notes in the git directory of a repository: they go when it goes, and belong to whoever may write there.

use std::fs;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use crate::source::load::repository::Repository;
use crate::source::{Notebook, Notes};

/// The folder in the git directory.
const FOLDER: &str = "counterpart";
/// Where old notes and new ones together would be longer, the old ones are dropped.
const MAX_BYTES: usize = 64 << 20;

/// One file for each topic.
pub(crate) struct GitNotebook {
    /// `None` where the git directory was not found.
    folder: Option<Utf8PathBuf>,
    known: Mutex<FxHashMap<String, Arc<Notes>>>,
}

impl GitNotebook {
    /// The notebook of a repository.
    pub(crate) fn of(repository: &Repository) -> Self {
        let folder = git_directory(repository).map(|directory| directory.join(FOLDER));
        Self { folder, known: Mutex::default() }
    }

    fn write(&self, topic: &str, text: &str) -> Option<()> {
        let folder = self.folder.as_ref()?;
        fs::create_dir_all(folder).ok()?;
        let mut file = tempfile::NamedTempFile::new_in(folder).ok()?;
        file.write_all(text.as_bytes()).ok()?;
        file.persist(folder.join(topic)).ok()?;
        Some(())
    }
}

impl Notebook for GitNotebook {
    fn recall(&self, topic: &str) -> Arc<Notes> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notes) = known.get(topic) {
            return Arc::clone(notes);
        }
        let read = || Notes::decode(fs::read_to_string(self.folder.as_ref()?.join(topic)).ok()?);
        let notes = Arc::new(read().unwrap_or_default());
        known.insert(topic.to_owned(), Arc::clone(&notes));
        notes
    }

    fn keep(&self, topic: &str, notes: &[(&str, &str)]) {
        let old = self.recall(topic);
        let length =
            |notes: &mut dyn Iterator<Item = (&str, &str)>| notes.map(|(_, text)| text.len() + 64).sum::<usize>();
        let fits = length(&mut old.iter()) + length(&mut notes.iter().copied()) <= MAX_BYTES;
        let text = Notes::encode(old.iter().filter(|_| fits).chain(notes.iter().copied()));
        // A directory that can't be written to only makes the next run slower.
        let _ = self.write(topic, &text);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(topic.to_owned(), Arc::new(Notes::decode(text).unwrap_or_default()));
    }
}

/// The directory that all working trees of a repository share.
/// See <https://git-scm.com/docs/gitrepository-layout>.
fn git_directory(repository: &Repository) -> Option<Utf8PathBuf> {
    if repository.is_bare() {
        return Some(repository.root().to_owned());
    }
    let entry = repository.root().join(".git");
    if entry.is_dir() {
        return Some(entry);
    }
    let line = |path: &Utf8Path| Some(fs::read_to_string(path).ok()?.trim_end().to_owned());
    let own = repository.root().join(line(&entry)?.strip_prefix("gitdir: ")?);
    Some(match line(&own.join("commondir")) {
        Some(shared) => own.join(shared),
        None => own,
    })
}
