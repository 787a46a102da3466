//! The bill of materials, from what `cargo metadata` tells and the checksums in Cargo.lock. The same tree gives the same
//! octets: neither a time nor a random number is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// Checksums by name and version of a crate, as Cargo.lock has them.
pub(crate) type Lock = BTreeMap<(String, String), String>;

/// What `cargo metadata` tells of the crates for this platform.
pub(crate) fn metadata() -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let arguments = ["metadata", "--locked", "--offline", "--format-version=1", "--filter-platform", host];
    let said = Command::new(cargo).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().context("cargo")?;
    ensure!(said.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&said.stderr));
    Ok(serde_json::from_slice(&said.stdout)?)
}

/// The checksums in Cargo.lock.
pub(crate) fn lock() -> Result<Lock> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).context("Cargo.lock")?;
    let field = |package: &str, name: &str| {
        let value = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        value.map(|value| value.trim_matches('"').to_owned())
    };
    let packages = text.split("[[package]]").skip(1);
    let sums = packages.filter_map(|package| {
        let [name, version, sum] = ["name", "version", "checksum"].map(|name| field(package, name));
        Some(((name?, version?), sum?))
    });
    Ok(sums.collect())
}

/// How a crate gets into the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Linked,
    /// A macro or a build script: it runs while the program is built.
    Builds,
}

/// Crates by their identifiers, and what each needs.
struct Graph<'a> {
    root: &'a str,
    packages: BTreeMap<&'a str, &'a Value>,
    needs: BTreeMap<&'a str, Vec<(&'a str, Use)>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> Option<Self> {
        let by_id = |value: &'a Value| {
            let all = value.as_array()?.iter();
            all.map(|one| Some((one["id"].as_str()?, one))).collect::<Option<BTreeMap<_, _>>>()
        };
        let (packages, nodes) = (by_id(&metadata["packages"])?, by_id(&metadata["resolve"]["nodes"])?);
        let needs = |node: &'a Value| {
            let all = node["deps"].as_array()?.iter();
            Some(all.filter_map(|needed| need(node, needed, &packages)).collect::<Vec<_>>())
        };
        let needs = nodes.iter().map(|(id, node)| Some((*id, needs(node)?))).collect::<Option<_>>()?;
        Some(Self { root: metadata["resolve"]["root"].as_str()?, packages, needs })
    }

    /// Every crate that is needed for the program, and what it is needed for.
    fn used(&self) -> BTreeMap<&'a str, Use> {
        let (mut used, mut next) = (BTreeMap::new(), vec![(self.root, Use::Linked)]);
        while let Some((id, by)) = next.pop() {
            if used.get(id).is_none_or(|known| *known > by) {
                used.insert(id, by);
                next.extend(self.needs.get(id).into_iter().flatten().map(|(needed, to)| (*needed, by.max(*to))));
            }
        }
        used
    }
}

/// What is needed, and for what; `None` where only tests need it.
fn need<'a>(node: &Value, needed: &'a Value, packages: &BTreeMap<&str, &Value>) -> Option<(&'a str, Use)> {
    let id = needed["pkg"].as_str()?;
    let kinds = needed["dep_kinds"].as_array()?;
    if is_held(kinds) && !is_chosen(node, packages, id) {
        return None;
    }
    let is_macro = |target: &Value| target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"proc-macro".into()));
    let is_macro = packages.get(id)?["targets"].as_array()?.iter().any(is_macro);
    let is_linked = kinds.iter().any(|kind| kind["kind"].is_null()) && !is_macro;
    let is_needed = kinds.iter().any(|kind| kind["kind"] != "dev");
    is_needed.then_some((id, if is_linked { Use::Linked } else { Use::Builds }))
}

/// Whether it is named for a platform that does not exist: that holds two crates to versions of the same age, and has Cargo
/// tell of it as if it were needed.
fn is_held(kinds: &[Value]) -> bool {
    kinds.iter().any(|kind| kind["target"] == "cfg(any())")
}

/// Whether a feature that is on asks for that crate.
fn is_chosen(node: &Value, packages: &BTreeMap<&str, &Value>, id: &str) -> bool {
    let package = |id: &str| packages.get(id).copied().unwrap_or(&Value::Null);
    let name = package(id)["name"].as_str().unwrap_or_default();
    let asks = |feature: &Value| {
        let asked = &package(node["id"].as_str().unwrap_or_default())["features"][feature.as_str().unwrap_or_default()];
        let mut asked = asked.as_array().into_iter().flatten().filter_map(Value::as_str);
        asked.any(|asked| asked.trim_start_matches("dep:") == name)
    };
    node["features"].as_array().is_some_and(|on| on.iter().any(asks))
}

/// The licence in SPDX's words: before 2018 a stroke stood for OR.
pub(crate) fn licence(package: &Value) -> Option<String> {
    let text = package["license"].as_str()?;
    Some(text.split('/').map(str::trim).collect::<Vec<_>>().join(" OR "))
}

/// The name of a crate among those of all registries.
fn purl(package: &Value) -> Option<String> {
    Some(format!("pkg:cargo/{}@{}", package["name"].as_str()?, package["version"].as_str()?))
}

/// What the program and its crates are told of alike.
fn component(package: &Value, kind: &str) -> Result<Value> {
    let purl = purl(package).context("a crate without a name")?;
    let licence = licence(package).with_context(|| format!("{purl} has no licence"))?;
    Ok(json!({
        "type": kind,
        "bom-ref": purl,
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"expression": licence}],
        "purl": purl,
    }))
}

fn library(package: &Value, by: Use, lock: &Lock) -> Result<Value> {
    let mut told = component(package, "library")?;
    let key = ["name", "version"].map(|field| package[field].as_str().unwrap_or_default().to_owned());
    let sum = lock.get(&key.clone().into()).with_context(|| format!("Cargo.lock has no {key:?}"))?;
    told["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
    told["scope"] = if by == Use::Linked { "required" } else { "excluded" }.into();
    Ok(told)
}

/// The bill: the program, the crates that it is made from, and which needs which.
pub(crate) fn bill(metadata: &Value, lock: &Lock) -> Result<Value> {
    let graph = Graph::of(metadata).context("cargo metadata has changed its form")?;
    let used = graph.used();
    let libraries = used.iter().filter(|(id, _)| **id != graph.root);
    let libraries: Vec<_> = libraries.map(|(id, by)| library(graph.packages[id], *by, lock)).collect::<Result<_>>()?;
    let needs = |id: &str| {
        let all = graph.needs.get(id).into_iter().flatten();
        all.filter_map(|(needed, _)| purl(graph.packages[needed])).collect::<BTreeSet<_>>()
    };
    let needs = used.keys().map(|id| json!({"ref": purl(graph.packages[id]), "dependsOn": needs(id)}));
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(graph.packages[graph.root], "application")?},
        "components": libraries,
        "dependencies": needs.collect::<Vec<_>>(),
    }))
}
