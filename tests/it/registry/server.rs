//! A registry's server as a child process, with a client.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running server, killed when dropped.
pub(super) struct Server {
    pub(super) url: String,
    /// The administrator's token; empty where the registry was there before.
    pub(super) token: String,
    child: Child,
    directory: tempfile::TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    /// How large a file of the server may grow, in kilobytes: a disk that is full.
    limit: Option<u32>,
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl Server {
    pub(super) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts a server with environment variables.
    pub(super) fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary directory"), arguments, environment)
    }

    /// Starts a server in a directory, with what is there already.
    pub(super) fn start_in(directory: tempfile::TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>();
        let environment: Vec<_> =
            environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (child, url, token) = spawn(directory.path(), &arguments, &environment, None);
        Self { url, token, child, directory, arguments, environment, limit: None }
    }

    /// Starts a server whose files cannot grow beyond so many kilobytes.
    pub(super) fn start_limited(kilobytes: u32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (child, url, token) = spawn(directory.path(), &[], &[], Some(kilobytes));
        let (arguments, environment) = (Vec::new(), Vec::new());
        Self { url, token, child, directory, arguments, environment, limit: Some(kilobytes) }
    }

    /// Lets files grow again from the next start on.
    pub(super) fn without_limit(&mut self) {
        self.limit = None;
    }

    /// Asks the server to stop, as a system does, and waits until it has.
    pub(super) fn stop(&mut self) {
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(stopped.is_ok_and(|status| status.success()), "the server can be told to stop");
        self.child.wait().expect("the server ends");
    }

    /// Starts a server that was stopped again, on the same data.
    pub(super) fn start_again(&mut self) {
        let (child, url, _) = spawn(self.directory.path(), &self.arguments, &self.environment, self.limit);
        self.child = child;
        self.url = url;
    }

    /// Starts a server on a database that another one has set up.
    pub(super) fn start_joined(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("started"), "").expect("a new file");
        Self::start_in(directory, arguments, &[])
    }

    /// Kills the server without warning and starts it again on the same data.
    pub(super) fn crash_and_restart(&mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("the server ends");
        self.start_again();
    }

    /// Sends a request with the administrator's token.
    pub(super) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.send_as(Some(&self.token), method, path, body, &[])
    }

    pub(super) fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, None);
        assert_eq!(reply.status, 200, "GET {path}: {}", reply.text);
        reply.json()
    }

    pub(super) fn send_as(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        send(&self.url, token, method, path, body.map(ToString::to_string), headers)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Runs the program against this server; gives back its exit code and what it printed.
    pub(super) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
            .args(arguments)
            .current_dir(self.directory.path())
            .env("COUNTERPART_REGISTRY", &self.url)
            .env("COUNTERPART_TOKEN", &self.token)
            .output()
            .expect("the program starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    }

    /// Writes a file into the directory that commands run in.
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        std::fs::write(path, text).expect("a new file");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one request; an error where no answer came.
pub(super) fn send(
    url: &str,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: Option<String>,
    headers: &[(&str, &str)],
) -> Result<Reply, reqwest::Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = client.request(method, format!("{url}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Reply { status, headers, text: response.text().await? })
    })
}

fn spawn(
    directory: &std::path::Path,
    arguments: &[String],
    environment: &[(String, String)],
    limit: Option<u32>,
) -> (Child, String, String) {
    let program = env!("CARGO_BIN_EXE_counterpart");
    let mut command = match limit {
        None => Command::new(program),
        Some(kilobytes) => {
            // Writing fails, as on a full disk, where the system would otherwise end the process.
            let mut command = Command::new("bash");
            command.args(["-c", &format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\""), "bash", program]);
            command
        }
    };
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    if !arguments.iter().any(|argument| argument == "--rate-limit") {
        command.args(["--rate-limit", "0"]);
    }
    if !arguments.iter().any(|argument| argument == "--database") {
        command.args(["--data", "data"]);
    }
    let mut child = command
        .args(arguments)
        .envs(environment.iter().cloned())
        .current_dir(directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
    let mut line = || lines.next().and_then(Result::ok).unwrap_or_default();
    let url = line().strip_prefix("listening on ").expect("the server says where it listens").to_owned();
    let is_new = !directory.join("started").exists();
    std::fs::write(directory.join("started"), "").expect("a new file");
    let token = if is_new { line().rsplit(' ').next().unwrap_or_default().to_owned() } else { String::new() };
    (child, url, token)
}
