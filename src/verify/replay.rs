//! The failed interactions of a former report.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::finding::Problem;
use crate::verify::outcome::{Status, VerifyReport};

#[derive(Deserialize)]
struct Former {
    schema: String,
    results: Vec<FormerResult>,
}

#[derive(Deserialize)]
struct FormerResult {
    id: String,
    status: Status,
}

/// The ids of the interactions that failed or were not verified in a JSON report.
///
/// # Errors
/// When it is no such report, or nothing failed in it.
pub fn replay_ids(label: &str, text: &str) -> Result<BTreeSet<String>, Problem> {
    let help = "write one with `--output json=FILE`";
    let former: Former = serde_json::from_str(text).map_err(|error| {
        Problem::new("bad-report", format!("`{label}` is not a report of `verify`: {error}")).with_help(help)
    })?;
    if former.schema != VerifyReport::SCHEMA {
        let message = format!("`{label}` is a report of the form `{}`, not `{}`", former.schema, VerifyReport::SCHEMA);
        return Err(Problem::new("bad-report", message).with_help(help));
    }
    let failed: BTreeSet<String> = former
        .results
        .into_iter()
        .filter(|result| matches!(result.status, Status::Failed | Status::NotVerified))
        .map(|result| result.id)
        .collect();
    if failed.is_empty() {
        return Err(Problem::new(
            "nothing-failed",
            format!("nothing failed in `{label}`, so there is nothing to run again"),
        ));
    }
    Ok(failed)
}
