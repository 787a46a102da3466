//! `rawshake replay` as a program, over the files in captures/ and over what is made of them.

#[path = "../support/mod.rs"]
mod support;

mod input;
mod live;
mod program;
