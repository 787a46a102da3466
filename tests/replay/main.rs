//! `rawshake replay` as a program, over the files in captures/ and over what is made of them.

#[path = "../support/mod.rs"]
mod support;

mod choice;
mod comments;
mod exchanges;
mod input;
mod list;
mod live;
mod program;
mod stats;
