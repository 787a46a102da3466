"""A client that is killed while it is connected: it calls no close()."""

import os
import signal
import socket

client = socket.create_connection(("192.0.2.2", 7))
client.send(b"hello")
assert client.recv(100) == b"hello"
os.kill(os.getpid(), signal.SIGKILL)
