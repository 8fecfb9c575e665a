//! A PostgreSQL server for tests. Also part of the tests under `tests/it`, by path: there is one of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A PostgreSQL server of its own in a temporary directory, stopped when dropped.
pub(crate) struct TestPostgres {
    pub(crate) url: String,
    pub(crate) bin: PathBuf,
    pub(crate) data: String,
    port: u16,
    pub(crate) as_root: bool,
    _directory: tempfile::TempDir,
}

impl TestPostgres {
    /// Starts a server; `None` where PostgreSQL is not installed (the project's test command installs it).
    pub(crate) fn start() -> Option<Self> {
        let bin = std::fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .find(|bin| bin.join("initdb").exists())?;
        // PostgreSQL refuses to run as root, where containers usually are.
        let id = Command::new("id").arg("-u").output().expect("`id` exists wherever PostgreSQL does");
        let server = Self::without_data(bin, id.stdout.starts_with(b"0"));
        run(&mut server.command("initdb", &["-D", &server.data, "-U", "postgres", "-A", "trust", "--no-sync"]));
        server.launch();
        Some(server)
    }

    /// A server that has an address and a place for its data, and nothing there yet.
    pub(crate) fn without_data(bin: PathBuf, as_root: bool) -> Self {
        let directory = tempfile::Builder::new().prefix("counterpart-pg").tempdir().expect("a temporary directory");
        if as_root {
            run(Command::new("chown").arg("postgres").arg(directory.path()));
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        Self {
            url: format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"),
            bin,
            data: directory.path().join("data").display().to_string(),
            port,
            as_root,
            _directory: directory,
        }
    }

    /// Starts it over its data.
    pub(crate) fn launch(&self) {
        let (port, data) = (self.port, &self.data);
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}");
        let log = format!("{data}/log");
        run(&mut self.command("pg_ctl", &["-D", data, "-o", &options, "-l", &log, "-w", "start"]));
    }

    /// Kills the server without warning and starts it again.
    pub(crate) fn crash_and_restart(&self) {
        let log = format!("{}/log", self.data);
        run(&mut self.command("pg_ctl", &["-D", &self.data, "-m", "immediate", "-w", "restart", "-l", &log]));
    }

    /// One of its programs, run as a user that it accepts.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.bin.join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(Path::new("/"));
        command
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        let _ =
            self.command("pg_ctl", &["-D", &self.data, "-m", "immediate", "-w", "stop"]).stdout(Stdio::null()).status();
    }
}

/// Runs a program that has to succeed.
pub(crate) fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started");
    assert!(status.success(), "{command:?} failed");
}
