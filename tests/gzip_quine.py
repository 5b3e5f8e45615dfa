"""A gzip file that decompresses to itself, by R. Cox's construction ("Zip Files All The Way
Down", 2010): blocks that print what follows (L) and blocks that repeat what was printed last
(R), each of five bytes, and a CRC that is solved for."""

import zlib

UNIT = 5


def literal(n):
    """A stored block: the n bytes behind it are printed."""
    return b"\0" + n.to_bytes(2, "little") + (n ^ 0xFFFF).to_bytes(2, "little")


def repeat(n):
    """A block of fixed codes, 40 bits: the last n bytes again, as two matches."""
    assert 17 <= n <= 20
    bits = "010"  # not the last, type 01 (least significant bit first)

    def code(value, width):  # Huffman codes: most significant bit first
        return format(value, f"0{width}b")
    for length in (n // 2, n - n // 2):
        bits += code(length - 2, 7)  # 257 is length 3 and has code 1
        distance, base = (8, 17)     # 17 to 24, three more bits
        bits += code(distance, 5) + code(n - base, 3)[::-1]
    bits += code(0, 7)
    assert len(bits) == 8 * UNIT
    return bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits), 8))


def assemble(name, checksum):
    head = b"\x1f\x8b\x08\x08" + b"\0" * 6 + name + b"\0"

    def tail(size):
        return b"\x01\0\0\xff\xff" + checksum.to_bytes(4, "little") + size.to_bytes(4, "little")
    print_head, print_tail = literal(len(head) + UNIT), literal(len(tail(0)) + UNIT)
    again_head, again_tail = repeat(len(head) + UNIT), repeat(len(tail(0)) + UNIT)
    one, four, nothing, again = literal(UNIT), literal(4 * UNIT), literal(0), repeat(4 * UNIT)
    body = b"".join([
        head, print_head, head, print_head, again_head, one, again_head, one, one,
        four, again_head, one, one, four, again, four, again, four, again, four, again,
        four, again, nothing, nothing, print_tail, again, nothing, nothing, print_tail,
        again_tail])
    size = len(body) + 2 * len(tail(0)) + UNIT
    return body + tail(size) + again_tail + tail(size)


def solve(name):
    """The checksum is an affine function of itself: 32 equations over GF(2)."""
    def difference(x):
        return zlib.crc32(assemble(name, x)) ^ x
    base = difference(0)
    solved = {}  # leading bit: (value, which unknowns)
    for i in range(32):
        value, which = difference(1 << i) ^ base, 1 << i
        while value and value.bit_length() in solved:
            other = solved[value.bit_length()]
            value, which = value ^ other[0], which ^ other[1]
        if value:
            solved[value.bit_length()] = (value, which)
    value, answer = base, 0
    while value:
        if value.bit_length() not in solved:
            return None
        other = solved[value.bit_length()]
        value, answer = value ^ other[0], answer ^ other[1]
    return answer


def quine():
    for letter in b"abcdefghijklmnopqrstuvwxyz":
        name = bytes([letter])
        checksum = solve(name)
        if checksum is not None:
            return assemble(name, checksum)
    raise AssertionError("no name has a checksum that solves it")
