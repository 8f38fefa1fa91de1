"""Who answers: problems and a model give responses.

`model.py` holds what a model is and the resumable loop, `local.py` runs Hugging Face models with transformers,
`scripted.py` is the miniature's teacher, and `endpoint.py` says how a server is asked, which `collect.py` does.
Importing this package loads no third-party module.
"""

from thalweg.generate.model import Model, Precision, Request, Sampling, batches, generate, open_model, response_id

__all__ = ["Model", "Precision", "Request", "Sampling", "batches", "generate", "open_model", "response_id"]
