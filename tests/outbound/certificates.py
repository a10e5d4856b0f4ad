"""Certificates for servers of tests."""

import shutil
import subprocess
from pathlib import Path

import pytest


def certificate_of(name: str, folder: Path) -> Path:
    """Key and self-signed certificate of the host `name` in one file; beside it, as `.crt`, the certificate alone."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl to make a certificate with")
    file = folder / f"{name}.pem"
    command = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    )
    names = ["-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", str(file), "-out", str(file.with_suffix(".crt"))]
    subprocess.run([program, *command.split(), *names, *files], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + file.with_suffix(".crt").read_bytes())
    return file
