//! Which registry, and who we are there.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::output::ListArguments;
use crate::cli::project::Place;
use crate::finding::Problem;
use crate::registry::client::{Client, Reference};

/// `--registry` and `--token`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Registry")]
pub struct RegistryArguments {
    /// The registry's address (default: `[registry] url` of the project file).
    #[arg(long, value_name = "URL", env = "COUNTERPART_REGISTRY")]
    pub(crate) registry: Option<String>,

    /// The token to show; better in the environment than on the command line, where others see it.
    #[arg(long, value_name = "TOKEN", env = "COUNTERPART_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// The registry, and the form in which its answer is shown.
#[derive(Debug, Clone, Args)]
pub struct AskingArguments {
    #[command(flatten)]
    registry: RegistryArguments,

    #[command(flatten)]
    pub(crate) list: ListArguments,
}

impl AskingArguments {
    /// A client of the registry that is meant.
    pub(crate) fn client(&self, context: &Context) -> Result<Client, Problem> {
        self.registry.client(context)
    }
}

impl RegistryArguments {
    /// A client of the registry that is meant.
    pub(crate) fn client(&self, context: &Context) -> Result<Client, Problem> {
        let configured = || -> Result<Option<String>, Problem> {
            Ok(Place::find(context)?.project.and_then(|project| project.file.registry.url.clone()))
        };
        let address = match &self.registry {
            Some(address) => Some(address.clone()),
            None => configured()?,
        };
        let address = address.ok_or_else(|| {
            Problem::new("no-registry", "no registry was named").with_help(
                "set `COUNTERPART_REGISTRY`, pass `--registry URL`, or write `[registry] url = …` in counterpart.toml",
            )
        })?;
        context.network.allow(&address)?;
        Client::new(&address, self.token.clone())
    }
}

/// Reads `SERVICE@VERSION`, where the version must be given.
pub(crate) fn service_version(text: &str) -> Result<(String, String), String> {
    let wrong = || format!("`{text}` is not SERVICE@VERSION");
    let (service, version) = text.rsplit_once('@').ok_or_else(wrong)?;
    if service.is_empty() || version.is_empty() {
        return Err(wrong());
    }
    Ok((service.to_owned(), version.to_owned()))
}

/// Reads a reference to versions of a service.
pub(crate) fn reference(text: &str) -> Result<Reference, String> {
    Reference::parse(text).ok_or_else(|| {
        format!("`{text}` is not SERVICE, SERVICE@VERSION, SERVICE@branch:NAME or SERVICE@environment:NAME")
    })
}
