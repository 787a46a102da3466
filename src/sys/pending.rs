//! What a kernel still has to do by itself.

use std::fs;
use std::io::ErrorKind;

use super::{Error, Result};

/// States in which Linux sends by itself, and again, until it is answered: SYN_SENT, SYN_RECV, FIN_WAIT1, LAST_ACK, CLOSING.
const RESTLESS: [&str; 5] = ["02", "03", "04", "09", "0B"];

/// Connections of the network namespace of this thread in which the kernel waits for an answer to a SYN or FIN.
///
/// # Errors
/// /proc is not mounted.
pub fn tcp() -> Result<usize> {
    ["tcp", "tcp6"].into_iter().map(|name| in_table(&format!("/proc/thread-self/net/{name}"))).sum()
}

fn in_table(path: &str) -> Result<usize> {
    match fs::read_to_string(path) {
        Ok(table) => Ok(count(&table)),
        // A kernel without IPv6.
        Err(error) if error.kind() == ErrorKind::NotFound && path.ends_with('6') => Ok(0),
        Err(error) => Err(Error::os(format!("read {path}"), error)),
    }
}

/// The state is the fourth word of a row; the first row is the heading.
fn count(table: &str) -> usize {
    let states = table.lines().skip(1).filter_map(|row| row.split_whitespace().nth(3));
    states.filter(|state| RESTLESS.contains(state)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_for_an_answer_is_counted() {
        let table = "  sl  local_address rem_address   st tx_queue\n\
             0: 00000000:0007 00000000:0000 0A 00000000:00000000\n\
             1: 020002C0:0007 010002C0:8D5C 09 00000000:00000000\n\
             2: 020002C0:0007 010002C0:8D5D 06 00000000:00000000\n\
             3: 020002C0:0007 010002C0:8D5E 03 00000000:00000000\n";
        assert_eq!(count(table), 2);
        assert_eq!(count(""), 0);
        assert!(tcp().is_ok());
    }
}
