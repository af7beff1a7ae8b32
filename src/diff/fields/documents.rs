//! The documents of one text, read as values for others than the comparison.

use std::rc::Rc;

use bstr::BStr;
use serde_json::Value;

use super::format::Format;
use super::known::known;
use super::parsed::Document;
use super::secret::Secrecy;
use super::{objects, publish};
use crate::model::field::DocumentName;

/// A config document as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigDocument {
    /// Which document of the file; of a Kubernetes object, its identity.
    pub name: DocumentName,
    /// What it says; secret values are masked.
    pub value: Value,
}

/// Whether files of this name are read as values.
#[must_use]
pub fn has_values(path: &BStr) -> bool {
    Format::of(path).is_some()
}

/// Reads the documents of a text, by the name of its file. The error says why it cannot be read, in words that are fit for a
/// terminal.
pub fn documents(path: &BStr, text: &[u8]) -> Result<Vec<ConfigDocument>, String> {
    let format = Format::of(path).ok_or_else(|| "a format without fields".to_owned())?;
    let parsed = format.read(text).map_err(|refusal| refusal.why)?;
    let known = Rc::new(known(path, parsed.documents.iter()));
    let read = |document: &Document<'_>| {
        let secrecy = Secrecy::of(path, &document.root).knowing(&known, None);
        let (value, _) = publish::whole(&document.root, &secrecy);
        ConfigDocument { name: objects::name(document), value }
    };
    Ok(parsed.documents.iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let masked = crate::model::field::masked();
        let read = |text: &str| documents("a.yaml".into(), text.as_bytes()).expect("it is YAML").remove(0).value;
        let list =
            read("kind: List\napiVersion: v1\nitems:\n  - {kind: Secret, metadata: {name: a}, data: {k: dg==}}\n");
        assert_eq!((&list["items"][0]["data"]["k"], &list["items"][0]["metadata"]["name"]), (&masked, &"a".into()));
        let copied = "kubectl.kubernetes.io/last-applied-configuration";
        let secret = read(&format!("kind: Secret\napiVersion: v1\nmetadata: {{annotations: {{{copied}: '{{}}'}}}}\n"));
        assert_eq!(secret["metadata"]["annotations"][copied], masked);
        let kustomize = read("secretGenerator:\n  - name: a\n    literals: [user=x, pin=1]\n");
        assert_eq!(kustomize["secretGenerator"][0]["literals"][0], masked);
        let args = read(
            "args: ['--db-password=x', '--password=$(DB)', '--port=1']\nurl: postgres://u:p@db/x\nat: https://a@b/x\n",
        );
        assert_eq!((&args["args"][0], &args["args"][1]), (&masked, &"--password=$(DB)".into()));
        assert_eq!((&args["url"], &args["at"]), (&masked, &"https://a@b/x".into()));
    }

    #[test]
    fn secrets_are_masked_in_what_patches_add() {
        let patch = |value: &str| {
            format!(
                "kind: Kustomization\napiVersion: a/v1\npatches:\n- target: {{kind: Deployment, name: s}}\n  patch: |\n    - op: add\n      path: /spec/template/spec/containers/0/env/-\n      value: {{name: DB_PASSWORD, value: {value}}}\n"
            )
        };
        let report = super::super::testing::report("kustomization.yaml", &patch("hunter2"), &patch("hunter3"));
        let masked = Some(crate::model::field::masked());
        assert_eq!(report.fields.len(), 1, "that it changed is said");
        assert_eq!((&report.fields[0].before, &report.fields[0].after), (&masked, &masked));
    }

    #[test]
    fn documents_are_read_with_their_names_and_without_their_secrets() {
        let text = "kind: Secret\napiVersion: v1\nmetadata: {name: a, namespace: b}\nstringData: {k: v}\n---\nx: 1\n";
        let read = documents("a.yaml".into(), text.as_bytes()).expect("it is YAML");
        assert_eq!((read[0].name.kind.as_deref(), read[0].name.namespace.as_deref()), (Some("Secret"), Some("b")));
        assert_eq!(read[0].value["stringData"]["k"], crate::model::field::masked());
        assert_eq!((read[1].name.index, &read[1].value["x"]), (1, &Value::from(1)));
        assert!(documents("a.yaml".into(), b"a: [").is_err() && documents("a.png".into(), b"").is_err());
    }
}
