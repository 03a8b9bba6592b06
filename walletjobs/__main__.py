"""``python -m walletjobs`` is ``walletjobs``, also where the package is not installed."""

import sys

from walletjobs.cli import main

sys.exit(main())
