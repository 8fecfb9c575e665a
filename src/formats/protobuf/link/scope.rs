//! What a file can see, and how a name is looked up in it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::model::{Element, File, FileIndex, ImportKind, Symbols};

/// What one file can see.
pub(super) struct Visibility {
    /// Itself, what it imports, and what those import publicly.
    files: FxHashSet<FileIndex>,
    /// What it imports for options only.
    option_files: FxHashSet<FileIndex>,
    /// The packages of all those files, each once.
    packages: Vec<String>,
}

impl Visibility {
    /// What the file at `index` sees.
    pub(super) fn of(files: &[File], index: FileIndex) -> Self {
        let mut seen = FxHashSet::default();
        seen.insert(index);
        let mut option_files = FxHashSet::default();
        for import in &files[index.0 as usize].imports {
            if let Some(imported) = import.file {
                let set = if import.kind == ImportKind::Option { &mut option_files } else { &mut seen };
                add_with_public(files, imported, set);
            }
        }
        let mut packages: Vec<String> = Vec::new();
        for file in seen.iter().chain(&option_files) {
            let package = files[file.0 as usize].package_name();
            if !package.is_empty() && !packages.iter().any(|known| known == package) {
                packages.push(package.to_owned());
            }
        }
        Self { files: seen, option_files, packages }
    }

    fn has_package(&self, name: &str) -> bool {
        self.packages
            .iter()
            .any(|package| package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// Adds a file and everything that it imports publicly, however far.
fn add_with_public(files: &[File], file: FileIndex, set: &mut FxHashSet<FileIndex>) {
    let mut work = vec![file];
    while let Some(file) = work.pop() {
        if set.insert(file) {
            let imports = &files[file.0 as usize].imports;
            work.extend(imports.iter().filter(|import| import.kind == ImportKind::Public).filter_map(|i| i.file));
        }
    }
}

/// Notes in the file at `index` which of its imports bring something that it uses.
pub(super) fn mark_used_imports(files: &mut [File], index: FileIndex, used: &FxHashSet<FileIndex>) {
    let marks: Vec<bool> = files[index.0 as usize]
        .imports
        .iter()
        .map(|import| {
            let Some(imported) = import.file else { return false };
            let mut brought = FxHashSet::default();
            add_with_public(files, imported, &mut brought);
            brought.iter().any(|file| used.contains(file))
        })
        .collect();
    for (import, is_used) in files[index.0 as usize].imports.iter_mut().zip(marks) {
        import.is_used = is_used;
    }
}

/// Looks names up as protoc does: in the innermost scope that knows the first part of the name.
/// See <https://protobuf.com/docs/language-spec#reference-resolution>.
pub(super) struct Scope<'a> {
    symbols: &'a Symbols,
    visibility: &'a Visibility,
    wanted: Wanted,
    package: &'a str,
    /// What names of several parts mean from the package outwards: a file sets few options, and those everywhere.
    known: FxHashMap<String, Element>,
    buffer: String,
    /// The files in which something was found.
    pub(super) used: FxHashSet<FileIndex>,
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Messages and enums; anything else of the same name is passed over.
    Type,
    /// An extension that is an option, which may come from a file that is imported for options only.
    Extension,
}

/// The outcome of a lookup.
pub(super) enum Found {
    /// This.
    Element(Element),
    /// Nothing that the file can see, but this, which it does not import.
    Hidden(Element),
    /// The first part of the name was found, and the whole name is not in it: `(what was tried)`.
    NotInside(String),
    /// Nothing.
    Nothing,
}

enum Exact {
    Element(Element),
    Package,
    Nothing,
}

impl<'a> Scope<'a> {
    pub(super) fn new(symbols: &'a Symbols, visibility: &'a Visibility, package: &'a str, wanted: Wanted) -> Self {
        Self {
            symbols,
            visibility,
            wanted,
            package,
            known: FxHashMap::default(),
            buffer: String::new(),
            used: FxHashSet::default(),
        }
    }

    /// Looks a name up from inside `scope` (a message's or package's full name) outwards.
    pub(super) fn find(&mut self, name: &str, scope: &str) -> Found {
        let mut hidden = None;
        if let Some(absolute) = name.strip_prefix('.') {
            return match self.exact(absolute, &mut hidden) {
                Exact::Element(element) => self.found(element),
                _ => hidden.map_or(Found::Nothing, Found::Hidden),
            };
        }
        let first = name.split('.').next().unwrap_or(name);
        let mut scope = scope;
        let mut is_plain = false;
        loop {
            if first.len() < name.len() && scope == self.package && hidden.is_none() {
                if let Some(&element) = self.known.get(name) {
                    return self.found(element);
                }
                is_plain = true;
            }
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            if !scope.is_empty() {
                buffer.push_str(scope);
                buffer.push('.');
            }
            let base = buffer.len();
            buffer.push_str(first);
            let outcome = if scope.is_empty() {
                // The outermost scope: the whole name or nothing.
                buffer.truncate(base);
                buffer.push_str(name);
                match self.exact(&buffer, &mut hidden) {
                    Exact::Element(element) => Some(self.found(element)),
                    _ => Some(Found::Nothing),
                }
            } else if first.len() == name.len() {
                match self.exact(&buffer, &mut hidden) {
                    Exact::Element(element) if self.wanted == Wanted::Extension || is_type(element) => {
                        Some(self.found(element))
                    }
                    _ => None,
                }
            } else {
                match self.exact(&buffer, &mut hidden) {
                    Exact::Element(Element::Extension(_)) | Exact::Nothing => None,
                    Exact::Element(_) | Exact::Package => {
                        buffer.push_str(&name[first.len()..]);
                        Some(match self.exact(&buffer, &mut hidden) {
                            Exact::Element(element) => self.found(element),
                            _ => Found::NotInside(buffer.clone()),
                        })
                    }
                }
            };
            self.buffer = buffer;
            match outcome {
                Some(Found::Nothing) => return hidden.map_or(Found::Nothing, Found::Hidden),
                Some(Found::NotInside(tried)) => return hidden.map_or(Found::NotInside(tried), Found::Hidden),
                Some(found) => {
                    if let (true, Found::Element(element)) = (is_plain, &found) {
                        self.known.insert(name.to_owned(), *element);
                    }
                    return found;
                }
                None => scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer),
            }
        }
    }

    fn found(&mut self, element: Element) -> Found {
        self.used.insert(element.file());
        Found::Element(element)
    }

    fn exact(&self, full_name: &str, hidden: &mut Option<Element>) -> Exact {
        for &element in self.symbols.get(full_name) {
            let file = element.file();
            if self.visibility.files.contains(&file)
                || (self.wanted == Wanted::Extension && self.visibility.option_files.contains(&file))
            {
                return Exact::Element(element);
            }
            hidden.get_or_insert(element);
        }
        if self.visibility.has_package(full_name) { Exact::Package } else { Exact::Nothing }
    }
}

fn is_type(element: Element) -> bool {
    matches!(element, Element::Message(_) | Element::Enum(_))
}
