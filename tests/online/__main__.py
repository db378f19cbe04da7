"""Installs what the tests of online sign-in need beside the locked Python packages."""

import shutil
import subprocess
import sys

from throughcare import assets


def main() -> None:
    """All locked front-end packages with those of the tests; the pages' files stay as they are."""
    npm = shutil.which("npm")
    command = [npm] if npm is not None else assets._brought_npm()
    finished = subprocess.run([*command, "ci", "--silent"], cwd=assets.ROOT, check=False)
    if finished.returncode == 0:
        (assets.MODULES / assets.STAMP_NAME).write_text(assets._lock_digest(), encoding="ascii")
    sys.exit(finished.returncode)


if __name__ == "__main__":
    main()
