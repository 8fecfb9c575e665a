//! Embeds the rule pages of `docs/rules` into the binary, and says how it is linked.
//!
//! Writes `$OUT_DIR/pages.rs`: one `(id, change, text)` per page, sorted by id. `change` is copied out of the header so
//! that a comparison parses only the pages of the changes that it meets.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // A program that always stands at one address needs no relocating: sixty thousand pointers, and the pages they are
    // in, are what a start would otherwise begin with. (Static ones, for musl, are linked in their own way.)
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("docs/rules");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut pages = Vec::new();
    collect(&root, &mut pages)?;
    let id = |path: &PathBuf| {
        path.strip_prefix(&root).unwrap_or(path).with_extension("").to_string_lossy().replace('\\', "/")
    };
    // By id and not by path: `a-b.md` sorts before `a.md`, but `a-b` after `a`, and look-ups search by id.
    pages.sort_by_key(id);
    let mut out = String::from("&[\n");
    for path in &pages {
        println!("cargo:rerun-if-changed={}", path.display());
        let id = id(path);
        let text = fs::read_to_string(path)?;
        let change = header_value(&text, "change").unwrap_or_default();
        let _ = writeln!(out, "    ({id:?}, {change:?}, include_str!({:?})),", path.display().to_string());
    }
    out.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("pages.rs"), out)
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

/// The text of `key = "value"` in the header, which the page parser checks properly later.
fn header_value(text: &str, key: &str) -> Option<String> {
    text.lines().skip(1).take_while(|line| *line != "+++").find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    })
}
