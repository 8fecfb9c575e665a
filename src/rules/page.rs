//! The parsed form of one rule page.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::change::{Cell, Facts};
use crate::finding::Bump;

/// Why a page cannot be used. Pages are embedded, so users never see this: the tests do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {message}")]
pub struct PageError {
    /// The page's id.
    pub id: String,
    /// What is wrong with it.
    pub message: String,
}

/// What a change is when nobody breaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Something new that nobody has to use.
    Addition,
    /// A writer promises more, or a reader accepts more.
    Guarantee,
    /// Something is now deprecated.
    Deprecation,
    /// Removal of what was deprecated, after its sunset and grace period.
    AnnouncedRemoval,
    /// Only what people read.
    #[default]
    Documentation,
    /// Nothing that anybody can notice.
    Neutral,
}

/// A cell of a page: fixed, or decided by an execution with a fallback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CellRule {
    /// Always this.
    Fixed(Cell),
    /// What was measured; this where it could not be decided.
    Measured(Cell),
    /// Left out: `no`.
    #[default]
    Absent,
}

impl<'de> Deserialize<'de> for CellRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (measured, word) = text.strip_prefix("measured-").map_or((false, text.as_str()), |word| (true, word));
        let cell = match word {
            "no" => Cell::No,
            "maybe" => Cell::Maybe,
            "yes" => Cell::Yes,
            _ => return Err(serde::de::Error::custom(format!("`{text}` is not a cell"))),
        };
        Ok(if measured { Self::Measured(cell) } else { Self::Fixed(cell) })
    }
}

/// Both directions of one encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataCells {
    /// The new reader with what an old writer wrote.
    #[serde(default)]
    pub new_reads_old: CellRule,
    /// The old reader with what a new writer writes.
    #[serde(default)]
    pub old_reads_new: CellRule,
}

/// Generated code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SourceCells {
    /// For those who call.
    #[serde(default)]
    pub caller: CellRule,
    /// For those who implement.
    #[serde(default)]
    pub implementer: CellRule,
}

/// A cell that may name one direction only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum MeaningCells {
    /// The same for both readers.
    Both(CellRule),
    /// Apart.
    Apart(DataCells),
}

impl Default for MeaningCells {
    fn default() -> Self {
        Self::Both(CellRule::Absent)
    }
}

/// All cells of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cells {
    /// JSON, or `ProtoJSON`.
    #[serde(default)]
    pub json: DataCells,
    /// The binary encoding.
    pub wire: Option<DataCells>,
    /// Generated code.
    #[serde(default)]
    pub source: SourceCells,
    /// Whether the old call no longer gets there.
    #[serde(default)]
    pub reach: CellRule,
    /// Whether it is accepted but read differently.
    #[serde(default)]
    pub meaning: MeaningCells,
    /// Whether a new consumer breaks with the old provider.
    #[serde(default)]
    pub forward: CellRule,
}

/// A value that a fact is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum FactValue {
    /// `true` or `false`.
    Bool(bool),
    /// This value.
    One(String),
    /// Any of these values.
    Any(Vec<String>),
}

impl FactValue {
    /// Whether a stated value is (one of) this.
    #[must_use]
    pub fn matches(&self, stated: &str) -> bool {
        self.values().contains(&stated)
    }

    /// Every value that it names.
    #[must_use]
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::Bool(value) => vec![if *value { "true" } else { "false" }],
            Self::One(value) => vec![value],
            Self::Any(values) => values.iter().map(String::as_str).collect(),
        }
    }
}

/// What a page's `when` compares; all must hold.
pub type When = BTreeMap<String, FactValue>;

/// Whether all comparisons hold for these facts.
#[must_use]
pub fn holds(when: &When, facts: &Facts) -> bool {
    when.iter().all(|(name, value)| facts.get(name).is_some_and(|stated| value.matches(stated)))
}

/// A rule of another tool that would report the same edit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Equivalent {
    /// Whenever the page holds.
    Always(String),
    /// Only for some facts and places.
    Conditional {
        /// `tool:rule`; `{place}` is replaced by each place that matched.
        id: String,
        /// Places of the change, any of which must hold; empty for all.
        #[serde(default)]
        places: Vec<String>,
        /// Facts, all of which must hold.
        #[serde(default)]
        when: When,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    change: String,
    #[serde(default)]
    when: When,
    message: String,
    help: Option<String>,
    spec: Option<String>,
    #[serde(default)]
    class: Class,
    bump: Option<BumpWord>,
    #[serde(default)]
    aliases: Vec<String>,
    capability: Option<String>,
    #[serde(default)]
    equivalents: Vec<Equivalent>,
    #[serde(default)]
    breaks: Cells,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BumpWord {
    None,
    Patch,
    Minor,
    Major,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `format/rule`.
    pub id: String,
    /// One line.
    pub title: String,
    /// The kind of change that it judges.
    pub change: String,
    /// The facts for which it holds.
    pub when: When,
    /// The message, with `{values}`.
    pub message: String,
    /// What to do, with `{values}`.
    pub help: Option<String>,
    /// The specification's section.
    pub spec: Option<String>,
    /// What it is when nobody breaks.
    pub class: Class,
    /// Overrides the bump.
    pub bump: Option<Bump>,
    /// Ids that this rule had before.
    pub aliases: Vec<String>,
    /// Whether something nameable is gone.
    pub capability_gone: bool,
    /// Rules of other tools.
    pub equivalents: Vec<Equivalent>,
    /// The verdict.
    pub breaks: Cells,
    /// Markdown below the header.
    pub body: String,
}

impl Page {
    /// Parses the text of a page.
    ///
    /// # Errors
    /// When the header is missing, is not TOML, or has a key or value that pages do not have.
    pub fn parse(id: &str, text: &str) -> Result<Self, PageError> {
        let error = |message: String| PageError { id: id.to_owned(), message };
        let (header, body) = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"))
            .ok_or_else(|| error("the header between `+++` lines is missing".to_owned()))?;
        let header: Header = toml::from_str(header).map_err(|cause| error(cause.to_string()))?;
        if header.capability.as_deref().is_some_and(|word| word != "gone") {
            return Err(error("`capability` can only be \"gone\"".to_owned()));
        }
        Ok(Self {
            id: id.to_owned(),
            title: header.title,
            change: header.change,
            when: header.when,
            message: header.message,
            help: header.help,
            spec: header.spec,
            class: header.class,
            bump: header.bump.map(|word| match word {
                BumpWord::None => Bump::None,
                BumpWord::Patch => Bump::Patch,
                BumpWord::Minor => Bump::Minor,
                BumpWord::Major => Bump::Major,
            }),
            aliases: header.aliases,
            capability_gone: header.capability.is_some(),
            equivalents: header.equivalents,
            breaks: header.breaks,
            body: body.trim().to_owned(),
        })
    }

    /// The format whose folder the page is in.
    #[must_use]
    pub fn format(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}
