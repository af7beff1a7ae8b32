//! One whole answer: status, headers, a bounded body, and what it tells of limits.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::limits::{Limit, Told};
use crate::model::forge::Budget;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// An error of GraphQL, in an answer of status 200.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct QueryError {
    /// `NOT_FOUND`, `FORBIDDEN`, `RATE_LIMITED`, …
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Its words.
    #[serde(default)]
    pub message: Option<String>,
    /// What else it says.
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Debug, Clone, Deserialize)]
struct Extensions {
    #[serde(default)]
    code: Option<String>,
}

impl QueryError {
    /// Whether the question itself is not understood: a field, a type or an argument that this server's schema does not have. That is
    /// found before anything is looked up, and said by a code without a type; by servers that are too old for codes, in words.
    pub fn is_of_the_schema(&self) -> bool {
        let coded = self.extensions.as_ref().is_some_and(|found| found.code.is_some());
        let told = self.message.as_deref().is_some_and(|words| words.contains("doesn't exist on type"));
        self.kind.is_none() && (coded || told)
    }

    /// Whether it says nothing but that it did not work out: GitHub ends a question so that it worked on for too long ("Something
    /// went wrong while executing your query. This may be the result of a timeout").
    fn is_of_the_moment(&self) -> bool {
        self.kind.is_none() && !self.is_of_the_schema()
    }
}

/// What GraphQL said beside its data, and whether there are any.
#[derive(Default, Deserialize)]
struct Said {
    #[serde(default)]
    errors: Vec<QueryError>,
    #[serde(default)]
    data: Option<BTreeMap<String, Option<IgnoredAny>>>,
}

impl Said {
    /// Whether GitHub gave up over the question, and there is no data that it came to.
    fn is_given_up(&self) -> bool {
        let nothing = self.data.iter().flat_map(BTreeMap::values).all(Option::is_none);
        nothing && self.errors.first().is_some_and(QueryError::is_of_the_moment)
    }
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Vec<Detail>,
}

/// GitHub writes details as objects, and as plain texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Object {
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        field: Option<String>,
        #[serde(default)]
        code: Option<String>,
    },
    Other(IgnoredAny),
}

impl Detail {
    fn words(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Object { message: Some(message), .. } => Some(message),
            Self::Object { field, code, .. } => {
                Some([field, code].into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
            }
            Self::Other(_) => None,
        }
    }
}

impl Answer {
    /// A header's value, where it has one that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What a refusal says: its message and details, or the status in words.
    #[must_use]
    pub fn message(&self) -> String {
        let refusal = serde_json::from_slice::<Refusal>(&self.body).ok();
        let parts = refusal.map(|refusal| {
            let details = refusal.errors.into_iter().take(5).filter_map(Detail::words);
            refusal.message.into_iter().chain(details).collect::<Vec<_>>().join("; ")
        });
        parts.filter(|words| !words.trim().is_empty()).unwrap_or_else(|| {
            let known = http::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
            known.unwrap_or("no reason given").to_owned()
        })
    }

    /// The errors of a GraphQL answer; none where it is not one.
    pub(super) fn query_errors(&self) -> Vec<QueryError> {
        self.query_said().errors
    }

    fn query_said(&self) -> Said {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What it tells of limits.
    #[must_use]
    pub fn told(&self, write: bool, graphql: bool) -> Told {
        let mut told = Told {
            status: Some(self.status),
            retry_after: self.number("retry-after").map(Duration::from_secs),
            remaining: self.number("x-ratelimit-remaining"),
            reset: self.reset(),
            write,
            ..Told::default()
        };
        if matches!(self.status, 403 | 429) {
            told.words = is_secondary(&self.message()).then_some(Limit::Secondary);
        } else if graphql && self.status == 200 {
            let said = self.query_said();
            if said.is_given_up() {
                // As silence is: it was worked on for as long as GitHub works on anything, and is paid for.
                (told.status, told.silent) = (None, true);
            }
            for error in said.errors {
                if error.message.as_deref().is_some_and(is_secondary) {
                    told.words = Some(Limit::Secondary);
                } else if error.kind.as_deref() == Some("RATE_LIMITED") {
                    told.words = told.words.or(Some(Limit::Primary));
                }
            }
        }
        told
    }

    /// The budget that it was taken from.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        let resource = self.header("x-ratelimit-resource").filter(|name| name.len() <= 40).unwrap_or("core");
        Some(Budget {
            resource: resource.to_owned(),
            limit: self.number("x-ratelimit-limit")?,
            remaining: self.number("x-ratelimit-remaining")?,
            reset: self.reset()?,
        })
    }

    /// Where a token is to be authorised for single sign-on.
    #[must_use]
    pub fn single_sign_on(&self) -> Option<&str> {
        self.header("x-github-sso")?.split(';').find_map(|part| part.trim().strip_prefix("url="))
    }

    /// Whether there is a next page, wherever it is.
    #[must_use]
    pub fn has_next_page(&self) -> bool {
        self.linked().is_some()
    }

    /// The path of the next page, at `origin` and nowhere else: a token follows it.
    #[must_use]
    pub fn next_page(&self, origin: &str) -> Option<String> {
        path_at(&self.linked()?, origin)
    }

    fn linked(&self) -> Option<String> {
        let next = |part: &str| {
            let (address, relation) = part.trim().strip_prefix('<')?.split_once('>')?;
            relation.contains("rel=\"next\"").then(|| address.to_owned())
        };
        self.header("link")?.split(',').find_map(next)
    }

    /// The path that a redirection leads to, at `origin` and nowhere else.
    #[must_use]
    pub fn redirection(&self, origin: &str) -> Option<String> {
        let leads = matches!(self.status, 301 | 302 | 307 | 308);
        leads.then(|| self.header("location")).flatten().and_then(|address| path_at(address, origin))
    }

    /// When the server says that it answered.
    pub(super) fn date(&self) -> Option<Timestamp> {
        jiff::fmt::rfc2822::parse(self.header("date")?).ok().map(|date| date.timestamp())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    fn reset(&self) -> Option<Timestamp> {
        let seconds = i64::try_from(self.number("x-ratelimit-reset")?).ok()?;
        Timestamp::from_second(seconds).ok()
    }
}

fn is_secondary(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("secondary rate limit") || words.contains("abuse detection")
}

/// The path and query of an address at an origin.
fn path_at(address: &str, origin: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let at = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}").eq_ignore_ascii_case(origin),
        _ => uri.authority().is_none() && address.starts_with('/') && !address.starts_with("//"),
    };
    at.then(|| uri.path_and_query().map(ToString::to_string)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        Answer { status, headers, body: body.into() }
    }

    #[test]
    fn a_refusal_is_told_in_its_words() {
        for (body, wanted) in [
            (r#"{"message":"Bad credentials","documentation_url":"x"}"#, "Bad credentials"),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"A","code":"custom","field":"b"}]}"#,
                "Validation Failed; b custom",
            ),
            (
                r#"{"message":"Unprocessable Entity","errors":["Can not approve your own pull request"]}"#,
                "Unprocessable Entity; Can not approve your own pull request",
            ),
            (r#"{"message":"M","errors":[{"message":"m"},7,null]}"#, "M; m"),
            ("<html>", "Unprocessable Entity"),
            ("", "Unprocessable Entity"),
            ("{}", "Unprocessable Entity"),
        ] {
            assert_eq!(answer(422, &[], body).message(), wanted, "{body}");
        }
    }

    #[test]
    fn limits_are_read_from_headers_and_words() {
        let headers = [
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "90"),
            ("x-ratelimit-resource", "graphql"),
        ];
        let told = answer(403, &headers, r#"{"message":"API rate limit exceeded"}"#).told(false, false);
        assert_eq!((told.remaining, told.reset.map(Timestamp::as_second), told.words), (Some(0), Some(90), None));
        let budget = answer(200, &headers, "").budget().unwrap();
        assert_eq!((budget.resource.as_str(), budget.limit, budget.remaining), ("graphql", 5_000, 0));
        let words = r#"{"message":"You have exceeded a secondary rate limit. Please wait"}"#;
        assert_eq!(answer(403, &[], words).told(true, false).words, Some(Limit::Secondary));
        let limited = r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
        assert_eq!(answer(200, &[], limited).told(false, true).words, Some(Limit::Primary));
        // A title that says so is no limit.
        let title = r#"{"data":{"title":"\"type\":\"RATE_LIMITED\" secondary rate limit"}}"#;
        let told = answer(200, &[("retry-after", "soon")], title).told(false, true);
        assert!(told.words.is_none() && told.retry_after.is_none());
        assert!(answer(200, &[("x-ratelimit-limit", "-1")], "").budget().is_none());
    }

    #[test]
    fn a_token_follows_to_no_other_origin() {
        let origin = "https://api.github.com";
        for (address, wanted) in [
            ("https://api.github.com/repositories/1/pulls?page=2", Some("/repositories/1/pulls?page=2")),
            ("/repositories/1", Some("/repositories/1")),
            ("https://api.github.com.evil.example/x", None),
            ("https://api.github.com@evil.example/x", None),
            ("http://api.github.com/x", None),
            ("//evil.example/x", None),
            ("evil", None),
            ("", None),
        ] {
            let link = format!("<{address}>; rel=\"next\", <https://api.github.com/z>; rel=\"last\"");
            let page = answer(200, &[("link", &link)], "");
            assert_eq!((page.next_page(origin).as_deref(), page.has_next_page()), (wanted, true), "{address}");
            assert_eq!(answer(301, &[("location", address)], "").redirection(origin).as_deref(), wanted, "{address}");
        }
        assert_eq!(answer(200, &[("link", "<https://api.github.com/z>; rel=\"prev\"")], "").next_page(origin), None);
        assert_eq!(answer(200, &[("location", "/x")], "").redirection(origin), None);
    }

    #[test]
    fn the_date_is_the_servers() {
        let dated = |date: &str| answer(200, &[("date", date)], "").date().map(Timestamp::as_second);
        assert_eq!(dated("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!((dated("yesterday"), answer(200, &[], "").date()), (None, None));
    }

    #[test]
    fn single_sign_on_says_where() {
        let refused = answer(403, &[("x-github-sso", "required; url=https://github.com/orgs/a/sso?x=1")], "{}");
        assert_eq!(refused.single_sign_on(), Some("https://github.com/orgs/a/sso?x=1"));
    }
}
