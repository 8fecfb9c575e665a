//! Where references lead: asked of the format, which knows its documents.

use crate::formats::schema::Dialect;
use crate::syntax::{Document, NodeId};

/// A document of one side, by the resolver's own numbering. 0 is the root document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(pub u32);

/// A node of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The document.
    pub document: DocumentId,
    /// The node in it.
    pub node: NodeId,
}

impl Place {
    /// The node `node` of `document`.
    #[must_use]
    pub const fn new(document: DocumentId, node: NodeId) -> Self {
        Self { document, node }
    }
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The schema.
    pub place: Place,
    /// Its dialect, where it differs from that of the reference: another document, an embedded resource.
    pub dialect: Option<Dialect>,
}

/// The documents of one side and how their references resolve.
///
/// OpenAPI implements it over its files and components, JSON Schema over `$id`s and anchors.
pub trait Resolver: Sync {
    /// How many documents there are; their ids are `0..document_count()`. All of them are read before the graph.
    fn document_count(&self) -> u32;

    /// The tree of a document.
    fn document(&self, id: DocumentId) -> &Document;

    /// What a document is called on both sides: the path relative to the root document, empty for the root itself.
    fn document_key(&self, id: DocumentId) -> String;

    /// Whether a reference means the same wherever in a document it stands: no schema inside names itself.
    fn is_one_resource(&self, id: DocumentId) -> bool {
        let _ = id;
        false
    }

    /// The schema that a `$ref`, written in the schema at `from`, leads to.
    ///
    /// # Errors
    /// A lower-case fragment saying why it leads nowhere, for a finding and for `unproven` verdicts.
    fn resolve(&self, from: Place, reference: &str) -> Result<Target, String>;

    /// The schemas that a `$dynamicRef` or `$recursiveRef` can lead to, the static one first. More than one means that
    /// it depends on the way taken to it.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    fn resolve_dynamic(&self, from: Place, reference: &str) -> Result<Vec<Target>, String> {
        self.resolve(from, reference).map(|target| vec![target])
    }

    /// The name under which the schema at `place` is a component: `Order` in `#/components/schemas/Order`,
    /// `#/definitions/Order` or `#/$defs/Order`.
    fn component_name(&self, place: Place) -> Option<&str> {
        let document = self.document(place.document);
        let parent = document.parent(place.node)?;
        let holder = document.key_text(parent)?;
        let grand = document.parent(parent)?;
        let is_component = match holder {
            "definitions" | "$defs" => true,
            "schemas" => document.key_text(grand) == Some("components"),
            _ => false,
        };
        if is_component { document.key_text(place.node) } else { None }
    }

    /// The component schema that a name in a discriminator's mapping means.
    fn component(&self, from: Place, name: &str) -> Option<Place> {
        let document = self.document(from.document);
        let root = document.root();
        let node = document
            .get(root, "components")
            .and_then(|components| document.get(components, "schemas"))
            .or_else(|| document.get(root, "definitions"))
            .or_else(|| document.get(root, "$defs"))
            .and_then(|schemas| document.get(schemas, name))?;
        Some(Place::new(from.document, node))
    }
}
