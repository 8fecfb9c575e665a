//! Tokens of identity providers (GitHub Actions, GitLab): CI needs no stored secret.
//!
//! Only the keys that the issuer publishes over HTTPS are believed; they are fetched again when a token names a key that
//! is not known, at most once a minute.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::registry::domain::{State, TrustRule};
use crate::registry::service::{Caller, glob_matches};

/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 60;

/// Checks tokens, and remembers issuers' keys.
pub(crate) struct Oidc {
    client: reqwest::Client,
    /// Issuers may be reached over plain HTTP in tests of one's own only.
    allow_http: bool,
    keys: tokio::sync::Mutex<HashMap<String, (Instant, Arc<Vec<Key>>)>>,
}

#[derive(Debug, Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Clone, Deserialize)]
struct Key {
    #[serde(default)]
    kid: String,
    kty: String,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

/// Why a token is not believed, for the server's log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    #[error("the token is malformed")]
    Malformed,
    #[error("the issuer is not trusted, or not for these claims")]
    Untrusted,
    #[error("the token is expired or not yet valid")]
    Expired,
    #[error("the signature is not valid")]
    Signature,
    #[error("the issuer's keys cannot be fetched: {0}")]
    Keys(String),
}

impl Oidc {
    /// A checker that fetches keys with `client`.
    pub(crate) fn new(client: reqwest::Client, allow_http: bool) -> Self {
        Self { client, allow_http, keys: tokio::sync::Mutex::default() }
    }

    /// Whether a bearer token looks like one of an identity provider rather than one of ours.
    pub(crate) fn looks_like_one(token: &str) -> bool {
        token.starts_with("ey") && token.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Who a token speaks for. `now` in seconds since 1970.
    pub(crate) async fn caller(&self, token: &str, rules: &[TrustRule], now: i64) -> Result<Caller, OidcError> {
        let mut parts = token.split('.');
        let (Some(head), Some(body), Some(mac)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(OidcError::Malformed);
        };
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| OidcError::Malformed);
        let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| OidcError::Malformed)?;
        let claims: Map<String, Value> = serde_json::from_slice(&decode(body)?).map_err(|_| OidcError::Malformed)?;
        // Rules first: an issuer that nobody trusts must not make this server fetch anything.
        let matching: Vec<&TrustRule> = rules.iter().filter(|rule| allows(rule, &claims)).collect();
        let first = matching.first().ok_or(OidcError::Untrusted)?;
        let number = |name: &str| claims.get(name).and_then(Value::as_i64);
        let expires = number("exp").ok_or(OidcError::Malformed)?;
        if expires + LEEWAY < now || number("nbf").is_some_and(|begin| begin - LEEWAY > now) {
            return Err(OidcError::Expired);
        }
        let signed = &token[..head.len() + 1 + body.len()];
        let keys = self.keys(&first.issuer, &header.kid).await?;
        let mac = decode(mac)?;
        let is_signed = keys
            .iter()
            .filter(|key| key.kid == header.kid)
            .any(|key| verifies(key, &header.alg, signed.as_bytes(), &mac));
        if !is_signed {
            return Err(OidcError::Signature);
        }
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or("?");
        // Several rules: only those for the same services are added up, or one would lend its scopes to another's services.
        let same = matching.iter().filter(|rule| rule.services == first.services);
        let mut scopes: Vec<_> = same.flat_map(|rule| rule.scopes.iter().copied()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Caller {
            actor: format!("oidc:{subject}"),
            request: String::new(),
            scopes,
            services: first.services.clone(),
        })
    }

    async fn keys(&self, issuer: &str, kid: &str) -> Result<Arc<Vec<Key>>, OidcError> {
        let mut known = self.keys.lock().await;
        if let Some((fetched, keys)) = known.get(issuer) {
            let age = fetched.elapsed();
            let has_key = keys.iter().any(|key| key.kid == kid);
            if (has_key && age < Duration::from_secs(3600)) || (!has_key && age < Duration::from_secs(60)) {
                return Ok(Arc::clone(keys));
            }
        }
        let keys = Arc::new(self.fetch(issuer).await?);
        known.insert(issuer.to_owned(), (Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    async fn fetch(&self, issuer: &str) -> Result<Vec<Key>, OidcError> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document: Value = self.get(&address).await?;
        let keys = document.get("jwks_uri").and_then(Value::as_str).ok_or(OidcError::Keys("no jwks_uri".into()))?;
        let set: KeySet = self.get(keys).await?;
        Ok(set.keys)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, address: &str) -> Result<T, OidcError> {
        if !address.starts_with("https://") && !self.allow_http {
            return Err(OidcError::Keys(format!("`{address}` is not https")));
        }
        let failed = |error: reqwest::Error| OidcError::Keys(error.to_string());
        let response = self.client.get(address).timeout(Duration::from_secs(10)).send().await.map_err(failed)?;
        let bytes = response.error_for_status().map_err(failed)?.bytes().await.map_err(failed)?;
        if bytes.len() > 1 << 20 {
            return Err(OidcError::Keys("the answer is larger than 1 MiB".into()));
        }
        serde_json::from_slice(&bytes).map_err(|error| OidcError::Keys(error.to_string()))
    }
}

/// Every rule of a state.
pub(crate) fn rules(state: &State) -> Vec<TrustRule> {
    state.trusts().map(|(_, trust)| trust.rule.clone()).collect()
}

fn allows(rule: &TrustRule, claims: &Map<String, Value>) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let audience = match claims.get("aud") {
        Some(Value::String(one)) => *one == rule.audience,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(&rule.audience)),
        _ => false,
    };
    let matches_all = |wanted: &BTreeMap<String, String>| {
        !wanted.is_empty()
            && wanted.iter().all(|(name, glob)| text(name).is_some_and(|value| glob_matches(glob, value)))
    };
    text("iss") == Some(rule.issuer.as_str()) && audience && matches_all(&rule.claims)
}

fn verifies(key: &Key, algorithm: &str, signed: &[u8], mac: &[u8]) -> bool {
    let part = |text: &Option<String>| text.as_deref().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    match (algorithm, key.kty.as_str()) {
        ("RS256", "RSA") => {
            let (Some(n), Some(e)) = (part(&key.n), part(&key.e)) else { return false };
            RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, signed, mac).is_ok()
        }
        ("ES256", "EC") if key.crv.as_deref() == Some("P-256") => {
            let (Some(x), Some(y)) = (part(&key.x), part(&key.y)) else { return false };
            let point = [&[4_u8][..], &x, &y].concat();
            UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(signed, mac).is_ok()
        }
        // `none` and the symmetric algorithms above all.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;
    use crate::registry::domain::Scope;

    const NOW: i64 = 1_800_000_000;

    /// An identity provider of our own.
    struct Issuer {
        address: String,
        key: EcdsaKeyPair,
    }

    impl Issuer {
        async fn start() -> Self {
            let random = SystemRandom::new();
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
            let key =
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key");
            let point = key.public_key().as_ref();
            let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let keys = json!({"keys": [{"kid": "k1", "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])}]});
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = format!("http://{}", listener.local_addr().expect("a bound address"));
            let about = json!({"jwks_uri": format!("{address}/keys")}).to_string();
            let router = Router::new()
                .route("/.well-known/openid-configuration", get(move || async move { about }))
                .route("/keys", get(move || async move { keys.to_string() }));
            tokio::spawn(async move { axum::serve(listener, router).await });
            Self { address, key }
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", encode(header), encode(claims));
            let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("signs");
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
        }

        fn claims(&self) -> Value {
            json!({"iss": self.address, "aud": "registry", "sub": "repo:acme/web", "repository": "acme/web", "exp": NOW + 60})
        }

        fn rules(&self) -> Vec<TrustRule> {
            vec![TrustRule {
                issuer: self.address.clone(),
                audience: "registry".into(),
                claims: BTreeMap::from([("repository".into(), "acme/*".into())]),
                scopes: vec![Scope::Publish],
                services: vec!["web".into()],
            }]
        }
    }

    fn checker(allow_http: bool) -> Oidc {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Oidc::new(reqwest::Client::new(), allow_http)
    }

    #[tokio::test]
    async fn a_token_of_a_trusted_repository_gets_the_scopes_of_its_rule_and_no_others() {
        let issuer = Issuer::start().await;
        let token = issuer.token(&json!({"alg": "ES256", "kid": "k1"}), &issuer.claims());
        let caller = checker(true).caller(&token, &issuer.rules(), NOW).await.expect("trusted");
        assert_eq!(
            (caller.actor.as_str(), caller.scopes.as_slice()),
            ("oidc:repo:acme/web", [Scope::Publish].as_slice())
        );
        assert!(caller.require_for(Scope::Publish, "web").is_ok());
        assert!(caller.require_for(Scope::Publish, "orders").is_err());
    }

    #[tokio::test]
    async fn whatever_does_not_fit_is_refused() {
        let issuer = Issuer::start().await;
        let header = json!({"alg": "ES256", "kid": "k1"});
        let oidc = checker(true);
        for (key, value) in [
            ("aud", json!("somebody else")),
            ("repository", json!("evil/web")),
            ("iss", json!("https://evil.example")),
            ("exp", json!(NOW - 3600)),
            ("nbf", json!(NOW + 3600)),
        ] {
            let mut claims = issuer.claims();
            claims[key] = value;
            let result = oidc.caller(&issuer.token(&header, &claims), &issuer.rules(), NOW).await;
            assert!(result.is_err(), "{key} does not fit");
        }
        for header in [
            json!({"alg": "none", "kid": "k1"}),
            json!({"alg": "HS256", "kid": "k1"}),
            json!({"alg": "ES256", "kid": "k2"}),
        ] {
            let result = oidc.caller(&issuer.token(&header, &issuer.claims()), &issuer.rules(), NOW).await;
            assert!(matches!(result, Err(OidcError::Signature)), "{header}");
        }
        let other = Issuer::start().await;
        let forged = other.token(&header, &issuer.claims());
        assert!(matches!(oidc.caller(&forged, &issuer.rules(), NOW).await, Err(OidcError::Signature)));
        assert!(
            matches!(checker(false).caller(&forged, &issuer.rules(), NOW).await, Err(OidcError::Keys(_))),
            "plain HTTP"
        );
    }
}
