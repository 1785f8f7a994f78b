"""images.py DIRECTORY: damages copies of plain.ext4, byte by byte as ext4's documentation numbers them."""
import os
import shutil
import struct
import subprocess
import sys

where = sys.argv[1]
plain = where + "/plain.ext4"
SUPER = 1024


def image(name, *changes, size=None):
    path = f"{where}/{name}.ext4"
    subprocess.run(["cp", "--sparse=always", plain, path], check=True)
    with open(path, "r+b") as file:
        for at, value in changes:
            file.seek(at)
            file.write(value)
        if size is not None:
            file.truncate(size)
    os.chown(path, 1900, 1900)
    return path


def le32(number):
    return struct.pack("<I", number)


def debugfs(path, *commands):
    subprocess.run(["debugfs", "-w", "-f", "-", path], input="\n".join(commands), text=True,
                   check=True, capture_output=True)


def field(name, *pairs, **more):
    """Superblock fields through debugfs, which keeps the checksum."""
    path = image(name, **more)
    debugfs(path, *(f"set_super_value {key} {value}" for key, value in pairs))
    return path


def inode_of(path):
    """Offset of an inode in plain.ext4."""
    text = subprocess.run(["debugfs", "-R", f"imap {path}", plain], check=True, capture_output=True,
                          text=True).stdout
    block, offset = text.split("located at block ")[1].split(", offset ")
    return int(block) * 4096 + int(offset.strip(), 16)


def block_of(path, index=0):
    text = subprocess.run(["debugfs", "-R", f"bmap {path} {index}", plain], check=True,
                          capture_output=True, text=True).stdout
    return int(text.strip()) * 4096


# Refused by their superblocks.
field("external", ("journal_uuid", "deadbeef-dead-beef-dead-beefdeadbeef"))
field("journal9", ("journal_inum", "9"))
field("journaldev", ("journal_dev", "0x0701"))
field("unknown", ("feature_incompat", "0x800002c2"))
field("mmp", ("feature_incompat", "0x3c2"))
field("recover", ("feature_incompat", "0x2c6"))
field("notclean", ("state", "0"))
field("errors", ("state", "3"))
field("orphans", ("last_orphan", "12"))
field("first", ("first_data_block", "218"))
field("revision", ("rev_level", "0"))
image("short", size=8 << 20)
image("luks", (0, b"LUKS\xba\xbe\0\1"))

# Damaged further down; checksums stay as they were, or the inode's is mended by debugfs.
good = inode_of("/etc/hostname")
image("bad-csum", (good + 4, le32(5)))
image("bad-inode", (good, b"\xff" * 256))
image("bad-bitmap", (4096 * 64, b"\xa5" * 4096))
image("bad-gdt", (4096, b"\xff" * 4096))
image("bad-root", (inode_of("/") + 40, b"\xff" * 60))
image("bad-tree", (inode_of("/large") + 40, b"\x0a\xf3\xff\xff\xff\xff\xff\xff"))
for name, entry in ("slash", b"x/y"), ("escape", b"\x1b]0"), ("dots", b"..\0"), ("length", None):
    block = block_of("/d")
    image("bad-" + name, (block + 24 + 8, entry) if entry else (block + 24 + 4, b"\x03\x00"))
image("bad-first", (SUPER + 0x14, le32(77)))
image("bad-groups", (SUPER + 0x20, le32(8)))
image("bad-inodes", (SUPER + 0x28, le32(0xffffffff)))
image("bad-log", (SUPER + 0x18, le32(31)))
image("bad-isize", (SUPER + 0x58, b"\x07\x00"))
image("bad-desc", (SUPER + 0xfe, b"\xff\xff"))
for name, key, value in (("size", "size", "1099511627776"), ("flags", "flags", "0x10080800"),
                         ("links", "links_count", "0"), ("extent", "block[0]", "0xffff"),
                         ("acl", "file_acl", "3"), ("mode", "mode", "0170000")):
    debugfs(image("bad-set-" + name), f"set_inode_field /etc/hostname {key} {value}")
debugfs(image("bad-dir-size"), "set_inode_field /d size 17592186044416")
debugfs(image("bad-dir-loop"), "link /etc /d/x")
debugfs(image("bad-dir-self"), "set_inode_field /d block[0] 0")
debugfs(image("encrypted"), "set_inode_field /etc/hostname flags 0x80800",
        "set_inode_field /links/relative flags 0x800")
debugfs(image("bad-twice"), "set_inode_field /d/zz links_count 1", "set_inode_field /links links_count 64998")
debugfs(image("bad-reserved"), "link <8> /d/journal")
debugfs(image("bad-symlinks"), "set_inode_field /links/relative size 30", "set_inode_field /links/up size 90",
        "set_inode_field /links/absolute size 5000", "set_inode_field /links/through size 0")
debugfs(image("huge"), "write /dev/null f", "set_inode_field /f size 17592186044416")
