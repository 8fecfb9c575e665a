//! The graph itself: schemas by place, read on demand.

use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::formats::schema::Dialect;
use crate::formats::schema::graph::arena::Arena;
use crate::formats::schema::graph::build;
use crate::formats::schema::graph::fingerprint::References;
use crate::formats::schema::graph::{DocumentId, Entry, Place, Resolver, Schema, SchemaId, SchemaKind};
use crate::source::Span;
use crate::syntax::Document;

/// What identifies a schema: the same place read in another dialect is another schema.
type Head = (Place, Dialect, SchemaKind);

/// The schemas of one side.
///
/// Ids are given out for places; a schema is read when it is first asked for. Threads may share a graph.
pub struct SchemaGraph<'a> {
    resolver: &'a dyn Resolver,
    schemas: Arena<Schema>,
    /// By the same ids, made when somebody asks.
    fingerprints: Arena<u64>,
    heads: Mutex<Heads>,
    references: OnceLock<References>,
}

#[derive(Default)]
struct Heads {
    list: Vec<Head>,
    ids: FxHashMap<Head, SchemaId>,
}

impl<'a> SchemaGraph<'a> {
    /// A graph over the documents of a resolver; nothing is read yet.
    #[must_use]
    pub fn new(resolver: &'a dyn Resolver) -> Self {
        Self {
            resolver,
            schemas: Arena::default(),
            fingerprints: Arena::default(),
            heads: Mutex::default(),
            references: OnceLock::new(),
        }
    }

    /// The id of the schema at a place.
    pub fn intern(&self, place: Place, dialect: Dialect) -> SchemaId {
        self.intern_as(place, dialect, SchemaKind::Schema)
    }

    /// The id of what stands at a place, where that is not a schema proper.
    pub fn intern_as(&self, place: Place, dialect: Dialect, kind: SchemaKind) -> SchemaId {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let head = (place, dialect, kind);
        if let Some(&id) = heads.ids.get(&head) {
            return id;
        }
        let id = SchemaId(self.schemas.reserve());
        heads.list.push(head);
        heads.ids.insert(head, id);
        id
    }

    /// The schema of an id that this graph gave out.
    #[must_use]
    pub fn get(&self, id: SchemaId) -> &Schema {
        self.schemas.get_or_make(id.0, || {
            let head = self.head(id);
            build::read(self, head.0, head.1, head.2)
        })
    }

    fn head(&self, id: SchemaId) -> Head {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        // Ids and places are pushed under one lock, so an id's place is there.
        heads.list[id.0 as usize]
    }

    /// How many schemas were given an id: what the work so far has reached.
    #[must_use]
    pub fn reached(&self) -> u32 {
        self.schemas.len()
    }

    /// Where a schema is written, without reading it.
    #[must_use]
    pub fn place(&self, id: SchemaId) -> Place {
        self.head(id).0
    }

    /// The documents and their references.
    #[must_use]
    pub const fn resolver(&self) -> &'a dyn Resolver {
        self.resolver
    }

    /// The tree that a document was read into.
    #[must_use]
    pub fn document(&self, id: DocumentId) -> &'a Document {
        self.resolver.document(id)
    }

    /// The JSON pointer of a schema in its document.
    #[must_use]
    pub fn pointer(&self, id: SchemaId) -> String {
        let place = self.place(id);
        self.document(place.document).pointer(place.node)
    }

    /// The name or key token in front of a schema; the schema itself where there is none.
    #[must_use]
    pub fn name_span(&self, id: SchemaId) -> Span {
        let place = self.place(id);
        self.document(place.document).name_span(place.node)
    }

    /// The whole schema.
    #[must_use]
    pub fn span(&self, id: SchemaId) -> Span {
        let place = self.place(id);
        self.document(place.document).span(place.node)
    }

    /// The key token of a keyword of a schema.
    #[must_use]
    pub fn key_span(&self, schema: &Schema, entry: &Entry) -> Span {
        self.document(schema.place.document).span(entry.key)
    }

    /// The hash of all that a schema says, through every reference: equal on both sides only if the two are the same
    /// whatever is asked about them, documentation included. Constant after the first call.
    #[must_use]
    pub fn fingerprint(&self, id: SchemaId) -> u64 {
        *self.fingerprints.get_or_make(id.0, || {
            let (place, dialect, kind) = self.head(id);
            self.references().schema_hash(self, place, dialect, kind)
        })
    }

    /// The hash of any node with all that it refers to; for operations, parameters and whatever else holds schemas.
    #[must_use]
    pub fn place_fingerprint(&self, place: Place) -> u64 {
        self.references().hash(self, place)
    }

    /// The component schemas that reach a schema by `allOf`, in document order: the children of a discriminator.
    #[must_use]
    pub fn children(&self, id: SchemaId) -> Vec<SchemaId> {
        let (place, dialect, _) = self.head(id);
        self.references().children(place).iter().map(|&child| self.intern(child, dialect)).collect()
    }

    /// Everything that some places lead to by references, over as many steps as it takes, but not through what is
    /// `barred`; each once, in no order that means anything.
    #[must_use]
    pub fn reached_from(&self, places: &[Place], barred: &[Place]) -> Vec<Place> {
        self.references().reached_from(self.resolver, places, barred)
    }

    /// Whether anything that a schema says, through all references, is kept back: from requests (`readOnly`), from
    /// responses (`writeOnly`). True also where something only looks like it, as in an example.
    #[must_use]
    pub fn keeps_back(&self, id: SchemaId) -> [bool; 2] {
        let place = self.place(id);
        self.references().keeps_back(self.document(place.document), place)
    }

    /// Finds all references now, where a thread has nothing else to do; they are found on first use otherwise.
    pub fn prepare(&self) {
        self.references();
    }

    fn references(&self) -> &References {
        self.references.get_or_init(|| References::scan(self.resolver))
    }
}
