//! A plan against a contract alone: no provider, no network.

use crate::pact::InteractionKind;
use crate::verify::contract::OpenApiContract;
use crate::verify::descriptors::Descriptors;
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
}

/// Verifies every interaction against the contracts. `label` is how the contract is called in the report.
#[must_use]
pub fn verify_statically(plan: &Plan<'_>, contracts: Contracts<'_>, skip_plugins: bool, label: &str) -> VerifyReport {
    let results = plan.interactions.iter().map(|planned| one(*planned, contracts, skip_plugins)).collect();
    VerifyReport::new(label.to_owned(), results, Vec::new(), 0)
}

fn one(planned: Planned<'_>, contracts: Contracts<'_>, skip_plugins: bool) -> InteractionResult {
    let result = blank(planned);
    if let Some(plugin) = &planned.interaction.plugin {
        let reason = format!("it needs the plugin `{plugin}`, and plugins are not supported");
        return if skip_plugins {
            InteractionResult { status: Status::Skipped, reason: Some(reason), ..result }
        } else {
            result.not_verified(reason)
        };
    }
    let mismatches = match (&planned.interaction.kind, contracts.openapi, contracts.descriptors) {
        (InteractionKind::Http { request, response }, Some(contract), _) => {
            contract.check_interaction(request, response)
        }
        (InteractionKind::Grpc { call, reply }, _, Some(descriptors)) => descriptors.check(call, reply),
        (kind, ..) => {
            return result
                .not_verified(format!("the contract says nothing about interactions of the kind `{}`", kind.label()));
        }
    };
    conclude(result, Exchanged { mismatches, ..Exchanged::default() })
}
