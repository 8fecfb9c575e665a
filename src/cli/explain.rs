//! `counterpart explain RULE`: the page of one rule.

use std::io::{self, Write};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completions;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{ListArguments, ListFormat};
use crate::cli::pager;
use crate::cli::rule_view::{RuleView, breaks, equivalents};
use crate::cli::terminal::Terminal;
use crate::finding::Problem;
use crate::render;
use crate::rules::{Page, RuleTable};

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "A rule of another tool is understood too: counterpart explain buf:FIELD_SAME_TYPE")]
pub struct Arguments {
    /// The rule as findings name it: `protobuf/field-renamed`.
    #[arg(value_name = "RULE", add = ArgValueCompleter::new(completions::rules))]
    rule: String,

    #[command(flatten)]
    list: ListArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let table = RuleTable::new();
    let pages = find(&table, &arguments.rule)?;
    match arguments.list.format {
        ListFormat::Json => match pages.as_slice() {
            [page] => render::json(&RuleView::new(page, true), &mut context.stdout)?,
            several => {
                let views: Vec<_> = several.iter().map(|page| RuleView::new(page, true)).collect();
                render::json(&views, &mut context.stdout)?;
            }
        },
        ListFormat::Text => {
            let mut text = Vec::new();
            for (index, page) in pages.iter().enumerate() {
                if index > 0 {
                    writeln!(text)?;
                }
                write_page(page, context.terminal, &mut text)?;
            }
            pager::write(&text, context)?;
        }
    }
    Ok(Exit::Clean)
}

/// The page of an id, or all pages that name a rule of another tool.
fn find<'a>(table: &'a RuleTable, name: &str) -> Result<Vec<&'a Page>, Problem> {
    if let Some(page) = table.get(name) {
        return Ok(vec![page]);
    }
    if name.contains(':') {
        let of_tool: Vec<&Page> = table.iter().filter(|page| equivalents(page).contains(&name)).collect();
        if !of_tool.is_empty() {
            return Ok(of_tool);
        }
    }
    // Findings are often copied without their folder.
    let by_name: Vec<&Page> = table.iter().filter(|page| page.id.rsplit('/').next() == Some(name)).collect();
    if !by_name.is_empty() {
        return Ok(by_name);
    }
    let problem = Problem::new("unknown-rule", format!("there is no rule `{name}`"));
    Err(match RuleTable::nearest(name) {
        Some(id) => problem.with_help(format!("did you mean `counterpart explain {id}`")),
        None => problem.with_help("`counterpart rules` lists them; `counterpart rules WORD` searches"),
    })
}

fn write_page(page: &Page, terminal: Terminal, out: &mut impl Write) -> io::Result<()> {
    let bold = |text: &str| paint(terminal, anstyle::Style::new().bold(), text);
    let dim = |text: &str| paint(terminal, anstyle::Style::new().dimmed(), text);
    writeln!(out, "{}: {}", bold(&page.id), page.title)?;
    writeln!(out)?;
    let broken = breaks(page);
    if !broken.is_empty() || page.capability_gone {
        let widest = broken.iter().map(|(question, _)| question.len()).max().unwrap_or_default();
        for (question, answer) in &broken {
            writeln!(out, "  {question:widest$}  {}", bold(answer))?;
        }
        if page.capability_gone {
            writeln!(out, "  something that others could use is gone")?;
        }
        writeln!(out)?;
    }
    let mut in_code = false;
    for line in joined(page.body.trim()) {
        if let Some(info) = line.strip_prefix("```") {
            in_code = !in_code;
            if in_code {
                writeln!(out, "  {}", dim(&format!("{info}:")))?;
            }
        } else if in_code {
            writeln!(out, "    {line}")?;
        } else if let Some(heading) = line.strip_prefix('#') {
            writeln!(out, "{}", bold(heading.trim_start_matches('#').trim()))?;
        } else {
            writeln!(out, "{}", fill(&line, terminal.width))?;
        }
    }
    writeln!(out)?;
    if let Some(help) = &page.help {
        writeln!(out, "{} {}", bold("help:"), fill(&with_blanks(help), terminal.width))?;
    }
    if let Some(spec) = &page.spec {
        writeln!(out, "{} {spec}", bold("specification:"))?;
    }
    let others = equivalents(page);
    if !others.is_empty() {
        writeln!(out, "{} {}", bold("other tools:"), fill(&others.join(", "), terminal.width))?;
    }
    Ok(())
}

fn paint(terminal: Terminal, style: anstyle::Style, text: &str) -> String {
    if terminal.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// A text of a page with its values, which only a finding has, as blanks: `{name}` becomes `<name>`.
fn with_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, value) = rest.split_at(at);
        out.push_str(before);
        let name = value[1..].split('}').next().unwrap_or_default();
        let is_value = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_value && value.len() > name.len() + 1 {
            out.push_str(&format!("<{name}>"));
            rest = &value[name.len() + 2..];
        } else {
            out.push('{');
            rest = &value[1..];
        }
    }
    out + rest
}

/// The lines of a page with each paragraph on one line: pages break theirs where an editor did. Code, headings, tables
/// and list entries keep their lines.
fn joined(body: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut in_code, mut continues) = (false, false);
    for line in body.lines() {
        let is_fence = line.starts_with("```");
        let is_text = !in_code && !is_fence && !line.trim().is_empty() && !line.starts_with(['#', '|']);
        let is_entry = line.trim_start().starts_with("- ") || line.trim_start().starts_with("* ");
        match lines.last_mut() {
            Some(last) if is_text && continues && !is_entry => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
        in_code ^= is_fence;
        continues = is_text;
    }
    lines
}

/// Breaks a paragraph into lines of a readable length.
fn fill(text: &str, width: Option<usize>) -> String {
    // Nobody reads lines of three hundred columns, on a terminal or in a file.
    let width = width.unwrap_or(100).min(100);
    let mut filled = String::with_capacity(text.len() + 8);
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            filled.push('\n');
            used = 0;
        } else if used > 0 {
            filled.push(' ');
            used += 1;
        }
        filled.push_str(word);
        used += length;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::PAGES;

    #[test]
    fn a_rule_is_found_by_id_by_name_and_by_another_tools_id() {
        let table = RuleTable::new();
        let ids =
            |name: &str| find(&table, name).map(|pages| pages.iter().map(|page| page.id.clone()).collect::<Vec<_>>());
        let first = PAGES[0].0;
        assert_eq!(ids(first).expect("found"), [first]);
        assert!(ids(first.rsplit('/').next().expect("a name")).expect("found").contains(&first.to_owned()));
        let problem = ids("waiver/expird").expect_err("unknown");
        assert_eq!(problem.help.as_deref(), Some("did you mean `counterpart explain waiver/expired`"));
    }

    #[test]
    fn paragraphs_fit_the_width() {
        assert_eq!(fill("one two three", Some(7)), "one two\nthree");
    }

    #[test]
    fn values_of_a_finding_are_blanks_in_a_page() {
        assert_eq!(with_blanks("keep `{old}` in {a: b} {x"), "keep `<old>` in {a: b} {x");
    }

    #[test]
    fn paragraphs_are_joined_before_they_are_filled_and_code_is_not() {
        let body = "one\ntwo\n\n- a\n  b\n- c\n```x\nd\ne\n```\nf\n## g\nh";
        assert_eq!(
            joined(body),
            ["one two", "", "- a b", "- c", "```x", "d", "e", "```", "f", "## g", "h"].map(str::to_owned)
        );
    }
}
