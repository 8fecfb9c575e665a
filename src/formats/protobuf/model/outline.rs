//! What a file declares and imports: enough to tell whom a change touches.

use crate::formats::protobuf::model::{File, ImportKind};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    /// A message or a group's message.
    Message,
    /// An enum.
    Enum,
    /// A value of an enum at the top of the file; it is a name of the package.
    Value,
    /// A service.
    Service,
    /// An extension.
    Extension,
}

/// The package, imports and names of one file, as lines of text: the package; an import each, behind the letter of
/// its kind; a name each (relative to the package), behind the letter of what it stands for. As text it can be kept
/// between runs as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline(Box<str>);

const IMPORTS: [(char, ImportKind); 4] =
    [('p', ImportKind::Plain), ('u', ImportKind::Public), ('w', ImportKind::Weak), ('o', ImportKind::Option)];
const NAMES: [(char, Declared); 5] = [
    ('M', Declared::Message),
    ('E', Declared::Enum),
    ('V', Declared::Value),
    ('S', Declared::Service),
    ('X', Declared::Extension),
];

impl Outline {
    /// An outline out of its text.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The outline of a file that was parsed; `None` where a path can't be written on a line.
    pub(crate) fn of_file(file: &File) -> Option<Self> {
        let mut writer = OutlineWriter::default();
        file.package_name().clone_into(&mut writer.package);
        for import in &file.imports {
            writer.import(import.kind, &import.path)?;
        }
        let package = file.package_name();
        let inside = |name: &str| name.strip_prefix(package).unwrap_or(name).trim_start_matches('.').to_owned();
        for message in file.messages.iter().filter(|message| !message.is_map_entry) {
            writer.name(Declared::Message, &inside(&message.full_name));
        }
        for item in &file.enums {
            writer.name(Declared::Enum, &inside(&item.full_name));
        }
        for &at in &file.top_enums {
            let values = file.enums[at as usize].values.clone();
            for value in &file.values[values.start as usize..values.end as usize] {
                writer.name(Declared::Value, &value.name);
            }
        }
        for service in &file.services {
            writer.name(Declared::Service, &service.name);
        }
        for field in file.fields.iter().filter(|field| field.is_extension()) {
            writer.name(Declared::Extension, &inside(field.full_name()));
        }
        Some(writer.finish())
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The package; empty without one.
    pub(crate) fn package(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// The paths that the file imports, in the order written.
    pub(crate) fn imports(&self) -> impl Iterator<Item = (ImportKind, &str)> {
        self.entries(&IMPORTS)
    }

    /// The names that the file declares, outer ones before those inside, without their package.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Declared, &str)> {
        self.entries(&NAMES)
    }

    /// Those that are names of the package.
    pub(crate) fn top_names(&self) -> impl Iterator<Item = &str> {
        self.names().map(|(_, name)| name).filter(|name| !name.contains('.'))
    }

    /// Whether the file declares something of a kind.
    pub(crate) fn has(&self, declared: Declared) -> bool {
        self.names().any(|(kind, _)| kind == declared)
    }

    fn entries<'a, T: Copy>(&'a self, letters: &'static [(char, T)]) -> impl Iterator<Item = (T, &'a str)> {
        self.0.lines().skip(1).filter_map(move |line| {
            let (_, kind) = letters.iter().find(|(letter, _)| line.starts_with(*letter))?;
            Some((*kind, &line[1..]))
        })
    }
}

/// Puts an outline together.
#[derive(Debug, Default)]
pub(crate) struct OutlineWriter {
    /// The package.
    pub(crate) package: String,
    imports: String,
    names: String,
}

impl OutlineWriter {
    /// Adds an import; `None` where its path can't be written on a line.
    pub(crate) fn import(&mut self, kind: ImportKind, path: &str) -> Option<()> {
        if path.contains(char::is_control) {
            return None;
        }
        self.imports.extend(IMPORTS.iter().find(|(_, other)| *other == kind).map(|(letter, _)| *letter));
        self.imports.push_str(path);
        self.imports.push('\n');
        Some(())
    }

    /// Adds a name, relative to the package.
    pub(crate) fn name(&mut self, declared: Declared, name: &str) {
        self.names.extend(NAMES.iter().find(|(_, kind)| *kind == declared).map(|(letter, _)| *letter));
        self.names.push_str(name);
        self.names.push('\n');
    }

    /// The outline.
    pub(crate) fn finish(self) -> Outline {
        Outline([self.package.as_str(), "\n", &self.imports, &self.names].concat().into())
    }
}
