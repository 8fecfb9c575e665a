//! Every rule page is a test: its header parses, its facts exist, its examples give exactly the findings they list, and
//! every combination of facts of every kind of change is judged by exactly one page.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterpart::change::ChangeKind;
use counterpart::check::{BaseTree, KINDS, Purpose, Request, run};
use counterpart::finding::{Refusal, Report};
use counterpart::formats::{self, CompareOptions};
use counterpart::policy::Policy;
use counterpart::rules::{Example, ExampleFile, ExpectedFinding, Page, RuleTable};
use counterpart::source::{Entry, LoadError, Tree};

fn kinds() -> Vec<&'static ChangeKind> {
    let mut seen = BTreeSet::new();
    let mut all: Vec<_> = formats::all().iter().flat_map(|format| format.kinds()).collect();
    all.extend_from_slice(KINDS);
    all.retain(|kind| seen.insert((kind.format, kind.id)));
    all
}

#[test]
fn every_page_parses() {
    let table = RuleTable::new();
    let errors: Vec<_> = table.errors().iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn every_combination_of_facts_is_judged_by_exactly_one_page() {
    let table = RuleTable::new();
    let mut wrong = Vec::new();
    for kind in kinds() {
        for facts in kind.combinations() {
            let pages: Vec<_> = table.find_all(kind, &facts).iter().map(|page| page.id.as_str()).collect();
            if pages.len() != 1 {
                let stated: Vec<_> = facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
                wrong.push(format!("{}/{} {{{}}}: {pages:?}", kind.format, kind.id, stated.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} combinations are not judged by exactly one page:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_page_names_a_known_kind_and_declared_facts() {
    let kinds = kinds();
    let mut wrong = Vec::new();
    for page in RuleTable::new().iter() {
        let Some(kind) = kinds.iter().find(|kind| kind.format == page.format() && kind.id == page.change) else {
            wrong.push(format!("{}: there is no kind of change `{}`", page.id, page.change));
            continue;
        };
        for (name, value) in &page.when {
            match kind.facts.iter().find(|fact| fact.name == name) {
                None => wrong.push(format!("{}: `{}` declares no fact `{name}`", page.id, page.change)),
                Some(fact) => {
                    let unknown = value.values().into_iter().find(|value| !fact.values.contains(value));
                    wrong.extend(unknown.map(|value| format!("{}: `{name}` is never `{value}`", page.id)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pages whose finding does not come from comparing two contracts.
const WITHOUT_EXAMPLE: [&str; 3] = ["input/base-broken", "waiver/expired", "waiver/unused"];

#[test]
fn examples_of_protobuf_give_exactly_the_findings_they_list() {
    run_examples(|format| format == "protobuf");
}

#[test]
fn examples_of_openapi_give_exactly_the_findings_they_list() {
    run_examples(|format| format == "openapi");
}

#[test]
fn examples_of_schema_give_exactly_the_findings_they_list() {
    run_examples(|format| format == "schema");
}

#[test]
fn examples_of_everything_else_give_exactly_the_findings_they_list() {
    run_examples(|format| !["protobuf", "openapi", "schema"].contains(&format));
}

fn run_examples(is_wanted: impl Fn(&str) -> bool) {
    let mut wrong = Vec::new();
    let table = RuleTable::new();
    let pages = table.iter().filter(|page| is_wanted(page.format()) && !WITHOUT_EXAMPLE.contains(&page.id.as_str()));
    for page in pages {
        let examples = page.examples();
        let fires = |example: &Example| example.findings.iter().any(|line| line.rule == page.id);
        if !examples.iter().any(fires) {
            wrong.push(format!("{}: no example fires it", page.id));
        }
        for example in examples {
            let name = format!("{} ({})", page.id, example.heading);
            match compare(&example.old, &example.new) {
                Err(refusal) => wrong.push(format!("{name}: {:?}", refusal.errors)),
                Ok(report) => {
                    let difference = difference(page, &report, &example.findings);
                    wrong.extend(difference.map(|text| format!("{name}:\n{text}")));
                }
            }
            for side in [&example.old, &example.new].into_iter().filter(|side| !side.is_empty()) {
                match compare(side, side) {
                    Ok(report) if report.findings.is_empty() => {}
                    Ok(report) => wrong.push(format!("{name}: compared with itself: {:?}", lines(&report, true))),
                    Err(refusal) => wrong.push(format!("{name}: compared with itself: {:?}", refusal.errors)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn messages_have_a_value_for_every_name() {
    let mut wrong = Vec::new();
    for page in RuleTable::new().iter() {
        for example in page.examples() {
            let Ok(report) = compare(&example.old, &example.new) else { continue };
            for finding in report.findings {
                let texts = [Some(&finding.message), finding.help.as_ref()];
                let open = texts.into_iter().flatten().find(|text| has_open_name(text));
                wrong.extend(open.map(|text| format!("{}: {text}", finding.rule)));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `{name}` outside backticks: inside them it may be a path template.
fn has_open_name(text: &str) -> bool {
    text.split('`').step_by(2).any(|part| part.contains('{') && part.contains('}'))
}

fn difference(page: &Page, report: &Report, expected: &[ExpectedFinding]) -> Option<String> {
    let mut expected: Vec<_> =
        expected.iter().map(|line| format!("{} {} {}", line.severity, line.rule, line.subject)).collect();
    expected.sort();
    let found = lines(report, page.format() == "version");
    (found != expected).then(|| format!("  expected {expected:#?}\n  found    {found:#?}"))
}

/// Severity, rule and subject of every finding; those about declared versions only where they are the point.
fn lines(report: &Report, with_versions: bool) -> Vec<String> {
    let mut lines: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| with_versions || !finding.rule.starts_with("version/"))
        .map(|finding| {
            let severity = format!("{:?}", finding.severity).to_lowercase();
            format!("{severity} {} {}", finding.rule, finding.subject.name)
        })
        .collect();
    lines.sort();
    lines
}

fn compare(old: &[ExampleFile], new: &[ExampleFile]) -> Result<Report, Refusal> {
    let today = jiff::civil::date(2026, 6, 1);
    let (old, new) = (Files::new(old), Files::new(new));
    let base = BaseTree { tree: &old, input: "old".to_owned(), reason: "the example".to_owned() };
    run(&Request {
        new: &new,
        bases: vec![base],
        released: Vec::new(),
        formats: &formats::all(),
        options: &CompareOptions::new(today),
        policy: &Policy::new(today),
        purpose: Purpose::Gate,
        allow_broken_base: false,
    })
}

/// The files of one side of an example.
struct Files {
    entries: Vec<Entry>,
    texts: Vec<Arc<[u8]>>,
}

impl Files {
    fn new(files: &[ExampleFile]) -> Self {
        let mut files: Vec<_> = files.iter().collect();
        files.sort_by_key(|file| &file.path);
        Self {
            entries: files.iter().map(|file| Entry { path: file.path.clone(), id: None, size: None }).collect(),
            texts: files.iter().map(|file| Arc::from(file.text.as_bytes())).collect(),
        }
    }
}

impl Tree for Files {
    fn label(&self) -> &'static str {
        "the example"
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        let read = |path: &&str| {
            let found = self.entries.iter().position(|entry| entry.path == *path).map(|at| Arc::clone(&self.texts[at]));
            found.ok_or_else(|| LoadError::NotFound { path: (*path).to_owned(), tree: "the example".to_owned() })
        };
        paths.iter().map(read).collect()
    }

    fn display_path(&self, path: &str) -> String {
        path.to_owned()
    }
}
