//! `rawshake watch`, against connections of this kernel and against traffic that the tests make frame by frame.

#[path = "../common/mod.rs"]
mod common;
mod complete;
mod copies;
mod files;
mod flood;
mod load;
mod plain;
mod program;
mod table;
