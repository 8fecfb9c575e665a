//! The hash of a node's meaning: two nodes are the same JSON value exactly when their hashes are equal.
//!
//! The order of an object's entries does not matter, nor does the spelling of a number (`1`, `1.0` and `1e0` are one
//! value), nor the syntax (YAML or JSON), nor whether a part is an alias. 64 bits: two given values that differ have
//! equal hashes with a chance of 2^-64. The hash is the same in every run, but is not a stable format: never store it.

use crate::syntax::Decimal;

pub(super) const NULL: u64 = 0x9E37_79B9_7F4A_7C15;
pub(super) const FALSE: u64 = 0xD1B5_4A32_D192_ED03;
pub(super) const TRUE: u64 = 0xABC9_8388_FB8F_AC02;
const STRING: u64 = 0x8CB9_2BA7_2F3D_8DD7;
const NUMBER: u64 = 0xDBE6_D5D5_FE4C_CE2F;
const SEQUENCE: u64 = 0xA24B_AED4_963E_E407;
const MAPPING: u64 = 0x9FB2_1C65_1E98_DF25;

/// Mixes two values so that order matters and every input bit reaches every output bit.
const fn mix(left: u64, right: u64) -> u64 {
    let product = ((left ^ 0x2D35_8DCC_AA6C_78A5) as u128) * ((right ^ 0x8BB8_4B93_962E_ACC9) as u128);
    // A product loses its factors' high entropy when one is small; adding one factor back keeps them apart.
    ((product as u64) ^ ((product >> 64) as u64)).wrapping_add(left.rotate_left(29))
}

pub(super) fn string(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes()) ^ STRING
}

/// How a hash begins: sorted as the hashes are.
pub(super) const fn prefix(hash: u64) -> u32 {
    (hash >> 32) as u32
}

pub(super) fn number(text: &str) -> u64 {
    // Nearly all numbers in contracts are short plain integers: their text is already canonical.
    let bytes = text.as_bytes();
    let is_canonical = bytes.len() < 18
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes.first().is_some_and(|&first| first != b'0')
        && bytes.last().is_some_and(|&last| last != b'0');
    if is_canonical {
        return mix(xxhash_rust::xxh3::xxh3_64(bytes), NUMBER);
    }
    match Decimal::parse(text) {
        // The digits of a decimal never end in zero, so a plain integer of the fast path is its own digits, exponent 0.
        Some(decimal) => {
            let base = mix(xxhash_rust::xxh3::xxh3_64(decimal.digits().as_bytes()), NUMBER);
            let sign = if decimal.is_negative() { 0x55AA } else { 0 };
            if sign == 0 && decimal.exponent() == 0 { base } else { mix(base ^ sign, decimal.exponent() as u64) }
        }
        None => mix(xxhash_rust::xxh3::xxh3_64(bytes), !NUMBER),
    }
}

/// The running hash of a sequence's items, in order.
pub(super) struct Sequence(u64);

impl Sequence {
    pub(super) const fn new() -> Self {
        Self(SEQUENCE)
    }

    pub(super) const fn add(&mut self, item: u64) {
        self.0 = mix(self.0, item);
    }

    pub(super) const fn finish(self) -> u64 {
        mix(self.0, SEQUENCE)
    }
}

/// The running hash of a mapping's entries, in any order.
pub(super) struct Mapping {
    sum: u64,
    count: u64,
}

impl Mapping {
    pub(super) const fn new() -> Self {
        Self { sum: 0, count: 0 }
    }

    pub(super) const fn add(&mut self, key: u64, value: u64) {
        self.sum = self.sum.wrapping_add(mix(mix(key, value), MAPPING));
        self.count += 1;
    }

    pub(super) const fn finish(self) -> u64 {
        mix(self.sum, MAPPING.wrapping_add(self.count))
    }
}
