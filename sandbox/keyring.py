"""The keys of the systems that sign with RSA: made when first needed, kept with the ledger."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from sandbox.ledger import Json, Ledger

_KIND = "keyring"


class Keyring:
    """Keys by name, such as ``paypal`` or ``wechatpay.merchant``."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def private_pem(self, name: str) -> str:
        return str(self._pair(name)["private_key"])

    def certificate(self, name: str) -> str:
        return str(self._pair(name)["certificate"])

    def serial(self, name: str) -> str:
        """Return the certificate's serial number in capital hex."""
        return f"{x509.load_pem_x509_certificate(self.certificate(name).encode()).serial_number:X}"

    def sign(self, name: str, text: bytes) -> bytes:
        """Sign as SHA256withRSA does."""
        key = serialization.load_pem_private_key(self.private_pem(name).encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())

    def public_key(self, name: str) -> rsa.RSAPublicKey:
        key = x509.load_pem_x509_certificate(self.certificate(name).encode()).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        return key

    def _pair(self, name: str) -> Json:
        kept = self._ledger.get(_KIND, name)
        if kept is None:
            kept = _new_pair(name)
            self._ledger.save(_KIND, name, kept)
        return kept


def _new_pair(name: str) -> Json:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sandbox {name}")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return {
        "private_key": key.private_bytes(pem, pkcs8, plain).decode(),
        "certificate": certificate.public_bytes(pem).decode(),
    }
