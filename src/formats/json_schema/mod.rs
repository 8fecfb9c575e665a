//! Plain JSON Schema contracts: drafts 4 to 2020-12.
//!
//! Each document is a contract that describes data only: nobody calls, so *backward* is "the new reader reads what old
//! writers wrote" and *forward* the other way round. Everything about schemas is `formats::schema`'s.

mod format;
mod resources;

pub use format::JsonSchema;
pub use resources::Resources;
