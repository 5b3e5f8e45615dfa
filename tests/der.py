"""DER, just enough to write structures that no installed tool writes: X.690 by hand."""


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def sequence(*parts):
    return der(0x30, *parts)


def set_of(*parts):
    return der(0x31, *sorted(parts))


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(data):
    return der(4, data)


def bits(data):
    return der(3, b"\0", data)


def context(number, *parts):
    return der(0xa0 | number, *parts)


def oid(dotted):
    first, second, *rest = (int(x) for x in dotted.split("."))
    out = b""
    for n in [40 * first + second, *rest]:
        part = bytes([n & 127])
        while n := n >> 7:
            part = bytes([128 | n & 127]) + part
        out += part
    return der(6, out)


def generalized_time(t):
    return der(24, t.strftime("%Y%m%d%H%M%SZ").encode())


def extension(dotted, value, critical=False):
    return sequence(oid(dotted), der(1, b"\xff") if critical else b"", octets(value))


def common_name(text):
    return sequence(der(0x31, sequence(oid("2.5.4.3"), der(12, text.encode()))))


def read(data, at=0):
    """(tag, content, end) of the element that begins at `at`."""
    size, start = data[at + 1], at + 2
    if size & 0x80:
        n = size & 0x7f
        size, start = int.from_bytes(data[start:start + n], "big"), start + n
    return data[at], data[start:start + size], start + size
