"""Files that are no accepted picture, whatever their name says, and files that are two things at once."""

import io
import zipfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.helpers.hostile.case import Case, file_case, small_lesion
from tests.helpers.hostile.jpegs import with_segment
from tests.helpers.uploads import encoded, lesion

STARTS = {
    "a page": b"<!doctype html><script>fetch('/')</script>",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "an SVG of entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><svg>&d;</svg>',
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a Windows program": b"MZ\x90\0\x03\0\0\0",
    "a Linux program": b"\x7fELF\x02\x01\x01",
    "a class": b"\xca\xfe\xba\xbe\0\0",
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
    "PHP": b"<?php system($_GET['c']); ?>",
    "an archive": b"PK\x03\x04\x14\0",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0",
    "xz": b"\xfd7zXZ\0",
    "RAR": b"Rar!\x1a\x07\0",
    "MP4": b"\0\0\0\x18ftypmp42",
    "HEIC": b"\0\0\0\x18ftypheic",
    "AVIF": b"\0\0\0\x1cftypavif",
    "JPEG XL": b"\xff\x0a",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "PSD": b"8BPS\0\x01",
    "an icon": b"\0\0\x01\0\x01\0",
    "PPM": b"P6\n80 80\n255\n",
    "PCX": b"\x0a\x05\x01\x08",
    "FITS": b"SIMPLE  =                    T",
    "MPEG": b"\0\0\x01\xba",
    "WAV": b"RIFF\0\0\0\0WAVEfmt ",
    "AVI": b"RIFF\0\0\0\0AVI LIST",
    "DICOM": bytes(128) + b"DICM",
    "SQLite": b"SQLite format 3\0",
    "a text": b"Dear colleague, here is the photo. ",
    "UTF-16": "\ufeffDear colleague".encode("utf-16"),
    "JSON": b'{"image": "iVBORw0KGgo="}',
    "NULs": bytes(5000),
    "base64": b"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA",
    "a pickle": b"\x80\x04\x95\0\0\0\0cos\nsystem\n",
    "flash": b"CWS\x0b",
    "WMF": b"\xd7\xcd\xc6\x9a",
    "EMF": b"\x01\0\0\0",
    "a BPG": b"BPG\xfb",
    "FLIF": b"FLIF",
}
"""First bytes of files."""

MAGIC = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "WebP": b"RIFF\xff\0\0\0WEBP",
    "TIFF": b"II*\0",
    "big-endian TIFF": b"MM\0*",
    "BigTIFF": b"II+\0",
    "BMP": b"BM",
}


def cases() -> Iterator[Case]:
    kind = "other files named .png"
    for name, start in STARTS.items():
        yield file_case(kind, name, start + b"\n".join([start] * 40))
    for file_format in ("GIF", "ICO", "PPM", "TGA", "JPEG2000", "PDF"):
        yield file_case(kind, f"a whole {file_format}", encoded(lesion(7, 120, 160), file_format))
    yield file_case(kind, "no byte", b"")
    yield file_case(kind, "one byte", b"\xff")
    plain = small_lesion()
    yield file_case(kind, "a PNG after a newline", b"\n" + plain)
    yield file_case(kind, "a PNG as a text file left it", plain.replace(b"\r\n", b"\n"))
    random = np.random.default_rng(11)
    for name, magic in MAGIC.items():
        yield file_case("first bytes, then rubbish", f"{name} alone", magic)
        for number in range(2):
            yield file_case("first bytes, then rubbish", f"{name}, rubbish {number}", magic + random.bytes(2000))
        yield file_case("first bytes, then rubbish", f"{name}, then zeros", magic + bytes(2000))
        yield file_case("first bytes, then rubbish", f"{name}, then ones", magic + b"\xff" * 2000)
    yield from _two_at_once(plain)


def _two_at_once(plain: bytes) -> Iterator[Case]:
    kind = "two files in one"
    photo = encoded(lesion(7, 120, 160), "JPEG", quality=90)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../etc/passwd", "root::0:0")
    packed = archive.getvalue()
    script = b"*/=1;alert(document.domain);/*"
    yield file_case(kind, "a JPEG and an archive", photo + packed, photo)
    yield file_case(kind, "a PNG and an archive", plain + packed, plain)
    yield file_case(kind, "a JPEG that is a script", with_segment(photo, (0xFE, script)), photo)
    yield file_case(
        kind, "a JPEG with a page in its EXIF", with_segment(photo, (0xE1, b"Exif\0\0<html><script>")), photo
    )
    yield file_case(kind, "a JPEG with PHP", with_segment(photo, (0xFE, b"<?php phpinfo(); ?>")), photo)
    yield file_case(
        kind, "a PDF around a JPEG", b"%PDF-1.4\n1 0 obj<</Filter/DCTDecode>>stream\n" + photo + b"endstream"
    )
    yield file_case(kind, "a GIF and a JPEG", b"GIF89a/*" + photo)
    yield file_case(kind, "an archive and a PNG", packed + plain)
    yield file_case(kind, "a BMP that is a PNG", b"BM" + plain[2:])
    yield file_case(kind, "a PNG that is a JPEG", plain[:8] + photo)
    yield file_case(kind, "a JPEG inside of a WebP", b"RIFF" + len(photo).to_bytes(4, "little") + b"WEBP" + photo)
    yield file_case(kind, "a picture that is also a page", encoded(Image.new("RGB", (80, 80)), "BMP") + b"<html>")
