//! `counterpart verify` and the pact matching behind it.

mod spec_cases;
