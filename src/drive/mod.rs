//! Joins `craft` to `sys` and the tracer: the poll loop, the clock, deadlines and interrupts.

pub mod ping;
