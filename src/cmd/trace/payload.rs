//! What is said to the peer: text, a file, bytes, or an HTTP request.

use super::args::PayloadArgs;
use crate::cmd::payload;

/// The payload that `args` ask for; `host` is what an HTTP request names, with the port where it is not 80.
pub(super) fn payload(args: &PayloadArgs, host: &str) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = &args.send {
        Ok(text.clone().into_bytes())
    } else if let Some(path) = &args.send_file {
        payload::read(path)
    } else if let Some(digits) = &args.send_hex {
        payload::bytes("--send-hex", digits)
    } else if args.http {
        Ok(request(host).into_bytes())
    } else {
        Ok(Vec::new())
    }
}

/// `host` with `port`, as an HTTP request names them (RFC 9110 section 7.2).
pub(super) fn authority(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == 80 { host } else { format!("{host}:{port}") }
}

fn request(host: &str) -> String {
    // A host name comes from the command line: nothing in it may begin another line.
    let host: String = host.chars().filter(char::is_ascii_graphic).collect();
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    format!("GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_its_host() {
        assert_eq!(authority("server", 80), "server");
        assert_eq!(authority("2001:db8::2", 8080), "[2001:db8::2]:8080");
        let request = request("a\r\nb");
        assert!(request.contains("\r\nHost: ab\r\n") && request.ends_with("\r\n\r\n"), "{request}");
    }
}
