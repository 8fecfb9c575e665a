//! See `counterpart_fuzz::relate`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counterpart_fuzz::relate(bytes));
