//! Reading the project file.

use camino::{Utf8Path, Utf8PathBuf};
use semver::{Version, VersionReq};

use crate::config::file::ProjectFile;
use crate::config::rule_names;
use crate::finding::{Problem, Snippet};
use crate::source::{Location, SourceFile};

/// The name of the project file.
pub const FILE_NAME: &str = "counterpart.toml";

/// A project file that was read.
#[derive(Debug)]
pub struct Project {
    /// The directory that paths in it are relative to, absolute.
    pub root: Utf8PathBuf,
    /// How the file is shown, relative to where the user stands.
    pub shown: String,
    /// What it says.
    pub file: ProjectFile,
    /// Its text, for positions.
    pub source: SourceFile,
}

/// Reads the text of the project file at `path`, an absolute one; `shown` is how messages name it.
///
/// # Errors
/// When it is not TOML, has a key or value that it may not have, or asks for another version of the program. Each with
/// its place.
pub fn parse(path: &Utf8Path, shown: &str, text: &str) -> Result<Project, Problem> {
    let source = SourceFile::new(shown, text);
    let file: ProjectFile = toml::from_str(text).map_err(|error| refused(&error, &source))?;
    let root = path.parent().unwrap_or(path).to_owned();
    let project = Project { root, shown: shown.to_owned(), file, source };
    project.check_version()?;
    project.check_values()?;
    rule_names::check(&project)?;
    Ok(project)
}

impl Project {
    /// Where a byte range of the file stands.
    #[must_use]
    pub fn location(&self, span: std::ops::Range<usize>) -> Location {
        location(&self.source, span)
    }

    /// A problem at a byte range, with the source around it.
    #[must_use]
    pub fn problem(&self, code: &str, message: String, span: std::ops::Range<usize>) -> Problem {
        at(Problem::new(code, message), &self.source, span)
    }

    /// The line on which a key is set, by its path: `["policy", "mode"]`.
    #[must_use]
    pub fn line_of(&self, keys: &[&str]) -> Option<u32> {
        let span = self.key_span(keys)?;
        Some(self.source.line_column(u32::try_from(span.start).ok()?).0)
    }

    /// Where a key stands, by its path.
    pub(crate) fn key_span(&self, keys: &[&str]) -> Option<std::ops::Range<usize>> {
        let table = toml::de::DeTable::parse(self.source.text()).ok()?;
        let mut table = table.get_ref();
        let (last, folders) = keys.split_last()?;
        for key in folders {
            table = table.get(*key)?.get_ref().as_table()?;
        }
        let (key, _) = table.get_key_value(*last)?;
        Some(key.span())
    }

    fn check_version(&self) -> Result<(), Problem> {
        let Some(pin) = &self.file.counterpart else { return Ok(()) };
        let requirement = VersionReq::parse(pin.get_ref()).map_err(|error| {
            self.problem("bad-config", format!("`{}` is not a version requirement: {error}", pin.get_ref()), pin.span())
                .with_help("write for example `counterpart = \">=0.1, <0.3\"`")
        })?;
        let running = env!("CARGO_PKG_VERSION");
        let fits = Version::parse(running).is_ok_and(|version| requirement.matches(&version));
        if fits {
            return Ok(());
        }
        let message = format!("this project wants counterpart {requirement}, and this is {running}");
        Err(self
            .problem("wrong-version", message, pin.span())
            .with_help(format!("install a version that fits, or change `counterpart` in {}", self.shown)))
    }

    /// What types cannot say.
    fn check_values(&self) -> Result<(), Problem> {
        for glob in &self.file.exclude {
            globset::Glob::new(glob.get_ref()).map_err(|error| {
                self.problem("bad-config", format!("`{}` is not a glob: {}", glob.get_ref(), error.kind()), glob.span())
            })?;
        }
        for waiver in &self.file.waivers {
            let section = waiver.get_ref();
            let refuse = |message: &str, help: &str| {
                Err(self.problem("bad-config", message.to_owned(), waiver.span()).with_help(help))
            };
            if section.rule.is_none() && section.fingerprint.is_none() {
                return refuse(
                    "this waiver names neither a rule nor a fingerprint, so it would mean everything",
                    "add `rule = \"…\"` or `fingerprint = \"…\"` as the report shows them",
                );
            }
            if section.reason.trim().is_empty() {
                return refuse("this waiver has an empty reason", "say why the break is accepted");
            }
            if section.until.as_ref().is_some_and(|until| until.date().is_none()) {
                return refuse("`until` of this waiver is not a date", "write `until = \"YYYY-MM-DD\"`");
            }
        }
        for contract in &self.file.contracts {
            if contract.path.is_empty() {
                return Err(Problem::new(
                    "bad-config",
                    format!("an entry of `contracts` in {} has no `path`", self.shown),
                )
                .with_help("add `path = \"api/orders.yaml\"`"));
            }
            if contract.retired.as_ref().is_some_and(|day| day.date().is_none()) {
                let message = format!("`retired` of `{}` in {} is not a date", contract.path, self.shown);
                return Err(Problem::new("bad-config", message).with_help("write `retired = \"YYYY-MM-DD\"`"));
            }
        }
        Ok(())
    }
}

fn location(source: &SourceFile, span: std::ops::Range<usize>) -> Location {
    let at = |offset: usize| source.line_column(u32::try_from(offset).unwrap_or(u32::MAX));
    let (start_line, start_column) = at(span.start);
    let (end_line, end_column) = at(span.end);
    Location { path: source.path().to_owned(), start_line, start_column, end_line, end_column }
}

fn at(problem: Problem, source: &SourceFile, span: std::ops::Range<usize>) -> Problem {
    let mut location = location(source, span);
    if location.end_line > location.start_line {
        // A table spans many lines; its first is enough to find it.
        let length = source.line_text(location.start_line).map_or(0, |line| line.chars().count());
        location.end_line = location.start_line;
        location.end_column = u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1).max(location.start_column);
    }
    let first_line = location.start_line.saturating_sub(2).max(1);
    let lines: Vec<&str> = (first_line..=location.start_line + 1).map_while(|line| source.line_text(line)).collect();
    let snippet = Snippet { is_old: false, location: location.clone(), first_line, text: lines.join("\n") };
    let mut problem = problem.at(location);
    problem.snippet = Some(snippet);
    problem
}

/// From the parser's error to one for people: with its place, and for a misspelled word the nearest known one.
fn refused(error: &toml::de::Error, source: &SourceFile) -> Problem {
    let said = error.message();
    let (message, help) = match unknown_word(said) {
        Some((word, kind, known)) => {
            let near = known
                .iter()
                .map(|known| (strsim::damerau_levenshtein(known, word), known))
                .filter(|(distance, known)| *distance <= 1 + known.chars().count().max(word.chars().count()) / 3)
                .min();
            let help = match near {
                Some((_, near)) => format!("did you mean `{near}`"),
                None => {
                    format!("known are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
                }
            };
            (format!("there is no {kind} `{word}` here"), Some(help))
        }
        None => (said.lines().collect::<Vec<_>>().join("; "), None),
    };
    let problem = Problem::new("bad-config", message);
    let problem = at(problem, source, error.span().unwrap_or(0..0));
    match help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

/// Takes serde's message apart: "unknown field `modes`, expected one of `mode`, `layers`".
fn unknown_word(message: &str) -> Option<(&str, &'static str, Vec<&str>)> {
    let (kind, rest) = if let Some(rest) = message.strip_prefix("unknown field `") {
        ("key", rest)
    } else {
        ("value", message.strip_prefix("unknown variant `")?)
    };
    let (word, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).collect();
    Some((word, kind, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Result<Project, Problem> {
        parse(Utf8Path::new("/repo/counterpart.toml"), "counterpart.toml", text)
    }

    fn problem(text: &str) -> (String, Option<(u32, u32)>, String) {
        let problem = project(text).expect_err("refused");
        let place = problem.location.map(|location| (location.start_line, location.start_column));
        (problem.message, place, problem.help.unwrap_or_default())
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place_and_the_nearest_known_one() {
        let (message, place, help) = problem("exclude = []\n[policy]\nmodes = \"compatible\"\n");
        assert_eq!(message, "there is no key `modes` here");
        assert_eq!(place, Some((3, 1)));
        assert_eq!(help, "did you mean `mode`");
        assert_eq!(problem("[polcy]\n").2, "did you mean `policy`");
        let (message, place, _) = problem("[[waivers]]\nrule = \"a/b\"\nreason = \"r\"\nuntill = \"x\"\n");
        assert_eq!((message.as_str(), place), ("there is no key `untill` here", Some((4, 1))));
    }

    #[test]
    fn an_unknown_value_is_refused_with_the_nearest_known_one() {
        let (message, place, help) = problem("[policy]\nmode = \"expansion\"\n");
        assert_eq!(message, "there is no value `expansion` here");
        assert_eq!(place, Some((2, 8)));
        assert!(help.starts_with("known are") || help == "did you mean `expansion-only`", "{help}");
    }

    #[test]
    fn broken_toml_is_refused_with_its_place() {
        assert_eq!(problem("[policy\n").1.map(|place| place.0), Some(1));
    }

    #[test]
    fn waivers_must_mean_something_and_say_why() {
        assert!(problem("[[waivers]]\nreason = \"r\"\n").0.contains("neither a rule nor a fingerprint"));
        assert!(
            problem("[[waivers]]\nrule = \"schema/property-removed\"\nreason = \" \"\n").0.contains("empty reason")
        );
        assert!(
            problem("[[waivers]]\nrule = \"schema/property-removed\"\nreason = \"r\"\nuntil = \"soon\"\n")
                .0
                .contains("not a date")
        );
        assert!(
            project("[[waivers]]\nrule = \"schema/property-removed\"\nreason = \"r\"\nuntil = 2026-12-31\n").is_ok()
        );
    }

    #[test]
    fn another_version_of_the_program_is_refused() {
        assert!(problem("counterpart = \">=99\"\n").0.contains("wants counterpart >=99"));
        assert!(project(concat!("counterpart = \"", env!("CARGO_PKG_VERSION"), "\"\n")).is_ok());
    }

    #[test]
    fn the_line_of_a_key_is_known() {
        let project = project("[policy]\n# why\nmode = \"compatible\"\n").expect("reads");
        assert_eq!(project.line_of(&["policy", "mode"]), Some(3));
        assert_eq!(project.line_of(&["policy", "layers"]), None);
    }
}
