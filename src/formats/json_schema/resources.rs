//! The schema resources of one side: `$id`, anchors, and where references lead.

use rustc_hash::FxHashMap;
use url::Url;

use crate::formats::schema::Dialect;
use crate::formats::schema::graph::{DocumentId, Place, Resolver, Target};
use crate::syntax::{Document, Kind, NodeId};

/// Documents are named under this address, so that relative references between files of one side work.
const BASE: &str = "file:///";

/// Documents with an index of their resources and anchors.
pub struct Resources<'a> {
    documents: Vec<&'a Document>,
    keys: Vec<String>,
    bases: Vec<Url>,
    default_dialect: Dialect,
    /// Resources by their address without fragment.
    resources: FxHashMap<String, Place>,
    anchors: FxHashMap<(String, String), Place>,
    /// Every `$dynamicAnchor` by name, and every resource with `$recursiveAnchor: true` under the empty name.
    dynamic: FxHashMap<String, Vec<Place>>,
}

impl<'a> Resources<'a> {
    /// An index over documents, each with its path inside the tree; schemas without `$schema` are of `default_dialect`.
    #[must_use]
    pub fn new(documents: Vec<(String, &'a Document)>, default_dialect: Dialect) -> Self {
        let mut resources = Self {
            documents: Vec::with_capacity(documents.len()),
            keys: Vec::with_capacity(documents.len()),
            bases: Vec::with_capacity(documents.len()),
            default_dialect,
            resources: FxHashMap::default(),
            anchors: FxHashMap::default(),
            dynamic: FxHashMap::default(),
        };
        for (path, document) in documents {
            let id = DocumentId(resources.documents.len() as u32);
            let path = if path.is_empty() { "schema.json" } else { &path };
            let base = root_url(path);
            resources.resources.insert(base.as_str().to_owned(), Place::new(id, document.root()));
            resources.bases.push(base);
            resources.keys.push(path.to_owned());
            resources.documents.push(document);
        }
        // A document alone may be called what it likes.
        if let [key] = resources.keys.as_mut_slice() {
            key.clear();
        }
        for id in 0..resources.documents.len() as u32 {
            resources.index(DocumentId(id));
        }
        resources
    }

    /// The root schema of a document.
    #[must_use]
    pub fn root(&self, id: DocumentId) -> Place {
        Place::new(id, self.document(id).root())
    }

    /// The dialect that holds at a node: the nearest `$schema` on the way up, else the default.
    #[must_use]
    pub fn dialect(&self, place: Place) -> Dialect {
        let document = self.document(place.document);
        let mut at = Some(place.node);
        while let Some(node) = at {
            if let Some(dialect) = document.get_str(node, "$schema").and_then(Dialect::from_schema_uri) {
                return dialect;
            }
            at = document.parent(node);
        }
        self.default_dialect
    }

    /// Walks the schemas of a document, leaving out what only looks like one: values, examples.
    fn index(&mut self, id: DocumentId) {
        let mut open = vec![self.document(id).root()];
        let mut visited = rustc_hash::FxHashSet::default();
        while let Some(node) = open.pop() {
            if !visited.insert(node) {
                continue;
            }
            let place = Place::new(id, node);
            let document = self.documents[id.0 as usize];
            let mut found = Vec::new();
            for pair in document.pairs(node) {
                let key = document.text(pair.key);
                match (key, document.as_str(pair.value)) {
                    ("$anchor", Some(name)) => found.push((name.to_owned(), false)),
                    ("$dynamicAnchor", Some(name)) => found.push((name.to_owned(), true)),
                    ("$id" | "id", Some(text)) if text.starts_with('#') => found.push((text[1..].to_owned(), false)),
                    ("enum" | "const" | "default" | "examples" | "example", _) => {}
                    _ => open.push(pair.value),
                }
            }
            open.extend(document.items(node));
            let declares = own_id(document, node, self.dialect(place)).is_some();
            let recursive = self.document(id).get_bool(node, "$recursiveAnchor") == Some(true);
            if !declares && found.is_empty() && !recursive {
                continue;
            }
            let base = self.base(place);
            if declares {
                self.resources.insert(without_fragment(&base), place);
            }
            if recursive {
                self.dynamic.entry(String::new()).or_default().push(place);
            }
            for (name, is_dynamic) in found {
                if is_dynamic {
                    self.dynamic.entry(name.clone()).or_default().push(place);
                }
                self.anchors.insert((without_fragment(&base), name), place);
            }
        }
    }

    /// Whether a node belongs to the resource that every evaluation begins with; with several documents there is none.
    fn is_in_root_resource(&self, place: Place) -> bool {
        let root = self.root(place.document);
        self.documents.len() == 1 && without_fragment(&self.base(place)) == without_fragment(&self.base(root))
    }

    /// The address against which references at a node resolve.
    fn base(&self, place: Place) -> Url {
        let document = self.document(place.document);
        let mut ids = Vec::new();
        let mut at = Some(place.node);
        while let Some(node) = at {
            if document.kind(node) == Kind::Mapping
                && let Some(id) = own_id(document, node, self.dialect(Place::new(place.document, node)))
            {
                ids.push(id);
            }
            at = document.parent(node);
        }
        let mut base = self.bases[place.document.0 as usize].clone();
        for id in ids.into_iter().rev() {
            if let Ok(joined) = base.join(id) {
                base = joined;
            }
        }
        base
    }
}

impl Resolver for Resources<'_> {
    fn document_count(&self) -> u32 {
        self.documents.len() as u32
    }

    fn document(&self, id: DocumentId) -> &Document {
        self.documents[id.0 as usize]
    }

    fn document_key(&self, id: DocumentId) -> String {
        self.keys[id.0 as usize].clone()
    }

    fn resolve(&self, from: Place, reference: &str) -> Result<Target, String> {
        let target = self
            .base(from)
            .join(reference)
            .map_err(|error| format!("`{reference}` is no reference that an address could be built from ({error})"))?;
        let resource = without_fragment(&target);
        let root = self
            .resources
            .get(&resource)
            .copied()
            .ok_or_else(|| format!("there is no schema with the address `{resource}` on this side"))?;
        let fragment = target.fragment().unwrap_or_default();
        let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let place = if fragment.is_empty() {
            root
        } else if fragment.starts_with('/') {
            let document = self.document(root.document);
            let node = document.descend(root.node, &fragment);
            node.map(|node| Place::new(root.document, node))
                .ok_or_else(|| format!("there is nothing at `{fragment}` in it"))?
        } else {
            self.anchors
                .get(&(resource, fragment.to_string()))
                .copied()
                .ok_or_else(|| format!("there is no anchor `{fragment}` in it"))?
        };
        Ok(Target { place, dialect: Some(self.dialect(place)) })
    }

    fn resolve_dynamic(&self, from: Place, reference: &str) -> Result<Vec<Target>, String> {
        let target = self.resolve(from, reference)?;
        let document = self.document(target.place.document);
        let name = match reference.rsplit_once('#') {
            Some((_, "")) if document.get_bool(target.place.node, "$recursiveAnchor") == Some(true) => "",
            Some((_, name)) if document.get_str(target.place.node, "$dynamicAnchor") == Some(name) => name,
            _ => return Ok(vec![target]),
        };
        let places = self.dynamic.get(name).map_or(&[][..], Vec::as_slice);
        // Every way to it begins in the root resource, and the outermost anchor wins (2020-12 core §8.2.3.2).
        if let Some(&outermost) = places.iter().find(|&&place| self.is_in_root_resource(place)) {
            return Ok(vec![Target { place: outermost, dialect: Some(self.dialect(outermost)) }]);
        }
        let mut targets = vec![target];
        for &place in places {
            if place != target.place {
                targets.push(Target { place, dialect: Some(self.dialect(place)) });
            }
        }
        Ok(targets)
    }
}

/// The address that a schema object gives itself; anchors and what stands beside a `$ref` before 2019-09 are none.
fn own_id(document: &Document, node: NodeId, dialect: Dialect) -> Option<&str> {
    let key = if dialect == Dialect::Draft4 { "id" } else { "$id" };
    let id = document.get_str(node, key)?;
    let is_dead = !dialect.reads_ref_siblings() && document.get_str(node, "$ref").is_some();
    (!is_dead && !id.starts_with('#')).then_some(id)
}

fn root_url(path: &str) -> Url {
    let base = Url::parse(BASE).expect("the constant is an address");
    let mut url = base;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(path.split('/'));
    }
    url
}

fn without_fragment(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.as_str().to_owned()
}
