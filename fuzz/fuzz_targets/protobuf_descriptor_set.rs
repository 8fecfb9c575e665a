//! A descriptor set against one with a byte changed: the reader of descriptors, linker and difference.

#![no_main]

mod two_trees;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut changed = data.to_vec();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    two_trees::compare("a.binpb", data, &changed);
});
