//! What a gRPC provider's messages are: from `.proto` files, a descriptor set, or the server's own reflection.

use std::collections::BTreeMap;

use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use serde_json::{Map, Value};

use crate::finding::Problem;
use crate::pact::{GrpcCall, GrpcReply, Mismatch, Part};
use crate::source::Tree;

/// The services and messages of a provider.
#[derive(Debug, Clone)]
pub struct Descriptors {
    pool: DescriptorPool,
}

/// How deep `.proto` files may nest; compiling recurses.
const MAX_NESTING: usize = 64;

impl Descriptors {
    /// The descriptors of a contract. `None` where the input has neither `.proto` files nor descriptor sets.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn of_tree(tree: &dyn Tree) -> Result<Option<Self>, Problem> {
        let paths: Vec<&str> = tree.entries().iter().map(|entry| entry.path.as_str()).collect();
        if let Some(path) = paths.iter().find(|path| is_descriptor_set(path)) {
            let bytes = tree.read(&[path]).pop().and_then(Result::ok).unwrap_or_default();
            return Self::of_bytes(&bytes, &tree.display_path(path)).map(Some);
        }
        let protos: Vec<&str> = paths.into_iter().filter(|path| path.ends_with(".proto")).collect();
        if protos.is_empty() {
            return Ok(None);
        }
        let mut sources = BTreeMap::new();
        for (path, bytes) in protos.iter().zip(tree.read(&protos)) {
            let bytes = bytes.map_err(|error| Problem::new("unreadable", error.to_string()))?;
            sources.insert((*path).to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
        compile(sources).map(Some)
    }

    fn of_bytes(bytes: &[u8], label: &str) -> Result<Self, Problem> {
        let pool = DescriptorPool::decode(bytes).map_err(|error| {
            Problem::new("bad-descriptors", format!("`{label}` is not a descriptor set that can be used: {error}"))
        })?;
        Ok(Self { pool })
    }

    /// The descriptors that a server gave.
    pub(crate) fn of_files(files: Vec<prost_reflect::prost_types::FileDescriptorProto>) -> Result<Self, String> {
        let mut pool = DescriptorPool::new();
        pool.add_file_descriptor_set(FileDescriptorSet { file: files }).map_err(|error| error.to_string())?;
        Ok(Self { pool })
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

/// Whether the path is of a descriptor set.
fn is_descriptor_set(path: &str) -> bool {
    [".binpb", ".protoset", ".desc", ".fds", ".pb"].iter().any(|extension| path.ends_with(extension))
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

/// Files by the names under which others import them.
struct Sources {
    files: BTreeMap<String, String>,
}

impl FileResolver for Sources {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let source = self.files.get(name).ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, source)
    }
}

fn compile(sources: BTreeMap<String, String>) -> Result<Descriptors, Problem> {
    let bad = |reason: String| Problem::new("protobuf", format!("the contract could not be compiled: {reason}"));
    if let Some((path, _)) = sources.iter().find(|(_, text)| nesting(text) > MAX_NESTING) {
        return Err(bad(format!("`{path}` nests deeper than {MAX_NESTING} levels")));
    }
    if let Some((path, _)) = sources.iter().find(|(_, text)| text.trim_start().starts_with("edition")) {
        let problem =
            bad(format!("`{path}` is written in an edition, and calls are made with proto2 and proto3 files only"));
        return Err(problem.with_help("use the server's reflection, or a descriptor set of proto3 files"));
    }
    let imported: Vec<String> = sources.values().flat_map(|text| imports(text)).collect();
    let named: BTreeMap<String, String> =
        sources.into_iter().map(|(path, text)| (import_name(&path, &imported), text)).collect();
    let names: Vec<String> = named.keys().cloned().collect();
    let mut resolver = ChainFileResolver::new();
    resolver.add(Sources { files: named });
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    for name in names {
        compiler.open_file(&name).map_err(|error| bad(error.to_string()))?;
    }
    Ok(Descriptors { pool: compiler.descriptor_pool() })
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn imports(text: &str) -> Vec<String> {
    let quoted = |line: &str| line.split('"').nth(1).map(str::to_owned);
    text.lines().map(str::trim).filter(|line| line.starts_with("import ")).filter_map(quoted).collect()
}

/// The name of a file is the longest end of its path that somebody imports; a file that nobody imports keeps its path.
fn import_name(path: &str, imported: &[String]) -> String {
    let is_end = |name: &&String| {
        path == name.as_str() || path.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('/'))
    };
    imported.iter().filter(is_end).max_by_key(|name| name.len()).cloned().unwrap_or_else(|| path.to_owned())
}
