//! Finds the one page that holds for a change.

use std::sync::OnceLock;

use crate::change::{ChangeKind, Facts};
use crate::rules::page::{Page, PageError, holds};

/// Every page as `(id, change, text)`, sorted by id.
pub const PAGES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The pages, parsed when they are first needed: a comparison that finds two kinds of change parses two kinds' pages.
#[derive(Debug)]
pub struct RuleTable {
    slots: Vec<OnceLock<Box<Result<Page, PageError>>>>,
    /// The pages' indexes by `(format, change)`, sorted.
    by_change: Vec<(&'static str, &'static str, usize)>,
}

impl Default for RuleTable {
    fn default() -> Self {
        Self::new()
    }
}

impl RuleTable {
    /// The table over all embedded pages; parses nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let change = |(index, &(id, change, _)): (usize, &(&'static str, &'static str, _))| {
            (id.split('/').next().unwrap_or_default(), change, index)
        };
        let mut by_change: Vec<_> = PAGES.iter().enumerate().map(change).collect();
        by_change.sort_unstable();
        Self { slots: PAGES.iter().map(|_| OnceLock::new()).collect(), by_change }
    }

    fn page(&self, index: usize) -> Result<&Page, &PageError> {
        let (id, _, text) = PAGES[index];
        self.slots[index].get_or_init(|| Box::new(Page::parse(id, text))).as_ref().as_ref()
    }

    /// The page that judges this kind with these facts; `None` is a gap in the pages, which the tests refuse.
    #[must_use]
    pub fn find(&self, kind: &ChangeKind, facts: &Facts) -> Option<&Page> {
        self.candidates(kind).find(|page| holds(&page.when, facts))
    }

    /// Every page that holds; the tests demand exactly one.
    #[must_use]
    pub fn find_all(&self, kind: &ChangeKind, facts: &Facts) -> Vec<&Page> {
        self.candidates(kind).filter(|page| holds(&page.when, facts)).collect()
    }

    fn candidates(&self, kind: &ChangeKind) -> impl Iterator<Item = &Page> {
        let wanted = (kind.format, kind.id);
        let first = self.by_change.partition_point(|&(format, change, _)| (format, change) < wanted);
        let pages = self.by_change[first..].iter().take_while(move |&&(format, change, _)| (format, change) == wanted);
        pages.filter_map(|&(.., index)| self.page(index).ok())
    }

    /// The page of an id or of one of its earlier ids.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Page> {
        if let Ok(index) = PAGES.binary_search_by(|(page, ..)| (*page).cmp(id)) {
            return self.page(index).ok();
        }
        self.iter().find(|page| page.aliases.iter().any(|alias| alias == id))
    }

    /// The id that somebody who wrote `name` may have meant, with or without its folder.
    #[must_use]
    pub fn nearest(name: &str) -> Option<&'static str> {
        let distance = |id: &str| {
            let short = id.rsplit('/').next().unwrap_or(id);
            strsim::damerau_levenshtein(id, name).min(strsim::damerau_levenshtein(short, name))
        };
        let (distance, id) = PAGES.iter().map(|(id, ..)| (distance(id), *id)).min()?;
        (distance <= 2 + name.len() / 4).then_some(id)
    }

    /// All pages, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Page> {
        (0..PAGES.len()).filter_map(|index| self.page(index).ok())
    }

    /// What is wrong with the embedded pages; empty in anything that was released.
    #[must_use]
    pub fn errors(&self) -> Vec<&PageError> {
        (0..PAGES.len()).filter_map(|index| self.page(index).err()).collect()
    }
}
