//! From any dialect, for one side of one question, to one internal form with the semantics of 2020-12.
//!
//! A [`Low`] says what a value must be like *here*: `$ref` and `allOf` are edges, unions are lists, exclusive bounds are
//! numbers, `nullable` is a type, tags of discriminators are values of a property. What is read depends on the
//! [`View`]: who writes or reads, what travels, how tolerant the reader is.

mod emit;
mod equal;
mod hidden;
pub(in crate::formats::schema) mod keywords;
mod low;
pub(in crate::formats::schema) mod tags;
mod view;

pub(in crate::formats::schema) use emit::{emit, written_out};
pub(in crate::formats::schema) use equal::{ValueIndex, hash_of, is_equal};
pub(in crate::formats::schema) use low::{Bound, Low, LowId, Lows, Union};
pub(in crate::formats::schema) use view::{View, is_defined};
