//! Exact arithmetic on decimals: steps, bounds and their combinations, never floats.

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use crate::syntax::Decimal;

/// Beyond this many digits an operation is refused rather than carried out: `1e400000000` is a legal JSON number.
const DIGITS: i64 = 4_000;

/// Zero.
#[must_use]
pub fn zero() -> Decimal {
    Decimal::from(0)
}

/// The value of a JSON number.
#[must_use]
pub fn from_json(number: &serde_json::Number) -> Option<Decimal> {
    Decimal::parse(number.as_str())
}

/// The value as a JSON number.
#[must_use]
pub fn to_json(value: &Decimal) -> serde_json::Value {
    let number: Option<serde_json::Number> = value.to_string().parse().ok();
    number.map_or(serde_json::Value::Null, serde_json::Value::Number)
}

/// The integer that the value is at a smaller exponent; `None` where that would take too many digits.
fn scaled(value: &Decimal, exponent: i64) -> Option<BigInt> {
    let shift = value.exponent().checked_sub(exponent)?;
    if !(0..=DIGITS).contains(&shift) || value.digits().len() as i64 > DIGITS {
        return None;
    }
    let digits: BigInt = value.digits().parse().ok()?;
    let scaled = digits * BigInt::from(10).pow(u32::try_from(shift).ok()?);
    Some(if value.is_negative() { -scaled } else { scaled })
}

/// Both values as integers at their common exponent.
fn aligned(left: &Decimal, right: &Decimal) -> Option<(BigInt, BigInt, i64)> {
    let exponent = left.exponent().min(right.exponent());
    Some((scaled(left, exponent)?, scaled(right, exponent)?, exponent))
}

fn from_scaled(mantissa: &BigInt, exponent: i64) -> Option<Decimal> {
    Decimal::parse(&format!("{mantissa}e{exponent}"))
}

/// Whether `value` is a whole multiple of `step`; `None` where deciding would take too many digits.
#[must_use]
pub fn is_multiple_of(value: &Decimal, step: &Decimal) -> Option<bool> {
    if value.is_zero() {
        return Some(true);
    }
    if step.is_zero() {
        return Some(false);
    }
    let (value, step, _) = aligned(value, step)?;
    Some((value % step).is_zero())
}

/// The sum, or `None` where it would take too many digits.
#[must_use]
pub fn plus(left: &Decimal, right: &Decimal) -> Option<Decimal> {
    let (left, right, exponent) = aligned(left, right)?;
    from_scaled(&(left + right), exponent)
}

/// The difference, or `None` where it would take too many digits.
#[must_use]
pub fn minus(left: &Decimal, right: &Decimal) -> Option<Decimal> {
    let (left, right, exponent) = aligned(left, right)?;
    from_scaled(&(left - right), exponent)
}

/// Half of the value.
#[must_use]
pub fn half(value: &Decimal) -> Option<Decimal> {
    let mantissa = scaled(value, value.exponent())? * BigInt::from(5);
    from_scaled(&mantissa, value.exponent() - 1)
}

/// The smallest positive value that is a multiple of both; `None` where it would take too many digits.
#[must_use]
pub fn common_multiple(left: &Decimal, right: &Decimal) -> Option<Decimal> {
    let (left, right, exponent) = aligned(left, right)?;
    if left.is_zero() || right.is_zero() {
        return None;
    }
    let (mut a, mut b) = (left.clone(), right.clone());
    while !b.is_zero() {
        let rest = a % &b;
        a = b;
        b = rest;
    }
    from_scaled(&(left / a * right).abs(), exponent)
}

/// The smallest multiple of `step` that is at least `value`; `None` where it would take too many digits.
#[must_use]
pub fn round_up(value: &Decimal, step: &Decimal) -> Option<Decimal> {
    let (value, step, exponent) = aligned(value, step)?;
    if step.is_zero() {
        return None;
    }
    let mut quotient = &value / &step;
    if &quotient * &step < value {
        quotient += BigInt::one();
    }
    from_scaled(&(quotient * step), exponent)
}

/// The largest multiple of `step` that is at most `value`; `None` where it would take too many digits.
#[must_use]
pub fn round_down(value: &Decimal, step: &Decimal) -> Option<Decimal> {
    let up = round_up(value, step)?;
    if up == *value { Some(up) } else { minus(&up, step) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("the test writes a number")
    }

    #[test]
    fn multiples_are_exact() {
        assert_eq!(is_multiple_of(&decimal("0.3"), &decimal("0.1")), Some(true));
        assert_eq!(is_multiple_of(&decimal("0.35"), &decimal("0.1")), Some(false));
        assert_eq!(common_multiple(&decimal("4"), &decimal("6")), Some(decimal("12")));
        assert_eq!(is_multiple_of(&decimal("1e900000"), &decimal("7")), None, "refused, not computed");
    }

    #[test]
    fn rounding_goes_up_and_down_below_zero_too() {
        assert_eq!(round_up(&decimal("-2.5"), &decimal("2")), Some(decimal("-2")));
        assert_eq!(round_down(&decimal("-2.5"), &decimal("2")), Some(decimal("-4")));
        assert_eq!(round_up(&decimal("2.5"), &decimal("1")), Some(decimal("3")));
        assert_eq!(half(&decimal("-3")), Some(decimal("-1.5")));
    }
}
