//! How long OpenAPI documents take, as a ratio to what is unavoidable, measured in the same run.
//!
//! `cargo bench --bench openapi` reads the corpus at `../shared/corpus/real-openapi` (or `COUNTERPART_CORPUS`) and does
//! nothing without it. Each line is the median of several rounds; ratios above their target are marked.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterpart::source::FileId;
use counterpart::syntax;

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
