//! Exit codes.

use super::entry::Entry;
use super::page::Kind;

const BLANK: Entry = Entry::blank(Kind::Exit);

/// Every exit code.
pub(super) const EXITS: &[Entry] = &[
    Entry {
        name: "0",
        gloss: "what was asked for happened",
        is: "The connection opened and closed as it should, the expected answer came, or the file had what was asked for.",
        command: "trace --lab",
        ..BLANK
    },
    Entry {
        name: "1",
        gloss: "no reply, or not the expected one",
        is: "Everything worked here, but the other end did not answer, or otherwise: refused, reset, silent.",
        command: "trace --lab --lab-server refuses",
        ..BLANK
    },
    Entry {
        name: "2",
        gloss: "it could not be done",
        is: "An error on this side: wrong arguments, a missing privilege, a file that cannot be read. Standard error says \
             which.",
        command: "explain exits",
        ..BLANK
    },
    Entry {
        name: "130",
        gloss: "ended by Ctrl-C",
        is: "128 and the number of the signal that ended it; that of Ctrl-C is 2. What was made is taken down first.",
        command: "explain exits",
        ..BLANK
    },
];
