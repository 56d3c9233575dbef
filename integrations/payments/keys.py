"""RSA keys and certificates in PEM, as connections keep them among their secrets."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates

from integrations.errors import ConfigurationError


def private_key(system: str, pem: str, *, name: str) -> RSAPrivateKey:
    """Read an unencrypted RSA key.

    Raises:
        ConfigurationError: it is none; ``field`` names the secret.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise _unreadable(system, "an unencrypted private key in PEM", name) from error
    if not isinstance(key, RSAPrivateKey):
        raise _unreadable(system, "an RSA key", name)
    return key


def certified_keys(system: str, pem: str, *, name: str) -> Mapping[str, RSAPublicKey]:
    """Read one or more certificates; return their keys by serial number in capital hex.

    Their dates are not looked at: whoever put them decides how long they are trusted.

    Raises:
        ConfigurationError: it holds none, or another kind of key; ``field`` names the secret.
    """
    try:
        found = {
            f"{certificate.serial_number:X}": certificate.public_key()
            for certificate in load_pem_x509_certificates(pem.encode())
        }
    except ValueError as error:
        raise _unreadable(system, "certificates in PEM", name) from error
    keys = {serial: key for serial, key in found.items() if isinstance(key, RSAPublicKey)}
    if len(keys) < len(found):
        raise _unreadable(system, "certificates of RSA keys", name)
    return keys


def _unreadable(system: str, wanted: str, name: str) -> ConfigurationError:
    return ConfigurationError(system, f"wanted {wanted}", field=f"secrets.{name}")
