//! RFC 9293 as data and small functions: states, sequence arithmetic, events, the transition table.
