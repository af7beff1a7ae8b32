//! How versions of files differ in their values, kept by content: what was compared once is not read again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString};
use serde_json::Value;

use super::git::store::{Store, StoreError};
use crate::diff::fields::{MAX_VERSION, ValueMove, value_moves};
use crate::model::{Mode, Side};

/// About so many bytes are kept. What is beyond is forgotten all at once: a queue asks for the same again, or for none of it.
const MAX_KEPT: usize = 24 << 20;

/// What one version did to the values of the one before it, or why that cannot be told.
pub type Reading = Result<Arc<[ValueMove]>, Arc<str>>;

/// Before and after; `None` where the file is not there.
pub type Pair = (Option<Side>, Option<Side>);

/// What was compared in this process, by path and contents: a path decides the format and what of it is secret.
#[derive(Debug, Default)]
pub struct ValueCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<BString, HashMap<Pair, Reading>>,
    weight: usize,
}

impl ValueCache {
    /// What each pair of versions of a file says, in order. Pairs that follow one another are read together, each version once.
    #[must_use]
    pub fn of(&self, store: &Store, path: &BStr, pairs: &[Pair]) -> Vec<Reading> {
        let mut found = self.known(path, pairs);
        let mut at = 0;
        while at < pairs.len() {
            if found[at].is_some() {
                at += 1;
                continue;
            }
            let follows = |end: usize| end < pairs.len() && found[end].is_none() && pairs[end - 1].1 == pairs[end].0;
            let mut end = at + 1;
            while follows(end) {
                end += 1;
            }
            let read = compare(store, path, &pairs[at..end]);
            self.keep(path, &pairs[at..end], &read);
            for (place, (reading, _)) in found[at..end].iter_mut().zip(read) {
                *place = Some(reading);
            }
            at = end;
        }
        found.into_iter().flatten().collect()
    }

    fn known(&self, path: &BStr, pairs: &[Pair]) -> Vec<Option<Reading>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = kept.files.get(path);
        pairs.iter().map(|pair| file.and_then(|file| file.get(pair)).cloned()).collect()
    }

    /// Keeps what will be the same tomorrow; objects that are not here may come.
    fn keep(&self, path: &BStr, pairs: &[Pair], read: &[(Reading, bool)]) {
        let lasting = || pairs.iter().zip(read).filter(|(_, (_, lasts))| *lasts);
        let added: usize = lasting().map(|(_, (reading, _))| weight(reading)).sum();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.weight + added > MAX_KEPT {
            *kept = Kept::default();
        }
        kept.weight += added;
        let file = kept.files.entry(path.to_owned()).or_default();
        file.extend(lasting().map(|(pair, (reading, _))| (*pair, reading.clone())));
    }
}

/// Compares versions that follow one another; says of each reading whether it will be the same tomorrow.
fn compare(store: &Store, path: &BStr, pairs: &[Pair]) -> Vec<(Reading, bool)> {
    let first = pairs.first().map(|pair| pair.0);
    let sides: Vec<Option<Side>> = first.into_iter().chain(pairs.iter().map(|pair| pair.1)).collect();
    let texts: Vec<Result<Option<Vec<u8>>, String>> = sides.iter().map(|side| text(store, *side)).collect();
    // What cannot be read is as good as none to the others, and is told apart below.
    let versions: Vec<Option<&[u8]>> = texts.iter().map(|text| text.as_ref().ok().and_then(Option::as_deref)).collect();
    let moves = value_moves(path, &versions);
    let told = moves.into_iter().zip(texts.windows(2)).map(|(moves, pair)| match pair {
        [Ok(_), Ok(_)] => (moves.map(Arc::from).map_err(Arc::from), true),
        [Err(why), _] | [_, Err(why)] => (Err(Arc::from(why.as_str())), false),
        _ => (Err(Arc::from("there is nothing to compare with")), false),
    });
    told.collect()
}

fn text(store: &Store, side: Option<Side>) -> Result<Option<Vec<u8>>, String> {
    match side {
        None => Ok(None),
        Some(Side { mode: Mode::File | Mode::Executable, oid }) => match store.blob(oid, MAX_VERSION as u64) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::TooLarge { .. }) => Err(format!("it has over {} KiB", MAX_VERSION >> 10)),
            Err(error) => Err(error.to_string()),
        },
        Some(_) => Err("not a plain file".to_owned()),
    }
}

/// About how many bytes it takes to keep a reading.
fn weight(reading: &Reading) -> usize {
    let of = |one: &ValueMove| {
        let steps = one.path.0.len() * 48;
        300 + steps + [&one.before, &one.after].into_iter().flatten().map(size).sum::<usize>()
    };
    160 + reading.as_ref().map_or(0, |moves| moves.iter().map(of).sum())
}

fn size(value: &Value) -> usize {
    64 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.iter().map(|(key, value)| 64 + key.len() + size(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
