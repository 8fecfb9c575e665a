//! What each event does to the state.

use crate::registry::domain::state::{
    Branch, Contract, Deployment, Environment, Mark, Pact, PactId, Publication, Running, Service, ServiceId, State,
    Token, Trust, Version, VersionId, Webhook,
};
use crate::registry::domain::{ChainError, Digest, Event, Head, PactContent, Patch, Record, Sealed};

impl State {
    /// Moves on by one record; `head` is the end of the log with it.
    pub(crate) fn apply(&mut self, record: Record, head: Head) {
        let mark = Mark { at: record.at, seq: record.seq };
        self.apply_event(record.event, mark);
        self.head = head;
    }

    /// Moves on by records that follow the head; stops at the first that does not.
    pub(crate) fn follow(&mut self, tail: &[Sealed]) -> Result<(), ChainError> {
        for sealed in tail {
            let mut head = self.head;
            let record = head.follow(sealed)?;
            self.apply(record, head);
        }
        Ok(())
    }

    fn apply_event(&mut self, event: Event, mark: Mark) {
        match event {
            Event::ServiceCreated { service } => {
                self.ensure_service(&service, mark);
            }
            Event::ServiceChanged { service, patch } => {
                let id = self.ensure_service(&service, mark);
                let service = &mut self.services[id.0 as usize];
                service.change(patch);
                service.changed = mark;
            }
            Event::ServiceRemoved { service } => self.remove_service(&service, mark),
            Event::Labeled { service, label } => {
                let id = self.ensure_service(&service, mark);
                self.services[id.0 as usize].labels.entry(label.into()).or_insert(mark);
            }
            Event::Unlabeled { service, label } => {
                if let Some(id) = self.service_id(&service) {
                    self.services[id.0 as usize].labels.remove(label.as_str());
                }
            }
            Event::VersionRecorded { service, version, build_url } => {
                let id = self.ensure_version(&service, &version, mark);
                if let Some(url) = build_url {
                    self.versions[id.0 as usize].build_url = Some(url.into());
                }
            }
            Event::VersionRemoved { service, version } => {
                if let Some(id) = self.version_id(&service, &version) {
                    self.remove_version(id, mark);
                }
            }
            Event::VersionRetired { service, version } => {
                if let Some(id) = self.version_id(&service, &version) {
                    self.versions[id.0 as usize].retired = true;
                }
            }
            Event::BranchAssigned { service, version, branch } => {
                let id = self.ensure_version(&service, &version, mark);
                let owner = self.versions[id.0 as usize].service;
                let branch: Box<str> = branch.into();
                let entry = self.services[owner.0 as usize]
                    .branches
                    .entry(branch.clone())
                    .or_insert_with(|| Branch { created: mark, versions: std::collections::BTreeSet::new() });
                if entry.versions.insert(id) {
                    self.versions[id.0 as usize].branches.push((branch, mark));
                }
            }
            Event::BranchRemoved { service, branch } => {
                let Some(id) = self.service_id(&service) else { return };
                let Some(removed) = self.services[id.0 as usize].branches.remove(branch.as_str()) else { return };
                for version in removed.versions {
                    self.versions[version.0 as usize].branches.retain(|(name, _)| **name != *branch);
                }
            }
            Event::Tagged { service, version, tag } => {
                let id = self.ensure_version(&service, &version, mark);
                let tags = &mut self.versions[id.0 as usize].tags;
                if !tags.iter().any(|(name, _)| **name == *tag) {
                    tags.push((tag.into(), mark));
                }
            }
            Event::Untagged { service, version, tag } => {
                if let Some(id) = self.version_id(&service, &version) {
                    self.versions[id.0 as usize].tags.retain(|(name, _)| **name != *tag);
                }
            }
            Event::ContractPublished { service, version, files } => {
                let id = self.ensure_version(&service, &version, mark);
                self.versions[id.0 as usize].contract = Some(Box::new(Contract::new(files, mark)));
            }
            Event::Consumed { service, version, provider, provider_version } => {
                let id = self.ensure_version(&service, &version, mark);
                let provider = self.ensure_service(&provider, mark);
                let consumer = self.versions[id.0 as usize].service;
                let consumes = &mut self.versions[id.0 as usize].consumes;
                consumes.retain(|(service, _)| *service != provider);
                consumes.push((provider, provider_version.into()));
                self.consumed_by.entry(provider).or_default().insert(consumer);
            }
            Event::PactPublished { consumer, version, provider, content, blob } => {
                self.publish_pact(&consumer, &version, &provider, &content, blob, mark);
            }
            Event::PactRemoved { consumer, version, provider } => {
                let (Some(id), Some(provider)) = (self.version_id(&consumer, &version), self.service_id(&provider))
                else {
                    return;
                };
                self.withdraw_pact(id, provider);
            }
            Event::Verified { consumer, provider, content, provider_version, success, .. } => {
                self.record_result(&consumer, &provider, &content, &provider_version, success, mark);
            }
            Event::EnvironmentSaved { uuid, name, display_name, production, contacts } => {
                let known = self.environments.remove(uuid.as_str());
                let (created, live) =
                    known.map_or((mark, std::collections::BTreeSet::new()), |known| (known.created, known.live));
                let uuid: Box<str> = uuid.into();
                let environment = Environment {
                    uuid: uuid.clone(),
                    name: name.into(),
                    display_name: display_name.map(Into::into),
                    production,
                    contacts,
                    created,
                    changed: mark,
                    live,
                };
                self.environments.insert(uuid, environment);
            }
            Event::EnvironmentRemoved { uuid } => {
                if let Some(environment) = self.environments.remove(uuid.as_str()) {
                    for index in environment.live {
                        self.deployments[index as usize].ended = Some(mark);
                    }
                }
            }
            Event::Deployed { uuid, service, version, environment, instance } => {
                let running = Running::Deployed { instance: instance.map(Into::into) };
                self.start(uuid, &service, &version, &environment, running, mark);
            }
            Event::Released { uuid, service, version, environment } => {
                self.start(uuid, &service, &version, &environment, Running::Released, mark);
            }
            Event::Ended { uuid } => {
                if let Some(index) = self.deployment_by_uuid.get(uuid.as_str()).copied() {
                    self.end(index, mark);
                }
            }
            Event::WebhookSaved { uuid, webhook } => {
                let created = self.webhooks.get(uuid.as_str()).map_or(mark, |known| known.created);
                self.webhooks.insert(uuid.into(), Webhook { definition: webhook, created, changed: mark });
            }
            Event::WebhookRemoved { uuid } => {
                self.webhooks.remove(uuid.as_str());
            }
            Event::TokenIssued { id, grant, hash } => {
                self.tokens.insert(id.into(), Token { grant, hash, issued: mark, revoked: None });
            }
            Event::TokenRevoked { id } => {
                if let Some(token) = self.tokens.get_mut(id.as_str()) {
                    token.revoked = Some(mark);
                }
            }
            Event::TrustSaved { id, rule } => {
                self.trusts.insert(id.into(), Trust { rule, created: mark });
            }
            Event::TrustRemoved { id } => {
                self.trusts.remove(id.as_str());
            }
            // What was deleted was not part of the state.
            Event::BlobsCollected { .. } => {}
        }
    }

    fn ensure_service(&mut self, name: &str, mark: Mark) -> ServiceId {
        if let Some(id) = self.service_id(name) {
            return id;
        }
        let id = ServiceId(self.services.len() as u32);
        self.services.push(Service::new(name, mark));
        self.service_by_name.insert(name.into(), id);
        id
    }

    fn ensure_version(&mut self, service: &str, number: &str, mark: Mark) -> VersionId {
        let owner = self.ensure_service(service, mark);
        if let Some(id) = self.services[owner.0 as usize].version_by_number.get(number) {
            return *id;
        }
        let id = VersionId(self.versions.len() as u32);
        self.versions.push(Version {
            service: owner,
            number: number.into(),
            build_url: None,
            created: mark,
            removed: false,
            retired: false,
            branches: Vec::new(),
            tags: Vec::new(),
            contract: None,
            consumes: Vec::new(),
            pacts: Vec::new(),
            deployments: Vec::new(),
        });
        let owner = &mut self.services[owner.0 as usize];
        owner.version_by_number.insert(number.into(), id);
        owner.versions.insert(id);
        id
    }

    fn publish_pact(&mut self, consumer: &str, version: &str, provider: &str, content: &str, blob: Digest, mark: Mark) {
        let Some(content) = PactContent::parse(content) else { return };
        let version = self.ensure_version(consumer, version, mark);
        let provider = self.ensure_service(provider, mark);
        let consumer = self.versions[version.0 as usize].service;
        let pacts = &mut self.pacts;
        let pact = *self.pact_by_content.entry((consumer, provider, content)).or_insert_with(|| {
            pacts.push(Pact {
                consumer,
                provider,
                content,
                blob,
                results: Vec::new(),
                newest: rustc_hash::FxHashMap::default(),
            });
            PactId(pacts.len() as u32 - 1)
        });
        self.pairs.entry((consumer, provider)).or_default().versions.insert(version);
        let publications = &mut self.versions[version.0 as usize].pacts;
        match publications.iter_mut().find(|known| known.provider == provider) {
            Some(known) => {
                let revision = known.revision + 1;
                *known = Publication { provider, pact, published: mark, revision };
            }
            None => publications.push(Publication { provider, pact, published: mark, revision: 1 }),
        }
    }

    fn withdraw_pact(&mut self, version: VersionId, provider: ServiceId) {
        let entry = &mut self.versions[version.0 as usize];
        entry.pacts.retain(|publication| publication.provider != provider);
        let consumer = entry.service;
        if let Some(pair) = self.pairs.get_mut(&(consumer, provider)) {
            pair.versions.remove(&version);
            if pair.versions.is_empty() {
                self.pairs.remove(&(consumer, provider));
            }
        }
    }

    fn record_result(
        &mut self,
        consumer: &str,
        provider: &str,
        content: &str,
        provider_version: &str,
        success: bool,
        mark: Mark,
    ) {
        let Some(content) = PactContent::parse(content) else { return };
        let (Some(consumer), Some(provider_id)) = (self.service_id(consumer), self.service_id(provider)) else {
            return;
        };
        let Some(pact) = self.pact_by_content.get(&(consumer, provider_id, content)).copied() else { return };
        let provider_version = self.ensure_version(provider, provider_version, mark);
        self.add_result(pact, provider_version, success, mark);
    }

    fn start(&mut self, uuid: String, service: &str, version: &str, environment: &str, running: Running, mark: Mark) {
        let version = self.ensure_version(service, version, mark);
        let owner = self.versions[version.0 as usize].service;
        let Some(place) = self.environments.values().find(|known| *known.name == *environment) else { return };
        let environment = place.uuid.clone();
        if matches!(running, Running::Deployed { .. }) {
            let replaced: Vec<u32> = place
                .live
                .iter()
                .copied()
                .filter(|&index| {
                    let known = &self.deployments[index as usize];
                    known.running == running && self.versions[known.version.0 as usize].service == owner
                })
                .collect();
            for index in replaced {
                self.end(index, mark);
            }
        }
        let index = self.deployments.len() as u32;
        let uuid: Box<str> = uuid.into();
        self.deployment_by_uuid.insert(uuid.clone(), index);
        self.versions[version.0 as usize].deployments.push(index);
        if let Some(place) = self.environments.get_mut(&environment) {
            place.live.insert(index);
        }
        self.deployments.push(Deployment { uuid, version, environment, running, started: mark, ended: None });
    }

    fn end(&mut self, index: u32, mark: Mark) {
        let deployment = &mut self.deployments[index as usize];
        deployment.ended.get_or_insert(mark);
        if let Some(environment) = self.environments.get_mut(&deployment.environment) {
            environment.live.remove(&index);
        }
    }

    fn remove_version(&mut self, id: VersionId, mark: Mark) {
        let providers: Vec<ServiceId> =
            self.versions[id.0 as usize].pacts.iter().map(|publication| publication.provider).collect();
        for provider in providers {
            self.withdraw_pact(id, provider);
        }
        let version = &mut self.versions[id.0 as usize];
        version.removed = true;
        version.contract = None;
        version.consumes.clear();
        let deployments = std::mem::take(&mut version.deployments);
        let owner = &mut self.services[version.service.0 as usize];
        owner.versions.remove(&id);
        owner.version_by_number.remove(&version.number);
        for branch in owner.branches.values_mut() {
            branch.versions.remove(&id);
        }
        for index in deployments {
            self.end(index, mark);
        }
    }

    fn remove_service(&mut self, name: &str, mark: Mark) {
        let Some(id) = self.service_id(name) else { return };
        let versions: Vec<VersionId> = self.services[id.0 as usize].versions.iter().copied().collect();
        for version in versions {
            self.remove_version(version, mark);
        }
        // Consumers' pacts with it are gone with it.
        let consumers: Vec<(ServiceId, Vec<VersionId>)> = self
            .pairs
            .iter()
            .filter(|((_, provider), _)| *provider == id)
            .map(|((consumer, _), pair)| (*consumer, pair.versions.iter().copied().collect()))
            .collect();
        for (_, versions) in consumers {
            for version in versions {
                self.withdraw_pact(version, id);
            }
        }
        self.consumed_by.remove(&id);
        self.service_by_name.remove(name);
        self.services[id.0 as usize].removed = true;
    }
}

impl Service {
    fn new(name: &str, mark: Mark) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            main_branch: None,
            repository_url: None,
            repository_name: None,
            repository_namespace: None,
            owners: Vec::new(),
            labels: std::collections::BTreeMap::new(),
            mode: None,
            created: mark,
            changed: mark,
            removed: false,
            versions: std::collections::BTreeSet::new(),
            version_by_number: std::collections::HashMap::new(),
            branches: std::collections::BTreeMap::new(),
        }
    }

    fn change(&mut self, patch: Patch) {
        let set = |field: &mut Option<Box<str>>, value: Option<String>| {
            if let Some(value) = value {
                *field = (!value.is_empty()).then(|| value.into());
            }
        };
        set(&mut self.display_name, patch.display_name);
        set(&mut self.main_branch, patch.main_branch);
        set(&mut self.repository_url, patch.repository_url);
        set(&mut self.repository_name, patch.repository_name);
        set(&mut self.repository_namespace, patch.repository_namespace);
        set(&mut self.mode, patch.mode);
        if let Some(owners) = patch.owners {
            self.owners = owners;
        }
    }
}
