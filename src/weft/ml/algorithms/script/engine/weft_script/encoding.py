"""What SageMaker's containers read and write by themselves: JSON, CSV and NPY, as numpy arrays (sagemaker_inference and
sagemaker_containers: decoder, encoder). Unlike theirs, nothing that is pickled is read."""
import csv
import io
import json

JSON = "application/json"
CSV = "text/csv"
OCTET_STREAM = "application/octet-stream"
ANY = "*/*"
NPY = "application/x-npy"
NPZ = "application/x-npz"
UTF8_TYPES = [JSON, CSV]


class UnsupportedFormatError(Exception):
    """Named as the toolkits' own: scripts raise and catch it."""

    def __init__(self, content_type, **kwargs):
        self.message = (f"Content type {content_type} is not supported by this framework. Please implement input_fn to "
                        "deserialize the request data or an output_fn to serialize the response.")
        super().__init__(self.message, **kwargs)


class Unreadable(Exception):
    """A request that is not what its type says."""

    status_code = 400

    def __init__(self, message):
        super().__init__(message)
        self.message = message


def base_type(content_type):
    return (content_type or "").split(";")[0].strip().lower()


def text_of(data, name):
    if isinstance(data, str):
        return data
    try:
        return bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"the {name} is not in UTF-8: {error.reason} at byte {error.start}") from None


def read_json(data):
    try:
        return json.loads(text_of(data, "JSON"))
    except ValueError as error:
        raise Unreadable(f"the JSON cannot be read: {error}") from None
    except RecursionError:
        raise Unreadable("the JSON cannot be read: it is nested too deep") from None


def read_csv_rows(data):
    try:
        rows = [row for row in csv.reader(io.StringIO(text_of(data, "CSV")), strict=True) if row]
    except csv.Error as error:
        raise Unreadable(f"the CSV cannot be read: {error}") from None
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise Unreadable(f"the CSV cannot be read: row {number} has {len(row)} columns, the first has {len(rows[0])}")
    return rows


def decode_json(data):
    import numpy
    value = read_json(data)
    try:
        return numpy.array(value)
    except ValueError as error:
        raise Unreadable(f"the JSON is no array: {error}") from None


def decode_csv(data):
    """Numbers where all of it is, otherwise text; a single column is an array of one dimension. (Theirs gives one row as one
    dimension too, which scikit-learn's models do not take.)"""
    import numpy
    array = numpy.array(read_csv_rows(data))
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    try:
        return array.astype(float)
    except ValueError:
        return array


def decode_npy(data):
    import numpy
    try:
        return numpy.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:
        raise Unreadable(f"the NPY cannot be read (arrays of objects are pickles, and not read): {error}") from None


def decode_npz(data):
    import scipy.sparse
    try:
        return scipy.sparse.load_npz(io.BytesIO(data))
    except Exception as error:
        raise Unreadable(f"the NPZ is no sparse matrix: {error}") from None


DECODERS = {JSON: decode_json, CSV: decode_csv, NPY: decode_npy, NPZ: decode_npz}


def decode(data, content_type):
    decoder = DECODERS.get(base_type(content_type))
    if decoder is None:
        raise UnsupportedFormatError(content_type)
    return decoder(data)


def plain(value):
    """For json.dumps: arrays, tensors and numbers of libraries."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def encode_json(value):
    return json.dumps(value, default=plain)


def encode_csv(value):
    """A line for each row; a line for each value where there is one dimension."""
    import numpy
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array = numpy.array(value)
    if array.ndim == 0:
        array = array.reshape(1, 1)
    elif array.ndim == 1:
        array = array.reshape(-1, 1)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(array.tolist())
    return out.getvalue()


def encode_npy(value):
    import numpy
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    out = io.BytesIO()
    numpy.save(out, numpy.asarray(value), allow_pickle=False)
    return out.getvalue()


ENCODERS = {JSON: encode_json, CSV: encode_csv, NPY: encode_npy}


def encode(value, content_type):
    encoder = ENCODERS.get(base_type(content_type))
    if encoder is None:
        raise UnsupportedFormatError(content_type)
    return encoder(value)


def parse_accept(accept):
    """The types, the most wanted first."""
    out = []
    for part in (accept or "").split(","):
        name, *parameters = part.split(";")
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        if name.strip():
            out.append((-weight, len(out), name.strip()))
    return [name for _, _, name in sorted(out)]


def chosen_type(accept, default):
    """The first that can be written."""
    for name in parse_accept(accept) or [default]:
        if name in (ANY, "application/*"):
            return default if base_type(default) in ENCODERS else JSON
        if base_type(name) in ENCODERS:
            return name
    raise UnsupportedFormatError(accept)
