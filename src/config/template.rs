//! The text of a new project file.

use std::fmt::Write;

use crate::config::discover::FoundContract;

/// More contracts than this are not listed one by one.
const MOST_LISTED: usize = 30;

/// A project file for these contracts, with what other tools' settings said (TOML of `[policy]` and beyond).
#[must_use]
pub fn project_text(contracts: &[FoundContract], policy: &str, exclude: &[String]) -> String {
    let mut text = String::from(
        "# Settings of counterpart: https://crates.io/crates/counterpart. All of them are optional.\n\
         # `counterpart config schema` prints the JSON Schema of this file; `counterpart check --verbose` shows what holds.\n\n",
    );
    let major_minor: Vec<&str> = env!("CARGO_PKG_VERSION").split('.').take(2).collect();
    // Writing into a string cannot fail.
    let _ = writeln!(text, "# The versions that may read this file.\ncounterpart = \">={}\"\n", major_minor.join("."));
    text.push_str("# What `check` compares with, if not the merge base with the default branch.\n# base = \"git:origin/main\"\n\n");
    text.push_str("# Files that are nobody's contract: copies of others' contracts, test data.\n");
    if exclude.is_empty() {
        text.push_str("# exclude = [\"third_party/**\"]\n\n");
    } else {
        let globs: Vec<String> = exclude.iter().map(|glob| quoted(glob)).collect();
        let _ = writeln!(text, "exclude = [{}]\n", globs.join(", "));
    }
    if policy.is_empty() {
        text.push_str(
            "[policy]\n\
             # expansion-only: a contract may only grow. compatible: what nobody has to notice may go.\n\
             mode = \"expansion-only\"\n\
             # From which severity on `check` fails: error, warning, note, never.\n\
             fail-on = \"error\"\n\n\
             # Severities by rule, or for a folder of rules: error, warning, note, off.\n\
             # [policy.severity]\n\
             # \"protobuf/field-renamed\" = \"warning\"\n\n",
        );
    } else {
        text.push_str(policy);
    }
    contract_sections(contracts, &mut text);
    text.push_str(
        "\n# A break that was agreed on. After its last day it is an error again.\n\
         # [[waivers]]\n\
         # fingerprint = \"b1946ac92492d234\"   # or: rule = \"protobuf/field-renamed\", subject = \"acme.v1.Order.*\"\n\
         # reason = \"no consumer reads it (see the dashboard)\"\n\
         # owner = \"team-orders\"\n\
         # until = \"2027-01-31\"\n\n\
         # [registry]\n\
         # url = \"https://contracts.example.org\"\n",
    );
    text
}

fn contract_sections(contracts: &[FoundContract], text: &mut String) {
    if contracts.is_empty() {
        text.push_str("# What is known about a contract. Contracts are found without being listed.\n# [[contracts]]\n");
        text.push_str("# path = \"api/orders.yaml\"\n# service = \"orders\"\n# owner = \"team-orders\"\n");
        return;
    }
    text.push_str(
        "# The contracts that were found. They are found without being listed; say here who answers for them.\n",
    );
    for contract in contracts.iter().take(MOST_LISTED) {
        let _ = writeln!(text, "[[contracts]]\npath = {}    # {}", quoted(&contract.path), contract.format);
        text.push_str("# service = \"orders\"\n# owner = \"team-orders\"\n\n");
    }
    if contracts.len() > MOST_LISTED {
        let _ = writeln!(text, "# … and {} more", contracts.len() - MOST_LISTED);
    }
}

/// A TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(path: &str) -> FoundContract {
        FoundContract { path: path.into(), shown: path.into(), format: "openapi", files: vec![path.into()] }
    }

    #[test]
    fn what_init_writes_can_be_read_with_and_without_its_comments() {
        for contracts in
            [vec![], vec![contract("api/a \"b\".yaml")], (0..40).map(|n| contract(&n.to_string())).collect()]
        {
            let text = project_text(&contracts, "", &["vendor/**".to_owned()]);
            let parsed: crate::config::ProjectFile =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(parsed.contracts.len(), contracts.len().min(MOST_LISTED));
        }
        // The commented examples must be right too: people uncomment them.
        let text = project_text(&[], "", &[]);
        let uncommented: String = text
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|rest| rest.starts_with(['[', '"']) || rest.contains(" = "))
                    .unwrap_or(line)
            })
            .fold(String::new(), |all, line| all + line + "\n");
        let parsed: crate::config::ProjectFile =
            toml::from_str(&uncommented).unwrap_or_else(|error| panic!("{error}\n{uncommented}"));
        assert_eq!(parsed.waivers.len(), 1);
    }
}
