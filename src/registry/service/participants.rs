//! Services with their labels, versions, branches and tags.

use crate::registry::domain::{Event, NameKind, Patch, Scope, State};
use crate::registry::service::registry::{checked, need_service, need_version};
use crate::registry::service::{Caller, Plan, Refused, Registry, RegistryError, Written};

impl Registry {
    /// Creates a service or changes what is known about it.
    pub(crate) async fn save_service(
        &self,
        caller: &Caller,
        service: &str,
        patch: Patch,
    ) -> Result<Written, RegistryError> {
        checked(NameKind::Service, "name", service)?;
        if let Some(mode) = patch.mode.as_deref().filter(|mode| !mode.is_empty() && *mode != "none") {
            mode.parse::<crate::policy::Mode>().map_err(|problem| Refused::invalid("mode", problem))?;
        }
        for text in [&patch.display_name, &patch.repository_url, &patch.repository_name, &patch.repository_namespace] {
            if text.as_ref().is_some_and(|text| text.len() > 4096) {
                return Err(Refused::invalid("", "a value is longer than 4096 bytes").into());
            }
        }
        self.on_service(caller, &[Scope::Publish], service, move |state, plan, service| {
            let existed = state.service_id(service).is_some();
            if !existed {
                plan.record(Event::ServiceCreated { service: service.to_owned() });
            }
            if !patch.is_empty() {
                plan.record(Event::ServiceChanged { service: service.to_owned(), patch: patch.clone() });
            }
            Ok(Written::created_unless(existed))
        })
        .await
    }

    /// Removes a service with everything that belongs to it. What happened stays in the log.
    pub(crate) async fn remove_service(&self, caller: &Caller, service: &str) -> Result<(), RegistryError> {
        self.on_service(caller, &[Scope::Admin], service, |state, plan, service| {
            need_service(state, service)?;
            plan.record(Event::ServiceRemoved { service: service.to_owned() });
            Ok(())
        })
        .await
    }

    /// Puts a label on a service, which is created if need be.
    pub(crate) async fn label(&self, caller: &Caller, service: &str, label: &str) -> Result<Written, RegistryError> {
        checked(NameKind::Service, "name", service)?;
        checked(NameKind::Label, "label", label)?;
        let label = label.to_owned();
        self.on_service(caller, &[Scope::Publish], service, move |state, plan, service| {
            let existed =
                state.service_id(service).is_some_and(|id| state.service(id).labels.contains_key(label.as_str()));
            if !existed {
                plan.record(Event::Labeled { service: service.to_owned(), label: label.clone() });
            }
            Ok(Written::created_unless(existed))
        })
        .await
    }

    /// Takes a label off a service.
    pub(crate) async fn unlabel(&self, caller: &Caller, service: &str, label: &str) -> Result<(), RegistryError> {
        let label = label.to_owned();
        self.on_service(caller, &[Scope::Publish], service, move |state, plan, service| {
            let id = need_service(state, service)?;
            if !state.service(id).labels.contains_key(label.as_str()) {
                return Err(Refused::Missing(format!("label `{label}` of service `{service}`")));
            }
            plan.record(Event::Unlabeled { service: service.to_owned(), label: label.clone() });
            Ok(())
        })
        .await
    }

    /// Makes a version known.
    pub(crate) async fn record_version(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
        build_url: Option<String>,
    ) -> Result<Written, RegistryError> {
        check_both(service, version)?;
        self.on_version(caller, &[Scope::Publish], service, version, move |state, plan, service, version| {
            let existed = state.version_id(service, version).is_some();
            ensure_version(state, plan, service, version, build_url.as_deref());
            Ok(Written::created_unless(existed))
        })
        .await
    }

    /// Removes a version with its contract and pacts.
    pub(crate) async fn remove_version(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
    ) -> Result<(), RegistryError> {
        self.on_version(caller, &[Scope::Admin], service, version, |state, plan, service, version| {
            need_version(state, service, version)?;
            plan.record(Event::VersionRemoved { service: service.to_owned(), version: version.to_owned() });
            Ok(())
        })
        .await
    }

    /// Says that nobody is built against a version any more: new versions need not be compatible with it.
    pub(crate) async fn retire_version(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
    ) -> Result<(), RegistryError> {
        self.on_version(caller, &[Scope::Publish], service, version, move |state, plan, service, version| {
            let id = need_version(state, service, version)?;
            if !state.version(id).retired {
                plan.record(Event::VersionRetired { service: service.to_owned(), version: version.to_owned() });
            }
            Ok(())
        })
        .await
    }

    /// Puts a version on a branch; both are created if need be.
    pub(crate) async fn assign_branch(
        &self,
        caller: &Caller,
        service: &str,
        branch: &str,
        version: &str,
    ) -> Result<Written, RegistryError> {
        check_both(service, version)?;
        checked(NameKind::Branch, "branch", branch)?;
        let branch = branch.to_owned();
        // Verifying is a reason too: whoever publishes results says which branch they are for.
        let scopes = &[Scope::Publish, Scope::Verify];
        self.on_version(caller, scopes, service, version, move |state, plan, service, version| {
            let existed = ensure_branch(state, plan, service, version, &branch);
            Ok(Written::created_unless(existed))
        })
        .await
    }

    /// Deletes a branch; its versions stay.
    pub(crate) async fn remove_branch(
        &self,
        caller: &Caller,
        service: &str,
        branch: &str,
    ) -> Result<(), RegistryError> {
        let branch = branch.to_owned();
        self.on_service(caller, &[Scope::Publish], service, move |state, plan, service| {
            let id = need_service(state, service)?;
            if !state.service(id).branches.contains_key(branch.as_str()) {
                return Err(Refused::Missing(format!("branch `{branch}` of service `{service}`")));
            }
            plan.record(Event::BranchRemoved { service: service.to_owned(), branch: branch.clone() });
            Ok(())
        })
        .await
    }

    /// Tags a version, which is created if need be.
    pub(crate) async fn tag(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
        tag: &str,
    ) -> Result<Written, RegistryError> {
        check_both(service, version)?;
        checked(NameKind::Tag, "tag", tag)?;
        let uuid = self.ledger.edges().uuid;
        let tag = tag.to_owned();
        let may_deploy = caller.require_for(Scope::Deploy, service).is_ok();
        let scopes = &[Scope::Publish, Scope::Verify];
        self.on_version(caller, scopes, service, version, move |state, plan, service, version| {
            let existed = ensure_tag(state, plan, service, version, &tag);
            // As with the Pact Broker: before environments, deployments were recorded by tags named like them.
            if !existed && may_deploy && state.environment(&tag).is_some() {
                plan.record(Event::Deployed {
                    uuid: uuid(),
                    service: service.to_owned(),
                    version: version.to_owned(),
                    environment: tag.clone(),
                    instance: None,
                });
            }
            Ok(Written::created_unless(existed))
        })
        .await
    }

    /// Takes a tag off a version.
    pub(crate) async fn untag(
        &self,
        caller: &Caller,
        service: &str,
        version: &str,
        tag: &str,
    ) -> Result<(), RegistryError> {
        let tag = tag.to_owned();
        self.on_version(caller, &[Scope::Publish], service, version, move |state, plan, service, version| {
            let id = need_version(state, service, version)?;
            if !state.version(id).tags.iter().any(|(name, _)| **name == *tag) {
                return Err(Refused::Missing(format!("tag `{tag}` of version `{version}`")));
            }
            plan.record(Event::Untagged { service: service.to_owned(), version: version.to_owned(), tag: tag.clone() });
            Ok(())
        })
        .await
    }
}

fn check_both(service: &str, version: &str) -> Result<(), Refused> {
    checked(NameKind::Service, "name", service)?;
    checked(NameKind::Version, "version", version)
}

/// Records a version if it is not known, or its build URL if that is new. Gives back whether the version was known.
pub(crate) fn ensure_version(
    state: &State,
    plan: &mut Plan,
    service: &str,
    version: &str,
    build_url: Option<&str>,
) -> bool {
    let known = state.version_id(service, version);
    let same_url = build_url.is_none() || known.is_some_and(|id| state.version(id).build_url.as_deref() == build_url);
    if known.is_none() || !same_url {
        plan.record(Event::VersionRecorded {
            service: service.to_owned(),
            version: version.to_owned(),
            build_url: build_url.map(str::to_owned),
        });
    }
    known.is_some()
}

/// Puts a version on a branch. Gives back whether it was there already.
pub(crate) fn ensure_branch(state: &State, plan: &mut Plan, service: &str, version: &str, branch: &str) -> bool {
    let existed = state
        .version_id(service, version)
        .is_some_and(|id| state.version(id).branches.iter().any(|(name, _)| **name == *branch));
    if !existed {
        plan.record(Event::BranchAssigned {
            service: service.to_owned(),
            version: version.to_owned(),
            branch: branch.to_owned(),
        });
    }
    existed
}

/// Tags a version. Gives back whether it had the tag already.
pub(crate) fn ensure_tag(state: &State, plan: &mut Plan, service: &str, version: &str, tag: &str) -> bool {
    let existed = state
        .version_id(service, version)
        .is_some_and(|id| state.version(id).tags.iter().any(|(name, _)| **name == *tag));
    if !existed {
        plan.record(Event::Tagged { service: service.to_owned(), version: version.to_owned(), tag: tag.to_owned() });
    }
    existed
}
