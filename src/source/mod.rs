//! Packets in: capture files and live capture.
