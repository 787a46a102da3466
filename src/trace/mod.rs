//! Segments to connections: what happened, to which connection, in which states, and how sure we are.
