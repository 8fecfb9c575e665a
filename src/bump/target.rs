//! Where a version stands in a file.

use std::ops::Range;
use std::sync::Arc;

use crate::finding::Problem;
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::syntax::{self, Kind, NodeId};

/// A place that holds a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The file, relative to the repository's root.
    pub path: String,
    /// How the version is found in it.
    pub place: Place,
}

/// How a version is found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `info.version` of an OpenAPI document, or another path of keys in YAML or JSON.
    Document(Vec<String>),
    /// A path of keys in TOML; the first that exists of several.
    Toml(Vec<Vec<String>>),
    /// The entry of a crate of this name in `Cargo.lock` that comes from no registry.
    LockedCrate(String),
    /// The whole text of the file.
    Whole,
    /// The group `version` of a regular expression, or its whole match.
    Pattern(String),
}

/// A version as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Bytes of the version itself, without quotes.
    pub range: Range<usize>,
    /// The version.
    pub text: String,
    /// Its 1-based line.
    pub line: u32,
}

impl Target {
    /// Reads the settings' way of naming a target.
    ///
    /// | written | found |
    /// |---|---|
    /// | `Cargo.toml` | `package.version`, else `workspace.package.version` |
    /// | `pyproject.toml` | `project.version`, else `tool.poetry.version` |
    /// | `package.json`, `composer.json` | `version` |
    /// | `Chart.yaml` | `version` |
    /// | `VERSION`, `version.txt` | the whole text |
    /// | any other `.yaml`, `.yml`, `.json` | `info.version` |
    /// | `FILE#a.b.c` | that path of keys (YAML, JSON, TOML) |
    /// | `FILE#re:PATTERN` | the group `version` of the pattern |
    ///
    /// # Errors
    /// When the file's kind is not known and no key is given.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (path, key) = text.split_once('#').map_or((text, None), |(path, key)| (path, Some(key)));
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let keys = |text: &str| -> Vec<String> { text.split('.').map(str::to_owned).collect() };
        let place = match (key, name, extension) {
            (Some(key), ..) if key.starts_with("re:") => Place::Pattern(key["re:".len()..].to_owned()),
            (Some(key), _, "toml") => Place::Toml(vec![keys(key)]),
            (Some(key), _, "yaml" | "yml" | "json") => Place::Document(keys(key)),
            (None, "Cargo.toml", _) => Place::Toml(vec![keys("package.version"), keys("workspace.package.version")]),
            (None, "pyproject.toml", _) => Place::Toml(vec![keys("project.version"), keys("tool.poetry.version")]),
            (None, "package.json" | "composer.json" | "Chart.yaml", _) => Place::Document(keys("version")),
            (None, "VERSION" | "version.txt", _) => Place::Whole,
            (None, _, "yaml" | "yml" | "json") => Place::Document(keys("info.version")),
            _ => {
                return Err(Problem::new("version-target", format!("it is not known where `{text}` holds a version"))
                    .with_help(format!(
                        "name the key or a pattern: `{path}#a.b.version`, `{path}#re:version = (?<version>.+)`"
                    )));
            }
        };
        Ok(Self { path: path.to_owned(), place })
    }
}

/// Finds the version of a target in its file's text.
///
/// # Errors
/// When the file cannot be read as what it is, or holds no version there.
pub fn locate(target: &Target, text: &str) -> Result<Located, Problem> {
    let range = match &target.place {
        Place::Whole => {
            let start = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            start..start + text[start..].trim_end().len()
        }
        Place::Document(keys) => in_document(target, text, keys)?,
        Place::Toml(paths) => in_toml(target, text, paths)?,
        Place::LockedCrate(name) => in_lock(target, text, name)?,
        Place::Pattern(pattern) => in_text(target, text, pattern)?,
    };
    let line = SourceFile::new("", text).line_column(u32::try_from(range.start).unwrap_or(u32::MAX)).0;
    let version = text[range.clone()].to_owned();
    if version.is_empty() || version.contains('\n') {
        return Err(missing(target, "there is no version on one line there"));
    }
    Ok(Located { range, text: version, line })
}

fn missing(target: &Target, reason: &str) -> Problem {
    Problem::new("version-target", format!("`{}` holds no version: {reason}", target.path))
        .with_help("write the version down once by hand; from then on it is kept up to date")
}

fn in_document(target: &Target, text: &str, keys: &[String]) -> Result<Range<usize>, Problem> {
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new(target.path.as_str(), text));
    let parsed = syntax::parse(file, &target.path, Arc::from(text));
    if let Some(fault) = parsed.faults.first() {
        return Err(fault.to_problem(&sources));
    }
    let document = &parsed.document;
    let find = |from: Option<NodeId>, key: &String| document.get(from?, key);
    let node = keys.iter().fold(Some(document.root()), find);
    let node = node.ok_or_else(|| missing(target, &format!("there is no `{}`", keys.join("."))))?;
    match document.kind(node) {
        Kind::String | Kind::Number => Ok(without_quotes(text, document.span(node))),
        kind => Err(missing(target, &format!("`{}` is {}", keys.join("."), kind.described()))),
    }
}

fn without_quotes(text: &str, span: Span) -> Range<usize> {
    let (start, end) = (span.start as usize, span.end as usize);
    let inside = &text[start..end];
    let is_quoted = inside.len() >= 2 && ['"', '\''].iter().any(|q| inside.starts_with(*q) && inside.ends_with(*q));
    if is_quoted { start + 1..end - 1 } else { start..end }
}

fn in_toml(target: &Target, text: &str, paths: &[Vec<String>]) -> Result<Range<usize>, Problem> {
    let document = toml_edit::Document::parse(text).map_err(|error| {
        let place = error.span().map(|span| {
            let mut sources = SourceMap::default();
            let file = sources.add(SourceFile::new(target.path.as_str(), text));
            let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
            sources.location(Span::new(FileId(file.0), at(span.start), at(span.end)))
        });
        let problem = Problem::new("toml-syntax", error.message().to_owned());
        place.map_or(problem.clone(), |place| problem.at(place))
    })?;
    let find = |path: &Vec<String>| {
        let item = path.iter().try_fold(document.as_item(), |item, key| item.get(key))?;
        item.as_str()?;
        item.span()
    };
    let span = paths.iter().find_map(find).ok_or_else(|| {
        let named: Vec<_> = paths.iter().map(|path| format!("`{}`", path.join("."))).collect();
        missing(target, &format!("there is no {}", named.join(" or ")))
    })?;
    Ok(span.start + 1..span.end - 1)
}

fn in_lock(target: &Target, text: &str, name: &str) -> Result<Range<usize>, Problem> {
    let absent = || missing(target, &format!("it has no crate `{name}` of its own"));
    let document = toml_edit::Document::parse(text).map_err(|_| absent())?;
    let crates = document.get("package").and_then(toml_edit::Item::as_array_of_tables).ok_or_else(absent)?;
    let own = crates.iter().find(|entry| {
        entry.get("name").and_then(toml_edit::Item::as_str) == Some(name) && entry.get("source").is_none()
    });
    let span = own.and_then(|entry| entry.get("version")?.span()).ok_or_else(absent)?;
    Ok(span.start + 1..span.end - 1)
}

fn in_text(target: &Target, text: &str, pattern: &str) -> Result<Range<usize>, Problem> {
    let bad =
        |reason: String| Problem::new("version-target", reason).with_help("use a group named `version` around it");
    let regex =
        regex::Regex::new(pattern).map_err(|error| bad(format!("`{pattern}` is no regular expression: {error}")))?;
    let captures = regex.captures(text).ok_or_else(|| missing(target, &format!("`{pattern}` matches nothing")))?;
    let group = captures.name("version").or_else(|| captures.get(0));
    group.map(|group| group.range()).ok_or_else(|| missing(target, "the pattern has no match"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bump::lock_beside;

    fn replaced(target: &str, text: &str, version: &str) -> String {
        let located = locate(&Target::parse(target).expect("a target"), text).expect("a version");
        let mut text = text.to_owned();
        text.replace_range(located.range, version);
        text
    }

    #[test]
    fn only_the_version_token_changes() {
        let rows = [
            (
                "api.yaml",
                "# c\ninfo:\n  version: '1.4.0' # now\n  title: x\n",
                "# c\ninfo:\n  version: '1.5.0' # now\n  title: x\n",
            ),
            ("api.yaml", "info: {title: x, version: 1.4.0}\r\n", "info: {title: x, version: 1.5.0}\r\n"),
            ("api.json", "{ \"info\" :{\"version\": \"1.4.0\"} }", "{ \"info\" :{\"version\": \"1.5.0\"} }"),
            (
                "Cargo.toml",
                "[package]\nname='a'\nversion = \"1.4.0\" # v\n",
                "[package]\nname='a'\nversion = \"1.5.0\" # v\n",
            ),
            ("Cargo.toml", "[workspace.package]\nversion='1.4.0'\n", "[workspace.package]\nversion='1.5.0'\n"),
            ("pyproject.toml", "[tool.poetry]\nversion='1.4.0'\n", "[tool.poetry]\nversion='1.5.0'\n"),
            ("ui/package.json", "{\"version\":\"1.4.0\"}", "{\"version\":\"1.5.0\"}"),
            ("VERSION", "\u{feff}1.4.0\n", "\u{feff}1.5.0\n"),
            (
                "chart/Chart.yaml#appVersion",
                "version: 3.0.0\nappVersion: \"1.4.0\"\n",
                "version: 3.0.0\nappVersion: \"1.5.0\"\n",
            ),
            ("build.gradle#re:version = '(?<version>[^']+)'", "a\nversion = '1.4.0'\n", "a\nversion = '1.5.0'\n"),
        ];
        for (target, before, after) in rows {
            assert_eq!(replaced(target, before, "1.5.0"), after, "{target}");
        }
    }

    #[test]
    fn a_lock_file_follows_its_own_crate_and_no_other_of_that_name() {
        let manifest = "[package]\nname = \"orders\"\nversion = \"1.4.0\"\n";
        let lock = "version = 4\n\n[[package]]\nname = \"orders\"\nversion = \"1.4.0\"\nsource = \"registry+x\"\n\n\
                    [[package]]\nname = \"orders\"\nversion = \"1.4.0\"\n";
        let targets = lock_beside("a/Cargo.toml").expect("it has one").targets("Cargo.lock", manifest, Vec::new);
        let located = locate(&targets[0], lock).expect("it is there");
        assert_eq!((located.line, located.text.as_str()), (10, "1.4.0"));
        let inherited = "[package]\nname = \"orders\"\nversion.workspace = true\n";
        let none = || panic!("the version is not the workspace's");
        assert!(lock_beside("Cargo.toml").expect("it has one").targets("Cargo.lock", inherited, none).is_empty());
        let workspace = "[workspace.package]\nversion = \"1.4.0\"\n";
        let crates = || vec!["orders".to_owned(), "orders-cli".to_owned()];
        assert_eq!(lock_beside("Cargo.toml").expect("it has one").targets("Cargo.lock", workspace, crates).len(), 2);
    }

    #[test]
    fn a_file_without_a_version_says_where_one_is_missing() {
        let target = Target::parse("api.yaml").expect("a target");
        let problem = locate(&target, "info: {title: x}\n").expect_err("there is none");
        assert!(problem.message.contains("`info.version`"), "{}", problem.message);
        assert!(Target::parse("main.go").is_err());
    }
}
