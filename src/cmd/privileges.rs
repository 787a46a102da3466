//! What each command needs, and when it gives that up: the last words of its help.

/// Command, and the words.
const PRIVILEGES: [(&str, &str); 12] = [
    ("trace", BY_HAND),
    ("send", BY_HAND),
    ("listen", BY_HAND),
    (
        "ping",
        "CAP_NET_RAW, or a group in net.ipv4.ping_group_range; as root
or with that capability, all is given up before the first answer is decoded.",
    ),
    (
        "watch",
        "CAP_NET_RAW; for --kernel root. All of it is given up before
the first packet is decoded; -v says what is held.",
    ),
    (
        "replay",
        "none; what root has is given up before the first packet is
decoded. --onto needs CAP_NET_RAW, and --against CAP_NET_ADMIN as well, which
are given up no later.",
    ),
    (
        "quiz",
        "none; what root has is given up before the first packet is
decoded.",
    ),
    (
        "learn",
        "none, so leave out sudo: what it is given, it keeps, since it
starts a process for each run. Those give it up.",
    ),
    (
        "lab",
        "none; for --kernel root. They are kept: programs run with the
rights of who runs this.",
    ),
    (
        "sockets",
        "none; root sees the processes of others, too. They are kept:
nothing but the kernel is asked.",
    ),
    (
        "doctor",
        "none; with sudo it says what root can. They are kept: nothing
but the kernel is asked.",
    ),
    ("explain", "none."),
];

const BY_HAND: &str = "CAP_NET_RAW and CAP_NET_ADMIN; for --kernel root; with
--lab none. All of it is given up before the first packet is decoded; -v says
what is held.";

/// Adds them to the help of a command.
pub(super) fn told(command: clap::Command) -> clap::Command {
    let Some((_, words)) = PRIVILEGES.iter().find(|(name, _)| *name == command.get_name()) else { return command };
    let with = |help: &clap::builder::StyledStr| format!("{help}\n\nPrivileges: {words}");
    let (short, long) = (command.get_after_help().map(with), command.get_after_long_help().map(with));
    let command = command.after_help(short.unwrap_or_default());
    match long {
        Some(long) => command.after_long_help(long),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::PRIVILEGES;

    #[test]
    fn every_command_says_what_it_needs() {
        let program = crate::cmd::command();
        for command in program.get_subcommands() {
            let helps = [command.get_after_help(), command.get_after_long_help()];
            for help in helps.into_iter().flatten().map(ToString::to_string) {
                assert_eq!(help.matches("\n\nPrivileges: ").count(), 1, "{}", command.get_name());
            }
            assert!(PRIVILEGES.iter().any(|(name, _)| *name == command.get_name()), "{}", command.get_name());
        }
        assert_eq!(PRIVILEGES.len(), program.get_subcommands().count());
    }
}
