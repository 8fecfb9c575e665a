//! `counterpart verify`: consumer pacts against a live provider, or against its contract alone.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Args;
use regex::Regex;
use url::Url;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{OutputArguments, ReportFormat, replace_file, unless_closed, unwritable};
use crate::cli::progress::Progress;
use crate::cli::project::Place;
use crate::finding::{Problem, Refusal};
use crate::render::wrap;
use crate::source::load::{OpenContext, open};
use crate::verify::{
    Broker, Certificates, Contracts, Credentials, Descriptors, Fetcher, Filter, InteractionResult, Loaded, Options,
    PactSelection, PactSource, Publication, RequestFilter, RetryPolicy, Session, StateHandler, StateTransport,
    TextStyle, VerifyReport, discover, junit, load, plan, replay_ids, text, verify_statically, with_openapi,
};

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 0: every interaction holds. 1: a contract is broken (failures `response` and `arbitrary`). 2: something\n\
                        could not be verified (`crash`, `omission`, `timing`, a provider state), or nothing was."
)]
pub struct Arguments {
    /// Pacts: files, directories, globs or URLs.
    #[arg(value_name = "PACT")]
    pacts: Vec<String>,

    /// The provider's contract (OpenAPI, .proto files or a descriptor set): without --provider, interactions are held
    /// against it alone; with --provider, answers are held against it as well.
    #[arg(long, value_name = "INPUT")]
    contract: Option<String>,

    #[command(flatten)]
    provider: ProviderArguments,

    #[command(flatten)]
    states: StateArguments,

    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    broker: BrokerArguments,

    #[command(flatten)]
    access: AccessArguments,

    #[command(flatten)]
    output: OutputArguments,
}

/// Where the provider is and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Provider")]
struct ProviderArguments {
    /// The provider's base URL, or the address of a directory (dns, etcd, zookeeper, consul, eureka); several are
    /// instances that are tried in turn.
    #[arg(long, value_name = "URL", value_parser = provider_url, env = "COUNTERPART_PROVIDER", hide_env_values = true)]
    provider: Vec<Url>,

    /// A path before the path of every request.
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,

    /// Where messages are asked for, if not at the provider's base URL.
    #[arg(long, value_name = "URL")]
    message_url: Option<Url>,

    /// Send a header with every request; may be given several times.
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,

    /// An answer that takes longer is a timing failure.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    timeout: f64,

    /// Without any answer for this long, it is an omission (default: twice the timeout).
    #[arg(long, value_name = "SECONDS")]
    give_up: Option<f64>,

    /// How often an unreachable provider is tried again.
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    retries: usize,

    /// Interactions verified at the same time.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    jobs: usize,

    /// Speak HTTP/2 without TLS and without asking first.
    #[arg(long)]
    http2: bool,

    /// A PEM file of certificates to trust, beside the system's; may be given several times.
    #[arg(long, value_name = "FILE")]
    ca_cert: Vec<Utf8PathBuf>,

    /// A PEM file of the client's certificate (mutual TLS), with its key unless --client-key is given.
    #[arg(long, value_name = "FILE")]
    client_cert: Option<Utf8PathBuf>,

    /// A PEM file of the client's key.
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<Utf8PathBuf>,

    /// Accept any certificate of the provider.
    #[arg(long)]
    insecure: bool,
}

/// How provider states are set up.
#[derive(Debug, Args)]
#[command(next_help_heading = "Provider states")]
struct StateArguments {
    /// Set states up by `POST {"state", "params", "action"}` to this URL.
    #[arg(long, value_name = "URL", conflicts_with = "state_command")]
    state_url: Option<Url>,

    /// Give state and parameters in the query instead of the body.
    #[arg(long, requires = "state_url")]
    state_query: bool,

    /// Set states up by a shell command with `STATE_NAME` and `STATE_ACTION`, parameters as JSON on its input.
    #[arg(long, value_name = "COMMAND")]
    state_command: Option<String>,

    /// Tear states down after each interaction as well.
    #[arg(long)]
    state_teardown: bool,

    /// How long one call of the state handler may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    state_timeout: f64,
}

/// Which interactions are verified.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
struct SelectionArguments {
    /// The provider's name: pacts for others are an error.
    #[arg(long, value_name = "NAME")]
    provider_name: Option<String>,

    /// Only this consumer's pacts; may be given several times.
    #[arg(long, value_name = "NAME")]
    consumer: Vec<String>,

    /// Only interactions whose description this finds something in.
    #[arg(long, value_name = "REGEX")]
    description: Option<Regex>,

    /// Only interactions with such a provider state; an empty text selects those without.
    #[arg(long, value_name = "REGEX")]
    state: Option<Regex>,

    /// Only what failed in a former JSON report.
    #[arg(long, value_name = "FILE")]
    replay: Option<Utf8PathBuf>,

    /// Count interactions that need a plugin as skipped instead of not verified.
    #[arg(long)]
    skip_plugins: bool,
}

/// Pacts of a broker, and the results that go back to it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Broker")]
struct BrokerArguments {
    /// The address of a Pact Broker or of a counterpart registry.
    #[arg(long, value_name = "URL")]
    broker: Option<Url>,

    /// Which consumer versions, as JSON (`{"mainBranch": true}`); may be given several times.
    #[arg(long, value_name = "JSON", requires = "broker")]
    selector: Vec<String>,

    /// Only report failures of pacts that this provider never verified.
    #[arg(long, requires = "broker")]
    enable_pending: bool,

    /// Also verify, as pending, new pacts that nobody selected.
    #[arg(long, value_name = "DATE", requires = "broker")]
    include_wip_since: Option<String>,

    /// Publish the results; needs --provider-version.
    #[arg(long, requires = "broker")]
    publish: bool,

    /// The version of the provider that is verified.
    #[arg(long, value_name = "VERSION")]
    provider_version: Option<String>,

    /// The branch that it was built from.
    #[arg(long, value_name = "BRANCH")]
    provider_branch: Option<String>,

    /// A tag of it; may be given several times.
    #[arg(long, value_name = "TAG")]
    provider_tag: Vec<String>,

    /// Where its build can be looked at.
    #[arg(long, value_name = "URL")]
    build_url: Option<Url>,
}

/// What gives access to pacts on servers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Access")]
struct AccessArguments {
    /// A token for the servers that keep the pacts.
    #[arg(long, value_name = "TOKEN", env = "COUNTERPART_TOKEN", hide_env_values = true)]
    token: Option<String>,

    /// A user, with --password.
    #[arg(long, value_name = "NAME", conflicts_with = "token", requires = "password")]
    user: Option<String>,

    /// The user's password.
    #[arg(long, value_name = "PASSWORD", env = "COUNTERPART_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

/// The address of a provider, or of a directory. `localhost:8080` reads like an address of the scheme `localhost`.
fn provider_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.has_host() || text.contains("://") => Ok(url),
        _ => Err(format!("write it with its scheme: http://{text}")),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').or_else(|| text.split_once('=')).ok_or("write NAME: VALUE")?;
    http::HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| format!("`{name}` is not a header's name"))?;
    http::HeaderValue::from_str(value.trim())
        .map_err(|_| "the value has characters that a header cannot have".to_owned())?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let options = options(arguments, context)?;
    let filter = filter(arguments, context)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new("network", format!("could not start the network: {error}")))?;
    let report = with_contracts(arguments, context, |contracts, label, context| {
        runtime.block_on(verify(arguments, options, &filter, contracts, label, context))
    })?;
    write(&report, &arguments.output, context)?;
    match report.exit_code() {
        0 => Ok(Exit::Clean),
        1 => Ok(Exit::Findings),
        _ => Ok(Exit::Unverified),
    }
}

/// Opens `--contract`, if given, for as long as the work takes.
fn with_contracts<R>(
    arguments: &Arguments,
    context: &mut Context,
    work: impl FnOnce(Contracts<'_>, &str, &mut Context) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let Some(input) = &arguments.contract else { return work(Contracts::default(), "", context) };
    let tree = open(input, &OpenContext::new(&context.cwd, &context.network))?;
    let descriptors = Descriptors::of_tree(tree.as_ref()).map_err(Refusal::new)?;
    with_openapi(tree.as_ref(), |openapi| {
        if openapi.is_none() && descriptors.is_none() {
            let problem =
                Problem::new("no-contract", format!("`{input}` has no contract that interactions can be held against"));
            return Err(problem.with_help("name an OpenAPI document, .proto files or a descriptor set").into());
        }
        let contracts = Contracts { openapi, descriptors: descriptors.as_ref(), credentials_are_elsewhere: false };
        work(contracts, tree.label(), context)
    })
    .map_err(Refusal::new)?
}

async fn verify(
    arguments: &Arguments,
    options: Options,
    filter: &Filter,
    contracts: Contracts<'_>,
    label: &str,
    context: &mut Context,
) -> Result<VerifyReport, Failure> {
    let broker = broker(arguments, &options)?;
    let loaded = loaded(arguments, &options, broker.as_ref().map(|(broker, _)| broker), context).await?;
    let broker = broker.and_then(|(broker, publication)| publication.map(|publication| (broker, publication)));
    let plan = plan(&loaded, filter, arguments.selection.provider_name.as_deref()).map_err(Refusal::new)?;
    if options.provider.is_empty() {
        if arguments.contract.is_some() {
            if broker.is_some() {
                let problem = Problem::new("bad-usage", "only what a running provider showed is published");
                return Err(problem.with_help("leave --publish out, or give --provider").into());
            }
            return Ok(verify_statically(&plan, contracts, &options, label));
        }
        return Err(Problem::new("no-provider", "it is not said what the pacts are verified against")
            .with_help("give the provider's base URL with --provider URL, or its contract with --contract INPUT")
            .into());
    }
    let fetcher = Fetcher::new(&options.certificates, Credentials::None, None)?;
    let options = located(options, arguments.provider.base_path.as_deref(), &fetcher).await?;
    let done = Arc::new(AtomicUsize::new(0));
    let progress = Progress::counting(context, &done, plan.interactions.len(), "interactions");
    let session = Session::new(options, contracts)?;
    let count = |_: &InteractionResult| {
        done.fetch_add(1, Ordering::Relaxed);
    };
    let mut report = session.run(&plan, &count).await;
    drop(progress);
    if let Some((broker, publication)) = &broker {
        broker.publish(&loaded, publication, &mut report).await;
    }
    Ok(report)
}

async fn loaded(
    arguments: &Arguments,
    options: &Options,
    broker: Option<&Broker>,
    context: &mut Context,
) -> Result<Vec<Loaded>, Failure> {
    let fetcher = Fetcher::new(&options.certificates, credentials(&arguments.access), None)?;
    let sources: Vec<PactSource> = arguments.pacts.iter().map(|pact| PactSource::of(pact)).collect();
    let mut loaded = load(&sources, context.cwd.as_std_path(), &fetcher).await.map_err(Refusal::new)?;
    if let Some(broker) = broker {
        let pacts = broker.pacts(&selection(arguments)?).await.map_err(Refusal::new)?;
        for notice in pacts.iter().flat_map(|pact| &pact.notices) {
            context.remark(notice);
        }
        loaded.extend(pacts);
    }
    Ok(loaded)
}

/// The broker, and what is published to it, if anything.
fn broker(arguments: &Arguments, options: &Options) -> Result<Option<(Broker, Option<Publication>)>, Failure> {
    let given = &arguments.broker;
    let Some(url) = &given.broker else { return Ok(None) };
    let Some(provider) = &arguments.selection.provider_name else {
        return Err(Problem::new("bad-usage", "a broker is asked for the pacts of one provider")
            .with_help("name it with --provider-name")
            .into());
    };
    let publication = match (given.publish, &given.provider_version) {
        (false, _) => None,
        (true, None) => {
            return Err(Problem::new("bad-usage", "results are published for a version of the provider")
                .with_help("give it with --provider-version")
                .into());
        }
        (true, Some(version)) => {
            let selection = &arguments.selection;
            if !selection.consumer.is_empty()
                || selection.description.is_some()
                || selection.state.is_some()
                || selection.replay.is_some()
            {
                let problem = Problem::new(
                    "bad-usage",
                    "the result of a part of a contract is not published as the result of the whole",
                );
                return Err(problem
                    .with_help("leave --publish out, or --consumer, --description, --state and --replay")
                    .into());
            }
            Some(Publication {
                version: version.clone(),
                branch: given.provider_branch.clone(),
                tags: given.provider_tag.clone(),
                build_url: given.build_url.as_ref().map(Url::to_string),
            })
        }
    };
    let fetcher = Fetcher::new(&options.certificates, credentials(&arguments.access), Some(url))?;
    Ok(Some((Broker::new(url.clone(), provider.clone(), fetcher), publication)))
}

fn selection(arguments: &Arguments) -> Result<PactSelection, Problem> {
    let given = &arguments.broker;
    let mut selectors = Vec::new();
    for text in &given.selector {
        match serde_json::from_str(text) {
            Ok(serde_json::Value::Array(list)) => selectors.extend(list),
            Ok(selector @ serde_json::Value::Object(_)) => selectors.push(selector),
            _ => {
                let problem = Problem::new("bad-usage", format!("`{text}` is not a selector of consumer versions"));
                return Err(problem.with_help("write JSON: --selector '{\"mainBranch\": true}'"));
            }
        }
    }
    Ok(PactSelection {
        selectors,
        provider_branch: given.provider_branch.clone(),
        provider_tags: given.provider_tag.clone(),
        includes_pending: given.enable_pending,
        wip_since: given.include_wip_since.clone(),
    })
}

/// Finds the provider's instances, and puts the base path before every request.
async fn located(mut options: Options, base_path: Option<&str>, fetcher: &Fetcher) -> Result<Options, Problem> {
    options.provider = discover(&options.provider, fetcher).await?;
    if let Some(path) = base_path {
        for url in &mut options.provider {
            let joined = format!("{}/{}", url.path().trim_end_matches('/'), path.trim_matches('/'));
            url.set_path(&joined);
        }
    }
    Ok(options)
}

fn credentials(access: &AccessArguments) -> Credentials {
    match (&access.token, &access.user) {
        (Some(token), _) => Credentials::Bearer(token.clone()),
        (None, Some(user)) => Credentials::Basic(user.clone(), access.password.clone().unwrap_or_default()),
        (None, None) => Credentials::None,
    }
}

fn filter(arguments: &Arguments, context: &Context) -> Result<Filter, Problem> {
    let selection = &arguments.selection;
    let ids = match &selection.replay {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(context.cwd.join(path))
                .map_err(|error| Problem::new("unreadable", format!("`{path}` could not be read: {error}")))?;
            Some(replay_ids(path.as_str(), &text)?)
        }
    };
    Ok(Filter {
        consumers: selection.consumer.clone(),
        description: selection.description.clone(),
        state: selection.state.clone(),
        ids,
    })
}

fn duration(seconds: f64, flag: &str) -> Result<Duration, Problem> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| Problem::new("bad-usage", format!("{flag} must be a number of seconds above 0, not {seconds}")))
}

fn options(arguments: &Arguments, context: &Context) -> Result<Options, Failure> {
    let (provider, states) = (&arguments.provider, &arguments.states);
    let timeout = duration(provider.timeout, "--timeout")?;
    let give_up = provider.give_up.map_or(Ok(timeout * 2), |seconds| duration(seconds, "--give-up"))?.max(timeout);
    let resolve = |path: &Utf8PathBuf| context.cwd.join(path).into_std_path_buf();
    let state_timeout = duration(states.state_timeout, "--state-timeout")?;
    let transport = match (&states.state_url, &states.state_command) {
        (Some(url), _) if states.state_query => Some(StateTransport::Query(url.clone())),
        (Some(url), _) => Some(StateTransport::Body(url.clone())),
        (None, Some(command)) => Some(StateTransport::Command(command.clone())),
        (None, None) => None,
    };
    Ok(Options {
        provider: provider.provider.clone(),
        message_url: provider.message_url.clone(),
        headers: provider.header.clone(),
        filters: request_filters(context)?,
        timeout,
        give_up,
        jobs: provider.jobs.max(1),
        certificates: Certificates {
            roots: provider.ca_cert.iter().map(resolve).collect(),
            client: provider.client_cert.as_ref().map(resolve),
            key: provider.client_key.as_ref().map(resolve),
            accept_any: provider.insecure,
        },
        http2: provider.http2,
        state: transport.map(|transport| StateHandler {
            transport,
            teardown: states.state_teardown,
            timeout: state_timeout,
        }),
        retry: RetryPolicy { retries: provider.retries, ..RetryPolicy::default() },
        skip_plugins: arguments.selection.skip_plugins,
        ..Options::default()
    })
}

/// The request filters of the project file; `${NAME}` in a value is an environment variable, so that no secret is in it.
fn request_filters(context: &Context) -> Result<Vec<RequestFilter>, Failure> {
    let Some(project) = Place::find(context)?.project else { return Ok(Vec::new()) };
    let mut filters = Vec::new();
    for section in &project.file.verify.request_filters {
        let path = match &section.path {
            None => None,
            Some(text) => Some(Regex::new(text).map_err(|error| {
                Problem::new("bad-config", format!("`path` of a request filter is not a regular expression: {error}"))
            })?),
        };
        let expand = |pairs: &std::collections::BTreeMap<String, String>| -> Result<Vec<(String, String)>, Problem> {
            pairs.iter().map(|(name, value)| Ok((name.clone(), with_environment(value)?))).collect()
        };
        filters.push(RequestFilter {
            path,
            method: section.method.clone(),
            set_headers: expand(&section.set_headers)?,
            remove_headers: section.remove_headers.clone(),
            set_query: expand(&section.set_query)?,
        });
    }
    Ok(filters)
}

fn with_environment(text: &str) -> Result<String, Problem> {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        let value = std::env::var(name).map_err(|_| {
            Problem::new(
                "bad-config",
                format!("a request filter needs the environment variable `{name}`, which is not set"),
            )
        })?;
        made.push_str(before);
        made.push_str(&value);
        rest = after;
    }
    Ok(made + rest)
}

fn write(report: &VerifyReport, arguments: &OutputArguments, context: &mut Context) -> Result<(), Failure> {
    for file in &arguments.output {
        let rendered = render(report, file.format(), TextStyle { color: false, verbose: true })?;
        replace_file(&context.cwd.join(file.path()), rendered.as_bytes())
            .map_err(|error| unwritable(file.path(), &error))?;
    }
    let style = TextStyle { color: context.terminal.color, verbose: context.verbose };
    let mut rendered = render(report, arguments.format, style)?;
    if arguments.format == ReportFormat::Text {
        rendered = fitted(&rendered, context.terminal.width);
    }
    unless_closed(context.stdout.write_all(rendered.as_bytes()))?;
    unless_closed(context.stdout.flush())?;
    Ok(())
}

/// The text for a terminal of this width. Commands stay whole, to be copied.
fn fitted(text: &str, width: Option<usize>) -> String {
    let fit = |line: &str| if line.contains("try:") { line.to_owned() } else { wrap(line, width, 6) };
    text.lines().map(|line| fit(line) + "\n").collect()
}

fn render(report: &VerifyReport, format: ReportFormat, style: TextStyle) -> Result<String, Problem> {
    match format {
        ReportFormat::Text => Ok(text(report, style)),
        ReportFormat::Json => serde_json::to_string_pretty(report)
            .map(|json| json + "\n")
            .map_err(|error| Problem::new("unwritable", format!("the report could not be written: {error}"))),
        ReportFormat::Junit => junit(report)
            .map_err(|error| Problem::new("unwritable", format!("the report could not be written: {error}"))),
        _ => Err(Problem::new("bad-usage", "`verify` reports as text, json or junit")
            .with_help("give --format text, json or junit")),
    }
}
