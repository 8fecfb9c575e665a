//! Clocks jump: a server whose machine is a month ahead, a year behind, and restarted in the past.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Server;

/// Moves the clock that a program sees by the seconds in the file that `CLOCK_OFFSET` names.
const SHIFT: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    const char *path = getenv("CLOCK_OFFSET");
    if (result == 0 && clock == CLOCK_REALTIME && path) {
        FILE *file = fopen(path, "r");
        long seconds = 0;
        if (file) {
            if (fscanf(file, "%ld", &seconds) == 1) time->tv_sec += seconds;
            fclose(file);
        }
    }
    return result;
}
"#;

const DAY: i64 = 24 * 60 * 60;

/// A folder with the library that moves clocks, and the file that says how far.
struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(folder.path().join("shift.c"), SHIFT).expect("written");
        let clock = Self { folder };
        clock.set(0);
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o", "shift.so", "shift.c", "-ldl"])
            .current_dir(clock.folder.path())
            .status();
        assert!(compiled.is_ok_and(|status| status.success()), "the compiler that links this program builds a library");
        clock
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&self, seconds: i64) {
        // In one step: a reader never sees half of it.
        std::fs::write(self.path("next"), seconds.to_string()).expect("written");
        std::fs::rename(self.path("next"), self.path("offset")).expect("renamed");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn publish(server: &Server, version: &str) {
    let path = format!("/pacticipants/orders/versions/{version}");
    assert_eq!(server.send("PUT", &path, Some(&json!({"branch": "main"}))).status, 201, "{version}");
}

/// When each record of the log says that it was made, in milliseconds since 1970.
fn times(server: &Server) -> Vec<i64> {
    let log = server.get("/api/v1/audit?limit=1000");
    let records = log["records"].as_array().expect("records").iter();
    records.map(|record| record["record"]["at"].as_i64().expect("a time")).collect()
}

fn runs(server: &Server, at: i64) -> Value {
    let at = jiff::Timestamp::from_millisecond(at).expect("a moment");
    server.get(&format!("/api/v1/environments/production?at={at}"))["running"].clone()
}

#[test]
fn whatever_the_clock_does_the_log_stays_in_order_and_answers_stay_right() {
    let clock = Clock::new();
    let (library, offset) = (clock.path("shift.so"), clock.path("offset"));
    let mut server = Server::start_with(&[], &[("LD_PRELOAD", text(&library)), ("CLOCK_OFFSET", text(&offset))]);
    let environment = json!({"name": "production", "production": true});
    assert_eq!(server.send("POST", "/environments", Some(&environment)).status, 201);
    publish(&server, "1");
    let start = times(&server).pop().expect("a record");

    clock.set(30 * DAY);
    publish(&server, "2");
    let deploy = |server: &Server, version: &str| {
        let (code, text) = server.run(&["deploy", "record", &format!("orders@{version}"), "--to", "production"]);
        assert_eq!(code, 0, "{text}");
    };
    deploy(&server, "2");
    let ahead = times(&server).pop().expect("a record");
    assert!(ahead > start + 29 * DAY * 1000, "the server sees the jump: {start}, {ahead}");

    clock.set(-365 * DAY);
    publish(&server, "3");
    deploy(&server, "3");
    server.crash_and_restart();
    publish(&server, "4");

    let times = times(&server);
    assert!(times.is_sorted(), "time never goes back in the log: {times:?}");
    assert_eq!(times.last(), Some(&ahead), "while the clock is behind, time stands still");
    let versions = server.get("/api/v1/services/orders/versions?limit=10");
    let newest = versions["versions"].as_array().expect("versions").iter().map(|entry| entry["version"].clone());
    assert_eq!(newest.collect::<Vec<_>>(), ["4", "3", "2", "1"], "order is by record, never by time");
    assert_eq!(server.get("/api/v1/environments/production")["running"][0]["version"], "3");
    assert_eq!(runs(&server, start), json!([]), "nothing ran before the first deployment");
    let (code, text) = server.run(&["can-deploy", "orders@4", "--to", "production"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = server.run(&["registry", "verify"]);
    assert_eq!(code, 0, "{text}");
}
