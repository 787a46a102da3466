//! A lesson to be damaged.

/// A small lesson that can be played.
pub(super) const GOOD: &str = "\
---
number: 7
name: small
title: A small one
question: What is it?
needs: the lab
minutes: 3
introduces: pair
---

# Question
Two are a *pair*.
They belong together.

# Predict
Which flags come?

flags = answer.flags
because: so it is, {answer.ack}.

# Run
$ trace --lab --lab-wire 'drop=2 seed=7'
hello: you SYN
answer: server SYN ACK after hello
expect answer.ack = hello.seq + 1

# Explain
It was {answer.ack}, and you {answer.you}.

# Predict
Which one?

- the first
  > No: it was
  the other.
* the second
because: it is.

# Run
$ ping --lab
ping: you icmp 8
pong: server icmp 0/0 after ping
expect pong.count >= 1

# Explain
There were {ping.count}.

# Textbook
It says otherwise.

# Try
More:

    rawshake trace --lab
    rawshake ping --lab

# Teacher
Be patient.
";

/// The lesson, with `from` replaced by `to`; `from` must be there.
pub(super) fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from:?}");
    GOOD.replacen(from, to, 1)
}
