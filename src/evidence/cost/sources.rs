//! Which chart a release of Flux installs, whatever its source is called: another version of a chart is taken to ask for what the
//! last one did, another chart is not.

use bstr::BStr;
use serde_json::Value;

use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;
use crate::model::field::DocumentName;

/// Whether a release installs the same chart on both sides. Where that cannot be told it does not.
pub(super) fn is_same_chart(file: &BStr, name: &DocumentName, before: &Inventory, after: &Inventory) -> bool {
    let of = |side: &Inventory| {
        let documents = side.file(file).map(AsRef::as_ref).unwrap_or_default();
        let is = |one: &&ConfigDocument| one.name.kind == name.kind && one.name.name == name.name;
        chart(&documents.iter().find(is)?.value["spec"], side)
    };
    of(before).zip(of(after)).is_some_and(|(before, after)| before == after)
}

/// The address of a release's chart: that of its repository, with its name.
fn chart(spec: &Value, inventory: &Inventory) -> Option<String> {
    let own = &spec["chart"]["spec"];
    if let Some(name) = own["chart"].as_str() {
        return Some(format!("{}/{name}", url(&own["sourceRef"], inventory)?));
    }
    match spec["chartRef"]["kind"].as_str()? {
        "HelmChart" => {
            let name = spec["chartRef"]["name"].as_str()?;
            let (_, object) = inventory.objects("HelmChart").find(|(_, one)| one.name.name.as_deref() == Some(name))?;
            let own = &object.value["spec"];
            Some(format!("{}/{}", url(&own["sourceRef"], inventory)?, own["chart"].as_str()?))
        }
        _ => url(&spec["chartRef"], inventory),
    }
}

/// The address of a source that a reference names; `None` where there is none, or several of the name differ.
fn url(reference: &Value, inventory: &Inventory) -> Option<String> {
    let (kind, name) = (reference["kind"].as_str()?, reference["name"].as_str()?);
    let named = inventory.objects(kind).filter(|(_, one)| one.name.name.as_deref() == Some(name));
    let mut urls = named.map(|(_, one)| one.value["spec"]["url"].as_str().map(|url| url.trim_end_matches('/')));
    let first = urls.next()??;
    urls.all(|other| other == Some(first)).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::fields::documents;

    #[test]
    fn a_chart_is_known_by_its_address() {
        let inventory = |release: &str| {
            let source = |kind: &str, name: &str, url: &str| {
                format!("---\nkind: {kind}\napiVersion: x/v1\nmetadata: {{name: {name}}}\nspec: {{url: '{url}'}}\n")
            };
            let sources = source("HelmRepository", "charts", "oci://r.example/charts/")
                + &source("HelmRepository", "mirror", "oci://r.example/charts")
                + &source("HelmRepository", "others", "https://o.example")
                + &source("OCIRepository", "web", "oci://r.example/charts/web");
            let text =
                format!("kind: HelmRelease\napiVersion: x/v1\nmetadata: {{name: a}}\nspec: {release}\n{sources}");
            let mut inventory = Inventory::default();
            inventory.put("a.yaml".into(), documents("a.yaml".into(), text.as_bytes()).map(Arc::from));
            inventory
        };
        let from = |source: &str, chart: &str| {
            format!("{{chart: {{spec: {{chart: {chart}, sourceRef: {{kind: HelmRepository, name: {source}}}}}}}}}")
        };
        let web = from("charts", "web");
        let name = DocumentName { kind: Some("HelmRelease".into()), name: Some("a".into()), ..DocumentName::default() };
        for (other, same) in [
            (from("mirror", "web"), true),
            (from("others", "web"), false),
            (from("charts", "api"), false),
            (from("nowhere", "web"), false),
            ("{chartRef: {kind: OCIRepository, name: web}}".to_owned(), true),
            ("{chartRef: {kind: OCIRepository, name: other}}".to_owned(), false),
        ] {
            let (before, after) = (inventory(&web), inventory(&other));
            assert_eq!(is_same_chart("a.yaml".into(), &name, &before, &after), same, "{other}");
        }
    }
}
