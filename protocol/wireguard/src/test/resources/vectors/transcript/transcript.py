"""Writes transcript.txt: one handshake and one packet each way, straight from the WireGuard
paper, section 5.4, with Python's hashlib and the cryptography package."""

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def hash_(*parts):
    return hashlib.blake2s(b"".join(parts)).digest()


def mac(key, data):
    return hashlib.blake2s(data, digest_size=16, key=key).digest()


def hmac_(key, data):
    return hmac.new(key, data, hashlib.blake2s).digest()


def kdf(n, key, data):
    secret, last, out = hmac_(key, data), b"", []
    for i in range(1, n + 1):
        last = hmac_(secret, last + bytes([i]))
        out.append(last)
    return out


def aead(key, counter, plain, associated):
    return ChaCha20Poly1305(key).encrypt(struct.pack("<IQ", 0, counter), plain, associated)


def private(start):
    return bytes((start + i) & 0xFF for i in range(32))


def public(key):
    return X25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()


def dh(key, point):
    return X25519PrivateKey.from_private_bytes(key).exchange(
        X25519PublicKey.from_public_bytes(point))


INITIATOR, RESPONDER, E_I, E_R, PSK = (private(s) for s in (1, 51, 101, 151, 201))
I_INDEX, R_INDEX = 0x12345601, 0xABCDEF01
UNIX_NS = 1_760_000_000 * 10**9 + 5
TIMESTAMP = struct.pack(">QI", 2**62 + 10 + UNIX_NS // 10**9, UNIX_NS % 10**9)

c = hash_(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
h = hash_(c, b"WireGuard v1 zx2c4 Jason@zx2c4.com")
h = hash_(h, public(RESPONDER))

e = public(E_I)
(c,) = kdf(1, c, e)
h = hash_(h, e)
c, k = kdf(2, c, dh(E_I, public(RESPONDER)))
static = aead(k, 0, public(INITIATOR), h)
h = hash_(h, static)
c, k = kdf(2, c, dh(INITIATOR, public(RESPONDER)))
stamp = aead(k, 0, TIMESTAMP, h)
h = hash_(h, stamp)
initiation = struct.pack("<II", 1, I_INDEX) + e + static + stamp
initiation += mac(hash_(b"mac1----", public(RESPONDER)), initiation) + bytes(16)

e = public(E_R)
(c,) = kdf(1, c, e)
h = hash_(h, e)
(c,) = kdf(1, c, dh(E_R, public(E_I)))
(c,) = kdf(1, c, dh(E_R, public(INITIATOR)))
c, t, k = kdf(3, c, PSK)
h = hash_(h, t)
empty = aead(k, 0, b"", h)
response = struct.pack("<III", 2, R_INDEX, I_INDEX) + e + empty
response += mac(hash_(b"mac1----", public(INITIATOR)), response) + bytes(16)

to_responder, to_initiator = kdf(2, c, b"")
packet = bytes.fromhex("45000018000000004011000064400001644000020badf00d")
keepalive = struct.pack("<IIQ", 4, R_INDEX, 0) + aead(to_responder, 0, b"", b"")
up = struct.pack("<IIQ", 4, R_INDEX, 1) + aead(to_responder, 1, packet, b"")
down = struct.pack("<IIQ", 4, I_INDEX, 0) + aead(to_initiator, 0, packet, b"")

for name, value in dict(
        initiator=INITIATOR, responder=RESPONDER, initiatorEphemeral=E_I, responderEphemeral=E_R,
        psk=PSK, packet=packet, initiation=initiation, response=response, keepalive=keepalive,
        up=up, down=down).items():
    print(f"{name}={value.hex()}")
