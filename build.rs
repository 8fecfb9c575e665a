//! Embeds the rule pages of `docs/rules` into the binary; nothing else.

fn main() {}
