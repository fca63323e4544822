"""How many archives the files allow that the process may open."""

from __future__ import annotations

import logging
from dataclasses import replace

from recommender.service.connections import OTHER_FILES, files_up_to
from recommender.service.publishers_settings import PublishersSettings
from recommender.service.settings import ServiceSettings

log = logging.getLogger("related.publishers")

FILES_OPEN, FILES_LOADED = 12, 60  # that an archive needs: its catalog for some threads, and all of its index


def within_files(settings: PublishersSettings, common: ServiceSettings) -> PublishersSettings:
    """Return the settings with no more archives open than the process may open files for; says so."""
    others = common.connections + OTHER_FILES + settings.loaded * FILES_LOADED
    may = files_up_to(others + settings.open * FILES_OPEN)
    most = max((may - others) // FILES_OPEN, 1)
    if most >= settings.open:
        return settings
    log.warning(
        "fewer archives are open than set: the process may open too few files",
        extra={"facts": {"open": most}},
    )
    return replace(settings, open=most)
