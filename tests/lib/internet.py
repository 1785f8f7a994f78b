"""internet.py: the other side of the uplink. TCP port 80 of every address here says who called."""
import socket

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", 80))
listener.listen(16)
print("there", flush=True)
while True:
    caller, address = listener.accept()
    with caller:
        caller.sendall((address[0] + "\n").encode())
