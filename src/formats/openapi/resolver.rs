//! The contract's documents as the schema graph sees them.

use crate::formats::openapi::view::Api;
use crate::formats::schema::Dialect;
use crate::formats::schema::graph::{DocumentId, Place, Resolver, Target};
use crate::syntax::{self, Document, NodeId};

impl Resolver for Api<'_> {
    fn document_count(&self) -> u32 {
        self.files().len() as u32
    }

    fn document(&self, id: DocumentId) -> &Document {
        self.library().document(self.file_of(id))
    }

    fn document_key(&self, id: DocumentId) -> String {
        let path = self.library().path(self.file_of(id));
        let root = self.library().path(self.files()[0]);
        if path == root { String::new() } else { relative_to(root, path) }
    }

    fn is_one_resource(&self, id: DocumentId) -> bool {
        !self.library().names_resources(self.file_of(id))
    }

    fn resolve(&self, from: Place, reference: &str) -> Result<Target, String> {
        let from = syntax::Place { file: self.file_of(from.document), node: from.node };
        let found = self.library().resolve(from, reference).map_err(|reason| reason.to_string())?;
        self.target(found).ok_or_else(|| "it leads out of the contract".to_owned())
    }

    fn resolve_dynamic(&self, from: Place, reference: &str) -> Result<Vec<Target>, String> {
        let first = self.resolve(from, reference)?;
        let document = self.document(first.place.document);
        let name = reference.rsplit('#').next().unwrap_or_default();
        // JSON Schema 2020-12 §8.2.3.2: only a reference that meets a dynamic anchor of its name is dynamic; 2019-09
        // §8.2.4.2: only one to a root that says so.
        let is_dynamic = |document: &Document, node: NodeId| {
            if name.is_empty() {
                document.get_bool(node, "$recursiveAnchor") == Some(true)
            } else {
                document.get_str(node, "$dynamicAnchor") == Some(name)
            }
        };
        if !is_dynamic(document, first.place.node) {
            return Ok(vec![first]);
        }
        let mut targets = vec![first];
        let keyword = if name.is_empty() { "$recursiveAnchor" } else { "$dynamicAnchor" };
        for &file in self.files() {
            let document = self.library().document(file);
            let mut owners: Vec<NodeId> =
                document.values_of(keyword).filter_map(|value| document.parent(value)).collect();
            owners.sort_unstable();
            owners.dedup();
            for node in owners.into_iter().filter(|&node| is_dynamic(document, node)) {
                let target = self.target(syntax::Place { file, node });
                targets.extend(target.filter(|target| target.place != first.place));
            }
        }
        Ok(targets)
    }

    fn component(&self, from: Place, name: &str) -> Option<Place> {
        let own = std::iter::once(self.file_of(from.document));
        let found = own.chain(self.roots().map(|root| root.cursor().place().file)).find_map(|file| {
            let document = self.library().document(file);
            let pointers = ["/components/schemas", "/definitions", "/$defs"];
            let node = pointers.iter().find_map(|at| document.get(document.at_pointer(at)?, name))?;
            Some(syntax::Place { file, node })
        })?;
        self.graph_place(found)
    }
}

impl Api<'_> {
    /// A place as the target of a reference, with the dialect that the schemas around it ask for.
    fn target(&self, found: syntax::Place) -> Option<Target> {
        let place = self.graph_place(found)?;
        Some(Target { place, dialect: self.named_dialect(found) })
    }

    /// What `$schema` of the schema itself or of one around it says.
    fn named_dialect(&self, place: syntax::Place) -> Option<Dialect> {
        if !self.library().names_dialects(place.file) {
            return None;
        }
        let document = self.library().document(place.file);
        let mut at = Some(place.node);
        while let Some(node) = at {
            if let Some(uri) = document.get_str(node, "$schema") {
                return Dialect::from_schema_uri(uri);
            }
            at = document.parent(node);
        }
        None
    }
}

/// A path as seen from the directory of another: `../common/types.yaml`.
fn relative_to(root: &str, path: &str) -> String {
    let root: Vec<&str> = root.split('/').collect();
    let directories = &root[..root.len() - 1];
    let parts: Vec<&str> = path.split('/').collect();
    let shared = directories.iter().zip(&parts).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", directories.len() - shared);
    up.chain(parts[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_named_as_seen_from_the_root() {
        assert_eq!(relative_to("api/a.yaml", "api/b/c.yaml"), "b/c.yaml");
        assert_eq!(relative_to("api/v1/a.yaml", "lib/c.yaml"), "../../lib/c.yaml");
        assert_eq!(relative_to("a.yaml", "../c.yaml"), "../c.yaml");
    }
}
