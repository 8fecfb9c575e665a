//! Reports for people and programs. Each renderer takes a [`Report`](crate::finding::Report) and a writer, and knows no
//! rule, policy or format.

mod json;
mod text;

pub use json::{json, report_schema};
pub use text::{TextOptions, refusal_text, text};
