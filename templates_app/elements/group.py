"""Groups: a row or a column that shares its room out, and may repeat over a list."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

# Its children are of every kind, groups among them.
import templates_app.elements as kinds
from templates_app.elements.base import (
    NO_EDGES,
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
from templates_app.elements.text import Text

if TYPE_CHECKING:
    from templates_app.elements import AnyElement


Box = tuple[int, int, int, int]


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
        if not self.padding:
            return NO_EDGES
        left, top, right, bottom = self.padding if isinstance(self.padding, list) else (self.padding,) * 4
        return Edges(setting.across(left), setting.down(top), setting.across(right), setting.down(bottom))


class GroupNode(Node):
    __slots__ = ("_arranged", "_gaps", "_padding", "_row", "_wants_blank", "children")
    element: Group

    def __init__(self, element: Group, children: list[Node], gap: int, padding: Edges) -> None:
        self.children, self._padding = children, padding
        self._row = element.direction == "row"
        self._wants_blank = any(c.margin is not NO_EDGES for c in children)
        # Quiet zones reach into the gaps: the larger of the two counts, as with margins in a browser.
        if not self._wants_blank:
            self._gaps = [gap] * (len(children) - 1)
        elif self._row:
            self._gaps = [max(gap, a.margin.right, b.margin.left) for a, b in pairwise(children)]
        else:
            self._gaps = [max(gap, a.margin.bottom, b.margin.top) for a, b in pairwise(children)]
        wide, high = [c.w for c in children], [c.h for c in children]
        if self._row:
            w, h = sum(wide) + sum(self._gaps), max(high, default=0)
        else:
            w, h = max(wide, default=0), sum(high) + sum(self._gaps)
        size = (w + padding.left + padding.right, h + padding.top + padding.bottom)
        super().__init__(element, size, empty=not children and not element.border and not element.fill)
        self._arranged: tuple[tuple[int, int], list[Box]] | None = None
        self.margin = self.margin_in(*size)

    def margin_in(self, w: int, h: int) -> Edges:
        """How far the quiet zones of its children reach beyond it."""
        if not self._wants_blank:
            return NO_EDGES
        left = top = right = bottom = 0
        for child, (x, y, child_w, child_h) in zip(self.children, self._boxes(w, h), strict=True):
            if child.margin is not NO_EDGES:
                # Comparing takes a third of asking max.
                before, above, after, below = child.margin_in(child_w, child_h)
                before, above, after, below = before - x, above - y, after - w + x + child_w, below - h + y + child_h
                left = before if before > left else left
                top = above if above > top else top
                right = after if after > right else right
                bottom = below if below > bottom else bottom
        return Edges(left, top, right, bottom)

    def place(self, x: int, y: int, w: int, h: int) -> None:
        super().place(x, y, w, h)
        for child, (child_x, child_y, child_w, child_h) in zip(self.children, self._boxes(w, h), strict=True):
            child.place(x + child_x, y + child_y, child_w, child_h)

    def _boxes(self, w: int, h: int) -> list[Box]:
        """Where its children stand in it when it has this size; asked for its margin first, then for their places."""
        if self._arranged is None or self._arranged[0] != (w, h):
            self._arranged = (w, h), self._arrange(w, h)
        return self._arranged[1]

    def _arrange(self, w: int, h: int) -> list[Box]:
        row, align = self._row, self.element.align
        left, top, right, bottom = self._padding
        inner_w, inner_h = w - left - right, h - top - bottom
        main, cross = (inner_w, inner_h) if row else (inner_h, inner_w)
        sizes = [c.w for c in self.children] if row else [c.h for c in self.children]
        gaps, at = self._shares(sizes, main - sum(sizes) - sum(self._gaps))
        boxes: list[Box] = []
        for child, size, gap in zip(self.children, sizes, [*gaps, 0], strict=False):
            own = child.h if row else child.w
            reaches = align == "stretch" or (child.element.kind == "line" and own == 1)
            thick = cross if reaches or own > cross else own
            offset = aligned(cross - thick, align) if thick < cross else 0
            boxes.append((left + at, top + offset, size, thick) if row else (left + offset, top + at, thick, size))
            at += size + gap
        return boxes

    def _shares(self, sizes: list[int], extra: int) -> tuple[list[int], int]:
        """Hands `extra` dots to the children that fill, otherwise to the gaps; the gaps and where to start."""
        if extra <= 0:
            return self._gaps, 0
        filling = [n for n, child in enumerate(self.children) if _fills(child.element, row=self._row)]
        if filling:
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
    if left and element.repeat.more:
        # It looks like the last text of an entry.
        texts = [each for each in kinds.walk(element.elements) if isinstance(each, Text)]
        changes = {"text": element.repeat.more, "name": f"{element.name}-more", "visible": None, "hidden": None}
        more = texts[-1].model_copy(update=changes) if texts else Text.model_validate(changes)
        values = {**setting.scope.values, "more": left}
        inner = replace(setting, scope=replace(setting.scope, values=values))
        pairs.append((more, inner))
    return pairs


def measure(element: Group, space: Space, setting: Setting) -> GroupNode:
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
    nodes: dict[int, Node] = {}

    def measured(n: int, room: int | None) -> Node:
        first, last = n == 0, n == len(pairs) - 1
        if row:
            slack = Edges(own.left if first else 0, own.top, own.right if last else 0, own.bottom)
            inner = Space(room, height, slack)
        else:
            slack = Edges(own.left, own.top if first else 0, own.right, own.bottom if last else 0)
            inner = Space(width, room, slack)
        return kinds.measure(pairs[n][0], inner, pairs[n][1])

    def whole() -> GroupNode:
        return GroupNode(element, [nodes[n] for n in sorted(nodes) if not nodes[n].empty], gap, padding)

    left = main
    filling: dict[int, float] = {}
    for n, (child, _) in enumerate(pairs):
        if main is not None and _fills(child, row=row):
            filling[n] = child.weight
            continue
        found = nodes[n] = measured(n, left)
        if left is not None and not found.empty:
            after = found.margin.right if row else found.margin.bottom
            left = max(0, left - (found.w if row else found.h) - max(gap, after))
    if main is None:
        node = whole()
    else:
        size = main + (pad_x if row else pad_y)
        node = _filled(filling, nodes, measured, whole, size, gap, row=row) if filling else whole()
        _check_room(element, node, size, setting, row=row)
    node.grow(
        setting.across(element.width) if isinstance(element.width, float) else node.w,
        setting.down(element.height) if isinstance(element.height, float) else node.h,
    )
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


def _filled(
    filling: dict[int, float], nodes: dict[int, Node], measured: Callable[[int, int], Node],
    whole: Callable[[], GroupNode], size: int, gap: int, *, row: bool,
) -> GroupNode:  # fmt: skip
    """The group when those that fill have shared out what the others leave of its `size`."""
    node = whole()
    room = size - (node.w if row else node.h) - gap * (len(filling) if node.children else len(filling) - 1)
    while True:
        total = sum(filling.values())
        for n, weight in filling.items():
            share = int(max(0, room) * weight / total)
            found = nodes[n] = measured(n, share)
            if not found.empty:
                found.grow(*((max(share, found.w), found.h) if row else (found.w, max(share, found.h))))
        node = whole()
        shown = {n: weight for n, weight in filling.items() if not nodes[n].empty}
        over = (node.w if row else node.h) - size
        if len(shown) < len(filling) and shown:
            # What is empty leaves its share and its gap to the others.
            room += gap * (len(filling) - len(shown))
        elif 0 < over <= room:
            # Quiet zones widened the gaps.
            room -= over
        else:
            return node
        filling = shown


def _check_room(element: Group, node: GroupNode, size: int, setting: Setting, *, row: bool) -> None:
    over = (node.w if row else node.h) - size
    if over > 0:
        mm = over * 25.4 / (setting.dpi_x if row else setting.dpi_y)
        names = ", ".join(child.element.name for child in node.children)
        raise does_not_fit(
            element,
            f"Group “{element.name}” ({names}) needs {mm:.1f} mm more {'width' if row else 'height'}.",
            "Use smaller elements or gaps, or a larger label.",
            missing_mm=round(mm, 2),
        )
