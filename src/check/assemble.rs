//! One run: discover, compare, judge, weigh, report.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::check::findings::{ContractContext, finding, window};
use crate::check::request::{BaseTree, Purpose, Request};
use crate::check::{base_broken, versions, waivers};
use crate::finding::{
    Base, Bump, ContractReport, Finding, Problem, Refusal, Report, RuleHelp, Severity, Summary, Tool,
};
use crate::formats::{Comparison, ContractComparison, Discovery, Format, Side};
use crate::policy::apply_waivers;
use crate::rules::RuleTable;
use crate::source::{SourceMap, Tree};

/// Compares the new side with every base and reports what was found.
///
/// # Errors
/// When something could not be checked: a broken contract, no contract at all. A run that cannot do its work says so
/// instead of reporting nothing.
pub fn run(request: &Request<'_>) -> Result<Report, Refusal> {
    let table = RuleTable::new();
    let bases = request.bases.iter().chain(request.released.iter().map(|released| &released.base));
    let trees: Vec<&dyn Tree> = std::iter::once(request.new).chain(bases.map(|base| base.tree)).collect();
    let discover = |tree: &&dyn Tree| -> Vec<Discovery> {
        request.formats.iter().map(|format| format.discover(*tree, request.options)).collect()
    };
    let mut discovered: Vec<Vec<Discovery>> = trees.par_iter().map(discover).collect();
    let mut old = discovered.split_off(1).into_iter();
    let new = discovered.pop().unwrap_or_default();
    let mut problems: Vec<Problem> = new.iter().flat_map(|found| found.problems.iter().cloned()).collect();
    problems.extend(not_a_contract(request.new, &new));
    let mut gathered = Gathered::default();
    let mut found_any = new.iter().any(|found| !found.contracts.is_empty());
    for (index, base) in request.bases.iter().enumerate() {
        let compared = compare_with(request, base, old.next().unwrap_or_default(), &new);
        found_any |= compared.found_any;
        problems.extend(compared.new_problems);
        if compared.old_problems.is_empty() {
            gathered.take(&table, request, index, &compared.comparisons);
        } else if request.allow_broken_base {
            gathered.take_broken_base(&table, request, index, &base.input, &compared.old_problems);
        } else {
            problems.extend(compared.old_problems);
        }
    }
    for released in &request.released {
        let compared = compare_with(request, &released.base, old.next().unwrap_or_default(), &new);
        if compared.old_problems.is_empty() {
            gathered.take_released(&table, request, &compared.comparisons, &released.covers);
        } else if !request.allow_broken_base {
            problems.extend(compared.old_problems);
        }
    }
    if !found_any && problems.is_empty() {
        problems.push(no_contracts(request));
    }
    if !problems.is_empty() {
        problems.sort_by(|a, b| (&a.location, &a.code, &a.message).cmp(&(&b.location, &b.code, &b.message)));
        problems.dedup();
        return Err(Refusal::new(problems));
    }
    Ok(gathered.report(&table, request))
}

struct Compared {
    comparisons: Vec<(&'static str, Comparison)>,
    old_problems: Vec<Problem>,
    new_problems: Vec<Problem>,
    found_any: bool,
}

fn compare_with(request: &Request<'_>, base: &BaseTree<'_>, old: Vec<Discovery>, new: &[Discovery]) -> Compared {
    let mut compared =
        Compared { comparisons: Vec::new(), old_problems: Vec::new(), new_problems: Vec::new(), found_any: false };
    compared.old_problems.extend(not_a_contract(base.tree, &old));
    for ((format, new), old) in request.formats.iter().zip(new).zip(old) {
        compared.old_problems.extend(old.problems);
        compared.found_any |= !old.contracts.is_empty();
        if old.contracts.is_empty() && new.contracts.is_empty() {
            continue;
        }
        let mut comparison = compare_sides(format.as_ref(), request, base, &old.contracts, new);
        add_snippets(&mut comparison.old_problems, &comparison.old_sources, true);
        add_snippets(&mut comparison.new_problems, &comparison.new_sources, false);
        compared.old_problems.append(&mut comparison.old_problems);
        compared.new_problems.append(&mut comparison.new_problems);
        compared.comparisons.push((format.name(), comparison));
    }
    compared
}

fn compare_sides(
    format: &dyn Format,
    request: &Request<'_>,
    base: &BaseTree<'_>,
    old: &[crate::formats::Contract],
    new: &Discovery,
) -> Comparison {
    let old = Side { tree: base.tree, contracts: old };
    let new = Side { tree: request.new, contracts: &new.contracts };
    format.compare(&old, &new, request.options)
}

/// A file that was named on its own and is none of ours: taking it for a contract that is gone, or for a new one, would
/// be an answer to another question.
fn not_a_contract(tree: &dyn Tree, found: &[Discovery]) -> Option<Problem> {
    let is_known = found.iter().any(|found| !found.contracts.is_empty() || !found.problems.is_empty());
    if !tree.is_single_file() || is_known {
        return None;
    }
    let path = tree.entries().first().map_or_else(|| tree.label().to_owned(), |entry| tree.display_path(&entry.path));
    let problem = Problem::new("not-a-contract", format!("`{path}` is no contract that counterpart knows"));
    Some(problem.with_help("name an OpenAPI document (with `openapi` or `swagger` at its root) or a .proto file"))
}

/// Shows the source around each problem that is in a file that was read.
fn add_snippets(problems: &mut [Problem], sources: &SourceMap, is_old: bool) {
    for problem in problems.iter_mut().filter(|problem| problem.snippet.is_none()) {
        let Some(location) = &problem.location else { continue };
        let file = sources.files().find(|(_, file)| file.path() == location.path);
        problem.snippet = file.map(|(_, file)| window(file, location.clone(), is_old));
    }
}

fn no_contracts(request: &Request<'_>) -> Problem {
    let bases: Vec<_> = request.bases.iter().map(|base| base.input.as_str()).collect();
    let files = request.new.entries().len();
    Problem::new(
        "no-contracts",
        format!(
            "there is no contract in {} ({files} files looked at) nor in {}",
            request.new.label(),
            if bases.is_empty() { "a base".to_owned() } else { bases.join(", ") }
        ),
    )
    .with_help("name the file or directory that holds the OpenAPI documents, JSON Schemas or .proto files")
}

/// The findings of one contract, waived ones marked.
fn judged(
    table: &RuleTable,
    request: &Request<'_>,
    comparison: &Comparison,
    contract: &ContractComparison,
) -> Vec<Finding> {
    let context = ContractContext::new(comparison, contract);
    let weigh = |change| finding(table, change, &context, request.policy);
    let mut found: Vec<_> = contract.changes.par_iter().filter_map(weigh).collect();
    apply_waivers(&mut found, &request.policy.waivers, request.policy.today);
    found
}

/// What the comparisons gave so far.
#[derive(Default)]
struct Gathered {
    /// By fingerprint, so that what holds for several bases stays one finding.
    findings: BTreeMap<(String, String, String), Finding>,
    contracts: BTreeMap<String, ContractReport>,
    /// Files that no comparison opened, by format; of several bases the most.
    unopened: BTreeMap<&'static str, usize>,
}

impl Gathered {
    /// What one base's comparisons found. The first base stands for the last release of contracts that have none.
    fn take(
        &mut self,
        table: &RuleTable,
        request: &Request<'_>,
        base: usize,
        comparisons: &[(&'static str, Comparison)],
    ) {
        for (format, comparison) in comparisons {
            let unopened = self.unopened.entry(format).or_default();
            *unopened = comparison.unopened.max(*unopened);
            for contract in &comparison.contracts {
                let found = judged(table, request, comparison, contract);
                if base == 0 && !request.released.iter().any(|released| (released.covers)(&contract.path)) {
                    self.add_contract(table, request, format, comparison, contract, &found);
                } else {
                    let report =
                        || versions::contract_report(contract, format, Bump::None, request.policy.zero_versions).0;
                    self.contracts.entry(contract.path.clone()).or_insert_with(report);
                }
                for finding in found {
                    self.add(finding, base);
                }
            }
        }
    }

    /// Findings against the released version give the bump and the declared-version findings, nothing else.
    fn take_released(
        &mut self,
        table: &RuleTable,
        request: &Request<'_>,
        comparisons: &[(&'static str, Comparison)],
        covers: &dyn Fn(&str) -> bool,
    ) {
        for (format, comparison) in comparisons {
            for contract in comparison.contracts.iter().filter(|contract| covers(&contract.path)) {
                let found = judged(table, request, comparison, contract);
                self.add_contract(table, request, format, comparison, contract, &found);
            }
        }
    }

    fn add_contract(
        &mut self,
        table: &RuleTable,
        request: &Request<'_>,
        format: &'static str,
        comparison: &Comparison,
        contract: &ContractComparison,
        found: &[Finding],
    ) {
        let required = found.iter().map(|finding| finding.bump).max().unwrap_or_default();
        let (report, change) = versions::contract_report(contract, format, required, request.policy.zero_versions);
        self.contracts.insert(contract.path.clone(), report);
        let context = ContractContext::new(comparison, contract);
        if let Some(mut finding) = change.and_then(|change| finding(table, &change, &context, request.policy)) {
            finding.bump = Bump::None;
            if request.purpose == Purpose::Changelog {
                finding.severity = Severity::Note;
            }
            self.add(finding, 0);
        }
    }

    fn take_broken_base(
        &mut self,
        table: &RuleTable,
        request: &Request<'_>,
        base: usize,
        input: &str,
        problems: &[Problem],
    ) {
        let sources = crate::source::SourceMap::default();
        let context = ContractContext { path: "", is_payload_only: false, old: &sources, new: &sources };
        if let Some(finding) = finding(table, &base_broken::change(input, problems), &context, request.policy) {
            self.add(finding, base);
        }
    }

    fn add(&mut self, finding: Finding, base: usize) {
        let key = (finding.fingerprint.clone(), finding.rule.clone(), finding.subject.name.clone());
        let known = self.findings.entry(key).or_insert(finding);
        if !known.against.contains(&base) {
            known.against.push(base);
        }
    }

    fn report(self, table: &RuleTable, request: &Request<'_>) -> Report {
        let mut findings: Vec<_> = self.findings.into_values().collect();
        let outcomes = apply_waivers(&mut findings, &request.policy.waivers, request.policy.today);
        let stale = request.policy.waivers.iter().zip(outcomes);
        findings.extend(stale.filter_map(|(waiver, outcome)| waivers::finding(table, waiver, outcome, request.policy)));
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| {
                let place = finding.location.clone().or_else(|| finding.old_location.clone());
                (finding.contract.clone(), place, finding.rule.clone(), finding.subject.name.clone())
            };
            key(a).cmp(&key(b))
        });
        let contracts: Vec<_> = self.contracts.into_values().collect();
        let count = |severity| {
            findings.iter().filter(|finding| finding.suppressed.is_none() && finding.severity == severity).count()
        };
        let named: BTreeSet<_> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        let rules = named.into_iter().filter_map(|id| table.get(id)).map(|page| RuleHelp {
            id: page.id.clone(),
            title: page.title.clone(),
            text: page.body.clone(),
            spec: page.spec.clone(),
        });
        let rules = rules.collect();
        let summary = Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            suppressed: findings.iter().filter(|finding| finding.suppressed.is_some()).count(),
            required_bump: contracts.iter().map(|contract| contract.required_bump).max().unwrap_or_default(),
            unopened_files: self.unopened.values().sum(),
        };
        let bases = request.bases.iter().map(|base| Base { input: base.input.clone(), reason: base.reason.clone() });
        Report {
            schema: Report::SCHEMA.to_owned(),
            tool: Tool::default(),
            bases: bases.collect(),
            summary,
            contracts,
            findings,
            may_be_removed: Vec::new(),
            rules,
        }
    }
}
