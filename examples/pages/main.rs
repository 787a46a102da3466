//! Writes what belongs beside the binary: `pages FOLDER` makes its man pages in `FOLDER/man` and completions for shells
//! in `FOLDER/completions`, all from the one tree of arguments. `make pages` runs it.

mod pages;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("usage: pages FOLDER")?;
    let files = [("man", pages::manual()?), ("completions", pages::completions())];
    for (kind, files) in files {
        let folder = Path::new(&folder).join(kind);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for (name, octets) in files {
            let path = folder.join(name);
            fs::write(&path, octets).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}
