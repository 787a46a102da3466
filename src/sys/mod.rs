//! System calls, and the only room with `unsafe`: raw sockets, the RST guard, interfaces, routes, privileges, namespaces.
