//! Versions written back: where they stand, what they become, and the changelog section that says why.
//!
//! Everything here is computed from texts; the command reads and writes the files. Writing changes the version token and no
//! other byte.

mod calendar;
mod cargo;
mod changelog;
mod commits;
mod lock;
mod package;
mod plan;
mod target;

pub use cargo::CargoManifest;
pub use changelog::{merge_section, section};
pub use commits::raised_by_commits;
pub use lock::{Lock, lock_beside};
pub use package::{PackageFile, declared_package, next_package};
pub use plan::{Plan, PlanOptions, PreRelease, Wanted, plan};
pub use target::{Located, Target, locate};
