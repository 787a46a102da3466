//! Writes the list of all crates that the program is built from, with versions, licences and checksums, as CycloneDX 1.5 in
//! JSON: `sbom FILE`. `make dist` runs it.

mod bom;

use std::fs;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("usage: sbom FILE")?;
    let text = serde_json::to_string_pretty(&bom::bill(&bom::metadata()?, &bom::lock()?)?)?;
    fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}
