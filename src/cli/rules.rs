//! `counterpart rules`: the list of rules.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{ListArguments, ListFormat};
use crate::cli::rule_view::{RuleView, equivalents};
use crate::render;
use crate::rules::{Page, RuleTable};

/// Arguments of `rules`.
#[derive(Debug, Args)]
#[command(after_help = "counterpart rules protobuf        the rules of a folder\n\
                        counterpart rules enum removed    rules that have all these words\n\
                        counterpart rules buf:FIELD       rules that other tools report as such")]
pub struct Arguments {
    /// Only rules whose id, title or other tools' names contain every word.
    #[arg(value_name = "WORD")]
    words: Vec<String>,

    #[command(flatten)]
    list: ListArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let table = RuleTable::new();
    let words: Vec<String> = arguments.words.iter().map(|word| word.to_lowercase()).collect();
    let pages: Vec<&Page> = table.iter().filter(|page| words.iter().all(|word| matches(page, word))).collect();
    match arguments.list.format {
        ListFormat::Json => {
            let views: Vec<_> = pages.iter().map(|page| RuleView::new(page, false)).collect();
            render::json(&views, &mut context.stdout)?;
        }
        ListFormat::Text => {
            let widest = pages.iter().map(|page| page.id.len()).max().unwrap_or_default();
            for page in &pages {
                writeln!(context.stdout, "{:widest$}  {}", page.id, page.title)?;
            }
            context.stdout.flush()?;
            let count = if pages.len() == 1 { "1 rule".to_owned() } else { format!("{} rules", pages.len()) };
            context.remark(&format!("{count}; `counterpart explain RULE` tells more"));
        }
    }
    Ok(Exit::Clean)
}

fn matches(page: &Page, word: &str) -> bool {
    page.id.to_lowercase().contains(word)
        || page.title.to_lowercase().contains(word)
        || equivalents(page).iter().any(|id| id.to_lowercase().contains(word))
}
