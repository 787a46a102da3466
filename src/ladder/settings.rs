//! What a caller may choose about the picture.

use std::collections::HashSet;
use std::net::SocketAddr;

use super::Handout;
use crate::explain::{self, Topic, Weight};
use crate::wire::Comments;

/// How much is said beside the arrows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The arrows only.
    Quiet,
    /// A reason where there is something to learn.
    #[default]
    Normal,
    /// Every reason, nothing folded.
    Verbose,
}

impl Verbosity {
    /// Whether a reason is worth a line, where these topics were `said` before.
    pub(super) fn tells(self, weight: Weight, said: &mut HashSet<Topic>) -> bool {
        let verbose = self == Self::Verbose;
        let is_worth = match weight {
            Weight::Key => true,
            Weight::Once(topic) => said.insert(topic) || verbose,
            Weight::First(topic) => said.insert(topic),
            Weight::Detail => verbose,
        };
        is_worth && self > Self::Quiet
    }
}

/// Settings of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Columns to draw in: 80 show everything, 60 leave out options, 40 is the least (less counts as 40).
    pub width: usize,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Sequence numbers as they are on the wire.
    pub absolute: bool,
    /// How much is said.
    pub verbosity: Verbosity,
    /// The socket of a hand-made end: it is called "you", and its states are observed. Port 0 stands
    /// for every port of the address.
    pub ours: Option<SocketAddr>,
    /// Nobody keeps a state for that end: its segments are sent as they were asked for.
    pub by_hand: bool,
    /// What the peer of a hand-made end is called; `server` if nothing is said.
    pub peer_name: Option<String>,
    /// Ladders are made into sheets for a class.
    pub handout: Option<Handout>,
    /// What was remarked in the capture.
    pub comments: Comments,
}

impl Settings {
    /// What was remarked on this packet, where more than arrows is drawn.
    pub(super) fn remarks(&self, packet: u64) -> Vec<String> {
        if self.verbosity == Verbosity::Quiet {
            return Vec::new();
        }
        self.comments.of(packet).iter().map(|comment| explain::comment(comment, self.ascii)).collect()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            width: 80,
            ascii: false,
            absolute: false,
            verbosity: Verbosity::Normal,
            ours: None,
            by_hand: false,
            peer_name: None,
            comments: Comments::default(),
            handout: None,
        }
    }
}
