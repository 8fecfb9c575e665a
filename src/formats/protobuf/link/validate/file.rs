//! Imports, services and the use of symbols that other files keep to themselves.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::fault::{DUPLICATE, Fault};
use crate::formats::protobuf::link::validate::Check;
use crate::formats::protobuf::model::{Extent, File, Kind, MessageId, SymbolVisibility, Syntax};

impl Check<'_> {
    pub(super) fn file(&mut self) {
        let file = self.this();
        let mut seen = FxHashSet::default();
        for import in &file.imports {
            if !seen.insert(import.path.as_str()) {
                let message = format!("`{}` is imported twice", import.path);
                self.invalid_with_help(import.extent, message, "remove one of the imports");
            }
        }
        for service in &file.services {
            let mut names: FxHashMap<&str, Extent> = FxHashMap::default();
            for rpc in &file.rpcs[service.rpcs.start as usize..service.rpcs.end as usize] {
                if names.insert(&rpc.name, rpc.name.extent).is_some() {
                    let message = format!("service `{}` has two RPCs called `{}`", service.full_name, &*rpc.name);
                    self.faults.push(Fault::new(DUPLICATE, rpc.name.extent, message));
                }
            }
        }
        self.local_symbols();
    }

    /// Edition 2024: a symbol that another file keeps local can't be used here.
    fn local_symbols(&mut self) {
        let file = self.this();
        for field in &file.fields {
            let (owner, is_local, name) = match field.kind {
                Kind::Message(id) => (id.file, is_local_message(self.files, id), self.message(id).full_name.clone()),
                Kind::Enum(id) => {
                    let owner = &self.files[id.file.0 as usize];
                    let item = &owner.enums[id.index as usize];
                    let is_local = is_local(owner, item.visibility, item.parent.is_some());
                    (id.file, is_local, item.full_name.clone())
                }
                _ => continue,
            };
            if owner != self.index && is_local {
                self.local_used(field.type_name.extent, &name);
            }
        }
        for rpc in &file.rpcs {
            for side in [&rpc.request, &rpc.response] {
                let Some(id) = side.message.filter(|id| id.file != self.index) else { continue };
                if is_local_message(self.files, id) {
                    let name = self.message(id).full_name.clone();
                    self.local_used(side.extent, &name);
                }
            }
        }
    }

    fn local_used(&mut self, extent: Extent, name: &str) {
        let message = format!("`{name}` is local to its file and can't be used here");
        self.invalid_with_help(extent, message, format!("write `export` before the declaration of `{name}`"));
    }
}

fn is_local_message(files: &[File], id: MessageId) -> bool {
    let owner = &files[id.file.0 as usize];
    let message = &owner.messages[id.index as usize];
    is_local(owner, message.visibility, message.parent.is_some())
}

fn is_local(owner: &File, written: Option<(SymbolVisibility, Extent)>, is_nested: bool) -> bool {
    if owner.syntax < Syntax::Edition2024 {
        return false;
    }
    match (written, owner.features.default_symbol_visibility) {
        (Some((visibility, _)), _) => visibility == SymbolVisibility::LocalAll,
        (None, SymbolVisibility::ExportAll) => false,
        (None, SymbolVisibility::ExportTopLevel) => is_nested,
        (None, SymbolVisibility::LocalAll | SymbolVisibility::Strict) => true,
    }
}
