"""frame.py KIND ARGUMENT...: one frame out of eth0, as no honest stack would send it.

arp SENDER                  "SENDER is at eth0's address", to everybody
vlan SOURCE TARGET MAC      an ICMP echo request inside two VLAN tags of number 0, for the station MAC
raw ETHERTYPE               sixty bytes of something else, to everybody
advert STATION              an IPv6 router advertisement, for the station
echo SOURCE TARGET STATION  an ICMP echo request, for the station
"""
import socket
import struct
import sys

EVERYBODY = b"\xff" * 6


def station(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return 0xFFFF & ~(total + (total >> 16))


def echo_request(source, target):
    icmp = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
    icmp = struct.pack("!BBHHH", 8, 0, checksum(icmp), 7, 1)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0,
                       socket.inet_aton(source), socket.inet_aton(target))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + icmp


def advertisement(own):
    body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\x01\x01" + own
    source = socket.inet_pton(socket.AF_INET6, "fe80::1")
    target = socket.inet_pton(socket.AF_INET6, "ff02::1")
    pseudo = source + target + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    return struct.pack("!IHBB", 0x60000000, len(body), 58, 255) + source + target + body


wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0))
own = wire.getsockname()[4]
kind, arguments = sys.argv[1], sys.argv[2:]
if kind == "arp":
    sender = socket.inet_aton(arguments[0])
    frame = EVERYBODY + own + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) \
        + own + sender + b"\0" * 6 + socket.inet_aton("172.30.0.1")
elif kind == "vlan":
    frame = station(arguments[2]) + own + struct.pack("!HHHHH", 0x8100, 0, 0x8100, 0, 0x0800) \
        + echo_request(arguments[0], arguments[1])
elif kind == "advert":
    frame = station(arguments[0]) + own + struct.pack("!H", 0x86DD) + advertisement(own)
elif kind == "echo":
    frame = station(arguments[2]) + own + struct.pack("!H", 0x0800) + echo_request(*arguments[:2])
else:
    frame = EVERYBODY + own + struct.pack("!H", int(arguments[0], 16)) + b"\0" * 60
# The header of IFF_VNET_HDR is the tap's business, not ours.
wire.send(frame.ljust(60, b"\0"))
