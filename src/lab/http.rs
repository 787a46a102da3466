//! A very small HTTP/1.1 origin server (RFC 9110, RFC 9112): one page, whatever is asked for.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// The page of the lab.
const BODY: &str = "Hello from the lab.\n";

/// A request head may be this long, in octets.
const LONGEST_HEAD: usize = 16 * 1024;

/// The bytes received and not yet answered.
#[derive(Clone, Debug)]
pub struct Requests {
    unanswered: Vec<u8>,
    page: &'static str,
}

impl Default for Requests {
    fn default() -> Self {
        Self::new(BODY)
    }
}

/// An answer, and whether the connection is to be closed after it.
#[derive(Clone, Debug)]
pub struct Response {
    /// Head and body.
    pub bytes: Vec<u8>,
    /// Nothing comes after it.
    pub close: bool,
}

impl Requests {
    /// None yet; `page` is what they will be answered with.
    #[must_use]
    pub const fn new(page: &'static str) -> Self {
        Self { unanswered: Vec::new(), page }
    }

    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.unanswered.extend_from_slice(bytes);
    }

    /// The answer to the first complete request; `None` while there is none. An answer that closes is the last.
    pub fn next_response(&mut self) -> Option<Response> {
        let end = self.unanswered.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|start| start + 4);
        match end {
            Some(end) if end <= LONGEST_HEAD => {
                let head: Vec<u8> = self.unanswered.drain(..end).collect();
                Some(answer(&head, self.page))
            }
            None if self.unanswered.len() <= LONGEST_HEAD => None,
            _ => Some(response("431 Request Header Fields Too Large", true, true, "", self.page)),
        }
    }
}

/// What matters of a request head.
struct Head<'a> {
    method: &'a str,
    version: &'a str,
    has_host: bool,
    has_body: bool,
    /// What the Connection header says: `Some(true)` close, `Some(false)` keep-alive.
    close: Option<bool>,
}

fn answer(head: &[u8], page: &str) -> Response {
    let response = |status, close, with_body, more| response(status, close, with_body, more, page);
    let Some(head) = std::str::from_utf8(head).ok().and_then(parse) else {
        return response("400 Bad Request", true, true, "");
    };
    // HTTP/1.0 closes unless asked to stay, HTTP/1.1 stays unless asked to close. A body is not read, so that nothing
    // after it could be understood.
    let close = head.has_body || head.close.unwrap_or(head.version == "HTTP/1.0");
    match head.method {
        _ if head.version == "HTTP/1.1" && !head.has_host => response("400 Bad Request", true, true, ""),
        "GET" => response("200 OK", close, true, ""),
        "HEAD" => response("200 OK", close, false, ""),
        _ => response("405 Method Not Allowed", close, true, "Allow: GET, HEAD\r\n"),
    }
}

fn parse(head: &str) -> Option<Head<'_>> {
    let mut lines = head.trim_end_matches("\r\n").split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, _target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || method.is_empty() || !matches!(version, "HTTP/1.0" | "HTTP/1.1") {
        return None;
    }
    let mut parsed = Head { method, version, has_host: false, has_body: false, close: None };
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" => parsed.has_host = true,
            "content-length" => parsed.has_body |= value != "0",
            "transfer-encoding" => parsed.has_body = true,
            "connection" => parsed.close = connection(value).or(parsed.close),
            _ => {}
        }
    }
    Some(parsed)
}

fn connection(value: &str) -> Option<bool> {
    let mut options = value.split(',').map(str::trim);
    if options.clone().any(|option| option.eq_ignore_ascii_case("close")) {
        return Some(true);
    }
    options.any(|option| option.eq_ignore_ascii_case("keep-alive")).then_some(false)
}

fn response(status: &str, close: bool, with_body: bool, more: &str, page: &str) -> Response {
    let body = if status.starts_with("200") { page.to_owned() } else { format!("{status}\n") };
    let mut text = format!("HTTP/1.1 {status}\r\n{}{more}Content-Type: text/plain\r\n", date());
    text += &format!("Content-Length: {}\r\n", body.len());
    text += if close { "Connection: close\r\n\r\n" } else { "Connection: keep-alive\r\n\r\n" };
    if with_body {
        text += &body;
    }
    Response { bytes: text.into_bytes(), close }
}

/// The Date header that an origin server with a clock must send (RFC 9110, section 6.6.1).
fn date() -> String {
    let now = Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH);
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    text.map_or_else(|_| String::new(), |date| format!("Date: {date}\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers to what arrives piece by piece: status line and whether it closes.
    fn answers(pieces: &[&[u8]]) -> Vec<(String, bool)> {
        let mut requests = Requests::default();
        let mut answers = Vec::new();
        for piece in pieces {
            requests.push(piece);
            while let Some(response) = requests.next_response() {
                let text = String::from_utf8(response.bytes).unwrap();
                answers.push((text.lines().next().unwrap().to_owned(), response.close));
                if response.close {
                    return answers;
                }
            }
        }
        answers
    }

    #[test]
    fn the_connection_header_decides() {
        for (request, status, close) in [
            ("GET / HTTP/1.1\r\nHost: server\r\n\r\n", "200 OK", false),
            ("GET / HTTP/1.1\r\nhost: server\r\nConnection: Close\r\n\r\n", "200 OK", true),
            ("HEAD / HTTP/1.1\r\nHost: server\r\nConnection: te, close\r\n\r\n", "200 OK", true),
            ("GET / HTTP/1.0\r\n\r\n", "200 OK", true),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 OK", false),
            ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request", true),
            ("POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 3\r\n\r\n", "405 Method Not Allowed", true),
            ("nonsense\r\n\r\n", "400 Bad Request", true),
        ] {
            assert_eq!(answers(&[request.as_bytes()]), [(format!("HTTP/1.1 {status}"), close)], "{request}");
        }
        assert_eq!(answers(&[b"\xff\xfe\r\n\r\n"]), [("HTTP/1.1 400 Bad Request".to_owned(), true)]);
    }

    #[test]
    fn requests_may_come_in_pieces_or_together() {
        let request = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n";
        assert_eq!(answers(&[&request[..7], &request[7..30], &request[30..]]).len(), 1);
        assert_eq!(answers(&[&request.repeat(3)]).len(), 3);
    }

    #[test]
    fn an_endless_head_is_refused() {
        let answers = answers(&[&[b'a'; LONGEST_HEAD], b"aa"]);
        assert_eq!(answers, [("HTTP/1.1 431 Request Header Fields Too Large".to_owned(), true)]);
    }

    #[test]
    fn the_page_is_as_long_as_it_says() {
        let response = answer(b"GET / HTTP/1.1\r\nHost: server\r\n\r\n", BODY);
        let text = String::from_utf8(response.bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, BODY);
        assert!(head.contains(&format!("Content-Length: {}", BODY.len())));
        assert!(head.contains("\r\nDate: ") && head.contains(" GMT\r\n"), "{head}");
        assert!(answer(b"HEAD / HTTP/1.0\r\n\r\n", BODY).bytes.ends_with(b"\r\n\r\n"));
    }
}
