//! A real gRPC provider (tonic): unary and streaming, with reflection and without.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes};
use futures_util::StreamExt;
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Response, Status};

use crate::verify::command::{Folder, Run};
use crate::verify::server::in_background;
use crate::verify::server::nobody;
use crate::verify::transport::certificates;

const PROTO: &str = r#"
syntax = "proto3";
package shop.v1;
message Id { int64 id = 1; }
message Order { int64 order_id = 1; double total = 2; string note = 3; repeated string tags = 4; }
service Orders {
  rpc Get(Id) returns (Order);
  rpc Watch(Id) returns (stream Order);
  rpc Sum(stream Order) returns (Order);
}
"#;

fn pool() -> DescriptorPool {
    struct Source;
    impl protox::file::FileResolver for Source {
        fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
            protox::file::File::from_source(name, PROTO)
        }
    }
    let mut compiler = protox::Compiler::with_file_resolver(Source);
    compiler.include_imports(true).open_file("shop/v1/orders.proto").expect("the contract compiles");
    compiler.descriptor_pool()
}

fn encode(name: &str, json: Value) -> Bytes {
    let descriptor = pool().get_message_by_name(name).expect("the message is there");
    DynamicMessage::deserialize(descriptor, json).expect("the JSON fits").encode_to_vec().into()
}

fn decode(name: &str, bytes: &[u8]) -> Value {
    let descriptor = pool().get_message_by_name(name).expect("the message is there");
    serde_json::to_value(DynamicMessage::decode(descriptor, bytes).expect("the bytes fit")).expect("JSON")
}

struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = source.remaining();
        Ok(Some(source.copy_to_bytes(length)))
    }
}

#[derive(Clone)]
struct Orders;

/// What a gRPC server says to a service that it does not have.
async fn unimplemented() -> http::Response<axum::body::Body> {
    let response = http::Response::builder().header("content-type", "application/grpc").header("grpc-status", "12");
    response.body(axum::body::Body::empty()).expect("a response")
}

async fn get(request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
    let id = decode("shop.v1.Id", request.get_ref())["id"].as_str().unwrap_or("0").to_owned();
    match id.as_str() {
        "404" => Err(Status::not_found("no such order")),
        "13" => Ok(Response::new(Bytes::from_static(b"\xff\xff\xff"))),
        _ => {
            let mut response =
                Response::new(encode("shop.v1.Order", json!({"orderId": id, "total": 12.5, "tags": ["a", "b"]})));
            let tenant = request.metadata().get("x-tenant").cloned();
            if let Some(tenant) = tenant {
                response.metadata_mut().insert("x-tenant", tenant);
            }
            Ok(response)
        }
    }
}

type Orderly = Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, Status>> + Send>>;

async fn watch(_: Request<Bytes>) -> Result<Response<Orderly>, Status> {
    let orders = (1..=3).map(|number| Ok(encode("shop.v1.Order", json!({"orderId": number, "total": number}))));
    Ok(Response::new(Box::pin(futures_util::stream::iter(orders.collect::<Vec<_>>()))))
}

async fn sum(request: Request<tonic::Streaming<Bytes>>) -> Result<Response<Bytes>, Status> {
    let mut total = 0.0;
    let mut orders = request.into_inner();
    while let Some(order) = orders.next().await {
        total += decode("shop.v1.Order", &order?)["total"].as_f64().unwrap_or(0.0);
    }
    Ok(Response::new(encode("shop.v1.Order", json!({"total": total}))))
}

impl tower::Service<http::Request<axum::body::Body>> for Orders {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<axum::body::Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(Raw);
            Ok(match request.uri().path() {
                "/shop.v1.Orders/Get" => grpc.unary(tower::service_fn(get), request).await,
                "/shop.v1.Orders/Watch" => grpc.server_streaming(tower::service_fn(watch), request).await,
                _ => grpc.client_streaming(tower::service_fn(sum), request).await,
            })
        })
    }
}

/// Starts the provider; it ends with the process.
fn provider(with_reflection: bool) -> String {
    let address = in_background(move |listener| async move {
        let mut router = axum::Router::new().route_service("/shop.v1.Orders/{*method}", Orders);
        if with_reflection {
            let bytes: &'static [u8] = Box::leak(pool().encode_to_vec().into_boxed_slice());
            let reflection =
                tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(bytes).build_v1();
            router =
                router.route_service("/grpc.reflection.v1.ServerReflection/{*method}", reflection.expect("reflection"));
        }
        let router = router.fallback(unimplemented);
        axum::serve(listener, router).await.expect("the server runs");
    });
    format!("http://{address}")
}

fn interaction(method: &str, request: &Value, response: &Value) -> String {
    json!({
        "consumer": {"name": "web"}, "provider": {"name": "orders"}, "metadata": {"pactSpecification": {"version": "4.0"}},
        "interactions": [{"type": "Counterpart/gRPC", "description": "d", "service": "shop.v1.Orders", "method": method, "request": request, "response": response}],
    })
    .to_string()
}

fn verify(url: &str, more: &[&str], pact: &str) -> Run {
    let folder = Folder::new();
    folder.write("p.json", pact);
    folder.write("orders.proto", PROTO);
    let mut arguments = vec!["p.json", "--provider", url, "--retries", "0", "--give-up", "5"];
    arguments.extend(more);
    folder.verify(&arguments)
}

#[test]
fn a_unary_call_verifies_with_reflection_and_with_the_contract() {
    let pact = interaction(
        "Get",
        &json!({"message": {"id": 7}, "metadata": {"x-tenant": "a"}}),
        &json!({"message": {"order_id": 7, "total": 1.0, "note": ""}, "metadata": {"x-tenant": "a"}, "matchingRules": {"body": {"$.total": {"matchers": [{"match": "type"}]}}}}),
    );
    let run = verify(&provider(true), &[], &pact);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let run = verify(&provider(false), &["--contract", "orders.proto"], &pact);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let run = verify(&provider(false), &[], &pact);
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("no reflection"), "{}", run.stdout);
}

/// The same contract in an edition.
const EDITION: &str = r#"
edition = "2023";
package shop.v1;
option features.field_presence = IMPLICIT;
message Id { int64 id = 1; }
message Order { int64 order_id = 1; double total = 2; string note = 3; repeated string tags = 4; }
service Orders { rpc Get(Id) returns (Order); }
"#;

#[test]
fn a_contract_in_an_edition_is_read_as_well() {
    let pact = interaction("Get", &json!({"message": {"id": 7}}), &json!({"message": {"order_id": 7, "note": ""}}));
    let folder = Folder::new();
    folder.write("p.json", &pact);
    folder.write("orders.proto", EDITION);
    let run = folder.verify(&["p.json", "--provider", &provider(false), "--contract", "orders.proto"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(folder.verify(&["p.json", "--contract", "orders.proto"]).code, 0);
    folder.write("orders.proto", &EDITION.replace("int64 order_id", "Gone order_id"));
    let run = folder.verify(&["p.json", "--contract", "orders.proto"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("orders.proto:6:") && run.stderr.contains("Gone"), "{}", run.stderr);
}

/// Speaks TLS with the certificate in the folder, and hands on to the provider what comes.
fn with_tls(folder: &Folder, provider: &str) -> String {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let file = |name: &str| folder.path().join(name);
    let chain = CertificateDer::pem_file_iter(file("server.pem")).expect("a certificate");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    listener.set_nonblocking(true).expect("non-blocking");
    let target = provider.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, target) = (acceptor.clone(), target.clone());
                tokio::spawn(async move {
                    let mut outer = acceptor.accept(stream).await.ok()?;
                    let mut inner = tokio::net::TcpStream::connect(target).await.ok()?;
                    tokio::io::copy_bidirectional(&mut outer, &mut inner).await.ok()
                });
            }
        });
    });
    url
}

#[test]
fn tls_trusts_the_systems_roots_and_named_ones() {
    let folder = Folder::new();
    certificates(folder.path());
    let url = with_tls(&folder, &provider(true));
    let pact = interaction("Get", &json!({"message": {"id": 7}}), &json!({"message": {"order_id": 7}}));
    folder.write("p.json", &pact);
    let arguments = ["p.json", "--provider", &url, "--retries", "0"];
    let run = folder.verify_in(&arguments, &[("SSL_CERT_FILE", &folder.path().join("ca.pem"))]);
    assert_eq!(run.code, 0, "the system's roots: {}{}", run.stdout, run.stderr);
    let named = [&arguments[..], &["--ca-cert", "ca.pem"]].concat();
    let run = folder.verify(&named);
    assert_eq!(run.code, 0, "a named root: {}{}", run.stdout, run.stderr);
    let run = folder.verify(&arguments);
    assert!(run.code == 2 && run.stdout.contains("crash failure"), "an unknown root: {}", run.stdout);
    let run = folder.verify(&[&arguments[..], &["--insecure"]].concat());
    assert!(run.code == 2 && run.stdout.contains("--insecure is for HTTP"), "{}", run.stdout);
}

#[test]
fn streams_verify_in_both_directions() {
    let url = provider(true);
    let watch = interaction(
        "Watch",
        &json!({"message": {"id": 1}}),
        &json!({"messages": [{"orderId": 1}, {"orderId": 2}, {"orderId": 3}]}),
    );
    assert_eq!(verify(&url, &[], &watch).code, 0, "{}", verify(&url, &[], &watch).stdout);
    let short = interaction("Watch", &json!({"message": {"id": 1}}), &json!({"messages": [{"orderId": 1}]}));
    let run = verify(&url, &[], &short);
    assert!(run.code == 1 && run.stdout.contains("List with 1 elements but received 3"), "{}", run.stdout);
    let any = interaction(
        "Watch",
        &json!({"message": {"id": 1}}),
        &json!({"messages": [{"orderId": 9}], "matchingRules": {"body": {"$": {"matchers": [{"match": "type", "min": 2}]}}}}),
    );
    assert_eq!(verify(&url, &[], &any).code, 0, "{}", verify(&url, &[], &any).stdout);
    let sum = interaction("Sum", &json!({"messages": [{"total": 1}, {"total": 2}]}), &json!({"message": {"total": 3}}));
    assert_eq!(verify(&url, &[], &sum).code, 0, "{}", verify(&url, &[], &sum).stdout);
}

#[test]
fn statuses_and_differences_are_told_apart_from_failures() {
    let url = provider(true);
    let missing = interaction(
        "Get",
        &json!({"message": {"id": 404}}),
        &json!({"status": "NOT_FOUND", "statusMessage": "no such order"}),
    );
    assert_eq!(verify(&url, &[], &missing).code, 0, "{}", verify(&url, &[], &missing).stdout);
    let other = interaction("Get", &json!({"message": {"id": 404}}), &json!({"message": {"orderId": 404}}));
    let run = verify(&url, &[], &other);
    assert!(
        run.code == 1 && run.stdout.contains("expected the status OK but was NOT_FOUND (no such order)"),
        "{}",
        run.stdout
    );
    let different = interaction("Get", &json!({"message": {"id": 7}}), &json!({"message": {"tags": ["a", "c"]}}));
    let run = verify(&url, &[], &different);
    assert!(run.code == 1 && run.stdout.contains("$.tags[1]"), "{}", run.stdout);
    let broken = interaction("Get", &json!({"message": {"id": 13}}), &json!({"message": {"orderId": 13}}));
    let run = verify(&url, &[], &broken);
    assert!(run.code == 1 && run.stdout.contains("arbitrary failure"), "{}", run.stdout);
    let run = verify(&nobody(), &[], &different);
    assert!(run.code == 2 && run.stdout.contains("crash failure"), "{}", run.stdout);
}
