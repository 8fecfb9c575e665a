//! The contract formats. Each owns its parser, model, pairing, difference and exposure behind [`Format`].
//!
//! A format never imports another, except that OpenAPI builds on `formats::schema`.

mod clock;
pub mod json_schema;
pub mod openapi;
pub mod protobuf;
pub mod schema;

pub use clock::{GraceDays, SunsetClock};

use crate::change::{Change, ChangeKind};
use crate::finding::{Problem, Retirement};
use crate::source::{SourceMap, Tree};

/// One kind of contract.
pub trait Format: Send + Sync {
    /// The name in reports: `protobuf`, `openapi`, `json-schema`.
    fn name(&self) -> &'static str;

    /// Every kind of change that this format reports, for the exactly-one-rule test and `rules`.
    fn kinds(&self) -> Vec<&'static ChangeKind>;

    /// Finds the contracts of this format in a tree, by content and not only by name.
    fn discover(&self, tree: &dyn Tree, options: &CompareOptions) -> Discovery;

    /// Compares all contracts of this format of two sides: pairs them, finds what changed, measures it.
    ///
    /// Never fails: what is wrong with the input comes back as [`Comparison::old_problems`] and `new_problems`.
    fn compare(&self, old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> Comparison;

    /// Everything that the contracts of one side mark as deprecated, in any order. What cannot be read is left out: the
    /// comparison tells of it.
    fn retirements(&self, side: &Side<'_>, options: &CompareOptions) -> Vec<Retirement>;
}

/// One side of a comparison, for one format.
pub struct Side<'a> {
    /// The files.
    pub tree: &'a dyn Tree,
    /// The contracts of this format in it, sorted by path; empty when the side has none.
    pub contracts: &'a [Contract],
}

/// A contract found in a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contract {
    /// Its path inside the tree: the root document, or the module's directory (`.` for the tree itself).
    pub path: String,
    /// The files it owns, inside the tree, sorted. Fragments that a root document refers to need not be listed.
    pub files: Vec<String>,
}

/// What [`Format::discover`] found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The contracts, sorted by path.
    pub contracts: Vec<Contract>,
    /// Files that are clearly meant to be of this format and cannot be.
    pub problems: Vec<Problem>,
}

/// What the settings say that a format needs to know.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// The clock, for sunsets.
    pub clock: SunsetClock,
    /// Directories in which protobuf imports are looked up, for both sides.
    pub import_dirs: Vec<camino::Utf8PathBuf>,
    /// Whether and how a reader copes with what it does not know.
    pub profile: ReaderProfile,
    /// Whether a `$ref` may go to the network.
    pub allow_network_refs: bool,
    /// Globs of files to leave out, relative to the tree.
    pub exclude: Vec<String>,
    /// Whether anything that no operation reaches is known to be used by nobody (default: not known, counts as both).
    pub uses_are_complete: bool,
    /// Contracts that the project file joins out of several documents: path of the joined contract, globs.
    pub joined: Vec<(String, Vec<String>)>,
}

impl CompareOptions {
    /// The defaults on a given day.
    #[must_use]
    pub fn new(today: jiff::civil::Date) -> Self {
        Self {
            clock: SunsetClock::new(today),
            import_dirs: Vec::new(),
            profile: ReaderProfile::default(),
            allow_network_refs: false,
            exclude: Vec::new(),
            uses_are_complete: false,
            joined: Vec::new(),
        }
    }
}

/// How readers cope with what they do not know (`semantics`: readers and writers).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ReaderProfile {
    /// `yes` only when even a tolerant reader fails; `maybe` when only a plain one does.
    #[default]
    Tolerant,
    /// Unknown names are ignored, enums are closed: what a plain reader rejects is `yes`.
    Plain,
    /// Nothing unknown is accepted.
    Strict,
}

/// The difference of all contracts of one format between two sides.
#[derive(Debug, Default)]
pub struct Comparison {
    /// One entry per pair (or lone contract), sorted by path.
    pub contracts: Vec<ContractComparison>,
    /// What is wrong with the old side.
    pub old_problems: Vec<Problem>,
    /// What is wrong with the new side.
    pub new_problems: Vec<Problem>,
    /// The old side's files that were read; spans in `Change::old` point into it.
    pub old_sources: SourceMap,
    /// The new side's files that were read.
    pub new_sources: SourceMap,
    /// Files that are equal on both sides and were not opened, because nothing that changed touches them: what is wrong
    /// in them is not told.
    pub unopened: usize,
}

/// The difference of one contract.
#[derive(Debug, Default)]
pub struct ContractComparison {
    /// The path shown to people: the new side's, or the old one's if the contract is gone.
    pub path: String,
    /// The version that the old side declares (`info.version`; `v1` of a protobuf package), if any.
    pub old_version: Option<DeclaredVersion>,
    /// The version that the new side declares.
    pub new_version: Option<DeclaredVersion>,
    /// Whether the contract describes data only (events, JSON Schema), without anyone who calls: there *backward* is
    /// new-reads-old and *forward* old-reads-new, whatever the exposure.
    pub is_payload_only: bool,
    /// Whether additions need no version change because the version can only name majors (protobuf package `v1`).
    pub names_majors_only: bool,
    /// Everything that changed; any order.
    pub changes: Vec<Change>,
    /// Whether the contract exists on both sides, with equal bytes throughout: nothing was even parsed.
    pub is_identical: bool,
}

/// A version as a contract declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredVersion {
    /// As written.
    pub text: String,
    /// The token that declares it, in the side's sources; `None` where it is not in a file that was read.
    pub span: Option<crate::source::Span>,
}

/// All formats, in the order in which they are asked.
#[must_use]
pub fn all() -> Vec<Box<dyn Format>> {
    vec![Box::new(protobuf::Protobuf), Box::new(openapi::OpenApi), Box::new(json_schema::JsonSchema)]
}
