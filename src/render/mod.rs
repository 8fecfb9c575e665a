//! Reports for people and programs. Each renderer takes a [`Report`](crate::finding::Report) and a writer, and knows no
//! rule, policy or format.

mod affected;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

pub use github::{github, github_refusal};
pub use gitlab::gitlab;
pub use html::html;
pub use json::{json, report_schema};
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub(crate) use text::wrap;
pub use text::{TextOptions, refusal_text, text};
