//! Programs that are not ours, with their calls.

use super::account::{Account, possible, rawshake};
use super::common::support::installed;

/// Runs a command in the lab.
fn run(command: &[&str]) -> Account {
    let mut program = rawshake("lab run --kernel --format json --");
    let account = Account::told(program.args(command), true);
    assert_eq!((account.said.code, account.compared.1), (Some(0), 0), "{account:?}");
    account
}

fn told(account: &Account, words: &str) {
    let expected: Vec<&str> = words.split_whitespace().collect();
    assert_eq!(account.missing(None, &expected), None, "{account:?}");
}

#[test]
fn curl_is_told_with_all_its_calls() {
    if !possible() || !installed("curl_is_told_with_all_its_calls", "curl") {
        return;
    }
    let account = run(&["curl", "-4", "-s", "-o", "/dev/null", "http://server/"]);
    told(
        &account,
        "c.socket=fd c.connect( c.>SYN_SENT client:SYN server:SYN+ACK c.>ESTABLISHED client:ACK c.sendto( \
        client:PSH+ACK s.sendto( server:PSH+ACK c.close( c.>FIN_WAIT1 client:FIN+ACK s.>CLOSE_WAIT",
    );
    told(&account, "s.>SYN_RECV s.>ESTABLISHED s.accept4=fd s.recvfrom=70 s.recvfrom=0 s.close( s.>LAST_ACK s.>CLOSE");
    assert!(account.said.out.contains(r#""name":"curl""#), "{account:?}");
}

#[test]
fn a_python_script_that_forks_is_told_with_its_child() {
    if !possible() || !installed("a_python_script_that_forks_is_told_with_its_child", "python3") {
        return;
    }
    let account = run(&["python3", "tests/kernel_column/programs/forks.py"]);
    told(
        &account,
        "c.socket=fd c.connect( c.>SYN_SENT client:SYN c.>ESTABLISHED client:ACK c.connect=0 c.sendto( \
        client:PSH+ACK c.recvfrom=5 c.close( c.close=0 c.close( c.>FIN_WAIT1 client:FIN+ACK c.close=0",
    );
    let closing: Vec<u64> = account.said.events().iter().filter(|event| is_close(event)).map(process).collect();
    assert!(closing.len() == 2 && closing[0] != closing[1], "{account:?}");
}

fn is_close(event: &serde_json::Value) -> bool {
    event["what"] == "called" && event["call"] == "close" && event["side"] == "client"
}

fn process(event: &serde_json::Value) -> u64 {
    event["process"].as_u64().expect("a process")
}
