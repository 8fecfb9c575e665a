//! The settings of one run: defaults, then the project file, then environment and flags.

use camino::Utf8PathBuf;
use jiff::civil::Date;

use crate::config::load::Project;
use crate::config::rule_names::present_name;
use crate::config::vocabulary::FailOn;
use crate::formats::{CompareOptions, GraceDays};
use crate::policy::{Mode, Policy, SeverityWord, Waiver};
use crate::rules::RuleTable;

/// What the environment and flags set. Who of the two is for the caller to know.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--mode`.
    pub mode: Option<Mode>,
    /// `--fail-on`.
    pub fail_on: Option<FailOn>,
}

/// What a run goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How findings are weighed.
    pub policy: Policy,
    /// What the formats need to know. Import directories and excluded files are for the one who opens the trees.
    pub options: CompareOptions,
    /// From which severity on the run fails.
    pub fail_on: FailOn,
    /// Import directories of the project file, absolute.
    pub import_dirs: Vec<Utf8PathBuf>,
    /// Globs of files that are nobody's contract, relative to the project file.
    pub exclude: Vec<String>,
    /// `base` of the project file.
    pub base: Option<String>,
}

/// One setting, for `--verbose`: its name, its value, and where the value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key as the project file writes it: `policy.mode`.
    pub key: &'static str,
    /// The value as the project file would write it.
    pub value: String,
    /// `default`, `counterpart.toml:12`, `COUNTERPART_MODE or --mode`.
    pub from: String,
}

impl Settings {
    /// The settings of a project on a given day.
    #[must_use]
    pub fn new(project: Option<&Project>, overrides: &Overrides, today: Date) -> Self {
        let mut policy = Policy::new(today);
        let mut options = CompareOptions::new(today);
        let mut settings = Self {
            policy: Policy::new(today),
            options: CompareOptions::new(today),
            fail_on: FailOn::default(),
            import_dirs: Vec::new(),
            exclude: Vec::new(),
            base: None,
        };
        if let Some(project) = project {
            let file = &project.file;
            let section = &file.policy;
            policy.mode = section.mode.unwrap_or_default();
            if let Some(layers) = &section.layers {
                policy.layers.clone_from(layers);
            }
            let rules = RuleTable::new();
            let named = |(rule, word): (&String, &SeverityWord)| {
                (present_name(&rules, rule).unwrap_or_else(|| rule.clone()), *word)
            };
            policy.severities = section.severity.iter().map(named).collect();
            policy.strict_unstable = section.strict_unstable;
            policy.maybe_is_major = section.maybe_is_major;
            policy.zero_versions = section.zero_versions;
            policy.waivers = waivers(project);
            policy.waivers.extend(retired(project, today));
            options.profile = section.readers.unwrap_or_default();
            options.uses_are_complete = section.uses_are_complete;
            options.allow_network_refs = section.allow_network_refs;
            options.clock.grace = section.grace_days.days();
            let joined = file.contracts.iter().filter(|contract| !contract.files.is_empty());
            options.joined = joined.map(|contract| (contract.path.clone(), contract.files.clone())).collect();
            settings.fail_on = section.fail_on.unwrap_or_default();
            settings.import_dirs = file.import_dirs.iter().map(|directory| project.root.join(directory)).collect();
            settings.exclude = file.exclude.iter().map(|glob| glob.get_ref().clone()).collect();
            settings.base.clone_from(&file.base);
        }
        policy.mode = overrides.mode.unwrap_or(policy.mode);
        settings.fail_on = overrides.fail_on.unwrap_or(settings.fail_on);
        settings.policy = policy;
        settings.options = options;
        settings
    }

    /// Every setting with its value and where it comes from.
    #[must_use]
    pub fn rows(&self, project: Option<&Project>, overrides: &Overrides) -> Vec<Row> {
        let file = |keys: &[&str]| {
            let project = project?;
            Some(format!("{}:{}", project.shown, project.line_of(keys)?))
        };
        let row = |key: &'static str, value: String, overridden: Option<&str>| {
            let keys: Vec<&str> = key.split('.').collect();
            let from = overridden.map(str::to_owned).or_else(|| file(&keys)).unwrap_or_else(|| "default".to_owned());
            Row { key, value, from }
        };
        let layers: Vec<String> = self.policy.layers.iter().map(|layer| format!("{layer:?}").to_lowercase()).collect();
        vec![
            row("policy.mode", self.policy.mode.to_string(), overrides.mode.map(|_| "--mode or COUNTERPART_MODE")),
            row("policy.layers", layers.join(", "), None),
            row("policy.readers", format!("{:?}", self.options.profile).to_lowercase(), None),
            row(
                "policy.fail-on",
                self.fail_on.to_string(),
                overrides.fail_on.map(|_| "--fail-on or COUNTERPART_FAIL_ON"),
            ),
            row("policy.severity", format!("{} rules", self.policy.severities.len()), None),
            row("policy.strict-unstable", self.policy.strict_unstable.to_string(), None),
            row("policy.maybe-is-major", self.policy.maybe_is_major.to_string(), None),
            row("policy.uses-are-complete", self.options.uses_are_complete.to_string(), None),
            row("policy.allow-network-refs", self.options.allow_network_refs.to_string(), None),
            row("policy.grace-days", days(self.options.clock.grace), None),
            row("policy.zero-versions", self.policy.zero_versions.word().to_owned(), None),
            row("exclude", format!("{} globs", self.exclude.len()), None),
            row("waivers", self.policy.waivers.len().to_string(), None),
        ]
    }
}

/// Days of grace as the project file writes them.
fn days(grace: GraceDays) -> String {
    let GraceDays { draft, alpha, beta, stable } = grace;
    if grace == GraceDays::all(stable) {
        stable.to_string()
    } else {
        format!("{{ draft = {draft}, alpha = {alpha}, beta = {beta}, stable = {stable} }}")
    }
}

fn waivers(project: &Project) -> Vec<Waiver> {
    let rules = RuleTable::new();
    let present = |rule: &String| present_name(&rules, rule).unwrap_or_else(|| rule.clone());
    let waiver = |spanned: &toml::Spanned<crate::config::file::WaiverSection>| {
        let section = spanned.get_ref();
        Waiver {
            rule: section.rule.as_ref().map(present),
            fingerprint: section.fingerprint.clone(),
            subject: section.subject.clone(),
            contract: section.contract.clone(),
            path: None,
            reason: section.reason.clone(),
            owner: section.owner.clone(),
            until: section.until.as_ref().and_then(crate::config::file::Day::date),
            lowers_bump: section.bump,
            location: Some(project.location(spanned.span())),
            by: "waiver",
        }
    };
    let mut waivers: Vec<Waiver> = project.file.waivers.iter().map(waiver).collect();
    for ignored in &project.file.policy.ignore {
        waivers.extend(ignored.paths.iter().map(|path| Waiver {
            rule: Some(present(&ignored.rule)),
            fingerprint: None,
            subject: None,
            contract: None,
            path: Some(path.clone()),
            reason: "the settings ignore this rule in this file".to_owned(),
            owner: None,
            until: None,
            lowers_bump: false,
            location: None,
            by: "policy",
        }));
    }
    waivers
}

/// The rules that tell of a contract that is gone as a whole.
const WHOLE_REMOVALS: [&str; 6] = [
    "json-schema/contract-removed",
    "openapi/contract-removed",
    "protobuf/file-removed",
    "protobuf/file-removed-with-services",
    "protobuf/package-removed",
    "protobuf/package-removed-with-services",
];

/// Contracts whose last day has passed may go.
fn retired(project: &Project, today: Date) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for section in &project.file.contracts {
        let Some(day) = section.retired.as_ref().and_then(crate::config::file::Day::date) else { continue };
        if day >= today {
            continue;
        }
        let folder = section.path.trim_end_matches('/');
        waivers.extend(WHOLE_REMOVALS.iter().map(|rule| Waiver {
            rule: Some((*rule).to_owned()),
            fingerprint: None,
            subject: None,
            contract: None,
            // Both the document itself and everything in the folder.
            path: Some(if folder.contains('.') { folder.to_owned() } else { format!("{folder}/*") }),
            reason: format!("the service was retired on {day}"),
            owner: section.owner.clone(),
            until: None,
            lowers_bump: false,
            location: None,
            by: "retired",
        }));
    }
    waivers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_rows_say_so() {
        let text = "[policy]\nmode = \"compatible\"\nfail-on = \"warning\"\n";
        let project = crate::config::parse("/repo/counterpart.toml".into(), "counterpart.toml", text).expect("reads");
        let overrides = Overrides { mode: Some(Mode::Full), fail_on: None };
        let settings = Settings::new(Some(&project), &overrides, jiff::civil::date(2026, 1, 1));
        assert_eq!(settings.policy.mode, Mode::Full);
        assert_eq!(settings.fail_on, FailOn::Warning);
        let rows = settings.rows(Some(&project), &overrides);
        let from = |key: &str| rows.iter().find(|row| row.key == key).map(|row| row.from.as_str());
        assert_eq!(from("policy.mode"), Some("--mode or COUNTERPART_MODE"));
        assert_eq!(from("policy.fail-on"), Some("counterpart.toml:3"));
        assert_eq!(from("policy.layers"), Some("default"));
    }

    #[test]
    fn grace_is_one_number_or_one_for_each_level() {
        let rows = [
            ("grace-days = 31", GraceDays::all(31), "31"),
            (
                "grace-days = { beta = 31, stable = 180 }",
                GraceDays { draft: 0, alpha: 0, beta: 31, stable: 180 },
                "{ draft = 0, alpha = 0, beta = 31, stable = 180 }",
            ),
        ];
        for (line, expected, shown) in rows {
            let text = format!("[policy]\n{line}\n");
            let project =
                crate::config::parse("/repo/counterpart.toml".into(), "counterpart.toml", &text).expect("reads");
            let settings = Settings::new(Some(&project), &Overrides::default(), jiff::civil::date(2026, 6, 1));
            assert_eq!(settings.options.clock.grace, expected);
            let rows = settings.rows(Some(&project), &Overrides::default());
            let row = rows.iter().find(|row| row.key == "policy.grace-days").expect("it is listed");
            assert_eq!((row.value.as_str(), row.from.as_str()), (shown, "counterpart.toml:2"));
        }
        let wrong = "[policy]\ngrace-days = { gamma = 3 }\n";
        let problem = crate::config::parse("/repo/counterpart.toml".into(), "counterpart.toml", wrong).expect_err("no");
        assert!(format!("{problem:?}").contains("days by level"), "{problem:?}");
    }
}
