//! What changed between the schemas of two versions.
//!
//! ```text
//! roots ─table─▶ pairs of schemas, each compared once ─reach─▶ who gets there, and from which side
//!                    │ compare: view against view → edits        │
//!                    └──────────────▶ emit: containment decides what each edit means ◀┘ ─▶ Change
//! ```
//!
//! The structural difference proposes: it names the edit and its places. Containment decides, at the place of the edit
//! and at every union above it; a pair that accepts the same values on both sides is not reported at all. What a root is
//! (a request body, a parameter, a whole document) is the format's business.

mod annotation;
mod answers;
mod array;
mod blame;
mod compare;
mod content;
mod edit;
mod emit;
mod facets;
mod innocence;
mod inquiry;
mod name;
mod object;
mod pairing;
mod reach;
mod scalar;
mod table;
mod union;
mod vacuous;
mod view;

pub use compare::PatternRelation;
pub use emit::{Differ, Outcome};
pub use name::subject_name;
pub use reach::{Carrier, Root, Sender, Sent, Use};
