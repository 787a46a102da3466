//! What is sent: text, a file, bytes, or an HTTP request.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use super::args::PayloadArgs;

/// The most that is read from a file: it is kept in memory until it is acknowledged.
const MOST: u64 = 64 << 20;

/// The payload that `args` ask for; `host` is what an HTTP request names, with the port where it is not 80.
pub(super) fn payload(args: &PayloadArgs, host: &str) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = &args.send {
        Ok(text.clone().into_bytes())
    } else if let Some(path) = &args.send_file {
        read(path)
    } else if let Some(digits) = &args.send_hex {
        bytes(digits)
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

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        return limited(io::stdin().lock(), "standard input");
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("cannot open {name} to send it"))?;
    limited(file, &name)
}

fn limited(input: impl Read, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut octets = Vec::new();
    input.take(MOST + 1).read_to_end(&mut octets).with_context(|| format!("cannot read {name}"))?;
    ensure!(octets.len() as u64 <= MOST, "{name} is longer than {} MiB, which is the most that is sent", MOST >> 20);
    Ok(octets)
}

fn bytes(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut digits = Vec::new();
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != ':') {
        match letter.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None => bail!("--send-hex: {:?} is not a hexadecimal digit", letter),
        }
    }
    ensure!(digits.len() % 2 == 0, "--send-hex: {} digits are not whole bytes", digits.len());
    Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_make_bytes() {
        assert_eq!(bytes("48 65:6C\n6c 6f").unwrap(), b"Hello");
        assert_eq!(bytes("").unwrap(), b"");
        assert_eq!(bytes("4").unwrap_err().to_string(), "--send-hex: 1 digits are not whole bytes");
        assert_eq!(bytes("4\u{7}").unwrap_err().to_string(), r"--send-hex: '\u{7}' is not a hexadecimal digit");
    }

    #[test]
    fn a_request_names_its_host() {
        assert_eq!(authority("server", 80), "server");
        assert_eq!(authority("2001:db8::2", 8080), "[2001:db8::2]:8080");
        let request = request("a\r\nb");
        assert!(request.contains("\r\nHost: ab\r\n") && request.ends_with("\r\n\r\n"), "{request}");
    }

    #[test]
    fn a_file_is_read_up_to_a_bound() {
        assert_eq!(limited(&b"abc"[..], "x").unwrap(), b"abc");
        let error = limited(io::repeat(0), "x").unwrap_err().to_string();
        assert_eq!(error, "x is longer than 64 MiB, which is the most that is sent");
        let error = format!("{:#}", read(Path::new("/no/such/file")).unwrap_err());
        assert!(error.starts_with("cannot open /no/such/file to send it: "), "{error}");
    }
}
