"""What of a template says the same on every page of one language: written into it as text when it is loaded.

A page of an order has six hundred pieces of this kind: translations, icons, addresses of files. Each costs less than a
hundredth of a millisecond, all together a tenth of the page.
"""

from functools import _lru_cache_wrapper
from typing import Any, TypeGuard

from django.template import Context, Engine
from django.template.base import FilterExpression, Node, NodeList, Template, TextNode, TokenType
from django.template.defaulttags import (
    CommentNode,
    CycleNode,
    IfChangedNode,
    IfNode,
    LoadNode,
    ResetCycleNode,
)
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

# What asks how often, or inside of what, it is drawn.
COUNTING = (BlockNode, ExtendsNode, CycleNode, IfChangedNode, ResetCycleNode)


class FixedInclude(Node):
    """`{% include "a_name.html" %}`, which looks its template up once, in the language of the page around it."""

    child_nodelists = ()

    def __init__(self, include: IncludeNode) -> None:
        self.include, self.language = include, get_language()
        self.token, self.origin = include.token, include.origin
        self.found: Template | NodeList | None = None

    def render(self, context: Any) -> str:
        """What the template says of what is known here."""
        if self.found is None:
            self.found = self._find(context.template.engine)
        values = {name: each.resolve(context) for name, each in self.include.extra_context.items()}
        with context.push(**values):
            return self.found.render(context)

    def _find(self, engine: Engine) -> Template | NodeList:
        with override(self.language):
            found = engine.get_template(self.include.template.var)
        return found if any(map(found.nodelist.get_nodes_by_type, COUNTING)) else found.nodelist


def write_out(template: Template) -> None:
    """Put text in the place of every part of a template that is fixed for the language it is loaded in."""
    context = Context()
    with context.bind_template(template):
        _write_out(template.nodelist, context)


def _write_out(nodes: NodeList, context: Context) -> None:
    found: list[Node] = []
    for node in nodes:
        text = _fixed_text(node, context)
        if text is None:
            _write_out_inside(node, context)
            found.append(FixedInclude(node) if _is_fixed_include(node, context) else node)
        elif found and isinstance(found[-1], TextNode):
            found[-1] = TextNode(found[-1].s + text)
        elif text:
            found.append(TextNode(text))
    nodes[:] = found


def _write_out_inside(node: Node, context: Context) -> None:
    """The parts of a part; not what is said in another language than the page."""
    if isinstance(node, LanguageNode):
        return
    if isinstance(node, IfNode):
        for _condition, nodes in node.conditions_nodelists:
            _write_out(nodes, context)
        return
    for name in node.child_nodelists:
        inside = getattr(node, name, None)
        if isinstance(inside, NodeList):
            _write_out(inside, context)


def _fixed_text(node: Node, context: Context) -> str | None:
    """What a node always says; None where that is known only when a page is drawn."""
    if isinstance(node, TextNode):
        return str(node.s)
    if isinstance(node, LoadNode | CommentNode):
        return ""
    if not _is_fixed(node):
        return None
    try:
        said = node.render(context)
    except ValueError:
        # A file that is missing: told to whoever asks for the page, if this part of it is ever drawn.
        return None
    return said if isinstance(said, SafeString) or type(node) is not SimpleNode else None


def _is_fixed(node: Any) -> bool:
    kind = type(node)
    if kind is TranslateNode:
        return not (node.asvar or node.noop) and _is_literal(node.filter_expression)
    if kind is BlockTranslateNode:
        says = all(token.token_type == TokenType.TEXT for token in node.singular)
        return says and not (node.asvar or node.plural or node.extra_context or node.message_context)
    if kind is StaticNode:
        return not node.varname and _is_literal(node.path)
    if kind is SimpleNode:
        # A tag that keeps what it has said says the same whenever it is given the same.
        keeps = isinstance(node.func, _lru_cache_wrapper) and not (node.takes_context or node.target_var)
        return keeps and all(map(_is_literal, (*node.args, *node.kwargs.values())))
    return False


def _is_fixed_include(node: Node, context: Any) -> TypeGuard[IncludeNode]:
    """Whether a part includes always the same template. In debug Django tells by its own which line has failed."""
    if type(node) is not IncludeNode or node.isolated_context or context.template.engine.debug:
        return False
    return _is_literal(node.template) and not str(node.template.var).startswith(".")


def _is_literal(expression: FilterExpression) -> bool:
    """Whether an expression is a text or a number that stands in the template, and nothing else."""
    given = expression.var
    return not expression.filters and (not expression.is_var or given.lookups is None)
