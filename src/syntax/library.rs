//! All documents of one side: loaded once, with everything that they refer to.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::finding::Problem;
use crate::source::{FileId, LoadError, SourceFile, SourceMap, Span, Tree};
use crate::syntax::reference::{has_scheme, join, split};
use crate::syntax::{Cursor, Document, Fault, NodeId, Parsed, Place, Unresolved, context, decode, names::Names, parse};

/// How many files references may pull in beyond those that were asked for.
const MAX_REFERRED: usize = 50_000;

/// The documents of one side of a comparison, and how they refer to each other.
///
/// [`load`](Self::load) reads documents with all that they reach; after that the library does not change, and every
/// [`resolve`](Self::resolve) is a lookup.
#[derive(Debug, Default)]
pub struct Library {
    sources: SourceMap,
    files: Vec<File>,
    by_path: FxHashMap<String, Result<FileId, LoadError>>,
    /// Absolute URIs that documents or schemas inside them give themselves.
    by_uri: FxHashMap<String, Place>,
    allows_network: bool,
}

#[derive(Debug)]
struct File {
    /// Inside the tree, or a URL.
    path: String,
    document: Document,
    faults: Vec<Fault>,
    names: Names,
}

impl Library {
    /// An empty library. With `allows_network`, absolute `https:` references are asked of the tree like files.
    #[must_use]
    pub fn new(allows_network: bool) -> Self {
        Self { allows_network, ..Self::default() }
    }

    /// Loads documents by their paths inside the tree, and everything that they refer to, in as few reads as there
    /// are levels of references. What is loaded already is left alone.
    pub fn load(&mut self, tree: &dyn Tree, paths: &[&str]) {
        let mut wanted: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
        let mut budget = wanted.len() + MAX_REFERRED;
        loop {
            let mut seen = FxHashSet::default();
            wanted.retain(|path| !self.by_path.contains_key(path) && seen.insert(path.clone()));
            wanted.truncate(budget);
            budget -= wanted.len();
            if wanted.is_empty() {
                return;
            }
            let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
            let read = tree.read(&names);
            let mut present = Vec::new();
            for (path, result) in wanted.drain(..).zip(read) {
                match result {
                    Ok(bytes) => {
                        let file = FileId((self.files.len() + present.len()) as u32);
                        self.by_path.insert(path.clone(), Ok(file));
                        present.push((file, path, bytes));
                    }
                    Err(error) => {
                        self.by_path.insert(path, Err(error));
                    }
                }
            }
            let first = self.files.len();
            let parsed: Vec<_> =
                present.into_par_iter().map(|(file, path, bytes)| read_file(file, path, bytes)).collect();
            for (path, text, parsed) in parsed {
                self.sources.add(SourceFile::new(tree.display_path(&path), text));
                self.add(path, parsed);
            }
            wanted = (first..self.files.len()).flat_map(|at| self.files_referred_to(&self.files[at])).collect();
        }
    }

    /// Adds a document that was read elsewhere, under a path; for tests and generated documents.
    pub fn insert(&mut self, path: &str, text: &str) -> FileId {
        let file = FileId(self.files.len() as u32);
        self.by_path.insert(path.to_owned(), Ok(file));
        let text: Arc<str> = text.into();
        self.sources.add(SourceFile::new(path, Arc::clone(&text)));
        self.add(path.to_owned(), parse(file, path, text));
        file
    }

    fn add(&mut self, path: String, parsed: Parsed) {
        let Parsed { document, faults } = parsed;
        let names = Names::of(&document, &path);
        for (node, uri) in &names.resources {
            self.by_uri.entry(uri.clone()).or_insert(Place { file: document.file(), node: *node });
        }
        self.files.push(File { path, document, faults, names });
    }

    /// The paths of the files that a document refers to.
    fn files_referred_to(&self, file: &File) -> Vec<String> {
        let document = &file.document;
        let mut paths = FxHashSet::default();
        for value in file.names.outward() {
            let Some(text) = document.as_str(value) else { continue };
            let uri = split(text).0;
            if uri.is_empty() || context::is_data(document, value) {
                continue;
            }
            paths.extend(self.candidates(file, value, uri));
        }
        paths.retain(|path| !self.by_uri.contains_key(path));
        let mut paths: Vec<_> = paths.into_iter().collect();
        paths.sort_unstable();
        paths
    }

    /// The paths under which the document of a URI may be found, best first. Beside the path that the URI says, the
    /// file system's view: documents name themselves after a web site and are kept in one directory.
    fn candidates(&self, file: &File, from: NodeId, uri: &str) -> Vec<String> {
        let base = self.base(file, from);
        let absolute = join(base, uri);
        let mut paths = Vec::new();
        if has_scheme(&absolute) {
            if !has_scheme(uri) {
                paths.push(join(&file.path, uri));
            } else if let Some(rest) = base.rfind('/').and_then(|slash| absolute.strip_prefix(&base[..=slash])) {
                paths.push(join(&file.path, rest));
            }
            if self.allows_network && absolute.starts_with("https:") {
                paths.push(absolute);
            }
        } else {
            paths.push(absolute);
        }
        paths
    }

    /// The URI against which references at a node are resolved.
    fn base<'a>(&self, file: &'a File, node: NodeId) -> &'a str {
        file.enclosing(node).map_or(&file.path, |(_, uri)| uri)
    }

    /// Finds what a reference (`#/a/b`, `other.yaml#/a`, `#anchor`, `https://…`) written at a place leads to. It may
    /// be another reference.
    ///
    /// # Errors
    /// When it leads nowhere; the reason is meant for people.
    pub fn resolve(&self, from: Place, reference: &str) -> Result<Place, Unresolved> {
        self.resolve_within(from, reference, 0)
    }

    fn resolve_within(&self, from: Place, reference: &str, depth: usize) -> Result<Place, Unresolved> {
        let file = &self.files[from.file.0 as usize];
        let (uri, fragment) = split(reference);
        let start = if uri.is_empty() {
            let node = file.enclosing(from.node).map_or(file.document.root(), |(node, _)| node);
            Place { file: from.file, node }
        } else {
            self.document_of(file, from.node, uri)?
        };
        self.fragment(start, &fragment, depth)
    }

    fn document_of(&self, file: &File, from: NodeId, uri: &str) -> Result<Place, Unresolved> {
        let absolute = join(self.base(file, from), uri);
        if let Some(&place) = self.by_uri.get(&absolute) {
            return Ok(place);
        }
        let mut failure = None;
        for path in self.candidates(file, from, uri) {
            match self.by_path.get(&path) {
                Some(Ok(found)) => {
                    return Ok(Place { file: *found, node: self.files[found.0 as usize].document.root() });
                }
                Some(Err(error)) => {
                    failure.get_or_insert_with(|| Unresolved::File(error.clone()));
                }
                None => {}
            }
        }
        Err(match failure {
            Some(failure) if !has_scheme(&absolute) || self.allows_network => failure,
            _ if absolute.starts_with("http:") || absolute.starts_with("https:") => Unresolved::Network(absolute),
            _ => Unresolved::Unknown(absolute),
        })
    }

    fn fragment(&self, start: Place, fragment: &str, depth: usize) -> Result<Place, Unresolved> {
        let file = &self.files[start.file.0 as usize];
        if fragment.is_empty() {
            return Ok(start);
        }
        if !fragment.starts_with('/') {
            let resource = file.enclosing(start.node).map_or(file.document.root(), |(node, _)| node);
            return match file.names.anchor(resource, fragment) {
                Some(node) => Ok(Place { file: start.file, node }),
                None => Err(self.nowhere(file, fragment, None)),
            };
        }
        if let Some(node) = file.document.descend(start.node, fragment) {
            return Ok(Place { file: start.file, node });
        }
        // Slowly, for two liberties that people take: a pointer that goes through another reference, and one that
        // starts at the document although an inner `$id` starts a resource of its own.
        let mut at = start;
        for (taken, token) in fragment.match_indices('/').map(|(slash, _)| (slash, &fragment[slash + 1..])) {
            let token = token.split('/').next().unwrap_or_default();
            let document = self.document(at.file);
            if let Some(node) = document.descend(at.node, &format!("/{token}")) {
                at.node = node;
                continue;
            }
            if let (Some(reference), true) = (document.get(at.node, "$ref"), depth < 16)
                && let Some(text) = document.as_str(reference)
            {
                let through = self.resolve_within(Place { file: at.file, node: reference }, text, depth + 1)?;
                return self.fragment(through, &fragment[taken..], depth + 1);
            }
            let root = file.document.root();
            if start.node != root && depth < 16 {
                return self.fragment(Place { file: start.file, node: root }, fragment, depth + 1);
            }
            return Err(self.nowhere(file, fragment, nearest(document, at.node, token)));
        }
        Ok(at)
    }

    fn nowhere(&self, file: &File, fragment: &str, nearest: Option<String>) -> Unresolved {
        let path = self.sources.file(file.document.file()).path().to_owned();
        Unresolved::Nowhere { path, fragment: fragment.to_owned(), nearest }
    }

    /// The file of a path, if it was loaded.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path)?.as_ref().ok().copied()
    }

    /// Why the file of a path could not be loaded, if it was asked for and could not.
    #[must_use]
    pub fn load_error(&self, path: &str) -> Option<&LoadError> {
        self.by_path.get(path)?.as_ref().err()
    }

    /// The document of a file of this library.
    #[must_use]
    pub fn document(&self, file: FileId) -> &Document {
        &self.files[file.0 as usize].document
    }

    /// The path of a file inside its tree.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].path
    }

    /// What is wrong with the syntax of a file.
    #[must_use]
    pub fn faults(&self, file: FileId) -> &[Fault] {
        &self.files[file.0 as usize].faults
    }

    /// Whether a file, or a schema in it, names itself by `$id` or `$self`.
    #[must_use]
    pub fn names_resources(&self, file: FileId) -> bool {
        !self.files[file.0 as usize].names.resources.is_empty()
    }

    /// Whether some schema of a file names its dialect by `$schema`.
    #[must_use]
    pub fn names_dialects(&self, file: FileId) -> bool {
        self.files[file.0 as usize].names.has_dialects
    }

    /// The root of a file's document.
    #[must_use]
    pub fn root(&self, file: FileId) -> Cursor<'_> {
        Cursor::new(self, Place { file, node: self.document(file).root() })
    }

    /// The files that were read, with their texts.
    #[must_use]
    pub const fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Gives up the documents and keeps the texts.
    #[must_use]
    pub fn into_sources(self) -> SourceMap {
        self.sources
    }

    /// The files that a document reaches by references, itself first, each once.
    #[must_use]
    pub fn reachable(&self, root: FileId) -> Vec<FileId> {
        let mut found = vec![root];
        let mut seen: FxHashSet<FileId> = found.iter().copied().collect();
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            next += 1;
            let file = &self.files[at.0 as usize];
            for value in file.names.outward() {
                let Some(text) = file.document.as_str(value) else { continue };
                if split(text).0.is_empty() || context::is_data(&file.document, value) {
                    continue;
                }
                if let Ok(place) = self.document_of(file, value, split(text).0)
                    && seen.insert(place.file)
                {
                    found.push(place.file);
                }
            }
        }
        found
    }

    /// What is wrong with the references of a document: those that lead nowhere, and circles that never arrive.
    #[must_use]
    pub fn reference_problems(&self, file: FileId) -> Vec<Problem> {
        let document = self.document(file);
        let mut sound: FxHashSet<(NodeId, u64)> = FxHashSet::default();
        let mut problems = Vec::new();
        for &value in &self.files[file.0 as usize].names.references {
            let Some(text) = document.as_str(value) else { continue };
            let from = &self.files[file.0 as usize];
            let resource = from.enclosing(value).map_or(document.root(), |(node, _)| node);
            if sound.contains(&(resource, document.hash(value))) {
                continue;
            }
            let site = Cursor::new(self, Place { file, node: value });
            let Some(object) = site.parent() else { continue };
            match object.follow() {
                Ok(_) => {
                    sound.insert((resource, document.hash(value)));
                }
                Err(_) if context::is_data(document, value) => {}
                Err(reason) => {
                    // Further along the chain the reference at fault reports itself.
                    let is_own = matches!(reason, Unresolved::Circle) || self.resolve(site.place(), text).is_err();
                    if is_own {
                        problems.push(self.unresolved_problem(site.span(), text, &reason));
                    }
                }
            }
        }
        problems
    }

    /// How a broken reference is told.
    #[must_use]
    pub fn unresolved_problem(&self, span: Span, text: &str, reason: &Unresolved) -> Problem {
        let (code, help) = match reason {
            Unresolved::File(LoadError::Outside { .. }) => (
                "ref-outside",
                "copy the file into the repository, or compare from a directory that holds both".to_owned(),
            ),
            Unresolved::File(_) => (
                "ref-missing-file",
                "correct the path: it is relative to the file that the reference stands in".to_owned(),
            ),
            Unresolved::Network(_) => (
                "ref-network",
                "copy the document into the repository and refer to the copy, or set `allow-network-refs = true` under `[policy]` in `counterpart.toml`"
                    .to_owned(),
            ),
            Unresolved::Unknown(_) => {
                ("ref-nowhere", "add the document that carries this name, or refer to a file".to_owned())
            }
            Unresolved::Nowhere { nearest: Some(nearest), .. } => ("ref-nowhere", format!("did you mean `{nearest}`?")),
            Unresolved::Nowhere { .. } => ("ref-nowhere", "add what is missing, or correct the pointer".to_owned()),
            Unresolved::Circle => {
                ("ref-circle", "let one of the references in the circle be the schema or object itself".to_owned())
            }
        };
        let message = format!("the reference `{text}` cannot be resolved: {reason}");
        Problem::new(code, message).at(self.sources.location(span)).with_help(help)
    }
}

impl File {
    /// The innermost named resource that a node is in.
    fn enclosing(&self, node: NodeId) -> Option<(NodeId, &str)> {
        self.names.enclosing(&self.document, node)
    }
}

fn read_file(file: FileId, path: String, bytes: Arc<[u8]>) -> (String, Arc<str>, Parsed) {
    match decode(&bytes) {
        Ok(text) => {
            // The text takes as much again; nobody else may need the bytes.
            drop(bytes);
            let parsed = parse(file, &path, Arc::clone(&text));
            (path, text, parsed)
        }
        Err((at, message)) => {
            // What comes before the first bad byte is shown and not read.
            let text: Arc<str> = String::from_utf8_lossy(&bytes[..at]).into();
            let mut parsed = parse(file, "", "".into());
            let fault = Fault::new("not-utf8", Span::new(file, at as u32, at as u32), message);
            parsed.faults = vec![fault.with_help("save the file as UTF-8")];
            (path, text, parsed)
        }
    }
}

/// The key of a mapping that is closest to a name that it does not have.
fn nearest(document: &Document, mapping: NodeId, name: &str) -> Option<String> {
    let wanted = name.replace("~1", "/").replace("~0", "~");
    if wanted.len() > 200 {
        return None;
    }
    let (distance, found) = document
        .entries(mapping)
        .take(5_000)
        .filter(|(key, _)| key.len() <= 200)
        .map(|(key, _)| (strsim::damerau_levenshtein(key, &wanted), key))
        .min_by_key(|&(distance, key)| (distance, key))?;
    (distance <= 1 + wanted.chars().count() / 4).then(|| found.to_owned())
}

#[cfg(test)]
mod tests;
