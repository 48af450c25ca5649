"""What a script says of its model: `signature = {"inputs": [{"name", "datatype", "shape"}], "outputs": […], "features":
[…]}` in the module, or a function of the model that gives it. With inputs it can be asked in tensors."""
import json

from weft_script import tensors
from weft_script.problem import Problem

KEYS = ("inputs", "outputs", "features")


def wrong(what):
    return Problem(f"signature: {what}")


def check_tensor(tensor):
    if not isinstance(tensor, dict):
        raise wrong("a tensor of it is no dict")
    name, kind, shape = tensor.get("name"), tensor.get("datatype"), tensor.get("shape")
    if not isinstance(name, str) or not name:
        raise wrong("a tensor of it has no name")
    if kind != "BYTES" and kind not in tensors.TYPES:
        raise wrong(f"tensor `{name}`: `{kind}` is no datatype ({', '.join(tensors.TYPES)}, BYTES)")
    if not isinstance(shape, (list, tuple)) or any(type(size) is not int or size < -1 for size in shape):
        raise wrong(f"tensor `{name}`: its shape is a list of whole numbers, -1 for any size")
    return {"name": name, "datatype": kind, "shape": list(shape)}


def read(handler):
    """Checked; empty where the script says nothing."""
    said = getattr(handler.module, "signature", None)
    if callable(said):
        said = said(handler.model) if handler_takes_model(said) else said()
    if said is None:
        return {}
    if not isinstance(said, dict) or any(key not in KEYS for key in said):
        raise wrong(f"it is a dict with {', '.join(KEYS)}")
    out = {}
    for key in ("inputs", "outputs"):
        if key in said:
            if not isinstance(said[key], (list, tuple)):
                raise wrong(f"{key} is a list")
            out[key] = [check_tensor(tensor) for tensor in said[key]]
    if "features" in said:
        features = said["features"]
        if not isinstance(features, (list, tuple)) or not all(isinstance(name, str) for name in features):
            raise wrong("features is a list of names")
        out["features"] = list(features)
    if handler.transform_fn and out.get("inputs"):
        raise wrong("a script with transform_fn takes bodies, not tensors: define predict_fn, or leave `inputs` out")
    return out


def handler_takes_model(function):
    from weft_script.handler import takes
    return takes(function, 0)


def written(signature):
    return json.dumps(signature, ensure_ascii=False)
