//! Containment on real contracts: every component that changed between two versions, asked in both directions.
//! The corpus stands beside the repository and is not part of it; without it nothing runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use counterpart::change::Cell;
use counterpart::formats::schema::graph::{DocumentId, Place, Resolver, Target};
use counterpart::formats::schema::{Answer, Dialect, Engine, Party, Role, SchemaGraph, Settings, Side};
use counterpart::source::FileId;
use counterpart::syntax::{self, Document};

/// One document whose references stay inside it.
struct Single {
    document: Document,
}

impl Resolver for Single {
    fn document_count(&self) -> u32 {
        1
    }

    fn document(&self, _: DocumentId) -> &Document {
        &self.document
    }

    fn document_key(&self, _: DocumentId) -> String {
        String::new()
    }

    fn resolve(&self, _: Place, reference: &str) -> Result<Target, String> {
        let pointer = reference.strip_prefix('#').ok_or("it leads to another document")?;
        let node = self.document.at_pointer(pointer).ok_or("there is nothing")?;
        Ok(Target { place: Place::new(DocumentId(0), node), dialect: None })
    }
}

fn read(path: &Path) -> (Single, Dialect) {
    let text = std::fs::read_to_string(path).expect("the corpus is readable");
    let parsed = syntax::parse(FileId(0), &path.to_string_lossy(), text.into());
    let document = parsed.document;
    let version = document.get_str(document.root(), "openapi").unwrap_or("2.0").to_owned();
    let dialect = match version.get(..3) {
        Some("3.0") => Dialect::OpenApi30,
        Some("3.1") => Dialect::OpenApi31,
        _ => Dialect::OpenApi20,
    };
    (Single { document }, dialect)
}

fn components(side: &Single) -> BTreeMap<String, Place> {
    let document = &side.document;
    let node = document.at_pointer("/components/schemas").or_else(|| document.at_pointer("/definitions"));
    let Some(node) = node else { return BTreeMap::new() };
    document.entries(node).map(|(name, node)| (name.to_owned(), Place::new(DocumentId(0), node))).collect()
}

#[derive(Default)]
struct Tally {
    contained: usize,
    yes: usize,
    maybe: usize,
    unknown: BTreeMap<String, Vec<String>>,
    slowest: Duration,
    /// Time spent on questions answered contained, broken, unknown.
    spent: [Duration; 3],
}

fn compare(old_path: &Path, new_path: &Path) -> Tally {
    let started = Instant::now();
    let ((old, old_dialect), (new, new_dialect)) = (read(old_path), read(new_path));
    let parsed = started.elapsed();
    let (old_graph, new_graph) = (SchemaGraph::new(&old), SchemaGraph::new(&new));
    let engine = Engine::new(&old_graph, &new_graph, Settings::default());
    let (old_components, new_components) = (components(&old), components(&new));
    let mut tally = Tally::default();
    let mut changed = Vec::new();
    let hashing = Instant::now();
    for (name, &place) in &old_components {
        let Some(&other) = new_components.get(name) else { continue };
        let (old, new) = (old_graph.intern(place, old_dialect), new_graph.intern(other, new_dialect));
        if !engine.is_same(old, new) {
            changed.push((name, old, new));
        }
    }
    let hashing = hashing.elapsed();
    let asking = Instant::now();
    for (name, old, new) in &changed {
        for role in [Role::Request, Role::Response] {
            let (old, new) = (Party::new(Side::Old, *old, role), Party::new(Side::New, *new, role));
            for (writer, reader) in [(old, new), (new, old)] {
                let started = Instant::now();
                let answer = engine.relate(writer, reader);
                let elapsed = started.elapsed();
                tally.spent[match &answer {
                    Answer::Contained => 0,
                    Answer::Breaks { .. } => 1,
                    Answer::Unknown(_) => 2,
                }] += elapsed;
                match answer {
                    Answer::Contained => tally.contained += 1,
                    Answer::Breaks { cell: Cell::Yes, .. } => tally.yes += 1,
                    Answer::Breaks { witness, .. } => {
                        tally.maybe += 1;
                        if std::env::var("SCHEMA_REAL_SHOW").is_ok() {
                            println!(
                                "   maybe {name} {role:?} {:?}: {} {}",
                                reader.side, witness.instance, witness.error
                            );
                        }
                    }
                    Answer::Unknown(reason) => {
                        tally.unknown.entry(reason).or_default().push(format!("{name} {role:?} {:?}", reader.side));
                    }
                }
                if elapsed.as_millis() > 1000 {
                    println!("   slow: {name} {role:?} {:?}: {elapsed:?}", reader.side);
                }
                tally.slowest = tally.slowest.max(elapsed);
            }
        }
    }
    println!(
        "{} → {}: {} of {} changed; parse {parsed:?}, hashes {hashing:?}, {} questions {:?}, slowest {:?}; contained {}, yes {}, maybe {}, unknown {} ({:?})",
        old_path.file_name().unwrap_or_default().to_string_lossy(),
        new_path.file_name().unwrap_or_default().to_string_lossy(),
        changed.len(),
        old_components.len(),
        changed.len() * 4,
        asking.elapsed(),
        tally.slowest,
        tally.contained,
        tally.yes,
        tally.maybe,
        tally.unknown.values().map(Vec::len).sum::<usize>(),
        tally.spent,
    );
    tally
}

#[test]
fn few_questions_about_real_contracts_stay_open() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/real-openapi");
    let Ok(apis) = std::fs::read_dir(&folder) else { return };
    let only = std::env::var("SCHEMA_REAL_ONLY").unwrap_or_default();
    let mut apis: Vec<PathBuf> = apis.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    apis.sort();
    let (mut asked, mut open) = (0, 0);
    for api in apis {
        if !api.to_string_lossy().contains(&only) {
            continue;
        }
        let mut versions: Vec<PathBuf> = std::fs::read_dir(&api)
            .expect("a folder")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml"))
            .collect();
        versions.sort();
        println!("{}", api.display());
        for pair in versions.windows(2) {
            let tally = compare(&pair[0], &pair[1]);
            asked += tally.contained + tally.yes + tally.maybe;
            for (reason, names) in &tally.unknown {
                asked += names.len();
                open += names.len();
                println!("   {} × {reason}: {:?}", names.len(), &names[..names.len().min(4)]);
            }
        }
    }
    println!("unknown: {open} of {asked}");
    assert!(open * 20 <= asked, "{open} of {asked} questions stay open");
}
