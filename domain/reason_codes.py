"""The catalogue of reason codes: why a line was decided as it was, and on which terms.

Codes are stable and for programs; what a shopper reads of them is in :mod:`domain.wording`. The
first letter says what a code is about: R_ a right was granted, X_ why none was, T_ a term of what
was granted, M_ why a person has to look (policy.md §3.5, and the engine's own).
"""

from domain.reasons import Ground

_GRANTS = {
    "R_WITHDRAWAL_IN_WINDOW": "the law's no-reason right, inside its ordinary or rolled window",
    "R_WITHDRAWAL_EXTENDED_NOT_INFORMED": "granted only because nobody told of the right",
    "R_PROMISE_APPLIES": "a promise of the shop or platform in force at purchase grants",
    "R_STATE_DEFAULT_POLICY_NOT_POSTED": "a US state's default, as no policy was posted",
    "R_NONCONFORMITY_IN_WINDOW": "faulty goods, claimed in time",
    "R_SANBAO_15D": "China's three guarantees, day 8 to 15",
    "R_SANBAO_TWO_FAILED_REPAIRS": "China's three guarantees, two repairs in the period failed",
    "R_SHORT_TERM_REJECT": "the UK's short-term right to reject faulty goods",
    "R_FINAL_REJECT_AFTER_FAILED_REPAIR": "the UK's final right to reject after a failed repair",
    **{f"R_{ground}": f"a rule for {ground} of a pack without law of its own" for ground in Ground},
}
_REFUSALS = {
    "X_WINDOW_EXPIRED": "a right existed, its window is over, nothing else grants",
    "X_REFUND_WINDOW_EXPIRED": "China: no refund any more, other remedies are left",
    "X_SHORT_TERM_REJECT_EXPIRED": "UK: after day 30 without a failed repair",
    "X_NO_STATUTORY_RIGHT": "channel or place gives no right, and nothing is promised",
    "X_NOT_CONSUMER": "the buyer is a business",
    "X_NOT_INTACT": "the inspection found that the goods are not intact, where the right needs it",
    "X_EXCLUDED_CUSTOM_MADE": "made to the customer's order",
    "X_EXCLUDED_PERISHABLE": "goods that perish",
    "X_EXCLUDED_DIGITAL_DOWNLOADED": "digital content that was downloaded",
    "X_EXCLUDED_SEALED_MEDIA_UNSEALED": "sealed media that were unsealed",
    "X_EXCLUDED_PERIODICAL": "newspapers and periodicals",
    "X_EXCLUDED_HYGIENE_SEAL_BROKEN": "a hygiene seal is broken",
    "X_EXCLUDED_MIXED_INSEPARABLY": "mixed with other goods so that nobody can part them",
    "X_EXCLUDED_UNSEALING_AFFECTS_SAFETY_OR_QUALITY": "unsealing harms safety or quality",
    "X_EXCLUDED_ACTIVATION_DEVALUES": "activation or trial takes much of the value",
    "X_EXCLUDED_NEAR_EXPIRY_OR_DISCLOSED_DEFECT": "sold as near its expiry or as flawed",
    "X_EXCLUDED_CONFIRMED_BY_BUYER": "an exclusion that the buyer confirmed at purchase",
    "X_EXCLUDED_SPECIAL_TERMS": "Japan: other terms were shown validly",
    "X_EXCLUDED_FINAL_SALE": "sold for good",
}
_TERMS = {
    "T_RETURN_SHIPPING_CONSUMER": "the customer pays the way back",
    "T_RETURN_SHIPPING_TRADER": "the seller pays the way back",
    "T_RETURN_SHIPPING_NONE": "nobody pays a way back, for there is none to pay",
    "T_RETURN_NOT_REQUIRED": "the goods need not come back",
    "T_OUTBOUND_STANDARD_REFUNDED": "the standard cost of delivery is refunded",
    "T_EXPRESS_SURCHARGE_NOT_REFUNDED": "what a faster delivery cost above it is not",
    "T_WITHHOLD_UNTIL_GOODS_OR_PROOF": "the refund waits for the goods or proof of sending",
    "T_NO_WITHHOLDING_COLLECTION_OFFERED": "it does not, for the seller offered to collect",
    "T_DEADLINE_ROLLED": "the last day moved to a working day, and that made the request timely",
    "T_DEDUCT_MISSING_GIFT": "the price of a gift that was not sent back is deducted",
    "T_DEDUCT_FREE_SHIPPING_LOST": "delivery that is no longer free is deducted",
    "T_DEDUCT_DIMINISHED_VALUE": "value lost by use is deducted",
    "T_DEDUCT_DEPRECIATION": "wear over time is deducted",
    "T_DEDUCT_RESTOCKING_FEE": "a restocking fee is deducted",
    "T_NO_DEDUCTION_NOT_INFORMED": "nothing is deducted, as nobody told of the right",
    "T_NO_DEDUCTION_FIRST_6_MONTHS": "nothing is deducted in the first six months",
    "T_REFUND_BY_ORIGINAL_TENDER": "each means of payment gets back what it paid",
    "T_INTACT_OPENED_FOR_INSPECTION": "opened and tried reasonably, and still intact",
    "T_EXCLUSION_NOT_CONFIRMED_IGNORED": "an exclusion did not count: the buyer did not confirm it",
    "T_SPECIAL_TERMS_NOT_VALIDLY_SHOWN": "Japan: other terms did not count, shown in one place",
    "T_POLICY_AT_PURCHASE": "the promise as it was at purchase decided, not another version",
    "T_REPAIR_OR_REPLACE_FIRST": "repair or replacement comes before money",
    "T_ANCHOR_ESTIMATED": "the day of delivery is an estimate, corrected in favour of the customer",
}
_FOR_A_PERSON = {
    "M_ABUSE_SIGNAL": "an abuse signal; the rules' own result is attached",
    "M_EXCLUSION_UNCONFIRMED_STATUTORY_CLASS": "China from 2024-07-01: excluded, not confirmed",
    "M_BURDEN_ON_CONSUMER": "EU: after the presumption period the fault has to be shown",
    "M_EVIDENCE_REQUIRED": "somebody has to look at the evidence",
    "M_PACK_MISSING": "no policy governs the day of the contract",
    "M_LAW_UNCERTAIN": "the law is not certain enough to decide by rule",
    "M_NO_RULE": "no rule covers the ground",
    "M_FACT_MISSING": "a fact that decides was not stated; the decision names it",
    "M_NOT_DELIVERED": "the goods were not delivered yet",
    "M_KEEP_ITEM": "the customer wants to keep the goods, and the policy leaves that to a person",
    "M_NOT_TRANSPORTABLE": "no carrier may take the goods the wished way",
}

REASON_CODES: dict[str, str] = {**_GRANTS, **_REFUSALS, **_TERMS, **_FOR_A_PERSON}
"""Every reason code with what it means, for those who work on the engine."""

EXCLUSIONS: frozenset[str] = frozenset(
    code.removeprefix("X_EXCLUDED_") for code in _REFUSALS if code.startswith("X_EXCLUDED_")
)
"""What goods may be left out of a right for, each the end of an ``X_EXCLUDED_`` code."""

TRAITS: frozenset[str] = EXCLUSIONS - {"CONFIRMED_BY_BUYER", "FINAL_SALE", "SPECIAL_TERMS"}
"""What goods themselves may be (policy.md §3.7); the others are what was agreed of a purchase."""
