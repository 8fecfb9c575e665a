//! Rules as settings name them: by id, by an id that a rule had before, or a whole folder (`protobuf/*`).
//!
//! A name that means no rule is refused: a setting that silently does nothing is a gate that nobody watches.

use crate::config::load::Project;
use crate::finding::Problem;
use crate::rules::{PAGES, RuleTable};

/// The id that a name means today. `None` where it means no rule.
pub(crate) fn present_name(table: &RuleTable, name: &str) -> Option<String> {
    if let Some(folder) = name.strip_suffix('*') {
        let is_folder = folder.ends_with('/') && PAGES.iter().any(|(id, ..)| id.starts_with(folder));
        return is_folder.then(|| name.to_owned());
    }
    table.get(name).map(|page| page.id.clone())
}

/// Refuses names of rules that do not exist, wherever the project file has them.
pub(crate) fn check(project: &Project) -> Result<(), Problem> {
    let table = RuleTable::new();
    let policy = &project.file.policy;
    let severities = policy.severity.keys().map(|rule| (rule, project.key_span(&["policy", "severity", rule])));
    let ignored = policy.ignore.iter().map(|entry| (&entry.rule, project.key_span(&["policy", "ignore"])));
    let waived = project.file.waivers.iter().filter_map(|waiver| {
        let rule = waiver.get_ref().rule.as_ref()?;
        Some((rule, Some(waiver.span())))
    });
    for (rule, span) in severities.chain(ignored).chain(waived) {
        if present_name(&table, rule).is_none() {
            let problem = project.problem("bad-config", format!("there is no rule `{rule}`"), span.unwrap_or(0..0));
            return Err(match RuleTable::nearest(rule) {
                Some(near) => problem.with_help(format!("did you mean `{near}`")),
                None => problem.with_help("`counterpart rules WORD` searches the rules"),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    fn refusal(text: &str) -> (String, Option<u32>, Option<String>) {
        let problem = parse("/repo/counterpart.toml".into(), "counterpart.toml", text).expect_err("refused");
        (problem.message, problem.location.map(|location| location.start_line), problem.help)
    }

    #[test]
    fn a_misspelled_rule_is_refused_with_its_place_and_the_nearest_one() {
        let near = Some("did you mean `protobuf/field-renamed`".to_owned());
        let message = "there is no rule `protobuf/field-renamd`".to_owned();
        let severity = "[policy]\nmode = \"compatible\"\n[policy.severity]\n\"protobuf/field-renamd\" = \"note\"\n";
        assert_eq!(refusal(severity), (message.clone(), Some(4), near.clone()));
        let ignored = "[[policy.ignore]]\nrule = \"protobuf/field-renamd\"\npaths = [\"a\"]\n";
        assert_eq!(refusal(ignored), (message.clone(), Some(1), near.clone()));
        let waiver = "\n[[waivers]]\nrule = \"protobuf/field-renamd\"\nreason = \"r\"\n";
        assert_eq!(refusal(waiver), (message, Some(2), near));
        assert!(refusal("[policy.severity]\n\"protobof/*\" = \"note\"\n").0.contains("protobof/*"));
    }

    #[test]
    fn folders_and_ids_are_taken() {
        let text = "[policy.severity]\n\"protobuf/*\" = \"note\"\n\"schema/property-removed\" = \"off\"\n";
        assert!(parse("/repo/counterpart.toml".into(), "counterpart.toml", text).is_ok());
    }
}
