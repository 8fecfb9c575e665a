//! The registry as a whole: the ledger with the settings that its rules need.

use std::sync::Arc;

use crate::formats::Format;
use crate::registry::domain::{NameKind, Scope, State, check_name};
use crate::registry::service::deploy::Comparisons;
use crate::registry::service::tokens::TokenUses;
use crate::registry::service::{Caller, Ledger, Plan, Refused, RegistryError};

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

    /// Decides and writes something about one service, for which the caller needs one of the scopes; the first is the one
    /// that a refusal asks for. As [`Ledger::command`] does, it may decide more than once.
    pub(crate) async fn on_service<T: Send + 'static>(
        &self,
        caller: &Caller,
        scopes: &'static [Scope],
        service: &str,
        mut decide: impl FnMut(&State, &mut Plan, &str) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let (asking, service) = (caller.clone(), service.to_owned());
        self.ledger
            .command(caller, move |state, plan| {
                asking.require_one_for(scopes, &service)?;
                decide(state, plan, &service)
            })
            .await
    }

    /// [`Self::on_service`] about one of its versions.
    pub(crate) async fn on_version<T: Send + 'static>(
        &self,
        caller: &Caller,
        scopes: &'static [Scope],
        service: &str,
        version: &str,
        mut decide: impl FnMut(&State, &mut Plan, &str, &str) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let version = version.to_owned();
        self.on_service(caller, scopes, service, move |state, plan, service| decide(state, plan, service, &version))
            .await
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
