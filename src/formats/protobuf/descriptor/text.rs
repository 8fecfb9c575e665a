//! Numbers and bytes in the texts of `default_value`, as protoc writes them.

/// A `float`: six digits if they are enough, else nine.
pub(super) fn float(value: f32) -> String {
    if let Some(text) = special(f64::from(value)) {
        return text.to_owned();
    }
    let short = general(f64::from(value), 6);
    if short.parse() == Ok(value) { short } else { general(f64::from(value), 9) }
}

/// A `double`: fifteen digits if they are enough, else seventeen.
pub(super) fn double(value: f64) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let short = general(value, 15);
    if short.parse() == Ok(value) { short } else { general(value, 17) }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("nan")
    } else if value == f64::INFINITY {
        Some("inf")
    } else if value == f64::NEG_INFINITY {
        Some("-inf")
    } else {
        None
    }
}

/// The format `%.Ng` of C.
fn general(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() };
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim_zeros(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    trim_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn trim_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// Bytes with everything escaped that is not printable ASCII.
pub(super) fn escape_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' => text.push_str("\\\""),
            b'\'' => text.push_str("\\'"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_c_does() {
        assert_eq!(double(1.0), "1");
        assert_eq!(double(0.1), "0.1");
        assert_eq!(double(1e100), "1e+100");
        assert_eq!(double(-1.5e-9), "-1.5e-09");
        assert_eq!(double(123_456_789.0), "123456789");
        assert_eq!(float(0.1), "0.1");
        assert_eq!(float(16_777_217.0), "16777216");
        assert_eq!(double(f64::NEG_INFINITY), "-inf");
    }

    #[test]
    fn bytes_are_escaped() {
        assert_eq!(escape_bytes(b"a\x00\xff\"\n"), "a\\000\\377\\\"\\n");
    }
}
