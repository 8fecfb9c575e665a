//! The fuzz targets on the stable toolchain: every input of their corpora, and inputs made from those by small edits.
//!
//! `COUNTERPART_FUZZ_SECONDS=300 cargo test --test it fuzz_targets` goes on for so many seconds per target; otherwise a fixed
//! number of inputs is tried, the same ones every time.

#[path = "../../fuzz/src/lib.rs"]
mod counterpart_fuzz;

use self::counterpart_fuzz::{TARGETS, halves};

use std::fs;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Inputs per target where no time is given: what a build without optimizations does in a few seconds.
const INPUTS: u32 = 60;
/// No input takes longer: they are a few kilobytes, and the build may be slow and the machine busy.
const LIMIT: Duration = Duration::from_secs(60);

/// Pieces that mean something to some reader.
const WORDS: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "1e999",
    "-0.0",
    "\"$ref\":\"#\"",
    "\"allOf\":",
    "\"anyOf\":[",
    "\"oneOf\":[",
    "\"not\":{}",
    "\"type\":\"object\"",
    "\"properties\":{",
    "\"required\":[\"a\"]",
    "\"items\":",
    "\"enum\":[]",
    "\"pattern\":\"(a+)+$\"",
    "\"minimum\":",
    "\"if\":{}",
    "\"then\":false",
    "\"$defs\":{",
    "\"discriminator\":",
    "\"unevaluatedProperties\":false",
    "\n  ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "$ref: '#/components/schemas/Pet'",
    "\0",
    "message ",
    "oneof ",
    "= 536870912",
    "syntax = \"proto2\";",
    "extend ",
];

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(&path).expect("the file can be read"))).collect()
}

fn edited(inputs: &[(PathBuf, Vec<u8>)], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = inputs[numbers.below(inputs.len())].1.clone();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + 1 + numbers.below(24)).min(bytes.len());
        match numbers.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            1 => drop(bytes.drain(at.min(end)..end)),
            2 => {
                let piece = bytes[at.min(end)..end].to_vec();
                let to = numbers.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 => {
                let other = &inputs[numbers.below(inputs.len())].1;
                let from = numbers.below(other.len());
                let to = (from + 1 + numbers.below(80)).min(other.len());
                bytes.splice(at..at, other[from..to].to_vec());
            }
            _ => {
                let word = WORDS[numbers.below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}

fn drive(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("the target is listed");
    let seconds: Option<u64> = std::env::var("COUNTERPART_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let inputs = corpus(name);
    let run = |bytes: &[u8], from: &str| {
        let started = Instant::now();
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| target(bytes)));
        let text = String::from_utf8_lossy(bytes);
        assert!(outcome.is_ok(), "{name}: {from} made it panic: {text:?}");
        assert!(started.elapsed() < LIMIT, "{name}: {from} took {:?}: {text:?}", started.elapsed());
    };
    for (path, bytes) in &inputs {
        run(bytes, &path.display().to_string());
    }
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let started = Instant::now();
    let mut count = 0;
    while seconds.map_or(count < INPUTS, |seconds| started.elapsed().as_secs() < seconds) {
        run(&edited(&inputs, &mut numbers), "an edited input");
        count += 1;
    }
    let kept = inputs.len();
    writeln!(std::io::stdout(), "{name}: {kept} inputs kept, {count} made").expect("standard output takes a line");
}

#[test]
fn every_target_has_a_corpus() {
    assert!(TARGETS.iter().all(|(name, _)| !corpus(name).is_empty()));
    assert_eq!(halves(b"a\0b"), (&b"a"[..], &b"b"[..]));
}

#[test]
fn documents_survive_any_bytes() {
    drive("documents");
}

#[test]
fn contracts_survive_any_text() {
    drive("openapi");
}

#[test]
fn comparing_contracts_survives_any_two_texts() {
    drive("openapi_compare");
    drive("json_schema_compare");
}

#[test]
fn lowering_survives_any_schema() {
    drive("lowering");
}

#[test]
fn relating_survives_any_two_schemas() {
    drive("relate");
}

#[test]
fn protobuf_survives_any_bytes() {
    drive("protobuf_compare");
    drive("protobuf_descriptor_set");
}
