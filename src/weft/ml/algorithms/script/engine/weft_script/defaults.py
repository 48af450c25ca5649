"""What a script need not define: loading, reading, asking and writing, as SageMaker's containers of scikit-learn, PyTorch
and XGBoost do it (sagemaker_sklearn_container/serving.py, default_pytorch_inference_handler.py, sagemaker-xgboost's
serving.py). Which of them it is the model tells. Pickled models are the script's own to load, never weft's."""
import os
import sys

from weft_script import encoding, files
from weft_script.problem import Problem

PICKLES = (".joblib", ".pkl", ".pickle", ".sav")
MODEL_FN = "def model_fn(model_dir): return joblib.load(os.path.join(model_dir, '{}'))"


def instance_of(value, module, name):
    """Whether it is a module's own, if that was imported at all."""
    of = sys.modules.get(module)
    kind = getattr(of, name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def is_torch(model):
    return instance_of(model, "torch.nn", "Module") or instance_of(model, "torch.jit", "ScriptModule")


def is_booster(model):
    return instance_of(model, "xgboost", "Booster")


def endings_in(folder, endings):
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [name for name in names if os.path.splitext(name)[1] in endings and os.path.isfile(os.path.join(folder, name))]


def model_fn(model_dir):
    """TorchScript is the one kind of model that needs no script to be loaded."""
    pickles = endings_in(model_dir, PICKLES)
    if pickles:
        raise Problem(f"`{pickles[0]}` is a pickle, which runs whatever its maker wrote into it: weft loads none by itself. Let "
                      f"your own code do it, in the sandbox: {MODEL_FN.format(pickles[0])} in code/inference.py")
    found = endings_in(model_dir, (".pt", ".pth"))
    found = ["model.pt"] if "model.pt" in found else found
    if not found:
        raise Problem("nothing says how the model is loaded: define model_fn(model_dir) in code/inference.py; the archive holds "
                      f"{files.names_in(model_dir)}")
    if len(found) > 1:
        raise Problem(f"Exactly one .pth or .pt file is required for PyTorch models: {found}")
    return load_torchscript(os.path.join(model_dir, found[0]))


def load_torchscript(path):
    name = os.path.basename(path)
    try:
        import torch
    except ImportError:
        raise Problem(f"`{name}` is a PyTorch model, and PyTorch is not installed here (Debian: apt-get install "
                      "python3-torch)") from None
    try:
        return torch.jit.load(path, map_location=torch.device("cpu"))
    except RuntimeError as error:
        raise Problem(f"Failed to load {name}. Please ensure model is saved using torchscript: "
                      f"{str(error).strip().splitlines()[0]}") from None


def numbers(array, content_type):
    """As the containers do: text formats become float32."""
    import numpy
    if encoding.base_type(content_type) not in encoding.UTF8_TYPES:
        return array
    try:
        return array.astype(numpy.float32)
    except (ValueError, TypeError) as error:
        raise encoding.Unreadable(f"the request is no table of numbers: {error}") from None


def read_libsvm(data):
    """`label index:value …`, a table with gaps as NaN; indices from 0, or from 1 where none is 0."""
    import numpy
    rows = []
    for number, line in enumerate(encoding.text_of(data, "libsvm").splitlines(), 1):
        pairs = [word.split(":") for word in line.split() if ":" in word]
        try:
            rows.append([(int(index), float(value)) for index, value in pairs])
        except ValueError:
            raise encoding.Unreadable(f"the libsvm cannot be read: row {number}") from None
    indices = [index for row in rows for index, _ in row]
    if min(indices, default=0) < 0 or max(indices, default=0) > 1_000_000:
        raise encoding.Unreadable("the libsvm cannot be read: an index is out of bounds")
    first = 1 if indices and min(indices) >= 1 else 0
    out = numpy.full((len(rows), max(indices, default=first) + 1 - first), numpy.nan, dtype=numpy.float32)
    for at, row in enumerate(rows):
        for index, value in row:
            out[at, index - first] = value
    return out


def input_fn(data, content_type, model):
    if is_booster(model):
        return sys.modules["xgboost"].DMatrix(booster_input(data, content_type))
    array = encoding.decode(data, content_type)
    if is_torch(model):
        torch = sys.modules["torch"]
        if encoding.base_type(content_type) in encoding.UTF8_TYPES:
            return torch.FloatTensor(numbers(array, content_type))
        return torch.from_numpy(array)
    return numbers(array, content_type)


def booster_input(data, content_type):
    if encoding.base_type(content_type) in ("text/libsvm", "text/x-libsvm"):
        return read_libsvm(data)
    array = numbers(encoding.decode(data, content_type), content_type)
    return array.reshape(-1, 1) if array.ndim == 1 else array


def predict_fn(data, model):
    if is_torch(model):
        torch = sys.modules["torch"]
        model.eval()
        with torch.no_grad():
            return model(data)
    if is_booster(model):
        return model.predict(data, validate_features=False)
    if not hasattr(model, "predict"):
        raise TypeError(f"model_fn gave a {type(model).__name__}, which has no predict(): define predict_fn(data, model)")
    return model.predict(data)


def output_fn(prediction, accept, default):
    kind = encoding.chosen_type(accept, default)
    return encoding.encode(prediction, kind), kind
