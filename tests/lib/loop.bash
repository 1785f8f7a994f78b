# loop.bash: loop devices as somebody else sees and makes them.

# What the loop device carries in lo_file_name, and LOOP_CONFIGURE by somebody else.
tag_of() { # DEVICE
	python3 - "$1" <<- 'END'
		import fcntl, os, sys
		info = fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x4C05, bytes(232))
		print(info[56:120].rstrip(b"\0").decode())
	END
}

attach_as() { # FILE TAG: without AUTOCLEAR, so that it stays; prints the device
	python3 - "$1" "$2" <<- 'END'
		import fcntl, os, struct, sys
		number = fcntl.ioctl(os.open("/dev/loop-control", os.O_RDWR), 0x4C82)
		config = bytearray(304)
		struct.pack_into("=II", config, 0, os.open(sys.argv[1], os.O_RDWR), 0)
		tag = sys.argv[2].encode()
		config[64:64 + len(tag)] = tag
		fcntl.ioctl(os.open("/dev/loop%d" % number, os.O_RDWR), 0x4C0A, bytes(config))
		print("/dev/loop%d" % number)
	END
}
