"""Stands in for `vllm serve` where there is no GPU: its command line and its completions, run by transformers.

`python stand_in_server.py MODEL --port P --served-model-name NAME ...` takes the arguments of vLLM 0.33.0 that Thalweg
gives, and refuses any other, as vLLM does. Further ones, for tests alone: `--die-after N` ends it with SIGKILL when so
many completions were asked; `--die-once FILE` does so only if the file is not there yet; `--never-healthy`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FIELDS = {
    "model", "prompt", "max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed", "stop",
    "stop_token_ids", "add_special_tokens", "skip_special_tokens", "spaces_between_special_tokens",
    "include_stop_str_in_output", "stream", "n",
}  # fmt: skip


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vllm serve", allow_abbrev=False)
    parser.add_argument("model_tag")
    for flag in ("--host", "--served-model-name", "--tokenizer", "--dtype", "--generation-config", "--lora-modules"):
        parser.add_argument(flag)
    for flag in ("--port", "--seed", "--tensor-parallel-size", "--data-parallel-size", "--max-model-len"):
        parser.add_argument(flag, type=int)
    parser.add_argument("--max-num-seqs", type=int)
    parser.add_argument("--max-lora-rank", type=int, choices=(1, 8, 16, 32, 64, 128, 256, 320, 512))
    parser.add_argument("--gpu-memory-utilization", type=float)
    for flag in ("--enforce-eager", "--enable-lora", "--never-healthy"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--die-after", type=int)
    parser.add_argument("--die-once", type=Path)
    return parser.parse_args(arguments)


class Student:
    """A model that completes one prompt at a time; loaded when it is first asked, so that a start costs little."""

    def __init__(self, options: argparse.Namespace) -> None:
        module = json.loads(options.lora_modules) if options.lora_modules else None
        self.source = module["path"] if module else options.model_tag
        self.name = module["name"] if module else options.served_model_name
        assert options.dtype == "float32"
        self.most, self.lock = options.max_model_len, threading.Lock()

    @cached_property
    def loaded(self) -> tuple[Any, Any]:
        from thalweg.loading import load

        tokenizer, model = load(self.source, f"model {self.source}", "fp32")
        return tokenizer, model

    def complete(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            return self._complete(asked, *self.loaded)

    def _complete(self, asked: dict[str, Any], tokenizer: Any, model: Any) -> dict[str, Any]:
        from thalweg.generate.decode import decode

        prompt = asked["prompt"]
        longest = model.config.max_position_embeddings
        if isinstance(prompt, str):
            prompt = tokenizer(prompt, add_special_tokens=asked.get("add_special_tokens", True))["input_ids"]
        ends = set(asked["stop_token_ids"]) | {tokenizer.eos_token_id}
        limit = min(asked["max_tokens"], min(longest, self.most or longest) - len(prompt))
        (ids,) = decode(model, [prompt], [limit], ends, lambda logits, _: logits.argmax(dim=-1))
        stopped = ids[-1] in ends
        text = tokenizer.decode(
            ids[:-1] if stopped else ids,
            skip_special_tokens=asked.get("skip_special_tokens", True),
            clean_up_tokenization_spaces=False,
        )
        return {
            "object": "text_completion",
            "model": asked["model"],
            "choices": [{"index": 0, "text": text, "finish_reason": "stop" if stopped else "length"}],
            "usage": {
                "prompt_tokens": len(prompt),
                "completion_tokens": len(ids),
                "total_tokens": len(prompt) + len(ids),
            },
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    student: Student
    options: argparse.Namespace
    asked = 0

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(503 if self.options.never_healthy else 200, {})
        elif self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": self.student.name, "object": "model"}]})
        else:
            self._send(404, {"error": {"message": "Not Found"}})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/completions":
            self._send(404, {"error": {"message": "Not Found"}})
        elif unknown := set(asked) - FIELDS:
            self._send(400, {"error": {"message": f"unknown fields {sorted(unknown)}"}})
        elif asked["model"] != self.student.name:
            self._send(404, {"error": {"message": f"The model `{asked['model']}` does not exist."}})
        elif asked["temperature"] != 0:
            self._send(400, {"error": {"message": "the stand-in is greedy"}})
        else:
            self._count()
            self._send(200, self.student.complete(asked))

    def _count(self) -> None:
        Handler.asked += 1
        once = self.options.die_once
        if self.options.die_after is None or Handler.asked <= self.options.die_after or (once and once.exists()):
            return
        if once:
            once.touch()
        os.kill(os.getpid(), signal.SIGKILL)

    def _send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing: the log is for errors."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main() -> None:
    options = parsed(sys.argv[1:])
    # vLLM's engine is a process of its own: this one must not be left over either.
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Handler.options, Handler.student = options, Student(options)
    Server((options.host, options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
