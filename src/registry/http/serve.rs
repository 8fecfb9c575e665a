//! Listening: connections with limits on their number, their time and their patience, TLS or not, and a stop that lets
//! requests finish.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// What a server puts up with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; more wait.
    pub(crate) connections: usize,
    /// How long a client may take for a request's head.
    pub(crate) head: Duration,
    /// How long a request may take in all, its body included.
    pub(crate) request: Duration,
    /// How long requests may take to finish after the server was told to stop.
    pub(crate) shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: Duration::from_secs(15),
            request: Duration::from_secs(60),
            shutdown: Duration::from_secs(20),
        }
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("read the certificate or key `{path}`: {reason}")]
    Tls { path: String, reason: String },
}

/// A certificate chain and its key, in PEM.
pub(crate) fn tls_from_files(certificates: &Path, key: &Path) -> Result<Arc<rustls::ServerConfig>, ServeError> {
    let failed = |path: &Path, reason: String| ServeError::Tls { path: path.display().to_string(), reason };
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(certificates, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(certificates, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| failed(certificates, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Answers until `stop` says so, then lets the requests finish that are under way.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<rustls::ServerConfig>>,
    limits: Limits,
    mut stop: tokio::sync::watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: others will be closed soon.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small answers should not wait for more.
        let _ = stream.set_nodelay(true);
        let (router, acceptor, watcher) = (router.clone(), acceptor.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _slot = slot;
            match acceptor {
                None => converse(stream, router, limits, watcher).await,
                Some(acceptor) => match tokio::time::timeout(Duration::from_secs(10), acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => converse(stream, router, limits, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "TLS failed"),
                    Err(_) => tracing::debug!("TLS took too long"),
                },
            }
        });
    }
    drop(listener);
    // Connections that wait for a request end now; those that answer one, or are being made, after it.
    if tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

async fn converse<S>(stream: S, router: Router, limits: Limits, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let answered =
                tokio::time::timeout(limits.request, router.oneshot(request.map(axum::body::Body::new))).await;
            Ok::<_, std::convert::Infallible>(match answered {
                Ok(Ok(response)) => response,
                Err(_) => axum::response::IntoResponse::into_response(axum::http::StatusCode::REQUEST_TIMEOUT),
            })
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head).keep_alive(true);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30)).max_concurrent_streams(100);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::{get, post};
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::watch;
    use tokio::task::JoinHandle;

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    async fn start(limits: Limits) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let router = Router::new()
            .route("/", get(|| async { "at once" }))
            .route(
                "/slow",
                get(|| async {
                    tokio::time::sleep(SHORT).await;
                    "at last"
                }),
            )
            .route("/body", post(|body: Bytes| async move { body.len().to_string() }));
        let (stop, stopped) = watch::channel(false);
        (address, stop, tokio::spawn(serve(listener, router, None, limits, stopped)))
    }

    /// Sends bytes and reads until the server ends the connection.
    async fn talk(address: SocketAddr, bytes: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(bytes.as_bytes()).await.expect("sends");
        let mut answer = Vec::new();
        // A connection that is reset has ended too.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    const ASK: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn clients_that_never_finish_their_request_are_cut_off_and_others_get_their_turn() {
        let limits = Limits { connections: 3, head: SHORT, request: SHORT, ..Limits::default() };
        let (address, _stop, _serving) = start(limits).await;
        let slow_heads = (0..2).map(|_| talk(address, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "));
        let slow_body =
            talk(address, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\nfew");
        let (heads, body, served) =
            tokio::join!(futures_util::future::join_all(slow_heads), slow_body, talk(address, ASK));
        assert!(heads.iter().all(|answer| !answer.contains("at once")), "{heads:?}");
        assert!(body.starts_with("HTTP/1.1 408"), "{body}");
        assert!(served.contains("at once"), "all connections were taken, and came back: {served}");
    }

    #[tokio::test]
    async fn a_request_under_way_is_finished_when_the_server_stops_and_no_new_one_is_taken() {
        let (address, stop, serving) = start(Limits::default()).await;
        let under_way =
            tokio::spawn(
                async move { talk(address, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await },
            );
        tokio::time::sleep(SHORT / 4).await;
        stop.send(true).expect("the server listens");
        assert!(under_way.await.expect("it ends").contains("at last"));
        serving.await.expect("the server ends");
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn connections_that_wait_for_a_request_do_not_hold_up_a_stop() {
        let (address, stop, serving) = start(Limits::default()).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sends");
        let mut answer = [0; 512];
        let length = stream.read(&mut answer).await.expect("answers");
        assert!(answer[..length].ends_with(b"at once"));
        stop.send(true).expect("the server listens");
        assert_eq!(stream.read(&mut answer).await.expect("ends in order"), 0);
        tokio::time::timeout(Duration::from_secs(5), serving).await.expect("soon").expect("the server ends");
    }
}
