"""Who answers: problems and a model give responses.

`model.py` holds what a model is and the resumable loop, `local.py` runs Hugging Face models with transformers, and
`scripted.py` is the miniature's teacher. Importing this package loads no third-party module.
"""

from thalweg.generate.model import Model, Precision, Request, Sampling, batches, generate, open_model, response_id

__all__ = ["Model", "Precision", "Request", "Sampling", "batches", "generate", "open_model", "response_id"]
