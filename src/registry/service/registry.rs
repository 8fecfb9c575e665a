//! The registry as a whole: the ledger with the settings that its rules need.

use std::sync::Arc;

use crate::formats::Format;
use crate::registry::domain::{NameKind, State, check_name};
use crate::registry::service::deploy::Comparisons;
use crate::registry::service::tokens::TokenUses;
use crate::registry::service::{Ledger, Refused, RegistryError};

/// A registry.
#[derive(Clone)]
pub(crate) struct Registry {
    pub(crate) ledger: Arc<Ledger>,
    /// The formats in which contracts are understood.
    pub(crate) formats: Arc<Vec<Box<dyn Format>>>,
    /// How many comparisons run at once: they are the only work here that takes more than a moment.
    pub(crate) comparisons: Arc<tokio::sync::Semaphore>,
    pub(crate) token_uses: Arc<TokenUses>,
    pub(crate) compared: Arc<Comparisons>,
}

/// Whether a command made something or found it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is new.
    Created,
    /// It was there.
    Kept,
}

impl Written {
    /// Created, if it was not there before.
    pub(crate) fn created_unless(existed: bool) -> Self {
        if existed { Self::Kept } else { Self::Created }
    }
}

impl Registry {
    /// A registry over a ledger.
    pub(crate) fn new(ledger: Arc<Ledger>, formats: Vec<Box<dyn Format>>) -> Self {
        let comparisons = Arc::new(tokio::sync::Semaphore::new(2));
        Self { ledger, formats: Arc::new(formats), comparisons, token_uses: Arc::default(), compared: Arc::default() }
    }

    /// Answers from the current state.
    pub(crate) async fn read<T>(&self, look: impl Fn(&State) -> T) -> Result<T, RegistryError> {
        self.ledger.read(look).await
    }
}

/// Refuses a name, saying which field it came from.
pub(crate) fn checked(kind: NameKind, field: &str, name: &str) -> Result<(), Refused> {
    check_name(kind, name).map_err(|error| Refused::invalid(field, error.problem()))
}

/// The service, or the refusal that says it is not there.
pub(crate) fn need_service(state: &State, service: &str) -> Result<crate::registry::domain::ServiceId, Refused> {
    state.service_id(service).ok_or_else(|| Refused::Missing(format!("service `{service}`")))
}

/// The version, or the refusal that says it is not there.
pub(crate) fn need_version(
    state: &State,
    service: &str,
    version: &str,
) -> Result<crate::registry::domain::VersionId, Refused> {
    state
        .version_id(service, version)
        .ok_or_else(|| Refused::Missing(format!("version `{version}` of service `{service}`")))
}
