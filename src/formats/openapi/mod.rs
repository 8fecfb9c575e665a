//! OpenAPI and Swagger contracts: what changed between two of them, for those who call and those who answer.
//!
//! ```text
//! tree ─discover─▶ root documents ─load─▶ Library ─check─▶ Api (typed views) ─pair─▶ (old, new) ─diff─▶ changes
//! ```

pub mod check;
mod diff;
mod discover;
mod format;
mod identical;
pub mod kinds;
mod pair;
mod path_template;
mod resolver;
#[cfg(test)]
mod tests;
pub mod version;
pub mod view;

pub use format::OpenApi;
