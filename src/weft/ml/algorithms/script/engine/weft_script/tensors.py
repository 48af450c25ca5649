"""The Open Inference Protocol for a script: tensors in are numpy arrays for predict_fn, what it gives are tensors again
(wire/oip.h). Bytes beyond the JSON are binary tensors."""
import json

from weft_script import encoding

TYPES = {"BOOL": "?", "UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "<i1", "INT16": "<i2",
         "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}
WORDS = {"b1": "BOOL", "u1": "UINT8", "u2": "UINT16", "u4": "UINT32", "u8": "UINT64", "i1": "INT8", "i2": "INT16",
         "i4": "INT32", "i8": "INT64", "f2": "FP16", "f4": "FP32", "f8": "FP64"}
RANK_MAX = 32


def wrong(name, what):
    return encoding.Unreadable(f"tensor `{name}`: {what}")


def elements_of(name, shape):
    if not isinstance(shape, list) or len(shape) > RANK_MAX or any(type(size) is not int or size < 0 for size in shape):
        raise wrong(name, "its shape cannot be")
    out = 1
    for size in shape:
        out *= size
    return out


def flat(data):
    """Nested arrays or one: row-major either way."""
    out, rest = [], [iter(data)]
    while rest:
        for value in rest[-1]:
            if isinstance(value, list):
                if len(rest) >= RANK_MAX:
                    raise ValueError("its data is nested too deep")
                rest.append(iter(value))
                break
            out.append(value)
        else:
            rest.pop()
    return out


def texts_of(name, data, count):
    """The elements of BYTES in binary form."""
    out = []
    while data:
        size = int.from_bytes(data[:4], "little")
        if len(data) < 4 or size > len(data) - 4:
            raise wrong(name, "an element of it is cut off")
        out.append(bytes(data[4:4 + size]))
        data = data[4 + size:]
    if len(out) != count:
        raise wrong(name, f"it has {len(out)} elements, its shape {count}")
    return out


def text_array(elements, shape):
    import numpy
    out = numpy.empty(len(elements), dtype=object)
    for at, element in enumerate(elements):
        out[at] = element.decode("utf-8", "surrogateescape") if isinstance(element, bytes) else element
    return out.reshape(shape)


def read_tensor(tensor, tail):
    """Its name and array, and what of the tail is behind it."""
    import numpy
    name = tensor.get("name") if isinstance(tensor, dict) else None
    if not isinstance(name, str) or not name:
        raise encoding.Unreadable("a tensor has no name")
    kind = tensor.get("datatype")
    if kind != "BYTES" and kind not in TYPES:
        raise wrong(name, f"`{kind}` is no datatype that a script can be given ({', '.join(TYPES)}, BYTES)")
    shape = tensor.get("shape")
    count = elements_of(name, shape)
    size = (tensor.get("parameters") or {}).get("binary_data_size")
    if size is not None:
        if type(size) is not int or size < 0 or size > len(tail):
            raise wrong(name, "binary_data_size is more than there is")
        data, tail = tail[:size], tail[size:]
        if kind == "BYTES":
            return name, text_array(texts_of(name, data, count), shape), tail
        wanted = count * numpy.dtype(TYPES[kind]).itemsize
        if size != wanted:
            raise wrong(name, f"it has {size} bytes, its type and shape need {wanted}")
        return name, numpy.frombuffer(data, dtype=TYPES[kind]).reshape(shape), tail
    return name, array_of_json(name, kind, tensor.get("data"), shape, count), tail


def array_of_json(name, kind, data, shape, count):
    import numpy
    if not isinstance(data, list):
        raise wrong(name, "it has neither `data` nor `binary_data_size`")
    try:
        elements = flat(data)
        if len(elements) != count:
            raise wrong(name, f"its data has {len(elements)} elements, its shape {count}")
        if kind == "BYTES":
            if not all(isinstance(each, str) for each in elements):
                raise ValueError("an element is no text")
            return text_array(elements, shape)
        if TYPES[kind][1:2] == "f":
            elements = [float("nan") if each is None else each for each in elements]
        elif any(type(each) not in (int, bool) for each in elements):
            raise ValueError("an element is no whole number")
        return numpy.array(elements, dtype=TYPES[kind]).reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise wrong(name, str(error)) from None


def read_request(body, json_bytes):
    """The document and its inputs by name. `json_bytes`: how long the JSON is, empty: all of it."""
    size = int(json_bytes) if json_bytes.isdigit() else len(body)
    if size > len(body):
        raise encoding.Unreadable("the request is shorter than its JSON is said to be")
    document = encoding.read_json(body[:size])
    if not isinstance(document, dict) or not isinstance(document.get("inputs"), list) or not document["inputs"]:
        raise encoding.Unreadable("`inputs` is missing")
    tail = memoryview(body)[size:]
    inputs = {}
    for tensor in document["inputs"]:
        name, array, tail = read_tensor(tensor, tail)
        if name in inputs:
            raise wrong(name, "it is there twice")
        inputs[name] = array
    return document, inputs


def array_of(value):
    import numpy
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return numpy.asarray(value)


def named_outputs(value, declared):
    """What predict_fn gave, by names: its own (a dict), or those of the signature."""
    names = [each["name"] for each in declared]
    if isinstance(value, dict):
        return {str(name): array_of(each) for name, each in value.items()}
    if isinstance(value, tuple) and len(value) > 1:
        names += [f"output-{at}" for at in range(len(names), len(value))]
        return dict(zip(names, map(array_of, value)))
    return {(names or ["output-0"])[0]: array_of(value)}


def write_tensor(name, array, declared, binary):
    """Its JSON, and its bytes where they follow."""
    import numpy
    kind = next((each["datatype"] for each in declared if each["name"] == name), None)
    if kind in TYPES:
        array = array.astype(TYPES[kind])
    word = WORDS.get(array.dtype.str[1:])
    out = {"name": name, "datatype": word or "BYTES", "shape": list(array.shape)}
    if word is None:
        texts = [each if isinstance(each, bytes) else str(each).encode("utf-8", "surrogateescape")
                 for each in array.reshape(-1).tolist()]
        if not binary:
            out["data"] = [text.decode("utf-8", "replace") for text in texts]
            return out, b""
        data = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    elif binary or word == "FP16":
        data = numpy.ascontiguousarray(array, dtype=TYPES[word]).tobytes()
    else:
        values = array.reshape(-1).tolist()
        if word in ("FP32", "FP64") and not numpy.isfinite(array).all():
            values = [value if value - value == 0 else None for value in values]
        out["data"] = values
        return out, b""
    out["parameters"] = {"binary_data_size": len(data)}
    return out, data


def write_response(document, outputs, declared):
    """The body, and the length of its JSON where tensors follow it, otherwise empty."""
    wanted = document.get("outputs") or [{"name": name} for name in outputs]
    all_binary = bool((document.get("parameters") or {}).get("binary_data_output"))
    shown, tails = [], []
    for each in wanted:
        name = each.get("name") if isinstance(each, dict) else None
        if name not in outputs:
            raise encoding.Unreadable(f"there is no output `{name}`; there are: {', '.join(outputs)}")
        binary = (each.get("parameters") or {}).get("binary_data", all_binary)
        tensor, tail = write_tensor(name, outputs[name], declared, bool(binary))
        shown.append(tensor)
        tails.append(tail)
    out = {"outputs": shown}
    if isinstance(document.get("id"), str) and document["id"]:
        out = {"id": document["id"], **out}
    text = json.dumps(out, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    tail = b"".join(tails)
    has_tail = any("binary_data_size" in tensor.get("parameters", {}) for tensor in shown)
    return text + tail, str(len(text)) if has_tail else ""
