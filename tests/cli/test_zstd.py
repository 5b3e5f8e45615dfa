"""zstd frames that libzstd 1.5.4 decodes although they are malformed, made here from RFC 8878
alone, beside such as only look like them; and frames by zstd(1), none of which is malformed."""

import hashlib
import itertools
import json
import os
import random
import struct
import unittest

from verify_kit import EXHIBIT, VerifyCase, run, verify

RAW, COMPRESSED = 0, 2


def block(kind, size, content, last):
    return (size << 3 | kind << 1 | last).to_bytes(3, "little") + content


def frame(*blocks):
    """3.1.1: neither size nor checksum; a window of 1 KiB. Each block is a kind and content."""
    return bytes.fromhex("28b52ffd0000") + b"".join(
        block(kind, len(content), content, i == len(blocks) - 1)
        for i, (kind, content) in enumerate(blocks))


def bits_of(values):
    """3.1.1.3.2.2: read from the end to the beginning, where a one marks the end.
    `values` are (value, number of bits) in the order in which they are read."""
    text = "1" + "".join(f"{value:0{n}b}" if n else "" for value, n in values)
    return int(text, 2).to_bytes((len(text) + 7) // 8, "little")


def no_literals(sequences):
    return COMPRESSED, b"\0" + sequences


def one_symbol_sequences(values, literals=0, stream=None):
    """Sequences whose codes are all the same (RLE mode), so that only the extra bit of the
    offset code 1 is stored: values 2 or 3, of 3 octets each (match code 0)."""
    stream = bits_of([(v - 2, 1) for v in values]) if stream is None else stream
    text = bytes([literals * len(values) << 3]) + b"L" * (literals * len(values))
    return COMPRESSED, text + bytes([len(values), 0b01010100, literals, 1, 0]) + stream


def offsets(values, literals, recent):
    """3.1.1.5, as the text says it."""
    found = []
    for v in values:
        if v > 3:
            offset, recent = v - 3, [v - 3, *recent[:2]]
        elif literals:
            offset = recent[v - 1]
            recent = [offset, *(r for i, r in enumerate(recent) if i != v - 1)]
        elif v == 3:
            offset, recent = recent[0] - 1, [recent[0] - 1, *recent[:2]]
        else:
            offset = recent[v]
            recent = [offset, *(r for i, r in enumerate(recent) if i != v)]
        found.append(offset)
    return found


class Bits:
    """4.1.1: from the lowest bit of the first octet on."""
    def __init__(self):
        self.text = ""

    def add(self, value, n):
        self.text = f"{value:0{n}b}" + self.text

    def octets(self):
        return int(self.text, 2).to_bytes((len(self.text) + 7) // 8, "little")


def description(counts, log):
    """4.1.1: how often each symbol comes, without runs of zeros longer than one."""
    bits = Bits()
    bits.add(log - 5, 4)
    left = 1 << log
    for count in counts:
        n = (left + 1).bit_length()
        small, value = (1 << n) - 2 - left, count + 1
        if value < small:
            bits.add(value, n - 1)
        else:
            bits.add(value + small if value >= 1 << (n - 1) else value, n)
        if count == 0:
            bits.add(0, 2)
        left -= abs(count)
    assert left == 0
    return bits.octets()


def huffman_literals(weights, literals):
    """3.1.1.3.1: literals in one stream, whose weights are coded in `weights`; `literals`
    are (code, bits), and no sequences."""
    stored = bytes([len(weights)]) + weights + bits_of(literals)
    header = 2 | len(literals) << 4 | len(stored) << 14
    return COMPRESSED, header.to_bytes(3, "little") + stored + b"\0"


class Zstd(VerifyCase):
    def malformed(self, frames):
        """The names of those that are."""
        folder = self.folder / "frames"
        folder.mkdir(exist_ok=True)
        for name, data in frames.items():
            (folder / f"{name}.zst").write_bytes(data)
        _, v = verify(folder)
        return {f["subject"][:-len(".zst")] for f in v["findings"]
                if f["arguments"].get("fault") == "bad-value" and "//" not in f["subject"]}

    def test_octets_behind_no_sequences(self):
        text = b"Hello World!\n"
        literals = bytes([len(text) << 3]) + text
        good = {"one": frame((COMPRESSED, literals + b"\0")),
                "three": frame((COMPRESSED, literals + b"\0")) * 3,
                "skipped": struct.pack("<II", 0x184D2A53, 5) + b"12345" +
                frame((COMPRESSED, literals + b"\0"))}
        bad = {f"{i}-{n}": before + frame((COMPRESSED, literals + sequences))
               for i, sequences in enumerate((b"\0\0", b"\x80\0\0", b"\x80\0\0\0\0", b"\0x"))
               for n, before in enumerate((b"", good["one"]))}
        self.assertEqual(self.malformed(good | bad), set(bad))

    def test_offsets_of_zero(self):
        """All ways in which up to seven sequences can use the last three offsets."""
        frames, zero = {}, set()
        for literals in (0, 1):
            for n in range(1, 8):
                for values in itertools.product((2, 3), repeat=n):
                    name = f"{literals}-" + "".join(map(str, values))
                    frames[name] = frame((RAW, b"0123456789"),
                                         one_symbol_sequences(values, literals))
                    if 0 in offsets(values, literals, [1, 4, 8]):
                        zero.add(name)
        self.assertGreater(len(zero), 60)
        self.assertGreater(len(frames) - len(zero), 300)
        self.assertEqual(self.malformed(frames), zero)

    def test_offsets_go_on_from_block_to_block_and_not_from_frame_to_frame(self):
        first = frame((RAW, b"0123456789"), one_symbol_sequences((2,)))  # the last one is 8
        frames = {
            "on": frame((RAW, b"0123456789"), one_symbol_sequences((2,)),
                        (RAW, b"x"), one_symbol_sequences((3,))),
            "zero": frame((RAW, b"0123456789"), one_symbol_sequences((2,)),
                          (RAW, b"x"), one_symbol_sequences((3,) * 8)),
            "again": first + frame((RAW, b"0123456789"), one_symbol_sequences((3,))),
            "twice": first + first}
        self.assertEqual(self.malformed(frames), {"zero", "again"})

    def test_sequences_whose_bits_end_early(self):
        """The last bits would stand before the beginning of the stream."""
        frames = {f"{n}-{have}": frame((RAW, b"0123456789"), one_symbol_sequences(
            (2,) * n, 0, bits_of([(0, 1)] * have)))
            for n, have in ((1, 1), (1, 0), (4, 4), (4, 3), (4, 0))}
        self.assertEqual(self.malformed(frames), {"1-0", "4-3", "4-0"})

    def test_states_of_weights_that_have_no_bits(self):
        """Two weights of one, coded by a table of 32 states: ten bits to begin with."""
        table = description([0, 16, 16], 5)
        frames = {str(n): frame(huffman_literals(table + bits_of([(0, n)]), [(0, 2)] * 5))
                  for n in range(1, 13)}
        found = self.malformed(frames)
        self.assertEqual(found & {"10"}, set())
        self.assertLessEqual({str(n) for n in range(1, 10)}, found)

    def contents(self):
        r = random.Random(3)
        text = open("README.md", "rb").read() * 4
        runs = b"".join(bytes([r.choice(b"ab")]) * r.randrange(1, 9) for _ in range(30000))
        noise = os.urandom(40000)
        yield from (b"", b"x", bytes(131072), bytes(600000), text, runs, noise,
                    noise[:9000] * 3 + text, open("/bin/true", "rb").read(), b"ab" * 70000)
        for _ in range(15):
            source, n = r.choice((text, runs)), r.choice((7, 300, 5000, 140000))
            start = r.randrange(len(source))
            yield source[start:start + n]

    def test_frames_of_zstd_are_not_malformed(self):
        (self.folder / "frames").mkdir()
        truth, more = {}, run("zstd", "-q", "-c", stdin=b"more")
        ways = [["-1"], ["--fast=4"], ["-3"], ["-5", "--rsyncable"], ["-8", "--no-check"], ["-12"],
                ["-16"], ["-19"], ["--ultra", "-22", "--long=27"], ["-3", "-T2", "--long"],
                ["-19", "--zstd=minMatch=3,targetLength=999"]]
        for (i, content), (j, way) in itertools.product(enumerate(self.contents()),
                                                        enumerate(ways)):
            packed = run("zstd", "-q", "-c", f"--stream-size={len(content)}", *way, stdin=content)
            if i % 3 == 0:
                packed, content = packed + more, content + b"more"
            (self.folder / "frames" / f"{i}-{j}.zst").write_bytes(packed)
            truth[f"{i}-{j}.zst//{i}-{j}"] = hashlib.sha256(content).hexdigest()
        _, v = verify(self.folder / "frames")
        self.assertEqual({f["id"] for f in v["findings"]}, {"integrity.no-manifest"})
        listed = json.loads(run(EXHIBIT, "list", "--all", "--json", self.folder / "frames"))
        members = {i["path"]: i["sha256"] for i in listed["items"] if "//" in i["path"]}
        self.assertEqual(members, truth)


if __name__ == "__main__":
    unittest.main()
