"""Small files, and paths as the container contract names them."""
import json
import os

from weft_script import limits
from weft_script.problem import Problem

CONTRACT_ROOT = "/opt/ml"
HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# For scripts that import SageMaker's toolkits where they are not installed, behind everything that is.
TOOLKITS = f"{os.path.join(HOME, 'stand_ins/toolkits')}:{HOME}"
NO_PIP = os.path.join(HOME, "stand_ins/no_pip")


def read_object(path, optional=False):
    """The JSON object of a file."""
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            text = file.read(limits.CONFIG_BYTES_MAX + 1)
    except FileNotFoundError:
        if optional:
            return {}
        raise Problem(f"{name} is missing ({path})", theirs=False) from None
    except OSError as error:
        raise Problem(f"cannot read {name}: {error.strerror}", theirs=False) from None
    if len(text) > limits.CONFIG_BYTES_MAX:
        raise Problem(f"{name} is larger than {limits.CONFIG_BYTES_MAX} bytes", theirs=False)
    try:
        out = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{name} is no JSON: {error}", theirs=False) from None
    if not isinstance(out, dict):
        raise Problem(f"{name} is no JSON object", theirs=False)
    return out


def local_path(root, address):
    """`/opt/ml/…`, another path or `file://…` as a path of this machine; None for what is elsewhere."""
    if address.startswith("file://"):
        address = address[len("file://"):]
    if not address.startswith("/"):
        return None
    if address == CONTRACT_ROOT or address.startswith(CONTRACT_ROOT + "/"):
        address = root + address[len(CONTRACT_ROOT):]
    return os.path.normpath(address)


def names_in(folder, most=8):
    """What lies in a folder, for a message."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return "nothing"
    if not names:
        return "nothing"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"`{name}`" for name in names[:most]) + more
