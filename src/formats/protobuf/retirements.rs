//! What is deprecated in protobuf files: the option, and the day that the comment names.

use crate::finding::Retirement;
use crate::formats::protobuf::diff::{stability_level, sunset};
use crate::formats::protobuf::load::{self, Loaded};
use crate::formats::protobuf::model::{Comments, Extent, FileIndex, Options};
use crate::formats::{CompareOptions, Contract, Side};

/// Everything that the files of a side mark as deprecated. Files without the word are not parsed.
pub(crate) fn retirements(side: &Side<'_>, options: &CompareOptions) -> Vec<Retirement> {
    let mut found = Vec::new();
    for contract in side.contracts {
        let paths: Vec<&str> = contract.files.iter().map(String::as_str).collect();
        let read = side.tree.read(&paths);
        let has_word = |bytes: &[u8]| memchr::memmem::find(bytes, b"deprecated").is_some();
        let files: Vec<String> = paths
            .iter()
            .zip(read)
            .filter(|(_, bytes)| bytes.as_ref().is_ok_and(|bytes| has_word(bytes)))
            .map(|(path, _)| (*path).to_owned())
            .collect();
        if files.is_empty() {
            continue;
        }
        // Only these files are of interest; what they import is read along with them and left out below.
        let wanted: Vec<String> = files.iter().map(|path| side.tree.display_path(path)).collect();
        let contracts = [Contract { path: contract.path.clone(), files }];
        let new = Side { tree: side.tree, contracts: &contracts };
        let old = Side { tree: side.tree, contracts: &[] };
        let loaded = load::load(&old, &new, options).new;
        let mut listed =
            Listed { loaded: &loaded, contract: side.tree.display_path(&contract.path), options, found: Vec::new() };
        listed.collect(&wanted);
        found.append(&mut listed.found);
    }
    found
}

struct Listed<'a> {
    loaded: &'a Loaded,
    contract: String,
    options: &'a CompareOptions,
    found: Vec<Retirement>,
}

impl Listed<'_> {
    fn collect(&mut self, wanted: &[String]) {
        let schema = &self.loaded.schema;
        for (index, file) in schema.files() {
            if !wanted
                .iter()
                .any(|path| path == file.shown_path() || path.ends_with(&format!("/{}", file.shown_path())))
            {
                continue;
            }
            for (id, message) in schema.messages_in(index) {
                self.add(index, &message.options, message.comments, message.name.extent, message.full_name.to_string());
                for (field_id, field) in schema.fields_of(id) {
                    let name = schema.field_full_name(field_id);
                    self.add(index, &field.options, field.comments, field.name.extent, name);
                }
            }
            for (id, item) in schema.enums_in(index) {
                self.add(index, &item.options, item.comments, item.name.extent, item.full_name.to_string());
                for (value_id, value) in schema.values_of(id) {
                    let name = schema.value_full_name(value_id);
                    self.add(index, &value.options, value.comments, value.name.extent, name);
                }
            }
            for (id, service) in schema.services_in(index) {
                self.add(index, &service.options, service.comments, service.name.extent, service.full_name.to_string());
                for (rpc_id, rpc) in schema.rpcs_of(id) {
                    let name = schema.rpc_full_name(rpc_id);
                    self.add(index, &rpc.options, rpc.comments, rpc.name.extent, name);
                }
            }
        }
    }

    fn add(&mut self, file: FileIndex, options: &Options, comments: Comments, extent: Extent, name: String) {
        if !options.is_deprecated() {
            return;
        }
        let Loaded { schema, sources, .. } = self.loaded;
        let level = stability_level(schema.file(file).package_name());
        let day = [comments.leading, comments.trailing]
            .into_iter()
            .filter(|comment| !comment.is_none())
            .find_map(|comment| sunset(sources.text(schema.span(file, comment))));
        self.found.push(Retirement {
            contract: self.contract.clone(),
            location: sources.location(schema.span(file, extent)),
            name,
            sunset: day.map(|day| day.to_string()),
            may_be_removed: day.is_some_and(|day| self.options.clock.has_passed(day, level)),
        });
    }
}
