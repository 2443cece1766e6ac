"""A class that the user names: by index or by name."""

import difflib

from engine.errors import SettingsError

__all__ = ["class_index"]


def class_index(text: str, labels: tuple[str, ...]) -> int:
    """The index of a class given by its index or by its name, upper and lower case alike.

    Raises
    ------
    SettingsError
        If there is no such class (the nearest names are offered), or several have the name.
    """
    wanted = text.strip()
    if wanted.lstrip("+-").isdecimal():
        index = int(wanted)
        if 0 <= index < len(labels):
            return index
        raise SettingsError(f"There is no class {index}; give an index from 0 to {len(labels) - 1}, or a name.")
    names = [label.casefold() for label in labels]
    found = [index for index, name in enumerate(names) if name == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        indices = " and ".join(str(index) for index in found)
        raise SettingsError(f"Classes {indices} are both named {wanted!r}; give the index of the one you mean.")
    near = list(dict.fromkeys(difflib.get_close_matches(wanted.casefold(), names, n=4)))
    offer = ", ".join(labels[names.index(name)] for name in near)
    remedy = f"nearest: {offer}" if offer else f"give an index from 0 to {len(labels) - 1}, or a name"
    raise SettingsError(f"There is no class named {wanted!r}; {remedy}.")
