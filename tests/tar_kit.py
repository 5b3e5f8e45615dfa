"""Members of tar archives, octet by octet."""


def header(name, size=0, kind=b"0", link=b"", wrong_sum=0):
    """One ustar header (POSIX.1-2017)."""
    fields = bytearray(512)
    fields[:len(name)] = name
    for at, text in ((100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"),
                     (124, b"%011o\0" % size), (136, b"00000000000\0"), (156, kind),
                     (157, link), (257, b"ustar\x0000"), (148, b" " * 8)):
        fields[at:at + len(text)] = text
    fields[148:156] = b"%06o\0 " % (sum(fields) + wrong_sum)
    return bytes(fields)


def member(name, data=b"x", **options):
    return header(name, len(data), **options) + data + bytes(-len(data) % 512)


def pax(**records):
    body = b""
    for key, value in records.items():
        rest = b" " + key.encode() + b"=" + value + b"\n"
        length = len(rest)
        while length != len(rest) + len(str(length)):
            length = len(rest) + len(str(length))
        body += str(length).encode() + rest
    return member(b"pax", body, kind=b"x")


END = bytes(1024)
