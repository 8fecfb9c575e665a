//! Which element of the old version is which of the new one.
//!
//! Files pair by import path, then by what they declare; messages, enums and services by full name, wherever they
//! are; what is left is recognised by its form ([`rename`]). Nothing is judged here. Lookups are lazy, so that work
//! grows with what the difference asks for.

mod files;
mod forms;
mod lineage;
mod names;
mod rename;

pub(crate) use files::{FilePair, FilePairing};
pub(crate) use forms::{Form, Forms};
pub(crate) use lineage::Lineage;
pub(crate) use names::{ExtensionPairs, Pairing};
