//! `registry:REF` as an input of `check` and `diff`.

use crate::cli::context::Context;
use crate::cli::pull::{fetch, resolve_one};
use crate::cli::registry_access::{RegistryArguments, reference};
use crate::finding::Problem;
use crate::registry::service::published;
use crate::source::Tree;
use crate::source::load::{OpenContext, open};

/// Opens any input, those of a registry too.
pub(crate) fn open_input(
    input: &str,
    open_context: &OpenContext<'_>,
    context: &Context,
) -> Result<Box<dyn Tree>, Problem> {
    let Some(text) = input.strip_prefix("registry:") else { return open(input, open_context) };
    let reference = reference(text).map_err(|message| Problem::new("registry-input", message))?;
    // The environment names the registry and the token; the project file may name the registry.
    let arguments = RegistryArguments {
        registry: std::env::var("COUNTERPART_REGISTRY").ok(),
        token: std::env::var("COUNTERPART_TOKEN").ok(),
    };
    let client = arguments.client(context)?;
    let version = resolve_one(&client, &reference)?;
    let files = fetch(&client, &reference.service, &version)?;
    let files = files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
    Ok(Box::new(published(format!("registry:{}@{version}", reference.service), files)))
}
