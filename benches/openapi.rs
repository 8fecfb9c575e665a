//! How long OpenAPI documents take and how much memory, as a ratio to what is unavoidable, measured in the same run, and
//! beside `oasdiff` on the same files.
//!
//! `cargo bench --bench openapi` reads the corpus at `../shared/corpus/real-openapi` (or `COUNTERPART_CORPUS`) and does
//! nothing without it. `oasdiff` is taken from the `PATH` (or `OASDIFF`), else installed with `go install` where there is
//! Go; without it there are times and no comparison. Each line is the median of several rounds; ratios above their
//! target are marked.
//!
//! The *bare parse* that ratios refer to is `serde_json::Value` reading both documents, one after the other, in one thread
//! and with the same allocator. Comparing uses all cores.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "program/mod.rs"]
mod program;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterpart::formats::openapi::view::Api;
use counterpart::formats::openapi::{OpenApi, check};
use counterpart::formats::{CompareOptions, Format, Side};
use counterpart::source::{ContentId, Entry, FileId, LoadError, Tree};
use counterpart::syntax::{self, Library};
use program::{PATIENCE, Run, show};

const ROUNDS: usize = 7;

/// The allocator of the program, for both sides of every ratio.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let corpus = std::env::var_os("COUNTERPART_CORPUS")
        .map_or_else(|| PathBuf::from("../shared/corpus/real-openapi"), PathBuf::from);
    let (Some(old), Some(new)) = (read(&corpus, "github/21.0.0.json"), read(&corpus, "github/23.0.2.json")) else {
        println!("no corpus at {}: nothing to measure", corpus.display());
        return;
    };
    println!("{} cores", std::thread::available_parallelism().map_or(0, usize::from));
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
    let pair = (Memory::single(&new), Memory::single(&new));
    ratio("diff of the newer one with itself", median(|| compare(&pair.0, &pair.1)), bare_edited, 1.0);
    many_small_contracts();
    one_huge_contract();
    yaml(&corpus);
    whole_program(&corpus);
}

/// Our tree of a YAML document against the events that it is built from.
fn yaml(corpus: &Path) {
    for name in ["openai/2026-08-21-f85dbe223d.yaml", "moby-engine/2026-08-21-f4cf04858e.yaml"] {
        let Some(text) = read(corpus, name) else { continue };
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

/// Consecutive versions of published contracts, compared by the program itself: start, reading, rules and report
/// included.
fn whole_program(corpus: &Path) {
    const PAIRS: [(&str, &str); 6] = [
        ("github/21.0.0.json", "github/23.0.2.json"),
        ("stripe/2021-07-27-1d88c6a1c8.json", "stripe/2022-04-12-e0123a38b4.json"),
        ("box/2024-12-04-1d5bb92cfb.json", "box/2026-06-10-8b694ffa7b.json"),
        ("openai/2024-12-04-c2ff29b035.yaml", "openai/2026-08-13-9382a8355d.yaml"),
        ("asana/2022-09-21-7abde2f075.yaml", "asana/2023-01-25-4b2bfca187.yaml"),
        ("moby-engine/2025-11-10-docker-v29.0.0.yaml", "moby-engine/2026-08-21-f4cf04858e.yaml"),
    ];
    let oasdiff = oasdiff();
    if oasdiff.is_none() {
        println!("no oasdiff on the PATH, and no Go to install it with: times without comparison");
    }
    for (old, new) in PAIRS {
        let (old, new) = (corpus.join(old), corpus.join(new));
        let sizes = [&old, &new].map(|path| std::fs::metadata(path).map_or(0, |found| found.len()));
        let bytes = sizes.iter().sum::<u64>();
        let ours = Command::new(env!("CARGO_BIN_EXE_counterpart"));
        let Some(ours) = timed(ours, &["diff"], &[&old, &new], &["--format", "json"]) else { continue };
        let folder = old.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        println!("counterpart diff, {folder} ({:.1} MB): {}", bytes as f64 / 1e6, shown(&ours, bytes));
        if ours.time > Duration::from_secs(5) {
            println!("  slower than 5 s: ABOVE TARGET");
        }
        if bytes > 20_000_000 && ours.memory > bytes * 8 {
            println!("  more than 8 times the documents: ABOVE TARGET");
        }
        let Some(theirs) = oasdiff.as_ref().map(Command::new) else { continue };
        // The list of all changes, which is what `diff` gives.
        match timed(theirs, &["changelog"], &[&old, &new], &["--format", "json"]) {
            Some(theirs) => println!(
                "  oasdiff changelog: {}; we take 1/{:.1} of its time and 1/{:.1} of its memory",
                shown(&theirs, bytes),
                theirs.time.as_secs_f64() / ours.time.as_secs_f64(),
                theirs.memory as f64 / ours.memory.max(1) as f64
            ),
            None => println!("  oasdiff changelog: no report, or not within {} s", PATIENCE.as_secs()),
        }
    }
}

/// Where to find `oasdiff`.
fn oasdiff() -> Option<PathBuf> {
    let answers =
        |path: &Path| Command::new(path).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let named = std::env::var_os("OASDIFF").map_or_else(|| PathBuf::from("oasdiff"), PathBuf::from);
    if answers(&named) {
        return Some(named);
    }
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oasdiff");
    let installed = place.join("oasdiff");
    if !installed.exists() {
        let package = "github.com/oasdiff/oasdiff@latest";
        let quiet = Command::new("go").args(["install", package]).env("GOBIN", &place).stderr(Stdio::null()).status();
        quiet.ok()?;
    }
    answers(&installed).then_some(installed)
}

fn shown(run: &Run, bytes: u64) -> String {
    let memory = run.memory as f64;
    let times = memory / bytes as f64;
    format!("{}, {:.0} MB of memory ({times:.1} times the documents)", show(run.time), memory / 1e6)
}

/// The median of three runs.
fn timed(mut command: Command, before: &[&str], files: &[&Path; 2], after: &[&str]) -> Option<Run> {
    program::median(3, command.args(before).args(files).args(after), &[0])
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
        for bytes in old.files.iter().chain(&new.files).map(|(_, bytes)| bytes) {
            black_box(syntax::decode(bytes).map(|text| syntax::parse(FileId(0), "a.yaml", text)).is_ok());
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
    files: Vec<(String, Arc<[u8]>)>,
    entries: Vec<Entry>,
    is_single: bool,
}

impl Memory {
    fn new(files: Vec<(String, Arc<str>)>, is_single: bool) -> Self {
        let entries = files.iter().map(|(path, text)| {
            let id = Some(ContentId::Hash(xxhash_rust::xxh3::xxh3_128(text.as_bytes())));
            Entry { path: path.clone(), id, size: Some(text.len() as u64) }
        });
        let entries = entries.collect();
        Self { entries, files: files.into_iter().map(|(path, text)| (path, text.into())).collect(), is_single }
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
            Some((_, bytes)) => Ok(Arc::clone(bytes)),
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

fn ratio(what: &str, time: Duration, base: Duration, target: f64) {
    let ratio = time.as_secs_f64() / base.as_secs_f64();
    let verdict = if ratio <= target { "" } else { " ABOVE TARGET" };
    println!("  {what}: {} = {ratio:.2} times (target {target}){verdict}", show(time));
}
