//! The loaders: every kind of input becomes a [`Tree`](crate::source::Tree).
//!
//! The only part of `source` that touches the disk, git, the network and standard input, which is why it may say
//! what went wrong as a [`Problem`](crate::finding::Problem). Parsing what was read is left to the formats.
//!
//! | input | loader |
//! |---|---|
//! | directory, file | [`directory`]: git's own list of files where there is a repository, else a walk |
//! | `git:REV[:PATH]`, the index | [`git_tree`]: `git ls-tree` and one long-lived `git cat-file --batch` |
//! | `.tar`, `.tar.gz`, `.tgz`, `.zip` | [`archive`], unpacked in memory within limits |
//! | `https://…` | [`web`]; for references that may go to the network [`remote`] |
//! | `-` | [`stdin`] |

mod archive;
mod base;
mod batch;
mod buf_cache;
mod candidate;
mod directory;
mod failure;
mod git_tree;
mod input;
mod listing;
mod memory;
mod network;
mod notebook;
mod open;
mod overlay;
mod place;
mod release;
mod remote;
mod repository;
mod stdin;
mod symlink;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tests_support;
mod web;
mod with_files;

pub use base::{BaseChoice, default_branch, has_uncommitted, merge_base};
pub use candidate::is_candidate;
pub use input::Input;
pub(crate) use memory::MemoryTree;
pub use network::{Network, own_roots};
pub use open::{OpenContext, PathStyle, open, open_index, open_selection};
pub use overlay::{BUF_CACHE, Exclusion, ImportDirs, Overlay};
pub use release::{Release, last_release, last_release_like, releases};
pub use remote::WithNetwork;
pub use repository::Repository;
pub(crate) use web::shown_address;
pub use web::shown_input;
pub use with_files::WithFiles;
