//! Numbers as they are written: exact, of any size.

use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use num_traits::{Num, Pow, ToPrimitive};

/// An exact decimal number: `digits × 10^exponent`, normalized, so that equal numbers are equal values.
///
/// `1`, `1.0`, `10e-1` and `0x1` are all digits `1`, exponent 0. Zero is digits `0`, exponent 0, never negative. The
/// digits carry no leading and no trailing zeros. An exponent is only a number here: `1e999999999` costs nothing
/// until somebody asks for the integer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

/// Beyond this many digits an exponent is not expanded: no contract means such a number, and `1e999999999` would
/// take a gigabyte.
const MAX_EXPANSION: i64 = 4096;

impl Decimal {
    /// Reads a number of JSON or of YAML's core schema (`0x1F`, `0o17`, `+1`, `.5`, `1.`); nothing for `.inf`, `.nan`
    /// and anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if let Some(radix) =
            rest.strip_prefix("0x").map(|digits| (digits, 16)).or(rest.strip_prefix("0o").map(|digits| (digits, 8)))
        {
            let (digits, radix) = radix;
            if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) || digits.len() > 4096
            {
                return None;
            }
            let value = BigUint::from_str_radix(digits, radix).ok()?;
            return Some(Self::normalize(is_negative, &value.to_string(), "", 0));
        }
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], Self::exponent_of(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        Some(Self::normalize(is_negative, whole, fraction, exponent))
    }

    fn exponent_of(text: &str) -> Option<i64> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // An exponent past 18 digits is as good as infinite; saturating keeps the number comparable with itself.
        let value = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        Some(if text.starts_with('-') { -value } else { value })
    }

    fn normalize(is_negative: bool, whole: &str, fraction: &str, exponent: i64) -> Self {
        let mut digits = String::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        let significant = digits.trim_end_matches('0').len();
        let exponent = exponent - fraction.len() as i64 + (digits.len() - significant) as i64;
        digits.truncate(significant);
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Self { is_negative: false, digits: "0".to_owned(), exponent: 0 };
        }
        Self { is_negative, digits: digits.to_owned(), exponent }
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.is_negative
    }

    /// The digits, without leading and trailing zeros (`0` for zero).
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The power of ten that the digits are multiplied with.
    #[must_use]
    pub const fn exponent(&self) -> i64 {
        self.exponent
    }

    /// Whether it has no fractional part: `1.0` is an integer.
    #[must_use]
    pub const fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The exact integer, if it is one and has at most a few thousand digits.
    #[must_use]
    pub fn to_integer(&self) -> Option<BigInt> {
        if !self.is_integer() || self.exponent > MAX_EXPANSION {
            return None;
        }
        let value = self.digits.parse::<BigInt>().ok()? * BigInt::from(10).pow(self.exponent as u32);
        Some(if self.is_negative { -value } else { value })
    }

    /// The exact value, if its exponent is within a few thousand.
    #[must_use]
    pub fn to_rational(&self) -> Option<BigRational> {
        if self.exponent.abs() > MAX_EXPANSION {
            return None;
        }
        let digits = self.digits.parse::<BigInt>().ok()?;
        let power = BigInt::from(10).pow(self.exponent.unsigned_abs() as u32);
        let value =
            if self.exponent < 0 { BigRational::new(digits, power) } else { BigRational::from_integer(digits * power) };
        Some(if self.is_negative { -value } else { value })
    }

    /// The value as a count (`maxLength`), if it is a whole number that fits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        if self.exponent > 20 {
            return None;
        }
        self.to_integer().and_then(|value| value.to_u64())
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.digits == "0"
    }
}

impl std::fmt::Display for Decimal {
    /// The shortest plain spelling that JSON accepts: `1000`, `0.25`, and `1e40` where plain digits would be long.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let count = self.digits.len() as i64;
        match self.exponent {
            0 => f.write_str(&self.digits),
            exponent @ 1..=20 => write!(f, "{}{}", self.digits, "0".repeat(exponent as usize)),
            exponent @ -20..=-1 if -exponent < count => {
                let (whole, fraction) = self.digits.split_at((count + exponent) as usize);
                write!(f, "{whole}.{fraction}")
            }
            exponent @ -20..=-1 => write!(f, "0.{}{}", "0".repeat((-exponent - count) as usize), self.digits),
            exponent => write!(f, "{}e{exponent}", self.digits),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let sign = |decimal: &Self| {
            if decimal.is_zero() {
                0
            } else if decimal.is_negative {
                -1
            } else {
                1
            }
        };
        let order = sign(self).cmp(&sign(other));
        if order != Equal || self.is_zero() {
            return order;
        }
        // Compare the place of the first digit, then digit by digit: exponents are never expanded.
        let first_place = |decimal: &Self| decimal.exponent.saturating_add(decimal.digits.len() as i64);
        let magnitude =
            first_place(self).cmp(&first_place(other)).then_with(|| self.digits.as_str().cmp(other.digits.as_str()));
        match (magnitude, self.is_negative) {
            (Less, true) => Greater,
            (Greater, true) => Less,
            (order, _) => order,
        }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::normalize(value < 0, &value.unsigned_abs().to_string(), "", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("the tests write numbers")
    }

    #[test]
    fn spellings_of_one_number_are_equal() {
        for text in ["10", "10.0", "1e1", "1E+1", "100e-1", "0xA", "0o12", "+10", "10."] {
            assert_eq!(decimal(text), decimal("10"), "{text}");
        }
        assert_eq!(decimal("-0.0"), decimal("0"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1e", "0x", "0xG", "1_000", ".inf", "1.2.3", "e5"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn huge_exponents_compare_without_being_expanded() {
        assert!(decimal("1e999999999") > decimal("9e999999998"));
        assert!(decimal("-1e999999999") < decimal("1e-999999999"));
        assert_eq!(decimal("1e999999999").to_integer(), None);
        assert!(decimal("2e99999999999999999999") > decimal("2"));
    }

    #[test]
    fn order_follows_the_value() {
        let mut sorted = ["-2", "-1.5", "0", "1e-3", "0.5", "9", "10", "123456789012345678901234567890"].map(decimal);
        let expected = sorted.clone();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn display_is_plain_where_plain_is_short() {
        for (text, shown) in
            [("1e3", "1000"), ("2.50", "2.5"), ("-5e-3", "-0.005"), ("1e40", "1e40"), ("12e-1", "1.2"), ("-0", "0")]
        {
            assert_eq!(decimal(text).to_string(), shown);
        }
    }
}
