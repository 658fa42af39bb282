"""From a delivered file to trusted UTF-8 text: unzip, strict decoding, hash, and the signs of a broken copy.

Belongs here: everything that can be told from bytes and lines, in one streaming pass with bounded memory.
Does not: columns and values (`load`).
"""

import codecs
import gzip
import hashlib
import io
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from orchestration.ingest.errors import FileRefused
from orchestration.ingest.profiles import Format

BLOCK_BYTES = 4 * 1024 * 1024

_CODECS = {"utf-8": "utf-8-sig", "utf-8-sig": "utf-8-sig", "windows-1252": "cp1252", "latin-1": "latin-1"}
# a table's text shrinks some 10 times in gzip, seldom 50 times; only a bomb grows a thousandfold
_MOST_TIMES, _SMALL_BYTES = 200, 64 * 1024 * 1024
_LONGEST_FIELD = 1_000_000
_CONTINUED = bytes(range(0x80, 0xC0))  # UTF-8: the bytes of a character behind its first
_LONGEST_MARK = 4
_NO_BREAK_SPACE = "\u00a0".encode()
_C1_CONTROLS = re.compile("[\x80-\x9f]")


@dataclass(frozen=True)
class StagedFile:
    """A decoded copy: UTF-8, lines ending in LF. `lines` counts them up to the last that is not blank."""

    path: Path
    file_hash: str
    bytes: int
    lines: int


class _Hashing(io.RawIOBase):
    """Reads through to a file, hashing and counting the raw bytes."""

    def __init__(self, raw: io.BufferedReader) -> None:
        self.raw = raw
        self.digest = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        count = self.raw.readinto(buffer)
        self.digest.update(buffer[:count])
        self.count += count
        return count


def file_hash(path: Path) -> str:
    """SHA-256 of a file's raw bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stage(source: Path, target: Path, file_format: Format, max_bytes: int) -> StagedFile:
    """Decode `source` into `target` (mode 0600) and hash it on the way.

    A byte order mark is dropped, CRLF becomes LF, a lone CR or a no-break space a blank.

    Raises:
        FileRefused: empty, truncated, too large, NUL bytes, or not in the profile's encoding.
    """
    with (
        source.open("rb") as raw,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
    ):
        hashing = _Hashing(raw)
        reader = io.BufferedReader(hashing, BLOCK_BYTES)
        content = gzip.GzipFile(fileobj=reader) if source.suffix == ".gz" else reader
        bomb = max(_SMALL_BYTES, _MOST_TIMES * source.stat().st_size)
        lines = _copy_text(cast(IO[bytes], content), out, file_format, max_bytes, bomb)
    return StagedFile(target, hashing.digest.hexdigest(), hashing.count, lines)


def _copy_text(content: IO[bytes], out: IO[bytes], file_format: Format, max_bytes: int, bomb: int) -> int:
    """The streaming pass; returns the number of lines without the blank ones at the end."""
    decoder = _Decoder(file_format.encoding)
    quotes = _Quotes(file_format.delimiter)
    total = trailing = 0
    final = False
    while not final:
        block = _read(content)
        final = not block
        total += len(block)
        if total > max_bytes:
            raise FileRefused(f"larger than the profile's limit of {max_bytes} bytes")
        if total > bomb:
            raise FileRefused(f"unzips to more than {_MOST_TIMES} times its size, which no table does")
        newlines = decoder.newlines
        text = decoder.decode(block, final)
        if text:
            quotes.follow(text, newlines)
            at_end = len(text) - len(text.rstrip(b"\n"))
            trailing = at_end if at_end < len(text) else trailing + at_end
            out.write(text)
    if total == 0:
        raise FileRefused("empty: the file has no bytes")
    if file_format.last_line_ends and trailing == 0:
        raise FileRefused("truncated: the last line has no line end")
    return decoder.newlines - trailing + 1


def _read(content: IO[bytes]) -> bytes:
    """The next block; an error of the gzip container is a refusal."""
    try:
        return content.read(BLOCK_BYTES)
    except EOFError:
        reason = "truncated: the gzip stream ends too early"
    except (gzip.BadGzipFile, zlib.error):
        reason = "not a sound gzip file"
    raise FileRefused(reason)


class _Quotes:
    """Follows quoted fields from block to block: one that swallows a large file takes hours to parse."""

    def __init__(self, delimiter: str) -> None:
        self._before = (delimiter.encode(), b"\n")
        self._last = b"\n"
        self._opened: tuple[int, list[bytes], int] | None = None
        self._length = 0

    def follow(self, text: bytes, newlines: int) -> None:
        """The next block, and how many line ends came before it.

        Raises:
            FileRefused: a field is longer than any that somebody wrote.
        """
        pieces = text.split(b'"')
        last = len(pieces) - 1
        before = self._last + pieces[0][-_LONGEST_MARK:]
        self._add(pieces[0])
        for number in range(1, len(pieces)):
            opens = not self._opened and before.endswith(self._before)
            self._opened = (newlines, pieces, number) if opens else None
            before = pieces[number]
            if number == last or len(before) > _LONGEST_FIELD:
                self._length = 0
                self._add(before)
        self._last = (self._last + text[-_LONGEST_MARK:])[-_LONGEST_MARK:]

    def _add(self, piece: bytes) -> None:
        """What stands up to the next quote: the rest of a field, where one is open."""
        if not self._opened:
            return
        self._length += len(piece.translate(None, _CONTINUED))
        if self._length > _LONGEST_FIELD:
            before, pieces, number = self._opened
            line = before + sum(piece.count(b"\n") for piece in pieces[:number]) + 1
            raise FileRefused(f"a quote opened in line {line} is not closed where a field would end")


class _Decoder:
    """Strict decoding block by block into UTF-8, with LF as the only line end; `newlines` counts them.

    A byte-wise encoding takes any bytes, so UTF-8 under such a profile is told by the whole file being valid
    UTF-8 with more than ASCII in it.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(_CODECS[encoding])("strict")
        self._utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        self._is_utf8 = encoding.startswith("utf-8")
        self._may_be_utf8 = not self._is_utf8
        self._is_ascii = True
        self._is_start = True
        self._held = b""
        self.newlines = 0

    def decode(self, block: bytes, final: bool) -> bytes:
        """The block's text, less what belongs with the next one.

        Raises:
            FileRefused: not text, or not in this encoding.
        """
        if b"\0" in block:
            raise FileRefused("NUL bytes: not a text file, or UTF-16")
        self._refuse_utf8(block, final)
        decoded = self._strictly(block, final)
        # what is UTF-8 already was only looked at
        text = self._held + (block if self._is_utf8 else decoded.encode())
        self._held = b"" if final else self._unfinished(text)
        text = text.removesuffix(self._held)
        if self._is_start and text:
            self._is_start = False
            text = text.removeprefix(codecs.BOM_UTF8) if self._is_utf8 else text
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        if b"\r" in text:
            text = text.replace(b"\r", b" ")
        if _NO_BREAK_SPACE[1:] in text:
            text = text.replace(_NO_BREAK_SPACE, b" ")
        self.newlines += text.count(b"\n")
        return text

    def _unfinished(self, text: bytes) -> bytes:
        """The end of a block that may be the first half of something that is replaced."""
        if self._is_start and self._is_utf8 and codecs.BOM_UTF8.startswith(text):
            return text
        return text[-1:] if text.endswith((b"\r", _NO_BREAK_SPACE[:1])) else b""

    def _strictly(self, block: bytes, final: bool) -> str:
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            line = self.newlines + 1 + error.object[: error.start].count(b"\n")
        else:
            if self._encoding != "latin-1" or not _C1_CONTROLS.search(text):
                return text
            raise FileRefused("control characters: the file is windows-1252, the profile says latin-1")
        raise FileRefused(f"not {self._encoding}: undecodable byte in line {line}")

    def _refuse_utf8(self, block: bytes, final: bool) -> None:
        if not self._may_be_utf8:
            return
        self._is_ascii = self._is_ascii and block.isascii()
        try:
            self._utf8.decode(block, final)
        except UnicodeDecodeError:
            self._may_be_utf8 = False
        else:
            if final and not self._is_ascii:
                raise FileRefused(f"the file is UTF-8, the profile says {self._encoding}")
