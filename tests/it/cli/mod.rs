//! The real binary in scratch repositories, as a new user would run it.

mod adoption;
mod base;
mod change;
mod first_steps;
mod generated;
mod inputs;
mod lifecycle;
mod network;
mod people;
mod refused;
mod shells;
mod terminal;
mod waivers;
