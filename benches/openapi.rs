//! How long OpenAPI documents take, as a ratio to what is unavoidable, measured in the same run.
//!
//! `cargo bench --bench openapi` reads the corpus at `../shared/corpus/real-openapi` (or `COUNTERPART_CORPUS`) and does
//! nothing without it. Each line is the median of several rounds; ratios above their target are marked.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterpart::formats::openapi::view::Api;
use counterpart::formats::openapi::{OpenApi, check};
use counterpart::formats::{CompareOptions, Format, Side};
use counterpart::source::{ContentId, Entry, FileId, LoadError, Tree};
use counterpart::syntax::{self, Library};

const ROUNDS: usize = 7;

fn main() {
    let corpus = std::env::var_os("COUNTERPART_CORPUS")
        .map_or_else(|| PathBuf::from("../shared/corpus/real-openapi"), PathBuf::from);
    let (Some(old), Some(new)) = (read(&corpus, "github/21.0.0.json"), read(&corpus, "github/23.0.2.json")) else {
        println!("no corpus at {}: nothing to measure", corpus.display());
        return;
    };
    let bare = median(|| {
        for text in [&old, &new] {
            black_box(serde_json::from_str::<serde_json::Value>(text).is_ok());
        }
    });
    println!("bare parse of the GitHub pair (serde_json::Value, {:.1} MB): {}", megabytes(&[&old, &new]), show(bare));
    let tree = median(|| {
        for text in [&old, &new] {
            black_box(syntax::parse(FileId(0), "a.json", Arc::clone(text)));
        }
    });
    ratio("our tree of the same pair", tree, bare, 1.5);

    let checked = median(|| {
        for text in [&old, &new] {
            let mut library = Library::new(false);
            let file = library.insert("a.json", text);
            black_box(check::problems(&Api::new(&library, &[file])));
        }
    });
    ratio("the same, references resolved and structure checked, one thread", checked, bare, 2.0);
    let pair = (Memory::single(&old), Memory::single(&new));
    ratio("diff of the pair", median(|| compare(&pair.0, &pair.1)), bare, 3.0);
    let edited: Arc<str> = new.replacen("\"type\": \"integer\"", "\"type\": \"string\"", 1).into();
    let pair = (Memory::single(&new), Memory::single(&edited));
    let bare_edited = median(|| {
        for text in [&new, &edited] {
            black_box(serde_json::from_str::<serde_json::Value>(text).is_ok());
        }
    });
    ratio("diff of one changed property in the newer one", median(|| compare(&pair.0, &pair.1)), bare_edited, 2.5);
    many_small_contracts();
    one_huge_contract();

    for name in ["openai/2026-08-21-f85dbe223d.yaml", "moby-engine/2026-08-21-f4cf04858e.yaml"] {
        let Some(text) = read(&corpus, name) else { continue };
        let events = median(|| {
            let options = granit_parser::options! { emit_comments: false };
            for event in granit_parser::Parser::new_from_str_with_options(&text, options) {
                let _ = black_box(event);
            }
        });
        println!("granit-parser's events of {name} ({:.1} MB): {}", megabytes(&[&text]), show(events));
        let tree = median(|| {
            black_box(syntax::parse(FileId(0), "a.yaml", Arc::clone(&text)));
        });
        ratio("our tree of the same document", tree, events, 2.0);
    }
}

/// A hundred contracts in one directory, a tenth of them changed, against parsing them all.
fn many_small_contracts() {
    let contract = |number: usize, summary: &str| {
        let mut text = format!("openapi: 3.0.3\ninfo:\n  title: Service {number}\n  version: 1.0.0\npaths:\n");
        for path in 0..20 {
            let _ = write!(
                text,
                "  /things{path}/{{id}}:\n    get:\n      summary: {summary}\n      parameters:\n        - name: id\n          \
                 in: path\n          required: true\n          schema:\n            type: string\n      responses:\n        \
                 '200':\n          description: Fine\n          content:\n            application/json:\n              \
                 schema:\n                $ref: '#/components/schemas/Thing'\n"
            );
        }
        text.push_str("components:\n  schemas:\n    Thing:\n      type: object\n      properties:\n        id:\n          type: string\n");
        text
    };
    let tree = |is_new: bool| {
        let files = (0..100).map(|number| {
            let summary = if is_new && number % 10 == 0 { "After" } else { "Before" };
            (format!("services/{number:03}.yaml"), Arc::from(contract(number, summary)))
        });
        Memory::new(files.collect(), false)
    };
    let (old, new) = (tree(false), tree(true));
    let parse = median(|| {
        for text in old.files.iter().chain(&new.files).map(|(_, text)| text) {
            black_box(syntax::parse(FileId(0), "a.yaml", Arc::clone(text)));
        }
    });
    println!("parsing a hundred small contracts, twice: {}", show(parse));
    ratio("diff of the two directories, a tenth changed", median(|| compare(&old, &new)), parse, 2.0);
}

/// One document of 50 MB: loaded, checked, its references resolved.
fn one_huge_contract() {
    let mut text = "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Huge\",\"version\":\"1.0.0\"},\"paths\":{},\"components\":{\"schemas\":{\"S0\":{}".to_owned();
    for number in 1.. {
        if text.len() > 50_000_000 {
            break;
        }
        let _ = write!(
            text,
            ",\n\"S{number}\":{{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{{\"id\":{{\"type\":\"string\",\"format\":\"uuid\"}},\
             \"before\":{{\"$ref\":\"#/components/schemas/S{}\"}}}}}}",
            number - 1
        );
    }
    text.push_str("}}}");
    let bare = median(|| {
        black_box(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    });
    println!("bare parse of a document of {:.0} MB: {}", text.len() as f64 / 1e6, show(bare));
    let checked = median(|| {
        let mut library = Library::new(false);
        let file = library.insert("a.json", &text);
        assert_eq!(check::problems(&Api::new(&library, &[file])), []);
    });
    ratio("loading and checking it", checked, bare, 2.0);
}

fn compare(old: &Memory, new: &Memory) {
    let options = CompareOptions::new(jiff::civil::date(2026, 11, 21));
    let (before, after) = (OpenApi.discover(old, &options), OpenApi.discover(new, &options));
    let old = Side { tree: old, contracts: &before.contracts };
    let new = Side { tree: new, contracts: &after.contracts };
    black_box(OpenApi.compare(&old, &new, &options));
}

/// Files in memory, so that nothing but the work is measured.
struct Memory {
    files: Vec<(String, Arc<str>)>,
    entries: Vec<Entry>,
    is_single: bool,
}

impl Memory {
    fn new(files: Vec<(String, Arc<str>)>, is_single: bool) -> Self {
        let entries = files.iter().map(|(path, text)| {
            let id = Some(ContentId::Hash(xxhash_rust::xxh3::xxh3_128(text.as_bytes())));
            Entry { path: path.clone(), id, size: Some(text.len() as u64) }
        });
        Self { entries: entries.collect(), files, is_single }
    }

    fn single(text: &Arc<str>) -> Self {
        Self::new(vec![("api.json".to_owned(), Arc::clone(text))], true)
    }
}

impl Tree for Memory {
    fn label(&self) -> &'static str {
        "memory"
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        let read = |path: &&str| match self.files.iter().find(|(name, _)| name == path) {
            Some((_, text)) => Ok(Arc::from(text.as_bytes())),
            None => Err(LoadError::NotFound { path: (*path).to_owned(), tree: "memory".to_owned() }),
        };
        paths.iter().map(read).collect()
    }

    fn display_path(&self, path: &str) -> String {
        path.to_owned()
    }

    fn is_single_file(&self) -> bool {
        self.is_single
    }
}

fn read(corpus: &Path, name: &str) -> Option<Arc<str>> {
    std::fs::read_to_string(corpus.join(name)).ok().map(Arc::from)
}

fn megabytes(texts: &[&Arc<str>]) -> f64 {
    texts.iter().map(|text| text.len()).sum::<usize>() as f64 / 1e6
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

fn show(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn ratio(what: &str, time: Duration, base: Duration, target: f64) {
    let ratio = time.as_secs_f64() / base.as_secs_f64();
    let verdict = if ratio <= target { "" } else { " ABOVE TARGET" };
    println!("  {what}: {} = {ratio:.2} times (target {target}){verdict}", show(time));
}
