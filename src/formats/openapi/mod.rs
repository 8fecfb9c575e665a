//! OpenAPI and Swagger contracts: what changed between two of them, for those who call and those who answer.

pub mod kinds;
mod resolver;
pub mod version;
pub mod view;
