//! A state as bytes, so that a server need not read the whole log when it starts.
//!
//! A snapshot is a cache and never the truth: it says after which record it was taken, and whoever reads one makes sure
//! that the log has that record. One by another version of the program is thrown away, because that version may have
//! understood an event differently; so the form may change with every version.
//!
//! ```text
//! counterpart snapshot VERSION\n      who wrote it
//! JSON, one object                    everything but the results; what can be derived is left out
//! results                             about 10 bytes each: there may be millions
//! ```

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::registry::domain::state::{
    Deployment, Environment, Mark, Pact, PactId, ResultId, Service, ServiceId, State, Token, Trust, Verification,
    Version, VersionId, Webhook,
};
use crate::registry::domain::{Digest, Hashing, Head};

/// Grows when an event begins to mean something else within one version of the program.
const FORM: u32 = 2;

/// Why bytes are no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SnapshotError {
    /// Another version of the program wrote it.
    #[error("it was written by another version of the program")]
    Foreign,
    /// It is damaged.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// All but the results, with the maps that cannot be derived as lists.
#[derive(Serialize, Deserialize)]
struct Body<S, V, P, E, D, W, T, U> {
    head: Head,
    services: S,
    versions: V,
    pacts: P,
    environments: E,
    deployments: D,
    webhooks: W,
    tokens: T,
    trusts: U,
    consumed_by: Vec<(ServiceId, BTreeSet<ServiceId>)>,
}

type Read = Body<
    Vec<Service>,
    Vec<Version>,
    Vec<Pact>,
    Vec<Environment>,
    Vec<Deployment>,
    Vec<(Box<str>, Webhook)>,
    Vec<(Box<str>, Token)>,
    Vec<(Box<str>, Trust)>,
>;

fn title() -> String {
    format!("counterpart snapshot {} {FORM}\n", env!("CARGO_PKG_VERSION"))
}

impl State {
    /// Writes the state as bytes: the same for two states that were folded from the same log.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write_snapshot(&self, out: &mut impl Write) -> io::Result<()> {
        let body = Body {
            head: self.head,
            services: &self.services,
            versions: &self.versions,
            pacts: &self.pacts,
            environments: self.environments.values().collect::<Vec<_>>(),
            deployments: &self.deployments,
            webhooks: self.webhooks.iter().collect::<Vec<_>>(),
            tokens: self.tokens.iter().collect::<Vec<_>>(),
            trusts: self.trusts.iter().collect::<Vec<_>>(),
            consumed_by: self.consumed_by.iter().map(|(provider, consumers)| (*provider, consumers.clone())).collect(),
        };
        out.write_all(title().as_bytes())?;
        serde_json::to_writer(&mut *out, &body)?;
        let mut pact_of = vec![0_u32; self.results.len()];
        for (index, pact) in self.pacts.iter().enumerate() {
            for result in &pact.results {
                pact_of[result.0 as usize] = index as u32;
            }
        }
        let mut before = Mark { at: 0, seq: 0 };
        for (result, pact) in self.results.iter().zip(pact_of) {
            write(out, u64::from(pact))?;
            write(out, u64::from(result.provider_version.0) << 1 | u64::from(result.success))?;
            // Neither ever falls, so that the difference is small.
            write(out, (result.recorded.at - before.at).cast_unsigned())?;
            write(out, result.recorded.seq - before.seq)?;
            before = result.recorded;
        }
        Ok(())
    }

    /// The state that a snapshot holds.
    ///
    /// # Errors
    /// When it is damaged or of another version of the program; then the log has to be read.
    pub(crate) fn of_snapshot(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let damaged = |reason: &str| SnapshotError::Damaged(reason.to_owned());
        let rest = bytes.strip_prefix(title().as_bytes()).ok_or(SnapshotError::Foreign)?;
        let mut json = serde_json::Deserializer::from_slice(rest).into_iter::<Read>();
        let body = json.next().ok_or_else(|| damaged("it is cut off"))?.map_err(|error| damaged(&error.to_string()))?;
        let mut results = &rest[json.byte_offset()..];
        let mut state = Self { head: body.head, ..Self::default() };
        state.services = body.services;
        state.versions = body.versions;
        state.pacts = body.pacts;
        state.deployments = body.deployments;
        state.environments = body.environments.into_iter().map(|known| (known.uuid.clone(), known)).collect();
        state.webhooks = body.webhooks.into_iter().collect();
        state.tokens = body.tokens.into_iter().collect();
        state.trusts = body.trusts.into_iter().collect();
        state.consumed_by = body.consumed_by.into_iter().collect();
        if !state.is_closed() {
            return Err(damaged("it refers to what it does not have"));
        }
        state.derive();
        let mut before = Mark { at: 0, seq: 0 };
        while !results.is_empty() {
            let mut next = || read(&mut results).ok_or_else(|| damaged("a result is cut off"));
            let (pact, version, at, seq) = (next()?, next()?, next()?, next()?);
            let recorded = Mark { at: before.at.wrapping_add(at.cast_signed()), seq: before.seq.wrapping_add(seq) };
            let number = u32::try_from(pact).ok().zip(u32::try_from(version >> 1).ok());
            let known = number.filter(|(pact, version)| {
                (*pact as usize) < state.pacts.len() && (*version as usize) < state.versions.len()
            });
            let (pact, provider_version) = known.ok_or_else(|| damaged("a result is about nothing"))?;
            state.add_result(PactId(pact), VersionId(provider_version), version & 1 == 1, recorded);
            before = recorded;
        }
        state.results.shrink_to_fit();
        for pact in &mut state.pacts {
            pact.results.shrink_to_fit();
        }
        Ok(state)
    }

    /// Whether this version of the program wrote a snapshot.
    pub(crate) fn understands(bytes: &[u8]) -> bool {
        bytes.starts_with(title().as_bytes())
    }

    /// What names a state: two with the same one answer every question alike.
    pub(crate) fn fingerprint(&self) -> Digest {
        let mut hashing = Hashing::default();
        self.write_snapshot(&mut hashing).expect("a hash takes whatever is written");
        hashing.digest()
    }

    /// Adds the next result of a pact.
    pub(super) fn add_result(&mut self, pact: PactId, provider_version: VersionId, success: bool, recorded: Mark) {
        let id = ResultId(self.results.len() as u32);
        let entry = &mut self.pacts[pact.0 as usize];
        let number = entry.results.len() as u32 + 1;
        entry.results.push(id);
        entry.newest.insert(provider_version, id);
        self.results.push(Verification { provider_version, number, success, recorded });
    }

    /// Whether every number leads somewhere.
    fn is_closed(&self) -> bool {
        let (services, versions) = (self.services.len() as u32, self.versions.len() as u32);
        let (pacts, deployments) = (self.pacts.len() as u32, self.deployments.len() as u32);
        self.services.iter().all(|service| {
            let branches = service.branches.values().flat_map(|branch| &branch.versions);
            service.versions.iter().chain(branches).all(|id| id.0 < versions)
        }) && self.versions.iter().all(|version| {
            version.service.0 < services
                && version.consumes.iter().all(|(provider, _)| provider.0 < services)
                && version.pacts.iter().all(|known| known.provider.0 < services && known.pact.0 < pacts)
                && version.deployments.iter().all(|index| *index < deployments)
        }) && self.pacts.iter().all(|pact| pact.consumer.0 < services && pact.provider.0 < services)
            && self.deployments.iter().all(|deployment| deployment.version.0 < versions)
            && self.environments.values().all(|place| place.live.iter().all(|index| *index < deployments))
            && self
                .consumed_by
                .iter()
                .all(|(provider, consumers)| provider.0 < services && consumers.iter().all(|id| id.0 < services))
    }

    /// Builds the maps that follow from the lists.
    fn derive(&mut self) {
        for (index, service) in self.services.iter_mut().enumerate() {
            if !service.removed {
                self.service_by_name.insert(service.name.clone(), ServiceId(index as u32));
            }
            for id in &service.versions {
                service.version_by_number.insert(self.versions[id.0 as usize].number.clone(), *id);
            }
        }
        for (index, version) in self.versions.iter().enumerate() {
            for publication in &version.pacts {
                let pair = self.pairs.entry((version.service, publication.provider)).or_default();
                pair.versions.insert(VersionId(index as u32));
            }
        }
        for (index, pact) in self.pacts.iter().enumerate() {
            self.pact_by_content.insert((pact.consumer, pact.provider, pact.content), PactId(index as u32));
        }
        for (index, deployment) in self.deployments.iter().enumerate() {
            self.deployment_by_uuid.insert(deployment.uuid.clone(), index as u32);
        }
    }
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn write(out: &mut impl Write, mut number: u64) -> io::Result<()> {
    while number >= 0x80 {
        out.write_all(&[number as u8 | 0x80])?;
        number >>= 7;
    }
    out.write_all(&[number as u8])
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7F) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registry::domain::{ContractFile, Event, GENESIS, Patch, Scope, TokenGrant, WebhookDefinition};

    /// An event of every kind about a few names, so that they meet.
    fn event(kind: u8, a: u8, b: u8, c: u8) -> Event {
        let service = |n: u8| format!("s{}", n % 3);
        let number = |n: u8| format!("{}", n % 4);
        let content = format!("{:040x}", c % 3);
        let uuid = format!("u{}", b % 4);
        let environment = format!("e{}", c % 2);
        match kind % 22 {
            0 => Event::ServiceCreated { service: service(a) },
            1 => Event::ServiceChanged {
                service: service(a),
                patch: Patch { mode: Some("full".into()), owners: Some(vec!["t".into()]), ..Patch::default() },
            },
            2 => Event::ServiceRemoved { service: service(a) },
            3 => Event::Labeled { service: service(a), label: number(b) },
            4 => Event::VersionRecorded { service: service(a), version: number(b), build_url: Some("u".into()) },
            5 => Event::VersionRemoved { service: service(a), version: number(b) },
            6 => Event::VersionRetired { service: service(a), version: number(b) },
            7 => Event::BranchAssigned { service: service(a), version: number(b), branch: number(c) },
            8 => Event::BranchRemoved { service: service(a), branch: number(c) },
            9 => Event::Tagged { service: service(a), version: number(b), tag: number(c) },
            10 => {
                let files = vec![ContractFile { path: "a".into(), blob: Digest::of(&[c]), size: 1 }];
                Event::ContractPublished { service: service(a), version: number(b), files }
            }
            11 => Event::Consumed {
                service: service(a),
                version: number(b),
                provider: service(c),
                provider_version: number(b),
            },
            12 | 13 => {
                let (consumer, provider) = (service(a), service(c));
                Event::PactPublished { consumer, version: number(b), provider, content, blob: Digest::of(&[c]) }
            }
            14 => Event::PactRemoved { consumer: service(a), version: number(b), provider: service(c) },
            15 | 16 => Event::Verified {
                consumer: service(a),
                provider: service(c),
                content,
                provider_version: number(b),
                success: b & 1 == 0,
                build_url: None,
                verified_by: None,
                tests: None,
            },
            17 => Event::EnvironmentSaved {
                uuid: environment.clone(),
                name: environment,
                display_name: None,
                production: true,
                contacts: serde_json::json!({"a": [1]}),
            },
            18 => Event::Deployed { uuid, service: service(a), version: number(b), environment, instance: None },
            19 => Event::Released { uuid, service: service(a), version: number(b), environment },
            20 => Event::Ended { uuid },
            _ => Event::TokenIssued {
                id: uuid,
                grant: TokenGrant {
                    name: "n".into(),
                    scopes: vec![Scope::Read],
                    services: Vec::new(),
                    expires_at: Some(5),
                },
                hash: Digest::of(&[a]),
            },
        }
    }

    fn bytes_of(state: &State) -> Vec<u8> {
        let mut bytes = Vec::new();
        state.write_snapshot(&mut bytes).expect("memory takes whatever is written");
        bytes
    }

    fn fold(state: &mut State, events: &[(u8, u8, u8, u8)]) {
        for &(kind, a, b, c) in events {
            let mut head = state.head;
            let (record, _) = head.seal(i64::from(a), "t", "", event(kind, a, b, c));
            state.apply(record, head);
        }
    }

    proptest! {
        #[test]
        fn a_state_that_went_through_a_snapshot_goes_on_as_if_it_had_not(
            events in proptest::collection::vec(any::<(u8, u8, u8, u8)>(), 0..120),
            cut in 0_usize..120,
        ) {
            let (before, after) = events.split_at(cut.min(events.len()));
            let mut whole = State::default();
            fold(&mut whole, before);
            let mut restored = State::of_snapshot(&bytes_of(&whole)).expect("our own");
            prop_assert_eq!(restored.fingerprint(), whole.fingerprint());
            fold(&mut whole, after);
            fold(&mut restored, after);
            prop_assert_eq!(restored.fingerprint(), whole.fingerprint());
            for name in ["s0", "s1", "s2"] {
                let describe = |state: &State| {
                    let id = state.service_id(name)?;
                    Some((state.consumers(id), state.providers(id), state.tagged(id, "1"), state.version_of(id, "2")))
                };
                prop_assert_eq!(describe(&restored), describe(&whole));
            }
        }

        #[test]
        fn damaged_bytes_are_refused_and_never_break_anything(
            events in proptest::collection::vec(any::<(u8, u8, u8, u8)>(), 0..60),
            at in any::<proptest::sample::Index>(),
            flip in 1_u8..,
        ) {
            let mut state = State::default();
            fold(&mut state, &events);
            let mut bytes = bytes_of(&state);
            let index = at.index(bytes.len());
            bytes[index] ^= flip;
            // Some changes give another readable state; the store's hash finds those.
            let _ = State::of_snapshot(&bytes);
            bytes.truncate(index);
            let _ = State::of_snapshot(&bytes);
        }
    }

    #[test]
    fn webhooks_and_trust_are_kept() {
        let mut state = State::default();
        let mut head = GENESIS;
        let webhook = WebhookDefinition { events: vec!["contract_published".into()], ..WebhookDefinition::default() };
        let (record, _) = head.seal(1, "t", "", Event::WebhookSaved { uuid: "w".into(), webhook: webhook.clone() });
        state.apply(record, head);
        let again = State::of_snapshot(&bytes_of(&state)).expect("our own");
        assert_eq!(again.webhook("w").map(|known| &known.definition), Some(&webhook));
        assert_eq!(again.head, head);
    }

    #[test]
    fn a_snapshot_of_another_version_is_not_taken() {
        assert_eq!(State::of_snapshot(b"counterpart snapshot 0.0.1 9\n").err(), Some(SnapshotError::Foreign));
    }
}
