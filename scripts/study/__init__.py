"""The study of the ranking, part by part; `scripts/study_ranking.py` runs it. Nothing of it is shipped."""
