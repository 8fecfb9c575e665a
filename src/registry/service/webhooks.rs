//! Webhooks: who wants to hear of what.

use crate::registry::domain::{Event, ParticipantFilter, Record, Scope, WebhookDefinition};
use crate::registry::service::{Caller, Plan, Refused, Registry, RegistryError};

/// Every event that webhooks can wait for: those of the Pact Broker, then our own.
pub(crate) const EVENTS: [&str; 9] = [
    "contract_published",
    "contract_content_changed",
    "contract_requiring_verification_published",
    "provider_verification_published",
    "provider_verification_succeeded",
    "provider_verification_failed",
    "provider_contract_published",
    "deployment_recorded",
    "release_recorded",
];

/// What clients are shown, and send back, in place of a password.
pub(crate) const HIDDEN: &str = "**********";

/// Where a webhook's password is kept.
pub(crate) fn password_key(uuid: &str) -> String {
    format!("webhook-password:{uuid}")
}

/// Where the key is kept that a webhook's calls are signed with.
pub(crate) fn signing_key(uuid: &str) -> String {
    format!("webhook-signing:{uuid}")
}

/// Where the value of a header is kept that nobody should see.
pub(crate) fn header_key(uuid: &str, header: &str) -> String {
    format!("webhook-header:{uuid}:{header}")
}

/// Whether a header holds what nobody should see: not in a reply, not in the log, not in an export.
pub(crate) fn is_secret(header: &str) -> bool {
    matches!(header, "authorization" | "proxy-authorization" | "x-api-key" | "cookie")
        || ["token", "secret", "password"].iter().any(|word| header.contains(word))
}

/// Takes the values of secret headers out of a definition and puts them beside the log. What a client sends back hidden
/// stays as it was.
fn hide_headers(
    plan: &mut Plan,
    uuid: &str,
    webhook: &mut WebhookDefinition,
    known: Option<&WebhookDefinition>,
) -> Result<(), Refused> {
    let before = known.map_or(&[][..], |known| known.request.headers.as_slice());
    for (name, value) in &mut webhook.request.headers {
        if !is_secret(name) {
            continue;
        }
        let mut given = std::mem::replace(value, HIDDEN.to_owned());
        if given == HIDDEN {
            let kept = before.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            given.clone_from(kept.ok_or_else(|| {
                Refused::invalid(
                    "request.headers",
                    format!("has a hidden value for `{name}`, of which nothing is known"),
                )
            })?);
        }
        if given != HIDDEN {
            plan.secrets.push((header_key(uuid, name), Some(given)));
        }
    }
    for (name, _) in before.iter().filter(|(name, _)| is_secret(name)) {
        if !webhook.request.headers.iter().any(|(kept, _)| kept == name) {
            plan.secrets.push((header_key(uuid, name), None));
        }
    }
    Ok(())
}

/// A webhook that is about one service may be made and changed by whoever publishes that service, any other by an
/// administrator.
fn may_change(caller: &Caller, webhook: &WebhookDefinition) -> Result<(), Refused> {
    caller.require(Scope::Admin).or_else(|refused| {
        let about = [&webhook.consumer, &webhook.provider].into_iter().flatten().find_map(|filter| match filter {
            ParticipantFilter::Name(name) => Some(name),
            ParticipantFilter::Label(_) => None,
        });
        about.map_or(Err(refused), |name| caller.require_for(Scope::Publish, name))
    })
}

impl Registry {
    /// Creates a webhook, or changes the one with this id. `password` `None` keeps the one that is there. Gives back
    /// the signing key where one was made: it is shown once.
    pub(crate) async fn save_webhook(
        &self,
        caller: &Caller,
        uuid: &str,
        mut webhook: WebhookDefinition,
        password: Option<String>,
    ) -> Result<Option<String>, RegistryError> {
        check(uuid, &webhook)?;
        let key = format!("{}{}", (self.ledger.edges().uuid)(), (self.ledger.edges().uuid)()).replace('-', "");
        let (caller_, uuid) = (caller.clone(), uuid.to_owned());
        webhook.request.has_password = false;
        self.ledger
            .command(caller, move |state, plan| {
                may_change(&caller_, &webhook)?;
                // Otherwise somebody could take over another's webhook, and have its password sent to themselves.
                if let Some(known) = state.webhook(&uuid) {
                    may_change(&caller_, &known.definition)?;
                }
                let known = state.webhook(&uuid);
                let mut webhook = webhook.clone();
                hide_headers(plan, &uuid, &mut webhook, known.map(|known| &known.definition))?;
                match &password {
                    Some(password) => {
                        webhook.request.has_password = true;
                        plan.secrets.push((password_key(&uuid), Some(password.clone())));
                    }
                    None => {
                        webhook.request.has_password = known.is_some_and(|known| known.definition.request.has_password);
                    }
                }
                let was_signed = known.is_some_and(|known| known.definition.signed);
                let new_key = (webhook.signed && !was_signed).then(|| key.clone());
                if let Some(key) = &new_key {
                    plan.secrets.push((signing_key(&uuid), Some(key.clone())));
                }
                plan.record(Event::WebhookSaved { uuid: uuid.clone(), webhook });
                Ok(new_key)
            })
            .await
    }

    /// Removes a webhook with its secrets.
    pub(crate) async fn remove_webhook(&self, caller: &Caller, uuid: &str) -> Result<(), RegistryError> {
        let (caller_, uuid) = (caller.clone(), uuid.to_owned());
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require(Scope::Admin)?;
                let known = state.webhook(&uuid).ok_or_else(|| Refused::Missing(format!("webhook `{uuid}`")))?;
                for (name, _) in known.definition.request.headers.iter().filter(|(name, _)| is_secret(name)) {
                    plan.secrets.push((header_key(&uuid, name), None));
                }
                plan.secrets.push((password_key(&uuid), None));
                plan.secrets.push((signing_key(&uuid), None));
                plan.record(Event::WebhookRemoved { uuid: uuid.clone() });
                Ok(())
            })
            .await
    }

    /// One record of the log.
    pub(crate) async fn record(&self, seq: u64) -> Result<Option<Record>, RegistryError> {
        let found = self.ledger.store().records(seq.saturating_sub(1), 1).await?;
        Ok(found.first().filter(|sealed| sealed.seq == seq).and_then(|sealed| serde_json::from_str(&sealed.body).ok()))
    }
}

fn check(uuid: &str, webhook: &WebhookDefinition) -> Result<(), Refused> {
    let is_id = (16..=64).contains(&uuid.len())
        && uuid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_id {
        return Err(Refused::invalid(
            "uuid",
            "can only contain characters A-Z, a-z, 0-9, - and _, and must be 16 to 64 long",
        ));
    }
    if webhook.events.is_empty() {
        return Err(Refused::invalid("events", "can't be blank"));
    }
    if let Some(unknown) = webhook.events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        return Err(Refused::invalid("events", format!("does not know `{unknown}`; known are {}", EVENTS.join(", "))));
    }
    if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&webhook.request.method.as_str()) {
        return Err(Refused::invalid("request.method", "must be one of GET, POST, PUT, PATCH, DELETE"));
    }
    // Blanks in curly braces are filled in later; the scheme is not one of them.
    let url = &webhook.request.url;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Refused::invalid("request.url", "must begin with https:// or http://"));
    }
    if url.len() > 4096 || url.chars().any(char::is_control) {
        return Err(Refused::invalid("request.url", "is longer than 4096 bytes or has control characters"));
    }
    Ok(())
}
