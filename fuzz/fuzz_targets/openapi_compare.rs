//! See `counterpart_fuzz::openapi_compare`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counterpart_fuzz::openapi_compare(bytes));
