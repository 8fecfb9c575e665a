//! `counterpart registry`: what administrators of a registry do.

use std::fs::File;
use std::io::{BufReader, Write};

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::registry_access::{RegistryArguments, service_version};
use crate::cli::registry_import::import;
use crate::cli::serve::StorageArguments;
use crate::finding::Problem;
use crate::registry::client::{Client, PactBroker, Reference, encode};
use crate::registry::service::restore;
use crate::render;

/// Arguments of `registry`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Registry,
}

#[derive(Debug, Subcommand)]
enum Registry {
    /// Hand out a token. It is shown once.
    TokenCreate {
        /// Who or what it is for.
        #[arg(value_name = "NAME")]
        name: String,
        /// What it allows: read, publish, verify, deploy or admin.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// Only for services whose names match (`web-*`); every service, if absent.
        #[arg(long = "service", value_name = "GLOB")]
        services: Vec<String>,
        /// Until when: 2027-01-01T00:00:00Z.
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// List the tokens, with when they were used last.
    TokenList {
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Make a token useless.
    TokenRevoke {
        /// Its id.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Trust the tokens of an identity provider (GitHub Actions), so that builds need no stored secret.
    TrustAdd {
        /// Who signs them.
        #[arg(long, value_name = "URL", default_value = "https://token.actions.githubusercontent.com")]
        issuer: String,
        /// What they must be made for.
        #[arg(long, value_name = "TEXT")]
        audience: String,
        /// A claim with the glob that it must match: `repository=acme/*`.
        #[arg(long = "claim", value_name = "NAME=GLOB", required = true)]
        claims: Vec<String>,
        /// What they allow.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// Only for services whose names match.
        #[arg(long = "service", value_name = "GLOB")]
        services: Vec<String>,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Set a service's owners, labels, main branch and compatibility mode.
    Service {
        /// Its name.
        #[arg(value_name = "SERVICE")]
        service: String,
        /// What publishing enforces: a mode of `check`, or `none`.
        #[arg(long, value_name = "MODE")]
        mode: Option<String>,
        /// Who answers for it; replaces the owners before.
        #[arg(long = "owner", value_name = "NAME")]
        owners: Vec<String>,
        /// A label to put on it.
        #[arg(long = "label", value_name = "LABEL")]
        labels: Vec<String>,
        /// The branch that releases come from.
        #[arg(long, value_name = "NAME")]
        main_branch: Option<String>,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Say that nobody is built against a version any more: new ones need not be compatible with it.
    Retire {
        /// The service and its version.
        #[arg(value_name = "SERVICE@VERSION", value_parser = service_version)]
        version: (String, String),
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Check the hash chain of the audit log, and print where it ends.
    Verify {
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Write everything into a file, webhook secrets too, while the server goes on.
    Backup {
        /// The file.
        #[arg(value_name = "FILE")]
        file: Utf8PathBuf,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Write everything but secrets into a file.
    Export {
        /// The file.
        #[arg(value_name = "FILE")]
        file: Utf8PathBuf,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Fill a new, empty registry from a backup or an export, on either storage. No server may run on it.
    Restore {
        /// The file.
        #[arg(value_name = "FILE")]
        file: Utf8PathBuf,
        #[command(flatten)]
        storage: StorageArguments,
    },
    /// Take over everything that a live Pact Broker knows (it may be done again, and brings what is new), or a file as
    /// `restore` does.
    Import {
        /// A backup or an export.
        #[arg(value_name = "FILE", required_unless_present = "from_broker", conflicts_with = "from_broker")]
        file: Option<Utf8PathBuf>,
        #[command(flatten)]
        storage: StorageArguments,
        /// The broker's address.
        #[arg(long, value_name = "URL")]
        from_broker: Option<String>,
        /// A token of the broker.
        #[arg(long, value_name = "TOKEN", env = "PACT_BROKER_TOKEN", hide_env_values = true)]
        broker_token: Option<String>,
        /// A user of the broker, where it knows no tokens.
        #[arg(long, value_name = "NAME", env = "PACT_BROKER_USERNAME", requires = "broker_password")]
        broker_user: Option<String>,
        /// The user's password.
        #[arg(long, value_name = "PASSWORD", env = "PACT_BROKER_PASSWORD", hide_env_values = true)]
        broker_password: Option<String>,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Remove old versions that nobody needs, and contents that nothing refers to.
    Gc {
        /// Keep everything that is younger.
        #[arg(long, value_name = "DAYS")]
        keep_days: u32,
        /// Only say what would be removed.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// List webhook calls that were given up.
    DeadLetters {
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// Make a webhook call again.
    Replay {
        /// The call's id.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        registry: RegistryArguments,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    match &arguments.command {
        Registry::TokenCreate { name, scopes, services, expires, registry } => {
            let body = json!({"name": name, "scopes": scopes, "services": services, "expires_at": expires});
            let answer = registry.client(context)?.post("hand out a token", "/api/v1/tokens", &body)?;
            writeln!(context.stdout, "{}", answer["token"].as_str().unwrap_or_default())?;
        }
        Registry::TokenList { registry } => show(registry, "list the tokens", "/api/v1/tokens", context)?,
        Registry::TokenRevoke { id, registry } => {
            let path = format!("/api/v1/tokens/{}", encode(id));
            let answer = registry.client(context)?.send(reqwest::Method::DELETE, &path, None, &[])?;
            if answer.status >= 300 {
                return Err(answer.problem("revoke the token").into());
            }
            writeln!(context.stdout, "revoked: {id}")?;
        }
        Registry::TrustAdd { issuer, audience, claims, scopes, services, registry } => {
            let mut wanted = serde_json::Map::new();
            for claim in claims {
                let (name, glob) = claim.split_once('=').ok_or_else(|| {
                    Problem::new("bad-claim", format!("`{claim}` is not NAME=GLOB"))
                        .with_help("for example `repository=acme/*`")
                })?;
                wanted.insert(name.to_owned(), json!(glob));
            }
            let body = json!({"issuer": issuer, "audience": audience, "claims": wanted, "scopes": scopes, "services": services});
            let answer = registry.client(context)?.post("trust that issuer", "/api/v1/trust", &body)?;
            writeln!(context.stdout, "trusted: {}", answer["id"].as_str().unwrap_or_default())?;
        }
        Registry::Service { service, mode, owners, labels, main_branch, registry } => {
            let mut body = json!({"labels": labels});
            for (key, value) in [("mode", mode), ("main_branch", main_branch)] {
                if let Some(value) = value {
                    body[key] = json!(value);
                }
            }
            if !owners.is_empty() {
                body["owners"] = json!(owners);
            }
            let path = format!("/api/v1/services/{}", encode(service));
            let answer = registry.client(context)?.send(reqwest::Method::PUT, &path, Some(&body), &[])?;
            if answer.status >= 300 {
                return Err(answer.problem("change the service").into());
            }
            writeln!(
                context.stdout,
                "changed: {service} (mode {})",
                answer.json()["mode"].as_str().unwrap_or_default()
            )?;
        }
        Registry::Retire { version: (service, version), registry } => {
            let path = format!("{}/retire", Reference::version_path(service, version));
            registry.client(context)?.post("retire it", &path, &json!({}))?;
            writeln!(context.stdout, "retired: {service} {version}")?;
        }
        Registry::Verify { registry } => {
            let head = registry.client(context)?.get("check its log", "/api/v1/audit/head")?;
            writeln!(
                context.stdout,
                "intact: {} records, {}",
                head["records"],
                head["hash"].as_str().unwrap_or_default()
            )?;
        }
        Registry::Backup { file, registry } => save(registry, file, "?secrets=true", context)?,
        Registry::Export { file, registry } => save(registry, file, "", context)?,
        Registry::Restore { file, storage } => fill(file, storage, context)?,
        Registry::Import { file: Some(file), storage, .. } => fill(file, storage, context)?,
        Registry::Import { from_broker, broker_token, broker_user, broker_password, registry, .. } => {
            let from_broker = from_broker.as_deref().unwrap_or_default();
            let mut source = Client::new(from_broker, broker_token.clone())?;
            if let (Some(user), Some(password)) = (broker_user, broker_password) {
                source = source.with_password(user.clone(), password.clone());
            }
            let target = registry.client(context)?;
            import(&PactBroker::new(source), &target, context)?;
        }
        Registry::Gc { keep_days, dry_run, registry } => {
            let body = json!({"keep_days": keep_days, "dry_run": dry_run});
            let answer = registry.client(context)?.post("remove anything", "/api/v1/gc", &body)?;
            for version in answer["versions"].as_array().into_iter().flatten() {
                let text = |key: &str| version[key].as_str().unwrap_or_default().to_owned();
                writeln!(context.stdout, "{} {}", text("service"), text("version"))?;
            }
            let word = if *dry_run { "would be removed" } else { "removed" };
            let versions = answer["versions"].as_array().map_or(0, Vec::len);
            writeln!(
                context.stdout,
                "{word}: {versions} versions, {} contents, {} bytes",
                answer["blobs"], answer["bytes"]
            )?;
        }
        Registry::DeadLetters { registry } => {
            show(registry, "list webhook calls", "/api/v1/deliveries?status=dead", context)?;
        }
        Registry::Replay { id, registry } => {
            let path = format!("/api/v1/deliveries/{}/replay", encode(id));
            registry.client(context)?.post("make that call again", &path, &Value::Null)?;
            writeln!(context.stdout, "queued: {id}")?;
        }
    }
    Ok(Exit::Clean)
}

fn show(registry: &RegistryArguments, what: &str, path: &str, context: &mut Context) -> Result<(), Failure> {
    let document = registry.client(context)?.get(what, path)?;
    Ok(render::json(&document, &mut context.stdout)?)
}

fn save(registry: &RegistryArguments, file: &Utf8PathBuf, query: &str, context: &mut Context) -> Result<(), Failure> {
    let bytes = registry.client(context)?.get_bytes("write itself out", &format!("/api/v1/export{query}"))?;
    // The last line says that the archive is whole; a connection that broke must not pass for a backup.
    let last = bytes.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    if !last.starts_with(b"{\"end\":") {
        return Err(Problem::new("cut-off", "the registry's answer was cut off; nothing was written").into());
    }
    let path = context.cwd.join(file);
    std::fs::write(&path, &bytes)
        .map_err(|error| Problem::new("unwritable", format!("`{file}` cannot be written: {error}")))?;
    writeln!(context.stdout, "written: {file} ({} bytes)", bytes.len())?;
    Ok(())
}

fn fill(file: &Utf8PathBuf, storage: &StorageArguments, context: &mut Context) -> Result<(), Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let path = context.cwd.join(file);
    let archive =
        File::open(&path).map_err(|error| Problem::new("unreadable", format!("`{file}` cannot be read: {error}")))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new("no-runtime", error.to_string()))?;
    let records = runtime.block_on(async {
        let store = storage.open(context).await?;
        restore(&*store, BufReader::new(archive))
            .await
            .map_err(|error| Problem::new("restore", format!("nothing can be restored from `{file}`: {error}")))
    })?;
    writeln!(context.stdout, "restored: {records} records")?;
    Ok(())
}
