"""An export on the Hugging Face hub: only when asked, private unless said otherwise.

The token is the one that `huggingface_hub` finds (HF_TOKEN, or `hf auth login`); Thalweg never sees it. A data set that
exists and is public is not written to by someone who did not ask for a public one.
"""

from pathlib import Path
from typing import Any, Protocol

from thalweg.errors import InputError


class Hub(Protocol):
    """What is used of `huggingface_hub.HfApi`."""

    def create_repo(self, repo_id: str, *, repo_type: str, private: bool, exist_ok: bool) -> Any:
        """Creates a repository where there is none; its visibility is left alone where there is one."""

    def repo_info(self, repo_id: str, *, repo_type: str) -> Any:
        """Has the attribute `private`."""

    def upload_folder(self, *, repo_id: str, repo_type: str, folder_path: str, commit_message: str) -> Any:
        """Uploads a folder as one commit."""


def push(folder: Path, name: str, *, public: bool = False, hub: Hub | None = None) -> str:
    """Uploads an export to the data set `name` (`ORG/NAME`), and returns its address.

    Raises:
        InputError: no such name is possible, no token, the hub refuses or cannot be reached, or the data set is public
            and `public` was not asked for.
    """
    from httpx2 import TransportError
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled

    where = f"--push {name}"
    if name.count("/") != 1:
        raise InputError(where, "no data set's name", "give ORG/NAME")
    try:
        return _upload(folder, name, public, hub or _hub(), where)
    except HFValidationError as error:
        raise InputError(where, str(error), "give ORG/NAME") from None
    except LocalTokenNotFoundError:
        raise InputError(where, "the hub wants a token", "set HF_TOKEN, or log in with 'hf auth login'") from None
    except HfHubHTTPError as error:
        said = (error.server_message or str(error)).strip().splitlines()[0]
        remedy = "check that HF_TOKEN (or 'hf auth login') may write there"
        raise InputError(where, f"the hub refuses: {said}", remedy) from None
    except (OfflineModeIsEnabled, TransportError) as error:
        raise InputError(where, f"the hub cannot be reached: {type(error).__name__}", "try again later") from None


def _upload(folder: Path, name: str, public: bool, hub: Hub, where: str) -> str:
    address = str(hub.create_repo(name, repo_type="dataset", private=not public, exist_ok=True))
    if not public and not hub.repo_info(name, repo_type="dataset").private:
        raise InputError(where, "this data set exists and is public", "name another one, or add --public")
    hub.upload_folder(repo_id=name, repo_type="dataset", folder_path=str(folder), commit_message="Export from Thalweg")
    return address


def _hub() -> Hub:
    from huggingface_hub import HfApi

    hub: Hub = HfApi()
    return hub
