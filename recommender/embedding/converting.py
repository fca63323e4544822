"""From a sentence-transformers model to an OpenVINO one, and on to int8. Knows no files; checks nothing."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.batches import padded
from recommender.embedding.runtime import openvino
from recommender.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_SMOOTHING = 0.75
"""SmoothQuant's alpha (Xiao et al. 2023): how much of the activations' outliers moves into the weights. Mean
cosine of the default model: 0.5 0.9916, 0.7 0.9976, 0.8 0.9975, nncf's own 0.95 0.9968, without 0.9944."""

_TRACE_SHAPE = (2, 16)
"""Rows and tokens of the example that the model is traced with; both are dynamic in the result."""


def convert(model: SentenceTransformer, name: str) -> Any:  # noqa: ANN401 (openvino has no types)
    """Trace the whole pipeline, pooling and normalisation inside, to an `openvino.Model` of dynamic shape.

    Raises
    ------
    ModelError
        When the model has parts that OpenVINO does not know.
    """
    import torch

    ov = openvino()

    class Pipeline(torch.nn.Module):
        """Token ids and mask in, unit vectors out, whatever modules the model has."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            out = self.inner({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(out["sentence_embedding"], dim=1)

    ones = torch.ones(_TRACE_SHAPE, dtype=torch.long)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's notes about constants in somebody else's code
        example = {"input_ids": ones, "attention_mask": ones}
        try:
            return ov.convert_model(Pipeline().eval(), example_input=example)
        except (ov.frontend.OpConversionFailure, ov.frontend.GeneralFailure, RuntimeError) as error:
            raise ModelError(f"model {name!r} cannot be converted: {error}") from error


def quantize(plain: Any, rows: Sequence[list[int]], pad: int, name: str) -> Any:  # noqa: ANN401
    """Return an int8 copy of an `openvino.Model`, whose ranges are those that the calibration rows make.

    Parameters
    ----------
    plain : openvino.Model
        As `convert` made it.
    rows : sequence of list of int
        Token ids of the calibration texts.
    pad : int
        Id that fills a row up.
    name : str
        The model's name, for errors.

    Raises
    ------
    ModelError
        When the model has parts that cannot be quantized.
    """
    openvino()
    import nncf
    from nncf.quantization.advanced_parameters import AdvancedSmoothQuantParameters

    # Not nncf.set_log_level: that also sets the level of handlers that belong to the program.
    logging.getLogger("nncf").setLevel(logging.ERROR)

    def inputs(row: list[int]) -> dict[str, NDArray[np.int64]]:
        ids, mask = padded([row], pad)
        return {"input_ids": ids, "attention_mask": mask}

    smooth = AdvancedSmoothQuantParameters(matmul=_SMOOTHING)
    failures = (nncf.ValidationError, nncf.InternalError, nncf.UnsupportedModelError, RuntimeError)
    try:
        # Its progress bars go to standard output, which may be somebody's JSON.
        with contextlib.redirect_stdout(io.StringIO()):
            return nncf.quantize(
                plain,
                nncf.Dataset(rows, inputs),
                model_type=nncf.ModelType.TRANSFORMER,
                subset_size=len(rows),
                ignored_scope=nncf.IgnoredScope(names=_outlier_layer(plain)),
                advanced_parameters=nncf.AdvancedQuantizationParameters(smooth_quant_alphas=smooth),
            )
    except failures as error:
        raise ModelError(f"model {name!r} cannot be quantized: {error}") from error


def _outlier_layer(plain: Any) -> list[str]:  # noqa: ANN401
    """Name the product after the first feed-forward activation, which stays in floating point.

    Its few very large inputs spoil an int8 scale: in the default model it alone makes half of the error (mean
    cosine 0.9985 instead of 0.9972), for 3 % of the time. The next worst gains half as much.
    """
    activations = (node for node in plain.get_ordered_ops() if node.get_type_name() == "Gelu")
    first = next(activations, None)
    if first is None:
        return []
    users = [user.get_node() for user in first.output(0).get_target_inputs()]
    return [node.get_friendly_name() for node in users if node.get_type_name() == "MatMul"]
