"""Three clients of a server with a backlog of 1 that does not call accept() for a while.

The first takes one of two places. The other two call at the same moment, over a slow wire: both get an answer, and the last
ACK of one of them finds no place. Its client is connected, and its server is not, until the server has called accept().
The server is started from here, on the far host of the lab in which this one runs.
"""

import socket
import subprocess
import sys
import time


def serve():
    listener = socket.socket()
    listener.bind(("192.0.2.2", 5000))
    listener.listen(1)
    print("ready", flush=True)
    sys.stdin.readline()
    served = [listener.accept()[0] for _ in range(3)]
    for connection in served:
        assert connection.recv(100) == b"hello"
        connection.close()


def call():
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("192.0.2.2", 5000))
    return client


if len(sys.argv) == 1:
    serve()
    sys.exit()
command = [sys.argv[1], "lab", "run", "--join", "--on", "server", "--", sys.executable, __file__]
server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
assert server.stdout.readline() == "ready\n"
clients = [call()]
time.sleep(0.3)
clients += [call(), call()]
time.sleep(1.3)
server.stdin.write("go\n")
server.stdin.flush()
for client in clients:
    client.setblocking(True)
    client.send(b"hello")
for client in clients:
    assert client.recv(100) == b""
    client.close()
sys.exit(server.wait())
