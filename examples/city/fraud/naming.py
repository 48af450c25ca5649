"""The names of a model's columns, written into its own file.

SageMaker's csv has no names, so a model that was trained on it has none either. XGBoost keeps them in its model as
`learner.feature_names`, an array of strings (doc/model.schema); the file is UBJSON, in which an array of N strings is
`[#L` N (`SL` length bytes)*, lengths in eight bytes, the highest first.
"""
import io
import tarfile

MODEL = "xgboost-model"
MEMBER = b"L" + len(b"feature_names").to_bytes(8, "big") + b"feature_names"


def strings(names):
    texts = [name.encode() for name in names]
    return b"[#L" + len(texts).to_bytes(8, "big") + b"".join(b"SL" + len(text).to_bytes(8, "big") + text for text in texts)


def named(model, names):
    """The bytes of an XGBoost model with names for its columns."""
    without = MEMBER + strings([])
    if model.count(without) != 1:
        raise ValueError("this is no XGBoost model in UBJSON, or its columns have names already")
    return model.replace(without, MEMBER + strings(names))


def named_archive(packed, names):
    """A model.tar.gz with names for the model's columns."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        model = tar.extractfile(MODEL).read()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        entry = tarfile.TarInfo(MODEL)
        data = named(model, names)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()
