//! What one run is asked to do.

use crate::formats::{CompareOptions, Format};
use crate::policy::Policy;
use crate::source::Tree;

/// Whether the run gates or only tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `check`: a declared version that is too small is an error.
    Gate,
    /// `diff`: declared versions are notes.
    Changelog,
}

/// An old side, and why it was taken.
pub struct BaseTree<'a> {
    /// Its files.
    pub tree: &'a dyn Tree,
    /// The input as it stands in the report: `git:9fceb02`.
    pub input: String,
    /// `merge base of HEAD and origin/main`, `given by --against`.
    pub reason: String,
}

/// A released version, and the contracts whose last release it is.
pub struct ReleasedTree<'a> {
    /// The release.
    pub base: BaseTree<'a>,
    /// Whether it is the last release of the contract at a path. No contract has two.
    pub covers: Box<dyn Fn(&str) -> bool + 'a>,
}

/// One comparison.
pub struct Request<'a> {
    /// The new side.
    pub new: &'a dyn Tree,
    /// What it is compared with; findings name the ones for which they hold.
    pub bases: Vec<BaseTree<'a>>,
    /// The last released versions, for the bump; the first base for contracts that none of them covers.
    pub released: Vec<ReleasedTree<'a>>,
    /// The formats to look for.
    pub formats: &'a [Box<dyn Format>],
    /// What the formats need to know.
    pub options: &'a CompareOptions,
    /// How verdicts are weighed.
    pub policy: &'a Policy,
    /// Whether the run gates.
    pub purpose: Purpose,
    /// Whether a base that cannot be read is a finding instead of an end.
    pub allow_broken_base: bool,
}
