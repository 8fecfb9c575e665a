//! The HTML page in a real browser: nothing sticks out, filters work, nothing is fetched, light and dark differ.
//!
//! Screenshots are left in `target/page/`, for people to look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::tools::tool;

/// Looks at the page inside a frame of a fixed width, and writes down what it sees.
const PROBE: &str = r#"
const frame = document.getElementById("frame");
frame.addEventListener("load", () => {
  const inside = frame.contentDocument, root = inside.documentElement;
  const shown = () => [...inside.querySelectorAll("details.finding")].filter(e => !e.hidden).length;
  const seen = { width: frame.clientWidth, overflow: root.scrollWidth - root.clientWidth, all: shown() };
  seen.sticksOut = [...inside.querySelectorAll("main *")]
    .filter(e => !e.closest("pre") && e.getBoundingClientRect().right > root.clientWidth + 1).map(e => e.outerHTML.slice(0, 80));
  seen.fetched = frame.contentWindow.performance.getEntriesByType("resource").map(e => e.name);
  seen.background = frame.contentWindow.getComputedStyle(inside.body).backgroundColor;
  const search = inside.getElementById("search");
  const type = text => { search.value = text; search.dispatchEvent(new Event("input")); };
  type("coupon"); seen.coupon = shown();
  type("no such words"); seen.none = shown(); seen.saysNone = !inside.getElementById("nothing").hidden;
  type("");
  const errors = inside.querySelector("input[data-severity=error]");
  seen.errors = inside.querySelectorAll("details.error").length;
  errors.click(); seen.withoutErrors = shown(); errors.click(); seen.again = shown();
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
frame.srcdoc = new TextDecoder().decode(Uint8Array.from(atob(PAGE), c => c.charCodeAt(0)));
"#;

fn chromium(browser: &Path, is_dark: bool, arguments: &[String]) -> String {
    let scheme = if is_dark { "0" } else { "1" };
    let profile = tempfile::tempdir().expect("a directory");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=3000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .args(arguments)
        .output()
        .expect("the browser starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn seen(browser: &Path, folder: &Path, page: &str, width: u32, is_dark: bool) -> Value {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(page);
    let html = format!(
        "<!doctype html><meta name=color-scheme content='light dark'><body style='margin:0'><pre id=seen hidden></pre>\
         <iframe id=frame style='border:0;width:{width}px;height:2200px'></iframe><script>const PAGE='{encoded}';{PROBE}</script>"
    );
    let file = folder.join(format!("probe-{width}-{is_dark}.html"));
    fs::write(&file, html).expect("written");
    let address = format!("file://{}", file.display());
    let dom = chromium(browser, is_dark, &["--dump-dom".to_owned(), address.clone()]);
    let (_, rest) = dom.split_once("<pre id=\"seen\" hidden=\"\">").expect("the probe's place");
    let text =
        rest.split("</pre>").next().unwrap_or_default().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let name = format!("{}-{width}.png", if is_dark { "dark" } else { "light" });
    let shot = folder.join(name);
    let size = format!("--window-size={},2200", width.max(500));
    chromium(browser, is_dark, &[size, format!("--screenshot={}", shot.display()), address]);
    assert!(shot.is_file(), "no screenshot");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_page_fits_filters_and_fetches_nothing_in_a_browser() {
    let Some(browser) = tool(&["chromium", "chromium-browser", "google-chrome"]) else { return };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/page");
    fs::create_dir_all(&folder).expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["diff", "fixtures/openapi/orders/old.yaml", "fixtures/openapi/orders/new.yaml", "--format", "html"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    let page = String::from_utf8(output.stdout).expect("UTF-8");
    fs::write(folder.join("report.html"), &page).expect("written");
    let mut backgrounds = Vec::new();
    for (width, is_dark) in [(1280, false), (1280, true), (390, false), (390, true)] {
        let seen = seen(&browser, &folder, &page, width, is_dark);
        assert_eq!(seen["width"], width, "{seen}");
        assert_eq!(seen["overflow"], 0, "{seen}");
        assert_eq!(seen["sticksOut"], serde_json::json!([]), "{seen}");
        assert_eq!(seen["fetched"], serde_json::json!([]), "{seen}");
        let number = |name: &str| seen[name].as_u64().unwrap_or_default();
        assert!(number("all") > number("errors") && number("errors") > 0, "{seen}");
        assert!(number("coupon") > 0 && number("coupon") < number("all"), "{seen}");
        assert_eq!((number("none"), &seen["saysNone"]), (0, &Value::Bool(true)), "{seen}");
        assert_eq!(number("withoutErrors"), number("all") - number("errors"), "{seen}");
        assert_eq!(number("again"), number("all"), "{seen}");
        backgrounds.push(seen["background"].clone());
    }
    assert_ne!(backgrounds[0], backgrounds[1], "dark is dark");
}
