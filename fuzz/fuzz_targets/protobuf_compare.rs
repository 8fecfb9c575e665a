//! Two `.proto` texts with a NUL between them: lexer, parser, linker, pairing and difference.

#![no_main]

mod two_trees;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let middle = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (old, new) = data.split_at(middle);
    two_trees::compare("a.proto", old, new.get(1..).unwrap_or_default());
});
