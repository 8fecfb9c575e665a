//! CODEOWNERS: who answers for a file, as GitHub and GitLab read it.

use globset::{GlobBuilder, GlobMatcher};

/// Where hosts look for the file, in their order.
pub const CODEOWNERS_PATHS: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// A CODEOWNERS file that was read.
#[derive(Debug, Default)]
pub struct CodeOwners {
    /// Sections of GitLab; GitHub's files are one section.
    sections: Vec<Section>,
}

#[derive(Debug, Default)]
struct Section {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    /// The file itself, or everything below it where it is a folder.
    globs: Vec<GlobMatcher>,
    owners: Vec<String>,
}

impl CodeOwners {
    /// Reads a file. Lines that are no rule (bad patterns) are left out, as the hosts do.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut sections = vec![Section::default()];
        let mut default: Vec<String> = Vec::new();
        for line in text.lines().map(without_comment).filter(|line| !line.is_empty()) {
            if let Some((_, owners)) = section_heading(line) {
                default = owners.split_whitespace().map(str::to_owned).collect();
                sections.push(Section::default());
                continue;
            }
            let (pattern, owners) = split_pattern(line);
            let owners: Vec<String> = owners.split_whitespace().map(str::to_owned).collect();
            let globs = matchers(&pattern);
            if let (Some(section), false) = (sections.last_mut(), globs.is_empty()) {
                let owners = if owners.is_empty() { default.clone() } else { owners };
                section.rules.push(Rule { globs, owners });
            }
        }
        Self { sections }
    }

    /// The owners of a path (from the repository's root), as written: `@acme/orders`, `a@example.org`. The last rule that
    /// matches holds, in each section; a rule without owners takes a path out.
    #[must_use]
    pub fn of(&self, path: &str) -> Vec<String> {
        let mut owners: Vec<String> = Vec::new();
        for section in &self.sections {
            let last = section.rules.iter().rev().find(|rule| rule.globs.iter().any(|glob| glob.is_match(path)));
            for owner in last.iter().flat_map(|rule| &rule.owners) {
                if !owners.contains(owner) {
                    owners.push(owner.clone());
                }
            }
        }
        owners
    }
}

/// A line without its comment. `\#` is a number sign; one inside a word is too.
fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') {
        return "";
    }
    line.find(" #").or_else(|| line.find("\t#")).map_or(line, |at| line[..at].trim_end())
}

/// `[Name] @default`, `^[Optional][2] @default` of GitLab: the name, and what follows.
fn section_heading(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("^[").or_else(|| line.strip_prefix('['))?;
    let (name, mut rest) = rest.split_once(']')?;
    if let Some(after) = rest.strip_prefix('[') {
        rest = after.split_once(']')?.1;
    }
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some((name, rest))
}

/// The pattern, its `\ ` and `\#` taken literally, and what follows.
fn split_pattern(line: &str) -> (String, &str) {
    let mut pattern = String::new();
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => pattern.extend(characters.next().map(|(_, escaped)| escaped)),
            ' ' | '\t' => return (pattern, &line[at..]),
            other => pattern.push(other),
        }
    }
    (pattern, "")
}

/// The globs that a pattern stands for: as in `.gitignore`, but `*` at the end of a path does not reach into folders.
///
/// | pattern | matches |
/// |---|---|
/// | `*` | everything |
/// | `*.proto`, `build/` | in any folder |
/// | `/docs/`, `docs/api` | from the root, with everything below |
/// | `docs/*` | files directly in `docs` |
fn matchers(pattern: &str) -> Vec<GlobMatcher> {
    let is_folder = pattern.ends_with('/');
    let body = pattern.trim_end_matches('/');
    let is_anchored = body.contains('/');
    let body = body.trim_start_matches('/');
    if body.is_empty() {
        return Vec::new();
    }
    let body = if is_anchored { body.to_owned() } else { format!("**/{body}") };
    let reaches_below = !(is_anchored && body.ends_with("/*"));
    let mut globs = Vec::with_capacity(2);
    if !is_folder {
        globs.push(body.clone());
    }
    if reaches_below {
        globs.push(format!("{body}/**"));
    }
    let build = |glob: String| GlobBuilder::new(&glob).literal_separator(true).build().ok();
    globs.into_iter().filter_map(build).map(|glob| glob.compile_matcher()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, path: &str) -> String {
        CodeOwners::parse(text).of(path).join(" ")
    }

    #[test]
    fn patterns_match_as_on_the_hosts() {
        let rows = [
            ("* @all", "api/orders.yaml", "@all"),
            ("*.proto @wire", "a/b/c.proto", "@wire"),
            ("*.proto @wire", "a/b/c.yaml", ""),
            ("/docs/ @docs", "docs/a/b.md", "@docs"),
            ("/docs/ @docs", "api/docs/b.md", ""),
            ("build/ @ops", "a/build/x", "@ops"),
            ("docs/* @docs", "docs/a.md", "@docs"),
            ("docs/* @docs", "docs/a/b.md", ""),
            ("api/orders.yaml a@example.org @orders", "api/orders.yaml", "a@example.org @orders"),
            ("**/orders @orders", "api/orders/v1.yaml", "@orders"),
            ("a\\ b.yaml @space # the one with the space", "a b.yaml", "@space"),
        ];
        for (text, path, expected) in rows {
            assert_eq!(of(text, path), expected, "{text} for {path}");
        }
    }

    #[test]
    fn the_last_rule_holds_and_one_without_owners_takes_a_path_out() {
        let text = "# who owns what\n* @all\napi/ @api # shared\napi/generated/\n";
        assert_eq!(of(text, "x"), "@all");
        assert_eq!(of(text, "api/a.yaml"), "@api");
        assert_eq!(of(text, "api/generated/a.yaml"), "");
    }

    #[test]
    fn sections_of_gitlab_add_up_and_have_owners_of_their_own() {
        let text = "* @all\n[Contracts][2] @contracts\n*.proto\n^[Docs] @docs\ndocs/ @writers\n";
        assert_eq!(of(text, "a.proto"), "@all @contracts");
        assert_eq!(of(text, "docs/a.proto"), "@all @contracts @writers");
    }
}
