//! The readers and the tree, on any text, in both syntaxes.

#![no_main]

use counterpart::source::FileId;
use counterpart::syntax::{decode, parse, root_field, root_slice};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
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
});
