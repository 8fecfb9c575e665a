//! Calendar versions: read and raised only in a form that is known, never guessed at.

use std::fmt::Write as _;

use jiff::civil::Date;

use crate::finding::{Bump, Problem};

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    Month { is_padded: bool },
    Day { is_padded: bool },
    Micro,
    Literal(char),
}

/// How a calendar version is written: `YYYY.0M.MICRO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CalendarForm {
    parts: Vec<Part>,
}

/// A version taken apart: its day as far as the form has it, then the micro.
type Read = ([i64; 3], u64);

const TOKENS: [(&str, Part); 7] = [
    ("YYYY", Part::Year),
    ("YY", Part::ShortYear),
    ("MM", Part::Month { is_padded: false }),
    ("0M", Part::Month { is_padded: true }),
    ("DD", Part::Day { is_padded: false }),
    ("0D", Part::Day { is_padded: true }),
    ("MICRO", Part::Micro),
];

impl CalendarForm {
    /// Reads a form as the project file writes it.
    ///
    /// # Errors
    /// When it has no year: such versions would not go on from year to year.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match TOKENS.iter().find_map(|(token, part)| Some((rest.strip_prefix(token)?, part))) {
                Some((after, part)) => {
                    parts.push(part.clone());
                    rest = after;
                }
                None => {
                    parts.push(Part::Literal(first));
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        let has_year = parts.iter().any(|part| matches!(part, Part::Year | Part::ShortYear));
        let is_plain = parts.iter().all(|part| !matches!(part, Part::Literal(c) if c.is_alphanumeric() && *c != 'v'));
        if has_year && is_plain {
            return Ok(Self { parts });
        }
        Err(Problem::new("bad-config", format!("`{text}` is no form of calendar versions"))
            .with_help("write one of YYYY, YY, MM, 0M, DD, 0D and MICRO with separators: `YYYY.0M.MICRO`"))
    }

    /// The form that a version can only have; `None` where it may have several.
    pub(crate) fn of(version: &str) -> Option<Self> {
        let bare = version.strip_prefix('v').unwrap_or(version);
        let form = match bare.as_bytes() {
            [_, _, _, _, b'-', _, _, b'-', _, _] => "YYYY-0M-0D",
            [_, _, _, _, b'-', _, _] => "YYYY-0M",
            [_, _, _, _, b'.', b'0', _] => "YYYY.0M",
            [_, _, _, _, b'.', _] => "YYYY.MM",
            _ => return None,
        };
        let form = if bare.len() < version.len() { format!("v{form}") } else { form.to_owned() };
        let form = Self::parse(&form).ok()?;
        form.read(version).map(|_| form)
    }

    /// Takes a version apart; `None` where it is written in another form.
    fn read(&self, version: &str) -> Option<Read> {
        let mut rest = version;
        let (mut day, mut micro) = ([0, 1, 1], 0);
        for part in &self.parts {
            let digits = |most: usize| rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let length = match part {
                Part::Literal(wanted) => {
                    rest = rest.strip_prefix(*wanted)?;
                    continue;
                }
                Part::Year => digits(4),
                Part::Micro => digits(18),
                _ => digits(2),
            };
            let (number, after) = rest.split_at(length);
            rest = after;
            let wants_two =
                matches!(part, Part::ShortYear | Part::Month { is_padded: true } | Part::Day { is_padded: true });
            if number.is_empty() || (wants_two && length != 2) || (*part == Part::Year && length != 4) {
                return None;
            }
            let number: i64 = number.parse().ok()?;
            match part {
                Part::Year => day[0] = number,
                Part::ShortYear => day[0] = 2000 + number,
                Part::Month { .. } if (1..=12).contains(&number) => day[1] = number,
                Part::Day { .. } if (1..=31).contains(&number) => day[2] = number,
                Part::Micro => micro = u64::try_from(number).ok()?,
                _ => return None,
            }
        }
        rest.is_empty().then_some((day, micro))
    }

    fn written(&self, date: Date, micro: u64) -> String {
        let mut text = String::new();
        for part in &self.parts {
            // Writing into a string cannot fail.
            let _ = match part {
                Part::Year => write!(text, "{:04}", date.year()),
                Part::ShortYear => write!(text, "{:02}", date.year() % 100),
                Part::Month { is_padded: true } => write!(text, "{:02}", date.month()),
                Part::Month { is_padded: false } => write!(text, "{}", date.month()),
                Part::Day { is_padded: true } => write!(text, "{:02}", date.day()),
                Part::Day { is_padded: false } => write!(text, "{}", date.day()),
                Part::Micro => write!(text, "{micro}"),
                Part::Literal(character) => write!(text, "{character}"),
            };
        }
        text
    }
}

/// The next calendar version; `None` where the declared one already follows the released one, or nothing changed.
///
/// # Errors
/// When something breaks, which a date cannot say; when a version is written in another form; when today's version is
/// released already and the form has no `MICRO`.
pub(crate) fn next(
    form: &CalendarForm,
    released: &str,
    declared: &str,
    required: Bump,
    today: Date,
) -> Result<Option<String>, Problem> {
    let read = |text: &str| {
        form.read(text).ok_or_else(|| {
            Problem::new("version-scheme", format!("`{text}` is not written in the form of the calendar version"))
                .with_help("correct the version, or `version.format` in counterpart.toml")
        })
    };
    let (was, now) = (read(released)?, read(declared)?);
    if now < was {
        return Err(Problem::new(
            "version-lowered",
            format!("the declared version {declared} is lower than the released {released}"),
        )
        .with_help("declare a later day"));
    }
    if required == Bump::Major {
        return Err(Problem::new(
            "version-scheme",
            format!("a change breaks somebody, and a calendar version ({declared}) cannot say so"),
        )
        .with_help("put the new form beside the old one: a path `/v2`, a package `v2`, or a contract of its own"));
    }
    if required == Bump::None || now > was {
        return Ok(None);
    }
    let fresh = form.written(today, 0);
    let reached = read(&fresh)?;
    if reached.0 > was.0 {
        return Ok(Some(fresh));
    }
    if form.parts.contains(&Part::Micro) && reached.0 == was.0 {
        return Ok(Some(form.written(today, was.1 + 1)));
    }
    Err(Problem::new("version-exists", format!("{released} is released already, and the next one would be the same"))
        .with_help("add a count to the form: `version = { scheme = \"calver\", format = \"YYYY.0M.0D.MICRO\" }`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(form: &str, released: &str, declared: &str, required: Bump) -> String {
        let form = CalendarForm::parse(form).expect("a form");
        match next(&form, released, declared, required, jiff::civil::date(2026, 6, 1)) {
            Ok(next) => next.unwrap_or_else(|| "nothing".to_owned()),
            Err(problem) => problem.code,
        }
    }

    #[test]
    fn a_calendar_version_becomes_that_of_the_day() {
        let rows = [
            ("YYYY-0M-0D", "2026-05-01", "2026-05-01", Bump::Minor, "2026-06-01"),
            ("YYYY-0M-0D", "2026-05-01", "2026-05-20", Bump::Minor, "nothing"),
            ("YYYY-0M-0D", "2026-05-01", "2026-04-20", Bump::Minor, "version-lowered"),
            ("YYYY-0M-0D", "2026-05-01", "2026-05-01", Bump::None, "nothing"),
            ("YYYY-0M-0D", "2026-05-01", "2026-05-01", Bump::Major, "version-scheme"),
            ("YYYY-0M-0D", "2026-06-01", "2026-06-01", Bump::Minor, "version-exists"),
            ("YYYY.MM.MICRO", "2026.6.3", "2026.6.3", Bump::Patch, "2026.6.4"),
            ("YYYY.MM.MICRO", "2026.5.3", "2026.5.3", Bump::Patch, "2026.6.0"),
            ("YY.0M", "26.05", "26.05", Bump::Patch, "26.06"),
            ("YYYY.0M", "2026-05", "2026-05", Bump::Patch, "version-scheme"),
        ];
        for (form, released, declared, required, expected) in rows {
            assert_eq!(raised(form, released, declared, required), expected, "{form} {released} → {declared}");
        }
    }

    #[test]
    fn a_form_is_taken_from_a_version_only_where_it_can_have_no_other() {
        let of = |version: &str| CalendarForm::of(version).is_some();
        assert!(of("2026-05-01") && of("2026.05") && of("2026.5") && of("2026-05") && of("v2026-05-01"));
        assert!(!of("2026.11"), "October to December do not show whether a zero would be written");
        assert!(!of("2026.5.1"), "a day or a count");
        assert!(!of("2026-13-01") && !of("1.4.0") && !of("next"));
    }

    #[test]
    fn a_form_without_a_year_is_refused() {
        assert!(CalendarForm::parse("MM.DD").is_err());
        assert!(CalendarForm::parse("YYYY.WW").is_err());
    }
}
