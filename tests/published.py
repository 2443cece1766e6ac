"""The report's JSON Schema, as the document publishes it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[1] / "docs" / "report-schema.md"


@cache
def validator() -> Draft202012Validator:
    """Of the one JSON block in the document."""
    (block,) = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text("utf-8"), flags=re.DOTALL)
    schema = json.loads(block)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(document: Any) -> None:
    """Hold an array of reports against the schema; each object is checked by the schema it names."""
    assert isinstance(document, list)
    kinds = {"sinscope.report/1": "report", "sinscope.error/1": "error"}
    for report in document:
        one = {**validator().schema, "$ref": f"#/$defs/{kinds[report['schema']]}"}
        for key in ("type", "items"):
            del one[key]
        Draft202012Validator(one).validate(report)  # a better message than that of `oneOf`
    validator().validate(document)
