//! Matching of multipart bodies, part by part.

use base64::Engine;
use bytes::Bytes;

use crate::pact::body::compare_content;
use crate::pact::content_type::ContentType;
use crate::pact::mismatch::{Mismatch, Part};
use crate::pact::model::{Body, Headers, header};
use crate::pact::path::{Path, PathToken, Step};
use crate::pact::rule::{Category, Rule};
use crate::pact::scope::{Scope, Strictness};
use crate::pact::text_rule::matches_content;

/// Parts of one body; nobody sends more.
const MAX_PARTS: usize = 1_000;

/// Nested multipart bodies.
const MAX_DEPTH: usize = 4;

struct BodyPart {
    name: Option<String>,
    file_name: Option<String>,
    headers: Headers,
    content: Bytes,
}

/// The differences between two multipart bodies. Each is read by the boundary of its own content type.
pub(crate) fn compare_multipart(
    rules: &Category,
    strictness: Strictness,
    expected: (&[u8], &ContentType),
    actual: (&[u8], &ContentType),
    depth: usize,
) -> Vec<Mismatch> {
    let body = |message: String| vec![Mismatch::new(Part::Body, "$", "", "", message)];
    if depth > MAX_DEPTH {
        return body(format!("multipart bodies nested deeper than {MAX_DEPTH} are not compared"));
    }
    let wanted = match parts(expected.0, expected.1) {
        Ok(parts) => parts,
        Err(reason) => return body(format!("the expected multipart body cannot be read: {reason}")),
    };
    let came = match parts(actual.0, actual.1) {
        Ok(parts) => parts,
        Err(reason) => return body(format!("the multipart body that came cannot be read: {reason}")),
    };
    let mut found = Vec::new();
    for (index, part) in wanted.iter().enumerate() {
        let label = part.name.clone().unwrap_or_else(|| format!("[{index}]"));
        let other = match &part.name {
            Some(name) => came.iter().find(|other| other.name.as_ref() == Some(name)),
            None => came.get(index),
        };
        let Some(other) = other else {
            let message = format!("Expected a MIME part '{label}' but was missing");
            found.push(Mismatch::new(Part::Body, format!("$.{label}"), &part.describe(), "", message));
            continue;
        };
        compare_part(rules, strictness, &label, index, part, other, depth, &mut found);
    }
    if strictness == Strictness::Exact && came.len() > wanted.len() {
        let message = format!("Expected {} MIME parts but received {}", wanted.len(), came.len());
        found.push(Mismatch::new(Part::Body, "$", &wanted.len().to_string(), &came.len().to_string(), message));
    }
    found
}

#[expect(clippy::too_many_arguments, reason = "one part against one part, with where they stand")]
fn compare_part(
    rules: &Category,
    strictness: Strictness,
    label: &str,
    index: usize,
    expected: &BodyPart,
    actual: &BodyPart,
    depth: usize,
    found: &mut Vec<Mismatch>,
) {
    let path = format!("$.{label}");
    let step = expected.name.as_deref().map_or(Step::Index(index), Step::Key);
    let content_rule = Scope::root(rules).child(step).direct().and_then(|rules| {
        rules.rules.iter().find_map(|rule| match rule {
            Rule::ContentType(name) => Some((rule, name)),
            _ => None,
        })
    });
    if let Some((rule, name)) = content_rule {
        // A file that is recognised needs no equal bytes; a stated type is as good as a recognised one.
        let stated = actual
            .content_type()
            .is_some_and(|stated| ContentType::parse(name).is_some_and(|wanted| wanted.is_same_kind(&stated)));
        if let Err(message) = matches_content(name, &actual.content)
            && !stated
        {
            found.push(
                Mismatch::new(Part::Body, path, &expected.describe(), &actual.describe(), message)
                    .by_rule(Some(rule.label())),
            );
        }
        return;
    }
    let (wanted_type, actual_type) = (expected.content_type(), actual.content_type());
    if let (Some(wanted), Some(came)) = (&wanted_type, &actual_type)
        && !wanted.is_same_kind(came)
        && header(&expected.headers, "content-type").is_some()
    {
        let message = format!("Expected MIME part '{label}' of '{wanted}' but was '{came}'");
        found.push(Mismatch::new(Part::BodyType, path, &wanted.to_string(), &came.to_string(), message));
        return;
    }
    // Inside a part, rules for `$.name.field` become rules for `$.field`.
    let inner = Category {
        entries: rules
            .entries
            .iter()
            .filter(|(path, _)| path.0.first().is_some_and(|token: &PathToken| token.weight(step) > 0))
            .map(|(path, rules)| (Path(path.0[1..].to_vec()), rules.clone()))
            .collect(),
    };
    let body = |part: &BodyPart| Body::from_bytes(part.content.clone(), None);
    let mismatches = compare_content(
        &inner,
        strictness,
        &body(expected),
        wanted_type.as_ref(),
        &body(actual),
        actual_type.as_ref(),
        depth + 1,
    );
    found.extend(mismatches.into_iter().map(|mut mismatch| {
        mismatch.path = mismatch.path.replacen('$', &path, 1);
        mismatch
    }));
}

impl BodyPart {
    fn content_type(&self) -> Option<ContentType> {
        // A field of a form without a type is text, whatever it looks like.
        header(&self.headers, "content-type").and_then(ContentType::parse).or_else(|| {
            if self.name.is_some() && self.file_name.is_none() {
                ContentType::parse("text/plain")
            } else {
                ContentType::detect(&self.content)
            }
        })
    }

    fn describe(&self) -> String {
        let kind = self.content_type().map_or_else(|| "no content".to_owned(), |kind| kind.essence());
        format!("{kind}, {} bytes", self.content.len())
    }
}

fn parts(bytes: &[u8], content_type: &ContentType) -> Result<Vec<BodyPart>, String> {
    // A consumer may have written the pact without the boundary: the first line of the body is it.
    let boundary = match content_type.parameter("boundary").filter(|boundary| !boundary.is_empty()) {
        Some(boundary) => boundary.to_owned(),
        None => guess_boundary(bytes).ok_or("its content type has no boundary")?,
    };
    let delimiter = format!("--{boundary}");
    let finder = memchr::memmem::Finder::new(delimiter.as_bytes());
    let starts: Vec<usize> =
        finder.find_iter(bytes).filter(|&at| at == 0 || bytes[at - 1] == b'\n').take(MAX_PARTS + 2).collect();
    if starts.is_empty() {
        return Err(format!("the boundary `{boundary}` does not occur in it"));
    }
    if starts.len() > MAX_PARTS + 1 {
        return Err(format!("it has more than {MAX_PARTS} parts"));
    }
    let mut read = Vec::new();
    for (position, &start) in starts.iter().enumerate() {
        let after = start + delimiter.len();
        if bytes[after..].starts_with(b"--") {
            return Ok(read);
        }
        let end = starts.get(position + 1).copied().ok_or("its last boundary is missing")?;
        read.push(part(trim_line_break(&bytes[after..end])));
    }
    Ok(read)
}

fn guess_boundary(bytes: &[u8]) -> Option<String> {
    let text = bytes.trim_ascii_start();
    let line = text.split(|&byte| byte == b'\n').next()?;
    std::str::from_utf8(line)
        .ok()?
        .trim_end()
        .strip_prefix("--")
        .filter(|boundary| !boundary.is_empty())
        .map(str::to_owned)
}

/// Takes away the line break after the boundary and the one before the next.
fn trim_line_break(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n")).unwrap_or(bytes);
    bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).unwrap_or(bytes)
}

fn part(bytes: &[u8]) -> BodyPart {
    let blank = [b"\r\n\r\n".as_slice(), b"\n\n"];
    let split = blank.iter().filter_map(|blank| memchr::memmem::find(bytes, blank).map(|at| (at, blank.len()))).min();
    let (head, content) = match split {
        _ if bytes.starts_with(b"\r\n") || bytes.starts_with(b"\n") => (&bytes[..0], trim_start_line(bytes)),
        Some((at, length)) => (&bytes[..at], &bytes[at + length..]),
        None => (bytes, &bytes[..0]),
    };
    let head = String::from_utf8_lossy(head);
    let headers: Headers = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), vec![value.trim().to_owned()]))
        .collect();
    let is_base64 =
        header(&headers, "content-transfer-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
    let decoded = is_base64.then(|| {
        let compact: Vec<u8> = content.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        base64::engine::general_purpose::STANDARD.decode(compact).ok()
    });
    let content = decoded.flatten().map_or_else(|| Bytes::copy_from_slice(content), Bytes::from);
    let disposition = header(&headers, "content-disposition").unwrap_or_default().to_owned();
    let parameter = |name: &str| {
        disposition.split(';').find_map(|piece| {
            piece.trim().strip_prefix(name)?.strip_prefix('=').map(|value| value.trim_matches('"').to_owned())
        })
    };
    BodyPart { name: parameter("name"), file_name: parameter("filename"), headers, content }
}

fn trim_start_line(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n")).unwrap_or(bytes)
}
