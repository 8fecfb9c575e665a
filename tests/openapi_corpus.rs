//! Real contracts and other tools' test documents, where they are at hand: everything loads, and an independent model
//! sees the same operations as our views.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use counterpart::formats::openapi::check;
use counterpart::formats::openapi::version::{Declared, Version};
use counterpart::formats::openapi::view::{Api, ComponentKind};
use counterpart::syntax::Library;

/// `../shared/corpus/<name>`, if it is there.
fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name);
    path.is_dir().then_some(path)
}

fn documents(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).expect("the corpus is readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Loads a document that stands alone and hands it on with its problems.
fn with_document(path: &Path, check_it: impl FnOnce(&Api<'_>, &[String])) {
    let text = std::fs::read_to_string(path).expect("the corpus is text");
    let mut library = Library::new(false);
    let file = library.insert(&path.display().to_string(), &text);
    if !matches!(Version::declared(library.root(file)), Declared::Known(_)) {
        return;
    }
    let api = Api::new(&library, &[file]);
    let problems: Vec<_> = check::problems(&api)
        .into_iter()
        .map(|problem| {
            let place =
                problem.location.map_or_else(String::new, |place| format!("{}:{}", place.path, place.start_line));
            format!("{place} {}: {}", problem.code, problem.message)
        })
        .collect();
    check_it(&api, &problems);
}

#[test]
fn published_contracts_have_no_problems() {
    let Some(directory) = corpus("real-openapi") else { return };
    let mut told = Vec::new();
    for path in documents(&directory) {
        with_document(&path, |_, problems| told.extend_from_slice(problems));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn test_documents_of_oasdiff_have_no_problems() {
    let Some(directory) = corpus("oasdiff/cases") else { return };
    let mut told = Vec::new();
    for path in documents(&directory) {
        // The test that this one was taken from deletes a schema in memory and leaves the references to it.
        if !path.ends_with("TestBreaking_SchemaRemoved/revision.yaml") {
            with_document(&path, |_, problems| told.extend_from_slice(problems));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn openapiv3_sees_what_the_views_see() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openapi");
    let mut paths = if fixtures.is_dir() { documents(&fixtures) } else { Vec::new() };
    for name in ["real-openapi", "oasdiff/cases"] {
        paths.extend(corpus(name).map(|directory| documents(&directory)).unwrap_or_default());
    }
    let mut compared = 0;
    for path in paths {
        with_document(&path, |api, _| {
            if api.version() != Version::V3_0 {
                return;
            }
            let root = api.root().cursor();
            let value = root.document().to_json(root.place().node, 5_000_000).expect("the corpus holds no bombs");
            // openapiv3 refuses many published documents; what it accepts it must see as we do.
            let text = value.to_string();
            let Ok(model) = serde_json::from_str::<openapiv3::OpenAPI>(&text) else { return };
            assert_eq!(ours(api), theirs(&model), "{}", path.display());
            compared += 1;
        });
    }
    assert!(compared > 300 || corpus("oasdiff/cases").is_none(), "only {compared} documents were compared");
}

fn ours(api: &Api<'_>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for operation in api.operations() {
        let name = format!("{} {}", operation.method(), operation.path());
        let id = operation.id().unwrap_or_default();
        seen.insert(format!("{name} id {id} deprecated {} tags {:?}", operation.is_deprecated(), operation.tags()));
        for parameter in operation.parameters() {
            seen.insert(format!(
                "{name} parameter {} {} {} {}",
                parameter.name(),
                parameter.location().name(),
                parameter.is_required(),
                parameter.style().name()
            ));
        }
        if let Some(body) = operation.request_body() {
            seen.insert(format!("{name} body {}", body.is_required()));
            for media in body.content() {
                seen.insert(format!("{name} body {} {}", media.name(), media.schema().is_some()));
            }
        }
        for response in operation.responses() {
            let status = response.status();
            seen.insert(format!("{name} response {status}"));
            for header in response.headers() {
                seen.insert(format!("{name} response {status} header {} {}", header.name(), header.is_required()));
            }
            for media in response.content() {
                seen.insert(format!("{name} response {status} {} {}", media.name(), media.schema().is_some()));
            }
        }
    }
    for (kind, name) in [(ComponentKind::Schemas, "schema"), (ComponentKind::SecuritySchemes, "security")] {
        seen.extend(api.components(kind).into_iter().map(|(component, _)| format!("{name} {component}")));
    }
    seen
}

fn theirs(model: &openapiv3::OpenAPI) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let components = model.components.clone().unwrap_or_default();
    for (path, item) in &model.paths.paths {
        let openapiv3::ReferenceOr::Item(item) = item else { continue };
        for (method, operation) in item.iter() {
            let name = format!("{} {path}", method.to_uppercase());
            let id = operation.operation_id.clone().unwrap_or_default();
            seen.insert(format!("{name} id {id} deprecated {} tags {:?}", operation.deprecated, operation.tags));
            let mut known = BTreeSet::new();
            for parameter in operation.parameters.iter().chain(&item.parameters) {
                let Some(parameter) = resolve(parameter, "parameters", |name| components.parameters.get(name)) else {
                    continue;
                };
                let data = parameter.parameter_data_ref();
                let (location, style) = place_and_style(parameter);
                let is_required = data.required || location == "path";
                if known.insert((data.name.clone(), location)) {
                    seen.insert(format!("{name} parameter {} {location} {is_required} {style}", data.name));
                }
            }
            let body = operation.request_body.as_ref();
            if let Some(body) =
                body.and_then(|body| resolve(body, "requestBodies", |name| components.request_bodies.get(name)))
            {
                seen.insert(format!("{name} body {}", body.required));
                for (media, value) in &body.content {
                    seen.insert(format!("{name} body {media} {}", value.schema.is_some()));
                }
            }
            let all = operation.responses.responses.iter().map(|(status, response)| (status.to_string(), response));
            let default = operation.responses.default.iter().map(|response| ("default".to_owned(), response));
            for (status, response) in all.chain(default) {
                seen.insert(format!("{name} response {status}"));
                let Some(response) = resolve(response, "responses", |name| components.responses.get(name)) else {
                    continue;
                };
                for (header, value) in &response.headers {
                    let is_required = resolve(value, "headers", |name| components.headers.get(name))
                        .is_some_and(|header| header.required);
                    seen.insert(format!("{name} response {status} header {header} {is_required}"));
                }
                for (media, value) in &response.content {
                    seen.insert(format!("{name} response {status} {media} {}", value.schema.is_some()));
                }
            }
        }
    }
    seen.extend(components.schemas.keys().map(|name| format!("schema {name}")));
    seen.extend(components.security_schemes.keys().map(|name| format!("security {name}")));
    seen
}

fn place_and_style(parameter: &openapiv3::Parameter) -> (&'static str, &'static str) {
    use openapiv3::{CookieStyle, HeaderStyle, Parameter, PathStyle, QueryStyle};
    match parameter {
        Parameter::Query { style, .. } => (
            "query",
            match style {
                QueryStyle::Form => "form",
                QueryStyle::SpaceDelimited => "spaceDelimited",
                QueryStyle::PipeDelimited => "pipeDelimited",
                QueryStyle::DeepObject => "deepObject",
            },
        ),
        Parameter::Header { style: HeaderStyle::Simple, .. } => ("header", "simple"),
        Parameter::Path { style, .. } => (
            "path",
            match style {
                PathStyle::Matrix => "matrix",
                PathStyle::Label => "label",
                PathStyle::Simple => "simple",
            },
        ),
        Parameter::Cookie { style: CookieStyle::Form, .. } => ("cookie", "form"),
    }
}

/// Follows references into the components, as often as it takes.
fn resolve<'a, T>(
    reference: &'a openapiv3::ReferenceOr<T>,
    kind: &str,
    component: impl Fn(&str) -> Option<&'a openapiv3::ReferenceOr<T>>,
) -> Option<&'a T> {
    let mut at = reference;
    for _ in 0..16 {
        match at {
            openapiv3::ReferenceOr::Item(item) => return Some(item),
            openapiv3::ReferenceOr::Reference { reference } => {
                at = component(reference.strip_prefix(&format!("#/components/{kind}/"))?)?;
            }
        }
    }
    None
}
