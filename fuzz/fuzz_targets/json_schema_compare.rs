//! See `counterpart_fuzz::json_schema_compare`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counterpart_fuzz::json_schema_compare(bytes));
