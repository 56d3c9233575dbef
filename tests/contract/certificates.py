"""Keys and certificates of a test's own, as providers hand them out."""

import functools
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


@functools.cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Return this name's key: making one takes a moment."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, serial: int = 0xABC123
) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(PEM).decode()


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


def signed(key: rsa.RSAPrivateKey, text: bytes) -> bytes:
    return key.sign(text, padding.PKCS1v15(), hashes.SHA256())
