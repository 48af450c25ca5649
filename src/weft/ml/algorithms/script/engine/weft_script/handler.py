"""The user's functions: model_fn, input_fn, predict_fn, output_fn, transform_fn, as sagemaker-inference-toolkit calls
them, with the defaults for those that are missing."""
import importlib
import inspect
import os
import sys
import traceback

from weft_script import context, defaults, encoding, files
from weft_script.problem import Problem

DEFAULT_ACCEPT = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"
TENSORFLOW = ("handler", "input_handler", "output_handler")


class Refusal(Exception):
    """A request that gets a status of its own."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def last_line(error):
    """How a traceback of it ends."""
    return "".join(traceback.format_exception_only(error)).strip()


def import_script(code, name):
    """The user's module. A problem names what its import raised."""
    module = name.removesuffix(".py").replace("/", ".")
    if not all(part.isidentifier() for part in module.split(".")):
        raise Problem(f"SAGEMAKER_PROGRAM: `{name}` is no Python module's file")
    if not os.path.isfile(os.path.join(code, *module.split(".")) + ".py"):
        raise Problem(f"SAGEMAKER_PROGRAM: there is no `{name}` in the source directory; it holds {files.names_in(code)}")
    if code not in sys.path:
        sys.path.insert(0, code)
    if sys.modules.get(module) is not None:
        raise Problem(f"`{name}` is called as a module that weft uses itself; rename it, to inference.py for example")
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        raise Problem(f"{name} cannot be imported: {last_line(error)}") from None


def takes(function, given):
    """Whether it takes a context behind its arguments. A problem when it takes neither."""
    try:
        inspect.signature(function).bind(*range(given + 1))
        wanted = [p for p in inspect.signature(function).parameters.values()
                  if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        # *args is no wish for one.
        return len(wanted) > given
    except TypeError:
        pass
    try:
        inspect.signature(function).bind(*range(given))
    except TypeError:
        name = getattr(function, "__name__", "a function")
        raise Problem(f"{name} has to take {given} arguments: model_fn(model_dir), input_fn(data, content_type), "
                      "predict_fn(data, model), output_fn(prediction, accept), transform_fn(model, data, content_type, accept)"
                      ) from None
    return False


class Handler:
    def __init__(self, module, model_dir):
        self.module = module
        self.model_dir = model_dir
        self.context = context.Context(model_dir)
        self.default_accept = os.environ.get(DEFAULT_ACCEPT) or encoding.JSON
        self.with_context = {}
        for name, given in (("model_fn", 1), ("input_fn", 2), ("predict_fn", 2), ("output_fn", 2), ("transform_fn", 4),
                            ("pre_model_fn", 1), ("model_warmup_fn", 2)):
            function = getattr(module, name, None)
            setattr(self, name, function)
            if function is not None:
                if not callable(function):
                    raise Problem(f"{name} is no function")
                self.with_context[name] = takes(function, given)
        self.check()
        self.model = self.load()

    def check(self):
        if self.transform_fn and (self.input_fn or self.predict_fn or self.output_fn):
            raise Problem("Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn "
                          "implementation")
        own = self.model_fn or self.transform_fn or self.predict_fn or self.input_fn or self.output_fn
        if not own and any(hasattr(self.module, name) for name in TENSORFLOW):
            raise Problem("input_handler and output_handler are those of TensorFlow Serving's container, which is not here: "
                          "define model_fn and predict_fn, or deploy the model as ONNX")

    def call(self, name, *arguments):
        function = getattr(self, name)
        return function(*arguments, self.context) if self.with_context[name] else function(*arguments)

    def load(self):
        if self.pre_model_fn:
            self.call("pre_model_fn", self.model_dir)
        model = self.call("model_fn", self.model_dir) if self.model_fn else defaults.model_fn(self.model_dir)
        if self.model_warmup_fn:
            self.call("model_warmup_fn", self.model_dir, model)
        return model

    def read(self, data, content_type):
        try:
            if self.input_fn:
                return self.call("input_fn", data, content_type)
            return defaults.input_fn(data, content_type, self.model)
        except Exception as error:
            raise (refused(error, 415) or error)

    def predict(self, data):
        if self.predict_fn:
            return self.call("predict_fn", data, self.model)
        return defaults.predict_fn(data, self.model)

    def write(self, prediction, accept):
        try:
            if self.output_fn:
                return self.call("output_fn", prediction, accept)
            return defaults.output_fn(prediction, accept, self.default_accept)
        except Exception as error:
            raise (refused(error, 406) or error)

    def transform(self, data, content_type, accept, attributes):
        """One answer: what output_fn or transform_fn gave, and the type that goes without saying."""
        content_type = content_type or encoding.JSON
        if not accept or accept == encoding.ANY:
            accept = self.default_accept
        headers = {"Content-Type": content_type, "Accept": accept}
        if attributes:
            headers[context.ATTRIBUTES] = attributes
        self.context.begin(headers)
        if content_type in encoding.UTF8_TYPES:
            data = encoding.text_of(data, "request")
        if self.transform_fn:
            try:
                return self.call("transform_fn", self.model, data, content_type, accept), accept
            except Exception as error:
                raise (refused(error, 415) or error)
        return self.write(self.predict(self.read(data, content_type)), accept), accept


def refused(error, status):
    """A format that is not supported, by whichever of the toolkits' names."""
    if type(error).__name__ == "UnsupportedFormatError":
        return Refusal(status, getattr(error, "message", None) or str(error))
    return None


def status_and_message(error):
    """How an exception is answered: with the status it carries, else 500 with the last line of its traceback."""
    if isinstance(error, Refusal):
        return error.status, str(error)
    # BaseInferenceToolkitError has `status_code` and `message`; werkzeug's exceptions `code` and `description`.
    for status_name, message_name in (("status_code", "message"), ("code", "description")):
        status = getattr(error, status_name, None)
        if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
            return status, str(getattr(error, message_name, None) or error)
    return 500, last_line(error)
