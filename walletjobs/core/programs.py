"""Programs by what they do to a wallet. Data: one line each, made to be extended.

A line is role, program, name and, where only some of its instructions have another meaning than the role, these: by
their names in the program's interface (Anchor), or ``#`` and their first byte in decimal; with ``!`` before them those
that do not have the role's: that refresh what is there, or lend and take back within the transaction. With ``~`` before
them those that do not where all of them are called for one pool, which is the account at the place after ``@``: one
lends and another takes back.

=============  =========================================================================================================
exchange       paying SOL for tokens is a trade, even if it goes to an account that gives nothing itself; the
               instructions named put liquidity in or take it out: those are claims
liquidity      what goes in or comes out is a claim: a vault or farm of liquidity
staking        the same: a stake, a stake pool, a staked token
lending        the same: a loan given, its collateral, a margin account
order          keeps a limit or DCA order in escrow, for a keeper to fill
distributor    gives tokens away: what comes is a receipt, whatever is paid beside it
plain          moves what it is told to, or nothing: it says nothing of a trade
=============  =========================================================================================================

Source: each program's own documentation and published interface.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

TABLE = """
exchange JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4 Jupiter-6
exchange JUP4Fb2cqiRUcaTHdrPC8h2gNsA2ETXiPDD33WcGuJB Jupiter-4
exchange JUP3c2Uh3WA4Ng34tw6kPd2G4C5BB21Xo36Je1s32Ph Jupiter-3
exchange JUP2jxvXaqu7NQY1GmNF4m1vodw12LVXYxbFL2uJvfo Jupiter-2
exchange 61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH Jupiter-RFQ
exchange DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH DFlow
exchange 6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P Pump.fun
exchange pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA PumpSwap deposit withdraw create_pool
exchange 675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8 Raydium-AMM-4 #1 #3 #4
exchange CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK Raydium-CLMM open_position open_position_v2 \
open_position_with_token22_nft increase_liquidity increase_liquidity_v2 decrease_liquidity decrease_liquidity_v2
exchange CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C Raydium-CPMM initialize \
initialize_with_permission deposit withdraw
exchange routeUGWgWzqBWFcrCfv8tritsqukccJPu3q5GPP3xS Raydium-Route
exchange LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj Raydium-LaunchLab
exchange whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc Orca-Whirlpool increase_liquidity increase_liquidity_v2 \
decrease_liquidity decrease_liquidity_v2
exchange 9W959DqEETiGZocYWCQPaJ6sBmUzgfxXfqGeTEdp3aQP Orca-2 #2 #3 #4 #5
exchange DjVE6JNiYqPL2QXyCUUh8rNjHrbz9hXHNYt99MQ59qw1 Orca-1 #2 #3 #4 #5
exchange LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo Meteora-DLMM add_liquidity add_liquidity2 \
add_liquidity_by_weight add_liquidity_by_strategy add_liquidity_by_strategy2 add_liquidity_by_strategy_one_side \
add_liquidity_one_side add_liquidity_one_side_precise add_liquidity_one_side_precise2 remove_liquidity \
remove_liquidity2 remove_liquidity_by_range remove_liquidity_by_range2 remove_all_liquidity rebalance_liquidity
exchange Eo7WjKq67rjJQSZxS6z3YkapzY3eMj6Xy8X5EQVn5UaB Meteora-DAMM-1 add_balance_liquidity add_imbalance_liquidity \
remove_balance_liquidity remove_liquidity_single_side bootstrap_liquidity initialize_permissionless_pool \
initialize_permissionless_pool_with_fee_tier initialize_permissionless_constant_product_pool_with_config \
initialize_permissionless_constant_product_pool_with_config2 \
initialize_customizable_permissionless_constant_product_pool
exchange cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG Meteora-DAMM-2 add_liquidity remove_liquidity \
remove_all_liquidity initialize_pool initialize_pool_with_dynamic_config initialize_customizable_pool
exchange dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN Meteora-DBC
exchange MoonCVVNZFSYkqNXP6bxHLPL6QQJiMagDL3qcqUQTrG Moonshot
exchange 6m2CDdhRgxpH4WjvdzxAYbGxwdGUz5MziiL5jek2kBma OKX-DEX
exchange BSfD6SHZigAfDWSjzD5Q41jw8LmKwtmjskPH9XW1mrRW Photon
exchange PhoeNiXZ8ByJGLkxNfZRnkUfjvmuYqLR89jjFHGqdXY Phoenix
exchange opnb2LAfJYbRMAHHvqjCwQxanZn7ReEHp1k81EohpZb OpenBook-2
exchange srmqPvymJeFKQ4zGQed1GFppgkRHL9kaELCbyksJtPX OpenBook-1
exchange 9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin Serum-3
exchange 2wT8Yq49kHgDzXuPxZSaeLaH1qbmGXtEyPy64bL7aD3c Lifinity-2
exchange EewxydAPCCVuNEyrVN68PuSYdQ7wKn27V9Gjeoi8dy3S Lifinity-1
exchange obriQD1zbpyLz95G5n7nJe6a4DPjpFwa5XYPoNm113y Obric-2
exchange ZERor4xhbUycZ6gb9ntrhqscUcZmAbQDjEAtCf4hbZY ZeroFi
exchange SoLFiHG9TfgtdUXUjWAxi3LtvYuFyDLVhBWxdMZxyCe SolFi-1
exchange SV2EYYJyRz2YhfXwXnhNAevDEui5Q6yrfyo13WtupPF SolFi-2
exchange 9H6tua7jkLhdm3w8BvgpTn5LZNU7g4ZynDmCiNN3q6Rp HumidiFi
exchange goonERTdGsjnkZqWuVjs73BZ3Pb9qoCUdBUL17BnS5j GoonFi-1
exchange goonuddtQRrWqqn5nFyczVKaie28f3kDkHWkHtURSLE GoonFi-2
exchange TessVdML9pBGgG9yGks7o4HewRaXVAMuoVj4x83GLQH Tessera
exchange BiSoNHVpsVZW2F7rx2eQ59yQwKxzU5NvBcmKshCSUypi BisonFi
exchange TBondmkCYxaPCKG4CHYfVTcwQ8on31xnJrPzk8F8WsS Strata
exchange FLUXubRmkEi2q6K3Y9kBPg9248ggaZVsoSFhtJHSrm1X FluxBeam #2 #3 #4 #5
exchange SSwpkEEcbUqx4vtoEByFjSkhKdCT862DNVb52nZg1UZ Saber #2 #3 #4
exchange MERLuDFBMmsHnsBPZw2sDQZHvXFMwp8EdjudcU2HKky Mercurial
exchange AMM55ShdkoGRB5jVYPjWziwk8m5MpwyDgsMWHaMSQWH6 Aldrin-1
exchange CURVGoZn8zycx6FXwwevgBTB2gVvdbGTEpvMJDbgs2t4 Aldrin-2
exchange CLMM9tUoggJu2wagPkkqs9eFG4BWhVBZWkP1qv3Sp7tR Crema
exchange H8W3ctz92svYg6mkn1UtGfu2aQr2fnUFHM1RhScEtQDt Cropper
exchange DSwpgjMvXhtGn6BsbqmacdBZyfLj6jSWf3HJpdJtmg6N Dexlab
exchange 5U3EU2ubXtK84QcRjWVmYt9RaDyA8gKxdUrPFXmZyaki Virtuals
order jupoNjAxXgZ4rjzxzPMP4oxduvQsQtZzyknqvzYNrNu Jupiter-Limit-1
order j1o2qRpjcyUwEvwtcfhEQefh773ZgjxcVRry7LDqg5X Jupiter-Limit-2
order DCA265Vj8a9CEuX1eb1LWRnDT7uK6q1xMipnNyatn23M Jupiter-DCA
liquidity QMNeHCGYnLVDn1icRAfQZpjPLBNkfGbSKRB83G5d8KB Quarry
liquidity EhhTKczWMGQt46ynNeRX1WfeagwwJd7ufHvCDjRxjo5Q Raydium-Farm-3
liquidity 9KEPoZmtHUrBbhWN1v1KWLMkkvwY6WLtAVUCPRtRjP4z Raydium-Farm-5
liquidity FarmqiPv5eAj3j1GMdMCMUGXqPUvmquZtMy86QH6rzhG Raydium-Farm-6
liquidity FarmsPZpWu9i7Kky8tPN37rs2TpmMrAZrC7S7vJa91Hr Kamino-Farms
staking Stake11111111111111111111111111111111111111 Stake
staking SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy SPL-Stake-Pool
staking SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY Sanctum-Stake-Pool
staking SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn Sanctum-Multi-Stake-Pool
staking MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD Marinade
staking CrX7kMhLC3cSsXJdT7JDgqrRVWGnUpX3gfEfxxU2NVLi Lido
staking unpXTU2Ndrc7WWNyEhQWe4udTzSibLPi25SXv2xbCHQ Sanctum-Unstake
staking 5ocnV1qiCgaQR8Jb8xWnVbApfaygJ8tNoZfgPwsgx9kx Sanctum-Infinity
lending KLend2g3cP87fffoy8q1mQqGKjrxjC8boSyAYavgmjD Kamino-Lend !refresh_reserve !refresh_reserves_batch \
!refresh_obligation !flash_borrow_reserve_liquidity !flash_repay_reserve_liquidity
lending KvauGMspG5k6rtzrqqn7WNn3oZdyKqLKwK2XWQ8FLjd Kamino-Vault
lending So1endDq2YkqhipRh3WViPa8hdiSpxWy6z3Z6tMCpAo Save !#3 !#7 !#19 !#20
lending MFv2hWf31Z9kbCa1snEPYctwafyhdvnV7FZnsebVacA marginfi-2 !lending_account_start_flashloan \
!lending_account_end_flashloan ~lending_account_borrow@3 ~lending_account_repay@3
lending dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH Drift-2
lending jup3YeL8QhtSx1e253b2FDvsMNC87fDrgQZivbrndc9 Jupiter-Lend-Earn
lending jupr81YtYssSyPt8jbnGuiWon5f6x9TcDEFxYe3Bdzi Jupiter-Lend-Borrow
plain 11111111111111111111111111111111 System
plain TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA Token
plain TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb Token-2022
plain ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL Associated-Token
plain ComputeBudget111111111111111111111111111111 Compute-Budget
plain MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr Memo-2
plain Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo Memo-1
plain metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s Metaplex-Metadata
plain pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ Pump-Fees
plain HQ2UUt18uJqKaQFJhgV9zaTdQxUZjNrsKFgoEDquBkcx bloXroute-Memo
plain 3i5JeuZuUxeKtVysUnwQNGerJP2bSMX9fTFfS4Nxe3Br LI.FI-Memo
plain L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95 Lighthouse
plain AddressLookupTab1e1111111111111111111111111 Address-Lookup-Table
plain Ed25519SigVerify111111111111111111111111111 Ed25519
distributor mERKcfxMC5SqJn4Ld4BUris3WKZZ1ojjWJ3A3J5CKxv Jito-Distributor
distributor MErKy6nZVoVAkryxAejJz2juifQ4ArgLgHmaJCQkU7N Merkle-Distributor
distributor DiS3nNjFVMieMgmiQFm6wgJL7nevk4NrhXKLbtEH1Z2R Jupiter-Distributor
distributor strmRqUCoQUgGUan5YhzUZa6KqdzwX5L6FpUxfmKg5m Streamflow
"""


@dataclass(frozen=True, slots=True)
class Program:
    """What is known of a program."""

    role: str
    name: str
    starts: tuple[bytes, ...] = ()  # how the data of the instructions named begin
    others: tuple[bytes, ...] = ()  # how those begin that do not have the role's meaning
    halves: Mapping[bytes, int] = field(default_factory=dict)  # … that together do not → place of the pool

    def claims(self, leading: bytes) -> bool:
        """Whether an instruction with data that begins so may make a claim, of a program that has any."""
        return not leading.startswith(self.others) and (not self.starts or leading.startswith(self.starts))


def _program(line: str) -> tuple[str, Program]:
    role, address, name, *instructions = line.split()
    named = [each for each in instructions if each[0] not in "!~"]
    others = [each[1:] for each in instructions if each[0] == "!"]
    halves = [each[1:].split("@") for each in instructions if each[0] == "~"]
    return address, Program(
        role,
        name,
        tuple(map(_start, named)),
        tuple(map(_start, others)),
        {_start(half): int(place) for half, place in halves},
    )


def _start(instruction: str) -> bytes:
    if instruction.startswith("#"):
        return bytes([int(instruction[1:])])
    return sha256(f"global:{instruction}".encode()).digest()[:8]  # Anchor's discriminator


def _addresses(*roles: str) -> frozenset[str]:
    return frozenset(address for address, program in PROGRAMS.items() if program.role in roles)


PROGRAMS: Mapping[str, Program] = dict(map(_program, TABLE.strip().splitlines()))
PLAIN_PROGRAMS = _addresses("plain")
TRADE_PROGRAMS = _addresses("exchange")
ORDER_PROGRAMS = _addresses("order")
DISTRIBUTORS = _addresses("distributor")
#: Programs in which something may become a claim: always, or by the instructions named.
CLAIM_PROGRAMS: Mapping[str, Program] = {
    address: program
    for address, program in PROGRAMS.items()
    if program.role in ("liquidity", "staking", "lending") or (program.role == "exchange" and program.starts)
}
