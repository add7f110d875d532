"""A small OpenID Connect provider on this machine: real HTTP, signed tokens, and whatever a test makes it do wrong."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET, CODE = "screening", "a-secret-of-the-test", "the-code"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"}, private=True)
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"}, private=True)
Claims = dict[str, Any]


@dataclass
class FakeProvider:
    """Attributes:
    issuer: its address.
    person: claims of whoever logs in.
    change: what a test does to the claims of a token before it is signed.
    key: that signs.
    description: what a test changes in the published description.
    asked: the parameters with which a browser was last sent here.
    """

    issuer: str
    person: Claims
    change: Callable[[Claims], Claims] = dict
    key: ECKey = field(default_factory=lambda: KEY)
    description: Claims = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def log_in(self, address: str) -> str:
        """What the browser does at the address it was sent to: the address to which it is sent back."""
        self.asked = dict(parse_qsl(urlsplit(address).query))
        return f"{self.asked['redirect_uri']}?{urlencode({'code': CODE, 'state': self.asked['state']})}"

    def described(self) -> Claims:
        """The published description."""
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return found | self.description

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        """Exchanges the code, as RFC 6749 and RFC 7636 ask: the client's secret, and the verifier of its challenge."""
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != expected or form.get("code") != CODE:
            return 401, {"error": "invalid_client"}
        if challenge != self.asked["code_challenge"] or form["redirect_uri"] != self.asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 300, "nonce": self.asked["nonce"],
            **self.person,
        }  # fmt: skip
        signed = jwt.encode({"alg": "ES256", "kid": "one"}, self.change(claims), self.key)
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": signed}


@contextmanager
def provide(**person: Any) -> Iterator[FakeProvider]:
    """Runs one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"keys": [KEY.as_dict(private=False)]}
            pages = {"/.well-known/openid-configuration": provider.described(), "/keys": keys}
            self.answer(200 if self.path in pages else 404, pages.get(self.path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(*provider.token(form, self.headers.get("Authorization", "")))

        def answer(self, status: int, content: Claims) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FakeProvider(f"http://127.0.0.1:{server.server_port}", person)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
