//! gRPC calls with messages that are only known at run time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, Bytes};
use futures_util::StreamExt;
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::FileDescriptorProto;
use serde_json::Value;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use url::Url;

use crate::pact::{GrpcCall, GrpcReply, Metadata};
use crate::verify::descriptors::{Descriptors, decode, encode};
use crate::verify::http::{ExchangeFailure, seconds};
use crate::verify::options::Options;
use crate::verify::outcome::FailureKind;

/// Messages of one answer.
const MAX_MESSAGES: usize = 10_000;

/// Files that a server's reflection may give.
const MAX_FILES: usize = 2_000;

/// Messages as bytes: they are read where a failure can be told apart from one of the transport.
struct RawCodec;

struct RawEncoder;

struct RawDecoder;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = RawEncoder;
    type Decoder = RawDecoder;

    fn encoder(&mut self) -> RawEncoder {
        RawEncoder
    }

    fn decoder(&mut self) -> RawDecoder {
        RawDecoder
    }
}

impl Encoder for RawEncoder {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        target.put(item);
        Ok(())
    }
}

impl Decoder for RawDecoder {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        let length = source.remaining();
        Ok(Some(source.copy_to_bytes(length)))
    }
}

/// Connects to an instance.
pub(crate) async fn connect(url: &Url, options: &Options) -> Result<Channel, ExchangeFailure> {
    let crash = |reason: String| {
        ExchangeFailure::new(FailureKind::Crash, format!("the provider cannot be connected to: {reason}"))
    };
    let mut endpoint = Endpoint::from_shared(url.to_string())
        .map_err(|error| crash(error.to_string()))?
        .connect_timeout(Duration::from_secs(10));
    if url.scheme() == "https" {
        endpoint = endpoint.tls_config(tls(options).map_err(crash)?).map_err(|error| crash(causes(&error)))?;
    }
    match tokio::time::timeout(options.give_up, endpoint.connect()).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(error)) => Err(crash(causes(&error))),
        Err(_) => Err(ExchangeFailure::new(
            FailureKind::Omission,
            format!("no connection within {}", seconds(options.give_up)),
        )),
    }
}

fn tls(options: &Options) -> Result<ClientTlsConfig, String> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| format!("`{}` could not be read: {error}", path.display()))
    };
    let certificates = &options.certificates;
    if certificates.accept_any {
        return Err("--insecure is for HTTP; for gRPC, trust the server's certificate with --ca-cert".into());
    }
    let mut config = ClientTlsConfig::new().with_enabled_roots();
    for path in &certificates.roots {
        config = config.ca_certificate(Certificate::from_pem(read(path)?));
    }
    if let Some(path) = &certificates.client {
        let certificate = read(path)?;
        let key = certificates.key.as_ref().map_or_else(|| Ok(certificate.clone()), |key| read(key))?;
        config = config.identity(Identity::from_pem(certificate, key));
    }
    Ok(config)
}

/// The innermost reason of an error, which says what happened.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Makes a call and reads the whole answer. A status that the server sends is an answer.
pub(crate) async fn call(
    channel: &Channel,
    base: &Url,
    descriptors: &Descriptors,
    call: &GrpcCall,
    options: &Options,
    correlation_id: &str,
) -> Result<GrpcReply, ExchangeFailure> {
    let arbitrary = |reason: String| ExchangeFailure::new(FailureKind::Arbitrary, reason);
    let method = descriptors.method(call).map_err(arbitrary)?;
    let mut messages = Vec::new();
    for message in &call.messages {
        let bytes = encode(&method.input(), message)
            .map_err(|reason| arbitrary(format!("the request is not a `{}`: {reason}", method.input().full_name())))?;
        messages.push(Bytes::from(bytes));
    }
    let mut request = tonic::Request::new(futures_util::stream::iter(messages));
    add_metadata(request.metadata_mut(), call, options, correlation_id);
    let prefix = base.path().trim_end_matches('/');
    let path = http::uri::PathAndQuery::try_from(format!("{prefix}{}", call.path()))
        .map_err(|error| arbitrary(error.to_string()))?;
    let start = Instant::now();
    let answer = async {
        let mut client = tonic::client::Grpc::new(channel.clone()).max_decoding_message_size(options.max_body);
        client.ready().await.map_err(|error| ExchangeFailure::new(FailureKind::Crash, causes(&error)))?;
        read(client.streaming(request, path, RawCodec).await, options).await
    };
    let (reply, took) = match tokio::time::timeout(options.give_up, answer).await {
        Err(_) => {
            return Err(ExchangeFailure::new(
                FailureKind::Omission,
                format!("no answer within {}", seconds(options.give_up)),
            ));
        }
        Ok(outcome) => (outcome?, start.elapsed()),
    };
    if took > options.timeout {
        let reason = format!("the answer came after {}, and the limit is {}", seconds(took), seconds(options.timeout));
        return Err(ExchangeFailure::new(FailureKind::Timing, reason));
    }
    let decoded: Result<Vec<Value>, String> =
        reply.messages.iter().map(|bytes| decode(&method.output(), bytes)).collect();
    let messages = decoded
        .map_err(|reason| arbitrary(format!("the answer is not a `{}`: {reason}", method.output().full_name())))?;
    Ok(GrpcReply {
        status: reply.status,
        status_message: Some(reply.text),
        messages,
        is_stream: method.is_server_streaming(),
        metadata: reply.metadata,
        ..GrpcReply::default()
    })
}

struct RawReply {
    status: u8,
    text: String,
    messages: Vec<Bytes>,
    metadata: Metadata,
}

async fn read(
    answer: Result<tonic::Response<tonic::Streaming<Bytes>>, tonic::Status>,
    options: &Options,
) -> Result<RawReply, ExchangeFailure> {
    let mut reply = RawReply { status: 0, text: String::new(), messages: Vec::new(), metadata: Metadata::new() };
    let mut stream = match answer {
        Ok(response) => {
            note(&mut reply.metadata, response.metadata());
            response.into_inner()
        }
        Err(status) => return with_status(reply, &status),
    };
    let mut size = 0;
    loop {
        match stream.next().await {
            Some(Ok(message)) => {
                size += message.len();
                if reply.messages.len() >= MAX_MESSAGES || size > options.max_body {
                    return Err(ExchangeFailure::new(
                        FailureKind::Arbitrary,
                        format!("the answer has more than {MAX_MESSAGES} messages or {} bytes", options.max_body),
                    ));
                }
                reply.messages.push(message);
            }
            Some(Err(status)) => return with_status(reply, &status),
            None => break,
        }
    }
    if let Ok(Some(trailers)) = stream.trailers().await {
        note(&mut reply.metadata, &trailers);
    }
    Ok(reply)
}

/// A status with a cause was made on this side: the connection, or what came over it, was broken.
fn with_status(mut reply: RawReply, status: &tonic::Status) -> Result<RawReply, ExchangeFailure> {
    if let Some(cause) = std::error::Error::source(status) {
        let reason = causes(cause);
        let text = format!("{cause:?}");
        let is_protocol = text.contains("PROTOCOL_ERROR") || text.contains("FRAME_SIZE") || text.contains("Parse");
        let kind = if is_protocol { FailureKind::Arbitrary } else { FailureKind::Crash };
        return Err(ExchangeFailure::new(kind, format!("the call was broken off: {reason}")));
    }
    let is_foreign = status.code() == tonic::Code::Internal
        && (status.message().contains("protocol error") || status.message().contains("compression flag"));
    if is_foreign
        || status.message().contains("missing trailing headers")
        || status.message().starts_with("grpc-status header missing")
    {
        return Err(ExchangeFailure::new(
            FailureKind::Arbitrary,
            format!("the answer is not gRPC: {}", status.message()),
        ));
    }
    note(&mut reply.metadata, status.metadata());
    reply.status = u8::try_from(i32::from(status.code())).unwrap_or(2);
    status.message().clone_into(&mut reply.text);
    Ok(reply)
}

fn note(target: &mut Metadata, source: &MetadataMap) {
    for entry in source.iter() {
        if let tonic::metadata::KeyAndValueRef::Ascii(key, value) = entry {
            target.insert(key.as_str().to_owned(), value.to_str().unwrap_or_default().into());
        }
    }
}

fn add_metadata(target: &mut MetadataMap, call: &GrpcCall, options: &Options, correlation_id: &str) {
    let own = call
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    let all =
        own.chain(options.headers.iter().cloned()).chain([("x-correlation-id".to_owned(), correlation_id.to_owned())]);
    for (name, value) in all {
        // Names and values that gRPC cannot carry were refused with the arguments, or are left out.
        if let (Ok(key), Ok(value)) =
            (MetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes()), MetadataValue::try_from(value))
        {
            target.insert(key, value);
        }
    }
}

/// Asks the server itself what its messages are. gRPC Server Reflection v1.
pub(crate) async fn reflect(channel: &Channel, services: &[String], options: &Options) -> Result<Descriptors, String> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut wanted: Vec<MessageRequest> =
        services.iter().map(|service| MessageRequest::FileContainingSymbol(service.clone())).collect();
    let mut asked: Vec<String> = Vec::new();
    while let Some(request) = wanted.pop() {
        for bytes in tokio::time::timeout(options.give_up, ask(channel, request))
            .await
            .map_err(|_| "the server's reflection did not answer in time".to_owned())??
        {
            let file = FileDescriptorProto::decode(bytes.as_slice())
                .map_err(|error| format!("the server's reflection gives no descriptor: {error}"))?;
            if files.contains_key(file.name()) {
                continue;
            }
            if files.len() >= MAX_FILES {
                return Err(format!("the server's reflection gives more than {MAX_FILES} files"));
            }
            for import in &file.dependency {
                if !asked.contains(import) {
                    asked.push(import.clone());
                    wanted.push(MessageRequest::FileByFilename(import.clone()));
                }
            }
            files.insert(file.name().to_owned(), bytes);
        }
    }
    let files: Vec<Vec<u8>> = files.into_values().collect();
    Descriptors::of_files(&files)
        .map_err(|reason| format!("the server's reflection gives descriptors that cannot be used: {reason}"))
}

async fn ask(channel: &Channel, request: MessageRequest) -> Result<Vec<Vec<u8>>, String> {
    let mut client = ServerReflectionClient::new(channel.clone());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let refused = |status: tonic::Status| {
        if status.code() == tonic::Code::Unimplemented {
            "the server has no reflection; name its contract with --contract".to_owned()
        } else {
            format!("the server's reflection failed: {}", status.message())
        }
    };
    let mut answers =
        client.server_reflection_info(futures_util::stream::iter([request])).await.map_err(refused)?.into_inner();
    match answers.message().await.map_err(refused)?.and_then(|answer| answer.message_response) {
        Some(MessageResponse::FileDescriptorResponse(found)) => Ok(found.file_descriptor_proto),
        Some(MessageResponse::ErrorResponse(error)) => {
            Err(format!("the server's reflection says: {}", error.error_message))
        }
        _ => Err("the server's reflection gives no answer".to_owned()),
    }
}
