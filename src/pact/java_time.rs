//! Java's date and time patterns (`yyyy-MM-dd'T'HH:mm:ss.SSSXXX`): does a text follow one, and how is a time written.
//!
//! The specification takes its formats from `java.time.format.DateTimeFormatter`. Checking is done here, letter by
//! letter, because the patterns have no counterpart in `strptime`: optional sections, counts that mean widths or names,
//! literals in quotes.

use jiff::Zoned;
use jiff::civil::Date;

/// A pattern that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JavaFormat(Vec<Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(String),
    /// A letter and how often it stands there.
    Field(char, usize),
    Optional(Vec<Item>),
}

/// Items of one pattern: no real one has more.
const MAX_ITEMS: usize = 64;

/// Attempts while matching: variable widths are tried longest first, and a hostile pattern must not multiply them.
const MAX_STEPS: usize = 20_000;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl JavaFormat {
    /// Reads a pattern.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let items = items(&characters, &mut at, false)?;
        if items.len() > MAX_ITEMS {
            return Err(format!("the format `{pattern}` has more than {MAX_ITEMS} parts"));
        }
        Ok(Self(items))
    }

    /// Whether the whole text follows the pattern and names a real date and time.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let mut matcher = Matcher { steps: 0 };
        let stack: Vec<&Item> = self.0.iter().collect();
        matcher.run(&stack, text, Fields::default())
    }

    /// The moment written by the pattern.
    pub(crate) fn format(&self, moment: &Zoned) -> String {
        let mut text = String::new();
        write_items(&self.0, moment, &mut text);
        text
    }
}

fn items(characters: &[char], at: &mut usize, is_inside: bool) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    while let Some(&character) = characters.get(*at) {
        *at += 1;
        match character {
            '\'' => items.push(Item::Literal(quoted(characters, at)?)),
            '[' => {
                if is_inside {
                    return Err("optional sections inside optional sections are not supported in a date format".into());
                }
                items.push(Item::Optional(self::items(characters, at, true)?));
            }
            ']' if is_inside => return Ok(items),
            letter if letter.is_ascii_alphabetic() => {
                let mut count = 1;
                while characters.get(*at) == Some(&letter) {
                    count += 1;
                    *at += 1;
                }
                if !"GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZ".contains(letter) {
                    return Err(format!("`{letter}` means nothing in a date format"));
                }
                items.push(Item::Field(letter, count));
            }
            other => match items.last_mut() {
                Some(Item::Literal(text)) => text.push(other),
                _ => items.push(Item::Literal(other.to_string())),
            },
        }
    }
    if is_inside { Err("an optional section of a date format is never closed".into()) } else { Ok(items) }
}

fn quoted(characters: &[char], at: &mut usize) -> Result<String, String> {
    let mut text = String::new();
    if characters.get(*at) == Some(&'\'') {
        *at += 1;
        return Ok("'".into());
    }
    while let Some(&character) = characters.get(*at) {
        *at += 1;
        if character != '\'' {
            text.push(character);
        } else if characters.get(*at) == Some(&'\'') {
            text.push('\'');
            *at += 1;
        } else {
            return Ok(text);
        }
    }
    Err("a quote in a date format is never closed".into())
}

/// What was read so far, to reject the 31st of February.
#[derive(Debug, Clone, Copy, Default)]
struct Fields {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
}

struct Matcher {
    steps: usize,
}

impl Matcher {
    fn run(&mut self, items: &[&Item], text: &str, fields: Fields) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return false;
        }
        let Some((first, rest)) = items.split_first() else {
            return text.is_empty() && fields.is_real();
        };
        match first {
            Item::Literal(literal) => {
                text.strip_prefix(literal.as_str()).is_some_and(|after| self.run(rest, after, fields))
            }
            Item::Optional(inner) => {
                let with: Vec<&Item> = inner.iter().chain(rest.iter().copied()).collect();
                self.run(&with, text, fields) || self.run(rest, text, fields)
            }
            Item::Field(letter, count) => lengths(*letter, *count, text).into_iter().any(|length| {
                let (value, after) = text.split_at(length);
                let mut fields = fields;
                fields.take(*letter, *count, value) && self.run(rest, after, fields)
            }),
        }
    }
}

impl Fields {
    /// Notes a value; `false` where it is out of range.
    fn take(&mut self, letter: char, count: usize, value: &str) -> bool {
        let number = value.parse::<i64>();
        let within = |low: i64, high: i64| number.as_ref().is_ok_and(|number| (low..=high).contains(number));
        match letter {
            'y' | 'u' | 'Y' => {
                self.year =
                    number.ok().and_then(|year| i16::try_from(if count == 2 { year + 2000 } else { year }).ok());
                true
            }
            'M' | 'L' if count < 3 => {
                self.month = value.parse().ok();
                within(1, 12)
            }
            'M' | 'L' => {
                self.month = MONTHS
                    .iter()
                    .position(|name| name.get(..3) == value.get(..3))
                    .and_then(|index| i8::try_from(index + 1).ok());
                true
            }
            'd' => {
                self.day = value.parse().ok();
                within(1, 31)
            }
            'D' => within(1, 366),
            'H' => within(0, 23),
            'k' => within(1, 24),
            'K' => within(0, 11),
            'h' => within(1, 12),
            'm' => within(0, 59),
            's' => within(0, 60),
            'Q' | 'q' if count < 3 => within(1, 4),
            'w' => within(1, 53),
            'W' => within(0, 6),
            'F' => within(1, 5),
            'e' | 'c' if count < 3 => within(1, 7),
            _ => true,
        }
    }

    fn is_real(self) -> bool {
        match (self.month, self.day) {
            (Some(month), Some(day)) => Date::new(self.year.unwrap_or(2000), month, day).is_ok(),
            _ => true,
        }
    }
}

/// How many bytes of the text the field may take, longest first; nothing where it does not fit at all.
fn lengths(letter: char, count: usize, text: &str) -> Vec<usize> {
    let digits = |least: usize, most: usize| {
        let available = text.bytes().take_while(u8::is_ascii_digit).count();
        (least..=most.min(available)).rev().collect::<Vec<_>>()
    };
    let word = |words: &[&str], length: Option<usize>| {
        let shown = |word: &&str| length.map_or(word.len(), |length| length.min(word.len()));
        let fits = |word: &&&str| {
            text.get(..shown(word)).is_some_and(|start| start.eq_ignore_ascii_case(&word[..shown(word)]))
        };
        words.iter().filter(fits).map(shown).take(1).collect::<Vec<_>>()
    };
    match (letter, count) {
        ('y' | 'u' | 'Y', 2) => digits(2, 2),
        ('y' | 'u' | 'Y', 1) => digits(1, 19),
        ('y' | 'u' | 'Y', count) => digits(count, 19),
        ('M' | 'L', 3) => word(&MONTHS, Some(3)),
        ('M' | 'L', 4) => word(&MONTHS, None),
        ('M' | 'L', 5) => word(&MONTHS, Some(1)),
        ('E', 1..=3) | ('e' | 'c', 3) => word(&DAYS, Some(3)),
        ('E' | 'e' | 'c', 4) => word(&DAYS, None),
        ('E' | 'e' | 'c', 5) => word(&DAYS, Some(1)),
        ('G', 1..=3) => word(&["AD", "BC"], None),
        ('G', 4) => word(&["Anno Domini", "Before Christ"], None),
        ('G', _) => word(&["A", "B"], None),
        ('a', _) => word(&["AM", "PM", "a.m.", "p.m."], None),
        ('B', _) => {
            word(&["in the morning", "in the afternoon", "in the evening", "at night", "noon", "midnight"], None)
        }
        ('Q' | 'q', 3) => word(&["Q1", "Q2", "Q3", "Q4"], None),
        ('Q' | 'q', 4) => word(&["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"], None),
        ('S', count) => digits(count, count),
        ('A' | 'n' | 'N', count) => digits(count, 19),
        ('D', 1) => digits(1, 3),
        ('D', count) => digits(count.min(3), 3),
        ('X' | 'x' | 'Z' | 'O', count) => offset(letter, count, text),
        ('z' | 'V' | 'v', _) => zone(text),
        (_, 1) => digits(1, 2),
        (_, count) => digits(count.min(2), 2),
    }
}

/// An offset from UTC: which forms are allowed depends on the letter and the count.
fn offset(letter: char, count: usize, text: &str) -> Vec<usize> {
    let is_zulu = text.starts_with('Z');
    let is_zulu_allowed = letter == 'X' || (letter == 'Z' && count == 5);
    if is_zulu {
        return if is_zulu_allowed { vec![1] } else { Vec::new() };
    }
    if letter == 'O' || (letter == 'Z' && count == 4) {
        let Some(after) = text.strip_prefix("GMT") else { return Vec::new() };
        let length =
            after.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b':')).count();
        return vec![3 + length];
    }
    let forms: &[&str] = match (letter, count) {
        ('X' | 'x', 1) => &["+dddd", "+dd"],
        ('X' | 'x', 2) | ('Z', 1..=3) => &["+dddd"],
        ('X' | 'x', 3) => &["+dd:dd"],
        ('X' | 'x', 4) => &["+dddddd", "+dddd"],
        _ => &["+dd:dd:dd", "+dd:dd"],
    };
    let fits = |form: &&&str| {
        text.len() >= form.len()
            && form.bytes().zip(text.bytes()).all(|(expected, byte)| match expected {
                b'+' => matches!(byte, b'+' | b'-'),
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    forms.iter().filter(fits).map(|form| form.len()).collect()
}

/// A zone's name or id: letters, with offsets such as `GMT+2` and `Europe/Vienna`.
fn zone(text: &str) -> Vec<usize> {
    let length = text
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'-' | b':'))
        .count();
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '+' | '-'));
    if starts_well { (1..=length).rev().collect() } else { Vec::new() }
}

fn write_items(items: &[Item], moment: &Zoned, text: &mut String) {
    for item in items {
        match item {
            Item::Literal(literal) => text.push_str(literal),
            Item::Optional(inner) => write_items(inner, moment, text),
            Item::Field(letter, count) => text.push_str(&field(*letter, *count, moment)),
        }
    }
}

fn field(letter: char, count: usize, moment: &Zoned) -> String {
    let padded = |value: i64| format!("{value:0count$}");
    let hour = i64::from(moment.hour());
    let month = MONTHS[usize::from(moment.month().unsigned_abs()).clamp(1, 12) - 1];
    let weekday = usize::from(moment.weekday().to_monday_zero_offset().unsigned_abs());
    let day_name = DAYS[weekday.min(6)];
    let seconds = moment.offset().seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    let colon = |separator: &str| format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60);
    match (letter, count) {
        ('y' | 'u' | 'Y', 2) => format!("{:02}", moment.year().rem_euclid(100)),
        ('y' | 'u' | 'Y', _) => padded(i64::from(moment.year())),
        ('M' | 'L', 1 | 2) => padded(i64::from(moment.month())),
        ('M' | 'L', 3) => month[..3].to_owned(),
        ('M' | 'L', 5) => month[..1].to_owned(),
        ('M' | 'L', _) => month.to_owned(),
        ('d', _) => padded(i64::from(moment.day())),
        ('D', _) => padded(i64::from(moment.day_of_year())),
        ('E', 1..=3) | ('e' | 'c', 3) => day_name[..3].to_owned(),
        ('E' | 'e' | 'c', 5) => day_name[..1].to_owned(),
        ('E', _) | ('e' | 'c', 4) => day_name.to_owned(),
        ('e' | 'c', _) => padded(weekday as i64 + 1),
        ('G', _) => "AD".to_owned(),
        ('a' | 'B', _) => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        ('H', _) => padded(hour),
        ('k', _) => padded(if hour == 0 { 24 } else { hour }),
        ('K', _) => padded(hour % 12),
        ('h', _) => padded(if hour % 12 == 0 { 12 } else { hour % 12 }),
        ('m', _) => padded(i64::from(moment.minute())),
        ('s', _) => padded(i64::from(moment.second())),
        ('S', _) => {
            let nanoseconds = format!("{:09}", moment.subsec_nanosecond());
            nanoseconds.chars().chain(std::iter::repeat('0')).take(count).collect()
        }
        ('A', _) => padded((hour * 3600 + i64::from(moment.minute()) * 60 + i64::from(moment.second())) * 1000),
        ('n' | 'N', _) => padded(i64::from(moment.subsec_nanosecond())),
        ('Q' | 'q', count) => {
            let quarter = (i64::from(moment.month()) - 1) / 3 + 1;
            if count < 3 { padded(quarter) } else { format!("Q{quarter}") }
        }
        ('w', _) => padded(i64::from(moment.date().iso_week_date().week())),
        ('W' | 'F', _) => padded((i64::from(moment.day()) - 1) / 7 + 1),
        ('X', _) | ('Z', 5) if seconds == 0 => "Z".to_owned(),
        ('X' | 'x', 1) if minutes % 60 == 0 => format!("{sign}{:02}", minutes / 60),
        ('X' | 'x', 3 | 5) | ('Z', 5) => colon(":"),
        ('O', _) | ('Z', 4) => format!("GMT{}", colon(":")),
        ('X' | 'x' | 'Z', _) => colon(""),
        _ => "UTC".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        JavaFormat::parse(pattern).expect("the pattern is fine").is_match(text)
    }

    #[test]
    fn patterns_accept_what_java_writes() {
        for (pattern, text) in [
            ("yyyy-MM-dd", "2023-07-19"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2023-07-19T10:20:30.123+02:00"),
            ("yyyy-MM-dd'T'HH:mm:ssX", "2023-07-19T10:20:30Z"),
            ("yyyy-MM-dd'T'HH:mm:ss[.SSS]'Z'", "2023-07-19T10:20:30Z"),
            ("EEE, d MMM yyyy HH:mm:ss z", "Wed, 9 Jul 2023 10:20:30 GMT"),
            ("EEEE d MMMM yy", "Wednesday 19 July 23"),
            ("yyyyMMddHHmmss", "20230719102030"),
            ("h:mm a", "1:05 PM"),
            ("yyyy-MM-dd'T'HH:mm:ssZ", "2023-07-19T10:20:30+0000"),
            ("''yyyy''", "'2023'"),
        ] {
            assert!(is_match(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_refuse_other_forms_and_dates_that_do_not_exist() {
        for (pattern, text) in [
            ("yyyy-MM-dd", "23/07/19"),
            ("yyyy-MM-dd", "2023-02-30"),
            ("yyyy-MM-dd", "2023-13-01"),
            ("HH:mm", "24:00"),
            ("yyyy-MM-dd'T'HH:mm:ssXXX", "2023-07-19T10:20:30+0200"),
            ("yyyy-MM-dd", "2023-07-19T00:00"),
        ] {
            assert!(!is_match(pattern, text), "{pattern} {text}");
        }
        assert!(JavaFormat::parse("yyyy-'MM").is_err());
        assert!(JavaFormat::parse("jj").is_err());
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = "d".to_owned() + &"Md".repeat(30);
        assert!(!is_match(&pattern, &"1".repeat(200)));
    }

    #[test]
    fn what_is_written_is_accepted() {
        let moment: Zoned = "2024-02-29T13:05:09.25+02:00[+02:00]".parse().expect("a moment");
        for pattern in ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "EEE, d MMM yyyy hh:mm a Z", "yy/M/d k:m:s", "QQQ DDD"] {
            let format = JavaFormat::parse(pattern).expect("the pattern is fine");
            let text = format.format(&moment);
            assert!(format.is_match(&text), "{pattern} {text}");
        }
    }
}
