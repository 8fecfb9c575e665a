//! A contract of any text: loaded, checked, and looked through by its views.

#![no_main]

use counterpart::formats::openapi::check;
use counterpart::formats::openapi::view::Api;
use counterpart::syntax::Library;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
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
});
