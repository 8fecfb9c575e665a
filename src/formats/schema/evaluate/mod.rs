//! A second opinion on single values, from the documents as they are written.
//!
//! The `jsonschema` crate judges our lowering, so a mistake in the lowering would be confirmed by it. This evaluator reads
//! the raw keywords of each dialect with an understanding of its own: `nullable`, `readOnly`, discriminators, boolean
//! bounds, dead siblings, closed writers. It is small and slow on purpose.

mod entries;
mod keywords;
mod unions;

pub(in crate::formats::schema) use keywords::Evaluator;
