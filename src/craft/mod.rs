//! Hand-made endpoints without I/O: given the time and what arrived, they answer what to send and how long to wait.
