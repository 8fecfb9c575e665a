//! Containment: is everything that a writer may write accepted by a reader?
//!
//! The writer is a [`Conj`](conj::Conj): lowered schemas that all hold, with the branches of unions that were chosen so
//! far. [`Prover`] goes through what the reader asks for, one keyword at a time; what it cannot prove it turns into
//! values that should show it. Nothing here is a verdict yet: a proof is `contained`, a value counts only when
//! validators confirm it ([`witness`](crate::formats::schema::witness)).

mod accept;
mod alternatives;
mod canonical;
mod conj;
mod disjoint;
mod memory;
mod objects;
mod prove;
mod sample;
mod scalars;
mod unions;

pub(in crate::formats::schema) use canonical::{Canonical, Containment};
pub(in crate::formats::schema) use conj::{Conj, ConjId};
pub(in crate::formats::schema) use prove::{Outcome, Prover};
pub(in crate::formats::schema) use sample::size;
