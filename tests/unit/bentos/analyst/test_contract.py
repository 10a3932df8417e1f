from bentos.analyst.contract import load_contract
from bentos.analyst.facts import Facts


def test_contract_names_every_fact_with_its_unit() -> None:
    features = {feature.name: feature for feature in load_contract().features}
    assert tuple(features) == Facts.__struct_fields__
    assert features["change_percent"].unit == "percent"
    assert features["low"].unit == "US dollars"
    assert features["window"].dtype == "int64"
    assert features["historical"].dtype == "bool"
    assert features["trend"].dtype == "string"


def test_contract_is_the_same_each_time() -> None:
    assert load_contract().digest() == load_contract().digest()
    assert load_contract().model == "analyst"
