//! A whole contract: one root document or several joined ones, and what they refer to.

use rustc_hash::FxHashMap;

use crate::formats::openapi::version::{Declared, Version};
use crate::formats::openapi::view::{Operation, PathItem, Requirement, Scheme, Server};
use crate::formats::schema::graph::{self, DocumentId, SchemaKind};
use crate::formats::schema::{Dialect, SchemaGraph, SchemaId};
use crate::source::FileId;
use crate::syntax::{Cursor, Library, Place};

/// A contract of one side, loaded and checked.
#[derive(Debug)]
pub struct Api<'a> {
    library: &'a Library,
    /// The root documents with their versions; more than one only for joined contracts.
    roots: Vec<(FileId, Version)>,
    /// Every document of the contract: the roots, then what they reach. The position is the document's id in the
    /// schema graph.
    files: Vec<FileId>,
    ids: FxHashMap<FileId, DocumentId>,
    /// The version of the root that reaches a file first.
    versions: FxHashMap<FileId, Version>,
}

impl<'a> Api<'a> {
    /// The contract of these root documents. Files that declare no known version are taken for 3.1, which nearly
    /// contains 3.0; checking reports them.
    #[must_use]
    pub fn new(library: &'a Library, roots: &[FileId]) -> Self {
        let version_of = |file| match Version::declared(library.root(file)) {
            Declared::Known(version) => version,
            _ => Version::V3_1,
        };
        let roots: Vec<_> = roots.iter().map(|&file| (file, version_of(file))).collect();
        let mut files: Vec<FileId> = roots.iter().map(|&(file, _)| file).collect();
        let mut versions: FxHashMap<FileId, Version> = roots.iter().copied().collect();
        for &(root, version) in &roots {
            for file in library.reachable(root) {
                if versions.insert(file, versions.get(&file).copied().unwrap_or(version)).is_none() {
                    files.push(file);
                }
            }
        }
        let ids = files.iter().enumerate().map(|(at, &file)| (file, DocumentId(at as u32))).collect();
        Self { library, roots, files, ids, versions }
    }

    /// The documents of the side.
    #[must_use]
    pub const fn library(&self) -> &'a Library {
        self.library
    }

    /// The files of the contract: root documents first, then what they reach, each once.
    #[must_use]
    pub fn files(&self) -> &[FileId] {
        &self.files
    }

    /// The root documents.
    #[must_use]
    pub fn roots(&self) -> impl ExactSizeIterator<Item = Root<'_>> {
        self.roots.iter().map(|&(file, version)| Root { api: self, cursor: self.library.root(file), version })
    }

    /// The root document, or the first of joined ones.
    #[must_use]
    pub fn root(&self) -> Root<'_> {
        let (file, version) = self.roots[0];
        Root { api: self, cursor: self.library.root(file), version }
    }

    /// The specification that the (first) root document follows.
    #[must_use]
    pub fn version(&self) -> Version {
        self.roots[0].1
    }

    /// The specification that a file follows: that of the root document that reaches it.
    #[must_use]
    pub fn version_of(&self, file: FileId) -> Version {
        self.versions.get(&file).copied().unwrap_or_else(|| self.version())
    }

    /// `info` of the root document.
    #[must_use]
    pub fn info(&self) -> Option<Info<'_>> {
        self.root().cursor.get("info").map(|cursor| Info { cursor })
    }

    /// All path items of all root documents, in document order.
    #[must_use]
    pub fn paths(&self) -> Vec<PathItem<'_>> {
        self.roots().flat_map(Root::paths).collect()
    }

    /// All webhooks (OpenAPI 3.1 and later): the provider is the one who sends.
    #[must_use]
    pub fn webhooks(&self) -> Vec<PathItem<'_>> {
        self.roots().flat_map(Root::webhooks).collect()
    }

    /// All operations of all paths, in document order; webhooks and callbacks are not among them.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'_>> {
        self.paths().into_iter().flat_map(PathItem::operations).collect()
    }

    /// The components of a kind by their names, in document order, as they are written (a component may be a
    /// reference). Components of other files are part of the contract only where they are referred to.
    #[must_use]
    pub fn components(&self, kind: ComponentKind) -> Vec<(&str, Cursor<'_>)> {
        self.roots().flat_map(|root| root.components(kind)).collect()
    }

    /// The document's id in the schema graph of this contract.
    #[must_use]
    pub fn document_id(&self, file: FileId) -> Option<DocumentId> {
        self.ids.get(&file).copied()
    }

    /// The file of a document id of this contract.
    #[must_use]
    pub fn file_of(&self, id: DocumentId) -> FileId {
        self.files[id.0 as usize]
    }

    /// A place in the words of the schema graph.
    #[must_use]
    pub fn graph_place(&self, place: Place) -> Option<graph::Place> {
        self.document_id(place.file).map(|document| graph::Place::new(document, place.node))
    }

    /// A place of the schema graph as a cursor.
    #[must_use]
    pub fn cursor(&self, place: graph::Place) -> Cursor<'_> {
        Cursor::new(self.library, Place { file: self.file_of(place.document), node: place.node })
    }
}

/// A root document.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    api: &'a Api<'a>,
    cursor: Cursor<'a>,
    version: Version,
}

impl<'a> Root<'a> {
    /// The contract that it belongs to.
    #[must_use]
    pub const fn api(self) -> &'a Api<'a> {
        self.api
    }

    /// The document's outermost object.
    #[must_use]
    pub const fn cursor(self) -> Cursor<'a> {
        self.cursor
    }

    /// The specification that it follows.
    #[must_use]
    pub const fn version(self) -> Version {
        self.version
    }

    /// The path items, in document order.
    #[must_use]
    pub fn paths(self) -> Vec<PathItem<'a>> {
        self.path_items("paths")
    }

    /// The webhooks by their names, in document order.
    #[must_use]
    pub fn webhooks(self) -> Vec<PathItem<'a>> {
        if self.version < Version::V3_1 { Vec::new() } else { self.path_items("webhooks") }
    }

    fn path_items(self, field: &str) -> Vec<PathItem<'a>> {
        let Some(paths) = self.cursor.get(field) else { return Vec::new() };
        paths
            .entries()
            .filter(|(name, _)| !name.starts_with("x-"))
            .map(|(name, cursor)| PathItem::new(self, name, cursor))
            .collect()
    }

    /// Where the API is served; empty when the document does not say, which means the place it was fetched from.
    #[must_use]
    pub fn servers(self) -> Vec<Server<'a>> {
        if self.version == Version::V2 { Server::of_swagger(self.cursor, None) } else { Server::list(self.cursor) }
    }

    /// The security that operations without their own have; `None` when the document says nothing: no security.
    #[must_use]
    pub fn security(self) -> Option<Vec<Requirement<'a>>> {
        Requirement::list(self, self.cursor)
    }

    /// The security schemes by name, references followed.
    #[must_use]
    pub fn security_schemes(self) -> Vec<Scheme<'a>> {
        let schemes = self.components(ComponentKind::SecuritySchemes).into_iter();
        schemes.map(|(name, cursor)| Scheme::new(self.version, name, cursor)).collect()
    }

    /// The components of a kind, in document order.
    #[must_use]
    pub fn components(self, kind: ComponentKind) -> Vec<(&'a str, Cursor<'a>)> {
        self.component_map(kind).map(|map| map.entries().collect()).unwrap_or_default()
    }

    fn component_map(self, kind: ComponentKind) -> Option<Cursor<'a>> {
        if self.version == Version::V2 {
            self.cursor.get(kind.swagger_field()?)
        } else {
            self.cursor.get("components")?.get(kind.field())
        }
    }

    /// A component by its name, as it is written.
    #[must_use]
    pub fn component(self, kind: ComponentKind, name: &str) -> Option<Cursor<'a>> {
        self.component_map(kind)?.get(name)
    }

    /// The dialect of schemas that say nothing else: `jsonSchemaDialect`, or that of the version.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        self.cursor
            .get_str("jsonSchemaDialect")
            .filter(|_| self.version >= Version::V3_1)
            .and_then(Dialect::from_schema_uri)
            .unwrap_or(self.version.dialect())
    }

    pub(super) fn schema(self, cursor: Cursor<'a>) -> SchemaAt<'a> {
        SchemaAt { api: self.api, cursor, dialect: self.dialect(), kind: SchemaKind::Schema }
    }

    /// A Swagger 2 parameter, header or items object, whose schema keywords stand among its own.
    pub(super) fn inline_schema(self, cursor: Cursor<'a>) -> SchemaAt<'a> {
        SchemaAt { api: self.api, cursor, dialect: self.dialect(), kind: SchemaKind::Parameter }
    }
}

/// A schema where it is used: not followed, not interpreted.
#[derive(Debug, Clone, Copy)]
pub struct SchemaAt<'a> {
    api: &'a Api<'a>,
    /// The schema object as it is written; it may be a reference.
    pub cursor: Cursor<'a>,
    /// What its keywords mean.
    pub dialect: Dialect,
    /// Whether its keywords stand alone or among those of a Swagger 2 parameter.
    pub kind: SchemaKind,
}

impl SchemaAt<'_> {
    /// The schema's id in a graph over the same contract.
    #[must_use]
    pub fn intern(self, graph: &SchemaGraph<'_>) -> Option<SchemaId> {
        let place = self.api.graph_place(self.cursor.place())?;
        Some(graph.intern_as(place, self.dialect, self.kind))
    }
}

/// `info`.
#[derive(Debug, Clone, Copy)]
pub struct Info<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Info<'a> {
    /// The object itself.
    #[must_use]
    pub const fn cursor(self) -> Cursor<'a> {
        self.cursor
    }

    /// The API's name.
    #[must_use]
    pub fn title(self) -> Option<&'a str> {
        self.cursor.get_str("title")
    }

    /// The API's version as it is written; a number (`version: 1.0`) is taken for its text.
    #[must_use]
    pub fn version(self) -> Option<&'a str> {
        let version = self.cursor.get("version")?;
        let text = version.text().trim();
        (!text.is_empty() && version.kind() != crate::syntax::Kind::Null).then_some(text)
    }
}

/// The kinds of reusable parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub enum ComponentKind {
    Schemas,
    Responses,
    Parameters,
    Examples,
    RequestBodies,
    Headers,
    SecuritySchemes,
    Links,
    Callbacks,
    PathItems,
    MediaTypes,
}

impl ComponentKind {
    /// Every kind, in the order of the specification.
    pub const ALL: [Self; 11] = [
        Self::Schemas,
        Self::Responses,
        Self::Parameters,
        Self::Examples,
        Self::RequestBodies,
        Self::Headers,
        Self::SecuritySchemes,
        Self::Links,
        Self::Callbacks,
        Self::PathItems,
        Self::MediaTypes,
    ];

    /// The field of `components`.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Schemas => "schemas",
            Self::Responses => "responses",
            Self::Parameters => "parameters",
            Self::Examples => "examples",
            Self::RequestBodies => "requestBodies",
            Self::Headers => "headers",
            Self::SecuritySchemes => "securitySchemes",
            Self::Links => "links",
            Self::Callbacks => "callbacks",
            Self::PathItems => "pathItems",
            Self::MediaTypes => "mediaTypes",
        }
    }

    /// The field of a Swagger 2.0 root document, which has fewer kinds.
    #[must_use]
    pub const fn swagger_field(self) -> Option<&'static str> {
        match self {
            Self::Schemas => Some("definitions"),
            Self::Responses => Some("responses"),
            Self::Parameters => Some("parameters"),
            Self::SecuritySchemes => Some("securityDefinitions"),
            _ => None,
        }
    }
}
