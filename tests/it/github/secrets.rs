//! A marker token appears in the one header that carries it, and nowhere else.

use countersign::io::github::{Host, ListingCache, details};

use super::{ALWAYS, SHOP, TOKEN, client, forge, list, noon, propose};
use crate::support::Sandbox;
use crate::support::github::{Fault, Response, Wrong, refusal};

#[test]
fn a_marker_token_is_in_no_error_and_no_file() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 2);
    let client = client(&github);
    let mut said = vec![format!("{client:?}")];
    // A server, or something between, that sends back what it was sent.
    for status in [400, 401, 403, 404, 405, 409, 418, 422, 500] {
        github.mend();
        let echo = refusal(status, &format!("no: Authorization: Bearer {TOKEN}"))
            .with("X-GitHub-SSO", format!("required; url=https://x/{TOKEN}"));
        github.fault(Fault::at("*", Wrong::Answer(echo)));
        let error = client.read("/user", "it").wait(ALWAYS).unwrap_err();
        said.push(format!("{error} {error:?}"));
    }
    for body in [format!("{{\"data\":null,\"errors\":[{{\"message\":\"{TOKEN}\"}}]}}"), format!("{{\"{TOKEN}\"")] {
        github.mend();
        github.fault(Fault::at("*", Wrong::Answer(Response { status: 200, body: body.into(), ..Response::default() })));
        let error = client.query::<serde_json::Value>("query PullRequests { x }", &serde_json::json!({}), "it", ALWAYS);
        said.push(format!("{error:?}"));
    }
    github.mend();
    for wrong in [Wrong::Refused, Wrong::Truncated(2)] {
        github.fault(Fault::at("GET /user", wrong));
        said.push(format!("{:?}", client.read("/user", "it").wait(ALWAYS)));
        github.mend();
    }
    let listing = list(&client, None, noon());
    let head = listing.pulls[0].head.oid;
    said.push(format!("{listing:?} {:?}", details(&client, &SHOP, 1, head, None, ALWAYS)));
    for text in &said {
        assert!(!text.contains(TOKEN) && !text.contains("markertoken"), "{text}");
    }
    let cache = ListingCache::of(&sandbox.path("cache"), &Host::parse(github.address()).unwrap(), &SHOP);
    cache.keep(&listing).unwrap();
    assert!(!String::from_utf8_lossy(&std::fs::read(cache.path()).unwrap()).contains(TOKEN));
    for request in github.requests() {
        let elsewhere = request.headers.iter().filter(|(name, _)| name != "authorization");
        let text = format!("{} {:?} {:?}", request.path, request.query, elsewhere.collect::<Vec<_>>());
        assert!(!text.contains(TOKEN) && !String::from_utf8_lossy(&request.body).contains(TOKEN), "{text}");
    }
}
