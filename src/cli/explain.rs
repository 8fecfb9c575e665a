//! `counterpart explain RULE`: the page of one rule.

use std::io::{self, Write};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::ListFormat;
use crate::cli::rule_view::{RuleView, breaks, equivalents};
use crate::cli::terminal::Terminal;
use crate::finding::Problem;
use crate::render;
use crate::rules::{PAGES, Page, RuleTable};

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "A rule of another tool is understood too: counterpart explain buf:FIELD_SAME_TYPE")]
pub struct Arguments {
    /// The rule as findings name it: `protobuf/field-renamed`.
    #[arg(value_name = "RULE")]
    rule: String,

    /// The form of the page.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        env = "COUNTERPART_FORMAT",
        hide_env_values = true
    )]
    format: ListFormat,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let table = RuleTable::new();
    let pages = find(&table, &arguments.rule)?;
    match arguments.format {
        ListFormat::Json => match pages.as_slice() {
            [page] => render::json(&RuleView::new(page, true), &mut context.stdout)?,
            several => {
                let views: Vec<_> = several.iter().map(|page| RuleView::new(page, true)).collect();
                render::json(&views, &mut context.stdout)?;
            }
        },
        ListFormat::Text => {
            for (index, page) in pages.iter().enumerate() {
                if index > 0 {
                    writeln!(context.stdout)?;
                }
                write_page(page, context.terminal, &mut context.stdout)?;
            }
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
    let near = PAGES.iter().map(|(id, ..)| (distance(id, name), *id)).min();
    Err(match near {
        Some((distance, id)) if distance <= 2 + name.len() / 4 => {
            problem.with_help(format!("did you mean `counterpart explain {id}`"))
        }
        _ => problem.with_help("`counterpart rules` lists them; `counterpart rules WORD` searches"),
    })
}

fn distance(id: &str, name: &str) -> usize {
    let short = id.rsplit('/').next().unwrap_or(id);
    strsim::damerau_levenshtein(id, name).min(strsim::damerau_levenshtein(short, name))
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
    for line in page.body.trim().lines() {
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
            writeln!(out, "{}", fill(line, terminal.width))?;
        }
    }
    writeln!(out)?;
    if let Some(help) = &page.help {
        writeln!(out, "{} {}", bold("help:"), fill(help, terminal.width))?;
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

/// Breaks a paragraph, which pages write as one long line.
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
}
