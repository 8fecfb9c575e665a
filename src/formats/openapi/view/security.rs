//! Security: requirements as alternatives, and the schemes that they name.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::accessors::accessors;
use crate::formats::openapi::view::{ComponentKind, Root};
use crate::syntax::Cursor;

/// One alternative: all of its schemes together let a request in. An empty one lets everybody in.
#[derive(Debug, Clone)]
pub struct Requirement<'a> {
    root: Root<'a>,
    cursor: Cursor<'a>,
}

impl<'a> Requirement<'a> {
    /// The requirements under `security` of a document or operation; `None` where the field is missing.
    pub(super) fn list(root: Root<'a>, owner: Cursor<'a>) -> Option<Vec<Self>> {
        let list = owner.get("security")?;
        Some(list.items().map(|cursor| Self { root, cursor }).collect())
    }

    /// The requirement object.
    #[must_use]
    pub const fn cursor(&self) -> Cursor<'a> {
        self.cursor
    }

    /// The schemes that it takes, with the scopes or roles that each must grant, in document order.
    #[must_use]
    pub fn schemes(&self) -> Vec<(&'a str, Vec<&'a str>)> {
        self.cursor.entries().map(|(name, scopes)| (name, scopes.strings().collect())).collect()
    }

    /// The scheme of a name that the requirement uses. OpenAPI 3.2 also allows a reference in the name's place.
    #[must_use]
    pub fn scheme(&self, name: &'a str) -> Option<Scheme<'a>> {
        if let Some(cursor) = self.root.component(ComponentKind::SecuritySchemes, name) {
            return Some(Scheme::new(self.root.version(), name, cursor));
        }
        if self.root.version() < Version::V3_2 {
            return None;
        }
        let library = self.cursor.library();
        let place = library.resolve(self.cursor.place(), name).ok()?;
        Some(Scheme::new(self.root.version(), name, Cursor::new(library, place)))
    }
}

/// A security scheme, reference followed.
#[derive(Debug, Clone, Copy)]
pub struct Scheme<'a> {
    version: Version,
    name: &'a str,
    cursor: Cursor<'a>,
}

/// How a scheme identifies callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeKind<'a> {
    /// A key that travels in a query parameter, header or cookie.
    ApiKey {
        /// `query`, `header` or `cookie`.
        location: &'a str,
        /// The parameter's name.
        parameter: &'a str,
    },
    /// An HTTP authentication scheme.
    Http {
        /// `basic`, `bearer`; compare without regard to case.
        scheme: &'a str,
        /// A hint on the token's format.
        bearer_format: Option<&'a str>,
    },
    /// A client certificate.
    MutualTls,
    /// OAuth 2; see [`Scheme::flows`].
    OAuth2,
    /// `OpenID Connect` discovery at this URL.
    OpenIdConnect(&'a str),
    /// A type that the specification does not know.
    Other(&'a str),
}

accessors!(Scheme {
    /// Its name among the components.
    name: &'a str,
    /// The scheme object that counts: where a reference leads.
    cursor: Cursor<'a>,
});

impl<'a> Scheme<'a> {
    pub(super) fn new(version: Version, name: &'a str, site: Cursor<'a>) -> Self {
        Self { version, name, cursor: site.target() }
    }

    /// Whether it is marked as deprecated (OpenAPI 3.2).
    #[must_use]
    pub fn is_deprecated(self) -> bool {
        self.cursor.get_bool("deprecated") == Some(true)
    }

    /// How it identifies callers.
    #[must_use]
    pub fn kind(self) -> SchemeKind<'a> {
        let text = |field: &str| self.cursor.get_str(field).unwrap_or_default();
        match text("type") {
            "apiKey" => SchemeKind::ApiKey { location: text("in"), parameter: text("name") },
            "http" => SchemeKind::Http { scheme: text("scheme"), bearer_format: self.cursor.get_str("bearerFormat") },
            // Swagger 2.0 §5.2.17.
            "basic" => SchemeKind::Http { scheme: "basic", bearer_format: None },
            "mutualTLS" => SchemeKind::MutualTls,
            "oauth2" => SchemeKind::OAuth2,
            "openIdConnect" => SchemeKind::OpenIdConnect(text("openIdConnectUrl")),
            other => SchemeKind::Other(other),
        }
    }

    /// The OAuth 2 flows, in document order; empty for other schemes.
    #[must_use]
    pub fn flows(self) -> Vec<Flow<'a>> {
        if self.version == Version::V2 {
            let kind = self.cursor.get_str("flow").and_then(FlowKind::from_swagger);
            return kind.map(|kind| Flow { kind, cursor: self.cursor }).into_iter().collect();
        }
        let Some(flows) = self.cursor.get("flows") else { return Vec::new() };
        flows.entries().filter_map(|(name, cursor)| Some(Flow { kind: FlowKind::from_name(name)?, cursor })).collect()
    }
}

/// The OAuth 2 flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowKind {
    /// `implicit`.
    Implicit,
    /// `password`.
    Password,
    /// `clientCredentials` (`application` in Swagger 2.0).
    ClientCredentials,
    /// `authorizationCode` (`accessCode` in Swagger 2.0).
    AuthorizationCode,
    /// `deviceAuthorization` (OpenAPI 3.2).
    DeviceAuthorization,
}

impl FlowKind {
    /// The word of OpenAPI 3.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Password => "password",
            Self::ClientCredentials => "clientCredentials",
            Self::AuthorizationCode => "authorizationCode",
            Self::DeviceAuthorization => "deviceAuthorization",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "implicit" => Self::Implicit,
            "password" => Self::Password,
            "clientCredentials" => Self::ClientCredentials,
            "authorizationCode" => Self::AuthorizationCode,
            "deviceAuthorization" => Self::DeviceAuthorization,
            _ => return None,
        })
    }

    fn from_swagger(name: &str) -> Option<Self> {
        Some(match name {
            "application" => Self::ClientCredentials,
            "accessCode" => Self::AuthorizationCode,
            name => Self::from_name(name)?,
        })
    }
}

/// One OAuth 2 flow.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a> {
    kind: FlowKind,
    cursor: Cursor<'a>,
}

accessors!(Flow {
    /// Which flow.
    kind: FlowKind,
    /// The flow object; for Swagger 2.0 the scheme itself.
    cursor: Cursor<'a>,
});

impl<'a> Flow<'a> {
    /// `authorizationUrl`, `tokenUrl`, `refreshUrl` or `deviceAuthorizationUrl`.
    #[must_use]
    pub fn url(self, field: &str) -> Option<&'a str> {
        self.cursor.get_str(field)
    }

    /// The scopes that can be asked for, with the place of each, in document order.
    #[must_use]
    pub fn scopes(self) -> Vec<(&'a str, Cursor<'a>)> {
        let Some(scopes) = self.cursor.get("scopes") else { return Vec::new() };
        scopes.entries().filter(|(name, _)| !name.starts_with("x-")).collect()
    }
}
