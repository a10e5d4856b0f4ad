"""As many connections as there are files for."""

import sys

import pytest

from batuta.doors.http.files import connections_max


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such bound")
def test_a_server_has_as_many_connections_as_its_files_allow_and_keeps_some_for_others() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_024), hard))
        most = connections_max()
        now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert now >= min(soft, 1_024)
        assert most == max(min(10_000, now - 256), 32)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
