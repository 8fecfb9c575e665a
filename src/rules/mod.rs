//! Judging: which page holds for a change, and what verdict it gives.
//!
//! Rules are Markdown pages (`docs/rules`, embedded by `build.rs`; see `docs/design/0001-rule-pages.md`). A page compares
//! the facts that a change states with values; there is no expression language. Severity is not decided here.

mod equivalents;
mod example;
mod judge;
mod page;
mod table;

pub use example::{Example, ExampleFile, ExpectedFinding};
pub use judge::{Verdict, interpolate, judge};
pub use page::{CellRule, Cells, Class, DataCells, Equivalent, FactValue, MeaningCells, Page, PageError, SourceCells};
pub use table::{PAGES, RuleTable};
