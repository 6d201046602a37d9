"""What every test stands on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # helpers of the tests stand beside them
