//! What a gRPC provider's messages are: from `.proto` files, a descriptor set, or the server's own reflection.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions};
use serde_json::{Map, Value};

use crate::finding::Problem;
use crate::formats::CompareOptions;
use crate::formats::protobuf::runtime_descriptors;
use crate::pact::{GrpcCall, GrpcReply, Mismatch, Part};
use crate::source::Tree;
use crate::source::load::MemoryTree;

/// The services and messages of a provider.
#[derive(Debug, Clone)]
pub struct Descriptors {
    pool: DescriptorPool,
}

/// A `FileDescriptorSet` whose files are not read: their types here would lose what is newer than they are.
#[derive(Clone, PartialEq, prost::Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    files: Vec<Vec<u8>>,
}

impl Descriptors {
    /// The descriptors of a contract. `None` where the input has neither `.proto` files nor descriptor sets.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn of_tree(tree: &dyn Tree) -> Result<Option<Self>, Vec<Problem>> {
        // The day only matters where two versions are compared.
        let options = CompareOptions::new(jiff::civil::Date::default());
        let Some(bytes) = runtime_descriptors(tree, &options)? else { return Ok(None) };
        let pool = DescriptorPool::decode(bytes.as_slice()).map_err(|error| {
            let message = format!("messages of `{}` cannot be made from its descriptors: {error}", tree.label());
            vec![
                Problem::new("bad-descriptors", message)
                    .with_help("name one contract, not several that define the same"),
            ]
        })?;
        Ok(Some(Self { pool }))
    }

    /// The descriptors that a server gave, each the bytes of a `FileDescriptorProto`.
    pub(crate) fn of_files(files: &[Vec<u8>]) -> Result<Self, String> {
        let set = RawSet { files: files.to_vec() }.encode_to_vec();
        let tree = MemoryTree::single("the server's reflection".into(), "reflection.binpb".into(), set.into());
        let wrong =
            |problems: Vec<Problem>| problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        Self::of_tree(&tree).map_err(wrong)?.ok_or_else(|| "they are no descriptors".to_owned())
    }

    /// The method of a call.
    pub(crate) fn method(&self, call: &GrpcCall) -> Result<MethodDescriptor, String> {
        let service = self.pool.get_service_by_name(&call.service).ok_or_else(|| {
            let known: Vec<String> = self.pool.services().map(|service| format!("`{}`", service.full_name())).collect();
            format!("there is no service `{}`; the services are {}", call.service, known.join(", "))
        })?;
        service.methods().find(|method| method.name() == call.method).ok_or_else(|| {
            let known: Vec<String> = service.methods().map(|method| format!("`{}`", method.name())).collect();
            format!(
                "the service `{}` has no method `{}`; its methods are {}",
                call.service,
                call.method,
                known.join(", ")
            )
        })
    }

    /// What the contract says against a gRPC interaction: an unknown method, messages that are none of its types, several
    /// messages where it takes one.
    #[must_use]
    pub fn check(&self, call: &GrpcCall, reply: &GrpcReply) -> Vec<Mismatch> {
        let method = match self.method(call) {
            Ok(method) => method,
            Err(reason) => return vec![finding("method", &reason)],
        };
        let mut found = Vec::new();
        let sides = [
            ("request", &call.messages, method.input(), method.is_client_streaming()),
            ("response", &reply.messages, method.output(), method.is_server_streaming()),
        ];
        for (place, messages, descriptor, is_stream) in sides {
            for (index, message) in messages.iter().enumerate() {
                if let Err(reason) = encode(&descriptor, message) {
                    let message = format!("message {index} is not a `{}`: {reason}", descriptor.full_name());
                    found.push(finding(&format!("{place}.messages[{index}]"), &message));
                }
            }
            if !is_stream && messages.len() > 1 {
                let message =
                    format!("`{}` has one {place} message, not a stream of {}", method.full_name(), messages.len());
                found.push(finding(&format!("{place}.messages"), &message));
            }
        }
        found
    }
}

fn finding(path: &str, message: &str) -> Mismatch {
    Mismatch {
        part: Part::Contract,
        path: path.to_owned(),
        expected: String::new(),
        actual: String::new(),
        message: message.to_owned(),
        rule: None,
    }
}

/// A message in JSON form as bytes.
pub(crate) fn encode(descriptor: &MessageDescriptor, json: &Value) -> Result<Vec<u8>, String> {
    DynamicMessage::deserialize(descriptor.clone(), json.clone())
        .map(|message| message.encode_to_vec())
        .map_err(|error| error.to_string())
}

/// Bytes as a message in JSON form, with fields that have their default value.
pub(crate) fn decode(descriptor: &MessageDescriptor, bytes: &[u8]) -> Result<Value, String> {
    let message = DynamicMessage::decode(descriptor.clone(), bytes).map_err(|error| error.to_string())?;
    to_json(&message)
}

fn to_json(message: &DynamicMessage) -> Result<Value, String> {
    let options = SerializeOptions::new().skip_default_fields(false);
    message.serialize_with_options(serde_json::value::Serializer, &options).map_err(|error| error.to_string())
}

/// An expected message as the provider's would be written (`int64` as text, names in camel case), with only what it
/// mentions.
pub(crate) fn normalize(descriptor: &MessageDescriptor, json: &Value) -> Result<Value, String> {
    let message = DynamicMessage::deserialize(descriptor.clone(), json.clone()).map_err(|error| error.to_string())?;
    Ok(mentioned(json, to_json(&message)?))
}

fn mentioned(original: &Value, written: Value) -> Value {
    match (original, written) {
        (Value::Object(original), Value::Object(written)) => {
            let keep = |(name, value): (String, Value)| {
                let known = original
                    .get(&name)
                    .or_else(|| original.iter().find(|(key, _)| camel(key) == name).map(|(_, value)| value))?;
                Some((name, mentioned(known, value)))
            };
            Value::Object(written.into_iter().filter_map(keep).collect::<Map<_, _>>())
        }
        (Value::Array(original), Value::Array(written)) => written
            .into_iter()
            .enumerate()
            .map(|(index, value)| original.get(index).map_or(Value::Null, |known| mentioned(known, value)))
            .collect(),
        (_, written) => written,
    }
}

/// The JSON name of a field: `order_id` is `orderId`.
fn camel(name: &str) -> String {
    let mut made = String::new();
    let mut raise = false;
    for character in name.chars() {
        if character == '_' {
            raise = true;
        } else if raise {
            made.extend(character.to_uppercase());
            raise = false;
        } else {
            made.push(character);
        }
    }
    made
}
