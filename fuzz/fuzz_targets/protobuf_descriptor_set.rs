//! See `counterpart_fuzz::protobuf_descriptor_set`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| counterpart_fuzz::protobuf_descriptor_set(bytes));
