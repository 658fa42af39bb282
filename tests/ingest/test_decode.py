"""Decoding in blocks: what a block's edge cuts apart comes out whole."""

import gzip
import hashlib

import pytest

from orchestration.ingest import decode
from orchestration.ingest.errors import FileRefused
from orchestration.ingest.profiles import Format

TEXT = 'navn;beløb\r\nÅse\u00a0Ærø;1\r\n"a\nb\rc";2\r\n\r\n\n'


@pytest.mark.parametrize("block", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("name", ["file.csv", "file.csv.gz"])
def test_blocks_of_any_size_give_the_same_text(tmp_path, monkeypatch, block, name):
    monkeypatch.setattr(decode, "BLOCK_BYTES", block)
    raw = TEXT.encode()
    raw = gzip.compress(raw) if name.endswith("gz") else raw
    source, target = tmp_path / name, tmp_path / "text.csv"
    source.write_bytes(raw)
    staged = decode.stage(source, target, Format(), 10_000)
    assert target.read_bytes().decode() == 'navn;beløb\nÅse Ærø;1\n"a\nb c";2\n\n\n'
    assert (staged.lines, staged.bytes) == (4, len(raw))
    assert staged.file_hash == hashlib.sha256(raw).hexdigest() == decode.file_hash(source)
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("block", [1, 4096])
@pytest.mark.parametrize(
    ("encoding", "raw", "reason"),
    [
        ("utf-8", b"a\nb\n\xe6\n", "not utf-8: undecodable byte in line 3"),
        ("utf-8", b"a\n\xc3", "not utf-8: undecodable byte in line 2"),
        ("windows-1252", b"a\n\x8f\n", "not windows-1252: undecodable byte in line 2"),
        ("windows-1252", "a\næ\n".encode(), "the file is UTF-8, the profile says windows-1252"),
        ("latin-1", "a\næ\n".encode(), "control characters|the file is UTF-8"),
        (
            "latin-1",
            b"a\n\x93x\x94\n",
            "control characters: the file is windows-1252, the profile says latin-1",
        ),
        ("utf-8", b"a\nb", "truncated: the last line has no line end"),
        ("utf-8", b"a\n" * 5001, "larger than the profile's limit of 10000 bytes"),
        ("utf-8", b"a\0b\n", "NUL bytes: not a text file, or UTF-16"),
    ],
)
def test_what_cannot_be_trusted_is_refused(tmp_path, monkeypatch, block, encoding, raw, reason):
    monkeypatch.setattr(decode, "BLOCK_BYTES", block)
    source = tmp_path / "file.csv"
    source.write_bytes(raw)
    with pytest.raises(FileRefused, match=reason):
        decode.stage(source, tmp_path / "text.csv", Format(encoding=encoding), 10_000)


def test_a_byte_order_mark_is_dropped(tmp_path):
    (tmp_path / "file.csv").write_bytes("\ufeffid\n1\n".encode())
    decode.stage(tmp_path / "file.csv", tmp_path / "text.csv", Format(), 10_000)
    assert (tmp_path / "text.csv").read_text() == "id\n1\n"


def test_windows_text_with_one_lone_danish_letter_is_no_utf_8(tmp_path):
    (tmp_path / "file.csv").write_bytes(b"a\nbel\xf8b\n")
    decode.stage(tmp_path / "file.csv", tmp_path / "text.csv", Format(encoding="windows-1252"), 10_000)
    assert (tmp_path / "text.csv").read_text(encoding="utf-8") == "a\nbeløb\n"


def test_what_grows_beyond_all_tables_is_a_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "_SMALL_BYTES", 100_000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"0123456789\n" * 100_000))
    with pytest.raises(FileRefused, match="unzips to more than 200 times its size"):
        decode.stage(tmp_path / "bomb.csv.gz", tmp_path / "bomb.csv", Format(), 10**9)
    lines = b"".join(b"%d;%d,00\n" % (number, number * 37) for number in range(100_000))
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(lines))
    assert decode.stage(tmp_path / "table.csv.gz", tmp_path / "table.csv", Format(), 10**9).lines == 100_000


@pytest.mark.parametrize("block", [1, 7, 4096])
def test_a_quote_that_swallows_the_file_is_refused_where_it_opens(tmp_path, monkeypatch, block):
    monkeypatch.setattr(decode, "BLOCK_BYTES", block)
    monkeypatch.setattr(decode, "_LONGEST_FIELD", 50)
    sound = b'a,b\r\n"x, ""y""",1\r\nFak"tura,2\r\n' + b'"%s",3\r\n' % (b"z" * 50)
    rows = b"1,2\r\n" * 30
    (tmp_path / "sound.csv").write_bytes(sound + rows)
    assert decode.stage(tmp_path / "sound.csv", tmp_path / "text", Format(), 10_000).lines == 34
    (tmp_path / "open.csv").write_bytes(sound + b'"1,2\r\n' + rows)
    with pytest.raises(FileRefused, match="a quote opened in line 5 is not closed where a field would end"):
        decode.stage(tmp_path / "open.csv", tmp_path / "other", Format(), 10_000)
