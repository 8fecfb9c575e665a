//! OpenAPI and Swagger contracts: what changed between two of them, for those who call and those who answer.

pub mod kinds;
pub mod version;
pub mod view;
