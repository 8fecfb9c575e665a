//! What every fuzz target does with its bytes. `fuzz_targets/` hands it to libFuzzer, `tests/it/fuzz_targets.rs` drives it with
//! the stable toolchain.

mod schemas;
mod two_trees;

use counterpart::formats::json_schema::JsonSchema;
use counterpart::formats::openapi::view::Api;
use counterpart::formats::openapi::{OpenApi, check};
use counterpart::formats::protobuf::Protobuf;
use counterpart::source::FileId;
use counterpart::syntax::{Library, decode, parse, root_field, root_slice};

pub use schemas::{lowering, relate};

/// A target: its name, which is also that of its corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("documents", documents),
    ("openapi", openapi),
    ("openapi_compare", openapi_compare),
    ("json_schema_compare", json_schema_compare),
    ("lowering", lowering),
    ("relate", relate),
    ("protobuf_compare", protobuf_compare),
    ("protobuf_descriptor_set", protobuf_descriptor_set),
];

/// The readers and the tree, on any text, in both syntaxes.
pub fn documents(bytes: &[u8]) {
    let _ = (root_field(bytes, &["openapi", "swagger"]), root_slice(bytes, "info"));
    let Ok(text) = decode(bytes) else { return };
    for path in ["a.json", "a.yaml", ""] {
        let document = parse(FileId(0), path, text.clone()).document;
        for id in document.ids() {
            let pointer = document.pointer(id);
            let _ = (document.at_pointer(&pointer), document.name_span(id), document.as_decimal(id));
        }
        let _ = document.to_json(document.root(), 100_000);
    }
}

/// A contract of any text: loaded, checked, and looked through by its views.
pub fn openapi(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut library = Library::new(false);
    let path = if text.starts_with('{') { "a.json" } else { "a.yaml" };
    let file = library.insert(path, text);
    let api = Api::new(&library, &[file]);
    let _ = check::problems(&api);
    for operation in api.operations() {
        let _ = (operation.servers(), operation.security().map(|list| list.len()));
        for parameter in operation.parameters() {
            let _ = (parameter.style(), parameter.explodes(), parameter.content().len());
        }
        let _ = operation.request_body().map(|body| body.content().len());
        for response in operation.responses() {
            let _ = (response.headers().len(), response.content().len(), response.links().len());
        }
    }
}

/// Two contracts with a NUL between them: discovery, pairing, difference, containment and witnesses.
pub fn openapi_compare(bytes: &[u8]) {
    let (old, new) = halves(bytes);
    two_trees::compare(&OpenApi, "a.yaml", old, new);
}

/// Two JSON Schemas with a NUL between them, as contracts.
pub fn json_schema_compare(bytes: &[u8]) {
    let (old, new) = halves(bytes);
    two_trees::compare(&JsonSchema, "a.schema.json", old, new);
}

/// Two `.proto` texts with a NUL between them: lexer, parser, linker, pairing and difference.
pub fn protobuf_compare(bytes: &[u8]) {
    let (old, new) = halves(bytes);
    two_trees::compare(&Protobuf, "a.proto", old, new);
}

/// A descriptor set against one with a byte changed: the reader of descriptors, linker and difference.
pub fn protobuf_descriptor_set(bytes: &[u8]) {
    let mut changed = bytes.to_vec();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    two_trees::compare(&Protobuf, "a.binpb", bytes, &changed);
}

/// What stands before and after the first NUL.
pub fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let middle = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (old, new) = bytes.split_at(middle);
    (old, new.get(1..).unwrap_or_default())
}
