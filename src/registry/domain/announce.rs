//! What webhooks may be waiting for, and which of them are.

use serde::{Deserialize, Serialize};

use crate::registry::domain::{ParticipantFilter, State};

/// Something that webhooks may be waiting for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announcement {
    /// `contract_published`, `provider_verification_failed`, `deployed`, …
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) consumer: Option<String>,
    #[serde(default)]
    pub(crate) consumer_version: Option<String>,
    #[serde(default)]
    pub(crate) provider: Option<String>,
    #[serde(default)]
    pub(crate) provider_version: Option<String>,
    /// The pact's content.
    #[serde(default)]
    pub(crate) content: Option<String>,
    /// The number of the result.
    #[serde(default)]
    pub(crate) result: Option<u32>,
    #[serde(default)]
    pub(crate) environment: Option<String>,
    /// Why `contract_requiring_verification_published` names this provider version.
    #[serde(default)]
    pub(crate) descriptions: Vec<String>,
}

impl Announcement {
    /// An announcement about nobody yet.
    pub(crate) fn new(event: &str) -> Self {
        Self {
            event: event.to_owned(),
            consumer: None,
            consumer_version: None,
            provider: None,
            provider_version: None,
            content: None,
            result: None,
            environment: None,
            descriptions: Vec::new(),
        }
    }
}

impl State {
    /// The webhooks that want to hear of it.
    pub(crate) fn webhooks_for(&self, announcement: &Announcement) -> Vec<String> {
        self.webhooks()
            .filter(|(_, webhook)| {
                let definition = &webhook.definition;
                definition.enabled
                    && definition.events.contains(&announcement.event)
                    && self.concerns(definition.consumer.as_ref(), announcement.consumer.as_deref())
                    && self.concerns(definition.provider.as_ref(), announcement.provider.as_deref())
            })
            .map(|(uuid, _)| uuid.to_owned())
            .collect()
    }

    fn concerns(&self, filter: Option<&ParticipantFilter>, service: Option<&str>) -> bool {
        match (filter, service) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ParticipantFilter::Name(name)), Some(service)) => name == service,
            (Some(ParticipantFilter::Label(label)), Some(service)) => {
                self.service_id(service).is_some_and(|id| self.service(id).labels.contains_key(label.as_str()))
            }
        }
    }
}
