//! A request as a command that people can run.

use crate::verify::exchange::WireRequest;

/// Bodies past this length are not part of the command.
const MAX_BODY: usize = 16 << 10;

/// The request for a POSIX shell. Values of headers that carry secrets are left out.
pub(crate) fn curl(request: &WireRequest) -> String {
    let mut command = String::from("curl -i");
    if request.method != "GET" {
        command.push_str(" -X ");
        command.push_str(&quote(&request.method));
    }
    command.push(' ');
    command.push_str(&quote(request.url.as_str()));
    for (name, value) in &request.headers {
        let value = if is_secret(name) { "<redacted>" } else { value };
        command.push_str(" -H ");
        command.push_str(&quote(&format!("{name}: {value}")));
    }
    if !request.body.is_empty() {
        match std::str::from_utf8(&request.body) {
            Ok(text) if text.len() <= MAX_BODY => {
                command.push_str(" --data-raw ");
                command.push_str(&quote(text));
            }
            _ => {
                command.push_str(&format!(
                    " --data-binary @body  # the body of {} bytes from the pact",
                    request.body.len()
                ));
            }
        }
    }
    command
}

/// A gRPC call for the same shell, by the tool that most people have.
pub(crate) fn grpcurl(base: &url::Url, call: &crate::pact::GrpcCall) -> String {
    let plain = if base.scheme() == "https" { "" } else { " -plaintext" };
    let messages: Vec<String> = call.messages.iter().map(ToString::to_string).collect();
    let address = format!("{}:{}", base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or(443));
    let mut command = format!("grpcurl{plain}");
    for (name, value) in &call.metadata {
        let value = if is_secret(name) {
            "<redacted>".to_owned()
        } else {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        command.push_str(&format!(" -H {}", quote(&format!("{name}: {value}"))));
    }
    format!("{command} -d {} {address} {}/{}", quote(&messages.join(" ")), call.service, call.method)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "authorization" | "proxy-authorization" | "cookie")
        || ["token", "secret", "api-key", "apikey", "password"].iter().any(|word| name.contains(word))
}

fn quote(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_quoted_and_hides_secrets() {
        let request = WireRequest {
            method: "POST".into(),
            url: "http://localhost:1/a?b=c&d=e".parse().expect("a URL"),
            headers: vec![("Authorization".into(), "Bearer abc".into()), ("x-a".into(), "it's".into())],
            body: bytes::Bytes::from_static(b"{\"a\": 1}"),
        };
        assert_eq!(
            curl(&request),
            r#"curl -i -X POST 'http://localhost:1/a?b=c&d=e' -H 'Authorization: <redacted>' -H 'x-a: it'\''s' --data-raw '{"a": 1}'"#
        );
    }
}
