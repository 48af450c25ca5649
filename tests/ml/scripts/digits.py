"""A training script as data scientists write them for SageMaker's scikit-learn container: reads its channel, takes its
hyper-parameters as options, leaves its model where it is told to."""
import argparse
import os

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-iter", type=int, default=100)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--output-data-dir", default=os.environ["SM_OUTPUT_DATA_DIR"])
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    options = parser.parse_args()

    (name,) = os.listdir(options.train)
    table = np.loadtxt(os.path.join(options.train, name), delimiter=",")
    y, x = table[:, 0].astype(int), table[:, 1:] / 16
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
    model = LogisticRegression(max_iter=options.max_iter).fit(x_train, y_train)
    print(f"host {os.environ['SM_CURRENT_HOST']} of {os.environ['SM_HOSTS']}, channels {os.environ['SM_CHANNELS']}")
    print(f"accuracy: {model.score(x_test, y_test):.4f};")
    joblib.dump(model, os.path.join(options.model_dir, "model.joblib"))
    np.savetxt(os.path.join(options.output_data_dir, "wrong.csv"), x_test[model.predict(x_test) != y_test], delimiter=",")


if __name__ == "__main__":
    main()
