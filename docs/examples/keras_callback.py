# SPDX-License-Identifier: Apache-2.0
"""A Keras callback that posts each epoch to Tidemark, and a small training that uses it.

    KERAS_BACKEND=jax python keras_callback.py --url http://127.0.0.1:9590 --run first
"""

import argparse
import json
import math
import time
import uuid

import keras
import numpy as np

from tidemark_events import EventPoster


class TidemarkCallback(keras.callbacks.Callback):
    """Posts a `training` event after every epoch: what Keras calls logs, as `metrics`.

    The identity of an event is made of model, version, run and epoch, so an epoch counts once however often it is posted; another training
    needs another `run`. Without one it gets a random name. The training never waits for the server, except at its end, for `patience`
    seconds at most.
    """

    def __init__(self, poster, model_name, version=None, run=None, patience=10.0):
        super().__init__()
        self.run = run or uuid.uuid4().hex[:12]
        self._poster, self._name, self._version, self._patience = poster, model_name, version, patience

    def on_epoch_end(self, epoch, logs=None):
        metrics = {name: float(value) for name, value in (logs or {}).items() if is_number(value)}
        event = {
            "type": "training",
            "id": f"{self._name}/{self._version or ''}/{self.run}/{epoch + 1}",
            "model": self._name,
            "run": self.run,
            "epoch": epoch + 1,
            "metrics": metrics,
        }
        if self._version is not None:
            event["version"] = self._version
        self._poster.post(event)

    def on_train_end(self, logs=None):
        self._poster.flush(self._patience)


def is_number(value):
    """Whether a value of the logs is one finite number; a training is not stopped for others, they are left out."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


class Pause(keras.callbacks.Callback):
    """Waits after each epoch, so that a training of seconds looks like one of minutes."""

    def __init__(self, seconds):
        super().__init__()
        self._seconds = seconds

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(self._seconds)


def listeners(count, seed):
    """Listeners of a music service, and whether they clicked: those who use a mobile much, and a few others."""
    random = np.random.default_rng(seed)
    features = random.random((count, 5), dtype="float32")  # share of morning, afternoon, evening, night, mobile
    clicked = features[:, 4] + 0.1 * random.standard_normal(count) > 0.85
    return features, clicked.astype("float32")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--url", default="http://127.0.0.1:9590")
    arguments.add_argument("--model", default="ad-click")
    arguments.add_argument("--version", default="1")
    arguments.add_argument("--run")
    arguments.add_argument("--epochs", type=int, default=10)
    arguments.add_argument("--pause", type=float, default=0.0, help="seconds to wait after each epoch")
    options = arguments.parse_args()

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])

    with EventPoster(options.url, source="keras") as poster:
        callback = TidemarkCallback(poster, options.model, options.version, options.run)
        history = model.fit(
            *listeners(4000, seed=1),
            validation_data=listeners(1000, seed=2),
            epochs=options.epochs,
            verbose=0,
            callbacks=[callback, Pause(options.pause)],
        )
    last = {name: float(values[-1]) for name, values in history.history.items()}
    print(json.dumps({"run": callback.run, "epochs": options.epochs, "accepted": poster.accepted, "dropped": poster.dropped, "last": last}))


if __name__ == "__main__":
    main()
