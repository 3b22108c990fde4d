"""What a file is, by its first bytes and never by its name; and whether a browser could run it.

Knows what an office attaches. A file of no known kind is `application/octet-stream`, which is kept and served too.
"""

import re
from collections.abc import Iterable

HEAD = 4096
UNKNOWN = "application/octet-stream"
ZIP, OLE = "application/zip", "application/x-ole-storage"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"{\\rtf", "application/rtf"),
    (b"BEGIN:VCARD", "text/vcard"),
)
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"#!/",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
_ACTIVE = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|\?xml|\?php|%)|<!--", re.IGNORECASE)
_NAMES = re.compile(
    r"\.(?:html?|xhtml|shtml|svgz?|xml|xsl|js|mjs|exe|dll|com|scr|bat|cmd|ps1|vbs|vbe|jse|wsf|hta|lnk|msi|jar|apk|php|jsp|aspx?|sh|url|reg|chm)$"
)


def file_type(head: bytes) -> str:
    """Return the media type of content that begins with `head` (up to HEAD bytes)."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return _office(head) if name == ZIP else name
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in (b"heic", b"heix", b"mif1") else "video/mp4"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], UNKNOWN)
    return "text/plain" if _is_text(head) else UNKNOWN


def is_active(head: bytes, name: str) -> bool:
    """Whether opening the file could run something: pages, drawings with scripts, programs, shortcuts.

    Text is looked at for tags before its first word; names only tell where the content is plain text or unknown.
    """
    if head.startswith(_PROGRAMS) and not head.startswith(b"#!AMR"):
        return True
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.replace(b"\x00", b"")[2:]
    kind = file_type(head)
    if kind in ("text/plain", UNKNOWN):
        return bool(_ACTIVE.search(text[:1024])) or bool(_NAMES.search(name.lower().rstrip(" .")))
    return False


def _office(head: bytes) -> str:
    if b"AndroidManifest.xml" in head or b"META-INF/MANIFEST.MF" in head:
        return UNKNOWN
    return next((name for part, name in _OFFICE if part in head), ZIP)


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    for coding in ("utf-8", "gb18030"):
        try:
            head.decode(coding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:
                continue
        return not any(byte < 9 or 13 < byte < 32 for byte in head)
    return False


def taken(pieces: Iterable[bytes]) -> bytes:
    """Return the head of content that comes in pieces."""
    return next(iter(pieces), b"")[:HEAD]
