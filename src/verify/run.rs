//! Running a plan: states, requests, comparison, in parallel where nothing can collide.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use futures_util::StreamExt;
use jiff::Zoned;
use serde_json::{Map, Value};
use tonic::transport::Channel;
use url::Url;

use crate::finding::Problem;
use crate::pact::{
    GeneratorContext, GrpcCall, GrpcReply, HttpRequest, HttpResponse, InteractionKind, Message, Mismatch, Mode,
    ProviderState, compare_message, compare_response, generate_message, generate_request,
};
use crate::source::load::shown_address;
use crate::verify::attempt::{Instances, send, until_answered};
use crate::verify::batch::{Batch, batches};
use crate::verify::curl::{curl, grpcurl};
use crate::verify::descriptors::{Descriptors, normalize};
use crate::verify::exchange::{WireRequest, wire_request};
use crate::verify::grpc;
use crate::verify::http::{ExchangeFailure, client};
use crate::verify::message;
use crate::verify::options::{Options, StateAction};
use crate::verify::outcome::{FailureKind, InteractionResult, Status, VerifyReport};
use crate::verify::plan::{Plan, Planned, id};
use crate::verify::retry::Breaker;
use crate::verify::state;
use crate::verify::statically::Contracts;

/// The provider's own contract, which its answers are held against as well.
pub trait AnswerContract {
    /// The differences of an answer to a request from what the contract says; none where the contract has no such
    /// operation.
    fn check(&self, request: &HttpRequest, response: &HttpResponse) -> Vec<Mismatch>;
}

/// One run against one provider.
pub struct Session<'c> {
    options: Options,
    client: reqwest::Client,
    instances: Instances,
    messages: Instances,
    breaker: Breaker,
    contract: Option<&'c dyn AnswerContract>,
    descriptors: Option<&'c Descriptors>,
    /// Connections for gRPC by address, and what the servers said about themselves by service.
    channels: tokio::sync::Mutex<BTreeMap<String, Channel>>,
    reflected: tokio::sync::Mutex<BTreeMap<String, Descriptors>>,
    warnings: Mutex<Vec<String>>,
}

/// What came of the transport and the comparison.
#[derive(Default)]
pub(crate) struct Exchanged {
    pub(crate) mismatches: Vec<Mismatch>,
    pub(crate) failure: Option<ExchangeFailure>,
    /// Why nothing could be sent at all.
    pub(crate) unverified: Option<String>,
    pub(crate) curl: Option<String>,
    pub(crate) attempts: u32,
}

impl Exchanged {
    pub(crate) fn failed(failure: ExchangeFailure, attempts: u32, curl: Option<String>) -> Self {
        Self { failure: Some(failure), curl, attempts, ..Self::default() }
    }

    fn unverified(reason: String) -> Self {
        Self { unverified: Some(reason), ..Self::default() }
    }
}

impl<'c> Session<'c> {
    /// A session with these options.
    ///
    /// # Errors
    /// When certificates cannot be used.
    pub fn new(options: Options, contracts: Contracts<'c>) -> Result<Self, Problem> {
        let client = client(&options.certificates, options.http2)?;
        let instances = Instances::new(options.provider.clone());
        let messages =
            Instances::new(options.message_url.clone().map_or_else(|| options.provider.clone(), |url| vec![url]));
        let breaker = Breaker::new(options.retry.give_up_after);
        Ok(Self {
            options,
            client,
            instances,
            messages,
            breaker,
            contract: contracts.openapi.map(|contract| contract as &dyn AnswerContract),
            descriptors: contracts.descriptors,
            channels: tokio::sync::Mutex::default(),
            reflected: tokio::sync::Mutex::default(),
            warnings: Mutex::default(),
        })
    }

    /// Verifies every interaction of the plan. `on_result` is called as each one is done, in no order.
    ///
    /// Interactions without provider states run at the same time, up to the limit. Those with states run one after
    /// another, since nobody knows which states exclude each other; without a state handler there is nothing to collide.
    pub async fn run(&self, plan: &Plan<'_>, on_result: &dyn Fn(&InteractionResult)) -> VerifyReport {
        let start = Instant::now();
        self.warn_about_states(plan);
        let mut results: Vec<(usize, InteractionResult)> = Vec::new();
        for batch in batches(&plan.interactions) {
            self.run_batch(&batch, on_result, &mut results).await;
        }
        results.sort_by_key(|(position, _)| *position);
        let results = results.into_iter().map(|(_, result)| result).collect();
        let against = self.options.provider.iter().map(shown_address).collect::<Vec<_>>().join(", ");
        let warnings = std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner));
        VerifyReport::new(against, results, warnings, millis(start))
    }

    async fn run_batch(
        &self,
        batch: &Batch<'_>,
        on_result: &dyn Fn(&InteractionResult),
        results: &mut Vec<(usize, InteractionResult)>,
    ) {
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        for one in batch.interactions() {
            match one {
                Ok(planned) if self.options.state.is_some() && !planned.interaction.states.is_empty() => {
                    alone.push(planned);
                }
                Ok(planned) => together.push(planned),
                Err((planned, reason)) => {
                    let result = blank(planned).not_verified(reason);
                    on_result(&result);
                    results.push((planned.position, result));
                }
            }
        }
        let answers = futures_util::stream::iter(together).map(|planned| self.told(planned, on_result));
        let mut answers = answers.buffer_unordered(self.options.jobs.max(1));
        while let Some((position, result)) = answers.next().await {
            results.push((position, shortened(result, results.len())));
        }
        for planned in alone {
            let (position, result) = self.told(planned, on_result).await;
            results.push((position, shortened(result, results.len())));
        }
    }

    /// Verifies an interaction and tells of it; with its position, because they end in no order.
    async fn told(&self, planned: Planned<'_>, on_result: &dyn Fn(&InteractionResult)) -> (usize, InteractionResult) {
        let result = self.verify(planned).await;
        on_result(&result);
        (planned.position, result)
    }

    fn warn_about_states(&self, plan: &Plan<'_>) {
        if self.options.state.is_some() {
            return;
        }
        let mut names: Vec<&str> = plan
            .interactions
            .iter()
            .flat_map(|planned| &planned.interaction.states)
            .map(|state| state.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.warn(format!("no state handler is given, so the provider state `{name}` is not set up; give one with --state-url or --state-command"));
        }
    }

    pub(crate) fn warn(&self, text: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    async fn verify(&self, planned: Planned<'_>) -> InteractionResult {
        let start = Instant::now();
        let mut result = self.verify_timed(planned).await;
        result.duration_ms = millis(start);
        result
    }

    async fn verify_timed(&self, planned: Planned<'_>) -> InteractionResult {
        let interaction = planned.interaction;
        let result = blank(planned);
        if let Some(plugin) = &interaction.plugin {
            let reason = format!("it needs the plugin `{plugin}`, and plugins are not supported");
            return if self.options.skip_plugins {
                InteractionResult { status: Status::Skipped, reason: Some(reason), ..result }
            } else {
                result.not_verified(format!("{reason}; leave such interactions out with --skip-plugins"))
            };
        }
        if self.breaker.is_open() {
            return result
                .not_verified("the provider did not answer several interactions in a row, so the rest were not tried");
        }
        let values = match self.set_up(&interaction.states).await {
            Ok(values) => values,
            Err(reason) => return result.not_verified(reason),
        };
        let correlation_id = uuid::Uuid::new_v4().to_string();
        let exchanged = self.exchange(planned, &values, &correlation_id).await;
        self.tear_down(&interaction.states).await;
        let silent = exchanged.failure.as_ref().is_some_and(|failure| failure.kind.is_unreachable());
        if silent {
            self.breaker.was_silent();
        } else {
            self.breaker.answered();
        }
        conclude(InteractionResult { correlation_id: Some(correlation_id), ..result }, exchanged)
    }

    async fn set_up(&self, states: &[ProviderState]) -> Result<Map<String, Value>, String> {
        let mut values = Map::new();
        let Some(handler) = &self.options.state else { return Ok(values) };
        for state in named_or_empty(states) {
            values.extend(state.params.clone());
            values.extend(state::change(&self.client, handler, &state, StateAction::Setup).await?);
        }
        Ok(values)
    }

    async fn tear_down(&self, states: &[ProviderState]) {
        let Some(handler) = self.options.state.as_ref().filter(|handler| handler.teardown) else { return };
        for state in named_or_empty(states) {
            if let Err(reason) = state::change(&self.client, handler, &state, StateAction::Teardown).await {
                self.warn(reason);
            }
        }
    }

    async fn exchange(&self, planned: Planned<'_>, values: &Map<String, Value>, correlation_id: &str) -> Exchanged {
        match &planned.interaction.kind {
            InteractionKind::Http { request, response } => self.http(request, response, values, correlation_id).await,
            InteractionKind::Message(expected) => self.message(planned, None, expected, correlation_id).await,
            InteractionKind::SyncMessage { request, responses } => match responses.as_slice() {
                [expected] => match with_context(values, |context| generate_message(request, context)) {
                    Ok(sent) => self.message(planned, Some(&sent), expected, correlation_id).await,
                    Err(reason) => Exchanged::failed(ExchangeFailure::new(FailureKind::Arbitrary, reason), 0, None),
                },
                other => Exchanged::unverified(format!(
                    "the interaction expects {} messages in answer to one, and a provider gives one over HTTP",
                    other.len()
                )),
            },
            InteractionKind::Grpc { call, reply } => self.grpc(call, reply, values, correlation_id).await,
        }
    }

    async fn http(
        &self,
        request: &HttpRequest,
        expected: &HttpResponse,
        values: &Map<String, Value>,
        correlation_id: &str,
    ) -> Exchanged {
        let request = match with_context(values, |context| generate_request(request, context)) {
            Ok(request) => request,
            Err(reason) => {
                return Exchanged::failed(
                    ExchangeFailure::new(FailureKind::Arbitrary, format!("the request could not be made: {reason}")),
                    0,
                    None,
                );
            }
        };
        let build = |base: &Url| wire_request(&request, base, &self.options, correlation_id);
        let shown = self.instances.current().and_then(|base| build(base).ok()).map(|wire| curl(&wire));
        let attempted = send(&self.client, &self.instances, &self.options, build).await;
        let response = match attempted.outcome {
            Ok(response) => response,
            Err(failure) => return Exchanged::failed(failure, attempted.attempts, shown),
        };
        if let Some(reason) = unintelligible(expected, &response) {
            return Exchanged::failed(ExchangeFailure::new(FailureKind::Arbitrary, reason), attempted.attempts, shown);
        }
        let mut mismatches = compare_response(expected, &response);
        if let Some(contract) = &self.contract {
            mismatches.extend(contract.check(&request, &response));
        }
        Exchanged { mismatches, curl: shown, attempts: attempted.attempts, ..Exchanged::default() }
    }

    async fn message(
        &self,
        planned: Planned<'_>,
        sent: Option<&Message>,
        expected: &Message,
        correlation_id: &str,
    ) -> Exchanged {
        let interaction = planned.interaction;
        let build = |base: &Url| -> Result<WireRequest, String> {
            let mut headers = self.options.headers.clone();
            headers.push(("x-correlation-id".into(), correlation_id.to_owned()));
            Ok(message::request(base, &interaction.description, &interaction.states, sent, &headers))
        };
        let shown = self.messages.current().and_then(|base| build(base).ok()).map(|wire| curl(&wire));
        let attempted = send(&self.client, &self.messages, &self.options, build).await;
        let failed = |failure| Exchanged::failed(failure, attempted.attempts, shown.clone());
        let response = match attempted.outcome {
            Ok(response) => response,
            Err(failure) => return failed(failure),
        };
        if !(200..300).contains(&response.status) {
            let reason = format!(
                "the provider answered {} when asked for the message `{}`",
                response.status, interaction.description
            );
            return failed(ExchangeFailure::new(FailureKind::Response, reason));
        }
        match message::read(&response) {
            Ok(actual) => Exchanged {
                mismatches: compare_message(expected, &actual),
                curl: shown,
                attempts: attempted.attempts,
                ..Exchanged::default()
            },
            Err(reason) => failed(ExchangeFailure::new(FailureKind::Arbitrary, reason)),
        }
    }

    /// The connection to an instance; one for the whole run.
    async fn channel(&self, base: &Url) -> Result<Channel, ExchangeFailure> {
        let mut channels = self.channels.lock().await;
        if let Some(channel) = channels.get(base.as_str()) {
            return Ok(channel.clone());
        }
        let channel = grpc::connect(base, &self.options).await?;
        channels.insert(base.to_string(), channel.clone());
        Ok(channel)
    }

    /// What is known about a service: from the contract, else from the server itself.
    async fn described(&self, channel: &Channel, service: &str) -> Result<Descriptors, String> {
        if let Some(descriptors) = self.descriptors {
            return Ok(descriptors.clone());
        }
        let mut reflected = self.reflected.lock().await;
        if let Some(descriptors) = reflected.get(service) {
            return Ok(descriptors.clone());
        }
        let descriptors = grpc::reflect(channel, &[service.to_owned()], &self.options).await?;
        reflected.insert(service.to_owned(), descriptors.clone());
        Ok(descriptors)
    }

    async fn grpc(
        &self,
        call: &GrpcCall,
        expected: &GrpcReply,
        values: &Map<String, Value>,
        correlation_id: &str,
    ) -> Exchanged {
        let call = match with_context(values, |context| call.generate(context)) {
            Ok(call) => call,
            Err(reason) => return Exchanged::unverified(format!("the request could not be made: {reason}")),
        };
        let shown = self.instances.current().map(|base| grpcurl(base, &call));
        let connected =
            until_answered(&self.instances, &self.options, |base| async move { self.channel(&base).await }).await;
        let channel = match connected.outcome {
            Ok(channel) => channel,
            Err(failure) => return Exchanged::failed(failure, connected.attempts, shown),
        };
        let descriptors = match self.described(&channel, &call.service).await {
            Ok(descriptors) => descriptors,
            Err(reason) => return Exchanged::unverified(reason),
        };
        let method = match descriptors.method(&call) {
            Ok(method) => method,
            Err(reason) => return Exchanged::failed(ExchangeFailure::new(FailureKind::Response, reason), 0, shown),
        };
        let mut expected = expected.clone();
        for message in &mut expected.messages {
            match normalize(&method.output(), message) {
                Ok(normal) => *message = normal,
                Err(reason) => {
                    let reason = format!("the expected message is not a `{}`: {reason}", method.output().full_name());
                    return Exchanged::failed(ExchangeFailure::new(FailureKind::Response, reason), 0, shown);
                }
            }
        }
        let attempted = until_answered(&self.instances, &self.options, |base| {
            let (call, descriptors) = (&call, &descriptors);
            async move {
                let channel = self.channel(&base).await?;
                grpc::call(&channel, &base, descriptors, call, &self.options, correlation_id).await
            }
        })
        .await;
        match attempted.outcome {
            Ok(actual) => Exchanged {
                mismatches: expected.compare(&actual),
                curl: shown,
                attempts: attempted.attempts,
                ..Exchanged::default()
            },
            Err(failure) => Exchanged::failed(failure, attempted.attempts, shown),
        }
    }
}

/// An interaction without states is announced with an empty name, so that a handler can reset what earlier ones left.
fn named_or_empty(states: &[ProviderState]) -> Vec<ProviderState> {
    if states.is_empty() { vec![ProviderState { name: String::new(), params: Map::new() }] } else { states.to_vec() }
}

fn with_context<T>(values: &Map<String, Value>, make: impl FnOnce(&mut GeneratorContext<'_>) -> T) -> T {
    let now = Zoned::now();
    let mut random = rand::rng();
    make(&mut GeneratorContext {
        mode: Mode::Provider,
        state_values: values,
        mock_server: None,
        now: &now,
        random: &mut random,
    })
}

/// An answer that says it is JSON where JSON is expected, and is not.
fn unintelligible(expected: &HttpResponse, actual: &HttpResponse) -> Option<String> {
    let is_json = |response: &HttpResponse| response.content_type().is_some_and(|kind| kind.is_json());
    let stated = actual.headers.iter().find(|(name, _)| name == "content-type").and_then(|(_, values)| values.first());
    if !expected.body.is_present()
        || !is_json(expected)
        || stated.is_some_and(|_| !is_json(actual))
        || !actual.body.is_present()
        || !is_json(actual)
    {
        return None;
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(actual.body.bytes())
        .err()
        .map(|error| format!("the answer is not the JSON it says it is: {error}"))
}

/// Differences of one interaction that are kept once so many others are: nobody reads more of a run that fails throughout.
const KEPT: usize = 12;
const MANY: usize = 1_000;

fn shortened(mut result: InteractionResult, before: usize) -> InteractionResult {
    if before >= MANY {
        result.mismatches.truncate(KEPT);
    }
    result
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The result of an interaction before anything was done.
pub(crate) fn blank(planned: Planned<'_>) -> InteractionResult {
    let (pact, interaction) = (&planned.loaded.pact, planned.interaction);
    InteractionResult {
        id: id(pact, interaction),
        pact: planned.loaded.label.clone(),
        consumer: pact.consumer.clone(),
        provider: pact.provider.clone(),
        description: interaction.description.clone(),
        states: interaction.states.iter().map(|state| state.name.clone()).collect(),
        kind: interaction.kind.label().to_owned(),
        status: Status::Passed,
        failure: None,
        pending: planned.is_pending,
        reason: None,
        mismatches: Vec::new(),
        warnings: Vec::new(),
        curl: None,
        correlation_id: None,
        attempts: 0,
        duration_ms: 0,
        comments: interaction.comments.text.clone(),
        test_name: interaction.comments.test_name.clone(),
        broker_id: interaction.key.clone(),
    }
}

/// The result after it.
pub(crate) fn conclude(mut result: InteractionResult, exchanged: Exchanged) -> InteractionResult {
    result.attempts = exchanged.attempts;
    if let Some(reason) = exchanged.unverified {
        return result.not_verified(reason);
    }
    if let Some(failure) = exchanged.failure {
        result.curl = exchanged.curl;
        return result.failed(failure.kind, Some(failure.reason));
    }
    if exchanged.mismatches.is_empty() {
        return result;
    }
    result.curl = exchanged.curl;
    result.mismatches = exchanged.mismatches;
    result.failed(FailureKind::Response, None)
}
