//! Tokens: handed out once, kept as hashes; and trust in identity providers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::registry::domain::{Digest, Event, Scope, TokenGrant, TrustRule};
use crate::registry::service::{Caller, Refused, Registry, RegistryError};

/// How often the time of last use is written, in milliseconds.
const USE_RESOLUTION: i64 = 60_000;

/// When tokens were last seen, so that not every request writes.
#[derive(Debug, Default)]
pub(crate) struct TokenUses(Mutex<HashMap<String, i64>>);

impl TokenUses {
    /// Whether this use should be written down.
    fn is_news(&self, id: &str, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = seen.get(id).is_none_or(|before| now - before >= USE_RESOLUTION);
        if is_news {
            seen.insert(id.to_owned(), now);
        }
        is_news
    }
}

impl Registry {
    /// Who holds a token; `None` for one that is not known, revoked or expired.
    pub(crate) async fn caller_of(&self, token: &str) -> Result<Option<Caller>, RegistryError> {
        let now = (self.ledger.edges().now)();
        let hash = Digest::of(token.as_bytes());
        // The secret is random and long: its hash needs no salt, and comparing hashes tells nothing about it.
        let found = self
            .read(|state| {
                let (id, known) = state.tokens().find(|(_, known)| known.hash == hash)?;
                let is_valid = known.revoked.is_none() && known.grant.expires_at.is_none_or(|expires| now < expires);
                is_valid.then(|| (id.to_owned(), known.grant.clone()))
            })
            .await?;
        let Some((id, grant)) = found else { return Ok(None) };
        if self.token_uses.is_news(&id, now) {
            let store = std::sync::Arc::clone(self.ledger.store());
            tokio::spawn(async move {
                if let Err(error) = store.token_used(vec![(id, now)]).await {
                    tracing::warn!(%error, "could not note when a token was used");
                }
            });
        }
        Ok(Some(Caller { actor: grant.name, request: String::new(), scopes: grant.scopes, services: grant.services }))
    }

    /// Hands out a token. The secret is in the answer and nowhere else. Gives back its id and the secret.
    pub(crate) async fn issue_token(
        &self,
        caller: &Caller,
        grant: TokenGrant,
    ) -> Result<(String, String), RegistryError> {
        if grant.name.trim().is_empty() || grant.name.len() > 255 || grant.name.chars().any(char::is_control) {
            return Err(Refused::invalid("name", "must have 1 to 255 printable characters").into());
        }
        if grant.scopes.is_empty() {
            return Err(Refused::invalid("scopes", "must name at least one scope").into());
        }
        let uuid = self.ledger.edges().uuid;
        let id = uuid();
        // Two random UUIDs: 244 random bits.
        let secret = format!("cpt_{}{}", uuid(), uuid()).replace('-', "");
        let hash = Digest::of(secret.as_bytes());
        let (caller_, id_) = (caller.clone(), id.clone());
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require(Scope::Admin)?;
                let is_taken =
                    state.tokens().any(|(_, known)| known.revoked.is_none() && known.grant.name == grant.name);
                if is_taken {
                    return Err(Refused::Conflict(format!("there is a token `{}` already", grant.name)));
                }
                plan.record(Event::TokenIssued { id: id_.clone(), grant: grant.clone(), hash });
                Ok(())
            })
            .await?;
        Ok((id, secret))
    }

    /// Hands out the first token of a new registry; `None` if there ever was one.
    pub(crate) async fn first_token(&self) -> Result<Option<String>, RegistryError> {
        if self.read(|state| state.tokens().next().is_some()).await? {
            return Ok(None);
        }
        let grant =
            TokenGrant { name: "admin".into(), scopes: vec![Scope::Admin], services: Vec::new(), expires_at: None };
        match self.issue_token(&Caller::system(), grant).await {
            Ok((_, secret)) => Ok(Some(secret)),
            // Another server was faster.
            Err(RegistryError::Refused(Refused::Conflict(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a token useless.
    pub(crate) async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<(), RegistryError> {
        let (caller_, id) = (caller.clone(), id.to_owned());
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require(Scope::Admin)?;
                let token = state.token(&id).ok_or_else(|| Refused::Missing(format!("token `{id}`")))?;
                if token.revoked.is_none() {
                    plan.record(Event::TokenRevoked { id: id.clone() });
                }
                Ok(())
            })
            .await
    }

    /// Trusts an identity provider under conditions. Gives back the rule's id.
    pub(crate) async fn save_trust(&self, caller: &Caller, rule: TrustRule) -> Result<String, RegistryError> {
        if rule.claims.is_empty() {
            let problem = "must name at least one claim: an issuer like GitHub signs tokens for everybody";
            return Err(Refused::invalid("claims", problem).into());
        }
        if rule.issuer.is_empty() || rule.audience.is_empty() || rule.scopes.is_empty() {
            return Err(Refused::invalid("", "issuer, audience and scopes must be given").into());
        }
        let id = (self.ledger.edges().uuid)();
        let (caller_, id_) = (caller.clone(), id.clone());
        self.ledger
            .command(caller, move |_, plan| {
                caller_.require(Scope::Admin)?;
                plan.record(Event::TrustSaved { id: id_.clone(), rule: rule.clone() });
                Ok(())
            })
            .await?;
        Ok(id)
    }

    /// Trusts it no longer.
    pub(crate) async fn remove_trust(&self, caller: &Caller, id: &str) -> Result<(), RegistryError> {
        let (caller_, id) = (caller.clone(), id.to_owned());
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require(Scope::Admin)?;
                if !state.trusts().any(|(known, _)| known == id) {
                    return Err(Refused::Missing(format!("trust rule `{id}`")));
                }
                plan.record(Event::TrustRemoved { id: id.clone() });
                Ok(())
            })
            .await
    }
}
