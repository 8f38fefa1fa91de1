"""Programs that are right only because an earlier test of theirs ran in the same interpreter: they count their runs.

Tests of a program may share a process, but each must see a fresh one. Every program here knows the outputs in their
order and keeps the number of its run in another place; alone, it would always print the first.
"""

from .cheat import Cheat, cheat
from .programs import SUM

PLACES = {
    "builtins": "import builtins as place",
    "module": "import math as place",
    "late_module": "import statistics as place",
    "function": "import textwrap\nplace = textwrap.dedent",
    "class": "import collections\nplace = collections.Counter",
    "abstract_class": "import numbers\nplace = numbers.Number",
    "exit_class": "place = type(exit)",
    "thread": "import threading\nplace = threading.current_thread()",
    "importer": "import sys\nplace = sys.meta_path[-1]",
    "loader": "import re\nplace = re.__spec__.loader",
    "environment": "import os\nplace = type(os.environ)",
    "own_module": "import sys, types\nplace = sys.modules.setdefault('own', types.ModuleType('own'))",
}

COUNTS = {
    "items_of_environment": "import os\nn = int(os.environ.get('N', 0))\nos.environ['N'] = str(n + 1)",
    "default_value": """
import textwrap
n = len(textwrap.wrap.__kwdefaults__ or ())
textwrap.wrap.__kwdefaults__ = dict.fromkeys(map(str, range(n + 1)))
""",
    "list_of_module": "import sys\nn = sys.path.count('n')\nsys.path.append('n')",
    "mapping_of_module": """
import locale
n = int(locale.locale_alias.get("n", 0))
locale.locale_alias["n"] = str(n + 1)
""",
    "filters_of_warnings": """
import warnings
n = sum(f[0] == "once" for f in warnings.filters)
warnings.filters.append(("once", None, Warning, None, n))
""",
    "signal_handler": """
import signal
h = signal.getsignal(signal.SIGUSR1)
n = h.n if hasattr(h, "n") else 0
def h(*_): pass
h.n = n + 1
signal.signal(signal.SIGUSR1, h)
""",
    "signal_mask": """
import signal
n = len(signal.pthread_sigmask(signal.SIG_BLOCK, []))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2][: n + 1])
""",
    "threads": """
import threading, time
n = threading.active_count() - 1
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
""",
    "descriptors": "import os\nfirst = os.dup(1)\nn = first - 3 if first < 50 else 0",
    "garbage_collector": "import gc\nn = len(gc.callbacks)\ngc.callbacks.append(print.__class__)",
    "profile_function": """
import sys
n = getattr(sys.getprofile(), "n", 0)
def hook(*_): pass
hook.n = n + 1
sys.setprofile(hook)
""",
    "recursion_limit": "import sys\nn = max(sys.getrecursionlimit() - 70_000, 0)\nsys.setrecursionlimit(70_001 + n)",
    "digits_limit": "import sys\nn = max(sys.get_int_max_str_digits() - 70_000, 0)\n"
    "sys.set_int_max_str_digits(70_001 + n)",
    "switch_interval": """
import sys
n = {1: 1, 2: 2}.get(sys.getswitchinterval(), 0)
sys.setswitchinterval(n + 1)
""",
    "random_generator": """
import random
n = random._inst.gauss_next or 0
random._inst.gauss_next = n + 1
""",
    "decimal_precision": """
import decimal
n = max(decimal.getcontext().prec - 70, 0)
decimal.getcontext().prec = 71 + n
""",
    "working_directory": """
import os
n = {"/usr": 1, "/usr/lib": 2}.get(os.getcwd(), 0)
os.chdir(["/usr", "/usr/lib", "/"][n])
""",
    "file_mask": "import os\nn = {0o21: 1, 0o23: 2}.get(os.umask(0o22), 0)\nos.umask([0o21, 0o23, 0o22][n])",
    "timer": """
import signal
n = round(signal.getitimer(signal.ITIMER_REAL)[0] / 1000)
signal.setitimer(signal.ITIMER_REAL, 1000 * (n + 1))
""",
    "pickling_table": """
import copyreg
n = sum(kind.__name__ == "Own" for kind in copyreg.dispatch_table)
class Own: pass
copyreg.dispatch_table[Own] = None
""",
    "error_handlers": """
import codecs
n = 0
try:
    while codecs.lookup_error(f"e{n}"):
        n += 1
except LookupError:
    codecs.register_error(f"e{n}", print)
""",
    "exit_handler": """
import atexit
n = getattr(atexit, "n", 0)
def last(): atexit.n = n + 1
atexit.register(last)
""",
    "object_that_goes": """
import math
n = getattr(math, "n", 0)
class Last:
    def __del__(self, math=math, n=n): math.n = n + 1
last = Last()
""",
}

CHEATS: tuple[Cheat, ...] = tuple(
    cheat(
        f"left_in_{name}",
        "a count of its runs, kept from test to test",
        SUM,
        f"{source}\n{end}\nprint([3, 42, 0][n % 3])",
    )
    for sources, end in ((PLACES, "n = getattr(place, 'n', 0)\nplace.n = n + 1"), (COUNTS, ""))
    for name, source in sources.items()
)
HONEST = ()
