//! What a kernel has counted in the network namespace of the calling thread.

/// Connections that its kernel dropped because the queue of those that wait for accept() was full (TcpExt
/// ListenOverflows), since the namespace began; none where that cannot be read.
#[must_use]
pub fn listen_overflows() -> Option<u64> {
    value(&std::fs::read_to_string("/proc/thread-self/net/netstat").ok()?, "TcpExt:", "ListenOverflows")
}

/// One value of a table whose sections are a line of names and a line of values.
fn value(table: &str, section: &str, name: &str) -> Option<u64> {
    let mut lines = table.lines().filter(|line| line.starts_with(section)).map(str::split_whitespace);
    let (names, values) = (lines.next()?, lines.next()?);
    names.zip(values).find(|(found, _)| *found == name)?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_name() {
        let table = "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 5 7\nIpExt: InOctets\nIpExt: 9\n";
        assert_eq!(value(table, "TcpExt:", "ListenOverflows"), Some(7));
        assert_eq!((value(table, "IpExt:", "ListenOverflows"), value("", "TcpExt:", "x")), (None, None));
    }

    #[test]
    fn this_kernel_counts() {
        assert!(listen_overflows().is_some());
    }
}
