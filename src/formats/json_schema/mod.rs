//! Plain JSON Schema contracts: drafts 4 to 2020-12.

mod resources;

pub use resources::Resources;
