//! The embedded test host: two network namespaces, a veth pair and real kernel servers, without sudo.
