"""Agreement with the links that a publisher's own writers set: the measure that every change answers to."""

from recommender.evaluation.measure import evaluate
from recommender.evaluation.report import Evaluation

__all__ = ["Evaluation", "evaluate"]
