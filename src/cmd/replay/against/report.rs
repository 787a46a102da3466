//! What is shown of a run when it is over: both connections, marked where they differ, and the verdict.

use std::io::{self, Write};
use std::net::SocketAddr;

use super::recording::{Recording, side};
use super::run::Played;
use crate::cmd::beside::{self, Mark, Pictured};
use crate::cmd::kept::Kept;
use crate::cmd::output::{Format, OutputArgs};
use crate::craft::conversation::{Difference, Role, excerpt};
use crate::explain::{Bytes, Rerun, Share, differences};
use crate::ladder::Settings;
use crate::sink;
use crate::sys::terminal;

/// The turns of which the beginnings are put on one line.
const ANCHORS: usize = 1000;

/// One recording, and one run of it.
pub(super) struct Report<'a> {
    pub(super) recording: &'a Recording,
    pub(super) played: &'a Played,
    /// The side that was played.
    pub(super) role: Role,
    /// Our own socket; port and address may stand for any.
    pub(super) ours: SocketAddr,
    pub(super) ignores: bool,
}

impl Report<'_> {
    /// What was other than recorded.
    pub(super) fn rerun(&self) -> Rerun {
        let Self { recording, played, role, .. } = self;
        let conversation = &recording.conversation;
        let ours = side(*role);
        let both = recording.kept.summary.as_ref().zip(played.kept.summary.as_ref());
        let heard = &played.heard;
        // Who never came to speak did not speak otherwise.
        let is_open = played.complaint.is_none() || heard.total() > 0 || played.said > 0;
        Rerun {
            recording: format!("connection {} of {}", recording.number, recording.name),
            ours,
            said: Share { live: played.said as u64, recorded: conversation.part(*role).octets.len() as u64 },
            heard: Share { live: heard.total(), recorded: heard.recorded().len() as u64 },
            ignores: self.ignores,
            bytes: heard.difference(true).filter(|_| is_open).map(|difference| self.bytes(difference)),
            differences: both.map_or_else(Vec::new, |(was, is)| differences(was, is, ours.other())),
            failure: self.failure(),
        }
    }

    /// What went wrong, unless it went wrong in the same way when it was recorded.
    fn failure(&self) -> Option<String> {
        let reset_by = |kept: &Kept| kept.summary.as_ref().and_then(|summary| summary.reset_by);
        let reset = reset_by(&self.played.kept);
        let as_recorded = reset.is_some() && reset == reset_by(&self.recording.kept);
        self.played.complaint.clone().filter(|_| !as_recorded)
    }

    fn bytes(&self, difference: Difference) -> Bytes {
        let Difference { recorded, live } = difference;
        let heard = &self.played.heard;
        let turns = self.recording.conversation.turns();
        let is_in =
            |turn: &crate::craft::conversation::Turn| turn.by == self.role.other() && recorded < turn.octets.end;
        let turn = turns.iter().position(is_in).unwrap_or(turns.len().saturating_sub(1));
        let (was, at) = excerpt(heard.recorded(), recorded);
        let (is, live_at) = excerpt(heard.live(), live);
        Bytes {
            recorded_at: recorded as u64,
            live_at: live as u64,
            turn: (turn + 1, turns.len()),
            before: was[..at].to_vec(),
            recorded: was[at..].to_vec(),
            live: is[live_at..].to_vec(),
        }
    }

    /// Shows it.
    pub(super) fn show(&self, rerun: &Rerun, output: &OutputArgs, out: &mut dyn Write) -> anyhow::Result<()> {
        let settings = output.settings(terminal::width(io::stdout()));
        if output.format == Format::Ladder {
            self.pictures(rerun, &settings, out)?;
        }
        sink::rerun(output.format, &settings, rerun, out)?;
        Ok(out.flush()?)
    }

    fn pictures(&self, rerun: &Rerun, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        let (was, is) = (&self.recording.kept, &self.played.kept);
        let marks = self.marks(rerun, settings.ascii);
        let turns = self.recording.conversation.turns().into_iter().filter(|turn| turn.by == self.role).take(ANCHORS);
        let turns = turns.map(|turn| (side(self.role), turn.octets.start));
        let anchors = beside::anchors([was, is], turns, &marks);
        let name = format!("Recorded: {}", rerun.recording);
        let heading = format!("{name}, beside the live one");
        let both = [
            Pictured { kept: was, heading: name, name: "the recorded connection", ours: settings.ours },
            Pictured { kept: is, heading: "Live".to_owned(), name: "the live connection", ours: Some(self.ours) },
        ];
        beside::pictures(&both, &heading, (&marks, &anchors), settings, out)
    }

    /// What differs, at the packets where it does.
    fn marks(&self, rerun: &Rerun, ascii: bool) -> Vec<Mark> {
        let (was, is) = (&self.recording.kept, &self.played.kept);
        let peer = rerun.ours.other();
        let at = |kept: &Kept, octet: u64| kept.carrier(peer, octet as usize).or_else(|| kept.end(peer));
        let bytes = rerun.bytes.iter().map(|bytes| {
            let packets = [at(was, bytes.recorded_at), at(is, bytes.live_at)];
            (packets, [false, true].map(|live| bytes.mark(live, ascii)))
        });
        let others = rerun.differences.iter().map(|difference| {
            let packets = beside::places([was, is], difference.what, peer);
            (packets, [false, true].map(|live| difference.mark(live)))
        });
        others.chain(bytes).collect()
    }
}

/// Shows the recorded connection, where events are shown as they come, and opens what shows the live one so; for the ladder
/// nothing is shown before all is over.
pub(super) fn begin<'a>(
    recording: &Recording,
    output: &OutputArgs,
    out: &'a mut dyn Write,
) -> io::Result<Box<dyn sink::Sink + 'a>> {
    let settings = output.settings(None);
    let mut recorded = beside::events(output.format, "recorded", &settings, out)?;
    recording.kept.events.iter().try_for_each(|event| recorded.event(event))?;
    recorded.finish()?;
    drop(recorded);
    beside::events(output.format, "live", &settings, out)
}
