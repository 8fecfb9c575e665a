//! Environments, and what runs in them.

use crate::registry::domain::{Announcement, Environment, Event, NameKind, Running, Scope, State};
use crate::registry::service::registry::{checked, need_service, need_version};
use crate::registry::service::{Caller, Refused, Registry, RegistryError, Written};

/// An environment as somebody wants it.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvironmentInput {
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) production: bool,
    pub(crate) contacts: serde_json::Value,
}

impl Registry {
    /// Creates an environment, or changes the one with this id. Gives back the id.
    pub(crate) async fn save_environment(
        &self,
        caller: &Caller,
        uuid: Option<String>,
        input: EnvironmentInput,
    ) -> Result<String, RegistryError> {
        checked(NameKind::Environment, "name", &input.name)?;
        let (caller_, is_new) = (caller.clone(), uuid.is_none());
        let uuid = uuid.unwrap_or_else(self.ledger.edges().uuid);
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require(Scope::Deploy)?;
                if !is_new && state.environment_by_uuid(&uuid).is_none() {
                    return Err(Refused::Missing(format!("environment `{uuid}`")));
                }
                let same_name = state.environment(&input.name);
                if same_name.is_some_and(|known| *known.uuid != *uuid) {
                    return Err(Refused::invalid(
                        "name",
                        format!("Another environment with name '{}' already exists", input.name),
                    ));
                }
                plan.record(Event::EnvironmentSaved {
                    uuid: uuid.clone(),
                    name: input.name.clone(),
                    display_name: input.display_name.clone(),
                    production: input.production,
                    contacts: input.contacts.clone(),
                });
                Ok(uuid.clone())
            })
            .await
    }

    /// Removes an environment.
    pub(crate) async fn remove_environment(&self, caller: &Caller, uuid: &str) -> Result<(), RegistryError> {
        let (caller_, uuid) = (caller.clone(), uuid.to_owned());
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require(Scope::Deploy)?;
                state.environment_by_uuid(&uuid).ok_or_else(|| Refused::Missing(format!("environment `{uuid}`")))?;
                plan.record(Event::EnvironmentRemoved { uuid: uuid.clone() });
                Ok(())
            })
            .await
    }

    /// Records that a version runs on an instance now. Doing it again changes nothing. Gives back the deployment's id.
    ///
    /// `if_match` is the token of a `can-deploy` answer: refused if what that answer was based on has changed.
    pub(crate) async fn record_deployment(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
        environment: &str,
        instance: Option<String>,
        if_match: Option<String>,
    ) -> Result<(String, Written), RegistryError> {
        let new_id = (self.ledger.edges().uuid)();
        let environment = environment.to_owned();
        self.on_version(caller, &[Scope::Deploy], service, version, move |state, plan, service, version| {
                let id = need_version(state, service, version)?;
                let place = need_environment(state, &environment)?;
                if let Some(token) = &if_match {
                    let questions = state.deploy_questions(id, place);
                    let now = crate::registry::domain::deploy_token(state, id, place, &questions);
                    if *token != now {
                        return Err(Refused::Stale(format!(
                            "what runs in `{environment}` or what is known about it changed since `can-deploy` answered; ask again"
                        )));
                    }
                }
                let owner = state.version(id).service;
                if let Some(known) = state.on_instance(place, owner, instance.as_deref()).filter(|known| known.version == id)
                {
                    return Ok((known.uuid.to_string(), Written::Kept));
                }
                plan.record(Event::Deployed {
                    uuid: new_id.clone(),
                    service: service.to_owned(),
                    version: version.to_owned(),
                    environment: environment.clone(),
                    instance: instance.clone(),
                });
                plan.announcements.push(announcement("deployment_recorded", service, version, &environment));
                Ok((new_id.clone(), Written::Created))
            })
            .await
    }

    /// Records that a version is in the hands of users, beside others. Gives back the release's id.
    pub(crate) async fn record_release(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
        environment: &str,
    ) -> Result<(String, Written), RegistryError> {
        let new_id = (self.ledger.edges().uuid)();
        let environment = environment.to_owned();
        self.on_version(caller, &[Scope::Deploy], service, version, move |state, plan, service, version| {
            let id = need_version(state, service, version)?;
            let place = need_environment(state, &environment)?;
            let known = state
                .live(place)
                .find(|deployment| deployment.version == id && deployment.running == Running::Released);
            if let Some(known) = known {
                return Ok((known.uuid.to_string(), Written::Kept));
            }
            plan.record(Event::Released {
                uuid: new_id.clone(),
                service: service.to_owned(),
                version: version.to_owned(),
                environment: environment.clone(),
            });
            plan.announcements.push(announcement("release_recorded", service, version, &environment));
            Ok((new_id.clone(), Written::Created))
        })
        .await
    }

    /// Records that a deployment or release came to its end.
    pub(crate) async fn end_deployment(&self, caller: &Caller, uuid: &str) -> Result<(), RegistryError> {
        let (caller_, uuid) = (caller.clone(), uuid.to_owned());
        self.ledger
            .command(caller, move |state, plan| {
                let deployment =
                    state.deployment(&uuid).ok_or_else(|| Refused::Missing(format!("deployment `{uuid}`")))?;
                let service = &state.service(state.version(deployment.version).service).name;
                caller_.require_for(Scope::Deploy, service)?;
                if deployment.ended.is_none() {
                    plan.record(Event::Ended { uuid: uuid.clone() });
                }
                Ok(())
            })
            .await
    }

    /// Records that a service no longer runs on an instance. Gives back how many deployments that ended.
    pub(crate) async fn undeploy(
        &self,
        caller: &Caller,
        service: &str,
        environment: &str,
        instance: Option<String>,
    ) -> Result<usize, RegistryError> {
        let environment = environment.to_owned();
        self.on_service(caller, &[Scope::Deploy], service, move |state, plan, service| {
            let id = need_service(state, service)?;
            let place = need_environment(state, &environment)?;
            let Some(known) = state.on_instance(place, id, instance.as_deref()) else { return Ok(0) };
            plan.record(Event::Ended { uuid: known.uuid.to_string() });
            Ok(1)
        })
        .await
    }
}

fn announcement(event: &str, service: &str, version: &str, environment: &str) -> Announcement {
    Announcement {
        provider: Some(service.to_owned()),
        provider_version: Some(version.to_owned()),
        environment: Some(environment.to_owned()),
        ..Announcement::new(event)
    }
}

/// The environment, or the refusal that names those that exist.
pub(crate) fn need_environment<'a>(state: &'a State, name: &str) -> Result<&'a Environment, Refused> {
    state.environment(name).ok_or_else(|| {
        let known: Vec<&str> = state.environments().iter().map(|known| &*known.name).collect();
        let known =
            if known.is_empty() { "there is none yet".to_owned() } else { format!("known: {}", known.join(", ")) };
        Refused::Missing(format!("environment `{name}` ({known})"))
    })
}
