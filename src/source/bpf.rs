//! The classic BPF machine: runs what libpcap compiled (McCanne and Jacobson, "The BSD Packet Filter", 1993).
//!
//! Ours, because `pcap_offline_filter` is reachable only with the captured length in place of the length on the wire,
//! which makes `len`, `greater` and `less` wrong on packets that were cut.

/// Words of scratch memory, M[0] to M[15].
const SCRATCH: usize = 16;

// Instruction classes, the low three bits of a code.
const LD: u16 = 0x00;
const LDX: u16 = 0x01;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ALU: u16 = 0x04;
const JMP: u16 = 0x05;
const RET: u16 = 0x06;
const MISC: u16 = 0x07;

/// One instruction, as `tcpdump -ddd` prints it.
#[derive(Clone, Copy, Debug)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    k: u32,
}

/// A compiled filter.
#[derive(Debug)]
pub(super) struct Program(Vec<Instruction>);

/// Registers while a program runs.
#[derive(Default)]
struct Machine {
    a: u32,
    x: u32,
    scratch: [u32; SCRATCH],
}

impl Program {
    /// From libpcap's instructions, each written as four numbers; none when one is not.
    pub(super) fn parse<I: ToString>(instructions: &[I]) -> Option<Self> {
        instructions
            .iter()
            .map(|instruction| Instruction::parse(&instruction.to_string()))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Whether the program accepts a packet of `wire_len` octets, of which `packet` was captured.
    ///
    /// As in the kernel, a load beyond the packet, a division by zero and an unknown instruction reject it. Jumps only
    /// lead forward, so it ends after as many steps as it has instructions.
    pub(super) fn accepts(&self, packet: &[u8], wire_len: u32) -> bool {
        let mut machine = Machine::default();
        let mut at = 0_usize;
        while let Some(instruction) = self.0.get(at) {
            let class = instruction.code & 7;
            if class == RET {
                return instruction.returned(machine.a) != 0;
            }
            let step = match class {
                JMP => Some(machine.jump(*instruction)),
                _ => machine.run(*instruction, packet, wire_len).map(|()| 0),
            };
            let Some(step) = step else { return false };
            at = at.saturating_add(1).saturating_add(step);
        }
        false
    }
}

impl Instruction {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let instruction = Self {
            code: fields.next()?.parse().ok()?,
            if_true: fields.next()?.parse().ok()?,
            if_false: fields.next()?.parse().ok()?,
            k: fields.next()?.parse().ok()?,
        };
        fields.next().is_none().then_some(instruction)
    }

    /// What a return instruction returns: `k`, or A.
    fn returned(self, a: u32) -> u32 {
        if self.code & 0x18 == 0x10 { a } else { self.k }
    }
}

impl Machine {
    /// Runs anything but a jump or a return; none rejects the packet.
    #[inline]
    fn run(&mut self, Instruction { code, k, .. }: Instruction, packet: &[u8], wire_len: u32) -> Option<()> {
        match code & 7 {
            LD => self.a = self.load(code, k, packet, wire_len)?,
            LDX if code & 0xe0 == 0xa0 => self.x = u32::from(*packet.get(k as usize)? & 0xf) * 4,
            LDX => self.x = self.load(code, k, packet, wire_len)?,
            ST => *self.scratch.get_mut(k as usize)? = self.a,
            STX => *self.scratch.get_mut(k as usize)? = self.x,
            ALU => self.a = self.calculate(code, k)?,
            MISC if code & 0xf8 == 0x80 => self.a = self.x,
            MISC => self.x = self.a,
            _ => return None,
        }
        Some(())
    }

    /// A value by the addressing mode in the upper three bits.
    #[inline]
    fn load(&self, code: u16, k: u32, packet: &[u8], wire_len: u32) -> Option<u32> {
        match code & 0xe0 {
            0x00 => Some(k),
            0x20 => packet_field(packet, k as usize, code),
            0x40 => packet_field(packet, self.x.checked_add(k)? as usize, code),
            0x60 => self.scratch.get(k as usize).copied(),
            0x80 => Some(wire_len),
            _ => None,
        }
    }

    /// The value operated on is X where the fourth bit is set, else `k`.
    fn operand(&self, code: u16, k: u32) -> u32 {
        if code & 0x08 != 0 { self.x } else { k }
    }

    fn calculate(&self, code: u16, k: u32) -> Option<u32> {
        let (a, operand) = (self.a, self.operand(code, k));
        match code & 0xf0 {
            0x00 => Some(a.wrapping_add(operand)),
            0x10 => Some(a.wrapping_sub(operand)),
            0x20 => Some(a.wrapping_mul(operand)),
            0x30 => a.checked_div(operand),
            0x40 => Some(a | operand),
            0x50 => Some(a & operand),
            0x60 => Some(a.checked_shl(operand).unwrap_or(0)),
            0x70 => Some(a.checked_shr(operand).unwrap_or(0)),
            0x80 => Some(a.wrapping_neg()),
            0x90 => a.checked_rem(operand),
            0xa0 => Some(a ^ operand),
            _ => None,
        }
    }

    /// How many instructions to pass over.
    #[inline]
    fn jump(&self, Instruction { code, if_true, if_false, k }: Instruction) -> usize {
        let operand = self.operand(code, k);
        let holds = match code & 0xf0 {
            0x10 => self.a == operand,
            0x20 => self.a > operand,
            0x30 => self.a >= operand,
            0x40 => self.a & operand != 0,
            _ => return k as usize,
        };
        usize::from(if holds { if_true } else { if_false })
    }
}

/// A word, half word or byte of the packet, in network byte order.
#[inline]
fn packet_field(packet: &[u8], at: usize, code: u16) -> Option<u32> {
    let field = packet.get(at..)?;
    match code & 0x18 {
        0x00 => field.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)),
        0x08 => field.first_chunk().map(|bytes| u32::from(u16::from_be_bytes(*bytes))),
        0x10 => field.first().map(|byte| u32::from(*byte)),
        _ => None,
    }
}
