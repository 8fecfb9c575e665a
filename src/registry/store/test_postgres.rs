//! A PostgreSQL server for tests. Also part of the tests under `tests/it`, by path: there is one of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A PostgreSQL server of its own in a temporary directory, stopped when dropped.
pub(crate) struct TestPostgres {
    pub(crate) url: String,
    bin: PathBuf,
    data: PathBuf,
    as_root: bool,
    _directory: tempfile::TempDir,
}

impl TestPostgres {
    /// Starts a server; `None` where PostgreSQL is not installed (the project's test command installs it).
    pub(crate) fn start() -> Option<Self> {
        let bin = std::fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .find(|bin| bin.join("initdb").exists())?;
        let directory = tempfile::Builder::new().prefix("counterpart-pg").tempdir().expect("a temporary directory");
        let data = directory.path().join("data");
        // PostgreSQL refuses to run as root, where containers usually are.
        let id = Command::new("id").arg("-u").output().expect("`id` exists wherever PostgreSQL does");
        let as_root = id.stdout.starts_with(b"0");
        if as_root {
            run(Command::new("chown").arg("postgres").arg(directory.path()));
        }
        let port = free_port();
        let server = Self {
            url: format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"),
            bin,
            data,
            as_root,
            _directory: directory,
        };
        let data = server.data.display().to_string();
        run(&mut server.command("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "--no-sync"]));
        server.launch(port);
        Some(server)
    }

    /// Starts a second server that follows this one. From then on a commit is acknowledged only when it is on both.
    pub(crate) fn start_standby(&self) -> Self {
        let directory = tempfile::Builder::new().prefix("counterpart-pg").tempdir().expect("a temporary directory");
        if self.as_root {
            run(Command::new("chown").arg("postgres").arg(directory.path()));
        }
        let (port, data) = (free_port(), directory.path().join("data"));
        let standby = Self {
            url: format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"),
            bin: self.bin.clone(),
            data,
            as_root: self.as_root,
            _directory: directory,
        };
        let copy = standby.data.display().to_string();
        run(&mut self.command("pg_basebackup", &["-d", &self.url, "-D", &copy, "-R", "-X", "stream", "-c", "fast"]));
        standby.launch(port);
        for command in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            run(&mut self.command("psql", &["-d", &self.url, "-c", command]));
        }
        standby
    }

    /// Kills this server without warning, and lets the one that follows it take over.
    pub(crate) fn fail_over_to(&self, standby: &Self) {
        let (dead, next) = (self.data.display().to_string(), standby.data.display().to_string());
        run(&mut self.command("pg_ctl", &["-D", &dead, "-m", "immediate", "-w", "stop"]));
        run(&mut standby.command("pg_ctl", &["-D", &next, "-w", "promote"]));
    }

    fn launch(&self, port: u16) {
        let data = self.data.display().to_string();
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}");
        let log = format!("{data}/log");
        run(&mut self.command("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"]));
    }

    /// Kills the server without warning and starts it again.
    pub(crate) fn crash_and_restart(&self) {
        let data = self.data.display().to_string();
        run(&mut self
            .command("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "restart", "-l", &format!("{data}/log")]));
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
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
        let data = self.data.display().to_string();
        let _ = self.command("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]).stdout(Stdio::null()).status();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started");
    assert!(status.success(), "{command:?} failed");
}
