#!/usr/bin/env python3
"""logger.py SOCKET FILE [unread|senders]: what comes to SOCKET, a line a record, after a first line "listening".

senders: before each record the uid that the kernel says it is from, as journald asks for it.
"""
import os
import signal
import socket
import struct
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
mode = sys.argv[3] if len(sys.argv) > 3 else ""
if mode == "unread":
    log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
log.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, mode == "senders")
log.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)        # as every user may write to it
with open(sys.argv[2], "ab", buffering=0) as out:
    out.write(b"listening\n")
    if mode == "unread":
        signal.pause()
    while True:
        record, control = log.recvmsg(65536, 64)[:2]
        for _, _, credentials in control:
            record = b"%d " % struct.unpack("3i", credentials)[1] + record
        out.write(record + b"\n")
