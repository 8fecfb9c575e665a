//! Relative dates and times of generators: `today + 1 week`, `next month`, `noon - 5 minutes`, `@ 3 o'clock pm`.

use jiff::civil::Time;
use jiff::{Span, ToSpan, Zoned};

/// Moves a moment by an expression; an empty expression is the moment itself.
///
/// # Errors
/// The word that is not understood.
pub(crate) fn apply(now: &Zoned, expression: &str) -> Result<Zoned, String> {
    let spaced = expression.replace('@', " @ ").replace('+', " + ").replace('-', " - ").to_lowercase();
    let mut words = spaced.split_whitespace().peekable();
    let mut moment = now.clone();
    while let Some(word) = words.next() {
        moment = match word {
            "now" | "today" | "@" => Ok(moment),
            "yesterday" => moved(&moment, 1.day(), -1),
            "tomorrow" => moved(&moment, 1.day(), 1),
            "noon" => at_time(&moment, 12),
            "midnight" => at_time(&moment, 0),
            "next" | "last" => {
                let unit = words.next().ok_or("`next` and `last` need a unit")?;
                moved(&moment, unit_span(unit, 1)?, if word == "next" { 1 } else { -1 })
            }
            "+" | "-" => {
                let amount = words.next().unwrap_or_default();
                let split = amount.find(|character: char| !character.is_ascii_digit()).unwrap_or(amount.len());
                let number: i64 =
                    amount[..split].parse().map_err(|_| format!("`{amount}` is not a number of units"))?;
                let unit = if split < amount.len() {
                    &amount[split..]
                } else {
                    words.next().ok_or("a number needs a unit")?
                };
                moved(&moment, unit_span(unit, number)?, if word == "+" { 1 } else { -1 })
            }
            hour if words.peek() == Some(&"o'clock") => {
                words.next();
                let hour: i8 = hour.parse().map_err(|_| format!("`{hour}` is not an hour"))?;
                let shift = match words.peek() {
                    Some(&"pm") if hour < 12 => 12,
                    _ => 0,
                };
                words.next_if(|word| matches!(*word, "am" | "pm"));
                at_time(&moment, hour + shift)
            }
            other => Err(format!("`{other}` is not understood in `{expression}`")),
        }?;
    }
    Ok(moment)
}

fn moved(moment: &Zoned, span: Span, sign: i64) -> Result<Zoned, String> {
    moment.checked_add(span * sign).map_err(|_| "the date is out of range".to_owned())
}

fn at_time(moment: &Zoned, hour: i8) -> Result<Zoned, String> {
    let time = Time::new(hour, 0, 0, 0).map_err(|_| format!("{hour} is not an hour"))?;
    moment.with().time(time).build().map_err(|_| "the time is out of range".to_owned())
}

fn unit_span(unit: &str, amount: i64) -> Result<Span, String> {
    // A million of any unit is still a date that can be written; more is a mistake.
    if amount > 1_000_000 {
        return Err(format!("{amount} is too much"));
    }
    let span = match unit.trim_end_matches('s') {
        "day" => Span::new().try_days(amount),
        "week" | "fortnight" => Span::new().try_weeks(if unit.starts_with('f') { amount * 2 } else { amount }),
        "month" => Span::new().try_months(amount),
        "year" => Span::new().try_years(amount),
        "hour" => Span::new().try_hours(amount),
        "minute" => Span::new().try_minutes(amount),
        "second" => Span::new().try_seconds(amount),
        "millisecond" => Span::new().try_milliseconds(amount),
        _ => return Err(format!("`{unit}` is not a unit of time")),
    };
    span.map_err(|_| format!("{amount} {unit} is too much"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_move_the_moment() {
        let now: Zoned = "2024-01-31T10:00:00+00:00[UTC]".parse().expect("a moment");
        for (expression, expected) in [
            ("", "2024-01-31T10:00:00"),
            ("+1 day", "2024-02-01T10:00:00"),
            ("next month", "2024-02-29T10:00:00"),
            ("yesterday - 1 week", "2024-01-23T10:00:00"),
            ("tomorrow @ 3 o'clock pm", "2024-02-01T15:00:00"),
            ("noon + 90 minutes", "2024-01-31T13:30:00"),
        ] {
            let moment = apply(&now, expression).expect("the expression is fine");
            assert_eq!(moment.datetime().to_string(), expected, "{expression}");
        }
        assert!(apply(&now, "sometime").is_err());
    }
}
