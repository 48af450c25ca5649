"""What a training program finds around it: SageMaker's container contract (ml/worker/training_view.h)."""
import json
import os

from weft_script import files


class TrainingView:
    def __init__(self, root):
        self.root = root
        self.config = os.path.join(root, "input/config")
        raw = files.read_object(os.path.join(self.config, "hyperparameters.json"))
        self.hyperparameters = {name: value_of(text) for name, text in raw.items()}
        self.channels = files.read_object(os.path.join(self.config, "inputdataconfig.json"))
        self.resources = files.read_object(os.path.join(self.config, "resourceconfig.json"), optional=True)
        # What the contract has no file for.
        own = files.read_object(os.path.join(self.config, "weft.json"), optional=True)
        threads = own.get("threads")
        self.threads = threads if isinstance(threads, int) and threads > 0 else os.cpu_count() or 1
        self.code = os.path.join(root, "code")
        self.model = os.path.join(root, "model")
        self.output = os.path.join(root, "output")
        self.output_data = os.path.join(root, "output/data")
        self.failure = os.path.join(root, "output/failure")
        self.artifacts = os.path.join(root, "artifacts")

    def text_of(self, name):
        """A hyper-parameter of the SDK's own (`sagemaker_program`), or what its variable says; empty: there is none."""
        value = self.hyperparameters.get(name)
        if value is None or value == "":
            return os.environ.get(name.upper(), "")
        return str(value)

    def channel(self, name):
        return os.path.join(self.root, "input/data", name)


def value_of(text):
    """A hyper-parameter's value: JSON where it is some, otherwise the text itself."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text
