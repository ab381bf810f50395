"""Conditions over answers, such as `bp_systolic >= 140 or not sure_of_dose`.

The rule-engine library parses them and refuses what it cannot read; its tree is then typed and
compiled here to plain closures. Three rules hold:

* A symbol without a value is unknown, and unknown propagates: `x > 5` is unknown while x is.
  Only what no value could change is decided: `false and unknown` is false, `true or unknown` is
  true. `x == null` and `x != null` ask whether x is known, and are always decided.
* Whatever is not on the short list of supported forms is refused when it is loaded, not when a
  patient's answer first reaches it: unknown names, mixed types, a choice that does not exist.
* A value of another type than its symbol's is unknown too. It is never compared, never guessed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import rule_engine
from rule_engine import ast
from rule_engine import errors as engine_errors

from bot.core.answers import Value
from bot.core.errors import DefinitionError
from bot.core.kleene import (
    Run,
    Values,
    compared,
    either,
    is_in,
    known,
    loader,
    mapped,
    member_of,
    paired,
    quotient,
)


class SymbolType(Enum):
    """What kind of value a symbol holds; `TEXTS` is several choices' codes."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name that conditions may use. `codes` are its legal literals; None allows any."""

    type: SymbolType
    codes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition, its source text and the symbols it mentions."""

    source: str
    symbols: frozenset[str]
    _run: Run

    def evaluate(self, values: Values) -> bool | None:
        """Return true, false, or None for "not known from these values"."""
        result: bool | None = self._run(values)
        return result


@dataclass(frozen=True, slots=True)
class _Term:
    """A typed, compiled part of a condition. `type` is None for `null`.

    `name` is set for a bare symbol, `literal` for a literal, `members` for a list of literals.
    """

    type: SymbolType | None
    run: Run
    codes: frozenset[str] | None = None
    name: str | None = None
    literal: Value = None
    members: tuple[Any, ...] | None = None


_ENGINE_TYPES = {
    SymbolType.BOOLEAN: rule_engine.DataType.BOOLEAN,
    SymbolType.NUMBER: rule_engine.DataType.FLOAT,
    SymbolType.TEXT: rule_engine.DataType.STRING,
    SymbolType.TEXTS: rule_engine.DataType.ARRAY(rule_engine.DataType.STRING),
}
_PYTHON_TYPES: dict[SymbolType, frozenset[type]] = {
    SymbolType.BOOLEAN: frozenset({bool}),
    SymbolType.NUMBER: frozenset({int, float}),
    SymbolType.TEXT: frozenset({str}),
    SymbolType.TEXTS: frozenset({tuple}),
}
_EQUALITY: dict[str, Callable[[Any, Any], bool]] = {"eq": operator.eq, "ne": operator.ne}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], float | None]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "tdiv": quotient,
}


def compile_condition(source: str, symbols: Mapping[str, Symbol], *, path: str) -> Condition:
    """Parse, type and compile `source`; `path` leads to it in the definition file.

    Raises:
        DefinitionError: bad syntax, an unknown name, mixed types, an unknown choice or a form
            that is not supported.
    """
    context = rule_engine.Context(
        type_resolver=rule_engine.type_resolver_from_dict(
            {name: _ENGINE_TYPES[symbol.type] for name, symbol in symbols.items()}
        )
    )
    try:
        statement = rule_engine.Rule(source, context=context).statement
    except engine_errors.EngineError as error:
        raise DefinitionError(path, f"cannot be read: {_engine_problem(error)}") from error
    compiler = _Compiler(symbols, path)
    term = compiler.compile(statement.expression)
    compiler.require(term, SymbolType.BOOLEAN, "the condition as a whole")
    return Condition(source, frozenset(context.symbols), term.run)


def _engine_problem(error: engine_errors.EngineError) -> str:
    if isinstance(error, engine_errors.SymbolResolutionError):
        return f"unknown name {error.symbol_name!r}"
    return str(error.message)


class _Compiler:
    """Turns one parsed condition into a term; carries the symbols and the path for messages."""

    def __init__(self, symbols: Mapping[str, Symbol], path: str) -> None:
        self._symbols = symbols
        self._path = path
        self._forms: tuple[tuple[type, Callable[[Any], _Term]], ...] = (
            (ast.SymbolExpression, self._symbol),
            (ast.NullExpression, lambda _: _Term(None, lambda _values: None)),
            (ast.BooleanExpression, lambda node: _constant(SymbolType.BOOLEAN, node.value)),
            (ast.FloatExpression, self._number),
            (ast.StringExpression, lambda node: _constant(SymbolType.TEXT, node.value)),
            (ast.ArrayExpression, self._list),
            (ast.LogicExpression, self._logic),
            (ast.UnaryExpression, self._unary),
            (ast.ContainsExpression, self._contains),
            (ast.FuzzyComparisonExpression, self._unsupported),
            (ast.ArithmeticComparisonExpression, self._order),
            (ast.ComparisonExpression, self._equality),
            (ast.AddExpression, self._arithmetic),
            (ast.SubtractExpression, self._arithmetic),
            (ast.ArithmeticExpression, self._arithmetic),
        )

    def compile(self, node: Any) -> _Term:
        """Return the term of one node; DefinitionError when its form is not supported."""
        for form, build in self._forms:
            if isinstance(node, form):
                return build(node)
        return self._unsupported(node)

    def require(self, term: _Term, wanted: SymbolType, role: str) -> None:
        """Refuse a term of another type than `wanted`."""
        if term.type is not wanted:
            found = "null or a list" if term.type is None else term.type.value
            raise self._fault(f"{role} must be {wanted.value}, not {found}")

    def _fault(self, problem: str) -> DefinitionError:
        return DefinitionError(self._path, problem)

    def _unsupported(self, node: Any) -> _Term:
        raise self._fault(f"{type(node).__name__} is not supported in conditions")

    def _symbol(self, node: Any) -> _Term:
        symbol = self._symbols[node.name]
        load = loader(node.name, _PYTHON_TYPES[symbol.type])
        return _Term(symbol.type, load, symbol.codes, node.name)

    def _number(self, node: Any) -> _Term:
        if not node.value.is_finite():
            raise self._fault("numbers in conditions must be finite")
        whole = node.value == node.value.to_integral_value()
        return _constant(SymbolType.NUMBER, int(node.value) if whole else float(node.value))

    def _list(self, node: Any) -> _Term:
        terms = tuple(self.compile(member) for member in node.value)
        if any(term.literal is None for term in terms) or not terms:
            raise self._fault("a list must hold at least one literal, and literals only")
        if len({term.type for term in terms}) > 1:
            raise self._fault("a list must hold literals of one type")
        members = tuple(term.literal for term in terms)
        return _Term(None, lambda _values: members, members=members)

    def _logic(self, node: Any) -> _Term:
        left, right = self.compile(node.left), self.compile(node.right)
        for term in (left, right):
            self.require(term, SymbolType.BOOLEAN, f"each side of `{node.type}`")
        decides = node.type == "or"
        return _Term(SymbolType.BOOLEAN, either(left.run, right.run, decides=decides))

    def _unary(self, node: Any) -> _Term:
        term = self.compile(node.right)
        wanted = SymbolType.BOOLEAN if node.type == "not" else SymbolType.NUMBER
        self.require(term, wanted, f"what `{'not' if node.type == 'not' else '-'}` applies to")
        change = operator.not_ if node.type == "not" else operator.neg
        return _Term(wanted, mapped(term.run, change))

    def _contains(self, node: Any) -> _Term:
        member, container = self.compile(node.member), self.compile(node.container)
        if container.members is not None:
            self._same_type(member, _literal_type(container.members[0]))
            self._legal(container.members, member.codes)
            return _Term(SymbolType.BOOLEAN, member_of(member.run, frozenset(container.members)))
        self.require(container, SymbolType.TEXTS, "what follows `in`")
        self.require(member, SymbolType.TEXT, "what precedes `in`")
        self._legal_literal(member, container)
        return _Term(SymbolType.BOOLEAN, paired(member.run, container.run, is_in))

    def _order(self, node: Any) -> _Term:
        left, right = self.compile(node.left), self.compile(node.right)
        for term in (left, right):
            self.require(term, SymbolType.NUMBER, "each side of < <= > >=")
        return _Term(SymbolType.BOOLEAN, _compared(left, right, _ORDER[node.type]))

    def _equality(self, node: Any) -> _Term:
        left, right = self.compile(node.left), self.compile(node.right)
        if isinstance(node.left, ast.NullExpression) or isinstance(node.right, ast.NullExpression):
            return self._null_test(left if left.name else right, wanted=node.type == "eq")
        if left.type in (None, SymbolType.TEXTS) or right.type is None:
            raise self._fault("`==` compares single values; use `in` for several choices")
        self._same_type(left, right.type)
        self._legal_literal(left, right)
        self._legal_literal(right, left)
        return _Term(SymbolType.BOOLEAN, _compared(left, right, _EQUALITY[node.type]))

    def _null_test(self, term: _Term, *, wanted: bool) -> _Term:
        if term.name is None:
            raise self._fault("only a symbol may be compared with null")
        return _Term(SymbolType.BOOLEAN, known(term.run, wanted=wanted))

    def _arithmetic(self, node: Any) -> _Term:
        if node.type not in _ARITHMETIC:
            raise self._fault(f"operator {node.type!r} is not supported in conditions")
        left, right = self.compile(node.left), self.compile(node.right)
        for term in (left, right):
            self.require(term, SymbolType.NUMBER, "each side of + - * /")
        return _Term(SymbolType.NUMBER, paired(left.run, right.run, _ARITHMETIC[node.type]))

    def _same_type(self, term: _Term, other: SymbolType) -> None:
        if term.type is not other:
            found = "null or a list" if term.type is None else term.type.value
            raise self._fault(f"cannot compare {found} with {other.value}")

    def _legal_literal(self, literal: _Term, symbol: _Term) -> None:
        if literal.literal is not None:
            self._legal((literal.literal,), symbol.codes)

    def _legal(self, literals: tuple[Any, ...], codes: frozenset[str] | None) -> None:
        unknown = sorted(set(literals) - codes) if codes is not None else []
        if unknown:
            raise self._fault(f"unknown choice {', '.join(map(repr, unknown))}")


def _compared(left: _Term, right: _Term, compare: Callable[[Any, Any], bool]) -> Run:
    if right.literal is None:
        return paired(left.run, right.run, compare)
    return compared(left.run, right.literal, compare)


def _constant(type_: SymbolType, value: Value) -> _Term:
    return _Term(type_, lambda _values: value, literal=value)


def _literal_type(value: object) -> SymbolType:
    return next(known for known, types in _PYTHON_TYPES.items() if type(value) in types)
