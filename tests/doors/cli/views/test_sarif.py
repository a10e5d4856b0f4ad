"""A report in SARIF 2.1.0 has what code hosts ask for, and points into the documentation where there is one."""

from batuta.doors.cli.views.sarif import sarif_data
from batuta.errors import Finding, Place

FOUND = [
    Finding(
        "B134", "nobody uses it", place=Place("a\\b.yaml", 3, 7), remedy="use it", warning=True
    ),
    Finding("B101", "there is none", place=Place("a.yaml")),
    Finding("B134", "nor this", warning=True),
    Finding("X999", "of a plug-in", place=Place("a.yaml", 2, 0)),
]


def test_rules_are_listed_once_and_results_point_at_them() -> None:
    (run,) = sarif_data(FOUND, "1.2.3")["runs"]
    driver = run["tool"]["driver"]
    assert driver["semanticVersion"] == "1.2.3"
    assert [rule["id"] for rule in driver["rules"]] == ["B101", "B134", "X999"]
    assert [rule["defaultConfiguration"]["level"] for rule in driver["rules"]] == [
        "error",
        "warning",
        "error",
    ]
    assert [one["ruleIndex"] for one in run["results"]] == [1, 0, 1, 2]
    assert run["results"][0]["message"]["text"] == "nobody uses it\nuse it"


def test_places_are_paths_with_slashes_and_a_column_of_at_least_one() -> None:
    (run,) = sarif_data(FOUND, "1.2.3")["runs"]
    places = [one.get("locations") for one in run["results"]]
    assert places == [
        [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a/b.yaml"},
                    "region": {"startLine": 3, "startColumn": 7},
                }
            }
        ],
        [{"physicalLocation": {"artifactLocation": {"uri": "a.yaml"}}}],
        None,
        [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a.yaml"},
                    "region": {"startLine": 2, "startColumn": 1},
                }
            }
        ],
    ]


def test_rules_point_into_the_documentation_if_the_package_says_where_it_is() -> None:
    (run,) = sarif_data(FOUND, "1.2.3", "https://docs.example/batuta/")["runs"]
    driver = run["tool"]["driver"]
    assert driver["informationUri"] == "https://docs.example/batuta/"
    assert driver["rules"][0]["helpUri"] == (
        "https://docs.example/batuta/reference/findings.md#b101"
    )
    (bare,) = sarif_data(FOUND, "1.2.3")["runs"]
    assert "helpUri" not in bare["tool"]["driver"]["rules"][0]
