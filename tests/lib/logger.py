#!/usr/bin/env python3
"""logger.py SOCKET FILE [unread]: what comes to SOCKET, a line a record, after a first line "listening"."""
import os
import signal
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if len(sys.argv) > 3:
    log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
log.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as out:
    out.write(b"listening\n")
    if len(sys.argv) > 3:
        signal.pause()
    while True:
        out.write(log.recv(65536) + b"\n")
