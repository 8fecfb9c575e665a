//! Who breaks, in words.

use crate::change::{Cell, Exposure};
use crate::finding::{Breaks, DataBreaks, Finding, Impact, is_about_the_run};

/// Operations named before "and N more".
const SHOWN_OPERATIONS: usize = 3;

/// One phrase per group of readers that breaks or may break; empty when nobody does.
pub(crate) fn who_breaks(finding: &Finding) -> Vec<String> {
    if is_about_the_run(&finding.rule) {
        return Vec::new();
    }
    let exposure = finding.operations.iter().map(|operation| operation.exposure).reduce(Exposure::join);
    let breaks = &finding.breaks;
    let mut phrases = Vec::new();
    if breaks.reach > Cell::No {
        phrases.push(format!("existing calls {}", may(breaks.reach, "no longer get there", "may no longer get there")));
    }
    let nro = worst(breaks, |data| data.new_reads_old);
    let orn = worst(breaks, |data| data.old_reads_new);
    if nro.0 > Cell::No && exposure.is_none_or(Exposure::in_requests) {
        phrases.push(match exposure {
            Some(Exposure::Request) => {
                format!(
                    "the new provider {} what existing consumers send{}",
                    may(nro.0, "rejects", "may reject"),
                    nro.1
                )
            }
            _ => format!("new readers {} what was written before{}", may(nro.0, "fail on", "may fail on"), nro.1),
        });
    }
    if orn.0 > Cell::No && exposure.is_none_or(Exposure::in_responses) {
        phrases.push(match exposure {
            Some(Exposure::Response) => {
                format!(
                    "existing consumers {} what the new provider sends{}",
                    may(orn.0, "fail on", "may fail on"),
                    orn.1
                )
            }
            _ => format!("old readers {} what is written from now on{}", may(orn.0, "fail on", "may fail on"), orn.1),
        });
    }
    if breaks.meaning > Cell::No {
        phrases.push(may(breaks.meaning, "it is read differently", "it may be read differently").to_owned());
    }
    match (breaks.source.caller > Cell::No, breaks.source.implementer > Cell::No) {
        (true, true) => phrases.push("generated code of callers and implementers".to_owned()),
        (true, false) => phrases.push("generated code of callers".to_owned()),
        (false, true) => phrases.push("generated code of implementers".to_owned()),
        (false, false) => {}
    }
    if breaks.capability_gone && phrases.is_empty() {
        phrases.push("whoever used it".to_owned());
    }
    phrases
}

fn may(cell: Cell, yes: &'static str, maybe: &'static str) -> &'static str {
    if cell == Cell::Yes { yes } else { maybe }
}

/// The worst of both encodings, and which of them where they differ.
fn worst(breaks: &Breaks, cell: impl Fn(&DataBreaks) -> Cell) -> (Cell, &'static str) {
    let json = cell(&breaks.json);
    let Some(wire) = breaks.wire.as_ref().map(cell) else { return (json, "") };
    let suffix = match (wire > Cell::No, json > Cell::No) {
        (true, true) => " (binary and JSON)",
        (true, false) => " (binary)",
        (false, true) => " (JSON)",
        (false, false) => "",
    };
    (json.max(wire), suffix)
}

/// The operations that reach it: a few by name, the rest as a number.
pub(crate) fn reached_by(finding: &Finding) -> Option<String> {
    if finding.operations.is_empty() {
        return None;
    }
    let name = |operation: &crate::change::Operation| {
        let side = match operation.exposure {
            Exposure::Request => "request",
            Exposure::Response => "response",
            Exposure::Both => "request and response",
        };
        let method = operation.method.as_ref().map_or_else(String::new, |method| format!("{method} "));
        format!("{method}{} ({side})", operation.path)
    };
    let mut named: Vec<_> = finding.operations.iter().take(SHOWN_OPERATIONS).map(name).collect();
    let rest = finding.operations.len().saturating_sub(SHOWN_OPERATIONS);
    if rest > 0 {
        named.push(format!("and {rest} more"));
    }
    Some(named.join(", "))
}

/// Consumers known to use it: name, version, where it runs.
pub(crate) fn used_by(finding: &Finding) -> Vec<String> {
    let one = |impact: &Impact| {
        let version = impact.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        let place = if impact.environments.is_empty() {
            String::new()
        } else {
            format!(" ({})", impact.environments.join(", "))
        };
        format!("{}{version}{place}", impact.consumer)
    };
    finding.impact.iter().map(one).collect()
}
