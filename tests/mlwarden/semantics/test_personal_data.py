"""Where personal data is found in the arguments of a call."""

from __future__ import annotations

import pytest

from mlwarden.semantics.personal_data import PersonalData
from mlwarden.testing import model_of


def _sent(code: str) -> str | None:
    """How the personal data is written that `print` gets, None if there is none."""
    model = model_of(code)
    found = PersonalData(model).in_call(model.calls_of("print")[-1])
    return None if found is None else found.written


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("print(df['email'])", "df['email']"),
        ("print(df[['city', 'ssn']].head())", "df[['city', 'ssn']]"),
        ("print(df.loc[3, 'phone_number'])", "df.loc[3, 'phone_number']"),
        ("print(user.email.lower())", "user.email"),
        ("print(row.get('dob', ''))", "row.get('dob', '')"),
        ("print(f'to {email!r}')", "email"),
        ("print('%s' % (ssn,))", "ssn"),
        ("print([{'role': 'user', 'content': [row['iban'] for row in rows]}])", "row['iban']"),
        ("texts = []\nfor row in rows:\n    texts.append(row.first_name)\nprint(' '.join(texts))", "row.first_name"),
        ("def f(rows):\n    a = rows['email']\n    b = a\n    def g():\n        print(b)\n", "rows['email']"),
        ("a = df['email']\ndef f():\n    print(a)\n", "df['email']"),
        ("print(df['email'].str.lower().values[0])", "df['email']"),
        ("print(email.subject, state['email']['body'], email['to'], email.get_payload())", None),
        ("print(df['city'])", None),
        ("print(len(df['email']), df['email'].nunique(), df['email'].isna().sum())", None),
        ("print(mask(df['email']), df['email'].map(hash))", None),
        ("df['email'] = df['email'].map(mask)\nprint(df['email'])", None),
        ("print(df['email'])\ndf['email'] = df['email'].map(mask)\n", "df['email']"),
        ("EMAIL = 'team@example.org'\nprint(EMAIL)", None),
        ("import email\nprint(email)", None),
        ("print(df[df['email'] == x]['city'])", None),
        ("print('email' in df, row['email'] == other)", None),
    ],
)
def test_found(code: str, written: str | None) -> None:
    assert _sent(code) == written


def test_many_names_are_followed_once() -> None:
    lines = ["a0 = 1"]
    lines += [f"a{index} = [{', '.join(f'a{index - 1}' for _ in range(100))}]" for index in range(1, 40)]
    assert _sent("\n".join([*lines, "print(a39)"])) is None
