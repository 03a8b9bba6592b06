"""What is known of wallets. A GET reads what an analysis stored; it never writes and never computes one."""

from api.arguments import Blueprint

blueprint = Blueprint("wallets", __name__, description="Results of analyses")
