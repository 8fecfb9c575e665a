//! Reads, parses and links the files of one side, import by import.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::finding::Problem;
use crate::formats::protobuf::builtin;
use crate::formats::protobuf::descriptor::{self, DecodedFile};
use crate::formats::protobuf::fault::{Fault, MISSING_IMPORT, NOT_UTF8, SYNTAX};
use crate::formats::protobuf::link;
use crate::formats::protobuf::load::content::{self, Content};
use crate::formats::protobuf::load::difference::Difference;
use crate::formats::protobuf::load::files::ContractFiles;
use crate::formats::protobuf::load::resolve::Target;
use crate::formats::protobuf::load::{Loaded, cycles, outlined};
use crate::formats::protobuf::model::{Extent, File, FileIndex, ImportKind, Origin, Outline, Text, UnreadFile};
use crate::formats::protobuf::parse::{self, Parsed, Room};
use crate::source::{FileId, LoadError, SourceFile, SourceMap};

/// One file on its way into the schema; its place in the list is its index.
struct Wanted {
    /// Inside the tree; empty for built-in files.
    tree_path: String,
    import_path: Text,
    origin: Origin,
    /// The file, where it comes out of a descriptor set.
    decoded: Option<DecodedFile>,
    /// Whether what it imports is read too, however far. It is not for a file that is only here because it imports
    /// something that changed.
    is_whole: bool,
}

/// Loads one side.
pub(super) struct SideLoader<'a> {
    files: &'a ContractFiles<'a>,
    difference: &'a Difference,
    is_old: bool,
    /// The import path of the only file, where it is not that of its name.
    renamed: Option<&'a str>,
    wanted: Vec<Wanted>,
    /// Files by path inside the tree, built-in ones by import path behind a NUL (which no path has).
    known: FxHashMap<String, FileIndex>,
    /// Files that were parsed and whose imports are to be followed.
    unfollowed: Vec<usize>,
    parsed: Vec<Parsed>,
    texts: Vec<Arc<str>>,
    problems: Vec<Problem>,
    /// What is wrong with the bytes and imports of each file, beside what its parser says.
    faults: Vec<(FileIndex, Fault)>,
}

impl<'a> SideLoader<'a> {
    pub(super) fn new(
        files: &'a ContractFiles<'a>,
        difference: &'a Difference,
        is_old: bool,
        renamed: Option<&'a str>,
    ) -> Self {
        Self {
            files,
            difference,
            is_old,
            renamed,
            wanted: Vec::new(),
            known: FxHashMap::default(),
            unfollowed: Vec::new(),
            parsed: Vec::new(),
            texts: Vec::new(),
            problems: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Reads what is touched, and whatever it imports, however far. Called again, what is wanted since.
    pub(super) fn read(&mut self) {
        if self.wanted.is_empty() {
            self.want_touched();
        }
        self.read_wanted();
    }

    fn read_wanted(&mut self) {
        while self.parsed.len() < self.wanted.len() || !self.unfollowed.is_empty() {
            self.read_wave();
            for index in std::mem::take(&mut self.unfollowed) {
                self.follow_imports(index);
            }
        }
    }

    /// The equal contract files that the other side has read and this one has not, sorted.
    pub(super) fn lacks(&self, other: &Self) -> Vec<String> {
        // Descriptor sets are read as a whole or not at all.
        let files = other.wanted.iter().filter(|wanted| wanted.decoded.is_none());
        let read = files.map(|wanted| &wanted.tree_path);
        let mut lacking: Vec<String> =
            read.filter(|path| self.difference.is_equal(path) && !self.known.contains_key(*path)).cloned().collect();
        lacking.sort();
        lacking
    }

    /// Wants contract files of this side.
    pub(super) fn want_equal(&mut self, paths: Vec<String>) {
        for path in paths {
            let import_path = self.files.import_path(&path).to_owned();
            self.want_file(path, &import_path);
        }
    }

    fn want_touched(&mut self) {
        let mut first: Vec<&String> = self.difference.touched(self.is_old).iter().collect();
        first.sort_by_cached_key(|path| (self.files.contract(path), path.as_str().to_owned()));
        for path in first {
            if !path.ends_with(".proto") && self.want_descriptor_set(path) {
                continue;
            }
            let import_path = self.renamed.unwrap_or_else(|| self.files.import_path(path));
            let origin = self.files.contract(path).map_or(Origin::Dependency, Origin::Contract);
            let index = self.want(path.clone(), Text::from(import_path), origin);
            self.wanted[index.0 as usize].is_whole = !self.difference.is_importer(path);
        }
        self.want_built_in(builtin::DESCRIPTOR);
    }

    fn want(&mut self, tree_path: String, import_path: Text, origin: Origin) -> FileIndex {
        let index = FileIndex(self.wanted.len() as u32);
        self.known.insert(tree_path.clone(), index);
        self.wanted.push(Wanted { tree_path, import_path, origin, decoded: None, is_whole: true });
        index
    }

    /// The files of a descriptor set; `false` when the file is none.
    fn want_descriptor_set(&mut self, path: &str) -> bool {
        let read = || content::read(self.files.tree, &[path]).pop()?.ok();
        let Some(content) = self.difference.take(path, self.is_old).or_else(read) else {
            return false;
        };
        if !descriptor::is_descriptor_set(content.as_bytes()) {
            return false;
        }
        let Some(files) = descriptor::files(content.as_bytes()) else {
            self.problems.push(broken_descriptor_set(&self.files.tree.display_path(path)));
            return true;
        };
        for file in files {
            let is_own = !file.is_import && builtin::path(&file.path).is_none();
            let contract = self.files.contract(path).filter(|_| is_own);
            let index = FileIndex(self.wanted.len() as u32);
            self.known.insert(key_in_set(path, &file.path), index);
            self.wanted.push(Wanted {
                tree_path: path.to_owned(),
                import_path: file.path.clone(),
                origin: contract.map_or(Origin::Dependency, Origin::Contract),
                decoded: Some(file),
                is_whole: true,
            });
        }
        true
    }

    fn want_built_in(&mut self, path: &'static str) -> FileIndex {
        let key = built_in_key(path);
        if let Some(&index) = self.known.get(&key) {
            return index;
        }
        let index = FileIndex(self.wanted.len() as u32);
        self.known.insert(key, index);
        self.wanted.push(Wanted {
            tree_path: String::new(),
            import_path: Text::from(path),
            origin: Origin::BuiltIn,
            decoded: None,
            is_whole: true,
        });
        index
    }

    /// Reads and parses all files that are wanted and not there yet, and wants what they import.
    fn read_wave(&mut self) {
        let start = self.parsed.len();
        let mut texts = self.read_texts(start);
        let wave = &self.wanted[start..];
        let mut parsed: Vec<Parsed> = texts
            .par_iter()
            .zip(wave)
            .enumerate()
            .map_init(Room::default, |room, (at, (text, wanted))| {
                let index = (start + at) as u32;
                let (file, source) = (FileIndex(index), FileId(index));
                let mut parsed = match &wanted.decoded {
                    Some(decoded) => decoded.decode(file, source).unwrap_or_else(|| broken_file(wanted, source)),
                    None => parse::parse(text, wanted.import_path.clone(), file, source, room),
                };
                parsed.file.origin = wanted.origin;
                parsed.file.is_unchanged =
                    wanted.origin == Origin::BuiltIn || self.difference.is_equal(&wanted.tree_path);
                parsed.file.tree_path = Text::from(wanted.tree_path.as_str());
                parsed
            })
            .collect();
        for (one, text) in parsed.iter_mut().zip(&mut texts) {
            if let Some(own) = one.text.take() {
                *text = own;
            }
        }
        self.parsed.extend(parsed);
        self.texts.extend(texts);
        self.unfollowed.extend((start..self.parsed.len()).filter(|&index| self.wanted[index].is_whole));
    }

    fn read_texts(&mut self, start: usize) -> Vec<Arc<str>> {
        let known: Vec<Option<Content>> = self.wanted[start..].iter().map(|wanted| self.known(wanted)).collect();
        let unknown = self.wanted[start..].iter().zip(&known).filter(|(_, known)| known.is_none());
        let paths: Vec<&str> = unknown.map(|(wanted, _)| wanted.tree_path.as_str()).collect();
        let mut read = content::read(self.files.tree, &paths).into_iter();
        let mut all = Vec::with_capacity(known.len());
        for (wanted, known) in self.wanted[start..].iter().zip(known) {
            let not_found = || {
                let tree = self.files.tree.label().to_owned();
                Err(LoadError::NotFound { path: wanted.tree_path.clone(), tree })
            };
            all.push(match known {
                Some(known) => Ok(known),
                None => read.next().unwrap_or_else(not_found),
            });
        }
        let decoded = all.into_iter().map(|content| match content {
            Ok(Content::Text(text)) => (text, None, None),
            Ok(Content::Bytes(bytes)) => {
                let valid_up_to = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
                (Arc::from(String::from_utf8_lossy(&bytes)), valid_up_to, None)
            }
            Err(error) => (Arc::from(""), None, Some(error.to_string())),
        });
        let mut texts = Vec::with_capacity(self.wanted.len() - start);
        for (at, (text, invalid_at, unreadable)) in decoded.enumerate() {
            if let Some(offset) = invalid_at {
                let offset = offset as u32;
                let fault = Fault::new(NOT_UTF8, Extent::new(offset, offset + 1), "this file is not valid UTF-8")
                    .with_help("save the file in UTF-8");
                self.faults.push((FileIndex((start + at) as u32), fault));
            }
            if let Some(reason) = unreadable {
                self.problems.push(Problem::new("unreadable-file", reason));
            }
            texts.push(text);
        }
        texts
    }

    /// The content of a file, where the tree need not be asked for it.
    fn known(&self, wanted: &Wanted) -> Option<Content> {
        if wanted.decoded.is_some() {
            Some(Content::Text(Arc::from("")))
        } else if wanted.origin == Origin::BuiltIn {
            Some(Content::Text(Arc::from(builtin::text(&wanted.import_path).unwrap_or_default())))
        } else if let Some(text) = self.difference.text(&wanted.tree_path) {
            Some(Content::Text(text))
        } else {
            self.difference.take(&wanted.tree_path, self.is_old)
        }
    }

    /// Finds the files that a parsed file imports.
    fn follow_imports(&mut self, index: usize) {
        let imports: Vec<(Text, Extent)> =
            self.parsed[index].file.imports.iter().map(|import| (import.path.clone(), import.path_extent)).collect();
        for (at, (path, extent)) in imports.into_iter().enumerate() {
            let found = self.find(index, &path);
            if found.is_none() {
                let fault = self.missing(&path, extent);
                self.faults.push((FileIndex(index as u32), fault));
            }
            self.parsed[index].file.imports[at].file = found;
        }
    }

    fn find(&mut self, from: usize, import: &str) -> Option<FileIndex> {
        let target = self.target(&self.wanted[from], import);
        self.want_target(target, import)
    }

    fn want_target(&mut self, target: Found, import: &str) -> Option<FileIndex> {
        match target {
            Found::InSet(index) => Some(index),
            Found::File(path) => Some(self.want_file(path, import)),
            Found::BuiltIn(path) => Some(self.want_built_in(path)),
            Found::Missing => None,
        }
    }

    /// What an import means in a file.
    fn target(&self, from: &Wanted, import: &str) -> Found {
        if from.origin == Origin::BuiltIn {
            return builtin::path(import).map_or(Found::Missing, Found::BuiltIn);
        }
        if from.decoded.is_some()
            && let Some(&index) = self.known.get(&key_in_set(&from.tree_path, import))
        {
            return Found::InSet(index);
        }
        let (files, known) = (self.files, &self.known);
        let first_readable = |paths: &[String]| {
            let asked: Vec<&str> = paths.iter().map(String::as_str).collect();
            let is_known = paths.iter().find(|path| known.contains_key(*path));
            is_known.or_else(|| paths.get(files.tree.read(&asked).iter().position(Result::is_ok)?)).cloned()
        };
        match files.resolve(&from.tree_path, import, first_readable) {
            Target::Listed(path) | Target::Unlisted(path) => Found::File(path),
            Target::BuiltIn(path) => Found::BuiltIn(path),
            Target::Missing => Found::Missing,
        }
    }

    /// Gives the files that are only here because they import something changed what else they import: what is read
    /// anyway, and outlines of the rest.
    fn settle(&mut self) {
        let outlined = loop {
            let (outlined, unknown) = self.imported_beside();
            if unknown.is_empty() {
                break outlined;
            }
            for (target, import) in unknown {
                self.want_target(target, &import);
            }
            self.read_wanted();
        };
        let first = self.parsed.len();
        for (path, outline) in &outlined {
            let index = FileIndex(self.wanted.len() as u32);
            let import_path = Text::from(self.files.import_path(path));
            let mut parsed = outlined::file(outline, import_path.clone(), FileId(index.0));
            parsed.file.tree_path = Text::from(path.as_str());
            self.parsed.push(parsed);
            self.texts.push(Arc::from(""));
            let (tree_path, origin) = (path.clone(), Origin::Dependency);
            self.wanted.push(Wanted { tree_path, import_path, origin, decoded: None, is_whole: false });
        }
        let outlined: FxHashMap<&str, FileIndex> =
            outlined.keys().zip(first..).map(|(path, at)| (path.as_str(), FileIndex(at as u32))).collect();
        for index in (0..self.parsed.len()).filter(|&index| !self.wanted[index].is_whole) {
            for at in 0..self.parsed[index].file.imports.len() {
                let import = &self.parsed[index].file.imports[at];
                let found = match self.target(&self.wanted[index], &import.path) {
                    Found::InSet(index) => Some(index),
                    Found::File(path) => self.known.get(&path).or_else(|| outlined.get(path.as_str())).copied(),
                    Found::BuiltIn(path) => self.known.get(&built_in_key(path)).copied(),
                    Found::Missing => None,
                };
                if found.is_none() && index < first {
                    let fault = self.missing(&import.path, import.path_extent);
                    self.faults.push((FileIndex(index as u32), fault));
                }
                self.parsed[index].file.imports[at].file = found;
            }
        }
    }

    /// What files import that are not whole and that is not read: with its outline where that is known.
    fn imported_beside(&self) -> (BTreeMap<String, Arc<Outline>>, Vec<(Found, String)>) {
        let mut outlined: BTreeMap<String, Arc<Outline>> = BTreeMap::new();
        let mut unknown = Vec::new();
        let alone = self.wanted.iter().zip(&self.parsed).filter(|(wanted, _)| !wanted.is_whole);
        let mut work: Vec<(Found, String)> = Vec::new();
        for (wanted, parsed) in alone {
            let imports = parsed.file.imports.iter().map(|import| import.path.to_string());
            work.extend(imports.map(|import| (self.target(wanted, &import), import)));
        }
        while let Some((target, import)) = work.pop() {
            match &target {
                Found::File(path) if self.known.contains_key(path) || outlined.contains_key(path) => {}
                Found::BuiltIn(path) if self.known.contains_key(&built_in_key(path)) => {}
                Found::InSet(_) | Found::Missing => {}
                Found::File(path) if let Some(outline) = self.difference.outline(path) => {
                    let from = Wanted {
                        tree_path: path.clone(),
                        import_path: Text::default(),
                        origin: Origin::Dependency,
                        decoded: None,
                        is_whole: false,
                    };
                    let public = outline.imports().filter(|(kind, _)| *kind == ImportKind::Public);
                    work.extend(public.map(|(_, import)| (self.target(&from, import), import.to_owned())));
                    outlined.insert(path.clone(), Arc::clone(outline));
                }
                _ => unknown.push((target, import)),
            }
        }
        (outlined, unknown)
    }

    fn want_file(&mut self, path: String, import: &str) -> FileIndex {
        if let Some(&index) = self.known.get(&path) {
            let wanted = &mut self.wanted[index.0 as usize];
            // Read already, and its imports left alone until now.
            if !std::mem::replace(&mut wanted.is_whole, true) && (index.0 as usize) < self.parsed.len() {
                self.unfollowed.push(index.0 as usize);
            }
            return index;
        }
        match self.files.contract(&path) {
            Some(contract) => {
                let import_path = Text::from(self.files.import_path(&path));
                self.want(path, import_path, Origin::Contract(contract))
            }
            None => self.want(path, Text::from(import), Origin::Dependency),
        }
    }

    fn missing(&self, import: &str, extent: Extent) -> Fault {
        let message = format!("`{import}` was not found in {}", self.files.searched());
        let locked = self.files.locked_dependencies();
        let help = if locked.is_empty() {
            "name the directory from which it is imported with `-I` or `import-dirs`, or vendor the file".to_owned()
        } else {
            format!(
                "`buf.lock` names {}, and neither the tree nor buf's cache has this file: run `buf build` once where there \
                 is a network, or write the files to a directory with `buf export` and name it with `-I` or `import-dirs`",
                locked.join(", ")
            )
        };
        Fault::new(MISSING_IMPORT, extent, message).with_help(help)
    }

    /// Links what was read.
    pub(super) fn finish(mut self) -> Loaded {
        self.settle();
        let Self { files, difference, is_old, wanted, known, parsed, texts, problems, faults, .. } = self;
        let mut sources = SourceMap::default();
        for ((wanted, one), text) in wanted.iter().zip(&parsed).zip(texts) {
            // A file of a descriptor set that knows its lines is shown as itself, not as a place in the set.
            let is_itself = wanted.decoded.is_some() && one.file.has_positions;
            let shown = if wanted.tree_path.is_empty() || is_itself {
                wanted.import_path.to_string()
            } else {
                files.tree.display_path(&wanted.tree_path)
            };
            sources.add(SourceFile::new(shown, text));
        }
        let descriptor = known[&built_in_key(builtin::DESCRIPTOR)];
        let touched = difference.touched(is_old);
        let unread = files.paths().filter(|path| !touched.contains(*path) && !known.contains_key(*path));
        let unread: Vec<UnreadFile> = unread.map(|path| difference.unread(files, path)).collect();
        let groups = groups(&parsed);
        let linked = link::link(parsed, descriptor, &groups, unread);

        let mut all: Vec<(FileIndex, Fault)> = faults;
        for (index, faults) in linked.faults.into_iter().enumerate() {
            all.extend(faults.into_iter().map(|fault| (FileIndex(index as u32), fault)));
        }
        all.sort_by_key(|(index, fault)| (*index, fault.extent.start));
        let mut problems = problems;
        problems.extend(all.into_iter().map(|(index, fault)| fault.into_problem(&sources, FileId(index.0))));
        problems.extend(cycles::find(&linked.schema.files, &sources));
        Loaded { schema: linked.schema, sources, problems }
    }
}

/// What an import means to this side.
enum Found {
    /// A file of the same descriptor set.
    InSet(FileIndex),
    /// A file of the tree.
    File(String),
    BuiltIn(&'static str),
    Missing,
}

/// The key of a built-in file: no path has a NUL.
fn built_in_key(path: &str) -> String {
    format!("\0{path}")
}

/// The key of a file of a descriptor set: no path has a NUL.
fn key_in_set(set: &str, import: &str) -> String {
    format!("{set}\0{import}")
}

/// What stands for a file of a descriptor set that can't be read.
fn broken_file(wanted: &Wanted, source: FileId) -> Parsed {
    let message = format!("`{}` in this descriptor set is broken", wanted.import_path);
    Parsed {
        file: File::empty(wanted.import_path.clone(), source),
        options: Vec::new(),
        encoded: Vec::new(),
        defaults: Vec::new(),
        faults: vec![Fault::new(SYNTAX, Extent::NONE, message)],
        text: None,
    }
}

fn broken_descriptor_set(shown: &str) -> Problem {
    Problem::new("protobuf-descriptor-set", format!("`{shown}` starts like a descriptor set and is broken"))
        .with_help("write it again, for example with `buf build -o` or `protoc --include_imports -o`")
}

/// The workspace of each file: contracts that import each other belong together.
fn groups(parsed: &[Parsed]) -> Vec<u32> {
    let mut group: Vec<usize> = (0..parsed.len()).collect();
    let mut by_contract: FxHashMap<u32, usize> = FxHashMap::default();
    let mut join = |a: usize, b: usize| {
        let (a, b) = (root(&mut group, a), root(&mut group, b));
        group[a.max(b)] = a.min(b);
    };
    for (index, one) in parsed.iter().enumerate() {
        if let Origin::Contract(contract) = one.file.origin {
            let first = *by_contract.entry(contract).or_insert(index);
            join(first, index);
        }
        for FileIndex(imported) in one.file.imports.iter().filter_map(|import| import.file) {
            // Built-in files are everybody's and join nobody.
            if parsed[imported as usize].file.origin != Origin::BuiltIn {
                join(index, imported as usize);
            }
        }
    }
    (0..parsed.len()).map(|index| root(&mut group, index) as u32).collect()
}

fn root(group: &mut [usize], mut index: usize) -> usize {
    while group[index] != index {
        group[index] = group[group[index]];
        index = group[index];
    }
    index
}
