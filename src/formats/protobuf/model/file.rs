//! A file: what stands at its top, and the arenas of everything in it.

use crate::formats::protobuf::model::{
    Comments, EnumType, EnumValue, Extent, Features, Field, FileIndex, Message, Oneof, Options, Rpc, Service, Text,
};
use crate::source::FileId;

/// One `.proto` file, or one file of a descriptor set.
#[derive(Debug, Clone)]
pub struct File {
    /// The name by which others import it: relative to its import root.
    pub path: Text,
    /// The path inside the tree; empty for built-in files and for dependencies from outside the tree.
    pub tree_path: Text,
    /// The file in the side's `SourceMap`.
    pub source: FileId,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether the other side has the same bytes under the same path: nothing declared here changed, but what it
    /// refers to may have.
    pub is_unchanged: bool,
    /// Whether only its outline is known: it is equal on both sides, and what its types are made of was not read.
    pub is_outline: bool,
    /// Whether positions are known; descriptor sets without source information have none.
    pub has_positions: bool,
    /// `syntax` or `edition`.
    pub syntax: Syntax,
    /// The whole `syntax = "proto3";` statement; empty when there is none (proto2).
    pub syntax_extent: Extent,
    /// The package, if one is declared.
    pub package: Option<Package>,
    /// In the order written.
    pub imports: Vec<Import>,
    /// File options.
    pub options: Options,
    /// Features resolved for the file.
    pub features: Features,
    /// All messages at any depth, outer before inner.
    pub messages: Vec<Message>,
    /// All fields and extensions; the fields of one message stand together in the order written.
    pub fields: Vec<Field>,
    /// All oneofs; those of one message stand together, synthetic ones last.
    pub oneofs: Vec<Oneof>,
    /// All enums at any depth.
    pub enums: Vec<EnumType>,
    /// All enum values; those of one enum stand together in the order written.
    pub values: Vec<EnumValue>,
    /// All services.
    pub services: Vec<Service>,
    /// All RPCs; those of one service stand together in the order written.
    pub rpcs: Vec<Rpc>,
    /// Indexes into `messages` of the top-level ones, in the order written.
    pub top_messages: Vec<u32>,
    /// Indexes into `enums` of the top-level ones, in the order written.
    pub top_enums: Vec<u32>,
    /// Indexes into `fields` of the extensions declared outside of messages, in the order written.
    pub top_extensions: Vec<u32>,
}

impl File {
    /// A proto2 file with nothing in it.
    pub(crate) fn empty(path: Text, source: FileId) -> Self {
        Self {
            path,
            tree_path: Text::default(),
            source,
            origin: Origin::Dependency,
            is_unchanged: false,
            is_outline: false,
            has_positions: true,
            syntax: Syntax::Proto2,
            syntax_extent: Extent::NONE,
            package: None,
            imports: Vec::new(),
            options: Options::default(),
            features: Features::defaults(Syntax::Proto2),
            messages: Vec::new(),
            fields: Vec::new(),
            oneofs: Vec::new(),
            enums: Vec::new(),
            values: Vec::new(),
            services: Vec::new(),
            rpcs: Vec::new(),
            top_messages: Vec::new(),
            top_enums: Vec::new(),
            top_extensions: Vec::new(),
        }
    }

    /// The package's name; empty without one.
    #[must_use]
    pub fn package_name(&self) -> &str {
        self.package.as_ref().map_or("", |package| package.name.as_str())
    }

    /// The path inside the tree where there is one, else the import path.
    #[must_use]
    pub fn shown_path(&self) -> &str {
        if self.tree_path.is_empty() { self.path.as_str() } else { self.tree_path.as_str() }
    }
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Part of a contract: an index into the side's contracts.
    Contract(u32),
    /// Read because something imports it: vendored beside the contracts, an import directory, a cache.
    Dependency,
    /// A well-known file that is built in.
    BuiltIn,
}

/// The language version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// `proto2`, also when nothing is declared.
    Proto2,
    /// `proto3`.
    Proto3,
    /// `edition = "2023"`.
    Edition2023,
    /// `edition = "2024"`.
    Edition2024,
}

impl Syntax {
    /// Whether the file is written in an edition.
    #[must_use]
    pub const fn is_edition(self) -> bool {
        matches!(self, Self::Edition2023 | Self::Edition2024)
    }

    /// As written: `proto2`, `proto3`, `2023`, `2024`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proto2 => "proto2",
            Self::Proto3 => "proto3",
            Self::Edition2023 => "2023",
            Self::Edition2024 => "2024",
        }
    }
}

/// A `package` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The dotted name.
    pub name: Text,
    /// Where the name is written.
    pub name_extent: Extent,
    /// The whole statement.
    pub extent: Extent,
}

/// An `import` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The path as written.
    pub path: Text,
    /// `import`, `import public`, `import weak`, `import option`.
    pub kind: ImportKind,
    /// The file, if it was found.
    pub file: Option<FileIndex>,
    /// Whether the file uses anything that only this import brings.
    pub is_used: bool,
    /// The string with its quotes.
    pub path_extent: Extent,
    /// The whole statement.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}

impl Import {
    /// An import that stands nowhere in a text, of a file that is not looked up yet.
    pub(in crate::formats::protobuf) fn unwritten(path: Text, kind: ImportKind) -> Self {
        Self {
            path,
            kind,
            file: None,
            is_used: false,
            path_extent: Extent::NONE,
            extent: Extent::NONE,
            comments: Comments::default(),
        }
    }
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportKind {
    /// For this file only.
    Plain,
    /// Also for files that import this one.
    Public,
    /// Allowed to be missing in the runtime (legacy).
    Weak,
    /// For custom options only (edition 2024).
    Option,
}
