//! The HAL documents that several resources share.

use serde_json::{Value, json};

use crate::registry::domain::{ServiceId, State, VersionId};
use crate::registry::http::reply::time;
use crate::registry::http::urls::Urls;

/// Where `pb:` relations are described.
pub(super) fn curies(urls: &Urls, context: &str) -> Value {
    json!([{"name": "pb", "href": format!("{}/doc/{{rel}}?context={context}", urls.base), "templated": true}])
}

/// A link with a title and a name.
pub(super) fn link(href: &str, title: &str, name: &str) -> Value {
    json!({"href": href, "title": title, "name": name})
}

/// A link with blanks to fill in.
pub(super) fn template(href: &str, title: &str) -> Value {
    json!({"href": href, "title": title, "templated": true})
}

/// A version inside another document.
pub(super) fn embedded_version(state: &State, urls: &Urls, id: VersionId) -> Value {
    let version = state.version(id);
    let name = &state.service(version.service).name;
    let heads = |branch: &str| state.branch_head(version.service, branch) == Some(id);
    json!({
        "number": &*version.number,
        "branch": version.branches.last().map(|(name, _)| &**name),
        "branches": version.branches.iter().map(|(branch, _)| json!({"name": &**branch, "latest": heads(branch)})).collect::<Vec<_>>(),
        "branchVersions": version.branches.iter().map(|(branch, _)| json!({
            "name": &**branch, "latest": heads(branch),
            "_links": {"self": link(&urls.branch_version(name, branch, &version.number), "Branch version", branch)},
        })).collect::<Vec<_>>(),
        "environments": state.live_deployments(id).filter_map(|deployment| {
            let environment = state.environment_by_uuid(&deployment.environment)?;
            Some(json!({"uuid": &*environment.uuid, "name": &*environment.name, "displayName": environment.display_name.as_deref(),
                        "production": environment.production}))
        }).collect::<Vec<_>>(),
        "tags": version.tags.iter().map(|(tag, _)| json!({
            "name": &**tag,
            "_links": {"self": {"href": urls.tag(name, &version.number, tag)}},
        })).collect::<Vec<_>>(),
        "_links": {"self": link(&urls.version(name, &version.number), "Version", &version.number)},
    })
}

/// A service inside another document.
pub(super) fn embedded_service(state: &State, urls: &Urls, id: ServiceId) -> Value {
    let name = &state.service(id).name;
    json!({"name": &**name, "_links": {"self": {"href": urls.pacticipant(name)}}})
}

/// A service.
pub(super) fn pacticipant(state: &State, urls: &Urls, id: ServiceId) -> Value {
    let service = state.service(id);
    let (name, own) = (&*service.name, urls.pacticipant(&service.name));
    let mut document = json!({"name": name});
    document["displayName"] = json!(service.display_name.as_deref().unwrap_or(name));
    for (key, value) in [
        ("mainBranch", &service.main_branch),
        ("repositoryUrl", &service.repository_url),
        ("repositoryName", &service.repository_name),
        ("repositoryNamespace", &service.repository_namespace),
    ] {
        if let Some(value) = value {
            document[key] = json!(value);
        }
    }
    document["createdAt"] = json!(time(service.created.at));
    if service.changed != service.created {
        document["updatedAt"] = json!(time(service.changed.at));
    }
    let labels: Vec<Value> = service
        .labels
        .keys()
        .map(|label| json!({"name": &**label, "_links": {"self": {"title": "Label", "name": &**label, "href": urls.label(name, label)}}}))
        .collect();
    document["_embedded"] = json!({"labels": labels});
    if let Some(latest) = state.latest_version(id) {
        let number = &state.version(latest).number;
        document["_embedded"]["latestVersion"] =
            json!({"number": &**number, "_links": {"self": link(&urls.version(name, number), "Version", number)}});
    }
    document["_links"] = json!({
        "self": {"href": own},
        "pb:versions": {"href": format!("{own}/versions")},
        "pb:branches": {"href": format!("{own}/branches")},
        "pb:version": template(&format!("{own}/versions/{{version}}"), "Get, create or delete a pacticipant version"),
        "pb:deployed-environments": [],
        "pb:version-tag": template(&format!("{own}/versions/{{version}}/tags/{{tag}}"), &format!("Get, create or delete a tag for a version of {name}")),
        "pb:branch-version": template(&format!("{own}/branches/{{branch}}/versions/{{version}}"), &format!("Get or add/create a version for a branch of {name}")),
        "pb:label": template(&format!("{own}/labels/{{label}}"), &format!("Get, create or delete a label for {name}")),
        "pb:can-i-deploy-badge": template(&format!("{own}/latest-version/{{tag}}/can-i-deploy/to/{{environmentTag}}/badge"), &format!("Can I Deploy {name} badge")),
        "pb:can-i-deploy-branch-to-environment-badge": template(&format!("{own}/branches/{{branch}}/latest-version/can-i-deploy/to-environment/{{environment}}/badge"), &format!("Can I Deploy {name} from branch to environment badge")),
        "curies": curies(urls, "pacticipant"),
    });
    document
}

/// A version.
pub(super) fn version(state: &State, urls: &Urls, id: VersionId) -> Value {
    let version = state.version(id);
    let (name, number) = (&*state.service(version.service).name, &*version.number);
    let own = urls.version(name, number);
    let mut embedded = embedded_version(state, urls, id);
    let record = |kind: &str| -> Vec<Value> {
        state
            .environments()
            .iter()
            .map(|environment| {
                let display = environment.display_name.as_deref().unwrap_or(&environment.name);
                let title =
                    format!("Record {} to {display}", if kind == "deployed" { "deployment" } else { "release" });
                let href = format!("{own}/{kind}-versions/environment/{}", environment.uuid);
                json!({"title": title, "name": &*environment.name, "href": href})
            })
            .collect()
    };
    let deployed: Vec<Value> = state
        .live_deployments(id)
        .filter_map(|deployment| state.environment_by_uuid(&deployment.environment))
        .map(|environment| {
            let href = format!("{}/deployed-versions/currently-deployed?pacticipant={}", urls.environment(&environment.uuid), crate::registry::http::urls::segment(name));
            json!({"title": format!("Version deployed to {}", environment.name), "name": &*environment.name, "href": href, "currently_deployed": true})
        })
        .collect();
    let pacts: Vec<Value> = version
        .pacts
        .iter()
        .map(|publication| {
            let provider = &state.service(publication.provider).name;
            link(&urls.pact(provider, name, number), "Pact", &format!("Pact between {name} ({number}) and {provider}"))
        })
        .collect();
    let mut document = json!({"number": number, "createdAt": time(version.created.at)});
    if let Some(url) = &version.build_url {
        document["buildUrl"] = json!(url);
    }
    document["_embedded"] = json!({
        "branchVersions": embedded["branchVersions"].take(),
        "tags": embedded["tags"].take(),
    });
    document["_links"] = json!({
        "self": link(&own, "Version", number),
        "pb:pacticipant": link(&urls.pacticipant(name), "Pacticipant", name),
        "pb:tag": template(&format!("{own}/tags/{{tag}}"), "Get, create or delete a tag for this pacticipant version"),
        "pb:deployed-environments": deployed,
        "pb:record-deployment": record("deployed"),
        "pb:record-release": record("released"),
        "pb:pact-versions": pacts,
        "pb:latest-verification-results-where-pacticipant-is-consumer": {
            "title": "Latest verification results for consumer version",
            "href": format!("{}/verification-results/consumer/{}/version/{}/latest", urls.base,
                crate::registry::http::urls::segment(name), crate::registry::http::urls::segment(number)),
        },
        "curies": curies(urls, "pacticipant-version"),
    });
    document
}
