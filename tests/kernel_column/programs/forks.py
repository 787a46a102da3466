"""A client whose child has the same socket: the parent's close() sends nothing, and the child's, which comes later, a FIN."""

import os
import socket

client = socket.create_connection(("192.0.2.2", 7))
client.send(b"hello")
assert client.recv(100) == b"hello"
ear, mouth = os.pipe()
if os.fork() == 0:
    os.close(mouth)
    os.read(ear, 1)
    client.close()
    os._exit(0)
client.close()
os.close(mouth)
os.wait()
