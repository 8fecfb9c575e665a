//! How addresses are reached: headers and passwords for single hosts, own certificates, or not at all.
//!
//! | from | what |
//! |---|---|
//! | `--offline`, `COUNTERPART_OFFLINE` | nothing is fetched |
//! | `COUNTERPART_HEADERS` | headers for one host each: `HOST NAME: VALUE`, one per line |
//! | `NETRC`, else `~/.netrc` | user and password of a host |
//! | `COUNTERPART_CA_FILE` | certificates (PEM) that are trusted besides the system's |
//! | `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` | the proxy |
//!
//! Secrets come from the environment only: a project file is read by everybody.

use std::fmt;

use reqwest::header::{HeaderName, HeaderValue};

use crate::finding::Problem;
use crate::source::load::failure;

/// How addresses are reached.
#[derive(Clone, Default)]
pub struct Network {
    is_offline: bool,
    headers: Vec<HostHeader>,
    logins: Vec<Login>,
    roots: Vec<reqwest::Certificate>,
}

#[derive(Clone)]
struct HostHeader {
    host: String,
    name: HeaderName,
    value: HeaderValue,
}

/// An entry of a netrc file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Login {
    /// `None` for the `default` entry.
    host: Option<String>,
    user: String,
    password: String,
}

/// Secrets are not shown, not even for debugging.
impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Network").field("is_offline", &self.is_offline).finish_non_exhaustive()
    }
}

impl Network {
    /// Reads the environment.
    ///
    /// # Errors
    /// When headers or certificates are named that cannot be used: a request without them would fail far away.
    pub fn from_environment(is_offline: bool) -> Result<Self, Problem> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let home = || set("HOME").or_else(|| set("USERPROFILE")).map(|home| format!("{home}/.netrc"));
        // A netrc that is not there, or not for us to read, has no password for us.
        let netrc = set("NETRC").or_else(home).and_then(|path| std::fs::read_to_string(path).ok());
        Ok(Self {
            is_offline,
            headers: parse_headers(&set("COUNTERPART_HEADERS").unwrap_or_default())?,
            logins: netrc.map(|text| parse_netrc(&text)).unwrap_or_default(),
            roots: own_roots()?,
        })
    }

    /// Whether nothing may be fetched.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// Refuses to fetch where nothing may be fetched.
    ///
    /// # Errors
    /// With `--offline`.
    pub fn allow(&self, label: &str) -> Result<(), Problem> {
        if !self.is_offline {
            return Ok(());
        }
        Err(Problem::new(
            "offline",
            format!("`{label}` would be fetched from the network, and `--offline` forbids that"),
        )
        .with_help("leave `--offline` out (or COUNTERPART_OFFLINE), or name a file that is here already"))
    }

    pub(crate) fn roots(&self) -> impl Iterator<Item = reqwest::Certificate> + '_ {
        self.roots.iter().cloned()
    }

    /// A request with what its host may see, and nobody else.
    pub(crate) fn authorized(
        &self,
        mut request: reqwest::RequestBuilder,
        address: &url::Url,
    ) -> reqwest::RequestBuilder {
        let host = address.host_str().unwrap_or_default();
        let own: Vec<&HostHeader> =
            self.headers.iter().filter(|header| header.host.eq_ignore_ascii_case(host)).collect();
        let has_own = own.iter().any(|header| header.name == reqwest::header::AUTHORIZATION);
        let named =
            self.logins.iter().find(|login| login.host.as_deref().is_some_and(|of| of.eq_ignore_ascii_case(host)));
        let login = named.or_else(|| self.logins.iter().find(|login| login.host.is_none()));
        if let Some(login) = login.filter(|_| !has_own && address.username().is_empty()) {
            request = request.basic_auth(&login.user, Some(&login.password));
        }
        for header in own {
            request = request.header(header.name.clone(), header.value.clone());
        }
        request
    }
}

/// The certificates that `COUNTERPART_CA_FILE` names.
///
/// # Errors
/// When the file cannot be read or holds no certificate.
pub fn own_roots() -> Result<Vec<reqwest::Certificate>, Problem> {
    let Some(path) = std::env::var("COUNTERPART_CA_FILE").ok().filter(|path| !path.is_empty()) else {
        return Ok(Vec::new());
    };
    let bytes = std::fs::read(&path).map_err(|error| failure::unreadable(&path, &error))?;
    let roots = reqwest::Certificate::from_pem_bundle(&bytes).unwrap_or_default();
    if roots.is_empty() {
        return Err(Problem::new("bad-certificate", format!("`{path}` (COUNTERPART_CA_FILE) holds no certificate"))
            .with_help("name a file of certificates in PEM form"));
    }
    Ok(roots)
}

/// `HOST NAME: VALUE` lines.
fn parse_headers(text: &str) -> Result<Vec<HostHeader>, Problem> {
    let mut headers = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let parsed = line.split_once(char::is_whitespace).and_then(|(host, header)| {
            let (name, value) = header.split_once(':')?;
            let mut value = HeaderValue::from_str(value.trim()).ok()?;
            value.set_sensitive(true);
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some(HostHeader { host: host.to_owned(), name, value })
        });
        // The line itself is a secret.
        headers.push(parsed.ok_or_else(|| {
            Problem::new("bad-input", format!("line {} of COUNTERPART_HEADERS is no header for a host", number + 1))
                .with_help("write `HOST NAME: VALUE`, one per line: `git.example.org Authorization: Bearer …`")
        })?);
    }
    Ok(headers)
}

/// The entries of a netrc file. Macros are skipped; what is cut off is left out.
fn parse_netrc(text: &str) -> Vec<Login> {
    let mut logins: Vec<Login> = Vec::new();
    let mut is_macro = false;
    for line in text.lines() {
        if is_macro {
            // A macro ends at an empty line.
            is_macro = !line.trim().is_empty();
            continue;
        }
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match (word, logins.last_mut()) {
                (word, _) if word.starts_with('#') => break,
                ("machine", _) => {
                    logins.push(Login { host: Some(words.next().unwrap_or_default().to_owned()), ..Login::default() });
                }
                ("default", _) => logins.push(Login::default()),
                ("macdef", _) => {
                    is_macro = true;
                    break;
                }
                ("login", Some(login)) => words.next().unwrap_or_default().clone_into(&mut login.user),
                ("password", Some(login)) => words.next().unwrap_or_default().clone_into(&mut login.password),
                ("account", _) => {
                    words.next();
                }
                _ => {}
            }
        }
    }
    logins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_netrc_gives_each_host_its_own_password() {
        let text = "# mine\nmachine a.example.org login me password one\nmacdef init\nmachine no\n\n\
                    machine b.example.org\n  login you\n  account x\n  password two\ndefault login any password three\n";
        let logins = parse_netrc(text);
        let shown: Vec<String> = logins
            .iter()
            .map(|login| format!("{} {} {}", login.host.as_deref().unwrap_or("*"), login.user, login.password))
            .collect();
        assert_eq!(shown, ["a.example.org me one", "b.example.org you two", "* any three"]);
    }

    #[test]
    fn headers_name_the_host_that_may_see_them() {
        let headers = parse_headers("git.example.org PRIVATE-TOKEN: abc\n\n").expect("a header");
        assert_eq!((headers[0].host.as_str(), headers[0].name.as_str()), ("git.example.org", "private-token"));
        let problem = parse_headers("Authorization: Bearer secret").err().expect("no host");
        assert!(!problem.message.contains("secret"), "{}", problem.message);
    }
}
