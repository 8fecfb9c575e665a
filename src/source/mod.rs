//! Where text comes from and where in it something stands.
//!
//! Owns the files of one side of a comparison ([`SourceMap`]), byte [`Span`]s into them, the line and column
//! [`Location`] that people see, and the [`Tree`] trait through which every input (directory, git revision,
//! archive, URL, descriptor set, standard input) is read. The loaders that implement it live in `source::load`; they
//! are the only part that touches the disk, git or the network.

mod climb;
pub mod load;
mod map;
mod notes;
mod span;
mod tree;

pub(crate) use climb::climb;
pub use map::{SourceFile, SourceMap};
pub use notes::{Notebook, Notes};
pub use span::{FileId, Location, Span};
pub use tree::{ContentId, Entry, LoadError, Tree};
