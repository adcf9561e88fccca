"""Groups: a row or a column that shares its room out, and may repeat over a list."""

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from templates_app.elements.base import (
    Colour,
    Edges,
    Element,
    Millimetres,
    Node,
    Setting,
    Sheet,
    Space,
    Strict,
    Thickness,
    Value,
    aligned,
    does_not_fit,
    own_size,
)
from templates_app.elements.shapes import draw_frame

if TYPE_CHECKING:
    from templates_app.elements import AnyElement


CONTAINERS = frozenset({"group", "flag"})


class Repeat(Strict):
    """Draws the children once for each entry of a list field, as `{item}` and `{index}`."""

    field: str = Field(max_length=64)
    limit: int = Field(10, ge=1, le=50)
    more: Value | None = Field(None, max_length=200, description='What follows the last one shown, e.g. "+{more} more"')


class Group(Element):
    kind: Literal["group"] = "group"
    direction: Literal["row", "column"] = "row"
    gap: Millimetres = 1.0
    padding: Millimetres | Annotated[list[Millimetres], Field(min_length=4, max_length=4)] = Field(
        0.0, description="On all sides, or [left, top, right, bottom]"
    )
    align: Literal["start", "center", "end", "stretch"] = "stretch"
    justify: Literal["start", "center", "end", "between"] = "start"
    border: Thickness | None = None
    radius: float = Field(0, ge=0, le=50)
    fill: Colour | None = None
    colour: Colour = "black"
    repeat: Repeat | None = None
    elements: list["AnyElement"] = Field(max_length=100)

    VALUES: ClassVar[tuple[str, ...]] = ()

    def padding_in(self, setting: Setting) -> Edges:
        left, top, right, bottom = self.padding if isinstance(self.padding, list) else (self.padding,) * 4
        return Edges(setting.across(left), setting.down(top), setting.across(right), setting.down(bottom))


class GroupNode:
    __slots__ = ("_gaps", "_padding", "_row", "_setting", "children", "element", "empty", "h", "margin", "w", "x", "y")

    def __init__(self, element: Group, children: list[Node], gap: int, padding: Edges, setting: Setting) -> None:
        self.element, self.children, self._padding, self._setting = element, children, padding, setting
        self._row = element.direction == "row"
        self.empty = not children and not element.border and not element.fill
        self.x = self.y = 0
        # Quiet zones reach into the gaps: the larger of the two counts, as with margins in a browser.
        pairs = pairwise(children)
        if self._row:
            self._gaps = [max(gap, a.margin.right, b.margin.left) for a, b in pairs]
            self.w = sum(c.w for c in children) + sum(self._gaps) + padding.left + padding.right
            self.h = max((c.h for c in children), default=0) + padding.top + padding.bottom
        else:
            self._gaps = [max(gap, a.margin.bottom, b.margin.top) for a, b in pairs]
            self.h = sum(c.h for c in children) + sum(self._gaps) + padding.top + padding.bottom
            self.w = max((c.w for c in children), default=0) + padding.left + padding.right
        inner = self.h - padding.top - padding.bottom if self._row else self.w - padding.left - padding.right
        self.margin = _outer_margin(element, children, padding, inner)

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.x, self.y, self.w, self.h = x, y, w, h
        inner_x, inner_y = x + self._padding.left, y + self._padding.top
        inner_w = w - self._padding.left - self._padding.right
        inner_h = h - self._padding.top - self._padding.bottom
        main, cross = (inner_w, inner_h) if self._row else (inner_h, inner_w)
        sizes = [c.w if self._row else c.h for c in self.children]
        extra = max(0, main - sum(sizes) - sum(self._gaps))
        gaps, start = self._shares(sizes, extra)
        at = (inner_x if self._row else inner_y) + start
        for child, size, gap in zip(self.children, sizes, [*gaps, 0], strict=True):
            own = child.h if self._row else child.w
            reaches = self.element.align == "stretch" or (child.element.kind == "line" and own == 1)
            thick = cross if reaches or own > cross else own
            offset = {"center": (cross - thick) // 2, "end": cross - thick}.get(self.element.align, 0)
            if self._row:
                child.place(at, inner_y + offset, size, thick)
            else:
                child.place(inner_x + offset, at, thick, size)
            at += size + gap

    def _shares(self, sizes: list[int], extra: int) -> tuple[list[int], int]:
        """Hands `extra` dots to the children that fill, otherwise to the gaps; the gaps and where to start."""
        filling = [n for n, child in enumerate(self.children) if _fills(child.element, row=self._row)]
        if filling and extra:
            total = sum(self.children[n].element.weight for n in filling)
            given = [int(extra * self.children[n].element.weight / total) for n in filling]
            given[-1] += extra - sum(given)
            for n, dots in zip(filling, given, strict=True):
                sizes[n] += dots
            return self._gaps, 0
        if self.element.justify == "between" and self._gaps:
            each, rest = divmod(extra, len(self._gaps))
            return [g + each + (n < rest) for n, g in enumerate(self._gaps)], 0
        return self._gaps, {"center": extra // 2, "end": extra}.get(self.element.justify, 0)

    def paint(self, sheet: Sheet) -> None:
        element = self.element
        if element.border or element.fill:
            box = (self.x, self.y, self.w, self.h)
            colour = element.colour if element.border else element.fill or "black"
            draw_frame(sheet, box, element.border or 0.01, element.radius, element.fill, colour)
        sheet.note(self)
        for child in self.children:
            child.paint(sheet)


def _fills(element: Element, *, row: bool) -> bool:
    return (element.width if row else element.height) == "fill"


def _outer_margin(group: Group, children: list[Node], padding: Edges, cross: int) -> Edges:
    """How much blank the outermost children want around the group, less what lies inside it already."""
    if not children:
        return Edges()
    row = group.direction == "row"
    before = after = 0
    for child in children:
        blank = cross - (child.h if row else child.w)
        start = aligned(blank, _cross_alignment(group, child.element, row=row))
        before = max(before, (child.margin.top if row else child.margin.left) - start)
        after = max(after, (child.margin.bottom if row else child.margin.right) - (blank - start))
    first, last = children[0].margin, children[-1].margin
    edges = (first.left, before, last.right, after) if row else (before, first.top, after, last.bottom)
    inner = (padding.left, padding.top, padding.right, padding.bottom)
    return Edges(*(max(0, e - p) for e, p in zip(edges, inner, strict=True)))


def _cross_alignment(group: Group, child: Element, *, row: bool) -> str:
    if group.align != "stretch":
        return group.align
    return str(getattr(child, "valign" if row else "align", "start")) if child.kind not in CONTAINERS else "start"


def _expanded(element: Group, setting: Setting) -> list[tuple[Element, Setting]]:
    if element.repeat is None:
        return [(child, setting) for child in element.elements]
    raw = setting.scope.values.get(element.repeat.field)
    items = list(raw) if isinstance(raw, (list, tuple)) else [] if raw in (None, "") else [raw]
    shown = items[: element.repeat.limit]
    pairs: list[tuple[Element, Setting]] = []
    for n, item in enumerate(shown, start=1):
        values = {**setting.scope.values, "item": item, "index": n}
        inner = replace(setting, scope=replace(setting.scope, values=values))
        pairs += [(child, inner) for child in element.elements]
    left = len(items) - len(shown)
    texts = [child for child in element.elements if child.kind == "text"]
    if left and element.repeat.more and texts:
        values = {**setting.scope.values, "more": left}
        inner = replace(setting, scope=replace(setting.scope, values=values))
        pairs.append(
            (texts[-1].model_copy(update={"text": element.repeat.more, "name": f"{element.name}-more"}), inner)
        )
    return pairs


def measure(element: Group, space: Space, setting: Setting) -> GroupNode:
    from templates_app.elements import measure as measure_any

    row = element.direction == "row"
    padding = element.padding_in(setting)
    pad_x, pad_y = padding.left + padding.right, padding.top + padding.bottom
    gap = setting.across(element.gap) if row else setting.down(element.gap)
    width, height = own_size(element, space, setting)
    width = None if width is None else max(0, width - pad_x)
    height = None if height is None else max(0, height - pad_y)
    own = _slack(element, space, padding)
    main = width if row else height

    pairs = _expanded(element, setting)
    nodes: list[Node | None] = [None] * len(pairs)

    def measured(n: int, room: int | None) -> Node:
        first, last = n == 0, n == len(pairs) - 1
        if row:
            slack = Edges(own.left if first else 0, own.top, own.right if last else 0, own.bottom)
            inner = Space(room, height, slack)
        else:
            slack = Edges(own.left, own.top if first else 0, own.right, own.bottom if last else 0)
            inner = Space(width, room, slack)
        return measure_any(pairs[n][0], inner, pairs[n][1])

    left = main
    for n, (child, _) in enumerate(pairs):
        if main is not None and _fills(child, row=row):
            continue
        found = nodes[n] = measured(n, left)
        if left is not None and not found.empty:
            after = found.margin.right if row else found.margin.bottom
            left = max(0, left - (found.w if row else found.h) - max(gap, after))
    if main is not None:
        _measure_filling(pairs, nodes, measured, main, gap, row=row)
    node = GroupNode(element, [c for c in nodes if c is not None and not c.empty], gap, padding, setting)
    _check_room(element, node, main, setting, row=row, pad=pad_x if row else pad_y)
    if isinstance(element.width, float):
        node.w = setting.across(element.width)
    if isinstance(element.height, float):
        node.h = setting.down(element.height)
    return node


def _slack(element: Group, space: Space, padding: Edges) -> Edges:
    """Blank beyond the group: only where it reaches to the edge of its room, and never across a border."""
    if element.border or element.fill:
        return padding
    s = space.slack
    across = not isinstance(element.width, float)
    down = not isinstance(element.height, float)
    return Edges(
        padding.left + s.left * across,
        padding.top + s.top * down,
        padding.right + s.right * across,
        padding.bottom + s.bottom * down,
    )


def _measure_filling(
    pairs: list[tuple[Element, Setting]], nodes: list[Node | None], measured: Any, main: int, gap: int,
    *, row: bool,
) -> None:  # fmt: skip
    filling = [n for n, node in enumerate(nodes) if node is None]
    if not filling:
        return
    present = [node for node in nodes if node is not None and not node.empty]
    # Gaps as they will be: quiet zones of measured neighbours widen them.
    taken = sum(node.w if row else node.h for node in present)
    order = [n for n, node in enumerate(nodes) if node is None or not node.empty]
    for a, b in pairwise(order):
        one, two = nodes[a], nodes[b]
        before = 0 if one is None else (one.margin.right if row else one.margin.bottom)
        after = 0 if two is None else (two.margin.left if row else two.margin.top)
        taken += max(gap, before, after)
    room = max(0, main - taken)
    total = sum(pairs[n][0].weight for n in filling)
    for n in filling:
        share = int(room * pairs[n][0].weight / total)
        node = nodes[n] = measured(n, share)
        if node.empty:
            continue
        _widen(node, share, row=row)


def _widen(node: Node, share: int, *, row: bool) -> None:
    """Gives the element all of its share; what is blank in there serves as its quiet zone."""
    blank = share - (node.w if row else node.h)
    if blank <= 0:
        return
    m = node.margin
    start = aligned(blank, str(getattr(node.element, "align" if row else "valign", "start")))
    if row:
        node.w = share
        node.margin = Edges(max(0, m.left - start), m.top, max(0, m.right - blank + start), m.bottom)
    else:
        node.h = share
        node.margin = Edges(m.left, max(0, m.top - start), m.right, max(0, m.bottom - blank + start))


def _check_room(element: Group, node: GroupNode, main: int | None, setting: Setting, *, row: bool, pad: int) -> None:
    if main is None:
        return
    over = (node.w if row else node.h) - pad - main
    if over > 0:
        mm = over * 25.4 / (setting.dpi_x if row else setting.dpi_y)
        names = ", ".join(child.element.name for child in node.children)
        raise does_not_fit(
            element,
            f"Group “{element.name}” ({names}) needs {mm:.1f} mm more {'width' if row else 'height'}.",
            "Use smaller elements or gaps, or a larger label.",
            missing_mm=round(mm, 2),
        )
