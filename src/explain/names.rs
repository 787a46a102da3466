//! What both ends are called.

use std::net::SocketAddr;

use super::words;
use crate::trace::{Pair, Side, is_same};

/// Columns that a name may take.
const NAME_COLUMNS: usize = 40;

/// What both ends are called, in labels and in sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    labels: Pair<String>,
    /// Our own, hand-made end.
    you: Option<Side>,
    /// A proper name takes no article.
    proper: bool,
}

impl Names {
    /// Names for a connection between `sockets`. The end at `ours` is "you"; its peer is `peer_name`, or else by what
    /// it is: the client or the server.
    #[must_use]
    pub fn new(sockets: Option<Pair<SocketAddr>>, ours: Option<SocketAddr>, peer_name: Option<&str>) -> Self {
        let you = sockets
            .zip(ours)
            .and_then(|(sockets, ours)| Side::BOTH.into_iter().find(|side| is_same(ours, sockets[*side])));
        let mut labels = Pair { client: "client".to_owned(), server: "server".to_owned() };
        let mut proper = false;
        if let Some(you) = you {
            labels[you] = "you".to_owned();
            if let Some(name) = peer_name {
                labels[you.other()] = words::safe(name, NAME_COLUMNS);
                proper = true;
            }
        }
        Self { labels, you, proper }
    }

    /// Our own end, if it is one of the two.
    #[must_use]
    pub const fn you(&self) -> Option<Side> {
        self.you
    }

    /// The heading of a lane.
    #[must_use]
    pub fn label(&self, side: Side) -> &str {
        &self.labels[side]
    }

    /// As a subject or object: `you`, `the server`.
    #[must_use]
    pub fn the(&self, side: Side) -> String {
        format!("{}{}", self.article(side), self.labels[side])
    }

    /// As an owner: `your`, `the server's`.
    #[must_use]
    pub fn whose(&self, side: Side) -> String {
        format!("{}{}", self.article(side), self.whose_label(side))
    }

    /// As an owner without an article, for headings: `your`, `server's`.
    #[must_use]
    pub fn whose_label(&self, side: Side) -> String {
        if self.you == Some(side) { "your".to_owned() } else { format!("{}'s", self.labels[side]) }
    }

    /// As an owner at the end of a sentence: `yours`, `the server's`.
    #[must_use]
    pub fn theirs(&self, side: Side) -> String {
        if self.you == Some(side) { "yours".to_owned() } else { self.whose(side) }
    }

    fn article(&self, side: Side) -> &'static str {
        if self.you == Some(side) || self.proper { "" } else { "the " }
    }
}
