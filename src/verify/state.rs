//! Setting up and tearing down provider states, by URL or by command.

use std::process::Stdio;

use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;

use crate::pact::ProviderState;
use crate::verify::http::innermost;
use crate::verify::options::{StateAction, StateHandler, StateTransport};

/// The longest answer of a handler that is read.
const MAX_ANSWER: usize = 1 << 20;

/// Asks for one state. Gives the values that the handler answered, none for anything but a JSON object.
///
/// # Errors
/// Why the state is not there; the interaction cannot be verified then.
pub(crate) async fn change(
    client: &reqwest::Client,
    handler: &StateHandler,
    state: &ProviderState,
    action: StateAction,
) -> Result<Map<String, Value>, String> {
    let call = async {
        match &handler.transport {
            StateTransport::Body(url) => {
                let body = json!({ "state": state.name, "params": state.params, "action": action.word() });
                request(client.post(url.clone()).header("content-type", "application/json").body(body.to_string()))
                    .await
            }
            StateTransport::Query(url) => {
                let mut url = url.clone();
                {
                    let mut pairs = url.query_pairs_mut();
                    pairs.append_pair("state", &state.name).append_pair("action", action.word());
                    for (name, value) in &state.params {
                        pairs.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                    }
                }
                request(client.post(url)).await
            }
            StateTransport::Command(command) => run(command, state, action).await,
        }
    };
    let answer = match tokio::time::timeout(handler.timeout, call).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("it did not answer within {} s", handler.timeout.as_secs_f64())),
    };
    let text = answer.map_err(|reason| {
        format!("State change request failed: the {} of the state `{}` failed: {reason}", action.word(), state.name)
    })?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(values)) => Ok(values),
        _ => Ok(Map::new()),
    }
}

async fn request(request: reqwest::RequestBuilder) -> Result<String, String> {
    let mut response =
        request.send().await.map_err(|error| format!("the state handler cannot be reached: {}", innermost(&error)))?;
    let status = response.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| innermost(&error))? {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the state handler's answer is longer than {MAX_ANSWER} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if status.is_success() {
        return Ok(text);
    }
    let said: String = text.trim().chars().take(300).collect();
    Err(format!("the state handler answered {status}{}{said}", if said.is_empty() { "" } else { ": " }))
}

async fn run(command: &str, state: &ProviderState, action: StateAction) -> Result<String, String> {
    let shell = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = tokio::process::Command::new(shell.0)
        .arg(shell.1)
        .arg(command)
        .env("STATE_NAME", &state.name)
        .env("STATE_ACTION", action.word())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("the command could not be started: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        let params = Value::Object(state.params.clone()).to_string();
        // A command that does not read its input is fine.
        let _ = input.write_all(params.as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(|error| format!("the command failed: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout[..output.stdout.len().min(MAX_ANSWER)]).into_owned());
    }
    let said: String = String::from_utf8_lossy(&output.stderr).trim().chars().take(300).collect();
    Err(format!("the command ended with {}{}{said}", output.status, if said.is_empty() { "" } else { ": " }))
}
