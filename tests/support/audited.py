"""`python -m tests.support.audited SERVICE`: the server, with a note of every import and of every unpickling.

The notes go to the file named by `AUDIT_FILE`, one a line, as they happen.
"""

import os
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    with Path(os.environ["AUDIT_FILE"]).open("w", buffering=1) as notes:

        def note(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "import" and not notes.closed:
                notes.write(f"import {arguments[0]}\n")
            elif event.startswith("pickle.") and not notes.closed:
                notes.write(f"{event} {arguments}\n")

        sys.addaudithook(note)
        from bentos.core.serve import main as serve

        return serve()


if __name__ == "__main__":
    sys.exit(main())
