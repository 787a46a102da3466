//! Questions in which one field was altered: every other value of every field is tried.

use serde_json::Value;

/// What a row says.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) label: String,
    pub(crate) from: String,
    pub(crate) flags: String,
    pub(crate) seq: i64,
    pub(crate) ack: Option<i64>,
    pub(crate) len: i64,
}

impl Shown {
    pub(crate) fn of(row: &Value) -> Self {
        let text = row["segment"].as_str().expect("a segment");
        let words: Vec<&str> = text.split_whitespace().collect();
        let value = |name: &str| words.iter().position(|word| *word == name).and_then(|at| words[at + 1].parse().ok());
        let flags: Vec<&str> = words.iter().copied().take_while(|word| *word != "seq").collect();
        Self {
            label: row["label"].as_str().expect("a label").to_owned(),
            from: row["from"].to_string(),
            flags: flags.join(" "),
            seq: value("seq").unwrap_or_default(),
            ack: value("ack"),
            len: value("len").unwrap_or_default(),
        }
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    pub(crate) fn end(&self) -> i64 {
        self.seq + self.len + i64::from(self.has("SYN")) + i64::from(self.has("FIN"))
    }
}

/// Whether there is a number for each end from which it can have sent these in this order, with nothing lost, and with
/// every acknowledgment of all before it.
fn is_possible(rows: &[Shown]) -> bool {
    // Where an end begins follows from its first own segment, or from what acknowledges it before.
    let begin = |own: &str| {
        let first = rows.iter().find(|row| row.from == own || row.ack.is_some());
        first.and_then(|row| if row.from == own { Some(row.seq) } else { row.ack })
    };
    ["\"client\"", "\"server\""].into_iter().all(|own| {
        let (mut next, mut is_closed) = (begin(own).unwrap_or_default(), false);
        rows.iter().all(|row| {
            if row.from != own {
                return row.ack.is_none_or(|ack| ack == next);
            }
            let fits = row.seq == next && !(is_closed && row.end() > row.seq) && (!row.has("SYN") || row.seq == 0);
            next = row.end();
            is_closed |= row.has("FIN");
            fits
        })
    })
}

/// Each change of one field, to any value near the numbers that are shown, that makes the rows possible.
pub(crate) fn corrections(rows: &[Shown]) -> Vec<String> {
    let numbers = rows.iter().flat_map(|row| [Some(row.seq), Some(row.end()), row.ack]).flatten();
    let (least, most) = (numbers.clone().min().unwrap_or(0) - 3, numbers.max().unwrap_or(0) + 3);
    // Farther off than a segment from every number that is shown, none fits.
    let known: Vec<i64> = rows.iter().flat_map(|row| [row.seq, row.ack.unwrap_or(row.seq)]).collect();
    let is_near = |number: &i64| known.iter().any(|one| (one - number).abs() <= 1600);
    let values: Vec<i64> = (least.max(0)..=most).filter(is_near).collect();
    let with = |at: usize, change: &dyn Fn(&mut Shown)| {
        let mut other = rows.to_vec();
        change(&mut other[at]);
        is_possible(&other)
    };
    let mut found = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if values.iter().any(|value| *value != row.seq && with(at, &|one| one.seq = *value)) {
            found.push(format!("{} seq", row.label));
        }
        if values
            .iter()
            .any(|value| row.ack.is_some_and(|ack| ack != *value) && with(at, &|one| one.ack = Some(*value)))
        {
            found.push(format!("{} ack", row.label));
        }
        let rest = row.flags.replace("SYN", "").replace("FIN", "");
        let sets = ["", "SYN", "FIN", "SYN FIN"].map(|set| format!("{set} {rest}"));
        let same = |set: &str| ["SYN", "FIN"].iter().all(|flag| set.contains(flag) == row.has(flag));
        if sets.iter().any(|set| !same(set) && with(at, &|one| one.flags.clone_from(set))) {
            found.push(format!("{} flags", row.label));
        }
    }
    found
}
