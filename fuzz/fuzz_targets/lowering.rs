//! See `counterpart_fuzz::lowering`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counterpart_fuzz::lowering(bytes));
