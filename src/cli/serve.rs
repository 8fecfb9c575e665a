//! `counterpart serve`: the registry's server.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Args;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::finding::Problem;
use crate::registry::http::deliver_webhooks;
use crate::registry::http::{
    App, Exporter, Limits, Metrics, Oidc, RateLimit, Sampler, Settings, TraceLayer, TraceSettings, outgoing_client,
    router, serve, tls_from_files,
};
use crate::registry::service::{Edges, Ledger, Registry};
use crate::registry::store::{PostgresStore, SqliteStore, Store};

/// After how many records it is worth taking a snapshot on the way out.
const WORTH_A_SNAPSHOT: u64 = 1_000;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "On its first start the server prints a token with which an administrator can do everything. It is\n\
                        shown once. `docs/registry/operations.md` tells about backups, limits, TLS and several servers."
)]
pub struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", env = "COUNTERPART_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    #[command(flatten)]
    storage: StorageArguments,

    /// The address under which clients know this server, where that is not the one they ask (behind a proxy).
    #[arg(long, value_name = "URL", env = "COUNTERPART_BASE_URL")]
    base_url: Option<String>,

    /// Let everybody look without a token. Changing anything still needs one.
    #[arg(long)]
    anonymous_read: bool,

    /// A certificate chain (PEM), to speak TLS without a proxy.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<Utf8PathBuf>,

    /// Its key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<Utf8PathBuf>,

    /// A host (`ci.internal`) or network (`10.1.0.0/16`) that webhooks may call although it is private; `*` for all.
    #[arg(long, value_name = "HOST")]
    webhook_allow: Vec<String>,

    /// How large a request may be, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    max_body: usize,

    /// How many requests a second each caller may make on average; 0 for no limit.
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    rate_limit: u32,

    /// How many connections are served at once.
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    max_connections: usize,

    /// Write the log as JSON, one object per line.
    #[arg(long)]
    log_json: bool,
}

/// `--data` or `--database`: where a registry is kept.
#[derive(Debug, Args)]
pub struct StorageArguments {
    /// The directory of the embedded database.
    #[arg(
        long,
        value_name = "DIR",
        env = "COUNTERPART_DATA",
        default_value = "counterpart-data",
        conflicts_with = "database"
    )]
    data: Utf8PathBuf,

    /// A PostgreSQL database instead: `postgresql://user:password@host/name?sslmode=require`. Any number of servers may
    /// share it.
    #[arg(long, value_name = "URL", env = "COUNTERPART_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

impl StorageArguments {
    /// Opens the database that is meant, with its tables brought up to date.
    pub(crate) async fn open(&self, context: &Context) -> Result<Arc<dyn Store>, Problem> {
        open_store(&context.cwd.join(&self.data), self.database.as_deref()).await
    }
}

/// Threads for SQLite, comparisons and snapshots. Each keeps what its largest comparison needed, so the runtime's default
/// of hundreds would cost more memory than the registry itself, and no more of them have work at once.
const BLOCKING_THREADS: usize = 8;

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    // Fails only where somebody else has chosen a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (settings, remarks) = TraceSettings::read(|name| std::env::var(name).ok());
    for remark in remarks {
        context.remark(&remark);
    }
    let sampler = settings.as_ref().map(|settings| settings.sampler);
    let (exporter, layer) = settings.map(Exporter::new).unzip();
    start_log(arguments.log_json, layer);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| Problem::new("no-runtime", format!("the server cannot start: {error}")))?;
    runtime.block_on(serve_until_stopped(arguments, exporter.zip(sampler), context))?;
    // Blocking work that hangs on a database that is gone must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_secs(5));
    Ok(Exit::Clean)
}

/// What the registry takes from the outside world.
pub(crate) fn edges() -> Edges {
    Edges { now: || jiff::Timestamp::now().as_millisecond(), uuid: || uuid::Uuid::new_v4().to_string() }
}

fn start_log(json: bool, traces: Option<TraceLayer>) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERPART_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = if json {
        lines.json().with_span_list(false).with_filter(filter).boxed()
    } else {
        // What is for traces has dotted names; a line for people has the rest.
        let fields = debug_fn(|writer, field, value| match field.name() {
            "message" => write!(writer, "{value:?} "),
            name if name.contains('.') => Ok(()),
            name => write!(writer, "{name}={value:?} "),
        });
        lines.with_ansi(false).fmt_fields(fields).with_filter(filter).boxed()
    };
    // A second subscriber is refused; the first one does as well.
    let traces = traces.map(|layer| layer.with_filter(LevelFilter::INFO));
    let _ = tracing_subscriber::registry().with(lines).with(traces).try_init();
}

fn failed(code: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Problem {
    move |error| Problem::new(code, format!("the server cannot start: {error}"))
}

/// Opens the database that is meant, with its tables brought up to date.
async fn open_store(data: &camino::Utf8Path, database: Option<&str>) -> Result<Arc<dyn Store>, Problem> {
    let broken = failed("database");
    let store: Arc<dyn Store> = match database {
        None => Arc::new(SqliteStore::open(data.as_std_path()).map_err(|error| broken(&error))?),
        Some(url) => {
            let mut roots = rustls::RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            Arc::new(PostgresStore::open(url, tls).map_err(|error| broken(&error))?)
        }
    };
    store.migrate().await.map_err(|error| broken(&error))?;
    Ok(store)
}

async fn serve_until_stopped(
    arguments: &Arguments,
    traces: Option<(Exporter, Sampler)>,
    context: &mut Context,
) -> Result<(), Failure> {
    let broken = failed("serve");
    let store = arguments.storage.open(context).await?;
    let ledger = Ledger::open(store, edges()).await.map_err(|error| broken(&error))?;
    let registry = Registry::new(ledger, crate::formats::all());
    let tls = match (&arguments.tls_certificate, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            let certificate = context.cwd.join(certificate);
            let key = context.cwd.join(key);
            Some(tls_from_files(certificate.as_std_path(), key.as_std_path()).map_err(|error| broken(&error))?)
        }
        _ => None,
    };
    let listener = tokio::net::TcpListener::bind(arguments.listen).await.map_err(|error| {
        Problem::new("listen", format!("nobody can listen on {}: {error}", arguments.listen))
            .with_help("choose another address with `--listen`; port 0 takes any free one")
    })?;
    let address = listener.local_addr().map_err(|error| broken(&error))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let here = format!("{scheme}://{address}");
    let outgoing = outgoing_client(None).map_err(|error| broken(&error))?;
    let base_url = arguments.base_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
    let app = App {
        settings: Arc::new(Settings {
            // Webhooks need an address too, when nobody asks.
            fallback_url: here.clone(),
            base_url,
            anonymous_read: arguments.anonymous_read,
            max_body: arguments.max_body.saturating_mul(1 << 20),
            webhook_allow: arguments.webhook_allow.clone(),
        }),
        metrics: Arc::new(Metrics::default()),
        rate: Arc::new(RateLimit::new(arguments.rate_limit)),
        oidc: Arc::new(Oidc::new(outgoing.clone(), arguments.webhook_allow.iter().any(|allowed| allowed == "*"))),
        traces: traces.as_ref().map(|(_, sampler)| *sampler),
        registry: registry.clone(),
        outgoing,
    };
    writeln!(context.stdout, "listening on {here}")?;
    if let Some(token) = registry.first_token().await.map_err(|error| broken(&error))? {
        writeln!(context.stdout, "administrator's token, shown only now: {token}")?;
    }
    context.stdout.flush()?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (stop_traces, traces_stopped) = tokio::sync::watch::channel(false);
    let traces = traces.map(|(exporter, _)| tokio::spawn(exporter.run(app.outgoing.clone(), traces_stopped)));
    let deliveries = tokio::spawn(deliver_webhooks(app.clone(), stopped.clone()));
    let limits = Limits { connections: arguments.max_connections, ..Limits::default() };
    let serving = tokio::spawn(serve(listener, router(app), tls, limits, stopped));
    wait_for_signal().await;
    context.remark("stopping: requests under way are finished first");
    // Nobody listening any more is the same as being told.
    let _ = stop.send(true);
    let _ = serving.await;
    let _ = tokio::time::timeout(Duration::from_secs(20), deliveries).await;
    let _ = stop_traces.send(true);
    if let Some(traces) = traces {
        // The last spans are of the requests that were just finished.
        let _ = tokio::time::timeout(Duration::from_secs(5), traces).await;
    }
    // So that the next start reads next to nothing; without it, it only takes longer.
    let saved = tokio::time::timeout(Duration::from_secs(20), registry.ledger.save_snapshot(WORTH_A_SNAPSHOT)).await;
    if let Ok(Err(error)) = saved {
        context.remark(&format!("no snapshot was taken: {error}"));
    }
    Ok(())
}

async fn wait_for_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => drop(signal.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
