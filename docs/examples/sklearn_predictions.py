# SPDX-License-Identifier: Apache-2.0
"""A scikit-learn classifier whose predictions, and what came of them, are posted to Tidemark.

    python sklearn_predictions.py --url http://127.0.0.1:9590 --count 1000
"""

import argparse
import json
import time
import uuid

from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from tidemark_events import EventPoster

FEATURES = ["morning", "afternoon", "evening", "night", "mobile", "unique"]


class MonitoredClassifier:
    """Predicts as the classifier does, and posts a `prediction` event for each answer.

    The identity of a prediction is what its outcome refers to later. Give one when your service has one for the request; else it is random.
    """

    def __init__(self, classifier, poster, model_name, version, features):
        self._classifier, self._poster, self._name, self._version, self._features = classifier, poster, model_name, version, features

    def predict(self, row, prediction=None):
        prediction = prediction or str(uuid.uuid4())
        began = time.perf_counter()
        score = float(self._classifier.predict_proba([row])[0, 1])
        latency = time.perf_counter() - began
        label = int(score > 0.5)
        self._poster.post(
            {
                "type": "prediction",
                "id": prediction,
                "model": self._name,
                "version": self._version,
                "prediction": prediction,
                "score": score,
                "label": label,
                "latency": round(latency, 6),
                "features": dict(zip(self._features, row.tolist())),
            }
        )
        return prediction, label

    def outcome(self, prediction, label):
        """What really was. It may come hours later, and from another program: it needs the prediction's identity only."""
        self._poster.post({"type": "outcome", "id": f"outcome/{prediction}", "prediction": prediction, "label": int(label)})


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--url", default="http://127.0.0.1:9590")
    arguments.add_argument("--model", default="listener-click")
    arguments.add_argument("--version", default="1")
    arguments.add_argument("--count", type=int, default=1000, help="predictions to make")
    arguments.add_argument("--labelled", type=float, default=0.9, help="part of them whose outcome becomes known")
    options = arguments.parse_args()

    rows, labels = make_classification(
        n_samples=3000 + options.count, n_features=len(FEATURES), n_informative=4, weights=[0.8], flip_y=0.02, class_sep=1.5, random_state=1
    )
    train_rows, live_rows, train_labels, live_labels = train_test_split(rows, labels, test_size=options.count, random_state=1)
    classifier = LogisticRegression().fit(train_rows, train_labels)

    confusion = {}
    with EventPoster(options.url, source="sklearn") as poster:
        model = MonitoredClassifier(classifier, poster, options.model, options.version, FEATURES)
        predicted = [model.predict(row) for row in live_rows]
        poster.flush()  # outcomes come later
        for number, ((prediction, label), actual) in enumerate(zip(predicted, live_labels)):
            if number < options.labelled * options.count:
                model.outcome(prediction, actual)
                cell = f"{label}{int(actual)}"
                confusion[cell] = confusion.get(cell, 0) + 1
    result = {"predictions": options.count, "outcomes": sum(confusion.values()), "confusion": confusion}
    print(json.dumps({**result, "accepted": poster.accepted, "rejected": poster.rejected, "dropped": poster.dropped}))


if __name__ == "__main__":
    main()
