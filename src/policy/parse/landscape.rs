//! `services`, `clusters` and `priorities`: the world that proposals land in.

use super::place;
use super::reader::{Fields, Keys, Matched, Reader};
use super::yaml::{Node, Spot};
use crate::policy::error::quoted;
use crate::policy::{Cluster, Priorities, Service};

pub(super) const SERVICE: Keys = Keys { of: "a service", known: &["name", "match", "critical"], later: &[] };
pub(super) const CLUSTER: Keys = Keys { of: "a cluster", known: &["name", "paths", "endpoints"], later: &[] };

/// The most services, and the most clusters: each is matched against each changed path.
const MOST: usize = 500;
/// The most endpoints of one cluster.
const MAX_ENDPOINTS: usize = 20;
/// The longest endpoint, in bytes.
const MAX_ENDPOINT: usize = 300;
/// The longest text of `priorities`, in characters: it stands on one line of a review.
const MAX_PRIORITIES: usize = 200;

/// Reads all services; each name is one service's.
pub(super) fn services(reader: &mut Reader, fields: &Fields) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for item in items(reader, fields, "services") {
        let Some(service) = service(reader, item) else { continue };
        if services.iter().any(|other| other.name.eq_ignore_ascii_case(&service.name)) {
            twice(reader, item.at, "service", &service.name);
        }
        services.push(service);
    }
    services
}

fn service(reader: &mut Reader, node: &Node) -> Option<Service> {
    let fields = reader.map(node, &SERVICE)?;
    let name = reader.name(&fields, "the name that reviews show");
    if fields.get("match").is_none() {
        reader.missing(&fields, "match", "write `match: [\"apps/NAME/**\"]`; without it nothing belongs to it");
    }
    let files = fields.get("match").and_then(|node| reader.globs(node, "match", Matched::Paths));
    let critical = fields.get("critical").and_then(|node| reader.flag(node, "critical")).unwrap_or(false);
    Some(Service { name: name?, files: files?, critical, at: place(fields.at) })
}

/// Reads all clusters; each name and each endpoint is one cluster's.
pub(super) fn clusters(reader: &mut Reader, fields: &Fields) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for item in items(reader, fields, "clusters") {
        let Some(cluster) = cluster(reader, item) else { continue };
        if clusters.iter().any(|other| other.name.eq_ignore_ascii_case(&cluster.name)) {
            twice(reader, item.at, "cluster", &cluster.name);
        }
        let shared = clusters.iter().find_map(|other| {
            cluster.endpoints.iter().find(|endpoint| other.endpoints.contains(endpoint)).map(|it| (it, &other.name))
        });
        if let Some((endpoint, other)) = shared {
            let message = format!("{} is an endpoint of {} already", quoted(endpoint), quoted(other));
            reader.error(item.at, message, "one address is one cluster's");
        }
        clusters.push(cluster);
    }
    clusters
}

fn cluster(reader: &mut Reader, node: &Node) -> Option<Cluster> {
    let fields = reader.map(node, &CLUSTER)?;
    let name = reader.name(&fields, "the name that reviews show");
    if fields.get("paths").is_none() && fields.get("endpoints").is_none() {
        let hint = "write `paths: [\"clusters/NAME/**\"]`, or `endpoints: [\"https://…\"]`";
        reader.error(fields.at, "a cluster needs `paths` or `endpoints`", hint);
        return None;
    }
    let paths = match fields.get("paths") {
        Some(node) => Some(reader.globs(node, "paths", Matched::Paths)?),
        None => None,
    };
    let endpoints = fields.get("endpoints").map(|node| endpoints(reader, node)).unwrap_or_default();
    Some(Cluster { name: name?, paths, endpoints, at: place(fields.at) })
}

fn endpoints(reader: &mut Reader, node: &Node) -> Vec<String> {
    let before = reader.count();
    let texts = reader.texts(node, "endpoints");
    if texts.is_empty() && reader.count() == before {
        reader.error(node.at, "`endpoints` is empty", "name an address, or remove the key");
    }
    if texts.len() > MAX_ENDPOINTS {
        reader.error(
            node.at,
            format!("`endpoints` has more than {MAX_ENDPOINTS} addresses"),
            "name those that are used",
        );
        return Vec::new();
    }
    let mut endpoints = Vec::new();
    for (at, text) in texts {
        if is_address(text) {
            endpoints.push(text.trim_end_matches('/').to_owned());
        } else {
            let hint = "write it as deployments name it: `https://staging.example:6443`";
            reader.error(at, format!("{} is no address of a cluster", quoted(text)), hint);
        }
    }
    endpoints
}

/// `https://host`, `http://host`, with a port or a path; nothing that could hold a password.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty() && text.len() <= MAX_ENDPOINT && !rest.contains(['@', ' ', '?', '#'])
    })
}

/// Reads what matters most.
pub(super) fn priorities(reader: &mut Reader, fields: &Fields) -> Option<Priorities> {
    let node = fields.get("priorities")?;
    let text = reader.text(node, "priorities")?.trim();
    if text.chars().count() > MAX_PRIORITIES {
        let message = format!("`priorities` is longer than {MAX_PRIORITIES} characters");
        reader.error(node.at, message, "say it in one line; it is read at every review");
        return None;
    }
    Some(Priorities { text: text.to_owned(), at: place(node.at) })
}

fn items<'n>(reader: &mut Reader, fields: &Fields<'n>, key: &str) -> &'n [Node] {
    let Some(node) = fields.get(key) else { return &[] };
    let items = reader.list(node, key);
    if items.len() > MOST {
        reader.error(node.at, format!("`{key}` has more than {MOST} items"), "join some; each takes many patterns");
        return &[];
    }
    items
}

fn twice(reader: &mut Reader, at: Spot, what: &str, name: &str) {
    reader.error(at, format!("the {what} {} stands twice", quoted(name)), format!("name each {what} once"));
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_of_clusters() {
        for (text, expected) in [
            ("https://staging.example:6443", true),
            ("https://kubernetes.default.svc", true),
            ("http://10.0.0.1/k8s/clusters/c-1", true),
            ("staging.example", false),
            ("https://", false),
            ("https://user:password@staging.example", false),
            ("https://a b", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }
}
