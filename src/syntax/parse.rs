//! From bytes to a tree: which syntax it is, and the one entry point for both.

use std::sync::Arc;

use crate::source::FileId;
use crate::syntax::{Document, Fault, json, yaml};

/// The syntax that a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// RFC 8259.
    Json,
    /// YAML 1.2, which nearly contains JSON, but takes twenty times as long.
    Yaml,
}

impl Syntax {
    /// The syntax that a file name promises; nothing for names that promise neither.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        if extension.eq_ignore_ascii_case("json") {
            Some(Self::Json)
        } else if extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml") {
            Some(Self::Yaml)
        } else {
            None
        }
    }
}

/// A document with everything that is wrong with it.
#[derive(Debug)]
pub struct Parsed {
    /// The tree as far as it could be built.
    pub document: Document,
    /// What is wrong, in the order of the text; empty for a sound document.
    pub faults: Vec<Fault>,
}

/// Reads a document. The path only helps to tell JSON from YAML; content decides where it can.
///
/// Never fails, and takes time and memory linear in the length of the text.
#[must_use]
pub fn parse(file: FileId, path: &str, text: Arc<str>) -> Parsed {
    let promised = Syntax::of_path(path);
    let is_braced = text.trim_start_matches('\u{feff}').trim_ascii_start().starts_with(['{', '[']);
    let (document, mut faults) = if promised == Some(Syntax::Json) || is_braced {
        let read = json::read(file, Arc::clone(&text));
        // Braces also open YAML: comments, unquoted keys and trailing commas are fine there.
        if read.1.is_empty() || promised == Some(Syntax::Json) {
            read
        } else {
            let (document, faults) = yaml::read(file, text);
            if faults.is_empty() || promised == Some(Syntax::Yaml) { (document, faults) } else { read }
        }
    } else {
        yaml::read(file, text)
    };
    faults.sort_by_key(|fault| fault.span.start);
    Parsed { document, faults }
}

/// The text of a file.
///
/// # Errors
/// When the bytes are not UTF-8: the message says what they seem to be, and the offset where it goes wrong.
pub fn decode(bytes: &[u8]) -> Result<Arc<str>, (usize, String)> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err((0, "the file is UTF-16, and contracts are read as UTF-8".to_owned()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Arc::from(text)),
        Err(error) => {
            let at = error.valid_up_to();
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..at]).count();
            Err((at, format!("the file is not UTF-8: line {line} holds the byte 0x{:02X}", bytes[at])))
        }
    }
}
