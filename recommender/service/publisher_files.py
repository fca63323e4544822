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
    """Return the settings with no more archives open or loaded than there are files for; says so."""
    others = common.connections + OTHER_FILES
    needed = others + settings.loaded * FILES_LOADED + settings.open * FILES_OPEN
    may = files_up_to(needed)
    if may >= needed:
        return settings
    left = may - others
    loaded = min(settings.loaded, max(left // 2 // FILES_LOADED, 1))
    most = min(settings.open, max((left - loaded * FILES_LOADED) // FILES_OPEN, 1))
    log.warning(
        "fewer archives are open or loaded than set: the process may open too few files",
        extra={"facts": {"open": most, "loaded": loaded}},
    )
    return replace(settings, open=most, loaded=loaded)
