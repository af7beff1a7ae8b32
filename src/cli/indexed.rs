//! The history index for commands, which wait for it.

use crate::io::index::View;
use crate::io::workspace::{Situation, Workspace};
use crate::model::Known;

use super::output::Output;

/// The history, indexed first where that was not done; on a terminal one sees how far.
pub fn history(workspace: &Workspace, situation: &Situation, output: &mut Output) -> Known<View> {
    let tip = situation.target.tip;
    if let Some(view) = workspace.index.at(tip) {
        return Known::Known(view);
    }
    let view = {
        let output = std::sync::Mutex::new(&mut *output);
        workspace.history(tip, false, &|done| {
            if let Ok(mut output) = output.lock() {
                output.progress(&format!("indexing the history: {done} commits"));
            }
        })
    };
    output.progress("");
    view.into()
}
