//! The real binary in scratch repositories, as a new user would run it.

mod adoption;
mod base;
mod change;
mod first_steps;
mod inputs;
mod refused;
mod scratch;
mod terminal;
mod waivers;
