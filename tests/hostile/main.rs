//! Files, names and peers that mean harm: what reaches a person and a program is harmless, and what it costs is bounded.

#[path = "../common/mod.rs"]
mod common;

mod floods;
mod forged;
mod liar;
mod looks;
mod markup;
mod names;
mod outputs;
mod run;
mod sweep;
mod words;
