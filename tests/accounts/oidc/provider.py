"""A small OpenID provider on loopback, with knobs for everything that a bad one could do."""

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.loopback import Loopback, Quiet

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(Loopback):
    """`claims` go over what the ID token says, `person` is what userinfo says."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "17", "preferred_username": "eva", "email": "eva@example.invalid"}
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.nonce = ""
        self.asked: dict[str, str] = {}
        self.broken = False

    def handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                provider.answer(self)

            do_POST = do_GET

        return Handler

    def answer(self, request: Any) -> None:
        body = request.rfile.read(int(request.headers.get("content-length") or 0)).decode()
        pages: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self._description,
            "/jwks": self._keys,
            "/token": lambda: self._token(body),
            "/userinfo": lambda: self.person,
        }
        text = json.dumps(pages[request.path]()).encode()
        request.send_response(500 if self.broken else 200)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def _description(self) -> dict[str, str]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        return {"issuer": self.origin, "jwks_uri": f"{self.origin}/jwks"} | {
            name: f"{self.origin}/{path}" for name, path in names.items()
        }

    def _keys(self) -> dict[str, Any]:
        to_jwk: Any = jwt.algorithms.RSAAlgorithm.to_jwk
        public = json.loads(to_jwk(KEY.public_key()))
        return {"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]}

    def _token(self, body: str) -> dict[str, str]:
        self.asked = {name: values[0] for name, values in parse_qs(body).items()}
        now = int(time.time())
        claims = {"iss": self.origin, "aud": "labelhub", "sub": "17", "iat": now, "exp": now + 60, "nonce": self.nonce}
        token = jwt.encode(claims | self.claims, self.key, "RS256", headers={"kid": "1"})
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}
