//! A plan against a contract alone: no provider, no network.

use std::time::Instant;

use crate::pact::{HttpRequest, InteractionKind};
use crate::verify::batch::batches;
use crate::verify::contract::{Judgement, OpenApiContract};
use crate::verify::descriptors::Descriptors;
use crate::verify::exchange::with_run;
use crate::verify::options::Options;
use crate::verify::outcome::{InteractionResult, Status, VerifyReport};
use crate::verify::plan::{Plan, Planned};
use crate::verify::run::{Exchanged, blank, conclude};

/// The contracts that interactions are held against.
#[derive(Clone, Copy, Default)]
pub struct Contracts<'c> {
    /// For HTTP.
    pub openapi: Option<&'c OpenApiContract<'c>>,
    /// For gRPC.
    pub descriptors: Option<&'c Descriptors>,
    /// Whether a pact's requests need not show the credentials that the contract asks for, because whoever runs them adds
    /// those.
    pub credentials_are_elsewhere: bool,
}

/// Verifies every interaction against the contracts. Of the options only what the run does to requests counts, and
/// plugins. `label` is how the contract is called in the report.
#[must_use]
pub fn verify_statically(plan: &Plan<'_>, contracts: Contracts<'_>, options: &Options, label: &str) -> VerifyReport {
    let start = Instant::now();
    let mut results: Vec<(usize, InteractionResult)> = Vec::new();
    for batch in batches(&plan.interactions) {
        results.extend(batch.interactions().map(|planned| match planned {
            Ok(planned) => (planned.position, one(planned, contracts, options)),
            Err((planned, reason)) => (planned.position, blank(planned).not_verified(reason)),
        }));
    }
    results.sort_by_key(|(position, _)| *position);
    let results = results.into_iter().map(|(_, result)| result).collect();
    let duration = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    VerifyReport::new(label.to_owned(), results, Vec::new(), duration)
}

fn one(planned: Planned<'_>, contracts: Contracts<'_>, options: &Options) -> InteractionResult {
    let result = blank(planned);
    if let Some(plugin) = &planned.interaction.plugin {
        let reason = format!("it needs the plugin `{plugin}`, and plugins are not supported");
        return if options.skip_plugins {
            InteractionResult { status: Status::Skipped, reason: Some(reason), ..result }
        } else {
            result.not_verified(format!("{reason}; leave such interactions out with --skip-plugins"))
        };
    }
    let judgement = match (&planned.interaction.kind, contracts.openapi, contracts.descriptors) {
        (InteractionKind::Http { request, response }, Some(contract), _) => {
            let request = as_sent(request, options);
            contract.check_interaction(&request, response, !contracts.credentials_are_elsewhere)
        }
        (InteractionKind::Grpc { call, reply }, _, Some(descriptors)) => {
            Judgement { broken: descriptors.check(call, reply), unsure: Vec::new() }
        }
        (kind, ..) => {
            return result
                .not_verified(format!("the contract says nothing about interactions of the kind `{}`", kind.label()));
        }
    };
    let result = InteractionResult { warnings: judgement.unsure, ..result };
    conclude(result, Exchanged { mismatches: judgement.broken, ..Exchanged::default() })
}

/// The request with what the run adds to it.
fn as_sent(request: &HttpRequest, options: &Options) -> HttpRequest {
    let (headers, query) = with_run(request, options);
    let mut sent = HttpRequest { query: Vec::new(), ..request.clone() };
    sent.headers = headers.into_iter().map(|(name, value)| (name, vec![value])).collect();
    for (name, value) in query {
        match sent.query.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => sent.query.push((name, vec![value])),
        }
    }
    sent
}
