//! GitHub Actions: which base an event means, and where the results go.
//!
//! The action's scripts only install the binary and start it; everything that can be tested is here. An edge: it asks
//! git, the API named by `GITHUB_API_URL`, and writes the files that the runner names.

mod base;
mod comment;
mod event;
mod outputs;

pub use base::choose_base;
pub use comment::{CommentMode, CommentOutcome, CommentTarget, body, upsert};
pub use event::{Event, EventKind};
pub use outputs::{append_output, append_summary};
