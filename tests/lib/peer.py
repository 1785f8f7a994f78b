"""peer.py SOCKET MODE LOG: listens, notes each connection with its uid, and answers as MODE says."""
import os
import socket
import struct
import sys
import time

path, mode, log = sys.argv[1:]
SINGLE = {
    "ok": b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
    "ok-body": b"HTTP/1.1 200 OK\r\ncontent-LENGTH: \t2 \r\n\r\nhi",
    "refusing": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\n\x1b[2J",
    "escape": b"HTTP/1.1 204 \x1b[2J\x07\r\n\r\n",
    "nul": b"HTTP/1.1 204 No\0Content\r\n\r\n",
    "half": b"HTTP/1.1 204 No Content\r\nServ",
    "half-body": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
    "nothing": b"",
    "two": b"HTTP/1.1 204 a\r\n\r\nHTTP/1.1 204 b\r\n\r\n",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "twice-length": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
    "bad-length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "big-length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "long": b"HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n",
    "no-http": b"220 mail ready\r\n\r\n",
    "http2": b"HTTP/2.0 204 No\r\n\r\n",
    "status-2040": b"HTTP/1.1 2040 No\r\n\r\n",
    "status-99": b"HTTP/1.1 99 No\r\n\r\n",
    "bare-newlines": b"HTTP/1.1 204 No\n\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
}


def lingering():
    """A connection of which nobody takes what was sent, and whose last holder is to wait for that."""
    deaf = socket.create_server(("127.0.0.1", 0))
    one = socket.create_connection(deaf.getsockname())
    one.setblocking(False)
    try:
        while True:
            one.send(b"x" * 65536)
    except BlockingIOError:
        pass
    one.setblocking(True)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 20))
    return deaf, one


def answer(peer):
    if mode == "linger":
        # In time for the other one to be the last that has it.
        socket.send_fds(peer, [SINGLE["ok"]], [one.fileno()])
        one.close()
        time.sleep(60)
    elif mode == "drip":
        for byte in SINGLE["ok"]:
            peer.send(bytes([byte]))
            time.sleep(1)
    elif mode == "endless":
        peer.send(b"HTTP/1.1 204 No Content\r\n")
        while True:
            peer.send(b"X-More: " + b"x" * 1000 + b"\r\n")
    elif mode == "flood":
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
        while True:
            peer.send(b"\x1b[2J" * 65536)
    elif mode == "silent":
        time.sleep(60)
    else:
        peer.send(SINGLE[mode])
        # What "half" leaves open, "nothing" closes.
        if not mode.startswith("half"):
            time.sleep(0.1)


server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(0 if mode == "deaf" else 16)
if mode == "deaf":
    # Fills its own queue, so that nobody's connection is taken.
    mine = []
    for _ in range(4):
        one = socket.socket(socket.AF_UNIX)
        one.setblocking(False)
        mine.append(one)
        try:
            one.connect(path)
        except BlockingIOError:
            break
    time.sleep(60)
if mode == "linger":
    deaf, one = lingering()
while True:
    peer, _ = server.accept()
    pid, uid, gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    with open(log, "a") as out:
        print("connection", uid, file=out)
    try:
        if mode not in ("nothing", "linger"):
            peer.settimeout(None)
            with open(log, "ab") as out:
                out.write(peer.recv(65536))
        answer(peer)
    except (BrokenPipeError, ConnectionResetError):
        pass
    peer.close()
