//! Which RPCs reach a type, and from which side.
//!
//! A type that no RPC reaches counts as read and written by everybody: events, storage and `Any` leave no trace in
//! the contract.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::change::{Exposure, Operation};
use crate::formats::protobuf::model::{EnumId, Kind, MessageId, RpcId, Schema};

/// Answers for both versions; graphs are built when the first question comes.
#[derive(Debug)]
pub(crate) struct Exposures<'a> {
    old: Side<'a>,
    new: Side<'a>,
}

#[derive(Debug)]
struct Side<'a> {
    schema: &'a Schema,
    graph: OnceLock<Graph>,
    known: Mutex<FxHashMap<MessageId, Arc<Reached>>>,
}

/// RPCs by path, and from which side they reach.
type Reached = BTreeMap<String, Exposure>;

/// Edges from a type to what uses it.
#[derive(Debug, Default)]
struct Graph {
    messages: FxHashMap<MessageId, Vec<MessageId>>,
    enums: FxHashMap<EnumId, Vec<MessageId>>,
    rpcs: FxHashMap<MessageId, Vec<(RpcId, Exposure)>>,
}

impl<'a> Exposures<'a> {
    /// For two versions.
    pub(crate) fn new(old: &'a Schema, new: &'a Schema) -> Self {
        Self { old: Side::new(old), new: Side::new(new) }
    }

    /// Builds what every answer needs, ahead of the first question.
    pub(crate) fn prepare(&self) {
        rayon::join(|| self.old.graph(), || self.new.graph());
    }

    /// Who reaches a message: as in the new version where it still is, else as in the old one.
    pub(crate) fn of_message(&self, old: Option<MessageId>, new: Option<MessageId>) -> (Exposure, Vec<Operation>) {
        let reached = match (old, new) {
            (_, Some(new)) => self.new.reach(&[new]),
            (Some(old), None) => self.old.reach(&[old]),
            (None, None) => Arc::default(),
        };
        summary(&reached)
    }

    /// Who reaches an enum.
    pub(crate) fn of_enum(&self, old: Option<EnumId>, new: Option<EnumId>) -> (Exposure, Vec<Operation>) {
        let users = |side: &Side<'_>, id: EnumId| side.graph().enums.get(&id).cloned().unwrap_or_default();
        let reached = match (old, new) {
            (_, Some(new)) => self.new.reach(&users(&self.new, new)),
            (Some(old), None) => self.old.reach(&users(&self.old, old)),
            (None, None) => Arc::default(),
        };
        summary(&reached)
    }
}

fn summary(reached: &Reached) -> (Exposure, Vec<Operation>) {
    let exposure = reached.values().copied().reduce(Exposure::join).unwrap_or(Exposure::Both);
    let operations =
        reached.iter().map(|(path, &exposure)| Operation { method: None, path: path.clone(), exposure }).collect();
    (exposure, operations)
}

impl<'a> Side<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self { schema, graph: OnceLock::new(), known: Mutex::default() }
    }

    fn graph(&self) -> &Graph {
        self.graph.get_or_init(|| Graph::new(self.schema))
    }

    fn reach(&self, roots: &[MessageId]) -> Arc<Reached> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let [one] = roots
            && let Some(known) = known().get(one)
        {
            return Arc::clone(known);
        }
        let graph = self.graph();
        let mut rpcs: FxHashMap<RpcId, Exposure> = FxHashMap::default();
        let mut seen: FxHashSet<MessageId> = roots.iter().copied().collect();
        let mut waiting: Vec<MessageId> = roots.to_vec();
        while let Some(id) = waiting.pop() {
            for &(rpc, exposure) in graph.rpcs.get(&id).into_iter().flatten() {
                rpcs.entry(rpc).and_modify(|known| *known = known.join(exposure)).or_insert(exposure);
            }
            waiting.extend(graph.messages.get(&id).into_iter().flatten().filter(|user| seen.insert(**user)));
        }
        let mut reached = Reached::new();
        for (rpc, exposure) in rpcs {
            let path = rpc_path(self.schema, rpc);
            reached.entry(path).and_modify(|known| *known = known.join(exposure)).or_insert(exposure);
        }
        let reached = Arc::new(reached);
        if let [one] = roots {
            known().insert(*one, Arc::clone(&reached));
        }
        reached
    }
}

/// The path that an RPC is called at: `/acme.v1.Orders/Get`.
pub(crate) fn rpc_path(schema: &Schema, id: RpcId) -> String {
    let full_name = schema.rpc_full_name(id);
    match full_name.rsplit_once('.') {
        Some((service, method)) => format!("/{service}/{method}"),
        None => format!("/{full_name}"),
    }
}

impl Graph {
    fn new(schema: &Schema) -> Self {
        let mut graph = Self::default();
        for (file, contents) in schema.files() {
            for field in &contents.fields {
                let Some(user) = field.message else { continue };
                match field.kind {
                    Kind::Message(id) => graph.messages.entry(id).or_default().push(user),
                    Kind::Enum(id) => graph.enums.entry(id).or_default().push(user),
                    _ => {}
                }
            }
            for (service, _) in schema.services_in(file) {
                for (id, rpc) in schema.rpcs_of(service) {
                    let sides = [(&rpc.request, Exposure::Request), (&rpc.response, Exposure::Response)];
                    for (message, exposure) in sides.into_iter().filter_map(|(side, at)| Some((side.message?, at))) {
                        graph.rpcs.entry(message).or_default().push((id, exposure));
                    }
                }
            }
        }
        for users in graph.messages.values_mut().chain(graph.enums.values_mut()) {
            users.sort_unstable();
            users.dedup();
        }
        graph
    }
}
