//! What a proposal costs, and what it says of itself: reads the price list and reports, and asks the model.
//!
//! Price list and report are read from the target's tip alone. A report inside the proposal is a claim of its agent.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice as _};

use super::{Looked, Scene};
use crate::diff::fields::{documents, has_values};
use crate::evidence::cost::{MAX_REPORT, Prices, Report, held_against, model, report};
use crate::evidence::{Inventory, claims, reasoning};
use crate::io::git::store::Store;
use crate::io::workspace::Situation;
use crate::model::{ClaimedCost, Claims, Cost, CostSource, FileChange, Known, Monthly, text};
use crate::policy::{self, CostFiles, PolicyError};

/// The largest price list that is read, in bytes.
const MAX_PRICES: u64 = 64 << 10;
/// The largest config file that is read again.
const MAX_FILE: u64 = 512 << 10;
/// Reports inside a proposal that are read.
const MAX_REPORTS: usize = 4;

/// The price list of the target's tip, or the public one where it has none. The error says what is wrong with it.
pub(super) fn prices(store: &Store, situation: &Situation) -> Result<Prices, String> {
    let named = situation.policy().cost.prices.as_deref();
    let path = named.unwrap_or(CostFiles::PRICES);
    let tree = store.tree_of(situation.target.tip).map_err(|error| error.to_string())?;
    let entry = store.entry(tree, path).map_err(|error| error.to_string())?;
    let Some(side) = entry else {
        return match named {
            Some(_) => Err(format!("{}: the policy names this price list, and it is not there", text::printable(path))),
            None => Ok(Prices::default()),
        };
    };
    let bytes = store.blob(side.oid, MAX_PRICES).map_err(|error| format!("{path}: {error}"))?;
    let read = PolicyError::read(path, bytes).map_err(|error| vec![error]);
    read.and_then(|text| policy::prices(&text, path)).map_err(|errors| {
        let first = errors.first().map(ToString::to_string).unwrap_or_default().replace("\n  hint: ", "; ");
        let more = errors.len().saturating_sub(1);
        if more == 0 { first } else { format!("{first} (and {more} more)") }
    })
}

impl Scene<'_> {
    /// What a proposal costs, and what it says, held against what was found.
    pub(super) fn cost_and_claims(&self, looked: &Looked<'_>) -> (Known<Cost>, Claims) {
        let proposal = looked.proposal;
        let lines = reasoning::own_lines_of(proposal);
        let files = proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default();
        let reports = self.reports_inside(files);
        let cost = self.cost(looked, files, &reports).map(|mut cost| {
            cost.claimed = claims::claimed(&claims::stated(&lines), &cost.currency);
            cost.claimed.extend(reports.into_iter().filter_map(|(path, report)| claim(path, report, &cost.currency)));
            cost
        });
        let claims = claims::claims(&lines, files, looked.fields, &cost);
        (cost, claims)
    }

    fn cost(&self, looked: &Looked<'_>, files: &[FileChange], brought: &[(&BStr, Report)]) -> Known<Cost> {
        let found = self.inventory.as_ref().map(Arc::clone);
        let before = match found {
            Known::Known(before) => before,
            Known::Unknown(why) => return Known::Unknown(why),
            Known::Indexing => return Known::Indexing,
        };
        let Some(after) = self.inventory_after(looked.proposal) else {
            return Known::Unknown("it is not known what would change".to_owned());
        };
        let before = self.with_all(before, files);
        let report = self.report(looked, files);
        let priced = |path: &&BString| report.is_none() || !is_terraform(path.as_bstr());
        // A report of the agent's own that cannot be read as values bears no cost; what else may be in it could.
        let is_report = |path: &&BString| brought.iter().any(|(own, report)| *own == path.as_bstr() && !report.leads);
        let unread = |path: &&BString| after.refusal(path.as_bstr()).is_some() && before.file(path.as_bstr()).is_none();
        let bears = |path: &&BString| priced(path) && !(is_report(path) && unread(path));
        let changed: Vec<BString> = files.iter().map(|file| &file.path).filter(bears).cloned().collect();
        let public = Prices::default();
        let found = model(&before, &after, &changed, self.prices.as_ref().unwrap_or(&public));
        match (&self.prices, report) {
            // Where nothing that has a price changes, no list is needed.
            (Err(why), _) if found.source != CostSource::Nothing => Known::Unknown(why.clone()),
            (_, Some((path, Ok(report)))) => Known::Known(report.with(&path, found)),
            (_, Some((path, Err(why)))) => Known::Unknown(format!("{}: {why}", text::printable(&path))),
            (_, None) => {
                let prices = self.prices.as_ref().unwrap_or(&public);
                Known::Known(held_against(found, looked.fields, &before, &after, prices))
            }
        }
    }

    /// The inventory with every changed file: of a repository that is too large for it, some are not in it.
    fn with_all(&self, before: Arc<Inventory>, files: &[FileChange]) -> Arc<Inventory> {
        if before.missing.is_none() {
            return before;
        }
        let mut whole = Inventory::clone(&before);
        for file in files.iter().filter(|file| has_values(file.path.as_bstr())) {
            let path = file.path.as_bstr();
            let Some(old) = file.old.filter(|_| before.file(path).is_none() && before.refusal(path).is_none()) else {
                continue;
            };
            let read = self.store.blob(old.oid, MAX_FILE).map_err(|error| error.to_string());
            whole.put(file.path.clone(), read.and_then(|bytes| documents(path, &bytes)).map(Arc::from));
        }
        Arc::new(whole)
    }

    /// The report outside the round that is of it, or why there is one that cannot be used. Without Terraform in the change,
    /// only a report that says that it is of it counts.
    fn report(&self, looked: &Looked<'_>, files: &[FileChange]) -> Option<(String, Result<Report, String>)> {
        let named = self.situation.policy().cost.infracost.as_deref()?;
        let proposal = looked.proposal;
        let head = proposal.head.to_string();
        let path = named.replace("{head}", &head);
        let terraform = files.iter().any(|file| is_terraform(file.path.as_bstr()));
        let tree = self.store.tree_of(self.situation.target.tip).ok()?;
        let side = self.store.entry(tree, &path).ok()??;
        let read = self
            .store
            .blob(side.oid, MAX_REPORT as u64)
            .map_err(|error| error.to_string())
            .and_then(|bytes| report(&bytes));
        let read = match read {
            Ok(found) if !terraform && found.commit.is_none() && found.branch.is_none() && path == named => {
                return None;
            }
            Ok(found) => match found.of_another(&head, &proposal.id) {
                Some(_) if !terraform => return None,
                Some(other) => Err(format!("the report is of {other}, and not of this change")),
                // What else is wrong with it nobody can tell.
                None => match &found.problem {
                    Some(problem) => Err(problem.clone()),
                    None => Ok(found),
                },
            },
            Err(_) if !terraform => return None,
            Err(why) => Err(why),
        };
        Some((path, read))
    }

    /// The reports that the proposal itself brings.
    fn reports_inside<'f>(&self, files: &'f [FileChange]) -> Vec<(&'f BStr, Report)> {
        let named = self.situation.policy().cost.infracost.as_deref();
        let is_report = |path: &BStr| {
            let name = path.rsplit_str("/").next().unwrap_or_default().to_lowercase();
            name.ends_with(b".json") && name.contains_str("infracost") || named.is_some_and(|named| path == named)
        };
        let brought = files.iter().filter(|file| is_report(file.path.as_bstr())).take(MAX_REPORTS);
        let read = |file: &'f FileChange| {
            let bytes = self.store.blob(file.new?.oid, MAX_REPORT as u64).ok()?;
            Some((file.path.as_bstr(), report(&bytes).ok()?))
        };
        brought.filter_map(read).collect()
    }
}

/// What a report inside a proposal says: a claim.
fn claim(path: &BStr, report: Report, currency: &str) -> Option<ClaimedCost> {
    Some(ClaimedCost {
        said: path.to_str_lossy().into_owned(),
        delta: Monthly::of(report.delta?),
        in_report: true,
        currency: Some(report.currency).filter(|own| own != currency),
        problem: report.problem,
    })
}

/// Whether a file is what Infracost reads.
fn is_terraform(path: &BStr) -> bool {
    [".tf", ".tofu", ".tf.json", ".tfvars", "terragrunt.hcl"].iter().any(|end| path.ends_with_str(end))
}
