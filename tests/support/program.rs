//! The program under test, and what it said.

use std::process::Output;

use serde_json::Value;

/// The program.
pub(crate) const RAWSHAKE: &str = env!("CARGO_BIN_EXE_rawshake");

/// What a run said, and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }

    /// The events of a run with `--format json`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// The only verdict of a run with `--format json`.
    pub(crate) fn verdict(&self) -> Value {
        let mut verdicts: Vec<Value> = self.events();
        verdicts.retain(|event| event["event"] == "ended");
        assert_eq!(verdicts.len(), 1, "{self:?}");
        verdicts.remove(0)
    }

    /// The segments of a run with `--format json`, each as `client SYN ACK`.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.events().iter().filter(|event| event["event"] == "segment").map(segment).collect()
    }
}

/// Who sent which flags.
pub(crate) fn segment(event: &Value) -> String {
    let flags: Vec<&str> = event["flags"].as_array().expect("flags").iter().filter_map(Value::as_str).collect();
    format!("{} {}", event["from"].as_str().expect("a side"), flags.join(" "))
}
