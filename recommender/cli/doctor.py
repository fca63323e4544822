"""The command doctor: what is installed, compiled and checked, and the command that mends what is not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from recommender.cli.app import DEFAULT_ARCHIVE, ArchiveOption, JsonOption, app, out, say_json
from recommender.cli.archive_checkup import of_archive
from recommender.cli.checkup import Place, State, of_installation, of_machine, of_settings
from recommender.cli.model_checkup import of_model
from recommender.cli.serving import LOOPBACK, PORT

CHECKS = (of_installation, of_settings, of_machine, of_model, of_archive)


@app.command(epilog="Example: `related doctor --archive news`")
def doctor(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    json: JsonOption = False,
    host: Annotated[str, typer.Option(help="Address on which the service is to listen.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the service.")] = PORT,
) -> None:
    """Tell what is installed, compiled and checked, how fast this machine embeds, and what mends the rest.

    It changes nothing. Ends with exit code 1 where something is to be mended.
    """
    place = Place(archive, host, port)
    found = [finding for check in CHECKS for finding in check(place)]
    faults = [finding for finding in found if finding.state is State.FAULT]
    if json:
        say_json({"sound": not faults, "findings": [asdict(finding) for finding in found]})
    else:
        width = max(len(finding.what) for finding in found)
        for finding in found:
            out.print(f"{finding.state:<5}  {finding.what:<{width}}  {finding.words}")
            if finding.mend:
                out.print(f"{'':<7}{'':<{width}}  $ {finding.mend}")
    if faults:
        raise typer.Exit(1)
