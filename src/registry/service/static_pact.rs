//! A pact held against a published contract, where nobody has verified it live.

use crate::source::load::MemoryTree;
use crate::verify::{Contracts, Descriptors, Filter, Loaded, Options, Status, plan, verify_statically, with_openapi};

/// What holding a pact against a contract showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// The contract guarantees all that the pact relies on.
    Holds,
    /// It does not; the interactions, each with what is wrong.
    Fails(Vec<String>),
    /// Nobody can tell from the contract.
    Unknown,
}

/// Holds every interaction of a pact against the contracts in a tree.
pub(crate) fn hold(pact: &str, contract: &MemoryTree) -> Held {
    let parsed = crate::pact::parse("the pact", pact);
    if !parsed.problems.is_empty() {
        return Held::Unknown;
    }
    let Some(pact) = parsed.pact else { return Held::Unknown };
    let loaded = [Loaded::new("the pact".into(), pact)];
    let Ok(plan) = plan(&loaded, &Filter::default(), None) else { return Held::Unknown };
    let Ok(descriptors) = Descriptors::of_tree(contract) else { return Held::Unknown };
    let report = with_openapi(contract, |openapi| {
        if openapi.is_none() && descriptors.is_none() {
            return None;
        }
        // Tokens are added where pacts are run; that they are not in a pact says nothing.
        let contracts = Contracts { openapi, descriptors: descriptors.as_ref(), credentials_are_elsewhere: true };
        Some(verify_statically(&plan, contracts, &Options::default(), crate::source::Tree::label(contract)))
    });
    let Ok(Some(report)) = report else { return Held::Unknown };
    let failed = report.results.iter().filter(|interaction| interaction.status == Status::Failed);
    let failed: Vec<String> = failed
        .take(5)
        .map(|interaction| match interaction.mismatches.first() {
            Some(first) => format!("`{}`: {}", interaction.description, first.message),
            None => format!("`{}`", interaction.description),
        })
        .collect();
    match report.exit_code() {
        // An interaction that fails is a no, whatever else cannot be told.
        _ if !failed.is_empty() => Held::Fails(failed),
        0 => Held::Holds,
        _ => Held::Unknown,
    }
}
