//! `cost`: where cost is read from; and the price list itself, `prices.yaml`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive as _;

use super::reader::{Fields, Keys, Matched, Reader, never_matches};
use super::yaml::{self, Node, Value};
use crate::evidence::cost::Prices;
use crate::policy::error::quoted;
use crate::policy::{CostFiles, PolicyError};

pub(super) const COST: Keys = Keys { of: "`cost`", known: &["infracost", "prices"], later: &[] };
/// The keys of a price list.
const PRICES: Keys = Keys {
    of: "the price list",
    known: &["currency", "cpu", "memory", "storage", "load_balancer", "names"],
    later: &[],
};

/// The longest name of a class or a type, in bytes.
const MAX_NAME: usize = 100;

/// Reads where cost is read from.
pub(super) fn read(reader: &mut Reader, fields: &Fields) -> CostFiles {
    let Some(fields) = fields.get("cost").and_then(|node| reader.map(node, &COST)) else { return CostFiles::default() };
    let mut path = |key: &str| match fields.get(key) {
        Some(Node { value: Value::Null, .. }) | None => None,
        Some(node) => path(reader, node, key),
    };
    CostFiles { infracost: path("infracost"), prices: path("prices") }
}

/// A path of a file in the repository.
fn path(reader: &mut Reader, node: &Node, key: &str) -> Option<String> {
    let path = reader.text(node, key)?;
    if let Some((why, hint)) = never_matches(path, Matched::Paths) {
        reader.error(node.at, format!("{} names no file: {why}", quoted(path)), hint);
        return None;
    }
    Some(path.to_owned())
}

/// Reads a price list; `file` is its name in messages. The errors are all mistakes, in the order of the file.
///
/// `currency` is a code of three capitals; `cpu` the price of a core a month, `memory` of a GiB, `storage` of a GiB on a volume,
/// one for all or by storage class with `default` for the others, `load_balancer` of one; `names` has prices of machine types and
/// devices a month. All but `names` must be there: a list of which the half is ours and the half somebody else's is none.
pub fn prices(text: &str, file: &str) -> Result<Prices, Vec<PolicyError>> {
    let root = yaml::read(text, file).map_err(|error| vec![error])?;
    let mut reader = Reader::new(file);
    let prices = reader.map(&root, &PRICES).and_then(|fields| list(&mut reader, &fields, file));
    let errors = reader.finish();
    prices.filter(|_| errors.is_empty()).ok_or(errors)
}

fn list(reader: &mut Reader, fields: &Fields, file: &str) -> Option<Prices> {
    let currency = currency(reader, fields);
    let [cpu, memory, load_balancer] = ["cpu", "memory", "load_balancer"].map(|key| one(reader, fields, key));
    let storage = storage(reader, fields);
    let names = fields.get("names").map_or_else(|| Some(BTreeMap::new()), |node| table(reader, node, "names"));
    let (storage, storage_classes) = storage?;
    Some(Prices {
        currency: currency?,
        cpu: cpu?,
        memory: memory?,
        storage,
        storage_classes,
        load_balancer: load_balancer?,
        names: names?,
        source: file.to_owned(),
    })
}

fn currency(reader: &mut Reader, fields: &Fields) -> Option<String> {
    let Some(node) = fields.get("currency") else {
        reader.missing(fields, "currency", "write `currency: USD`, or whichever it is");
        return None;
    };
    let code = reader.text(node, "currency")?;
    let is_code = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    if !is_code {
        reader.error(
            node.at,
            format!("{} is no currency", quoted(code)),
            "write its three letters, as in `currency: EUR`",
        );
    }
    is_code.then(|| code.to_owned())
}

fn one(reader: &mut Reader, fields: &Fields, key: &str) -> Option<Decimal> {
    let Some(node) = fields.get(key) else {
        reader.missing(fields, key, &format!("write its price a month, as in `{key}: 3.09`"));
        return None;
    };
    price(reader, node, key)
}

/// One price of a GiB on a volume, or one for each storage class.
fn storage(reader: &mut Reader, fields: &Fields) -> Option<(Decimal, BTreeMap<String, Decimal>)> {
    let classes = match fields.get("storage") {
        Some(node) if matches!(node.value, Value::Map(_)) => table(reader, node, "storage")?,
        _ => return Some((one(reader, fields, "storage")?, BTreeMap::new())),
    };
    let default = classes.get("default").copied();
    if default.is_none() {
        let at = fields.place("storage");
        reader.error(at, "`storage` has no `default`", "write the price of volumes of all other classes as `default`");
    }
    Some((default?, classes))
}

/// Prices by name.
fn table(reader: &mut Reader, node: &Node, key: &str) -> Option<BTreeMap<String, Decimal>> {
    let Value::Map(entries) = &node.value else {
        let message = format!("`{key}` must be a map, not {}", node.value.kind());
        reader.error(node.at, message, format!("write `{key}: {{ NAME: 3.09 }}`"));
        return None;
    };
    let mut table = BTreeMap::new();
    for (name, node) in entries {
        if name.text.len() > MAX_NAME {
            reader.error(name.at, format!("{} is no name", quoted(&name.text)), format!("at most {MAX_NAME} bytes"));
        }
        if let Some(price) = price(reader, node, &name.text) {
            table.insert(name.text.clone(), price);
        }
    }
    Some(table)
}

/// A price a month: a number, or text where a number would be rounded.
fn price(reader: &mut Reader, node: &Node, key: &str) -> Option<Decimal> {
    let price = match &node.value {
        Value::Integer(number) => number.map(Decimal::from),
        Value::Float(number) => Decimal::from_f64(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    let fits = price.filter(|price| !price.is_sign_negative() && *price <= Prices::MOST);
    if fits.is_none() {
        let message = format!("the price of {} must be a number from 0 to {}", quoted(key), Prices::MOST);
        reader.error(node.at, message, "write the price a month, as in 23.08");
    }
    fits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "currency: EUR\ncpu: 18.5\nmemory: 2.5\nstorage: 0.05\nload_balancer: 6\n";

    fn errors(text: &str) -> String {
        let errors = prices(text, "prices.yaml").err().unwrap_or_default();
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_price_list_is_read() {
        let read = prices(LIST, "prices.yaml").unwrap();
        assert_eq!(
            (read.currency.as_str(), read.cpu, read.source.as_str()),
            ("EUR", Decimal::new(185, 1), "prices.yaml")
        );
        let more = LIST.replace("storage: 0.05", "storage: { default: 0.05, fast: \"0.17\" }");
        let read = prices(&format!("{more}names: {{ m5.large: 70.08, nvidia.com/gpu: 255 }}\n"), "p").unwrap();
        assert_eq!(read.volume(Some("fast")), Decimal::new(17, 2));
        assert_eq!(read.names["m5.large"], Decimal::new(7008, 2));
    }

    #[test]
    fn mistakes_have_their_place() {
        for (from, to, error) in [
            ("cpu: 18.5\n", "", "prices.yaml:1:1: `cpu` is missing"),
            ("EUR", "euros", "prices.yaml:1:11: `euros` is no currency"),
            ("cpu", "cpus", "prices.yaml:2:1: unknown key `cpus` in the price list"),
            ("18.5", "-1", "prices.yaml:2:6: the price of `cpu` must be a number from 0 to 1000000"),
            ("18.5", "cheap", "prices.yaml:2:6: the price of `cpu`"),
            ("18.5", "1e300", "prices.yaml:2:6: the price of `cpu`"),
            ("storage: 0.05", "storage: { fast: 1 }", "prices.yaml:4:1: `storage` has no `default`"),
            ("storage: 0.05", "storage: [1]", "prices.yaml:4:10: the price of `storage`"),
        ] {
            let found = errors(&LIST.replace(from, to));
            assert!(found.contains(error), "{to}: {found}");
        }
        assert!(!errors("").is_empty() && !errors("[]").is_empty() && !errors("a: [").is_empty());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(at in 0..LIST.len(), with in "\\PC{0,8}") {
            let _ = prices(&format!("{}{with}{}", &LIST[..at], &LIST[at..]), "p");
        }
    }
}
