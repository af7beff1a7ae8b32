//! Where a GitHub is: its name, and where its two APIs are.

use std::fmt;

use http::Uri;

use crate::model::text::single_line;

/// A GitHub: github.com, an Enterprise server, or one on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    /// The name that tokens are kept under: `github.com`, `ghe.corp.example`.
    name: String,
    /// Scheme and authority: `https://api.github.com`.
    origin: String,
    /// What comes before every path of the REST API: nothing, or `/api/v3`.
    rest: &'static str,
    /// The path of the GraphQL API.
    graphql: &'static str,
}

/// Why an address is none of a GitHub's API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` cannot be the address of a GitHub: {why}; write https://api.github.com or https://HOST/api/v3")]
pub struct HostError {
    address: String,
    why: &'static str,
}

impl Default for Host {
    /// github.com.
    fn default() -> Self {
        Self::of("github.com", "https://api.github.com".to_owned(), false)
    }
}

impl Host {
    /// Reads an address: a host's name (`github.com`, `ghe.corp.example`), or the base of its REST API
    /// (`https://api.github.com`, `https://ghe.corp.example/api/v3`). A token goes out encrypted, or not beyond this machine.
    pub fn parse(address: &str) -> Result<Self, HostError> {
        let address = address.trim();
        let wrong = |why| HostError { address: single_line(&address.chars().take(200).collect::<String>()), why };
        let named = !address.contains("://");
        let full = if named { format!("https://{address}") } else { address.to_owned() };
        let uri: Uri = full.parse().map_err(|_| wrong("it is no address"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        let (name, scheme) = (authority.host().to_ascii_lowercase(), uri.scheme_str().unwrap_or_default());
        if authority.as_str().contains('@') {
            return Err(wrong("it has a user or a password in it, which belongs into a token"));
        }
        if uri.query().is_some() || full.contains('#') {
            return Err(wrong("it has more than a path"));
        }
        if scheme != "https" && !(scheme == "http" && is_loopback(&name)) {
            return Err(wrong("a token is sent over https only"));
        }
        let dotcom = name == "github.com" || name == "api.github.com";
        let tenant = name.strip_prefix("api.").filter(|rest| rest.ends_with(".ghe.com"));
        match uri.path().trim_end_matches('/') {
            "" if dotcom => Ok(Self::default()),
            "" if tenant.is_some() => Ok(Self::of(tenant.unwrap_or_default(), format!("https://{authority}"), false)),
            "" if named && name.ends_with(".ghe.com") => Ok(Self::of(&name, format!("https://api.{authority}"), false)),
            "" if named && !is_loopback(&name) => Ok(Self::of(&name, format!("https://{authority}"), true)),
            "" => Ok(Self::of(&name, format!("{scheme}://{authority}"), false)),
            "/api/v3" => Ok(Self::of(&name, format!("{scheme}://{authority}"), true)),
            _ => Err(wrong("its path is neither empty nor /api/v3")),
        }
    }

    fn of(name: &str, origin: String, enterprise: bool) -> Self {
        let (rest, graphql) = if enterprise { ("/api/v3", "/api/graphql") } else { ("", "/graphql") };
        Self { name: name.to_owned(), origin, rest, graphql }
    }

    /// Its name, which tokens are kept under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is github.com, or of its cloud: its tokens are in other variables than those of Enterprise servers.
    #[must_use]
    pub fn in_the_cloud(&self) -> bool {
        self.name == "github.com" || self.name.ends_with(".ghe.com")
    }

    /// Scheme and authority, without a path.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The path of a REST request, such as `/repos/acme/shop/pulls`.
    pub(super) fn rest(&self, path: &str) -> String {
        format!("{}{path}", self.rest)
    }

    /// The path of the GraphQL API.
    pub(super) const fn graphql(&self) -> &'static str {
        self.graphql
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.rest)
    }
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_kinds() {
        for (address, name, rest, graphql) in [
            ("github.com", "github.com", "https://api.github.com/user", "https://api.github.com/graphql"),
            ("https://api.github.com/", "github.com", "https://api.github.com/user", "https://api.github.com/graphql"),
            ("ghe.corp", "ghe.corp", "https://ghe.corp/api/v3/user", "https://ghe.corp/api/graphql"),
            ("https://GHE.corp/api/v3/", "ghe.corp", "https://GHE.corp/api/v3/user", "https://GHE.corp/api/graphql"),
            (
                "https://ghe.corp:8443/api/v3",
                "ghe.corp",
                "https://ghe.corp:8443/api/v3/user",
                "https://ghe.corp:8443/api/graphql",
            ),
            (
                "https://api.acme.ghe.com",
                "acme.ghe.com",
                "https://api.acme.ghe.com/user",
                "https://api.acme.ghe.com/graphql",
            ),
            ("acme.ghe.com", "acme.ghe.com", "https://api.acme.ghe.com/user", "https://api.acme.ghe.com/graphql"),
            ("http://127.0.0.1:99", "127.0.0.1", "http://127.0.0.1:99/user", "http://127.0.0.1:99/graphql"),
            ("http://[::1]:99/api/v3", "[::1]", "http://[::1]:99/api/v3/user", "http://[::1]:99/api/graphql"),
        ] {
            let host = Host::parse(address).unwrap_or_else(|error| panic!("{error}"));
            let full = |path: String| format!("{}{path}", host.origin());
            assert_eq!(
                (host.name(), full(host.rest("/user")), full(host.graphql().to_owned())),
                (name, rest.to_owned(), graphql.to_owned()),
                "{address}"
            );
        }
    }

    #[test]
    fn what_would_give_a_token_away_is_refused() {
        for address in [
            "",
            "http://api.github.com",
            "http://127.0.0.1.evil.example",
            "https://token@github.com",
            "https://api.github.com?x=1",
            "https://api.github.com#x",
            "https://ghe.corp/api/v4",
            "ftp://ghe.corp",
            "https://",
            "a b",
        ] {
            assert!(Host::parse(address).is_err(), "{address}");
        }
    }
}
