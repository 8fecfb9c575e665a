//! Which interactions of which pacts are verified, and in which order. Pure.

use std::collections::BTreeSet;

use regex::Regex;
use xxhash_rust::xxh3::xxh3_64;

use crate::finding::Problem;
use crate::pact::{Interaction, Pact};
use crate::verify::broker::duplicate_label;
use crate::verify::load::Loaded;

/// Which interactions are wanted. Everything empty wants all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only pacts of these consumers.
    pub consumers: Vec<String>,
    /// Only interactions whose description this finds something in.
    pub description: Option<Regex>,
    /// Only interactions with a state in whose name this finds something; an empty expression wants those without states.
    pub state: Option<Regex>,
    /// Only these ids, from a former report.
    pub ids: Option<BTreeSet<String>>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.consumers.is_empty() && self.description.is_none() && self.state.is_none() && self.ids.is_none()
    }

    fn wants(&self, pact: &Pact, interaction: &Interaction) -> bool {
        let is_consumer = self.consumers.is_empty() || self.consumers.contains(&pact.consumer);
        let is_described = self.description.as_ref().is_none_or(|regex| regex.is_match(&interaction.description));
        let is_state = self.state.as_ref().is_none_or(|regex| {
            if regex.as_str().is_empty() {
                interaction.states.is_empty()
            } else {
                interaction.states.iter().any(|state| regex.is_match(&state.name))
            }
        });
        let is_listed = self.ids.as_ref().is_none_or(|ids| ids.contains(&id(pact, interaction)));
        is_consumer && is_described && is_state && is_listed
    }
}

/// One interaction to verify.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'p> {
    /// Where its pact came from.
    pub loaded: &'p Loaded,
    /// The interaction.
    pub interaction: &'p Interaction,
    /// Its place in its pact.
    pub index: usize,
    /// Its place among all that are verified.
    pub position: usize,
    /// Whether a failure is only reported.
    pub is_pending: bool,
}

/// What is verified.
#[derive(Debug, Clone)]
pub struct Plan<'p> {
    /// In the order of the pacts.
    pub interactions: Vec<Planned<'p>>,
}

/// Names an interaction over runs.
pub(crate) fn id(pact: &Pact, interaction: &Interaction) -> String {
    let mut text =
        format!("{}\n{}\n{}\n{}", pact.consumer, pact.provider, interaction.kind.label(), interaction.description);
    for state in &interaction.states {
        text.push('\n');
        text.push_str(&state.name);
        text.push_str(&crate::pact::canonical_text(&state.params.clone().into()));
    }
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// Selects what is verified.
///
/// # Errors
/// When nothing would be verified or not what was meant: no pacts, a pact without interactions, pacts of another or of
/// several providers, filters that match nothing.
pub fn plan<'p>(pacts: &'p [Loaded], filter: &Filter, provider: Option<&str>) -> Result<Plan<'p>, Vec<Problem>> {
    let mut problems = Vec::new();
    if pacts.is_empty() {
        problems.push(
            Problem::new("no-pacts", "there is no pact to verify")
                .with_help("name pact files, directories or URLs, or a broker with --broker"),
        );
    }
    for loaded in pacts {
        if loaded.pact.interactions.is_empty() {
            problems.push(
                Problem::new(
                    "empty-pact",
                    format!("the pact `{}` has no interactions, so it would verify nothing", loaded.label),
                )
                .with_help("write it again by running the consumer's tests"),
            );
        }
        if let Some(provider) = provider
            && loaded.pact.provider != provider
        {
            let message = format!(
                "the pact `{}` is for the provider `{}`, not for `{provider}`",
                loaded.label, loaded.pact.provider
            );
            problems.push(
                Problem::new("other-provider", message).with_help("leave the pact out, or correct --provider-name"),
            );
        }
    }
    if let Some(label) = duplicate_label(pacts) {
        problems.push(
            Problem::new("duplicate-pact", format!("the pact `{label}` is named twice")).with_help("name it once"),
        );
    }
    let providers: BTreeSet<&str> = pacts.iter().map(|loaded| loaded.pact.provider.as_str()).collect();
    if provider.is_none() && providers.len() > 1 {
        let names = providers.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("the pacts are for several providers ({names}), and one provider is verified at a time");
        problems.push(
            Problem::new("several-providers", message).with_help("verify the pacts of each provider on their own"),
        );
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let all = || {
        pacts.iter().flat_map(|loaded| {
            let interactions = loaded.pact.interactions.iter().enumerate();
            interactions.map(move |(index, interaction)| (loaded, index, interaction))
        })
    };
    let interactions: Vec<Planned<'p>> = all()
        .filter(|(loaded, _, interaction)| filter.is_empty() || filter.wants(&loaded.pact, interaction))
        .enumerate()
        .map(|(position, (loaded, index, interaction))| Planned {
            loaded,
            interaction,
            index,
            position,
            is_pending: loaded.is_pending || interaction.is_pending,
        })
        .collect();
    if interactions.is_empty() {
        return Err(vec![nothing_matches(filter, all().count(), pacts)]);
    }
    Ok(Plan { interactions })
}

fn nothing_matches(filter: &Filter, total: usize, pacts: &[Loaded]) -> Problem {
    let consumers: BTreeSet<&str> = pacts.iter().map(|loaded| loaded.pact.consumer.as_str()).collect();
    let unknown: Vec<&String> = filter.consumers.iter().filter(|name| !consumers.contains(name.as_str())).collect();
    let message = format!("the filters match none of the {total} interactions, so nothing would be verified");
    let help = match unknown.first() {
        Some(name) => {
            let names = consumers.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("there is no consumer `{name}`; the consumers are {names}")
        }
        None => {
            let described: Vec<String> = pacts
                .iter()
                .flat_map(|loaded| &loaded.pact.interactions)
                .take(5)
                .map(|interaction| format!("`{}`", interaction.description))
                .collect();
            format!("correct --description or --state; the interactions begin with {}", described.join(", "))
        }
    };
    Problem::new("nothing-matches", message).with_help(help)
}
